"""The data of evidence about contracts: what `contract.document` and `contract.clause` records hold."""

from __future__ import annotations

from typing import Any

from lpo_secaudit.contracts.analysis import Analysis, ClauseResult
from lpo_secaudit.contracts.document import Document
from lpo_secaudit.contracts.library import ClauseLibrary
from lpo_secaudit.errors import IntegrityError

__all__ = ["CLAUSE", "DOCUMENT", "NOT_FOUND", "clause_data", "document_data", "verify_quotes"]

DOCUMENT = "contract.document"
CLAUSE = "contract.clause"
NOT_FOUND = "no such clause was found"
_MOST_ANNEXES = 50


def document_data(document: Document, name: str, kind: str) -> dict[str, Any]:
    """Facets of one document.

    Args:
        name: the file as the engagement names it.
        kind: dpa, baa, msa ...; empty where nobody said.
    """
    annexes = (s.path or s.heading for s in document.sections if s.kind == "annex" and s.level <= 1)
    return {
        "document": name,
        "kind": kind,
        "format": document.format,
        "sha256": document.sha256,
        "characters": len(document.text),
        "language": document.language,
        "ocr": document.ocr,
        "pages": len(document.pages) or None,
        "notes": list(document.notes),
        "annexes": list(dict.fromkeys(name for name in annexes if name))[:_MOST_ANNEXES],
        "definitions": len(document.definitions),
    }


def clause_data(clause: ClauseResult, library: ClauseLibrary, name: str, kind: str) -> dict[str, Any]:
    """Facets of one clause in one document, present or not."""
    value = clause.to_json()
    definition = library[clause.clause]
    return {
        **value,
        "title": definition.title,
        "law": list(definition.law),
        "document": name,
        "kind": kind,
        "reason": value["reason"] or ("" if clause.present else NOT_FOUND),
    }


def verify_quotes(document: Document, analysis: Analysis) -> None:
    """No quote leaves that does not stand in the text at its offsets.

    Raises:
        IntegrityError: one does not.
    """
    for clause in analysis.clauses:
        for quote in clause.quotes:
            if document.text[quote.start : quote.end] != quote.text:
                raise IntegrityError(
                    f"the quote for {clause.clause} does not stand at {quote.start}", where=document.name
                )
