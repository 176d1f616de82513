"""A CAIQ 4 handed over as PDF: the printed table read back, question by question.

A printed table has no cells left, only words in reading order: the question's id in a narrow column,
the question, one of "Yes", "No", "NA" behind its question mark, and the rest of the row. What is
read is checked against the numbering, and a file in which answers cannot be found is refused rather
than half read.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from itertools import pairwise

from lpo_secaudit.errors import InputError

from .._files.pages import Pages, read_pages
from .answers import Answer, normalise

__all__ = ["CAIQ4_DOMAINS", "read_caiq_pdf"]

_TITLE = re.compile(r"consensus\s+assessments?\s+(?:initiative\s+)?questionnaire", re.IGNORECASE)
_VERSION = re.compile(r"CAIQ[^.\n]{0,60}?\bv\s?(4(?:\.\d{1,2}){1,2})", re.IGNORECASE)
CAIQ4_DOMAINS = (
    "A&A", "AIS", "BCR", "CCC", "CEK", "DCS", "DSP", "GRC", "HRS", "IAM", "IPY", "IVS", "LOG", "SEF", "STA",
    "TVM", "UEM",
)  # fmt: skip
"""Of the Cloud Controls Matrix 4; the question ids of a CAIQ 4 begin with them."""

# A narrow column breaks ids as it breaks words: "LO", "G", "-", "05.2". A word of the next column may
# stand beside the first line of it. In running text an id stands behind other words of its line.
_NAME = "|".join(r"\s?".join(map(re.escape, name)) for name in CAIQ4_DOMAINS)
# PDFium marks a hyphen at a line's end, and the reader of pages leaves the mark out.
_DASH = "[-\u2010-\u2013]?"
_ID = re.compile(
    rf"^[ \t]*({_NAME})(?:[ \t]+[A-Za-z]{{1,20}})?\s{{0,3}}{_DASH}\s{{0,3}}"
    r"(\d\s?\d)\s?\.\s?(\d{1,2})(?=\s)",
    re.MULTILINE,
)
_CONTROL = re.compile(rf"^[ \t]*(?:{_NAME})\s{{0,3}}{_DASH}\s{{0,3}}\d\s?\d[ \t]*$", re.MULTILINE)
_WORD = r"(Y\s?e\s?s|N\s?o|N\s?/?\s?A|P\s?artial(?:ly)?)"
_ANSWER = re.compile(rf"\?[\s'\"\u2019\u201d]{{0,4}}{_WORD}(?=\s|\Z)", re.IGNORECASE)
_LATER = re.compile(rf"\n{_WORD}(?=\s+(?:CSP|CSC|Shared|3rd|Third|NA)\b)")
_FEWEST = 20
_MOST_OPEN = 0.2
MAX_BODY = 20_000
"""Characters looked at for one question; its answer stands in the first few hundred."""


def read_caiq_pdf(raw: bytes, name: str) -> tuple[list[Answer], str, tuple[str, ...]] | None:
    """(answers, version, problems) of a CAIQ 4 as PDF; None where the PDF is none.

    Raises:
        DocumentError: the PDF cannot be read.
        InputError: it is a CAIQ, and too many of its answers cannot be found in the printed table.
    """
    pages = read_pages(raw, name, ocr=False)
    if _TITLE.search(pages.text) is None:
        return None
    # A row may begin a page; offsets stay the same.
    pages = replace(pages, text=pages.text.replace("\f", "\n"))
    found = list(_ID.finditer(pages.text))
    if len(found) < _FEWEST:
        return None
    ends = [m.start() for m in found[1:]] + [len(pages.text)]
    answers = [_answer(match, end, pages) for match, end in zip(found, ends, strict=True)]
    open_ = sum(a.answer == "unanswered" for a in answers)
    if open_ > _MOST_OPEN * len(answers):
        raise InputError(
            f"a CAIQ as PDF, in which {open_} of {len(answers)} answers cannot be told from the print",
            where=name,
            hint="ask the provider for the workbook",
        )
    version = _VERSION.search(pages.text)
    notes = ("read from print: compare what matters with the page", *_holes(a.question_id for a in answers))
    return answers, version[1] if version else "", notes


def _answer(match: re.Match[str], end: int, pages: Pages) -> Answer:
    body = pages.text[match.end() : min(end, match.end() + MAX_BODY)]
    said = _ANSWER.search(body) or _LATER.search(body)
    domain, number = (re.sub(r"\s", "", part) for part in (match[1], match[2]))
    rest = body[said.end() :] if said else ""
    control = _CONTROL.search(rest)
    raw = re.sub(r"\s", "", said[1]) if said else ""
    question = body[: said.start(1)] if said else body.split("?", 1)[0]
    return Answer(
        question_id=f"{domain}-{number}.{match[3]}",
        question=" ".join(question.split())[:2000],
        answer=normalise(raw)[0],
        raw=raw,
        comment=" ".join(rest[: control.start() if control else None].split()),
        place=f"page {pages.page_at(match.start())}",
        section=domain,
        closed=True,
    )


def _holes(ids: Iterable[str]) -> Iterable[str]:
    """Numbers that the numbering skips: a question there may have been lost in the print."""
    known = list(dict.fromkeys(ids))
    for one, other in pairwise(known):
        (domain, at), (next_domain, then) = (
            (i.split("-")[0], i.split("-")[1].split(".")) for i in (one, other)
        )
        follows = [at[0], str(int(at[1]) + 1)], [f"{int(at[0]) + 1:02d}", "1"]
        if domain == next_domain and then not in follows:
            yield f"nothing was found between {one} and {other}"
        elif domain != next_domain and then != ["01", "1"]:
            yield f"nothing was found before {other}"
