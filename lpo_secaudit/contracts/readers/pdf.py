"""PDF: the text layer by pypdfium2, with the place of every line; pages without text by recognition."""

from __future__ import annotations

import ctypes
import re
from collections.abc import Iterator
from typing import Any

from lpo_secaudit.contracts.document import Page
from lpo_secaudit.contracts.readers.draft import Draft, TextBuilder
from lpo_secaudit.contracts.readers.limits import Deadline, Limits, too_large
from lpo_secaudit.contracts.readers.pdf_layout import Line, Paragraph, paragraphs_of
from lpo_secaudit.contracts.readers.plain import reveal
from lpo_secaudit.errors import DocumentError

__all__ = ["read_pdf"]

_BREAK = re.compile(r"\r?\n|\r")
# pdfium marks a hyphen that it took for the end of a line with one of these.
_SOFT_HYPHEN = re.compile(r"[\ufffe\x02]")
_ENCRYPTED, _BROKEN = 4, 3  # FPDF_ERR_PASSWORD, FPDF_ERR_FORMAT
_WIDE = 3.0
"""A gap of so many font sizes between two words parts columns, not words."""


def read_pdf(data: bytes, limits: Limits, deadline: Deadline, *, ocr: bool = True) -> Draft:
    """Read a PDF's text in reading order.

    Running headers and footers are left out, words parted at the end of a line are joined, and
    the range of each page in the text is kept.

    Raises:
        DocumentError: encrypted, broken, empty, image-only, too-large, too-slow.
    """
    import pypdfium2

    try:
        pdf = pypdfium2.PdfDocument(data)
    except pypdfium2.PdfiumError as error:
        raise _cannot_open(error) from error
    try:
        pages, scanned, notes, used_ocr = _pages(pdf, limits, deadline, ocr=ocr)
    finally:
        pdf.close()
    draft = _assemble(paragraphs_of(pages), len(pages), limits)
    if not draft.text.strip():
        if not scanned:
            raise DocumentError("empty", f"none of the {len(pages)} pages holds text or a picture")
        raise DocumentError(
            "image-only",
            f"none of the {len(pages)} pages holds text; it is probably a scan",
            hint="install tesseract to read it by optical recognition, or ask for a PDF with text",
        )
    text, revealed = reveal(draft.text)
    if text != draft.text:
        # Offsets of pages would shift; take the characters out line by line instead.
        cleaned = [[_revealed(line) for line in page] for page in pages]
        draft = _assemble(paragraphs_of(cleaned), len(pages), limits)
    return Draft("pdf", draft.text, True, draft.pages, draft.headings, (*notes, *revealed), used_ocr)


def _cannot_open(error: Exception) -> DocumentError:
    code = getattr(error, "err_code", None)
    if code == _ENCRYPTED or "password" in str(error).lower():
        return DocumentError("encrypted", "the PDF needs a password", hint="save it without a password")
    return DocumentError(
        "broken", "the PDF cannot be opened; its structure is damaged", hint="print it to PDF anew"
    )


def _revealed(line: Line) -> Line:
    return Line(line.page, reveal(line.text)[0], line.x0, line.x1, line.y, line.size, line.bold)


def _pages(
    pdf: Any, limits: Limits, deadline: Deadline, *, ocr: bool
) -> tuple[list[list[Line]], list[int], list[str], bool]:
    """Lines of all pages, pages that are pictures, notes, and whether recognition was used."""
    count = len(pdf)
    if count > limits.pages:
        raise too_large(f"{count:,} pages", f"{limits.pages:,} pages")
    if count == 0:
        raise DocumentError("empty", "the PDF has no pages")
    forms = _opened_forms(pdf)
    pages: list[list[Line]] = []
    blank: list[int] = []
    broken: list[int] = []
    characters = 0
    for number in range(count):
        deadline.check()
        try:
            lines = list(_lines(pdf, number, forms=forms))
        except _page_errors():
            broken.append(number + 1)
            lines = []
        characters += sum(len(line.text) for line in lines)
        if characters > limits.characters:
            raise too_large(f"more than {limits.characters:,} characters", f"{limits.characters:,}")
        if sum(len(line.text) for line in lines) < 12:
            blank.append(number)
        pages.append(lines)
    if len(broken) == count:
        raise DocumentError("broken", "none of the pages can be read", hint="print it to PDF anew")
    notes = [f"pages that cannot be read: {_numbers(broken)}"] if broken else []
    if forms:
        notes.append("the PDF has form fields; what is filled in is part of the text")
    recognised: list[int] = []
    scanned = [n for n in blank if n + 1 not in broken and _has_image(pdf, n)]
    if scanned and ocr:
        from lpo_secaudit.contracts.readers.ocr import recognise

        for number, lines in recognise(pdf, scanned, limits):
            if lines:
                pages[number] = lines
                recognised.append(number + 1)
        if recognised:
            notes.append(f"read by optical character recognition (tesseract): pages {_numbers(recognised)}")
    unread = [n + 1 for n in scanned if n + 1 not in recognised]
    if unread and len(unread) < count:
        notes.append(f"pages that are pictures without text, not read: {_numbers(unread)}")
    return pages, scanned, notes, bool(recognised)


def _page_errors() -> tuple[type[Exception], ...]:
    import pypdfium2

    return (pypdfium2.PdfiumError, ValueError)


def _numbers(pages: list[int]) -> str:
    shown = ", ".join(str(p) for p in pages[:12])
    return shown if len(pages) <= 12 else f"{shown} and {len(pages) - 12} more"


