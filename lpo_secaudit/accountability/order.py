"""Notices that the law ties to the notice to the persons affected: before it, with it, not after it."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from lpo_secaudit.accountability.clock.results import Step, show
from lpo_secaudit.accountability.obligation import Obligation
from lpo_secaudit.accountability.timeline import Timeline

__all__ = ["tied_to_individuals"]

_WORDS = {
    "before-individual-notice": "must be given before them",
    "not-after-individual-notice": "must not be given after them",
    "with-individual-notice": "is given together with them, at the latest on the same day",
}


def tied_to_individuals(
    o: Obligation, timeline: Timeline, zone: ZoneInfo
) -> tuple[datetime | date, Step] | None:
    """The last moment that the order of notices leaves; None where no order binds or nobody was told yet."""
    order = next((s for s in o.standard if s in _WORDS), None)
    if order is None:
        return None
    told = timeline.to_persons(o.debtor, "individuals", o.jurisdiction, o, every=False)
    if told is None:
        return None
    last = told.last.astimezone(zone)
    if told.first != told.last:
        # Only the day is known: a notice of that same day is not held to be late.
        due: datetime | date = (told.first + timedelta(hours=14)).date()
    else:
        due = last.date() if order == "with-individual-notice" else last
    return due, Step(f"The persons were told {show(last)}; this notice {_WORDS[order]}", o.citation)
