"""The text of a certificate, page by page and line by line, with quotes that can be found again."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from lpo_secaudit.errors import DocumentError

__all__ = ["Pages", "Quote", "read_pages"]

MAX_PAGES = 400
MAX_RECTS = 20_000  # text runs of one page that are laid out again
MAX_QUOTE = 600
MAX_CHARS = 2_000_000  # of the whole text; a 400-page report has about 1.2 million
MAX_HEAD = 20_000  # of a page, where only the first pages are looked at


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of the document: `page` counts from 1, `start` and `end` within `Pages.text`."""

    text: str
    page: int
    start: int
    end: int

    def to_json(self) -> dict[str, object]:
        return {"text": self.text, "page": self.page, "start": self.start, "end": self.end}


@dataclass(frozen=True)
class Pages:
    """Pages joined by form feeds.

    Attributes:
        text: the text in reading order.
        rows: for each page, its words as they stand side by side; for forms such as ACORD's.
        recognised: the text was read from an image, so letters may be wrong.
    """

    text: str
    starts: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...] = field(default=())
    recognised: bool = False

    def page_at(self, offset: int) -> int:
        """The 1-based page of an offset."""
        return max(1, bisect_right(self.starts, offset))

    def quote(self, start: int, end: int) -> Quote:
        """The words between two offsets; cut at 600 characters."""
        end = min(end, start + MAX_QUOTE)
        return Quote(self.text[start:end], self.page_at(start), start, end)

    def find(self, pattern: re.Pattern[str], upto: int | None = None) -> Iterator[re.Match[str]]:
        """Matches in the first `upto` pages (all where None)."""
        limit = len(self.text) if upto is None or upto >= len(self.starts) else self.starts[upto]
        if upto is not None:
            limit = min(limit, upto * MAX_HEAD)
        yield from pattern.finditer(self.text, 0, limit)


def read_pages(raw: bytes, name: str, *, ocr: bool = True) -> Pages:
    """The pages of a PDF.

    A hostile file is met by a child process first, with limits on its memory and time; only what
    that one could read is opened here. Its reader drops lines that stand on every page, which in a
    contract are furniture and on a certificate the dates; hence the second look.

    Raises:
        DocumentError: encrypted, broken, image-only, too-large, too-slow.
    """
    from lpo_secaudit.contracts.readers.isolated import IsolatedReader

    with IsolatedReader(ocr=ocr) as reader:
        document = reader.read_bytes(raw, name)
    if document.ocr or raw[:5] != b"%PDF-":
        starts = tuple(p.start for p in document.pages) or (0,)
        return Pages(document.text, starts, (), document.ocr)
    return _from_pdf(raw, name)


def _from_pdf(raw: bytes, name: str) -> Pages:
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(raw)
    except pypdfium2.PdfiumError as error:
        raise DocumentError("broken", f"PDF cannot be opened: {error}", where=name) from error
    texts: list[str] = []
    rows: list[tuple[str, ...]] = []
    try:
        for number in range(min(len(pdf), MAX_PAGES)):
            page = pdf[number]
            words = page.get_textpage()
            texts.append(_plain(words.get_text_range()))
            if sum(map(len, texts)) > MAX_CHARS:
                raise DocumentError("too-large", f"more than {MAX_CHARS:,} characters", where=name)
            # Forms are one or two pages; laying out a whole report again would be waste.
            rows.append(_rows(words) if number < 3 else ())
            words.close()
            page.close()
    except pypdfium2.PdfiumError as error:
        raise DocumentError("broken", f"a page cannot be read: {error}", where=name) from error
    finally:
        pdf.close()
    starts, offset = [], 0
    for text in texts:
        starts.append(offset)
        offset += len(text) + 1
    return Pages("\f".join(texts), tuple(starts), tuple(rows))


def _plain(text: str) -> str:
    """Line ends as \\n; PDFium's marks for hyphens and missing characters left out."""
    return text.replace("\r\n", "\n").replace("\r", "\n").replace("￾", "").replace("\x00", "")


def _rows(words: object) -> tuple[str, ...]:
    """The runs of a page gathered into rows by height and ordered from left to right."""
    count = words.count_rects()  # type: ignore[attr-defined]
    runs: list[tuple[float, float, str]] = []
    for index in range(min(count, MAX_RECTS)):
        left, bottom, right, top = words.get_rect(index)  # type: ignore[attr-defined]
        if top - bottom < 2:  # hidden text, such as the holder's identifier on ACORD forms
            continue
        text = words.get_text_bounded(left, bottom, right, top).strip()  # type: ignore[attr-defined]
        if text:
            runs.append(((bottom + top) / 2, left, " ".join(_plain(text).split())))
    runs.sort(key=lambda run: (-run[0], run[1]))
    found: list[list[tuple[float, str]]] = []
    height = None
    for middle, left, text in runs:
        if height is None or abs(height - middle) > 3.5:
            found.append([])
            height = middle
        found[-1].append((left, text))
    return tuple("  ".join(text for _, text in sorted(row)) for row in found)
