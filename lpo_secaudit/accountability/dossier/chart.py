"""The timeline as a drawing: every clock a bar, every notice a mark, the assessment a line. SVG, no script."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import escape

from lpo_secaudit.accountability.assess import Assessment, DutyState, Status
from lpo_secaudit.accountability.clock.results import late_from
from lpo_secaudit.accountability.incident import Event

__all__ = ["timeline_svg"]

WIDTH, LABELS, ROW, TOP = 1000, 330, 22, 64
MOST_ROWS = 60
_COLOURS = {
    Status.MET: "#1a7f37",
    Status.MISSED: "#b3261e",
    Status.RUNNING: "#0b57d0",
    Status.CANNOT_TELL: "#9a6700",
}
_AXIS_STEPS = (1, 3, 6, 12, 24, 48, 72, 168, 336, 720, 1440, 2160, 4320, 8760, 17520, 43800)


@dataclass(frozen=True, slots=True)
class _Scale:
    first: datetime
    last: datetime

    def x(self, at: datetime) -> float:
        share = (at - self.first) / (self.last - self.first)
        return LABELS + min(max(share, 0.0), 1.0) * (WIDTH - LABELS - 16)


def timeline_svg(assessment: Assessment) -> str:
    """The drawing; every text in it is escaped."""
    drawn = [
        d
        for d in assessment.of(Status.MISSED, Status.RUNNING, Status.CANNOT_TELL, Status.MET)
        if d.start is not None and (d.due is not None or d.target is not None)
    ]
    rows, hidden = drawn[:MOST_ROWS], len(drawn) - MOST_ROWS
    events = [e for e in assessment.incident.events if e.at is not None]
    scale = _scale(assessment, rows, events)
    height = TOP + ROW * len(rows) + 40 + (18 if hidden > 0 else 0)
    out = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img" '
        'font-family="system-ui,Segoe UI,Arial,sans-serif" font-size="11">',
        "<title>Clocks of the incident</title>",
    ]
    out += _axis(scale, height)
    out += _events(scale, events)
    for number, state in enumerate(rows):
        out += _bar(scale, state, TOP + ROW * number, assessment.as_of)
    x = scale.x(assessment.as_of)
    out.append(
        f'<line x1="{x:.1f}" y1="20" x2="{x:.1f}" y2="{height - 28}" stroke="#1c2430" stroke-dasharray="4 3"/>'
    )
    out.append(f'<text x="{x:.1f}" y="14" text-anchor="middle" fill="#1c2430">assessment</text>')
    if hidden > 0:
        out.append(
            f'<text x="8" y="{height - 8}" fill="#5b6675">and {hidden} more clocks in the tables below</text>'
        )
    out.append("</svg>")
    return "\n".join(out)


def _scale(a: Assessment, rows: Sequence[DutyState], events: Sequence[Event]) -> _Scale:
    instants = [a.as_of, *(e.earliest() for e in events)]
    instants += [_end(d) for d in rows]
    instants += [d.performed.last for d in rows if d.performed is not None]
    first, last = min(instants), max(instants)
    if last - first < timedelta(hours=1):
        last = first + timedelta(hours=1)
    margin = (last - first) / 40
    return _Scale(first - margin, last + margin)


def _end(d: DutyState) -> datetime:
    due = d.due if d.due is not None else d.target
    assert due is not None  # noqa: S101  # only such duties are drawn
    return late_from(due, d.zone)


def _instant(at: datetime | date) -> datetime:
    return at.astimezone(UTC) if isinstance(at, datetime) else datetime(at.year, at.month, at.day, tzinfo=UTC)


def _axis(scale: _Scale, height: int) -> list[str]:
    whole = (scale.last - scale.first) / timedelta(hours=1)
    step = next((s for s in _AXIS_STEPS if whole / s <= 9), _AXIS_STEPS[-1])
    at = scale.first.replace(minute=0, second=0, microsecond=0)
    if step >= 24:
        at = at.replace(hour=0)
    out = []
    while at <= scale.last:
        if at >= scale.first:
            x = scale.x(at)
            label = f"{at:%d %b}" if step >= 24 else f"{at:%d %b %H:%M}"
            out.append(
                f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{height - 28}" stroke="#d9dee5"/>'
            )
            out.append(
                f'<text x="{x:.1f}" y="{height - 14}" text-anchor="middle" fill="#5b6675">{label}</text>'
            )
        at += timedelta(hours=step)
    out.append(
        f'<text x="{WIDTH - 16}" y="{height - 2}" text-anchor="end" fill="#5b6675">times in UTC</text>'
    )
    return out


def _events(scale: _Scale, events: Sequence[Event]) -> list[str]:
    out = [
        f'<line x1="{LABELS}" y1="36" x2="{WIDTH - 16}" y2="36" stroke="#5b6675"/>',
        '<text x="8" y="40">Events</text>',
    ]
    for number, event in enumerate(events, 1):
        x = scale.x(event.earliest())
        words = escape(f"{event.words()}, {event.at}")
        out.append(f'<g><title>{words}</title><circle cx="{x:.1f}" cy="36" r="8" fill="#1c2430"/>'
                   f'<text x="{x:.1f}" y="39.5" text-anchor="middle" fill="#fff" font-size="9">{number}</text></g>')  # fmt: skip
    return out


def _bar(scale: _Scale, d: DutyState, y: int, now: datetime) -> list[str]:
    assert d.start is not None  # noqa: S101  # only such duties are drawn
    colour = _COLOURS[d.status]
    start, end = scale.x(_instant(d.start.at)), scale.x(_end(d))
    label = f"{d.obligation.title} [{d.obligation.ref}]"
    shown = label if len(label) <= 54 else label[:53] + "\N{HORIZONTAL ELLIPSIS}"
    style = f'fill="{colour}" fill-opacity="{0.25 if d.due is None else 0.75}"'
    out = [
        f"<g><title>{escape(label)}: {escape(str(d.status))}</title>",
        f'<text x="8" y="{y + 14}">{escape(shown)}</text>',
        f'<rect x="{start:.1f}" y="{y + 4}" width="{max(end - start, 2):.1f}" height="12" rx="3" {style}/>',
    ]
    if d.status is Status.MISSED:
        until = scale.x(d.performed.first if d.performed is not None else now)
        out.append(
            f'<rect x="{end:.1f}" y="{y + 8}" width="{max(until - end, 2):.1f}" height="4" fill="{colour}"/>'
        )
    if d.performed is not None:
        x = scale.x(d.performed.first)
        out.append(
            f'<path d="M{x:.1f} {y + 2} l5 8 l-5 8 l-5 -8 z" fill="#fff" stroke="{colour}" stroke-width="2"/>'
        )
    return [*out, "</g>"]
