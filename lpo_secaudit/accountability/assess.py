"""The state of every duty as of an instant: met, missed, running, not triggered, cannot tell."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from lpo_secaudit.accountability.clock.calendars import calendar
from lpo_secaudit.accountability.clock.counting import check_instant, zone_info
from lpo_secaudit.accountability.clock.results import Clock, SecondReading, Step, late_from, show
from lpo_secaudit.accountability.clock.run import run_clock
from lpo_secaudit.accountability.conditions import Verdict, evaluate
from lpo_secaudit.accountability.holds import held_until
from lpo_secaudit.accountability.incident import Incident
from lpo_secaudit.accountability.obligation import Obligation
from lpo_secaudit.accountability.order import tied_to_individuals
from lpo_secaudit.accountability.rules import METHODS, Counting, Period
from lpo_secaudit.accountability.states import Assessment, DutyState, Status, words_of
from lpo_secaudit.accountability.timeline import Performance, Start, Timeline
from lpo_secaudit.errors import InputError

__all__ = ["Assessment", "DutyState", "Status", "assess"]


def assess(incident: Incident, obligations: Iterable[Obligation], as_of: datetime) -> Assessment:
    """The state of every obligation in an incident, as of an instant. Pure: time is an argument.

    What the timeline records after `as_of` is left out. A missing fact never becomes a pass: it gives
    `cannot-tell` with the fact, and the date that holds if the duty exists.

    Raises:
        InputError: `as_of` has no zone.
    """
    now = check_instant(as_of, "as_of").astimezone(UTC)
    timeline = Timeline(incident, now)
    listed = tuple(obligations)
    # Laws of a place judge by the risk assessed for that place.
    by_law = {place: replace(incident, risk=incident.risk_for(place)) for place in incident.risk_in}
    duties = tuple(_state(o, by_law.get(o.jurisdiction, incident), timeline, now) for o in listed)
    return Assessment(incident, now, duties, _notes(incident, listed, now))


def _notes(incident: Incident, obligations: Sequence[Obligation], now: datetime) -> tuple[str, ...]:
    notes = []
    for event in incident.events:
        if event.at is not None and event.earliest() > now:
            notes.append(
                f"Not yet happened at the time of the assessment: {event.words()} ({event.at.isoformat()})"
            )
        for name in event.under:
            if not any(
                name.lower() in (n.lower() for n in (o.ref, o.id, o.law, *o.after)) for o in obligations
            ):
                notes.append(f"A notice is recorded under {name!r}, which no obligation here has")
    return tuple(dict.fromkeys(notes))


def _names(o: Obligation) -> set[str]:
    return {name.lower() for name in (o.ref, o.id, o.law, *o.after)}


@dataclass(frozen=True, slots=True)
class _Run:
    """A period run from one start."""

    due: datetime | date
    late: datetime
    start: Start
    period: Period | None
    question: str
    steps: tuple[Step, ...]
    seconds: tuple[SecondReading, ...]


@lru_cache(maxsize=512)
def _zone(name: str | None) -> ZoneInfo:
    return zone_info(name or "UTC")


def _state(o: Obligation, incident: Incident, timeline: Timeline, now: datetime) -> DutyState:
    verdict = _applies(o, incident)
    if verdict.value is False:
        return DutyState(o, Status.NOT_TRIGGERED, zone=o.zone or "UTC", because=verdict.because)
    starts = timeline.starts(o)
    zone = _zone(o.zone)
    done = timeline.performed(o)
    if starts.options and (reason := _not_law(o, starts.options, zone)):
        return DutyState(o, Status.NOT_TRIGGERED, zone=zone.key, because=(reason,))
    if starts.idle and not starts.options:
        status = Status.MET if done else Status.NOT_TRIGGERED if verdict.value else Status.CANNOT_TELL
        return DutyState(o, status, zone=zone.key, performed=done, because=(*verdict.because, starts.idle),
                         missing=verdict.missing)  # fmt: skip
    tie = tied_to_individuals(o, timeline, zone)
    if o.period is None and tie is None:
        return _without_number(o, verdict, starts.options, starts.missing, zone, done, now)
    if o.period is None and tie is not None:
        return _judge(o, verdict, [_tied(o, tie, starts.options)], [], zone, done, now, incident)
    assert o.period is not None  # noqa: S101  # the cases without one are done
    missing = list(starts.missing)
    if o.zone is None and o.period.unit != "hours":
        missing.append(f"In which country and time zone does the {o.debtor} sit?")
    runs, gaps = (
        _runs(o, incident, starts.options, zone, now, tie)
        if len(missing) == len(starts.missing)
        else ([], [])
    )
    missing.extend(gaps)
    if not runs:
        return DutyState(
            o,
            Status.CANNOT_TELL,
            zone=zone.key,
            performed=done,
            because=verdict.because,
            missing=(*verdict.missing, *missing),
        )
    return _judge(o, verdict, runs, missing, zone, done, now, incident)


def _applies(o: Obligation, incident: Incident) -> Verdict:
    """Whether the duty arises: condition, then what encryption and small risk take away."""
    verdict = evaluate(o.condition, incident)
    if verdict.value is False:
        return verdict
    missing = list(verdict.missing)
    because = list(verdict.because)
    if o.safe_harbour == "exemption":
        if incident.encrypted and incident.key_safe:
            return Verdict(
                False, (), ("the data were encrypted and the key stayed safe, which the law exempts",)
            )
        if incident.encrypted is None and incident.key_safe is not False:
            missing.append("Were the data encrypted, and did the key stay safe?")
        elif incident.encrypted and incident.key_safe is None:
            missing.append("Did the key of the encrypted data stay safe?")
    if o.harm_exception:
        if incident.risk == "unlikely":
            return Verdict(False, (), ("harm to the persons is assessed as unlikely, which the law exempts",))
        if incident.risk is None and o.presumed:
            because.append("notice is due until a low probability of compromise is shown")
        elif incident.risk is None:
            missing.append("Is harm to the persons unlikely, likely or high?")
    return Verdict(None if missing else True, tuple(dict.fromkeys(missing)), tuple(because))


def _not_law(o: Obligation, options: tuple[Start, ...], zone: ZoneInfo) -> str:
    if o.in_force_from is None and o.in_force_to is None:
        return ""
    days = [s.at.astimezone(zone).date() if isinstance(s.at, datetime) else s.at for s in options]
    if o.in_force_from is not None and max(days) < o.in_force_from:
        return f"in force from {o.in_force_from}, and the clock would have started before"
    if o.in_force_to is not None and min(days) > o.in_force_to:
        return f"in force until {o.in_force_to}, and the clock would have started after"
    return ""


def _periods(o: Obligation, incident: Incident) -> list[tuple[Period, str, str]]:
    """(period, its citation, open question) of each reading that the facts leave."""
    assert o.period is not None  # noqa: S101  # asked only of duties with a number
    found = [(o.period, o.citation, "")]
    for variant in o.variants:
        verdict = evaluate(variant.when, incident)
        if verdict.value:
            return [(variant.period, variant.citation, "")]
        if verdict.value is None:
            found.append((variant.period, variant.citation, verdict.missing[0]))
    return found


def _runs(
    o: Obligation,
    incident: Incident,
    options: tuple[Start, ...],
    zone: ZoneInfo,
    now: datetime,
    tie: tuple[datetime | date, Step] | None,
) -> tuple[list[_Run], list[str]]:
    """Every reading's date, earliest first, and the facts that keep a reading from having one."""
    named = calendar(o.counting.calendar) if o.counting.calendar else None
    runs: list[_Run] = []
    gaps: list[str] = []
    for period, citation, open_period in _periods(o, incident):
        counting = o.counting
        if counting.method not in ("year-end-days", METHODS[period.unit]):
            counting = Counting(METHODS[period.unit], counting.calendar)
        clock = Clock(period, counting, citation)
        for start in options:
            if period.unit == "hours" and not isinstance(start.at, datetime):
                gaps.append(f"At what time of day on {start.at} was this: {start.words}?")
                continue
            try:
                due, steps, seconds = run_clock(clock, start.at, zone, named)
            except InputError as error:
                gaps.append(f"{error.message}?")
                continue
            begun = Step(
                "Start: {}, {}; {}" if start.note else "Start: {}, {}",
                start.citation or "timeline",
                (start.words, _local(start.at, zone), *((start.note,) if start.note else ())),
            )
            held = held_until(o, incident, due, zone, now)
            if held is not None:
                due, step = held
                steps = (*steps, step)
            if tie is not None and late_from(tie[0], zone.key) < late_from(due, zone.key):
                due, steps = tie[0], (*steps, tie[1])
            runs.append(
                _Run(
                    due,
                    late_from(due, zone.key),
                    start,
                    period,
                    open_period or start.question,
                    (begun, *steps),
                    seconds,
                )
            )
    return sorted(runs, key=lambda r: r.late), gaps


