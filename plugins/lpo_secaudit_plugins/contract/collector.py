"""Reading contracts into evidence; imported when a source is collected."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

from lpo_secaudit.contracts.analysis import analyze_document
from lpo_secaudit.contracts.library import ClauseLibrary, load_library, standard_library
from lpo_secaudit.contracts.readers import load
from lpo_secaudit.contracts.readers.isolated import IsolatedReader
from lpo_secaudit.contracts.records import CLAUSE, DOCUMENT, clause_data, document_data, verify_quotes
from lpo_secaudit.errors import DocumentError, InputError
from lpo_secaudit.model.evidence import Evidence, Gap, GapReason, Listing, ListingStatus, Subject
from lpo_secaudit.plugins import CollectRequest, Sink

__all__ = ["collect"]

TYPES = (DOCUMENT, CLAUSE)

_REASONS = {
    "encrypted": GapReason.DENIED,
    "unsupported": GapReason.UNSUPPORTED,
    "too-large": GapReason.REFUSED,
    "too-deep": GapReason.REFUSED,
    "too-slow": GapReason.TIMEOUT,
}
_MEDIA = {
    "pdf": "application/pdf",
    "docx": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "html": "text/html",
    "markdown": "text/markdown",
    "text": "text/plain",
    "email": "message/rfc822",
}


def collect(request: CollectRequest, sink: Sink) -> None:
    """One `contract.document` a file, and one `contract.clause` a file and clause of the library.

    A file that cannot be read becomes unavailable listings of its own; the others are read.

    Raises:
        InputError: a clause file of the firm is not valid.
    """
    options = request.options
    names: Sequence[str] = options["files"]
    own = [request.base / name for name in options.get("clauses", ())]
    library = load_library(own) if own else standard_library()
    end = time.monotonic() + request.timeout_s
    with IsolatedReader(ocr=options.get("ocr", True)) as reader:
        for number, name in enumerate(names):
            sink.progress(number, len(names), name)
            if time.monotonic() > end:
                _unavailable(request, sink, name, Gap(GapReason.TIMEOUT, "the time for this source ran out"))
                continue
            try:
                _file(request, sink, name, reader, library)
            except InputError as error:
                _unavailable(request, sink, name, _gap(error, name))
    sink.progress(len(names), len(names), "contracts")


def _gap(error: InputError, name: str) -> Gap:
    if isinstance(error, DocumentError):
        reason = _REASONS.get(error.kind, GapReason.FAILED)
        return Gap(reason, f"{name}: {error.message} ({error.kind})", operation="read", code=error.kind)
    return Gap(GapReason.MISSING, f"{name}: {error.message}", operation="read", code="missing")


def _unavailable(request: CollectRequest, sink: Sink, name: str, gap: Gap) -> None:
    for type_ in TYPES:
        if type_ in request.wanted:
            sink.listing(Listing(type_, request.source, name, ListingStatus.UNAVAILABLE, 0, gap))


def _file(
    request: CollectRequest, sink: Sink, name: str, reader: IsolatedReader, library: ClauseLibrary
) -> None:
    raw = load(request.base / name, reader.limits)
    document = reader.read_bytes(raw, name)
    analysis = analyze_document(document, library) if CLAUSE in request.wanted else None
    if analysis is not None:
        verify_quotes(document, analysis)
    blob = sink.blob(raw, _MEDIA[document.format])
    # Offsets refer to this text; kept so that every quote can be checked years later.
    text = sink.blob(document.text.encode("utf-8", errors="surrogatepass"), "text/plain; charset=utf-8")
    inputs = (blob,) if text == blob else (blob, text)
    kind = request.options.get("kind", "")
    if DOCUMENT in request.wanted:
        sink.record(
            _evidence(request, DOCUMENT, name, {**document_data(document, name, kind), "text": text}, inputs)
        )
        sink.listing(Listing(DOCUMENT, request.source, name, ListingStatus.COMPLETE, 1))
    if analysis is not None:
        for clause in analysis.clauses:
            data = clause_data(clause, library, name, kind)
            sink.record(_evidence(request, CLAUSE, f"{name}#{clause.clause}", data, inputs))
        sink.listing(Listing(CLAUSE, request.source, name, ListingStatus.COMPLETE, len(analysis.clauses)))


def _evidence(
    request: CollectRequest, type_: str, id_: str, data: dict[str, Any], inputs: tuple[str, ...]
) -> Evidence:
    return Evidence(
        subject=Subject(type_, id_, request.source),
        data=data,
        collector="contract",
        collected_at=request.now,
        inputs=inputs,
    )
