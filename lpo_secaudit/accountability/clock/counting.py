"""How periods run: elapsed hours, calendar days, business days, months, and where they end."""

from __future__ import annotations

import calendar as months_of_year
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from lpo_secaudit.accountability.clock.calendars import Calendar
from lpo_secaudit.errors import InputError

__all__ = [
    "add_business_days",
    "add_days",
    "add_elapsed_hours",
    "add_months",
    "check_instant",
    "check_year",
    "end_of_day",
    "end_of_started_hour",
    "noon",
    "roll_forward",
    "start_of_next_day",
    "year_end",
    "zone_info",
]

_ONE_DAY = timedelta(days=1)
_YEARS = range(1900, 3000)  # no breach is older, and a zone's clocks are not known further
_MAX_CLOSED_DAYS = 60  # no calendar is closed longer at a stretch; a longer one is a broken calendar


def zone_info(name: str) -> ZoneInfo:
    """The IANA zone of that name.

    Raises:
        InputError: no such zone.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError, TypeError) as error:
        raise InputError(
            f"time zone {name!r} is not known", hint="use an IANA name such as Europe/Berlin or Asia/Manila"
        ) from error


def check_instant(moment: datetime, what: str = "start") -> datetime:
    """Return an aware instant unchanged.

    Raises:
        InputError: it has no zone, names a wall time that the zone's clocks skip in spring, or lies
            outside the years that can be counted.
    """
    if not isinstance(moment, datetime):
        raise InputError(
            f"{what} must be an aware datetime, not {type(moment).__name__}",
            hint="datetime.fromisoformat('2026-03-03T10:20:00+01:00')",
        )
    check_year(moment, what)
    offset = moment.utcoffset()
    if offset is None:
        raise InputError(
            f"{what} {moment.isoformat()} has no time zone", hint="write the offset, for instance +01:00"
        )
    if isinstance(moment.tzinfo, ZoneInfo) and moment.astimezone(UTC).astimezone(moment.tzinfo).replace(
        fold=0
    ) != moment.replace(fold=0):
        raise InputError(
            f"{what} {moment.replace(tzinfo=None).isoformat()} does not exist in {moment.tzinfo.key}: "
            "the clocks skip that time",
            hint="write the offset that was meant",
        )
    return moment


def check_year(day: date, what: str = "start") -> None:
    """Refuse a day so far off that it is a slip, or that counting from it would leave the calendar.

    Raises:
        InputError: its year is not within 1900 to 2999.
    """
    if day.year not in _YEARS:
        raise InputError(
            f"{what} {day.isoformat()} lies outside the years {_YEARS.start} to {_YEARS.stop - 1}",
            hint="check the year",
        )


def add_elapsed_hours(start: datetime, hours: int, zone: ZoneInfo) -> datetime:
    """`hours` of elapsed time after `start`, shown in `zone`; a change of the clocks moves the wall time."""
    return (start.astimezone(UTC) + timedelta(hours=hours)).astimezone(zone)


def end_of_started_hour(start: datetime, zone: ZoneInfo) -> datetime:
    """The full local hour after that in which `start` falls (Reg. 1182/71 Art. 3(1), first subparagraph)."""
    local = start.astimezone(zone)
    gone = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return (start.astimezone(UTC) - gone + timedelta(hours=1)).astimezone(zone)


def add_days(day: date, days: int) -> date:
    """The day `days` after `day`, which is day 0.

    Raises:
        InputError: beyond the calendar's last year.
    """
    try:
        return day + timedelta(days=days)
    except OverflowError:
        raise InputError(f"{days} days after {day} is beyond the calendar") from None


def add_business_days(day: date, days: int, calendar: Calendar) -> tuple[date, tuple[tuple[date, str], ...]]:
    """The `days`-th business day after `day` (day 0 is not counted), and the weekdays skipped as holidays."""
    skipped: list[tuple[date, str]] = []
    left, now = days, day
    while left:
        now = add_days(now, 1)
        if calendar.is_business_day(now):
            left -= 1
        else:
            name = calendar.holiday(now)
            if name is not None and now.weekday() < 5:
                skipped.append((now, name))
    return now, tuple(skipped)


def add_months(day: date, months: int) -> date:
    """Same date `months` later, or the last day of that month where the date is missing."""
    index = day.year * 12 + day.month - 1 + months
    year, month = divmod(index, 12)
    if not 1 <= year <= 9998:
        raise InputError(f"{months} months after {day} is beyond the calendar")
    last = months_of_year.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def year_end(day: date) -> date:
    """31 December of the day's year."""
    return date(day.year, 12, 31)


def roll_forward(day: date, calendar: Calendar) -> tuple[date, tuple[tuple[date, str], ...]]:
    """The day itself where it is a business day, else the next one; and why each day before it is closed."""
    passed: list[tuple[date, str]] = []
    for _ in range(_MAX_CLOSED_DAYS):
        reason = calendar.closed(day)
        if reason is None:
            return day, tuple(passed)
        passed.append((day, reason))
        day = add_days(day, 1)
    raise InputError(f"calendar {calendar.name} has no open day in the two months before {day}")


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The last full second of a day in a zone."""
    return datetime.combine(day, time(23, 59, 59), zone)


def start_of_next_day(day: date, zone: ZoneInfo) -> datetime:
    """The first instant at which a notice due on `day` is late."""
    return datetime.combine(add_days(day, 1), time(0), zone)


def noon(day: date, zone: ZoneInfo) -> datetime:
    """12:00 on a day in a zone."""
    return datetime.combine(day, time(12), zone)
