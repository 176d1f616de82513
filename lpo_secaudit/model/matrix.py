"""The matrix: topic by topic, what was promised, claimed and observed, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

__all__ = ["Cell", "MatrixRow", "Mention"]

PromiseState = Literal["promised", "weak", "absent", "none"]
ClaimState = Literal["yes", "partial", "no", "unclear", "outdated", "none"]
PracticeState = Literal["seen", "violated", "unseen", "outdated", "none"]
Verdict = Literal["conflict", "agree", "open", "none"]


@dataclass(frozen=True, slots=True)
class Mention:
    """One source's word on a topic.

    Attributes:
        source: id of the source.
        place: section and page, cell, or resource.
        quote: the words or the fact.
        evidence: digests of the records.
        telling: [start, end) of the words in `quote` that speak of the topic, in characters; None where
            no part of it tells more than the rest.
    """

    source: str
    place: str
    quote: str
    evidence: tuple[str, ...] = ()
    telling: tuple[int, int] | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "source": self.source,
            "place": self.place,
            "quote": self.quote,
            "evidence": list(self.evidence),
            "telling": None if self.telling is None else list(self.telling),
        }


@dataclass(frozen=True, slots=True)
class Cell:
    """One leg on one topic.

    Attributes:
        state: "none" where no source says anything; else see the states above. "absent" is a
            contract that was read and holds no such clause; "unseen" that it was asked and could
            not be seen; "outdated" that only old evidence speaks.
        summary: one line for a reader.
        mentions: up to `evaluate.matrix.MOST_MENTIONS` sources, the telling ones first.
        total: number of statements, shown or not.
    """

    state: str
    summary: str
    mentions: tuple[Mention, ...] = ()
    total: int = 0

    def to_json(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "summary": self.summary,
            "mentions": [m.to_json() for m in self.mentions],
            "total": self.total,
        }


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """One topic.

    Attributes:
        verdict: "conflict" where a conflict names the topic; "agree" where at least two legs speak
            and agree; "open" where something is left to ask; "none" where nothing is known.
        conflicts: fingerprints.
    """

    topic: str
    title: str
    group: str
    scale: str
    promise: Cell
    claim: Cell
    practice: Cell
    verdict: Verdict
    conflicts: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "topic": self.topic,
            "title": self.title,
            "group": self.group,
            "scale": self.scale,
            "promise": self.promise.to_json(),
            "claim": self.claim.to_json(),
            "practice": self.practice.to_json(),
            "verdict": self.verdict,
            "conflicts": list(self.conflicts),
        }
