"""An assessment as plain text for a terminal or a mail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime

from lpo_secaudit.accountability.clock.counting import zone_info
from lpo_secaudit.accountability.clock.results import show
from lpo_secaudit.accountability.states import Assessment, DutyState, Status, words_of

__all__ = ["due_words", "render_text", "status_words"]

_HEADS = (
    (Status.MISSED, "Missed"),
    (Status.RUNNING, "Running"),
    (Status.CANNOT_TELL, "Cannot tell"),
    (Status.MET, "Met"),
    (Status.NOT_TRIGGERED, "Not triggered"),
)


def due_words(due: datetime | date | None, zone: str) -> str:
    """A due time or day with its zone."""
    if due is None:
        return "no date"
    if isinstance(due, datetime):
        return f"{show(due.astimezone(zone_info(zone)))} ({zone})"
    return f"end of {show(due)} ({zone})"


def status_words(state: DutyState) -> str:
    """The status with how late or how much is left."""
    match state.status:
        case Status.MISSED:
            assert state.late_by is not None  # noqa: S101  # set with the status
            how = "given late" if state.performed is not None else "and no notice is recorded"
            return f"missed by {words_of(state.late_by)}, {how}"
        case Status.RUNNING:
            return "running, no number set" if state.left is None else f"running, {words_of(state.left)} left"
        case Status.CANNOT_TELL:
            return "cannot tell"
        case Status.MET:
            return "met"
    return "not triggered"


def render_text(assessment: Assessment, *, explain: bool = False) -> str:
    """The assessment as lines: by status, the most urgent first.

    Args:
        assessment: what to show.
        explain: also every step of every count, and the duties that are not triggered.
    """
    return "\n".join(_lines(assessment, explain)) + "\n"


def _lines(a: Assessment, explain: bool) -> Iterator[str]:
    yield f"Incident {a.incident.id}: {a.incident.title}"
    yield f"As of {show(a.as_of)}. Not legal advice."
    counts = a.counts()
    yield ", ".join(f"{counts[str(status)]} {head.lower()}" for status, head in _HEADS)
    if questions := a.questions():
        yield ""
        yield "Facts that would settle the most:"
        for question, number in questions[:8]:
            yield f"  {question} ({number} {'duty' if number == 1 else 'duties'})"
    for status, head in _HEADS:
        states = a.of(status)
        if not states or (status is Status.NOT_TRIGGERED and not explain):
            continue
        yield ""
        yield f"{head.upper()} ({len(states)})"
        for state in states:
            yield from _state(state, explain)
    if a.notes:
        yield ""
        yield from (f"Note: {note}" for note in a.notes)


def _state(s: DutyState, explain: bool) -> Iterator[str]:
    o = s.obligation
    yield f"  {o.title} [{o.citation}]"
    if s.status is not Status.NOT_TRIGGERED:
        due = due_words(s.due, s.zone) if s.due is not None else o.period_text()
        doubt = " if it is owed" if s.status is Status.CANNOT_TELL and s.due is not None else ""
        yield f"    {status_words(s)}; due {due}{doubt}"
    if s.target is not None:
        yield f"    own target, not law: {due_words(s.target, s.zone)}"
    if s.performed is not None:
        yield f"    done: {s.performed.words}, {show(s.performed.first.astimezone(zone_info(s.zone)))}"
    yield from (f"    missing: {question}" for question in s.missing)
    if not explain:
        return
    yield from (f"    because {reason}" for reason in s.because)
    yield from (f"    taken for granted; open: {question}" for question in s.assumptions)
    yield from (f"    {number}. {step}" for number, step in enumerate(s.steps, 1))
    for second in s.second_readings:
        cite = f" [{second.citation}]" if second.citation else ""
        yield f"    other reading: {due_words(second.due, s.zone)}, {second.why}{cite}"
