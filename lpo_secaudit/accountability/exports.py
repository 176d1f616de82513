"""The register for other tools: obligations as CSV, and due dates as an iCalendar file (RFC 5545)."""

from __future__ import annotations

import csv
import hashlib
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from lpo_secaudit.accountability.obligation import Obligation
from lpo_secaudit.accountability.states import Assessment, DutyState, Status

__all__ = ["CalendarItem", "calendar_of", "duties_csv", "items_of", "obligations_csv"]

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _cell(value: object) -> str:
    """A CSV cell; text that a spreadsheet would run as a formula is kept as text."""
    text = "" if value is None else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


_COLUMNS = (
    "id",
    "source",
    "debtor",
    "creditor",
    "title",
    "citation",
    "jurisdiction",
    "period",
    "clock_starts",
    "standard",
    "zone",
    "counting",
    "threshold",
    "content",
    "remedy",
    "quotes",
    "note",
    "confidence",
    "as_of",
)


def obligations_csv(obligations: Iterable[Obligation]) -> str:
    """The register, one obligation a row (RFC 4180, UTF-8)."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(_COLUMNS)
    for o in obligations:
        row = (
            o.id,
            o.source,
            o.debtor,
            o.creditor,
            o.title,
            o.citation,
            o.jurisdiction,
            str(o.period) if o.period else "",
            o.clock_starts,
            " ".join(o.standard),
            o.zone,
            o.counting.note or o.counting.method,
            o.threshold,
            "; ".join(o.content),
            "; ".join(o.remedy),
            " | ".join(q.shown() for q in o.quotes),
            o.note,
            o.confidence,
            o.as_of,
        )
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


def duties_csv(assessment: Assessment) -> str:
    """The state of every duty of an incident, one a row."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        ("obligation", "title", "citation", "status", "due", "zone", "done", "late_by_s", "left_s", "missing")
    )
    for d in assessment.duties:
        o = d.obligation
        row = (
            o.id,
            o.title,
            o.citation,
            d.status,
            d.due.isoformat() if d.due else "",
            d.zone,
            d.performed.first.isoformat() if d.performed else "",
            int(d.late_by.total_seconds()) if d.late_by is not None else "",
            int(d.left.total_seconds()) if d.left is not None else "",
            "; ".join(d.missing),
        )
        writer.writerow([_cell(value) for value in row])
    return out.getvalue()


@dataclass(frozen=True, slots=True)
class CalendarItem:
    """One date to keep.

    Attributes:
        uid: stable, so that a second import replaces the first.
        at: aware instant, or a whole day.
        summary: one line.
        description: the reasons and sources.
        alarms: how long before it a reminder sounds.
    """

    uid: str
    at: datetime | date
    summary: str
    description: str
    alarms: tuple[timedelta, ...] = ()


def items_of(assessment: Assessment) -> tuple[CalendarItem, ...]:
    """The dates of an incident that are still ahead or open: due dates, and own targets marked as such."""
    found = []
    for d in assessment.duties:
        if d.status not in (Status.RUNNING, Status.CANNOT_TELL) or d.performed is not None:
            continue
        at = d.due if d.due is not None else d.target
        if at is None:
            continue
        kind = "Due" if d.due is not None else "Own target, not law"
        doubt = " (if it is owed)" if d.status is Status.CANNOT_TELL else ""
        found.append(
            CalendarItem(
                _uid(assessment.incident.id, d.obligation.id),
                at,
                f"{kind}{doubt}: {d.obligation.title} [{d.obligation.citation}]",
                _reasons(d),
                (timedelta(hours=24), timedelta(hours=4))
                if isinstance(at, datetime)
                else (timedelta(days=7), timedelta(days=1)),
            )
        )
    return tuple(found)


def _reasons(d: DutyState) -> str:
    lines = [*(f"Missing: {question}" for question in d.missing), *(str(step) for step in d.steps)]
    if d.due is not None and not isinstance(d.due, datetime):
        lines.append(f"The day ends in {d.zone}.")
    return "\n".join(lines)


def _uid(*parts: str) -> str:
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32] + "@lpo-secaudit"


def calendar_of(items: Sequence[CalendarItem], stamp: datetime, name: str) -> str:
    """An iCalendar file of dates.

    Args:
        items: the dates.
        stamp: aware instant of the export (DTSTAMP), given so that equal input gives equal bytes.
        name: of the calendar.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//lpo-secaudit//accountability//EN",
        f"X-WR-CALNAME:{_text(name)}",
    ]
    for item in items:
        lines += ["BEGIN:VEVENT", f"UID:{item.uid}", f"DTSTAMP:{_utc(stamp)}"]
        if isinstance(item.at, datetime):
            # Without DTEND the event ends where it starts; an equal one is not allowed (section 3.8.2.2).
            lines.append(f"DTSTART:{_utc(item.at)}")
        else:
            lines += [
                f"DTSTART;VALUE=DATE:{item.at:%Y%m%d}",
                f"DTEND;VALUE=DATE:{item.at + timedelta(days=1):%Y%m%d}",
            ]
        lines += [
            f"SUMMARY:{_text(item.summary)}",
            f"DESCRIPTION:{_text(item.description)}",
            "TRANSP:TRANSPARENT",
        ]
        for before in item.alarms:
            minutes = int(before.total_seconds() // 60)
            lines += [
                "BEGIN:VALARM",
                "ACTION:DISPLAY",
                f"DESCRIPTION:{_text(item.summary)}",
                f"TRIGGER:-PT{minutes}M",
                "END:VALARM",
            ]
        lines.append("END:VEVENT")
    lines.append("END:VCALENDAR")
    return "".join(f"{part}\r\n" for line in lines for part in _folded(line))


def _utc(instant: datetime) -> str:
    return f"{instant.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(text: str) -> str:
    """Text as a value (RFC 5545 section 3.3.11); control characters could end a line."""
    kept = "".join(c for c in text if c == "\n" or ord(c) >= 32)
    return kept.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,").replace("\n", "\\n")


def _folded(line: str) -> list[str]:
    """Lines of at most 75 bytes, the later ones after a space (RFC 5545 section 3.1)."""
    parts: list[str] = []
    part, size = "", 0
    for char in line:
        width = len(char.encode())
        if size + width > (75 if not parts else 74):
            parts.append(part)
            part, size = "", 0
        part, size = part + char, size + width
    parts.append(part)
    return [parts[0], *(f" {p}" for p in parts[1:])]