def _tied(o: Obligation, tie: tuple[datetime | date, Step], options: tuple[Start, ...]) -> _Run:
    """A duty without a number whose last moment is the notice to the persons."""
    due, step = tie
    start = min(options, key=lambda s: _sort(s.at)) if options else Start(due, "the persons were told")
    return _Run(due, late_from(due, o.zone or "UTC"), start, None, "", (step,), ())


def _local(at: datetime | date, zone: ZoneInfo) -> datetime | date:
    return at.astimezone(zone) if isinstance(at, datetime) else at


def _timing(late: datetime, done: Performance | None, now: datetime) -> Status | None:
    """How a date and a notice compare; None where only the day of the notice is known and decides."""
    if done is None:
        return Status.MISSED if now >= late else Status.RUNNING
    if done.last < late:
        return Status.MET
    return Status.MISSED if done.first >= late else None


def _judge(
    o: Obligation,
    verdict: Verdict,
    runs: list[_Run],
    missing: list[str],
    zone: ZoneInfo,
    done: Performance | None,
    now: datetime,
    incident: Incident,
) -> DutyState:
    first = runs[0]
    readings = {_timing(run.late, done, now) for run in runs}
    status = next(iter(readings)) if len(readings) == 1 else None
    asked = list(missing)
    if status is None:
        asked.extend(q for run in runs if (q := run.question))
        if None in readings:
            asked.append("At what time of day was the notice given?")
    open_now = list(verdict.missing)
    if status is Status.MET and not missing:
        open_now = []  # done in time, so whether it was owed no longer matters
    if asked or open_now or status is None:
        status = Status.CANNOT_TELL
    others = tuple(
        SecondReading(
            run.due,
            f"if the clock starts with: {run.start.words} ({run.period or o.period_text()})",
            run.question,
        )
        for run in runs[1:]
        if run.due != first.due
    )
    assumptions: tuple[str, ...] = () if len(runs) > 1 or not first.question else (first.question,)
    if not o.held_by_law_enforcement and o.source == "law" and _hold_may_matter(o, incident):
        assumptions += (
            "Does this law let law enforcement hold the notice? It is not recorded, so it runs on.",
        )
    end = done.first if done is not None else now
    return DutyState(
        o,
        status,
        due=first.due,
        zone=zone.key,
        start=first.start,
        performed=done,
        late_by=max(end - _due_instant(first), timedelta()) if status is Status.MISSED else None,
        left=_due_instant(first) - now if status is Status.RUNNING else None,
        because=verdict.because,
        missing=tuple(dict.fromkeys((*open_now, *asked))),
        assumptions=assumptions,
        steps=first.steps,
        second_readings=(*others, *first.seconds),
    )


