"""Open points: what to ask the provider, as a Markdown list and as a workbook to be answered.

Made from a result in the form of `audit.json`, so that any recorded audit can be turned into
questions. Three kinds, in this order:

1. conflicts: two of the provider's statements, or a statement and a fact, disagree;
2. gaps: a control could not be determined, or a claim rests on the provider's word alone;
3. violations: what a finding shows, to be cured by a date.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Any

from lpo_secaudit.report.excerpt import excerpt

__all__ = ["Fact", "OpenPoint", "open_points", "to_markdown", "to_xlsx"]

_RANK = {"critical": 0, "high": 1, "medium": 2, "low": 3, "informational": 4}
_HEAD = (
    "No.",
    "Kind",
    "Topic",
    "Severity",
    "Question",
    "What we have",
    "Where",
    "Reference",
    "Answer",
    "Evidence",
)
_WIDTHS = (6, 18, 24, 11, 60, 60, 40, 20, 40, 30)
MAX_CELL = 32_000
"""A cell of a workbook holds at most 32,767 characters."""

MOST_LETTERS = 240
"""Of a quote in Markdown, before it stands in full."""

MOST_SHOWN = 20
"""Violations named in one point; audit.json has all."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that the audit holds.

    Attributes:
        said: the words or the fact.
        by: the side of a conflict and the source; "" where the point says it.
        telling: [start, end) of the words in `said` that speak of the topic, or None.
    """

    said: str
    by: str = ""
    telling: Sequence[int] | None = None

    def __str__(self) -> str:
        return f"{self.by}: {self.said}" if self.by else self.said


@dataclass(frozen=True, slots=True)
class OpenPoint:
    """One question to the provider.

    Attributes:
        kind: "conflict", "unproven", "undetermined" or "violation".
        facts: what the audit holds.
        places: where a reader finds it.
        reference: fingerprint of the conflict or finding; an answer is matched by it.
    """

    kind: str
    topic: str
    severity: str
    question: str
    facts: tuple[Fact, ...]
    places: tuple[str, ...]
    reference: str


def open_points(result: Mapping[str, Any]) -> tuple[OpenPoint, ...]:
    """All questions of a result, worst first within each kind."""
    titles = {row["topic"]: row["title"] for row in result.get("matrix", ())}
    points = [
        *_sorted(_conflicts(result, titles)),
        *_sorted(_unproven(result)),
        *_sorted(_undetermined(result)),
        *_sorted(_violations(result)),
    ]
    return tuple(points)


def _sorted(points: Iterable[OpenPoint]) -> list[OpenPoint]:
    return sorted(points, key=lambda p: (_RANK.get(p.severity, 9), p.topic, p.question, p.reference))


def _conflicts(result: Mapping[str, Any], titles: Mapping[str, str]) -> Iterable[OpenPoint]:
    for c in result["conflicts"]:
        sides = (c["first"], c["second"])
        yield OpenPoint(
            "conflict",
            titles.get(c["topic"], c["topic"].replace("-", " ")),
            c["severity"],
            c["ask"] or c["message"],
            (
                Fact(c["message"]),
                *(Fact(s["quote"], f"{s['leg']} ({s['source']})", s.get("telling")) for s in sides),
            ),
            tuple(s["place"] for s in sides),
            c["fingerprint"],
        )


def _unproven(result: Mapping[str, Any]) -> Iterable[OpenPoint]:
    """Claims that nothing but the provider's word stands for."""
    for row in result.get("matrix", ()):
        claim, practice = row["claim"], row["practice"]
        if claim["state"] != "yes" or practice["state"] != "none" or row["conflicts"]:
            continue
        mention = claim["mentions"][0]
        yield OpenPoint(
            "unproven",
            row["title"],
            "low",
            f"What shows this: {mention['quote']}? Please send a document, a screenshot or a report.",
            tuple(Fact(m["quote"], m["source"], m.get("telling")) for m in claim["mentions"]),
            tuple(m["place"] for m in claim["mentions"]),
            row["topic"],
        )


def _undetermined(result: Mapping[str, Any]) -> Iterable[OpenPoint]:
    for f in result["findings"]:
        if f["status"] != "undetermined":
            continue
        ask = f["residual"] or "What do you do to meet this, and what shows it?"
        yield OpenPoint(
            "undetermined",
            f["title"],
            f["severity"],
            f"{f['requirement']} {ask}",
            (Fact(f["reason"]),),
            (f["citation"],),
            f["fingerprint"],
        )


