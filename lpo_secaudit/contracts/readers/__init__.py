"""Readers: the bytes of a contract to a `Document`, within limits, or a typed `DocumentError`."""

from __future__ import annotations

import hashlib
from pathlib import Path

from lpo_secaudit.contracts.document import Document
from lpo_secaudit.contracts.readers.draft import Draft
from lpo_secaudit.contracts.readers.limits import Deadline, Limits, too_large
from lpo_secaudit.contracts.readers.sniff import sniff
from lpo_secaudit.errors import DocumentError, InputError

__all__ = ["Limits", "draft_of", "load", "read_bytes", "read_document"]


def load(path: Path, limits: Limits) -> bytes:
    """The bytes of a file, no more than the limits allow.

    Raises:
        InputError: no such file, or it cannot be opened.
        DocumentError: too-large, or not a plain file (a pipe could block forever).
    """
    try:
        if not path.is_file():
            if path.exists():
                raise DocumentError("unsupported", "not a file", where=str(path))
            raise InputError("no such file", where=str(path))
        with path.open("rb") as handle:
            data = handle.read(limits.bytes + 1)
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror or error}", where=str(path)) from error
    if len(data) > limits.bytes:
        raise _at(too_large(f"more than {limits.bytes:,} bytes", f"{limits.bytes:,} bytes"), str(path))
    return data


def _at(error: DocumentError, name: str) -> DocumentError:
    return DocumentError(error.kind, error.message, where=error.where or name, hint=error.hint)


def draft_of(data: bytes, name: str, limits: Limits, *, ocr: bool = True, depth: int = 0) -> Draft:
    """Read the text of a document in this process.

    Raises:
        DocumentError: of any kind; `where` is the name.
    """
    deadline = Deadline(limits.seconds)
    try:
        if len(data) > limits.bytes:
            raise too_large(f"{len(data):,} bytes", f"{limits.bytes:,} bytes")
        match sniff(data, name):
            case "pdf":
                from lpo_secaudit.contracts.readers.pdf import read_pdf

                return read_pdf(data, limits, deadline, ocr=ocr)
            case "docx":
                from lpo_secaudit.contracts.readers.docx import read_docx

                return read_docx(data, limits, deadline)
            case "html":
                from lpo_secaudit.contracts.readers.html import read_html

                return read_html(data, limits, deadline)
            case "email":
                from lpo_secaudit.contracts.readers.mail import read_mail

                return read_mail(data, limits, deadline, ocr=ocr, depth=depth)
            case "markdown":
                from lpo_secaudit.contracts.readers.plain import read_plain

                return read_plain(data, "markdown", limits)
            case _:
                from lpo_secaudit.contracts.readers.plain import read_plain

                return read_plain(data, "text", limits)
    except DocumentError as error:
        raise _at(error, name) from error
    except RecursionError as error:
        raise DocumentError("too-deep", "nested too deeply", where=name) from error
    except MemoryError as error:
        raise DocumentError("too-large", "needs more memory than is allowed", where=name) from error


def read_bytes(data: bytes, name: str, limits: Limits | None = None, *, ocr: bool = True) -> Document:
    """Read a document from its bytes, in this process.

    Args:
        name: file name, for messages and, with plain text, for the format.
        ocr: read pages without text by optical recognition where tesseract is installed.

    Raises:
        DocumentError: encrypted, broken, empty, image-only, unsupported, too-large, too-deep, too-slow.
    """
    from lpo_secaudit.contracts.structure import build_document

    limits = limits or Limits()
    draft = draft_of(data, name, limits, ocr=ocr)
    try:
        return build_document(draft, name=name, sha256=hashlib.sha256(data).hexdigest(), limits=limits)
    except DocumentError as error:
        raise _at(error, name) from error


def read_document(path: Path | str, limits: Limits | None = None, *, ocr: bool = True) -> Document:
    """Read a document from a file, in this process; see `read_bytes`.

    Raises:
        InputError: the file cannot be opened.
        DocumentError: as `read_bytes`.
    """
    limits = limits or Limits()
    path = Path(path)
    return read_bytes(load(path, limits), path.name, limits, ocr=ocr)
