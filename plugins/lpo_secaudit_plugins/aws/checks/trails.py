"""CloudTrail: what is recorded, where, and whether it arrives."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from lpo_secaudit.check.wording import in_words
from lpo_secaudit.model.check import (
    CheckFunction,
    Record,
    UnavailableError,
    Verdict,
    World,
    not_applicable,
    not_satisfied,
    satisfied,
)
from lpo_secaudit_plugins.aws.checks.common import age_days, cannot_tell, part, partition_of, subject_like
from lpo_secaudit_plugins.aws.checks.s3 import public_access
from lpo_secaudit_plugins.aws.reasoning.selectors import (
    records_bedrock,
    records_data_events,
    records_management,
    records_object_events,
)
from lpo_secaudit_plugins.aws.reasoning.wildcards import TooComplexError

__all__ = ["FUNCTIONS", "is_logging"]


def is_logging(trail: Record) -> bool:
    return (trail["status"] or {}).get("IsLogging") is True


def _any_trail(world: World, good: Callable[[Record], bool]) -> Record | None:
    """A trail that does; None only where every trail was seen not to.

    Raises:
        UnavailableError: none that could be seen does, and one could not be seen.
    """
    missing: UnavailableError | None = None
    for trail in world.seen("aws.cloudtrail.trail"):
        try:
            if good(trail):
                return trail
        except UnavailableError as error:
            missing = error
    if missing:
        raise missing
    world.all("aws.cloudtrail.trail")
    return None


def _multi_region(record: Record, world: World) -> Verdict:
    def good(trail: Record) -> bool:
        return (
            trail["IsMultiRegionTrail"] is True
            and is_logging(trail)
            and records_management(trail["event_selectors"] or {}, read_only=False)
        )

    trail = _any_trail(world, good)
    if trail is None:
        return not_satisfied("no multi-region trail that is logging records write management events")
    about = subject_like(record, "aws.cloudtrail.trail", trail.subject.id)
    return satisfied(f"{trail.subject.id} records all regions", about)


def _delivers(record: Record, world: World) -> Verdict:
    status = record["status"] or {}
    age = age_days(status.get("LatestCloudWatchLogsDeliveryTime"), world.evaluated_at)
    if age is None:
        return not_satisfied(
            "nothing was ever delivered to CloudWatch Logs"
            if record["CloudWatchLogsLogGroupArn"]
            else "the trail names no log group"
        )
    hours = age * 24
    if hours > float(world.parameters["hours"]):
        return not_satisfied(f"the last delivery to CloudWatch Logs was {hours:.0f} hours ago")
    return satisfied("delivers to CloudWatch Logs")


def _bucket(record: Record, world: World) -> Record:
    name = record["S3BucketName"]
    bucket = world.find("aws.s3.bucket", f"arn:{partition_of(record)}:s3:::{name}")
    if bucket is None:
        raise cannot_tell(f"the bucket {in_words(name, 'without a name')} belongs to another account")
    return bucket


def _bucket_logging(record: Record, world: World) -> Verdict:
    logging = _bucket(record, world)["logging"]
    name = in_words(record["S3BucketName"], "its bucket")
    if logging:
        return satisfied(
            f"requests to {name} are logged to {in_words(logging.get('TargetBucket'), 'another')}"
        )
    return not_satisfied(f"requests to {name} are not logged")


def _bucket_public(record: Record, world: World) -> Verdict:
    return public_access(_bucket(record, world), world)


def _object_events(read_only: bool) -> CheckFunction:
    word = "reads" if read_only else "writes"

    def complete(trail: Record) -> bool:
        try:
            return is_logging(trail) and records_object_events(trail["event_selectors"] or {}, read_only)
        except TooComplexError as error:
            raise cannot_tell(f"the trail's selectors are not decided: {error}") from error

    def check(record: Record, world: World) -> Verdict:
        if complete(record):
            return satisfied(f"records {word} of every object")
        if not records_data_events(record["event_selectors"] or {}):
            # A trail that does not set out to record objects is no fault where another one does.
            other = _any_trail(world, complete)
            if other is not None:
                return not_applicable(f"{other.subject.id} records {word} of every object")
        if not is_logging(record):
            return not_satisfied("the trail is not logging")
        return not_satisfied(f"does not record {word} of every object")

    return check


_BEDROCK = tuple(
    f"bedrock{part}.amazonaws.com"
    for part in ("", "-agent", "-runtime", "-agent-runtime", "-data-automation", "-data-automation-runtime")
)


def _bedrock(record: Record, world: World) -> Verdict:
    def good(trail: Record) -> bool:
        selectors = trail["event_selectors"] or {}
        return is_logging(trail) and (
            records_management(selectors, read_only=False, sources=_BEDROCK) or records_bedrock(selectors)
        )

    trail = _any_trail(world, good)
    if trail is None:
        return not_satisfied("no trail that is logging records Bedrock's events")
    about = subject_like(record, "aws.cloudtrail.trail", trail.subject.id, part(trail.subject.id, 3))
    return satisfied("records Bedrock's events", about)


FUNCTIONS: Mapping[str, CheckFunction] = {
    "aws-cloudtrail-multi-region-enabled": _multi_region,
    "aws-cloudtrail-cloudwatch-logging-enabled": _delivers,
    "aws-cloudtrail-logs-s3-bucket-access-logging-enabled": _bucket_logging,
    "aws-cloudtrail-logs-s3-bucket-is-not-publicly-accessible": _bucket_public,
    "aws-cloudtrail-s3-dataevents-read-enabled": _object_events(True),
    "aws-cloudtrail-s3-dataevents-write-enabled": _object_events(False),
    "aws-cloudtrail-bedrock-logging-enabled": _bedrock,
}
