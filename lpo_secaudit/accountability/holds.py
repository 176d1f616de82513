"""What a request of law enforcement to wait does to a notice."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from lpo_secaudit.accountability.clock.results import Step, late_from, show
from lpo_secaudit.accountability.incident import Hold, Incident
from lpo_secaudit.accountability.obligation import Obligation

__all__ = ["held_until"]

_ORAL = timedelta(days=30)


def held_until(
    o: Obligation, incident: Incident, due: datetime | date, zone: ZoneInfo, now: datetime
) -> tuple[datetime | date, Step] | None:
    """The later date that a hold gives a notice, with the step that says so; None where none does.

    A hold moves only notices whose rule allows it, and none beyond its own end. One without an end
    holds while it is in force, so its end is taken as the time of the assessment.
    """
    if not o.held_by_law_enforcement:
        return None
    ends = [
        (_end(hold, o, now), hold)
        for hold in incident.holds
        if hold.asked_at <= now
        and hold.asked_at < late_from(due, zone.key)
        and (not hold.recipients or o.creditor in hold.recipients)
    ]
    if not ends:
        return None
    end, hold = max(ends, key=lambda pair: pair[0])
    if end < late_from(due, zone.key):
        return None
    local = end.astimezone(zone)
    kind = "written" if hold.written else "oral"
    open_end = "; it names no end, so the notice is due once it is lifted" if hold.until is None else ""
    cite = "45 CFR 164.412" if o.ref.startswith("us-hipaa") else o.citation
    asked = show(hold.asked_at.astimezone(zone))
    text = f"{hold.by} asked ({kind}) on {asked} to wait until {show(local)}{open_end}"
    return local, Step(text, cite)


def _end(hold: Hold, o: Obligation, now: datetime) -> datetime:
    """When the hold ends for this duty; an oral request holds HIPAA notices 30 days (45 CFR 164.412(b))."""
    end = (hold.until or max(now, hold.asked_at) + timedelta(seconds=1)).astimezone(UTC)
    if not hold.written and o.ref.startswith("us-hipaa"):
        end = min(end, hold.asked_at.astimezone(UTC) + _ORAL)
    return end
