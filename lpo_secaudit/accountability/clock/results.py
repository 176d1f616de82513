"""What a count gives: the due time or day, the steps that led to it, other readings."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from lpo_secaudit.accountability.clock import counting as count
from lpo_secaudit.accountability.rules import Counting, Period

__all__ = ["Clock", "Deadline", "SecondReading", "Step", "late_from", "show"]


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the count.

    Its words are put together when somebody reads them: most dates are only compared.

    Attributes:
        template: the words, with a `{}` for each of `values`; plain words where there are none.
        citation: the provision it rests on.
        values: instants and days, shown with weekday and offset; and other words.
    """

    template: str
    citation: str
    values: tuple[object, ...] = ()

    @property
    def text(self) -> str:
        """What was done, with the instant or day it led to."""
        if not self.values:
            return self.template
        return self.template.format(*(show(v) if isinstance(v, date) else v for v in self.values))

    def __str__(self) -> str:
        return f"{self.text} [{self.citation}]"


@dataclass(frozen=True, slots=True)
class SecondReading:
    """Another date that the law may allow; shown, never applied.

    Attributes:
        due: an aware datetime, or a date meaning the end of that day.
        why: the reading, in words.
        citation: where it stands.
    """

    due: datetime | date
    why: str
    citation: str


@dataclass(frozen=True, slots=True)
class Clock:
    """A period with its way of counting, ready to run.

    Attributes:
        period: what runs; None where the law gives no number.
        counting: how.
        citation: the provision that sets the period.
        reg_1182: apply Reg. 1182/71 Art. 3 instead of the safe reading.
        relief: apply the weekend relief of DORA reports.
        cut_off: local time after which a notice counts as received on the next business day.
    """

    period: Period | None
    counting: Counting
    citation: str
    reg_1182: bool = False
    relief: bool = False
    cut_off: time | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """A computed deadline.

    Attributes:
        rule_id: the rule, or `contract`.
        start: as given.
        zone: IANA name in which days are counted and times shown.
        due: an aware datetime; or a date, which means the end of that day in `zone`; or None where the
            rule has no number or is not law.
        steps: the explanation, in order.
        second_readings: other dates, later than `due`, that are not relied on.
        target: for rules without a number, the internal target (aware datetime or date); not law.
        assumptions: what the caller did not say and was taken for granted.
    """

    rule_id: str
    start: datetime | date
    zone: str
    due: datetime | date | None
    steps: tuple[Step, ...]
    second_readings: tuple[SecondReading, ...] = ()
    target: datetime | date | None = None
    assumptions: tuple[str, ...] = ()

    def late_from(self) -> datetime | None:
        """The first instant (UTC) at which the duty is missed: just after a time, midnight after a day."""
        if self.due is None:
            return None
        return late_from(self.due, self.zone)

    def explain(self) -> str:
        """The steps as numbered lines."""
        return "\n".join(f"{n}. {step}" for n, step in enumerate(self.steps, 1))


def late_from(due: datetime | date, zone: str) -> datetime:
    """The first instant (UTC) after a due time, or after a due day in its zone."""
    if isinstance(due, datetime):
        return due.astimezone(UTC) + timedelta(microseconds=1)
    return count.start_of_next_day(due, count.zone_info(zone)).astimezone(UTC)


_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


def show(moment: datetime | date) -> str:
    """A due time or day as a person reads it: weekday, ISO date, time with offset."""
    text = moment.isoformat(timespec="minutes") if isinstance(moment, datetime) else moment.isoformat()
    return f"{_WEEKDAYS[moment.weekday()]} {text}"
