"""What stands at a match and near it: plain words to take values from, never a place."""

from __future__ import annotations

import re
from collections.abc import Iterable

from lpo_secaudit.contracts.defined import with_values
from lpo_secaudit.contracts.detect import Match
from lpo_secaudit.contracts.reading import Reading

__all__ = ["plain_text", "units_near", "with_leads"]

_MARKUP = re.compile(r"</?\w[^<>]{0,200}>|\*\*")


def plain_text(reading: Reading, unit: int) -> str:
    """The words of a unit without mark-up, defined periods and sums filled in.

    Where the contract defines any, blanks are made single.
    """
    plain = _MARKUP.sub("", reading.text[reading.units[unit].start : reading.units[unit].end])
    return with_values(plain, reading.values) if reading.values else plain


def with_leads(reading: Reading, unit: int) -> str:
    """The plain text of a unit after that of its lead-ins."""
    return " ".join(plain_text(reading, u) for u in (*reversed(reading.chain(unit)), unit))


def units_near(reading: Reading, matches: Iterable[Match], after: int = 3, before: int = 0) -> list[int]:
    """Units of the matches, then those that follow under the same heading; in order of belief."""
    found: list[int] = []
    ordered = sorted(matches, key=lambda m: (-m.score, m.start))
    for match in ordered:
        if match.unit not in found:
            found.append(match.unit)
    for match in ordered:
        heading = reading.units[match.unit].heading
        for unit in range(max(0, match.unit - before), min(match.unit + after + 1, len(reading.units))):
            if (
                unit not in found
                and reading.units[unit].heading == heading
                and reading.units[unit].kind != "heading"
            ):
                found.append(unit)
    return found
