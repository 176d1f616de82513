"""Where data lies, against the places that the contract allows."""

from __future__ import annotations

from collections.abc import Mapping

from lpo_secaudit.model.check import CheckFunction, Record, Verdict, World, not_satisfied, satisfied
from lpo_secaudit.model.evidence import GapReason
from lpo_secaudit_plugins.aws.checks.common import cannot_tell
from lpo_secaudit_plugins.aws.reasoning.wildcards import matches

__all__ = ["FUNCTIONS", "REGION_COUNTRIES"]

REGION_COUNTRIES: Mapping[str, str] = {
    "af-south-1": "ZA",
    "ap-east-1": "HK",
    "ap-east-2": "TW",
    "ap-northeast-1": "JP",
    "ap-northeast-2": "KR",
    "ap-northeast-3": "JP",
    "ap-south-1": "IN",
    "ap-south-2": "IN",
    "ap-southeast-1": "SG",
    "ap-southeast-2": "AU",
    "ap-southeast-3": "ID",
    "ap-southeast-4": "AU",
    "ap-southeast-5": "MY",
    "ap-southeast-6": "NZ",
    "ap-southeast-7": "TH",
    "ca-central-1": "CA",
    "ca-west-1": "CA",
    "cn-north-1": "CN",
    "cn-northwest-1": "CN",
    "eu-central-1": "DE",
    "eu-central-2": "CH",
    "eu-north-1": "SE",
    "eu-south-1": "IT",
    "eu-south-2": "ES",
    "eu-west-1": "IE",
    "eu-west-2": "GB",
    "eu-west-3": "FR",
    "eusc-de-east-1": "DE",
    "il-central-1": "IL",
    "me-central-1": "AE",
    "me-south-1": "BH",
    "mx-central-1": "MX",
    "sa-east-1": "BR",
    "us-east-1": "US",
    "us-east-2": "US",
    "us-gov-east-1": "US",
    "us-gov-west-1": "US",
    "us-west-1": "US",
    "us-west-2": "US",
}
"""Region to the country it lies in (AWS Regions and Availability Zones), ISO 3166-1."""

_EU = frozenset(
    [
        *(
            "AT",
            "BE",
            "BG",
            "HR",
            "CY",
            "CZ",
            "DK",
            "EE",
            "FI",
            "FR",
            "DE",
            "GR",
            "HU",
            "IE",
            "IT",
            "LV",
            "LT",
        ),
        *("LU", "MT", "NL", "PL", "PT", "RO", "SK", "SI", "ES", "SE"),
    ]
)
_GROUPS = {"EU": _EU, "EEA": _EU | {"IS", "LI", "NO"}, "UK": frozenset({"GB"})}


def allowed(region: str, places: tuple[str, ...]) -> bool:
    """Whether a region lies in one of the places: a region, a wildcard of regions, a country, EU or EEA."""
    country = REGION_COUNTRIES.get(region, "")
    for place in places:
        if matches(region, place.lower()):
            return True
        if country and (place.upper() == country or country in _GROUPS.get(place.upper(), ())):
            return True
    return False


def _location(record: Record, world: World) -> Verdict:
    places = tuple(str(p) for p in world.parameters["places"])
    if not places:
        raise cannot_tell(
            "the places that the contract allows are not given (parameter places)", GapReason.MISSING
        )
    region = record.subject.region
    if not region:
        raise cannot_tell("where it lies is not known", GapReason.MISSING)
    country = REGION_COUNTRIES.get(region, "?")
    word = f"lies in {region} ({country})"
    return (
        satisfied(word) if allowed(region, places) else not_satisfied(f"{word}, not in {', '.join(places)}")
    )


_KINDS = (
    "s3-bucket rds-instance rds-snapshot ebs-volume ebs-snapshot efs-file-system dynamodb-table "
    "redshift-cluster "
    "opensearch-domain sqs-queue log-group secret backup-vault ec2-instance lambda-function"
)

FUNCTIONS: Mapping[str, CheckFunction] = {f"aws-data-location-{kind}": _location for kind in _KINDS.split()}
