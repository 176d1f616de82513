"""Plain text and Markdown: the text is the decoded file, so that offsets hold in the original."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from itertools import islice

from lpo_secaudit.contracts.document import Format
from lpo_secaudit.contracts.readers.draft import Draft
from lpo_secaudit.contracts.readers.limits import Limits, too_large
from lpo_secaudit.errors import DocumentError

__all__ = ["decode", "read_plain", "reveal"]

_BOMS = (
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
# Zero-width characters within a word hide it from every search; a reader sees nothing of them.
_HIDDEN = re.compile(r"(?<=[^\W_])[\u00ad\u200b-\u200d\u2060-\u2064\ufeff\u034f\u180e]+(?=[^\W_])")
# Bidirectional overrides show text in another order than it is stored in (CVE-2021-42574).
_BIDI = re.compile(r"[\u202a-\u202e\u2066-\u2069]")
_MIXED = re.compile(
    r"(?<![^\W_])(?:[A-Za-z]+[\u0370-\u03ff\u0400-\u04ff]|[\u0370-\u03ff\u0400-\u04ff]+[A-Za-z])\w*"
)


def decode(data: bytes) -> tuple[str, str]:
    """Text of bytes and the encoding used: UTF-8, UTF-16/32 with mark, else Windows-1252."""
    for bom, encoding in _BOMS:
        if data.startswith(bom):
            return data.decode(encoding, errors="replace"), encoding
    try:
        return data.decode("utf-8"), "utf-8"
    except UnicodeDecodeError as error:
        if error.end - error.start < 4 and error.start >= len(data) - 4:
            return data.decode("utf-8", errors="replace"), "utf-8"  # cut within the last character
        return data.decode("cp1252", errors="replace"), "windows-1252"


def reveal(text: str) -> tuple[str, tuple[str, ...]]:
    """The text without characters that hide words, and notes on what was found.

    Where nothing is hidden the text comes back as it is, so that offsets stay those of the file.
    """
    notes = []
    if not text.isascii():
        text, hidden = _HIDDEN.subn("", text)
        text, turned = _BIDI.subn("", text)
        if hidden:
            notes.append(
                f"{hidden} invisible characters stood within words and were taken out; "
                "offsets are those of the text without them"
            )
        if turned:
            notes.append(
                f"{turned} characters that change the direction of writing were taken out; "
                "the document may show its text in another order than it is stored in"
            )
        mixed = list(islice(_mixed_words(text), 3))
        if mixed:
            notes.append(f"words mix Latin letters with look-alikes of other scripts: {', '.join(mixed)}")
    return text, tuple(notes)


def _mixed_words(text: str) -> Iterator[str]:
    seen: set[str] = set()
    for match in _MIXED.finditer(text):
        if match.group() not in seen:
            seen.add(match.group())
            yield match.group()[:40]


def read_plain(data: bytes, format_: Format, limits: Limits) -> Draft:
    """Read text or Markdown.

    Raises:
        DocumentError: empty, too-large.
    """
    if len(data) > 4 * limits.characters:
        raise too_large(f"{len(data):,} bytes of text", f"{limits.characters:,} characters")
    text, encoding = decode(data)
    if len(text) > limits.characters:
        raise too_large(f"{len(text):,} characters", f"{limits.characters:,}")
    if not text.strip():
        raise DocumentError("empty", "the file holds no text")
    text, notes = reveal(text)
    if encoding == "windows-1252":
        notes = (*notes, "not UTF-8; read as Windows-1252")
    if "\ufffd" in text:
        notes = (*notes, "some bytes are no characters of the encoding and were replaced")
    return Draft(format=format_, text=text, blocks=False, notes=notes)
