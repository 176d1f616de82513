"""A document read against the clause library: every clause, present or not, with its place in the text."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from lpo_secaudit.contracts.confidence import calibrated, calibrated_likeness
from lpo_secaudit.contracts.detect import Match, belief_of, matches_of
from lpo_secaudit.contracts.document import Document
from lpo_secaudit.contracts.examples import LIKENESS, similar_units
from lpo_secaudit.contracts.grade import grade_of
from lpo_secaudit.contracts.library import Clause, ClauseLibrary, Rule, standard_library
from lpo_secaudit.contracts.model import ModelVerdict, standard_models
from lpo_secaudit.contracts.parameters import parameters_of
from lpo_secaudit.contracts.reading import Reading, read

__all__ = ["Analysis", "ClauseResult", "Quote", "analyze_document"]

Grade = Literal["strong", "weak", "absent"]
# A clause counts as present from this belief of its rules on.
THRESHOLD = 0.5
MAX_QUOTES = 6
MAX_QUOTE_WORDS = 60
# A model points at a sentence, not at words in it, so the sentence is quoted.
MAX_SENTENCE_WORDS = 200
# Commercial clauses repeat (insurance of five kinds), and a reader wants each place.
MAX_MODEL_QUOTES = 24
_FOUND = Rule(needs=())


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
        grade: strong, weak or absent; `reason` says why it is weak.
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
    found = {clause.id: matches_of(clause, reading) for clause in library.clauses}
    beliefs = {clause.id: belief_of(clause, found[clause.id]) for clause in library.clauses}
    judged: Mapping[str, ModelVerdict] = {}
    if any(clause.model for clause in library.clauses):
        judged = standard_models().judge(reading, library.book, found, beliefs)
    clauses = tuple(
        _result(
            clause,
            found[clause.id],
            beliefs[clause.id],
            judged.get(clause.model),
            reading,
            document,
        )
        for clause in library.clauses
    )
    return Analysis(
        file=document.name,
        sha256=document.sha256,
        language=document.language,
        ocr=document.ocr,
        words=len(reading.tokens.words),
        notes=document.notes,
        clauses=clauses,
    )


def _result(
    clause: Clause,
    matches: list[Match],
    belief: float,
    verdict: ModelVerdict | None,
    reading: Reading,
    document: Document,
) -> ClauseResult:
    limit = MAX_QUOTES
    if verdict is not None:
        present = verdict.present
        confidence = verdict.probability if present else 1 - verdict.probability
        if present and clause.parts > 1 and belief < THRESHOLD:
            # A model reads sentences; that each of several statements is there, only the rules can tell.
            present, confidence = False, calibrated(belief)
        if present and (belief < THRESHOLD or not matches):
            matches, limit = _as_matches(verdict.units, reading), MAX_MODEL_QUOTES
        elif present and verdict.units and verdict.units[0][0] not in {m.unit for m in matches}:
            # The sentence that decides it for the model may be another than any that a rule found.
            matches = [*matches, *_as_matches(verdict.units[:1], reading, min(m.score for m in matches))]
    elif clause.examples and not clause.rules:
        alike = similar_units(reading, clause.examples)
        likeness = alike[0][1] if alike else 0.0
        present = likeness >= LIKENESS
        confidence = calibrated_likeness(likeness)
        matches = _as_matches([a for a in alike if a[1] >= max(LIKENESS, likeness * 0.8)], reading)
    else:
        present = belief >= THRESHOLD
        confidence = calibrated(belief)
    if not present or not matches:
        return ClauseResult(
            clause.id, clause.aliases, False, round(confidence, 3), "absent", "", "none", (), {}
        )
    parameters = parameters_of(clause.id, reading, matches)
    grade, reason = grade_of(clause, reading, matches, parameters)
    return ClauseResult(
        clause=clause.id,
        aliases=clause.aliases,
        present=True,
        confidence=round(confidence, 3),
        grade=grade,
        reason=reason,
        bound=max(matches, key=lambda m: (m.score, -m.start)).duty.role,
        quotes=_quotes(clause, matches, reading, document, limit),
        parameters=parameters.values,
    )


def _as_matches(units: Iterable[tuple[int, float]], reading: Reading, best: float = 1.0) -> list[Match]:
    """Whole sentences as matches, scored from `best` downwards in the order given."""
    matches = []
    for rank, (unit, _) in enumerate(units):
        begin, end = reading.bounds[unit]
        if end > begin:
            duty = reading.duty_at(unit, end)
            matches.append(Match(unit, begin, end, -1, best - rank / 100, _FOUND, duty))
    return matches


def _quotes(
    clause: Clause, matches: Sequence[Match], reading: Reading, document: Document, limit: int
) -> tuple[Quote, ...]:
    chosen: list[Match] = []
    if clause.parts > 1:
        for part in range(clause.parts):
            of_part = [m for m in matches if m.rule.part == part]
            chosen.extend(sorted(of_part, key=lambda m: (-m.score, m.start))[:2])
    else:
        chosen = sorted(matches, key=lambda m: (-m.score, m.start))
        if clause.distinct > 1:
            # Different things must be named, so each is quoted once before any a second time.
            first: dict[int, Match] = {}
            for match in chosen:
                first.setdefault(match.anchor, match)
            chosen = [*first.values(), *chosen]
    quotes: dict[tuple[int, int], Quote] = {}
    for match in chosen:
        start, end = _quote_range(match, reading)
        if not any(a < end and start < b for a, b in quotes):
            text = document.text[start:end]
            quotes[start, end] = Quote(text, start, end, document.page_at(start), document.place_at(start))
        if len(quotes) == limit:
            break
    return tuple(quotes.values())


def _quote_range(match: Match, reading: Reading) -> tuple[int, int]:
    """The sentence, or where it is long, the deciding words and those around them."""
    begin, end = reading.bounds[match.unit]
    limit = MAX_QUOTE_WORDS if match.rule.needs else MAX_SENTENCE_WORDS
    if match.rule.least:
        # What the sentence leads into is what is listed.
        for item in reading.items_of.get(match.unit, ()):
            if begin < reading.bounds[item][1] <= begin + limit:
                end = max(end, reading.bounds[item][1])
    if end - begin > limit:
        spare = limit - min(match.end - match.start, limit)
        first = max(begin, match.start - spare // 3)
        begin, end = first, min(end, first + limit)
    return reading.tokens.starts[begin], reading.tokens.ends[end - 1]
