"""A document as the clause reader sees it: one text, and everything else as offsets into it."""

from __future__ import annotations

from dataclasses import dataclass
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


@dataclass(frozen=True, slots=True)
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
        return next((p.number for p in self.pages if p.start <= offset < p.end), None)

    def section_at(self, offset: int) -> Section | None:
        """The innermost section that holds a text offset."""
        holding = [s for s in self.sections if s.start <= offset < s.end]
        return max(holding, key=lambda s: s.level, default=None)
