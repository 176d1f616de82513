"""Where in a sheet the questions and answers stand: header rows found by their words."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from .._files.tables import Row, Sheet

__all__ = ["Columns", "find_columns", "header_columns"]


def _words(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


_WHO = (
    r"(csp caiq |(vendor|supplier|provider|company|third[- ]party)('s)? |your |service provider "
    r"|respondent )?"
)
_YES_NO = r"(yes|y)\s*/\s*(no|n)(\s*/\s*\(?n\.?/?a\.?\)?)?"
_HEADERS = {
    "id": _words(
        r"(question|questionnaire|control|item|req(uirement)?|ref(erence)?)?\s*"
        r"(id|#|no\.?|number|num|nr\.?|ref\.?|reference|code)",
        r"ques(tion)?\s*num(ber)?",
        r"serial( no\.?)?",
        r"s\.?\s?no\.?",
        r"nummer",
    ),
    "question": _words(
        r"(assessment |security |consensus assessment |control |compliance |vendor |due diligence )?"
        r"questions?"
        r"(\s*/\s*requests?| text| description)?",
        r"questionnaire",
        r"requirements?",
        r"control(s| description| statement)",
        r"frage",
    ),
    "answer": _words(
        _WHO + r"(answers?|responses?|reply|replies)(\s*\(?" + _YES_NO + r"\)?|\s*\(.{0,60}\))?",
        _YES_NO,
        r"consensus assessment answers",
        r"antwort",
        r"compliant\??",
        r"status",
        r"in place\??",
    ),
    "comment": _words(
        r"(vendor |additional |csp |supplier |answer |response |other )?"
        r"(comments?|notes?|info(rmation)?|explanations?|remarks?|details?|justifications?|descriptions?)"
        r"(\s*(/|or|and)\s*\w+)?(\s*\(.{0,60}\))?",
        r"csp implementation description.*",
        r"additional (info|information|details?).*",
        r"implementation (description|details).*",
        r"evidence",
        r"please (explain|elaborate|describe).*",
        r"comments? .{0,30}",
        r"kommentare?|bemerkung(en)?",
    ),
    "section": _words(
        r"(control )?(domain|section|category|area|topic|family|group)( title| name)?",
        r"ccm domain title",
        r"control (area|group)",
        r"bereich",
    ),
    "yes": _words(r"yes|y|ja"),
    "no": _words(r"no|n|nein"),
    "not-applicable": _words(r"not applicable|n\.?/?a\.?"),
    "partial": _words(r"partial(ly)?|partly"),
}
_EXACT_FIRST = {  # when several columns fit, the one that says it most plainly
    "id": ("question id", "question number", "ques num", "id"),
    "question": ("question", "questions", "consensus assessment questions", "question/request"),
    "answer": ("csp caiq answer", "vendor answers", "vendor answer", "answer", "response"),
    "comment": ("additional information", "additional info", "comments", "comment", "notes"),
    "section": ("ccm domain title", "control domain", "domain", "section", "category"),
}
SEARCHED_ROWS = 40


@dataclass(frozen=True, slots=True)
class Columns:
    """0-based columns of one table; `marks` maps an answer to the column that is ticked for it.

    `first_row` is the 1-based row that the questions begin at.
    """

    question: int
    answer: int | None
    first_row: int
    id: int | None = None
    comment: int | None = None
    section: int | None = None
    marks: dict[str, int] = field(default_factory=dict)


def header_columns(row: Row) -> dict[str, int]:
    """What the words of one row would be as headers: role to 0-based column."""
    words = {column: " ".join(value.split()) for column, value in sorted(row.cells.items())}
    found: dict[str, int] = {}
    for role, pattern in _HEADERS.items():
        fits = [c for c, text in words.items() if len(text) <= 90 and pattern.fullmatch(text.rstrip(" :*"))]
        if fits:
            wanted = _EXACT_FIRST.get(role, ())
            exact = [c for want in wanted for c in fits if words[c].lower().rstrip(" :*") == want]
            found[role] = (exact or fits)[0]
    return found


def find_columns(sheet: Sheet) -> Columns | None:
    """The columns of a sheet whose header is in its first 40 rows; None where none looks like one.

    A header may take several rows: CAIQ v3 puts "Yes", "No" and "Not Applicable" two rows below
    "Consensus Assessment Answers".
    """
    rows = sheet.rows[:SEARCHED_ROWS]
    for index, row in enumerate(rows):
        found = header_columns(row)
        if "question" not in found or found["question"] == found.get("answer"):
            continue
        marks, last = _marks(rows[index : index + 4])
        if "answer" not in found and not marks:
            continue
        return _columns(found, marks, last.number + 1 if marks else row.number + 1)
    return None


def _marks(rows: Sequence[Row]) -> tuple[dict[str, int], Row]:
    """Columns ticked for one answer each; they count only when yes and no stand side by side."""
    for row in rows:
        found = header_columns(row)
        if "yes" in found and "no" in found and abs(found["yes"] - found["no"]) == 1:
            return {r: found[r] for r in ("yes", "no", "not-applicable", "partial") if r in found}, row
    return {}, rows[0]


def _columns(found: dict[str, int], marks: dict[str, int], first_row: int) -> Columns:
    taken = {found["question"], found.get("answer"), *marks.values()}
    comment = found.get("comment")
    return Columns(
        question=found["question"],
        answer=None if marks else found.get("answer"),
        first_row=first_row,
        id=found.get("id") if found.get("id") not in taken else None,
        comment=comment if comment not in taken else None,
        section=found.get("section") if found.get("section") not in taken else None,
        marks=marks,
    )
