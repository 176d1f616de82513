"""What a reader hands on: one text, its pages, and where it knows more than the text shows."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from lpo_secaudit.contracts.document import Format, Page
from lpo_secaudit.contracts.readers.limits import Limits, too_large

__all__ = ["Draft", "Heading", "TextBuilder", "clean_line"]

# C0 and C1 controls have no meaning in running text; parsers downstream must not meet them.
_CONTROL = re.compile(r"[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\ufffe\uffff]")
_SPACES = re.compile(r"[\s\u00a0\u2000-\u200a\u202f\u205f\u3000]+")


@dataclass(frozen=True, slots=True)
class Heading:
    """A block that the format itself marks as heading: its start in the text and level, 1 outermost."""

    start: int
    level: int


@dataclass(frozen=True, slots=True)
class Draft:
    """A document before its structure is read.

    Attributes:
        blocks: True where every line of the text is one block (paragraph, list item, cell);
            False where lines may be wrapped (plain text and Markdown).
        indents: start of a list item to the columns that it is indented, where the format nests lists
            whose numbers do not show it ("1." within "3.").
    """

    format: Format
    text: str
    blocks: bool
    pages: tuple[Page, ...] = ()
    headings: tuple[Heading, ...] = ()
    notes: tuple[str, ...] = ()
    ocr: bool = False
    indents: tuple[tuple[int, int], ...] = ()


def clean_line(text: str) -> str:
    """One line without controls, its white space reduced to single spaces."""
    return _SPACES.sub(" ", _CONTROL.sub("", text)).strip()


@dataclass(slots=True)
class TextBuilder:
    """Joins blocks into the text, one block a line with an empty line between."""

    limits: Limits
    parts: list[str] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    indents: list[tuple[int, int]] = field(default_factory=list)
    length: int = 0

    def add(self, text: str, heading: int = 0, indent: int = 0) -> tuple[int, int] | None:
        """Add one block; returns its range, None where nothing is left after cleaning.

        Raises:
            DocumentError: too-large.
        """
        line = clean_line(text)
        if not line:
            return None
        start = self.length
        if heading:
            self.headings.append(Heading(start, heading))
        if indent:
            self.indents.append((start, indent))
        self.parts.append(line)
        self.length += len(line) + 2
        if self.length > self.limits.characters:
            raise too_large(
                f"more than {self.limits.characters:,} characters", f"{self.limits.characters:,} characters"
            )
        return start, start + len(line)

    def text(self) -> str:
        return "\n\n".join(self.parts) + "\n" if self.parts else ""


def counted(items: Iterable[str], most: int = 3) -> str:
    """The first few of several short texts in quotation marks, for a note."""
    listed = [f"“{clean_line(item)[:60]}”" for item in items if clean_line(item)]
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
