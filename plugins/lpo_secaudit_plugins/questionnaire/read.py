"""Answers from tables: the rows of a sheet between its header and its end."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace

from .._files.tables import Row, Sheet
from .answers import Answer, asks_yes_no, normalise
from .columns import Columns, find_columns, header_columns

__all__ = ["caiq1_answers", "find_tables", "hecvat_answers", "is_hecvat", "merge", "table_answers"]

_END_MARKS = ("end of standard", "end table data")
_HAS_DIGIT = re.compile(r"\d")
_HECVAT_ID = re.compile(r"[A-Z0-9]{3,6}-\d{1,3}[a-z]?\Z")
_HECVAT_SHEET = re.compile(r"HECVAT.{0,40}(vendor|solution provider) response", re.IGNORECASE)


def table_answers(sheet: Sheet, columns: Columns, words: Mapping[str, str] | None = None) -> list[Answer]:
    """The answered and unanswered questions of one table.

    Headings between the questions become `section`; repeated header rows and end marks are left out.
    """
    found: list[Answer] = []
    section = ""
    for row in sheet.rows:
        if row.number < columns.first_row:
            continue
        question = row.text(columns.question)
        given_id = " ".join(row.text(columns.id).split())
        own_section = row.text(columns.section)
        if own_section and len(own_section) < 200:
            section = " ".join(own_section.split())
        if not question or question.lower() in _END_MARKS:
            continue
        if columns.answer is not None and columns.answer in row.cells and _is_header(row):
            continue
        answer, raw, rest, column = _answer(row, columns, words)
        if _is_heading(given_id, question, row, columns, answer):
            section = " ".join(question.split())[:200]
            continue
        found.append(
            Answer(
                question_id=given_id[:120] or f"row {row.number}",
                question=" ".join(question.split()),
                answer=answer,
                raw=raw,
                comment="\n".join(part for part in (rest, row.text(columns.comment)) if part),
                place=sheet.place(row.number, column),
                section=section,
                # Marked columns ask for a mark; otherwise the question's own words tell.
                closed=bool(columns.marks) or asks_yes_no(question),
                problems=_both_marked(row, columns),
            )
        )
    return found


def _is_header(row: Row) -> bool:
    found = header_columns(row)
    return "question" in found and "answer" in found


def _answer(row: Row, columns: Columns, words: Mapping[str, str] | None) -> tuple[str, str, str, int]:
    """(answer, as written, what was written beyond it, column it stands in)"""
    if columns.marks:
        marked = [(a, c) for a, c in columns.marks.items() if _is_mark(row.text(c))]
        if len(marked) == 1:
            answer, column = marked[0]
            text = row.text(column)
            # Some write the comment into the column instead of an x.
            return answer, text, text if len(text) > 12 else "", column
        if len(marked) > 1:
            return "partial", " ".join(f"{a}: {row.text(c)}" for a, c in marked), "", marked[0][1]
        return "unanswered", "", "", min(columns.marks.values())
    if columns.answer is None:
        return "unanswered", "", "", columns.question
    raw = row.text(columns.answer)
    answer, rest = normalise(raw, words)
    return answer, raw, rest, columns.answer


def _is_mark(text: str) -> bool:
    """A tick of any kind; a written "no" or "-" in a column is none."""
    return bool(text) and text.lower() not in {"-", "–", "—", "0", "false", "no", "n", "☐", "□"}


def _both_marked(row: Row, columns: Columns) -> tuple[str, ...]:
    marked = [a for a, c in columns.marks.items() if _is_mark(row.text(c))]
    return (f"contradiction: marked {' and '.join(marked)}",) if len(marked) > 1 else ()


def _is_heading(given_id: str, question: str, row: Row, columns: Columns, answer: str) -> bool:
    """Whether an unanswered row is a heading between questions, not a question left open."""
    if answer != "unanswered" or row.text(columns.answer) or row.text(columns.comment):
        return False
    if columns.id is not None:
        return not given_id or (not _HAS_DIGIT.search(given_id) and not asks_yes_no(question))
    return len(row.cells) == 1 and not question.rstrip().endswith("?") and not asks_yes_no(question)


def hecvat_answers(sheets: Iterable[Sheet]) -> tuple[list[Answer], str]:
    """(answers, version) of a HECVAT workbook: v2 and v3 keep one response sheet, v4 has eight.

    The other sheets repeat the answers for the analyst, some with his own remarks; they are not
    what the provider said and are left out.
    """
    found: list[Answer] = []
    version = ""
    for sheet in sheets:
        if not _is_response(sheet):
            continue
        for row in sheet.rows[:4]:
            for value in row.cells.values():
                match = re.search(r"version\s*v?(\d[\w.]*)", value, re.IGNORECASE)
                version = version or (match[1] if match else "")
        found.extend(_hecvat_sheet(sheet))
    return found, version


def is_hecvat(sheets: Iterable[Sheet]) -> bool:
    """Whether a workbook has a HECVAT response sheet."""
    return any(_is_response(sheet) for sheet in sheets)


def _is_response(sheet: Sheet) -> bool:
    head = " ".join(v for row in sheet.rows[:3] for v in row.cells.values())
    if sheet.hidden:
        return False
    if _HECVAT_SHEET.search(head[:1000]):
        return True
    if re.search(r"analyst|evaluation|scorecard", f"{sheet.name} {head[:300]}", re.IGNORECASE):
        return False
    mentions = re.search(r"hecvat|higher education (cloud|community) vendor", head, re.IGNORECASE)
    return bool(mentions) and any(
        value.strip().lower() == "vendor answers" for row in sheet.rows for value in row.cells.values()
    )


def _hecvat_sheet(sheet: Sheet) -> list[Answer]:
    found = []
    section = ""
    columns = {"question": 1, "answer": 2, "comment": 3}
    for row in sheet.rows:
        first = row.text(0)
        if not _HECVAT_ID.match(first):
            header = {v.strip().lower(): c for c, v in row.cells.items()}
            if "vendor answers" in header or "answer" in header:
                columns["answer"] = header.get("vendor answers", header.get("answer", 2))
                columns["comment"] = header.get("additional information", columns["answer"] + 1)
                section = first
            elif len(row.cells) == 1 and first and len(first) < 80:
                section = first
            continue
        question = " ".join(row.text(columns["question"]).split())
        raw = row.text(columns["answer"])
        answer, rest = normalise(raw)
        found.append(
            Answer(
                question_id=first,
                question=question,
                answer=answer,
                raw=raw,
                comment="\n".join(p for p in (rest, row.text(columns["comment"])) if p),
                place=sheet.place(row.number, columns["answer"]),
                section=section,
                closed=asks_yes_no(question) and not first.startswith(("GNRL", "DATE")),
            )
        )
    return found


_CAIQ1 = re.compile(
    r"(?:^|\n)\s*(?P<id>(?:CO|DG|FS|HR|IS|LG|OP|RI|RM|RS|SA)-?\d{2}[a-z]?)\s*[-\u2010-\u2015:]?\s+"
)


def caiq1_answers(sheets: Iterable[Sheet]) -> list[Answer]:
    """The questions of a CAIQ 1, which has several in a cell and no column for answers."""
    found = []
    for sheet in sheets:
        for row in sheet.rows:
            for column, text in sorted(row.cells.items()):
                starts = list(_CAIQ1.finditer(text))
                for number, match in enumerate(starts, 1):
                    end = starts[number].start() if number < len(starts) else None
                    question = " ".join(text[match.end() : end].split())
                    place, section = sheet.place(row.number, column), row.text(0)
                    found.append(
                        Answer(
                            match["id"], question, "unanswered", "", "", place, section, asks_yes_no(question)
                        )
                    )
    return found


def merge(answers: Iterable[Answer]) -> tuple[list[Answer], list[str]]:
    """One answer a question: (answers, problems of the whole).

    The same question on several sheets (HECVAT v4 repeats its general part) is one question; two
    different answers to it are a contradiction. Equal numbers of different questions are told
    apart by their sheet.
    """
    kept: dict[str, Answer] = {}
    problems: list[str] = []
    for answer in answers:
        key = answer.question_id
        first = kept.get(key)
        if first is not None and not _same_question(first, answer):
            key = _free_name(f"{answer.place.rsplit('!', 1)[0]}!{answer.question_id}", answer, kept)
            first = kept.get(key)
        if first is None or (first.answer == "unanswered" and answer.answer != "unanswered"):
            kept[key] = _renamed(answer, key)
        elif answer.answer not in ("unanswered", first.answer):
            other = f"{answer.answer} at {answer.place}"
            text = f"contradiction: answered {first.answer} at {first.place} and {other}"
            kept[key] = _with_problem(first, text)
            problems.append(f"{key}: {text}")
    return list(kept.values()), problems


def _free_name(name: str, answer: Answer, kept: Mapping[str, Answer]) -> str:
    number = 1
    key = name
    while key in kept and not _same_question(kept[key], answer):
        number += 1
        key = f"{name} ({number})"
    return key


def _same_question(one: Answer, other: Answer) -> bool:
    def words(text: str) -> str:
        return re.sub(r"\W+", " ", text).strip().lower()

    return words(one.question) == words(other.question)


def _renamed(answer: Answer, question_id: str) -> Answer:
    return answer if answer.question_id == question_id else replace(answer, question_id=question_id)


def _with_problem(answer: Answer, problem: str) -> Answer:
    return replace(answer, problems=(*answer.problems, problem))


def find_tables(sheets: Iterable[Sheet]) -> list[tuple[Sheet, Columns]]:
    """Sheets that look like questionnaires, with their columns."""
    return [(s, c) for s in sheets if not s.hidden and (c := find_columns(s)) is not None]
