"""The timeline as a drawing (SVG): every clock a bar, every notice a mark, the assessment a line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from html import escape

from lpo_secaudit.accountability.clock.results import late_from
from lpo_secaudit.accountability.event import Event
from lpo_secaudit.accountability.states import Assessment, DutyState, Status

__all__ = ["timeline_svg"]

WIDTH, LABELS, ROW, TOP = 1000, 330, 22, 64
MOST_ROWS = 60
KNEE = 0.62
"""Share of the width before the scale changes."""
_COLOURS = {
    Status.MET: "#1a7f37",
    Status.MISSED: "#b3261e",
    Status.RUNNING: "#0b57d0",
    Status.CANNOT_TELL: "#9a6700",
}
_AXIS_STEPS = (1, 3, 6, 12, 24, 48, 72, 168, 336, 720, 1440, 2160, 4320, 8760, 17520, 43800)


@dataclass(frozen=True, slots=True)
class _Scale:
    """Time to x. Before the knee hours can be told apart, after it weeks: clocks run 6 hours or 60 days."""

    first: datetime
    knee: datetime
    last: datetime

    def x(self, at: datetime) -> float:
        width = WIDTH - LABELS - 16
        at = min(max(at, self.first), self.last)
        if self.knee == self.last:
            return LABELS + (at - self.first) / (self.last - self.first) * width
        if at <= self.knee:
            return LABELS + (at - self.first) / (self.knee - self.first) * width * KNEE
        return LABELS + width * (KNEE + (at - self.knee) / (self.last - self.knee) * (1 - KNEE))


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
        f'<line x1="{x:.1f}" y1="20" x2="{x:.1f}" y2="{height - 28}" stroke="#1c2430" '
        'stroke-dasharray="4 3"/>'
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
    near = max(a.as_of, *(e.earliest() for e in events), first + timedelta(days=5)) + timedelta(days=1)
    knee = near if (last - first) > 3 * (near - first) else last
    margin = (knee - first) / 40
    last += (last - knee) / 20 or margin
    return _Scale(first - margin, knee if knee < last - margin else last, last)


def _end(d: DutyState) -> datetime:
    due = d.due if d.due is not None else d.target
    assert due is not None  # noqa: S101  # only such duties are drawn
    return late_from(due, d.zone)


def _instant(at: datetime | date) -> datetime:
    return at.astimezone(UTC) if isinstance(at, datetime) else datetime(at.year, at.month, at.day, tzinfo=UTC)


def _axis(scale: _Scale, height: int) -> list[str]:
    out = _ticks(scale, scale.first, scale.knee, 8, height)
    if scale.knee < scale.last:
        x = scale.x(scale.knee)
        out.append(
            f'<rect x="{x:.1f}" y="{TOP - 8}" width="{WIDTH - 16 - x:.1f}" '
            f'height="{height - TOP - 20}" fill="#f6f8fa"/>'
        )
        out += _ticks(scale, scale.knee, scale.last, 4, height)
        out.append(f'<text x="{x + 4:.1f}" y="{TOP - 12}" fill="#5b6675">scale changes</text>')
    out.append(
        f'<text x="{WIDTH - 16}" y="{height - 2}" text-anchor="end" fill="#5b6675">times in UTC</text>'
    )
    return out


def _ticks(scale: _Scale, first: datetime, last: datetime, most: int, height: int) -> list[str]:
    whole = (last - first) / timedelta(hours=1)
    step = next((s for s in _AXIS_STEPS if whole / s <= most), _AXIS_STEPS[-1])
    at = first.replace(hour=0 if step >= 24 else first.hour, minute=0, second=0, microsecond=0)
    out = []
    while at <= last:
        if at > first:
            x = scale.x(at)
            label = f"{at:%d %b}" if step >= 24 else f"{at:%d %b %H:%M}"
            out.append(
                f'<line x1="{x:.1f}" y1="{TOP - 8}" x2="{x:.1f}" y2="{height - 28}" stroke="#d9dee5"/>'
            )
            out.append(
                f'<text x="{x:.1f}" y="{height - 14}" text-anchor="middle" fill="#5b6675">{label}</text>'
            )
        at += timedelta(hours=step)
    return out


def _events(scale: _Scale, events: Sequence[Event]) -> list[str]:
    out = [
        f'<line x1="{LABELS}" y1="36" x2="{WIDTH - 16}" y2="36" stroke="#5b6675"/>',
        '<text x="8" y="40">Events</text>',
    ]
    free = 0.0
    for number, event in sorted(enumerate(events, 1), key=lambda pair: (pair[1].earliest(), pair[0])):
        at = scale.x(event.earliest())
        x = max(at, free)  # events of one hour stand beside one another
        free = x + 17
        words = escape(f"{event.words()}, {event.at}")
        out.append(
            f'<g><title>{words}</title><line x1="{at:.1f}" y1="36" x2="{at:.1f}" y2="50" stroke="#1c2430"/>'
            f'<circle cx="{x:.1f}" cy="36" r="8" fill="#1c2430"/>'
            f'<text x="{x:.1f}" y="39.5" text-anchor="middle" fill="#fff" font-size="9">{number}</text></g>'
        )
    return out


def _bar(scale: _Scale, d: DutyState, y: int, now: datetime) -> list[str]:
    assert d.start is not None  # noqa: S101  # only such duties are drawn
    colour = _COLOURS[d.status]
    start, end = scale.x(_instant(d.start.at)), scale.x(_end(d))
    o = d.obligation
    label = f"{o.title} [{o.citation}]"
    name = o.citation if o.source == "commitment" else o.ref
    shown = f"{o.debtor} \N{RIGHTWARDS ARROW} {o.creditor.replace('_', ' ')}: {name}"
    shown = shown if len(shown) <= 52 else shown[:51] + "\N{HORIZONTAL ELLIPSIS}"
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