def _has_image(pdf: Any, number: int) -> bool:
    from pypdfium2 import raw

    page = pdf[number]
    try:
        return any(True for _ in page.get_objects(filter=[raw.FPDF_PAGEOBJ_IMAGE], max_depth=3))
    finally:
        page.close()


def _opened_forms(pdf: Any) -> bool:
    """Whether the PDF has form fields; what is filled in there lies outside of the page's text."""
    from pypdfium2 import raw

    if pdf.get_formtype() != raw.FORMTYPE_ACRO_FORM:
        return False
    pdf.init_forms()
    return True


def _lines(pdf: Any, number: int, *, forms: bool = False) -> Iterator[Line]:
    page = pdf[number]
    if forms:
        # Puts the fields' contents into the page; they can be read once it is loaded again.
        page.flatten()
        page.close()
        page = pdf[number]
    try:
        height = page.get_height()
        text_page = page.get_textpage()
        try:
            text = text_page.get_text_range()
            if text.strip():
                yield from _Geometry(text_page, text, number, height).lines()
        finally:
            text_page.close()
    finally:
        page.close()


class _Geometry:
    """Lines of one page with their boxes; asks pdfium as little as will do."""

    def __init__(self, text_page: Any, text: str, page: int, height: float) -> None:
        from pypdfium2 import raw

        self._raw, self._handle = raw, text_page.raw
        self._text, self._page, self._height = text, page, height
        self._wide_characters = max(text) > "\uffff"
        self._box = tuple(ctypes.c_double() for _ in range(4))
        self._references = tuple(ctypes.byref(v) for v in self._box)

    def lines(self) -> Iterator[Line]:
        at = 0
        for piece in _BREAK.split(_SOFT_HYPHEN.sub("-\n", self._text)):
            # A soft hyphen gave two characters for one: step back by the one that was added.
            start = at
            hyphen = self._text[start + len(piece) - 1 : start + len(piece)] in ("\ufffe", "\x02")
            at = start + len(piece)
            if not hyphen:
                at += 2 if self._text[at : at + 2] == "\r\n" else 1
            if piece.strip():
                yield from self._line(piece, start)

    def _index(self, at: int) -> int:
        if not self._wide_characters:
            return at
        return len(self._text[:at].encode("utf-16-le")) // 2

    def _edges(self, at: int) -> tuple[float, float, float]:
        """Left, right and bottom of a character."""
        left, right, bottom, top = self._references
        if not self._raw.FPDFText_GetCharBox(self._handle, self._index(at), left, right, bottom, top):
            return 0.0, 0.0, 0.0
        return self._box[0].value, self._box[1].value, self._box[2].value

    def _line(self, piece: str, start: int) -> Iterator[Line]:
        first = start + len(piece) - len(piece.lstrip())
        last = start + len(piece.rstrip()) - 1
        index = self._index(first)
        if abs(self._raw.FPDFText_GetCharAngle(self._handle, index)) % 3.1416 > 0.2:
            return  # a watermark, or a note on the margin
        size = self._raw.FPDFText_GetFontSize(self._handle, index)
        bold = self._bold(index) and self._bold(self._index(last))
        x, y = ctypes.c_double(), ctypes.c_double()
        self._raw.FPDFText_GetCharOrigin(self._handle, index, ctypes.byref(x), ctypes.byref(y))
        x0, x1 = self._edges(first)[0], self._edges(last)[1]
        size = size if 2 < size < 200 else 10.0
        from_top = self._height - y.value
        text = piece.strip()
        if len(text) > 3 and (x1 - x0) > 0.6 * size * len(text):
            yield from self._parted(text, first, x0, x1, from_top, size, bold)
        else:
            yield Line(self._page, text, x0, x1, from_top, size, bold)

    def _parted(
        self, text: str, first: int, x0: float, x1: float, y: float, size: float, bold: bool
    ) -> Iterator[Line]:
        """Cut a line where a gap between words is as wide as one between columns."""
        begin, left = 0, x0
        for match in re.finditer(r"\s+", text):
            before = self._edges(first + match.start() - 1)[1]
            after = self._edges(first + match.end())[0]
            if after - before > _WIDE * size:
                yield Line(self._page, text[begin : match.start()], left, before, y, size, bold)
                begin, left = match.end(), after
        yield Line(self._page, text[begin:], left, x1, y, size, bold)

    def _bold(self, index: int) -> bool:
        weight = self._raw.FPDFText_GetFontWeight(self._handle, index)
        if weight >= 600:
            return True
        buffer, flags = ctypes.create_string_buffer(64), ctypes.c_int()
        self._raw.FPDFText_GetFontInfo(self._handle, index, buffer, 64, ctypes.byref(flags))
        return b"bold" in buffer.value.lower()


def _assemble(paragraphs: Iterator[Paragraph], count: int, limits: Limits) -> Draft:
    builder = TextBuilder(limits)
    begins: dict[int, int] = {}
    for paragraph in paragraphs:
        placed = builder.add(paragraph.text, paragraph.heading)
        if placed is None:
            continue
        for offset, page in paragraph.pages:
            begins.setdefault(page, min(placed[0] + offset, placed[1]))
    text = builder.text()
    ordered = sorted(begins.items(), key=lambda pair: pair[1])
    pages = []
    for index, (page, start) in enumerate(ordered):
        end = ordered[index + 1][1] if index + 1 < len(ordered) else len(text)
        pages.append(Page(page + 1, 0 if index == 0 else start, end))
    return Draft("pdf", text, True, tuple(pages), tuple(builder.headings))
