"""A document read against the clause library: every clause, present or not, with its place in the text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lpo_secaudit.contracts.detect import Match, matches_of
from lpo_secaudit.contracts.document import Document
from lpo_secaudit.contracts.grade import grade_of
from lpo_secaudit.contracts.library import Clause, ClauseLibrary, standard_library
from lpo_secaudit.contracts.parameters import Parameters, parameters_of
from lpo_secaudit.contracts.reading import Reading, read

__all__ = ["Analysis", "ClauseResult", "Quote", "analyze_document"]

Grade = Literal["strong", "weak", "absent"]
# A clause counts as present from this belief on.
THRESHOLD = 0.5
MAX_QUOTES = 6
MAX_QUOTE_WORDS = 60


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of the document: `text` is exactly `document.text[start:end]`.

    Attributes:
        page: 1-based, None where the source has no pages.
        section: numbering path as a lawyer cites it, or the heading; empty where there is none.
    """

    text: str
    start: int
    end: int
    page: int | None
    section: str


@dataclass(frozen=True, slots=True)
class ClauseResult:
    """What a document says on one clause.

    Attributes:
        confidence: how often a verdict like this one is right, 0 to 1; of absence where absent.
        grade: strong, weak or absent; `reason` says why it is weak, or what a parameter contradicts.
        bound: who bears the duty: provider, client, either, or none where the text names nobody.
        quotes: the passages that decide it, the best one first.
        parameters: normalised values that the text fixes.
    """

    clause: str
    aliases: tuple[str, ...]
    present: bool
    confidence: float
    grade: Grade
    reason: str
    bound: str
    quotes: tuple[Quote, ...]
    parameters: Mapping[str, Any]

    def to_json(self) -> dict[str, Any]:
        return {
            "clause": self.clause,
            "aliases": list(self.aliases),
            "present": self.present,
            "confidence": self.confidence,
            "grade": self.grade,
            "reason": self.reason,
            "bound": self.bound,
            "quotes": [
                {"text": q.text, "start": q.start, "end": q.end, "page": q.page, "section": q.section}
                for q in self.quotes
            ],
            "parameters": dict(self.parameters),
        }


@dataclass(frozen=True, slots=True)
class Analysis:
    """All clauses of the library for one document, in library order."""

    file: str
    sha256: str
    language: str
    ocr: bool
    words: int
    notes: tuple[str, ...]
    clauses: tuple[ClauseResult, ...]

    def __getitem__(self, clause: str) -> ClauseResult:
        return next(c for c in self.clauses if c.clause == clause)

    def to_json(self) -> dict[str, Any]:
        """The record that `secaudit contract --format jsonl` prints, one a line."""
        return {
            "file": self.file,
            "sha256": self.sha256,
            "language": self.language,
            "ocr": self.ocr,
            "words": self.words,
            "notes": list(self.notes),
            "clauses": [c.to_json() for c in self.clauses],
        }


def analyze_document(document: Document, library: ClauseLibrary | None = None) -> Analysis:
    """Read a document against a library (the one that ships where none is given).

    Deterministic, offline, linear in the length of the text.
    """
    library = library or standard_library()
    reading = read(document.text, library)
    clauses = tuple(_result(clause, reading, document) for clause in library.clauses)
    return Analysis(
        file=document.name,
        sha256=document.sha256,
        language=document.language,
        ocr=document.ocr,
        words=len(reading.tokens.words),
        notes=document.notes,
        clauses=clauses,
    )


def _result(clause: Clause, reading: Reading, document: Document) -> ClauseResult:
    matches = matches_of(clause, reading)
    belief = _belief(clause, matches)
    if belief < THRESHOLD:
        return ClauseResult(
            clause.id, clause.aliases, False, round(1 - belief, 3), "absent", "", "none", (), {}
        )
    parameters = parameters_of(clause.id, reading, matches)
    grade, reason = grade_of(clause, reading, matches, parameters)
    return ClauseResult(
        clause=clause.id,
        aliases=clause.aliases,
        present=True,
        confidence=round(belief, 3),
        grade=grade,
        reason=reason,
        bound=_bound(matches),
        quotes=_quotes(clause, matches, reading, document),
        parameters=parameters.values,
    )


def _belief(clause: Clause, matches: Sequence[Match]) -> float:
    """The weakest of the statements that must all be there, each by its best match."""
    if clause.distinct > 1 and len({m.anchor for m in matches}) < clause.distinct:
        return 0.3 if matches else 0.03
    best: dict[int, float] = {}
    for match in matches:
        best[match.rule.part] = max(best.get(match.rule.part, 0.0), match.score)
    if len(best) < clause.parts:
        return 0.2 if best else 0.03
    return min(best.values())


def _bound(matches: Sequence[Match]) -> str:
    best = max(matches, key=lambda m: (m.score, -m.start))
    return best.duty.role


def _quotes(
    clause: Clause, matches: Sequence[Match], reading: Reading, document: Document
) -> tuple[Quote, ...]:
    chosen: list[Match] = []
    if clause.parts > 1:
        for part in range(clause.parts):
            of_part = [m for m in matches if m.rule.part == part]
            chosen.extend(sorted(of_part, key=lambda m: (-m.score, m.start))[:2])
    else:
        chosen = sorted(matches, key=lambda m: (-m.score, m.start))
    quotes: dict[tuple[int, int], Quote] = {}
    for match in chosen:
        start, end = _quote_range(match, reading)
        if not any(a < end and start < b for a, b in quotes):
            quotes[start, end] = Quote(
                document.text[start:end],
                start,
                end,
                document.page_at(start),
                document.place_at(start),
            )
        if len(quotes) == MAX_QUOTES:
            break
    return tuple(quotes.values())


def _quote_range(match: Match, reading: Reading) -> tuple[int, int]:
    """The sentence, or where it is long, the deciding words and those around them."""
    begin, end = reading.bounds[match.unit]
    if end - begin > MAX_QUOTE_WORDS:
        spare = MAX_QUOTE_WORDS - min(match.end - match.start, MAX_QUOTE_WORDS)
        first = max(begin, match.start - spare // 3)
        end = min(end, max(match.end, first + MAX_QUOTE_WORDS))
        end = min(end, first + MAX_QUOTE_WORDS)
        begin = first
    return reading.tokens.starts[begin], reading.tokens.ends[end - 1]
