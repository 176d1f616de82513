"""Places of breach law: which code stands for what, what lies in what, and which clock is read there."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from lpo_secaudit.accountability.clock.calendars import countries_of_zones
from lpo_secaudit.errors import InputError

__all__ = ["EU_MEMBERS", "check_place", "lies_in", "zone_of_place"]

# The GDPR applies in the EEA states too (Decision of the EEA Joint Committee No 154/2018).
EU_MEMBERS = frozenset(
    [
        *(
            "AT",
            "BE",
            "BG",
            "CY",
            "CZ",
            "DE",
            "DK",
            "EE",
            "ES",
            "FI",
            "FR",
            "GR",
            "HR",
            "HU",
            "IE",
            "IT",
            "LT",
        ),
        *("LU", "LV", "MT", "NL", "PL", "PT", "RO", "SE", "SI", "SK", "IS", "LI", "NO"),
    ]
)
_US_TERRITORIES = frozenset({"PR", "GU", "VI", "AS", "MP"})
_CODE = re.compile(r"[A-Z]{2}(-[A-Z0-9]{1,4})?\Z")

# Where a country or state has several zones, the one of its capital.
_ZONES = {
    "AU": "Australia/Sydney",
    "BR": "America/Sao_Paulo",
    "CA": "America/Toronto",
    "DE": "Europe/Berlin",
    "ES": "Europe/Madrid",
    "MX": "America/Mexico_City",
    "NZ": "Pacific/Auckland",
    "PT": "Europe/Lisbon",
    "US": "America/New_York",
}


@cache
def _countries() -> frozenset[str]:
    return frozenset(countries_of_zones()) | {"EU", "UK", "GB"}


@lru_cache(maxsize=10_000)
def check_place(code: str) -> str:
    """The code in the form used here (GB becomes UK, EL becomes GR, US territories stand under US).

    Raises:
        InputError: no such country.
    """
    if not isinstance(code, str) or not _CODE.match(code) or code[:2].replace("EL", "GR") not in _countries():
        raise InputError(
            f"place {code!r} is not known", hint="use an ISO code such as DE or US-CA, or EU or UK"
        )
    country, dash, part = code.partition("-")
    country = {"GB": "UK", "EL": "GR"}.get(country, country)
    return f"US-{country}" if country in _US_TERRITORIES else f"{country}{dash}{part}"


@lru_cache(maxsize=100_000)
def lies_in(place: str, area: str) -> bool:
    """Whether a place is an area or lies in it: US-CA in US, DE in EU."""
    country = place.partition("-")[0]
    return area in (place, country) or (area == "EU" and country in EU_MEMBERS)


@cache
def zone_of_place(place: str) -> str | None:
    """IANA zone of a place's capital; None for EU, unknown places, and states that no rule lists."""
    if place in _ZONES:
        return _ZONES[place]
    country = {"UK": "GB"}.get(place, place)
    zones = countries_of_zones().get(country, ())
    return zones[0] if zones else None