def _hold_may_matter(o: Obligation, incident: Incident) -> bool:
    return any(not hold.recipients or o.creditor in hold.recipients for hold in incident.holds)


def _due_instant(run: _Run) -> datetime:
    return run.due.astimezone(UTC) if isinstance(run.due, datetime) else run.late


def _without_number(
    o: Obligation,
    verdict: Verdict,
    options: tuple[Start, ...],
    gaps: tuple[str, ...],
    zone: ZoneInfo,
    done: Performance | None,
    now: datetime,
) -> DutyState:
    """A duty with a standard of speed: it runs until done, and only within the own target counts as met."""
    standard = ", ".join(o.standard).replace("-", " ") or "no period"
    steps = [Step(f"No number of hours or days is set: {standard}", o.citation)]
    start = min(options, key=lambda s: _sort(s.at)) if options else None
    target: datetime | date | None = None
    if start is not None and o.target is not None:
        target = _target(o.target, start.at, zone)
        steps.append(
            Step(f"Own target, not law: {o.target} after {start.words}, {show(target)}", "own target")
        )
    missing = [*verdict.missing, *gaps]
    status = Status.RUNNING
    because = [
        *verdict.because,
        *(("a way of acting that goes on; no notice discharges it",) if o.conduct else ()),
    ]
    if done is not None:
        late = late_from(target, zone.key) if target is not None else None
        if late is not None and done.last < late:
            status, missing = Status.MET, []
            because.append("done within the own target; the law sets no number")
        elif not gaps:
            wait = "" if start is None else f" {words_of(done.first - _sort(start.at))} after {start.words}"
            missing.append(f"Was the notice{wait} given {standard}? The law sets no number.")
    if missing:
        status = Status.CANNOT_TELL
    return DutyState(
        o,
        status,
        zone=zone.key,
        start=start,
        performed=done,
        target=target,
        because=tuple(because),
        missing=tuple(dict.fromkeys(missing)),
        assumptions=(start.question,) if start is not None and start.question else (),
        steps=tuple(steps),
    )


def _target(target: Period, at: datetime | date, zone: ZoneInfo) -> datetime | date:
    days = max(1, target.amount // 24) if target.unit == "hours" else target.amount
    if isinstance(at, datetime):
        if target.unit == "hours":
            return (at.astimezone(UTC) + timedelta(hours=target.amount)).astimezone(zone)
        at = at.astimezone(zone).date()
    return at + timedelta(days=days)


def _sort(at: datetime | date) -> datetime:
    return at.astimezone(UTC) if isinstance(at, datetime) else datetime(at.year, at.month, at.day, tzinfo=UTC)
