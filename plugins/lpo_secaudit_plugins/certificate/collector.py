"""Reading certificates into evidence; imported when a source is collected."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from lpo_secaudit.model.evidence import Evidence, Gap, GapReason, Listing, ListingStatus, Subject
from lpo_secaudit.model.survey import FileSurvey
from lpo_secaudit.plugins import CollectRequest, Sink

from .._files.collector import each_file
from .._files.pages import Pages, read_pages
from .._files.raw import read_bytes
from .facts import read_facts
from .kinds import KINDS, Kind, recognise
from .policies import read_insured, read_policies
from .sidecar import Sidecar, load_sidecar

__all__ = ["collect", "document_data", "survey"]

DOCUMENT = "certificate.document"
_VALUES = ("issued", "expires", "period_from", "period_to", "number", "holder", "issuer", "standard", "scope")


def survey(path: Path) -> FileSurvey | None:
    """What certificate a PDF is; None where it is none, or no PDF."""
    raw = read_bytes(path, path.name)
    if raw[:1024].find(b"%PDF-") < 0:
        return None
    pages = read_pages(raw, path.name)
    data, gaps = document_data(pages, load_sidecar(path, path.name), (), path.name)
    if data["kind"] == "unknown":
        return None
    problems = [f"not found: {name}" for name in sorted(gaps)]
    if data["recognised"]:
        problems.append("read from an image; letters may be wrong")
    if data["confirmed_by"] is None:
        problems.append("read by machine, not confirmed by a person")
    problems += [f"leaves out: {text[:160]}" for text in data["exclusions"][:5]]
    return FileSurvey(data["kind"], "certificate", 1, {"documents": 1}, tuple(problems))


def collect(request: CollectRequest, sink: Sink) -> None:
    """Read every file; one that cannot be read leaves its scope unavailable, the others count."""
    if DOCUMENT not in request.wanted:
        return
    services = tuple(request.options.get("service", ()))

    def read(raw: bytes, name: str) -> tuple[dict[str, Any], dict[str, Gap]] | None:
        sidecar = load_sidecar(request.base / name, name)
        pages = _pages(raw, name, sidecar, ocr=request.options.get("ocr", True))
        data, gaps = document_data(pages, sidecar, services, name)
        return None if data["kind"] == "unknown" else (data, gaps)

    unknown = "the document is no certificate or report of a known kind"
    hint = "name its kind in a sidecar, FILE.yaml"
    for name, raw, (data, gaps) in each_file(request, sink, (DOCUMENT,), read, unknown, hint):
        blob = sink.blob(raw, "application/pdf")
        subject = Subject(DOCUMENT, name, request.source)
        sink.record(Evidence(subject, data, "certificate", request.now, gaps, (blob,)))
        sink.listing(Listing(DOCUMENT, request.source, name, ListingStatus.COMPLETE, 1))


def _pages(raw: bytes, name: str, sidecar: Sidecar | None, *, ocr: bool) -> Pages:
    """The text; an image without text is enough where a person has written down what it says."""
    from lpo_secaudit.errors import DocumentError

    try:
        return read_pages(raw, name, ocr=ocr)
    except DocumentError as error:
        if error.kind == "image-only" and sidecar is not None and sidecar.kind:
            return Pages("", (0,), (), recognised=True)
        raise


def document_data(
    pages: Pages, sidecar: Sidecar | None, services: tuple[str, ...], name: str
) -> tuple[dict[str, Any], dict[str, Gap]]:
    """The facets of one document, and those that neither it nor the sidecar tells."""
    found = recognise(pages)
    kind = next((k for k in KINDS if sidecar and k.id == sidecar.kind), found[0] if found else None)
    if kind is None:
        return {"kind": "unknown"}, {}
    facts = read_facts(pages, kind)
    quotes: dict[str, Any] = {"kind": found[1].to_json()} if found else {}
    data: dict[str, Any] = {
        "file": name,
        "kind": kind.id,
        "title": kind.title,
        "topics": list(kind.topics),
        "recognised": pages.recognised,
        "confirmed_by": sidecar.confirmed_by if sidecar else None,
        "confirmed_on": sidecar.confirmed_on if sidecar else None,
        "unsure": [],
    }
    for key, fact in facts.items():
        if isinstance(fact, list):
            data[key] = [f.value for f in fact]
            quotes[key] = [f.quote.to_json() for f in fact if f.quote]
        else:
            data[key] = fact.value
            quotes[key] = fact.quote.to_json() if fact.quote else None
            if not fact.sure:
                data["unsure"].append(key)
    if kind.id == "insurance":
        _insurance(pages, data, quotes)
    corrected = dict(sidecar.values) if sidecar else {}
    data |= corrected
    # What a person wrote has no words of the document behind it; the old quote would mislead.
    data["quotes"] = {k: v for k, v in quotes.items() if k not in corrected}
    data["corrected"] = sorted(corrected)
    if sidecar:
        data["unsure"] = []
    data["services"] = [_service(pages, data, service) for service in services]
    until = _stands_until(data, kind)
    if until:
        data["stands_until"] = until
    return data, _gaps(data, kind)


def _insurance(pages: Pages, data: dict[str, Any], quotes: dict[str, Any]) -> None:
    policies = read_policies(pages)
    data["policies"] = [p.to_json() for p in policies]
    insured = read_insured(pages)
    if insured is not None:
        data["holder"] = insured[0]
    if policies:
        data["expires"] = min(p.expires for p in policies).isoformat()
        data["issued"] = min(p.effective for p in policies).isoformat()
        quotes.pop("expires", None)
        quotes.pop("issued", None)


def _stands_until(data: Mapping[str, Any], kind: Kind) -> str | None:
    """The last day it can be relied on: its own end, else some months after what it covers."""
    if data.get("expires"):
        return str(data["expires"])
    start = data.get("period_to") or data.get("issued")
    if not start or not kind.months:
        return None
    day = date.fromisoformat(str(start))
    month = day.month - 1 + kind.months
    year, month = day.year + month // 12, month % 12 + 1
    return date(year, month, min(day.day, 28)).isoformat()


def _service(pages: Pages, data: Mapping[str, Any], service: str) -> dict[str, Any]:
    """Whether the scope names a service; and, if not, whether the document does anywhere."""
    pattern = re.compile(r"\s+".join(re.escape(word) for word in service.split()), re.IGNORECASE)
    scope = " ".join(
        (str(data.get("scope", "")), str(data.get("holder", "")) if data["kind"] == "insurance" else "")
    )
    match = next(pages.find(pattern), None)
    return {
        "name": service,
        "in_scope": bool(pattern.search(scope)),
        "excluded": any(pattern.search(text) for text in data.get("exclusions", ())),
        "page": pages.page_at(match.start()) if match else None,
    }


def _gaps(data: Mapping[str, Any], kind: Kind) -> dict[str, Gap]:
    wanted = {"stands_until", "holder", "issued"}
    if kind.id.startswith("soc"):
        wanted |= {"period_to", "exceptions", "issuer"}
    if kind.id not in ("insurance", "bridge-letter", "iso27001-soa", "truste"):
        wanted |= {"scope"}
    if kind.id == "penetration-test":
        wanted |= {"findings", "issuer"}
        wanted -= {"holder"}
    if kind.id == "insurance":
        wanted |= {"policies"}
    return {
        name: Gap(GapReason.MISSING, f"not found in the document; add it to the sidecar: {name}")
        for name in wanted
        if data.get(name) in (None, "")
    }
