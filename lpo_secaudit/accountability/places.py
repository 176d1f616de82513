"""Places of breach law: which code stands for what, what lies in what, and which clock is read there."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from lpo_secaudit.accountability.clock.calendars import countries_of_zones
from lpo_secaudit.errors import InputError

__all__ = ["EU_MEMBERS", "check_place", "lies_in", "require_place", "zone_of_place"]

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
# Parts of those countries in which a part has a law of its own: a slip there would drop that law.
# The free zones DIFC and ADGM have no ISO 3166-2 code.
_PARTS = {
    "US": (
        "AK AL AR AS AZ CA CO CT DC DE FL GA GU HI IA ID IL IN KS KY LA MA MD ME MI MN MO MP MS MT NC ND NE "
        "NH NJ NM NV NY OH OK OR PA PR RI SC SD TN TX UM UT VA VI VT WA WI WV WY"
    ),
    "CA": "AB BC MB NB NL NS NT NU ON PE QC SK YT",
    "AE": "ADGM AJ AZ DIFC DU FU RK SH UQ",
}
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
        InputError: no such country, or no such part of one whose parts have laws of their own.
    """
    if not isinstance(code, str) or not _CODE.match(code) or code[:2].replace("EL", "GR") not in _countries():
        raise InputError(
            f"place {code!r} is not known", hint="use an ISO code such as DE or US-CA, or EU or UK"
        )
    country, dash, part = code.partition("-")
    parts = _PARTS.get(country, part).split()
    if dash and part not in parts:
        raise InputError(
            f"place {code!r} is not known: {country} has no such part",
            hint=f"{country}- and one of {', '.join(parts)}",
        )
    country = {"GB": "UK", "EL": "GR"}.get(country, country)
    return f"US-{country}" if country in _US_TERRITORIES else f"{country}{dash}{part}"


def require_place(code: str) -> None:
    """Refuse a code that is not in the form used here: GB would meet no rule of the UK.

    Raises:
        InputError: as `check_place`, or another form.
    """
    if check_place(code) != code:
        raise InputError(f"place {code!r} is written {check_place(code)!r} here")


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
