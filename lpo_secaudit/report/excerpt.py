"""A quote for a reader who has little room: the words that tell, with as much around them as fits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

__all__ = ["Excerpt", "excerpt"]

_BLANKS = re.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Excerpt:
    """The part shown of a quote, in three pieces that follow one another; blanks are folded.

    Attributes:
        telling: the words to mark; "" where none tell more than the rest.
        whole: nothing was left out.
    """

    before: str
    telling: str
    after: str
    whole: bool

    def __str__(self) -> str:
        return self.before + self.telling + self.after


def excerpt(quote: str, telling: Sequence[int] | None, most: int | None = None) -> Excerpt:
    """The telling words of a quote in the middle of at most `most` characters, cut between words.

    Args:
        quote: the words.
        telling: [start, end) of the telling ones; None to show the quote from its beginning.
        most: characters with the marks of what was left out; None for all.
    """
    start, end = telling or (0, 0)
    before, told, after = (_BLANKS.sub(" ", part) for part in (quote[:start], quote[start:end], quote[end:]))
    before, after = before.lstrip(), after.rstrip() if told else after.strip()
    if most is None or len(before) + len(told) + len(after) <= most:
        return Excerpt(before, told, after, True)
    if len(told) >= most - 2:
        return Excerpt("…" if before else "", _first(told + after, most - 1), "", False)
    room = most - len(told)
    ahead = min(len(before), max(room // 2, room - len(after)))
    return Excerpt(_last(before, ahead), told, _first(after, room - ahead), False)


def _first(text: str, most: int) -> str:
    """The first words of a text within a number of characters, with "…" where some are left out."""
    if len(text) <= most:
        return text
    kept = text[: most - 1]
    if text[most - 1] != " " and " " in kept.strip():
        kept = kept.rpartition(" ")[0]  # a word that alone is too long is cut within
    return kept.rstrip() + "…"


def _last(text: str, most: int) -> str:
    return _first(text[::-1], most)[::-1]
