"""A document as the clause reader sees it: one text, and everything else as offsets into it."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

__all__ = ["CrossReference", "Definition", "Document", "Page", "Section", "Sentence"]

Format = Literal["pdf", "docx", "html", "markdown", "text", "email"]
SectionKind = Literal["body", "annex", "recital", "signature", "front-matter"]


@dataclass(frozen=True, slots=True)
class Page:
    """A page of the source: 1-based number, text range [start, end)."""

    number: int
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Section:
    """A numbered or headed part of the text.

    Attributes:
        path: the full numbering path as a lawyer cites it, "8.2(a)"; empty where unnumbered.
        heading: its heading without the number; empty where it has none.
        level: nesting depth, 0 for the outermost.
        start, end: text range [start, end), subsections included.
        heading_end: where the heading ends and the operative text begins.
        parent: index of the enclosing section in `Document.sections`, -1 for none.
        kind: recitals, front matter and signature blocks bind nobody.
    """

    path: str
    heading: str
    level: int
    start: int
    end: int
    heading_end: int
    parent: int
    kind: SectionKind


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence or list item: range [start, end), and its section.

    `lead_in` is the index of the sentence that introduces the list this item belongs to
    ("Processor shall:"), or -1; an item often carries no subject or modal of its own.
    """

    start: int
    end: int
    section: int
    lead_in: int = -1


@dataclass(frozen=True, slots=True)
class Definition:
    """A defined term ("Security Incident" means ...): the term, and the range of its definition."""

    term: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class CrossReference:
    """A mention of another place ("Section 8.2", "Annex II"): its range and the target as written."""

    start: int
    end: int
    target: str
    section: int = -1  # index of the target in `Document.sections`, -1 where it is not in this document


@dataclass(frozen=True)
class Document:
    """One contract text with its structure.

    Attributes:
        name: file name as given, for messages.
        format: what the bytes were.
        sha256: hex digest of the original bytes.
        text: the normalised text, to which all offsets refer. For text and Markdown it is the
            decoded file itself, character for character, so that offsets hold in the original.
        pages, sections, sentences, definitions, references: in text order.
        language: ISO 639-1 code, "und" where undetermined.
        ocr: True where any page was read by optical character recognition.
        notes: what a reader must know: tracked changes left open, pages without text, ...
    """

    name: str
    format: Format
    sha256: str
    text: str
    pages: tuple[Page, ...] = ()
    sections: tuple[Section, ...] = ()
    sentences: tuple[Sentence, ...] = ()
    definitions: tuple[Definition, ...] = ()
    references: tuple[CrossReference, ...] = ()
    language: str = "und"
    ocr: bool = False
    notes: tuple[str, ...] = ()

    def page_at(self, offset: int) -> int | None:
        """The 1-based page that holds a text offset; None where the source has no pages."""
        index = bisect_right(self._page_starts, offset) - 1
        if index < 0 or offset >= self.pages[index].end:
            return None
        return self.pages[index].number

    def section_at(self, offset: int) -> Section | None:
        """The innermost section that holds a text offset."""
        index = bisect_right(self._section_starts, offset) - 1
        # Sections stand in text order, parents before children: climb to one that reaches so far.
        while index >= 0 and self.sections[index].end <= offset:
            index = self.sections[index].parent
        return self.sections[index] if index >= 0 else None

    def place_at(self, offset: int) -> str:
        """How a lawyer cites a text offset: the numbering path, else the nearest heading, else ""."""
        section = self.section_at(offset)
        heading = ""
        while section is not None:
            if section.path:
                return section.path
            heading = heading or section.heading
            section = self.sections[section.parent] if section.parent >= 0 else None
        return heading

    @cached_property
    def _page_starts(self) -> tuple[int, ...]:
        return tuple(page.start for page in self.pages)

    @cached_property
    def _section_starts(self) -> tuple[int, ...]:
        return tuple(section.start for section in self.sections)
