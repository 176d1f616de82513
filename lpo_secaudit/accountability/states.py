"""The state of a duty and of an incident: the values that an assessment gives."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any

from lpo_secaudit.accountability.clock.results import SecondReading, Step, late_from
from lpo_secaudit.accountability.incident import Incident, known_json
from lpo_secaudit.accountability.obligation import Obligation
from lpo_secaudit.accountability.timeline import Performance, Start
from lpo_secaudit.formats.instants import format_instant

__all__ = ["Assessment", "DutyState", "Status", "words_of"]


class Status(StrEnum):
    """Where a duty stands."""

    MET = "met"
    MISSED = "missed"
    RUNNING = "running"
    NOT_TRIGGERED = "not-triggered"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True, slots=True)
class DutyState:
    """One obligation in one incident.

    Attributes:
        obligation: the duty.
        status: see `Status`.
        due: aware instant, or a day that ends in `zone`; None where the law sets no number or the clock
            has not started. With `cannot-tell` it is the date that holds if the duty exists.
        zone: where days are counted.
        start: the clock's start, None where not known.
        performed: when the duty was done; None where no notice is recorded.
        late_by: missed by so much, to the notice or, where none was given, to the assessment.
        left: time left, for `running` with a date.
        target: own target where the law sets no number; never law.
        because: what decided the status.
        missing: the facts without which the status cannot be told.
        assumptions: what was taken for granted; another fact may move the date.
        steps: how the date was counted.
        second_readings: later dates that are not relied on, or earlier and later ones that an open
            fact leaves possible.
    """

    obligation: Obligation
    status: Status
    due: datetime | date | None = None
    zone: str = "UTC"
    start: Start | None = None
    performed: Performance | None = None
    late_by: timedelta | None = None
    left: timedelta | None = None
    target: datetime | date | None = None
    because: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    assumptions: tuple[str, ...] = ()
    steps: tuple[Step, ...] = ()
    second_readings: tuple[SecondReading, ...] = ()

    def due_order(self) -> datetime:
        """For sorting by urgency; what has no date comes last."""
        if self.due is not None:
            return late_from(self.due, self.zone)
        if self.target is not None:
            return late_from(self.target, self.zone)
        return datetime.max.replace(tzinfo=UTC)

    def explain(self) -> str:
        """The steps as numbered lines."""
        return "\n".join(f"{n}. {step}" for n, step in enumerate(self.steps, 1))

    def to_json(self) -> dict[str, Any]:
        """The state with its obligation."""
        return {
            "obligation": self.obligation.to_json(),
            "status": str(self.status),
            "due": _moment(self.due),
            "zone": self.zone,
            "start": None
            if self.start is None
            else {"at": _moment(self.start.at), "words": self.start.words, "citation": self.start.citation},
            "performed": None
            if self.performed is None
            else {
                "first": format_instant(self.performed.first),
                "last": format_instant(self.performed.last),
                "words": self.performed.words,
            },
            "late_by_seconds": _seconds(self.late_by),
            "left_seconds": _seconds(self.left),
            "target": _moment(self.target),
            "because": list(self.because),
            "missing": list(self.missing),
            "assumptions": list(self.assumptions),
            "steps": [{"text": step.text, "citation": step.citation} for step in self.steps],
            "second_readings": [
                {"due": _moment(s.due), "why": s.why, "citation": s.citation} for s in self.second_readings
            ],
        }


def _moment(at: datetime | date | None) -> str | None:
    return None if at is None else at.isoformat()


def _seconds(length: timedelta | None) -> int | None:
    return None if length is None else int(length.total_seconds())


@dataclass(frozen=True)
class Assessment:
    """An incident against every obligation.

    Attributes:
        incident: as recorded.
        as_of: aware instant of the assessment.
        duties: one state for each obligation, in the order given.
        notes: what a reader should know of the whole, such as a notice that serves no duty.
    """

    incident: Incident
    as_of: datetime
    duties: tuple[DutyState, ...]
    notes: tuple[str, ...] = ()

    def of(self, *statuses: Status) -> tuple[DutyState, ...]:
        """The duties of these statuses, the most urgent first."""
        return tuple(sorted((d for d in self.duties if d.status in statuses), key=DutyState.due_order))

    def questions(self) -> tuple[tuple[str, int], ...]:
        """Missing facts with the number of duties each leaves open, the most telling first."""
        asked = Counter(q for d in self.duties if d.status is Status.CANNOT_TELL for q in d.missing)
        return tuple(sorted(asked.items(), key=lambda item: (-item[1], item[0])))

    def counts(self) -> Mapping[str, int]:
        """Status to number of duties."""
        found = Counter(d.status for d in self.duties)
        return {str(status): found[status] for status in Status}

    def to_json(self) -> dict[str, Any]:
        """The assessment as `secaudit incident assess --format json` prints it."""
        return {
            "format": "lpo-secaudit-assessment/1",
            "incident": {"id": self.incident.id, "title": self.incident.title, **known_json(self.incident)},
            "as_of": format_instant(self.as_of),
            "counts": dict(self.counts()),
            "questions": [{"question": q, "duties": n} for q, n in self.questions()],
            "notes": list(self.notes),
            "duties": [d.to_json() for d in self.duties],
        }


def words_of(length: timedelta) -> str:
    """A length of time for a reader: `2 d 13 h`, `5 h 20 min`, `40 s`."""
    seconds = int(abs(length.total_seconds()))
    days, rest = divmod(seconds, 86_400)
    hours, rest = divmod(rest, 3_600)
    minutes, seconds = divmod(rest, 60)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min" if minutes else f"{seconds} s"
