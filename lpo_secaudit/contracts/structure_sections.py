"""Sections: which block opens one, how deep it lies, and the path by which it is cited."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from lpo_secaudit.contracts.document import Section, SectionKind
from lpo_secaudit.contracts.structure_blocks import Block
from lpo_secaudit.contracts.structure_headings import (
    guess_heading,
    heading_within,
    is_contents_line,
    is_signature,
    plain_heading,
    recital_change,
    running_key,
)
from lpo_secaudit.contracts.structure_numbers import Enumerator, enumerators

__all__ = ["PlacedBlock", "outline"]

_DEEPEST = 40


@dataclass(frozen=True, slots=True)
class PlacedBlock:
    """A block with its section.

    Attributes:
        section: index of the innermost section.
        body: where its text begins, after number and heading; `block.end` for a bare heading.
        opens: the block opens its section by a number (it is an item of a list).
    """

    block: Block
    section: int
    body: int
    opens: bool


@dataclass(slots=True)
class _Open:
    index: int
    style: str
    value: int
    parts: tuple[int, ...]
    label: str
    indent: int
    heading: int  # level the format gives; 0 none
    prefix: str


@dataclass(slots=True)
class _Outline:
    text: str
    markdown: bool
    indented: bool  # indentation tells how lists nest
    running: frozenset[str]
    sections: list[Section] = field(default_factory=list)
    stack: list[_Open] = field(default_factory=list)
    placed: list[PlacedBlock] = field(default_factory=list)
    kind: SectionKind = "body"
    pending: bool = False  # the last block was a number without text

    def feed(self, block: Block) -> None:
        if self.running and running_key(self.text, block) in self.running:
            self._place(block, block.end, opens=False)
            return
        if is_contents_line(self.text, block):
            self._contents(block)
            return
        if self.kind == "front-matter" and self.stack and self.stack[-1].style == "contents":
            self._close(0, block.start)
            self.kind = "body"
        found = self._plausible(enumerators(self.text, block.start, block.end), block)
        change = recital_change(self.text, block)
        if found:
            self._numbered(block, found, recitals=change is True)
        elif self.pending:
            self._named(block)
        elif change is not None:
            self._recitals(block, begin=change)
        elif is_signature(self.text, block):
            self._special(block, "signature", "signature", heading=False)
        elif block.heading or guess_heading(self.text, block):
            self._headed(block)
        else:
            self._place(block, block.start, opens=False)
        self.pending = bool(found) and self._bare(block, found)

    def finish(self, end: int) -> None:
        self._close(0, end)

    # -- placing ------------------------------------------------------------------------------

    def _place(self, block: Block, body: int, *, opens: bool) -> None:
        if not self.stack:
            self._open(block, _Open(0, "text", 0, (), "", block.indent, 0, ""), "", block.start, self.kind)
        self.placed.append(PlacedBlock(block, self.stack[-1].index, body, opens))

    def _open(self, block: Block, entry: _Open, heading: str, heading_end: int, kind: SectionKind) -> None:
        entry.index = len(self.sections)
        parent = self.stack[-1].index if self.stack else -1
        self.sections.append(
            Section(
                path=entry.label,
                heading=heading,
                level=len(self.stack),
                start=block.start,
                end=block.end,
                heading_end=heading_end,
                parent=parent,
                kind=kind,
            )
        )
        self.stack.append(entry)

    def _close(self, depth: int, at: int) -> None:
        while len(self.stack) > depth:
            entry = self.stack.pop()
            end = len(self.text[:0]) + at
            while end > 0 and self.text[end - 1].isspace():
                end -= 1
            section = self.sections[entry.index]
            self.sections[entry.index] = replace(section, end=max(end, section.heading_end))

    def _contents(self, block: Block) -> None:
        if not (self.stack and self.stack[-1].style == "contents"):
            self._close(0, block.start)
            self.kind = "front-matter"
            self._open(
                block, _Open(0, "contents", 0, (), "", 0, 0, ""), "Contents", block.start, "front-matter"
            )
        self.placed.append(PlacedBlock(block, self.stack[-1].index, block.end, False))

    # -- numbers ------------------------------------------------------------------------------

    def _plausible(self, found: tuple[Enumerator, ...], block: Block) -> tuple[Enumerator, ...]:
        """Drop numbers that only look so: "12 Months", "A. Smith", a year."""
        if not found:
            return ()
        first = found[0]
        if first.style == "bare":
            if self._expected("N1") != first.value or block.end - block.start > 4000:
                return ()
            first = replace(first, style="N1")
        elif first.style in ("A", "I", "a", "i"):
            same = self._last_of(first.style)
            fits = first.value == 1 or first.other == 1 or (same is not None and 0 < first.value - same <= 3)
            other = self._last_of(first.style.translate(str.maketrans("aAiI", "iIaA")))
            if not fits and not (other is not None and first.other == other + 1):
                return ()
        elif first.style == "N1" and first.value > 200:
            return ()
        return (first, *found[1:])

    def _expected(self, style: str) -> int:
        last = self._last_of(style)
        return 1 if last is None else last + 1

    def _last_of(self, style: str) -> int | None:
        return next((e.value for e in reversed(self.stack) if e.style == style), None)

    def _numbered(self, block: Block, found: tuple[Enumerator, ...], *, recitals: bool) -> None:
        body = found[-1].end
        while body < block.end and self.text[body] in " \t\u00a0*_.":
            body += 1
        if self._repeats(found[0]):
            # "2.1 License" as heading, then "2.1 The City grants ...": one section.
            self.placed.append(PlacedBlock(block, self.stack[-1].index, body, True))
            return
        for position, one in enumerate(found):
            last = position == len(found) - 1
            one = self._resolve(one)
            depth, repeated = self._depth(one, block, first=position == 0)
            self._close(min(depth, _DEEPEST), block.start)
            heading_end = self._heading_end(block, body, one) if last else body
            heading = plain_heading(self.text[body:heading_end]) if last else ""
            value = repeated or one.value
            entry = _Open(
                0,
                one.style,
                value,
                one.parts,
                self._path(one, value),
                block.indent,
                block.heading if position == 0 else 0,
                "",
            )
            kind = self._kind_of(one, recitals=recitals)
            self._open(block, entry, heading, heading_end, kind)
        self._place(block, heading_end, opens=True)

    def _repeats(self, one: Enumerator) -> bool:
        if not (self.stack and self.placed and one.parts and self.stack[-1].parts == one.parts):
            return False
        last = self.placed[-1]
        return (
            last.section == self.stack[-1].index
            and last.body >= last.block.end
            and not self._in_markdown_list(one)
        )

    def _in_markdown_list(self, one: Enumerator) -> bool:
        return self.markdown and len(one.parts) == 1

    def _heading_end(self, block: Block, body: int, one: Enumerator) -> int:
        if block.heading or one.style == "annex":
            return block.end
        numbered = one.style[0] == "N" or one.style == "section"
        return heading_within(self.text, body, block.end, whole_block=numbered)

    def _resolve(self, one: Enumerator) -> Enumerator:
        """Decide between letter and Roman number by the list that is open."""
        if not one.other:
            return one
        swap = str.maketrans("aAiI", "iIaA")
        twin = replace(one, style=one.style.translate(swap), value=one.other, other=one.value)
        own, others = self._last_of(one.style), self._last_of(twin.style)
        continues = own is not None and one.value == own + 1
        return twin if not continues and others is not None and twin.value == others + 1 else one

    def _kind_of(self, one: Enumerator, *, recitals: bool) -> SectionKind:
        if one.style == "annex":
            self.kind = "annex"
        elif recitals:
            self.kind = "recital"
        elif self.kind == "recital" and one.style in ("N1", "section"):
            self.kind = "body"  # recitals are lettered; the first figure opens the operative part
        elif self.kind in ("signature", "front-matter"):
            self.kind = "annex" if self._in_annex() else "body"
        return self.kind

    def _in_annex(self) -> bool:
        return any(e.style == "annex" for e in self.stack)

    def _annex_depth(self) -> int:
        """Depth of the first entry within the innermost annex; 0 outside annexes."""
        return next((i + 1 for i in range(len(self.stack) - 1, -1, -1) if self.stack[i].style == "annex"), 0)

    def _floor(self, level: int) -> int:
        """Depth below which lists of this place begin: annex and, for numbers, headings of the format."""
        floor = self._annex_depth()
        while (
            floor < len(self.stack)
            and self.stack[floor].heading
            and (not level or self.stack[floor].heading < level)
        ):
            if self.stack[floor].style not in ("heading", "guess"):
                break
            floor += 1
        return floor

    def _depth(self, one: Enumerator, block: Block, *, first: bool) -> tuple[int, int]:
        """(depth of the stack to keep, value where Markdown repeats a number else 0)."""
        floor = self._floor(block.heading)
        if one.style == "annex":
            return min(
                (
                    i
                    for i, e in enumerate(self.stack)
                    if not (e.style == "heading" and block.heading > e.heading)
                ),
                default=len(self.stack),
            ), 0
        if not first:
            return self._sibling_or_child(one, floor, block)
        if len(one.parts) >= 2:
            for i in range(len(self.stack) - 1, floor - 1, -1):
                parts = self.stack[i].parts
                if parts and len(parts) < len(one.parts) and one.parts[: len(parts)] == parts:
                    return i + 1, 0
            for i in range(floor, len(self.stack)):
                if len(self.stack[i].parts) >= len(one.parts) or self.stack[i].style not in (
                    "guess",
                    "heading",
                ):
                    return i, 0
            return len(self.stack), 0
        return self._sibling_or_child(one, floor, block)

    def _sibling_or_child(self, one: Enumerator, floor: int, block: Block) -> tuple[int, int]:
        for i in range(len(self.stack) - 1, floor - 1, -1):
            entry = self.stack[i]
            if self.indented and block.indent > entry.indent + 1 and entry.style not in ("guess", "heading"):
                return i + 1, 0
            if entry.style != one.style:
                continue
            if self.indented and block.indent + 1 < entry.indent:
                continue
            if (
                self.markdown
                and one.style == "N1"
                and one.value == entry.value
                and block.indent == entry.indent
            ):
                return i, entry.value + 1
            if one.style == "N1" and one.value == 1 and i < len(self.stack) - 1 and not self.indented:
                # A list that starts anew below a longer one: figures within letters.
                return len(self.stack), 0
            return i, 0
        if one.style in ("N1", "section"):
            return max(floor, self._headings_depth(floor)), 0
        return len(self.stack), 0

    def _headings_depth(self, floor: int) -> int:
        depth = floor
        while depth < len(self.stack) and self.stack[depth].style in ("guess", "heading", "annex"):
            depth += 1
        return depth

    def _path(self, one: Enumerator, value: int) -> str:
        if one.style == "annex":
            return one.label
        parent = next((e.label for e in reversed(self.stack) if e.label), "")
        annex = next((e.label for e in reversed(self.stack) if e.style == "annex"), "")
        prefix = f"{annex}, " if annex else ""
        if one.style == "section" and not one.label[0].isdigit():
            return prefix + one.label
        if len(one.parts) >= 2:
            return prefix + one.label
        if one.style in ("N1", "section"):
            own = str(value)
            inner = parent.removeprefix(annex).removeprefix(", ") if annex else parent
            if not inner:
                return prefix + own
            return f"{parent}.{own}" if inner[-1].isdigit() else f"{parent}({own})"
        return parent + one.label

    def _bare(self, block: Block, found: tuple[Enumerator, ...]) -> bool:
        """The block is a number only; the next block is its heading or text."""
        return not self.text[found[-1].end : block.end].strip(" \t*_.")

    def _named(self, block: Block) -> None:
        """The block after a number that stands alone."""
        section = self.sections[self.stack[-1].index]
        heading_end = block.end if block.heading else heading_within(self.text, block.start, block.end)
        heading = plain_heading(self.text[block.start : heading_end])
        self.sections[self.stack[-1].index] = replace(section, heading=heading, heading_end=heading_end)
        self._place(block, heading_end, opens=True)

    # -- headings without number ---------------------------------------------------------------

    def _headed(self, block: Block) -> None:
        if block.heading:
            depth = next(
                (
                    i
                    for i, e in enumerate(self.stack)
                    if e.style not in ("annex", "heading") or (e.heading or 1) >= block.heading
                ),
                len(self.stack),
            )
            # An annex lasts until another heading of its own level or above.
            style = "heading"
        else:
            depth, style = self._annex_depth() or self._headings_of_format(), "guess"
        self._close(depth, block.start)
        if self.kind in ("recital", "signature", "front-matter"):
            self.kind = "body"
        if self.kind == "annex" and not self._in_annex():
            self.kind = "body"
        title = plain_heading(self.text[block.start : block.end])
        entry = _Open(0, style, 0, (), "", block.indent, block.heading, "")
        self._open(block, entry, title, block.end, self.kind)
        self._place(block, block.end, opens=False)

    def _headings_of_format(self) -> int:
        return next((i for i, e in enumerate(self.stack) if e.style != "heading"), len(self.stack))

    def _recitals(self, block: Block, *, begin: bool) -> None:
        kind: SectionKind = "recital" if begin else "body"
        if begin and self.kind == "recital" and not block.heading:
            self._place(block, block.start, opens=False)
            return
        if not begin and self.kind != "recital":
            if block.heading or guess_heading(self.text, block):
                self._headed(block)
            else:
                self._place(block, block.start, opens=False)
            return
        short = block.end - block.start <= 60
        self._special(block, kind, "guess", heading=short)

    def _special(self, block: Block, kind: SectionKind, style: str, *, heading: bool) -> None:
        self._close(self._annex_depth(), block.start)
        self.kind = kind
        heading_end = block.end if heading else block.start
        entry = _Open(0, style, 0, (), "", block.indent, block.heading, "")
        self._open(block, entry, plain_heading(self.text[block.start : heading_end]), heading_end, kind)
        self._place(block, heading_end, opens=False)
        if kind == "signature":
            self.kind = "signature"


def outline(
    text: str, blocks: Iterable[Block], *, markdown: bool, nested: bool = False
) -> tuple[list[Section], list[PlacedBlock]]:
    """Sections in text order, parents before children, and every block with its section.

    Args:
        markdown: numbers may repeat ("1." for every item), as Markdown allows.
        nested: the indents of blocks tell how lists nest.

    Runs in time linear in the number of blocks times the depth, which is bounded.
    """
    blocks = list(blocks)
    counts = Counter(running_key(text, block) for block in blocks)
    running = frozenset(key for key, count in counts.items() if key and count >= 3)
    state = _Outline(text, markdown, markdown or nested, running)
    for block in blocks:
        state.feed(block)
    state.finish(len(text))
    return state.sections, state.placed
