"""Strong or weak: a clause may stand in the text and still promise little."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Literal

from lpo_secaudit.contracts.detect import Match
from lpo_secaudit.contracts.library import Clause
from lpo_secaudit.contracts.parameters import Parameters
from lpo_secaudit.contracts.reading import Reading

__all__ = ["grade_of"]

_PLACEHOLDER = re.compile(
    r"\[\s*[●•_.…\s]*\]|_{4,}|\bTBD\b|●|\$\s?\["
    r"|\[\s*(?:insert|tbd|to be|choose|option|date|name|amount|number|x+)\b[^\]]{0,80}\]?",
    re.IGNORECASE,
)
_WEAK = tuple(
    (re.compile(pattern, re.IGNORECASE), reason)
    for pattern, reason in (
        (r"\bcommercially\s+(?:reasonable|practicable)\b", "only commercially reasonable efforts"),
        (
            r"\b(?:reasonable|best|good\s+faith)\s+(?:commercial\s+)?(?:efforts?|endeavou?rs?)\b",
            "only reasonable efforts",
        ),
        (r"\b(?:will|shall|may)\s+(?:attempt|endeavou?r|strive|seek|try)\s+to\b", "only an attempt"),
        (
            r"\bto\s+the\s+(?:maximum\s+)?extent\s+(?:reasonably\s+)?(?:practicable|feasible|possible|practical)\b",
            "only to the extent practicable",
        ),
        (
            r"\bin\s+(?:its|the\s+provider's|provider's)\s+(?:sole|reasonable)\s+discretion\b",
            "at the provider's discretion",
        ),
    )
)
_COST = re.compile(
    r"\bat\s+(?:the\s+)?(?:customer|client|controller|company|covered\s+entity|your)(?:['’]s)?\s+(?:sole\s+|own\s+)?"
    r"(?:cost|expense)|\brequest\s+and\s+cost\b",
    re.IGNORECASE,
)


def grade_of(
    clause: Clause, reading: Reading, matches: Sequence[Match], parameters: Parameters
) -> tuple[Literal["strong", "weak"], str]:
    """The grade of a present clause and, where weak, the reason in words.

    One strong passage makes the clause strong; it is weak where every passage of it is.
    """
    contradiction = parameters.disagreements
    if contradiction:
        return "weak", f"words and digits disagree: {contradiction[0]}"
    best = max(m.score for m in matches)
    reasons = []
    for match in sorted(matches, key=lambda m: (-m.score, m.start)):
        if match.score < best - 0.15:
            continue
        reason = match.rule.weak or _weakness(clause, reading, match)
        if not reason:
            return "strong", ""
        reasons.append(reason)
    return "weak", reasons[0]


def _weakness(clause: Clause, reading: Reading, match: Match) -> str:
    unit = reading.units[match.unit]
    text = reading.text[unit.start : unit.end]
    place = _PLACEHOLDER.search(text)
    if place:
        return f"placeholder left open: {place.group().strip()[:40]}"
    start, end = reading.tokens.starts[match.start], reading.tokens.ends[max(match.start, match.end - 1)]
    window = reading.text[max(unit.start, start - 160) : min(unit.end, end + 60)]
    for pattern, reason in _WEAK:
        if pattern.search(window):
            return reason
    if _COST.search(window):
        return "at the client's cost"
    return ""
