"""Contracts: document to clauses to parameters, every verdict shown at its place in the text.

`analyze` reads one contract and judges it; `read_document` only reads it. Everything heavy is
imported when it is first used.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lpo_secaudit.contracts.analysis import Analysis
    from lpo_secaudit.contracts.document import Document
    from lpo_secaudit.contracts.library import ClauseLibrary
    from lpo_secaudit.contracts.readers import Limits, read_document
    from lpo_secaudit.contracts.readers.isolated import IsolatedReader

__all__ = ["Analysis", "Document", "IsolatedReader", "Limits", "analyze", "read_document"]

_HOMES = {
    "Analysis": "lpo_secaudit.contracts.analysis",
    "Document": "lpo_secaudit.contracts.document",
    "IsolatedReader": "lpo_secaudit.contracts.readers.isolated",
    "Limits": "lpo_secaudit.contracts.readers",
    "read_document": "lpo_secaudit.contracts.readers",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def analyze(
    source: Path | str | bytes,
    *,
    name: str = "contract",
    library: ClauseLibrary | None = None,
    limits: Limits | None = None,
    ocr: bool = True,
) -> Analysis:
    """Read a contract and judge it against the clause library.

    The document is read in this process; use an `IsolatedReader` for files of people you do not
    trust, so that a parser which crashes or eats memory takes down a child process only.

    Args:
        source: path, or the bytes of the file.
        name: file name, where bytes are given; its suffix tells Markdown and mail from text.
        library: the one that ships where None.
        limits: on size, pages, depth and time.
        ocr: read pages without text by optical recognition where tesseract is installed.

    Raises:
        InputError: the file cannot be opened.
        DocumentError: encrypted, broken, empty, image-only, unsupported, too-large, too-deep, too-slow.
    """
    from lpo_secaudit.contracts.analysis import analyze_document
    from lpo_secaudit.contracts.readers import read_bytes, read_document

    if isinstance(source, bytes):
        document = read_bytes(source, name, limits, ocr=ocr)
    else:
        document = read_document(source, limits, ocr=ocr)
    return analyze_document(document, library)
