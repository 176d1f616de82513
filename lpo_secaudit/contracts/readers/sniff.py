"""What the bytes of a file are, whatever its name says."""

from __future__ import annotations

import re
from pathlib import PurePath

from lpo_secaudit.contracts.document import Format
from lpo_secaudit.errors import DocumentError

__all__ = ["sniff"]

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_HTML = re.compile(rb"<!doctype\s+html|<html[\s>]|<(?:body|head|div|p|h[1-6]|table|ol)[\s>]", re.IGNORECASE)
_MAIL = re.compile(rb"\A(?:[!-9;-~]{1,60}:[^\r\n]{0,2000}\r?\n(?:[ \t][^\r\n]{0,2000}\r?\n)*){2,}")
_MAIL_FIELD = re.compile(
    rb"^(?:from|received|mime-version|message-id|subject):", re.IGNORECASE | re.MULTILINE
)
_SUFFIXES: dict[str, Format] = {
    ".md": "markdown",
    ".mdx": "markdown",
    ".markdown": "markdown",
    ".html": "html",
    ".htm": "html",
    ".xhtml": "html",
    ".eml": "email",
    ".txt": "text",
}
_BINARY: tuple[tuple[bytes, str], ...] = (
    (b"{\\rtf", "RTF"),
    (b"\x7fELF", "a program"),
    (b"MZ", "a program"),
    (b"\x89PNG", "a PNG picture"),
    (b"\xff\xd8\xff", "a JPEG picture"),
    (b"II*\x00", "a TIFF picture"),
    (b"MM\x00*", "a TIFF picture"),
    (b"GIF8", "a GIF picture"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"7z\xbc\xaf", "a 7z archive"),
    (b"Rar!", "a RAR archive"),
)


def sniff(data: bytes, name: str) -> Format:
    """The format of a document, from its first bytes and, for text, from its name.

    Raises:
        DocumentError: empty; encrypted (an OLE container that holds an encrypted package);
            unsupported.
    """
    if not data.strip(b"\x00\t\r\n \xef\xbb\xbf"):
        raise DocumentError("empty", "the file is empty", where=name)
    head = data[:4096]
    if b"%PDF-" in head[:1024]:
        return "pdf"
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return "docx"
    if head.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise DocumentError(
                "encrypted", "the document is encrypted", where=name, hint="save it without a password"
            )
        raise _unsupported("an old Office file (.doc)", name)
    for magic, what in _BINARY:
        if head.startswith(magic):
            raise _unsupported(what, name)
    by_name = _SUFFIXES.get(PurePath(name).suffix.lower())
    if by_name is not None and by_name != "text":
        return by_name
    if _HTML.search(head.lstrip()[:1000]) and head.lstrip().startswith(b"<"):
        return "html"
    if by_name is None and _MAIL.match(head) and len(_MAIL_FIELD.findall(head)) >= 2:
        return "email"
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "text"
    if b"\x00" in head or sum(byte < 9 or 13 < byte < 27 for byte in head) > len(head) // 50:
        raise _unsupported("not a text", name)
    return "text"


def _unsupported(what: str, name: str) -> DocumentError:
    return DocumentError(
        "unsupported",
        f"the file is {what}; contracts are read from PDF, DOCX, HTML, Markdown, text and mail",
        where=name,
        hint="save it as PDF, DOCX or text",
    )
