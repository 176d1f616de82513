"""Sentences of a block, and the items of an enumeration that runs on within a sentence."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lpo_secaudit.contracts.structure_numbers import ordinals, word_set

__all__ = ["Piece", "pieces_of"]

Piece = tuple[int, int, int]
"""Start, end, and the offset back to the piece that leads in (0: none)."""

_END = re.compile(r"[.!?][\"”’')\]*_]*(?:\s+|(?=<))(?=[\"“‘'(\[*_<]*(?:[A-Z0-9]|[^\W\d_a-z]))")
_ABBREVIATIONS = word_set(
    "e.g i.e no nos rs art arts sec secs inc ltd corp co llc v vs para paras nr cf resp reg regs ref mr mrs "
    "ms dr st dept fig approx viz et al incl excl p pp ch cl cls sched app pt u.s u.k e.u u.s.c c.f.r d.c "
    "a.m p.m gmbh s.a b.v n.v abs"
)
_WORD_BEFORE = re.compile(r"([^\s(\[\"“‘]{1,20})\Z")
_MARKER = re.compile(
    r"(?<=[\s(:;,—])(?:\(([a-z]{1,4}|\d{1,2})\)|(?<=\s)([a-z]|\d{1,2}|i{1,3}|iv|vi{0,3})\))(?=[\s*_])"
)
_MAX_ITEMS = 200


def pieces_of(text: str, start: int, end: int) -> Iterator[Piece]:
    """Sentences of text[start:end]; an inline enumeration "shall: (a) ...; (b) ..." gives its
    lead-in and then each item. Linear in the length of the block."""
    at = start
    for match in _END.finditer(text, start, end):
        if match.end() >= end or _abbreviated(text, match.start(), at):
            continue
        yield from _items(text, at, match.end())
        at = match.end()
    if at < end:
        yield from _items(text, at, end)


def _abbreviated(text: str, dot: int, sentence: int) -> bool:
    if text[dot] != ".":
        return False
    word = _WORD_BEFORE.search(text[max(sentence, dot - 20) : dot])
    if word is None:
        return dot - sentence < 6
    token = word[1].lower()
    if token in _ABBREVIATIONS:
        return True
    # Initials ("J. Smith") and a number that opens the sentence ("1. Definitions").
    if len(token) == 1 and token.isalpha() and word[1].isupper():
        return True
    return token.rstrip(".").isdigit() and dot - len(word[1]) <= sentence


def _trim(text: str, start: int, end: int) -> tuple[int, int]:
    while end > start and text[end - 1].isspace():
        end -= 1
    while start < end and text[start].isspace():
        start += 1
    return start, end


def _items(text: str, start: int, end: int) -> Iterator[Piece]:
    start, end = _trim(text, start, end)
    if start >= end:
        return
    marks = _enumeration(text, start, end)
    if not marks:
        yield start, end, 0
        return
    lead_start, lead_end = _trim(text, start, marks[0])
    yield lead_start, lead_end, 0
    for index, mark in enumerate(marks):
        stop = marks[index + 1] if index + 1 < len(marks) else end
        item = _trim(text, mark, stop)
        yield *item, index + 1


def _enumeration(text: str, start: int, end: int) -> list[int]:
    """Starts of the items where (a), (b), ... follow one another, parted by semicolons or after a colon."""
    lists: dict[str, list[tuple[int, int]]] = {}
    for match in _MARKER.finditer(text, start + 1, end):
        token = match[1] or match[2]
        if token.isdigit():
            kinds = [("1", int(token))]
        else:
            letter, roman = ordinals(token)
            kinds = [("a", letter), ("i", roman)]
        for kind, value in kinds:
            chain = lists.get(kind)
            if value == 1 and chain is None:
                lists[kind] = [(match.start(), 1)]
            elif chain is not None and value == len(chain) + 1 and len(chain) < _MAX_ITEMS:
                chain.append((match.start(), value))
    best: list[int] = []
    for chain in lists.values():
        starts = [position for position, _ in chain]
        if len(starts) < 2 or starts[0] - start < 4:
            continue
        colon = text[starts[0] - 3 : starts[0]].rstrip().endswith((":", "—"))
        parted = all(
            re.search(r";\s*(?:(?:and|or|and/or)\s*)?\Z", text[max(start, s - 12) : s]) is not None
            for s in starts[1:]
        )
        # The list opened first holds the others.
        if (colon or parted) and (not best or starts[0] < best[0]):
            best = starts
    return best
