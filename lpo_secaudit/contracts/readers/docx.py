"""DOCX: paragraphs with their numbers, tables, footnotes; tracked changes in the accepted view."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lpo_secaudit.contracts.readers.docx_numbering import Numbering
from lpo_secaudit.contracts.readers.docx_parts import Package, W, attribute
from lpo_secaudit.contracts.readers.draft import Draft, TextBuilder, counted
from lpo_secaudit.contracts.readers.limits import Deadline, Limits
from lpo_secaudit.contracts.readers.plain import reveal
from lpo_secaudit.errors import DocumentError

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["read_docx"]

_HEADING = re.compile(r"(?:heading|überschrift|titre|título|titolo)\s*(\d)\Z", re.IGNORECASE)
_INSERTED, _DELETED = (W + "ins", W + "moveTo"), (W + "del", W + "moveFrom")
_SKIPPED = frozenset(
    W + name for name in ("instrText", "delInstrText", "pPr", "rPr", "sectPr", "tblPr", "trPr", "tcPr")
)  # fmt: skip
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"
_BREAKS = frozenset((W + "br", W + "cr"))
_MOST_STYLES = 20


@dataclass(frozen=True, slots=True)
class _Style:
    heading: int
    list: tuple[str, int] | None


@dataclass(slots=True)
class _Changes:
    inserted: list[str] = field(default_factory=list)
    deleted: list[str] = field(default_factory=list)
    authors: Counter[str] = field(default_factory=Counter)
    formatting: int = 0
    hidden: int = 0


def read_docx(data: bytes, limits: Limits, deadline: Deadline) -> Draft:
    """Read a Word document.

    Numbers of lists are computed and stand in the text. Tracked changes are read as if accepted;
    open insertions and deletions are told in the notes. Hidden text is left out and told. Headers
    and footers of pages are left out; footnotes and endnotes stand at the end.

    Raises:
        DocumentError: encrypted, broken, empty, image-only, unsupported, too-large, too-deep, too-slow.
    """
    package = Package.open(data, limits)
    root = package.part("word/document.xml")
    body = None if root is None else root.find(W + "body")
    if body is None:
        raise DocumentError("broken", "the document has no body")
    reader = _Reader(
        _styles(package.part("word/styles.xml")),
        Numbering.read(package.part("word/numbering.xml")),
        TextBuilder(limits),
        deadline,
    )
    reader.container(body)
    for part, word in (("footnotes", "footnote"), ("endnotes", "endnote")):
        reader.notes(package.part(f"word/{part}.xml"), word)
    if not reader.builder.parts:
        pictures = any(name.startswith("word/media/") for name in package._names)
        if pictures:
            raise DocumentError(
                "image-only", "the document holds pictures and no text", hint="ask for it as text or PDF"
            )
        raise DocumentError("empty", "the document holds no text")
    comments = package.part("word/comments.xml")
    notes = reader.told()
    if comments is not None and (number := len(comments.findall(W + "comment"))):
        notes.append(f"{number} comments stand in the margin; they are not part of the text")
    return Draft("docx", reader.builder.text(), True, (), tuple(reader.builder.headings), tuple(notes))


def _styles(root: Element | None) -> dict[str, _Style]:
    if root is None:
        return {}
    raw: dict[str, tuple[str | None, int, str | None, int | None]] = {}
    for node in root.findall(W + "style"):
        key = attribute(node, "styleId") or ""
        name = attribute(node.find(W + "name")) or ""
        properties = node.find(W + "pPr")
        num = level = None
        outline = 0
        if properties is not None:
            list_ = properties.find(W + "numPr")
            if list_ is not None:
                num = attribute(list_.find(W + "numId"))
                text = attribute(list_.find(W + "ilvl"))
                level = int(text) if text and text.isdigit() else 0
            text = attribute(properties.find(W + "outlineLvl"))
            outline = int(text) + 1 if text and text.isdigit() and int(text) < 9 else 0
        match = _HEADING.match(name)
        heading = int(match[1]) if match else outline
        if name.lower() == "title":
            heading = 1
        raw[key] = (attribute(node.find(W + "basedOn")), heading, num, level)

    def resolve(key: str) -> _Style:
        heading, num, level = 0, None, None
        at: str | None = key
        for _ in range(_MOST_STYLES):  # a chain of styles may be a circle in a hostile file
            if at is None or at not in raw:
                break
            parent, own_heading, own_num, own_level = raw[at]
            heading = heading or own_heading
            num = num if num is not None else own_num
            level = level if level is not None else own_level
            at = parent
        return _Style(heading, (num, level or 0) if num not in (None, "0") and num is not None else None)

    return {key: resolve(key) for key in raw}


@dataclass(slots=True)
class _Reader:
    styles: dict[str, _Style]
    numbering: Numbering
    builder: TextBuilder
    deadline: Deadline
    changes: _Changes = field(default_factory=_Changes)
    carried: str = ""  # text of a paragraph whose end was deleted: it joins the next one
    revealed: list[str] = field(default_factory=list)
    seen: int = 0

    def container(self, node: Element) -> None:
        """Paragraphs and tables of a body, cell, text box or note, in order."""
        for child in node:
            match child.tag.removeprefix(W):
                case "p":
                    self.paragraph(child)
                case "tbl":
                    self.table(child)
                case "del" | "moveFrom":
                    self._deleted(child)
                case "ins" | "moveTo" | "sdt" | "sdtContent" | "customXml" | "smartTag":
                    self.container(child)
                case _:
                    pass

    def table(self, node: Element) -> None:
        for row in node.iter(W + "tr"):
            properties = row.find(W + "trPr")
            if properties is not None and properties.find(W + "del") is not None:
                self._deleted(row)
                continue
            for cell in row:
                if cell.tag == W + "tc":
                    self.container_flat(cell)
                elif cell.tag == W + "sdt":
                    for inner in cell.iter(W + "tc"):
                        self.container_flat(inner)

    def container_flat(self, cell: Element) -> None:
        """Paragraphs of a cell; rows of tables within it are met by the outer loop."""
        for child in cell:
            if child.tag == W + "p":
                self.paragraph(child)
            elif child.tag in (W + "sdt", W + "sdtContent", W + "ins"):
                self.container_flat(child)

    def paragraph(self, node: Element) -> None:
        self.seen += 1
        if self.seen % 500 == 0:
            self.deadline.check()
        boxes: list[Element] = []
        text = self.carried + "".join(self._runs(node, boxes))
        self.carried = ""
        properties = node.find(W + "pPr")
        label = heading = None
        if text.strip() or boxes or properties is not None:
            label, heading = self._list_and_heading(properties)
        if properties is not None:
            mark = properties.find(W + "rPr")
            if mark is not None and mark.find(W + "del") is not None:
                self.carried = text
                text = ""
            self.changes.formatting += properties.find(W + "pPrChange") is not None
        if text.strip():
            number = self.numbering.label(*label) if label else ""
            lines = text.split("\n")
            shown, notes = reveal(f"{number} {lines[0]}" if number else lines[0])
            self.revealed.extend(notes)
            self.builder.add(shown, heading or 0)
            for line in lines[1:]:
                self.builder.add(reveal(line)[0])
        for box in boxes:
            self.container(box)

    def _list_and_heading(self, properties: Element | None) -> tuple[tuple[str, int] | None, int]:
        style = self.styles.get("Normal", _Style(0, None))
        key = None if properties is None else attribute(properties.find(W + "pStyle"))
        if key is not None:
            style = self.styles.get(key, _Style(0, None))
        list_ = style.list
        if key is not None and key in self.numbering.by_style and list_ is not None:
            # The level is said by the list ("this level is for style X"), not by the style.
            list_ = (list_[0], self.numbering.by_style[key][1])
        if properties is not None:
            own = properties.find(W + "numPr")
            if own is not None:
                num = attribute(own.find(W + "numId"))
                level = attribute(own.find(W + "ilvl"))
                number = int(level) if level and level.isdigit() else (list_[1] if list_ else 0)
                if num == "0":
                    list_ = None
                elif num is not None:
                    list_ = (num, number)
                elif list_ is not None:
                    list_ = (list_[0], number)
        return list_, style.heading

    def _runs(self, node: Element, boxes: list[Element]) -> Iterator[str]:
        """Text of a paragraph or of a part of one, in the accepted view."""
        for child in node:
            tag = child.tag
            if tag in _SKIPPED or tag == _FALLBACK:
                continue
            if tag in _DELETED:
                self._deleted(child)
            elif tag in _INSERTED:
                text = "".join(self._runs(child, boxes))
                if text.strip():
                    self.changes.inserted.append(text)
                    self.changes.authors[attribute(child, "author") or "unknown"] += 1
                yield text
            elif tag == W + "r":
                yield from self._run(child, boxes)
            elif tag == W + "txbxContent":
                boxes.append(child)
            elif tag == W + "t":
                yield child.text or ""
            elif tag == W + "p":
                yield "\n" + "".join(self._runs(child, boxes))
            else:
                yield from self._runs(child, boxes)

    def _run(self, run: Element, boxes: list[Element]) -> Iterator[str]:
        properties = run.find(W + "rPr")
        if properties is not None:
            vanish = properties.find(W + "vanish")
            if vanish is not None and attribute(vanish) not in ("0", "false"):
                self.changes.hidden += sum(len(t.text or "") for t in run.iter(W + "t"))
                return
        for child in run:
            tag = child.tag
            if tag == W + "t":
                yield child.text or ""
            elif tag == W + "tab" or tag == W + "ptab":
                yield " "
            elif tag in _BREAKS:
                yield " " if attribute(child, "type") in ("page", "column") else "\n"
            elif tag == W + "noBreakHyphen":
                yield "-"
            elif tag == W + "sym":
                code = attribute(child, "char") or ""
                yield {"F0A8": "☐", "F0FE": "☒", "F0FC": "✓"}.get(code.upper(), "•")
            elif tag not in _SKIPPED and tag != W + "delText" and tag != _FALLBACK:
                yield from self._runs(child, boxes)

    def _deleted(self, node: Element) -> None:
        text = "".join(t.text or "" for t in node.iter() if t.tag in (W + "delText", W + "t"))
        if text.strip():
            self.changes.deleted.append(text)
            self.changes.authors[attribute(node, "author") or "unknown"] += 1

    def notes(self, root: Element | None, word: str) -> None:
        """Footnotes or endnotes as blocks of their own."""
        number = 0
        for node in root.findall(W + word) if root is not None else ():
            if attribute(node, "type") in ("separator", "continuationSeparator", "continuationNotice"):
                continue
            number += 1
            boxes: list[Element] = []
            texts = ["".join(self._runs(p, boxes)).strip() for p in node.iter(W + "p")]
            if any(texts):
                self.builder.add(f"[{word.capitalize()} {number}] {' '.join(t for t in texts if t)}")

    def told(self) -> list[str]:
        changes, notes = self.changes, []
        if changes.inserted or changes.deleted:
            who = ", ".join(name for name, _ in changes.authors.most_common(3))
            notes.append(
                f"tracked changes are open (by {who}); read as if accepted: "
                f"{len(changes.inserted)} insertions, {len(changes.deleted)} deletions"
            )
        if changes.inserted:
            notes.append(f"open insertions: {counted(changes.inserted)}")
        if changes.deleted:
            notes.append(f"open deletions: {counted(changes.deleted)}")
        if changes.hidden:
            notes.append(f"{changes.hidden} characters are formatted as hidden and were left out")
        return [*notes, *dict.fromkeys(self.revealed)]
