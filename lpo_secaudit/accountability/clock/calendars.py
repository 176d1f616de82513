"""Which days are business days: named holiday calendars, and which one a time zone belongs to.

A calendar's name is an ISO 3166 code with an optional subdivision (`BR`, `US-VT`: the public
holidays of that place), `bank:XFED` or another market code of the `holidays` library (`bank:XECB`
is the euro area's TARGET calendar), or `JP-offices` (Japanese public holidays and 29 December to
3 January, Act on Holidays of Administrative Organs art. 1, which PPC guideline 3-5-3-4 follows).
"""

from __future__ import annotations

import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from importlib.resources import files
from typing import Any

from lpo_secaudit.errors import InputError

__all__ = ["Calendar", "calendar", "calendar_of_zone", "countries_of_zones", "country_of_zone"]

_FIRST_YEAR, _LAST_YEAR = 1971, 2099
_NAME = re.compile(r"(bank:)?[A-Z]{2,5}(-[A-Za-z0-9]{1,10})?\Z")
_WEEKEND = frozenset({5, 6})


@dataclass(frozen=True, slots=True)
class Calendar:
    """Closed days of one place.

    Attributes:
        name: as given to `calendar`.
        title: for a reader, for instance "public holidays of US-VT".
    """

    name: str
    title: str

    def holiday(self, day: date) -> str | None:
        """The name of the holiday on that day; None on weekends that are no holiday, and on open days."""
        return _holidays(self.name, day.year).get(day)

    def closed(self, day: date) -> str | None:
        """Why the day is no business day (holiday or weekday name), or None when it is one."""
        name = self.holiday(day)
        if name is not None:
            return name
        return day.strftime("%A") if day.weekday() in _weekend(self.name) else None

    def is_business_day(self, day: date) -> bool:
        """Neither weekend nor holiday here."""
        return day.weekday() not in _weekend(self.name) and day not in _holidays(self.name, day.year)


def _unknown(name: str) -> InputError:
    return InputError(
        f"holiday calendar {name!r} is not known",
        hint="use an ISO code such as BR or US-VT, or bank:XFED, bank:XECB, JP-offices",
    )


def _published(name: str, years: int | None = None) -> Any:
    """The calendar as the library has it, filled for a year where one is given."""
    import holidays  # 8 MB of calendars, loaded when a period first needs one

    try:
        if name.startswith("bank:"):
            return holidays.financial_holidays(name[5:], years=years, language="en_US")
        country, _, subdivision = name.removesuffix("-offices").partition("-")
        return holidays.country_holidays(country, subdiv=subdivision or None, years=years, language="en_US")
    except NotImplementedError as error:
        raise _unknown(name) from error


@lru_cache(maxsize=4096)
def _holidays(name: str, year: int) -> Mapping[date, str]:
    known = _published(name)
    # Outside its years a calendar of the library is empty, and each holiday would pass for an open day.
    if not max(_FIRST_YEAR, known.start_year) <= year <= min(_LAST_YEAR, known.end_year):
        raise InputError(
            f"no holiday calendar of {name} reaches the year {year}",
            hint="check the date that was given, or name another calendar",
        )
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # the library warns where it knows only part of a year
        try:
            found = dict(_published(name, year))
        except UserWarning as warning:
            raise InputError(
                f"the holiday calendar of {name} is not complete in {year}: {warning}",
                hint="name another calendar",
            ) from None
    if name == "JP-offices":
        closed = [date(year, 1, 2), date(year, 1, 3), *(date(year, 12, d) for d in (29, 30, 31))]
        return {**dict.fromkeys(closed, "year-end closure of offices"), **found}
    return found


@cache
def _weekend(name: str) -> frozenset[int]:
    if name.startswith("bank:") or name == "JP-offices":
        return _WEEKEND
    return frozenset(_published(name.partition("-")[0]).weekend)


@cache
def calendar(name: str) -> Calendar:
    """The calendar of that name.

    Raises:
        InputError: nobody publishes such a calendar.
    """
    if not _NAME.match(name):
        raise _unknown(name)
    _holidays(name, 2026)
    if name.startswith("bank:"):
        title = {
            "bank:XFED": "US banking days (Federal Reserve)",
            "bank:XECB": "TARGET days of the euro area",
        }.get(name, f"market days of {name[5:]}")
    else:
        title = "Japanese office days" if name == "JP-offices" else f"public holidays of {name}"
    return Calendar(name, title)


@cache
def _countries() -> Mapping[str, str]:
    found: dict[str, str] = {}
    table = files("tzdata") / "zoneinfo" / "zone.tab"
    for line in table.read_text(encoding="utf-8").splitlines():
        if line and not line.startswith("#"):
            country, _, zone, *_ = line.split("\t")
            found[zone] = country
    return found


@cache
def countries_of_zones() -> Mapping[str, tuple[str, ...]]:
    """The zones of each country, in the tz database's order (its main zone first)."""
    found: dict[str, tuple[str, ...]] = {}
    for zone, country in _countries().items():
        found[country] = (*found.get(country, ()), zone)
    return found


def country_of_zone(zone: str) -> str | None:
    """ISO 3166 country of an IANA zone by the tz database's zone.tab; None for aliases and UTC."""
    return _countries().get(zone)


def calendar_of_zone(zone: str) -> Calendar:
    """The national calendar of the country a zone lies in.

    Raises:
        InputError: the zone lies in no single country, or nobody publishes its calendar.
    """
    country = country_of_zone(zone)
    if country is None:
        raise InputError(
            f"zone {zone!r} names no country, so its holidays are not known",
            hint="give a zone of a place, such as Europe/Berlin, or name the calendar",
        )
    return calendar(country)
