"""How much a document may ask of the reader: size, depth, pages, time. Contracts come from the other side."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from lpo_secaudit.errors import DocumentError

__all__ = ["Deadline", "Limits"]


@dataclass(frozen=True, slots=True)
class Limits:
    """What a single document may cost.

    The defaults hold the largest real contracts (a 400-page outsourcing agreement has about
    1.2 million characters and 10,000 paragraphs) several times over.

    Attributes:
        bytes: of the file.
        unpacked_bytes: of all parts read from an archive or mail together.
        characters: of the text.
        blocks: paragraphs, items and cells.
        pages: of a PDF.
        depth: of nesting: elements within elements, mails within mails.
        seconds: wall-clock time for reading, optical recognition not counted.
        ocr_pages, ocr_seconds: pages read by optical recognition, and time for all of them.
        memory_bytes: address space of the reading process, where reading is isolated.
    """

    bytes: int = 64 * 2**20
    unpacked_bytes: int = 64 * 2**20
    characters: int = 4_000_000
    blocks: int = 100_000
    pages: int = 2_000
    depth: int = 200
    seconds: float = 60.0
    ocr_pages: int = 100
    ocr_seconds: float = 600.0
    memory_bytes: int = 2 * 2**30


@dataclass(slots=True)
class Deadline:
    """A moment after which reading stops; asked between steps of bounded work."""

    seconds: float
    _end: float = field(init=False)

    def __post_init__(self) -> None:
        self._end = time.monotonic() + self.seconds

    def check(self) -> None:
        """Raises DocumentError "too-slow" when the time is over."""
        if time.monotonic() > self._end:
            raise too_slow(self.seconds)


def too_slow(seconds: float) -> DocumentError:
    return DocumentError(
        "too-slow",
        f"reading took longer than {seconds:g} s",
        hint="save the document anew as PDF or text; it may be damaged or built to be slow",
    )


def too_large(what: str, limit: str) -> DocumentError:
    return DocumentError(
        "too-large", f"{what}, at most {limit} are read", hint="split the document, or check what it holds"
    )
