"""Blocks of a text: paragraphs, list items, headings, cells; each a range without white space around it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from lpo_secaudit.contracts.readers.draft import Draft
from lpo_secaudit.contracts.structure_numbers import BULLET, starts_item

__all__ = ["Block", "blocks_of"]

_LINE = re.compile(r"[^\n\r\f\v\u0085\u2028\u2029]+")
_MARKDOWN_HEADING = re.compile(r"(#{1,6})[ \t]+\S")
_RULE = re.compile(r"[-=_*~#]{3,}\s*\Z|\|?[\s:|-]+\|[\s:|-]*\Z")
_FENCE = re.compile(r"(?:`{3}|~{3})")
_TAG_ONLY = re.compile(r"(?:</?[A-Za-z][^<>]{0,200}>\s*)+\Z|<!--.{0,1000}-->\Z")
# Some exports put a whole contract on few lines and keep paragraphs apart by runs of spaces.
_SOFT_BREAK = re.compile(r"(?<=[^\s])[ \t\u00a0]{3,}(?=\S)")
_LONG_LINE = 200
_WRAP_WIDTH, _NARROWEST = 140, 50


@dataclass(frozen=True, slots=True)
class Block:
    """A paragraph, item, heading or cell.

    Attributes:
        start, end: range in the text, white space stripped.
        indent: columns before the first character; 0 where the format has none.
        heading: level that the format gives it, 0 for none.
        after_blank: an empty line, or the beginning, stands before it.
    """

    start: int
    end: int
    indent: int
    heading: int
    after_blank: bool


def blocks_of(draft: Draft) -> Iterator[Block]:
    """All blocks in text order. Linear in the length of the text."""
    if draft.blocks:
        levels = {heading.start: heading.level for heading in draft.headings}
        indents = dict(draft.indents)
        for match in _LINE.finditer(draft.text):
            start, end = _strip(draft.text, match.start(), match.end())
            if start < end:
                yield Block(start, end, indents.get(start, 0), levels.get(start, 0), True)
        return
    yield from _plain_blocks(draft.text, markdown=draft.format == "markdown")


def _strip(text: str, start: int, end: int) -> tuple[int, int]:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip(" \t\u00a0\ufeff")), start + len(piece.rstrip(" \t\u00a0"))


def _plain_blocks(text: str, *, markdown: bool) -> Iterator[Block]:
    wrapped = markdown or _is_wrapped(text)
    width = _typical_width(text) if wrapped else 0
    held: Block | None = None
    last_line: tuple[int, int] | None = None
    previous_end = 0
    for match in _LINE.finditer(text):
        start, end = _strip(text, match.start(), match.end())
        blank_before = (held is None and last_line is None) or "\n" in text[previous_end : match.start()][
            1:
        ].replace("\r", "")
        previous_end = match.end()
        if start >= end:
            if held is not None:
                yield held
            held, last_line = None, None
            continue
        line = text[start:end]
        if _RULE.match(line) or (_TAG_ONLY.match(line) is not None) or (markdown and _FENCE.match(line)):
            if held is not None:
                yield held
            held, last_line = None, None
            continue
        heading = _MARKDOWN_HEADING.match(line) if markdown else None
        joins = (
            wrapped
            and held is not None
            and not blank_before
            and heading is None
            and not held.heading
            and last_line is not None
            and not _starts_block(text, line, last_line, width)
        )
        if joins and held is not None:
            held = Block(held.start, end, held.indent, 0, held.after_blank)
        else:
            if held is not None:
                yield from _pieces(text, held)
            indent = len(match.group()[: start - match.start()].replace("\t", "    "))
            held = Block(start, end, indent, len(heading[1]) if heading else 0, blank_before)
        last_line = (start, end)
    if held is not None:
        yield from _pieces(text, held)


def _starts_block(text: str, line: str, last: tuple[int, int], width: int) -> bool:
    if BULLET.match(line) or line.startswith(("|", ">", "#")):
        return True
    before = text[last[0] : last[1]]
    short = len(before) < 0.6 * width
    return (short and before.endswith((".", ":", ";"))) or starts_item(line, before, short=short)


def _pieces(text: str, block: Block) -> Iterator[Block]:
    if block.end - block.start < _LONG_LINE or block.heading:
        yield block
        return
    start = block.start
    for gap in _SOFT_BREAK.finditer(text, block.start, block.end):
        following = text[gap.end() : gap.end() + 24]
        if (
            text[gap.start() - 1] in '.;:!?)”"]'
            or starts_item(following, "", short=True)
            or following.isupper()
        ):
            yield Block(start, gap.start(), block.indent, 0, block.after_blank or start > block.start)
            start = gap.end()
    yield Block(start, block.end, block.indent, 0, block.after_blank or start > block.start)


def _is_wrapped(text: str) -> bool:
    """Whether lines of a text end where a column ends, not where a paragraph does."""
    lines = text[:400_000].split("\n")
    followed = [len(a.rstrip()) for a, b in pairwise(lines) if b.strip() and a.strip()]
    if len(followed) < 3:
        return False
    followed.sort()
    return _NARROWEST <= followed[int(len(followed) * 0.97)] <= _WRAP_WIDTH


def _typical_width(text: str) -> int:
    lengths = sorted(len(line) for line in text[:400_000].split("\n") if line.strip())
    return min(lengths[int(len(lengths) * 0.9)], _WRAP_WIDTH) if lengths else 0