def _violations(result: Mapping[str, Any]) -> Iterable[OpenPoint]:
    seen = {o["fingerprint"]: o for o in result["observations"] if o["outcome"] == "not-satisfied"}
    for f in result["findings"]:
        if f["status"] != "not-satisfied" or f["waived"]:
            continue
        shown = [seen[x] for x in f["violations"] if x in seen]
        more = (Fact(f"and {len(shown) - MOST_SHOWN} more"),) if len(shown) > MOST_SHOWN else ()
        yield OpenPoint(
            "violation",
            f["title"],
            f["severity"],
            f"{f['requirement']} By when will this be cured, and how?",
            (*(Fact(o["message"]) for o in shown[:MOST_SHOWN]), *more),
            (f["citation"], *dict.fromkeys(o["subject"]["id"] for o in shown[:MOST_SHOWN])),
            f["fingerprint"],
        )


def to_markdown(result: Mapping[str, Any]) -> str:
    """The open points as a Markdown document to send to the provider."""
    engagement = result["engagement"]
    lines = [
        f"# Open points for {_md(engagement['provider']['name'])}",
        "",
        f"Engagement {_md(engagement['id'])}, audit of {result['evaluated_at']} for "
        f"{_md(engagement['client']['name'])}. Please answer under each point; keep the reference.",
    ]
    titles = {
        "conflict": "Contradictions",
        "unproven": "Statements without proof",
        "undetermined": "What could not be determined",
        "violation": "What has to be cured",
    }
    number = 0
    last = ""
    for point in open_points(result):
        number += 1
        if point.kind != last:
            lines += ["", f"## {titles[point.kind]}"]
            last = point.kind
        lines += ["", f"### {number}. {_md(point.topic)} ({point.severity})", "", _md(point.question), ""]
        lines += [line for fact in point.facts for line in _fact_lines(fact)]
        lines += [
            "",
            f"Where: {_md('; '.join(point.places))}",
            "",
            f"Reference: `{point.reference}`",
            "",
            "Answer:",
        ]
    if not number:
        lines += ["", "There are none."]
    return "\n".join(lines) + "\n"


def _fact_lines(fact: Fact) -> Iterator[str]:
    """The words that tell in bold; where they stand in a long quote, first what is around them."""
    part = excerpt(fact.said, fact.telling, MOST_LETTERS if fact.telling else None)
    by = f"{_md(fact.by)}: " if fact.by else ""
    told = f"**{_md(part.telling)}**" if part.telling else ""
    yield f"- {by}{_escaped(part.before)}{told}{_escaped(part.after)}"
    if not part.whole:
        yield f"  - in full: {_md(fact.said)}"


def _md(text: str) -> str:
    """Text on one line that Markdown takes as text, whatever the provider's side put into it."""
    return _escaped(" ".join(text.split()))


def _escaped(plain: str) -> str:
    for mark in "\\`*_[]<>|#":
        plain = plain.replace(mark, "\\" + mark)
    return plain


def to_xlsx(result: Mapping[str, Any]) -> bytes:
    """The open points as a workbook with empty columns for answer and evidence."""
    from openpyxl import Workbook
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101  # a new workbook has a sheet
    sheet.title = "Open points"
    sheet.append(list(_HEAD))
    for cell in sheet[1]:
        cell.font = Font(bold=True)
    for number, point in enumerate(open_points(result), 1):
        sheet.append([number, *(_cell(text) for text in _columns(point)), "", ""])
    for column, width in enumerate(_WIDTHS, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    for row in sheet.iter_rows(min_row=1):
        for cell in row:
            cell.alignment = Alignment(wrap_text=True, vertical="top")
            # Text that begins with = stays text: a formula from the other side must not run.
            if isinstance(cell.value, str):
                cell.data_type = "s"
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    buffer = BytesIO()
    book.save(buffer)
    return buffer.getvalue()


def _columns(point: OpenPoint) -> Sequence[str]:
    return (
        point.kind,
        point.topic,
        point.severity,
        point.question,
        "\n".join(map(str, point.facts)),
        "\n".join(point.places),
        point.reference,
    )


def _cell(text: str) -> str:
    """Text that a workbook can hold: no control characters, and within its limit."""
    return "".join(c for c in text if c >= " " or c in "\n\t")[:MAX_CELL]
