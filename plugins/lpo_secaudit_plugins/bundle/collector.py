"""Handing on what a bundle holds; imported when a source is collected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from lpo_secaudit.collect.bundle import MAX_RECORD_BYTES, Bundle
from lpo_secaudit.errors import IntegrityError, LimitExceededError, SecauditError
from lpo_secaudit.formats.instants import format_instant
from lpo_secaudit.model.evidence import Evidence, Gap, GapReason, Listing, ListingStatus, Subject
from lpo_secaudit.model.survey import FileSurvey
from lpo_secaudit.plugins import CollectRequest, Sink

from .archive import MAX_BYTES, holds_manifest, unpacked
from .signature import Signed, verify_signature

__all__ = ["collect", "survey"]

DOCUMENT = "bundle.document"
ANY_TYPE = "*"


def survey(path: Path) -> FileSurvey | None:
    """What an evidence bundle holds; None where a file is none.

    Raises:
        IntegrityError: it is one, and not whole.
    """
    if not holds_manifest(path):
        return None
    with unpacked(path, path.name) as folder:
        _check_sizes(folder, path.name)
        bundle = Bundle(folder)
        bundle.verify()
        counts = {type_: sum(1 for _ in bundle.records(type_)) for type_ in bundle.types()}
        gaps = sorted({f"{x.source}: {x.gap.message}" for x in bundle.listings if x.gap})
        return FileSurvey("evidence-bundle", "bundle", bundle.count, counts, tuple(gaps[:20]))


def collect(request: CollectRequest, sink: Sink) -> None:
    """Verify the bundle, then hand its records on; nothing of a bundle that fails is handed on.

    Steps:
        1. unpack within limits; 2. check sizes; 3. verify every byte against the manifest;
        4. verify the signature where one is asked for; 5. hand on blobs, records and listings.

    A bundle that does not verify leaves one listing that makes the whole source unavailable.
    """
    shown = str(request.options["file"])
    try:
        with unpacked(request.base / shown, shown) as folder:
            _check_sizes(folder, shown)
            bundle = Bundle(folder)
            bundle.verify()
            for type_ in bundle.types():  # each record against its digest, before any is handed on
                for _ in bundle.records(type_):
                    pass
            signed = _signature(request, bundle)
            _hand_on(request, sink, bundle, signed)
    except SecauditError as error:
        code = "IntegrityFailure" if isinstance(error, IntegrityError) else None
        where = f"{Path(error.where).name}: " if error.where else ""
        gap = Gap(
            GapReason.REFUSED if code else GapReason.FAILED, f"{where}{error.message}", "open bundle", code
        )
        sink.listing(Listing(ANY_TYPE, request.source, "", ListingStatus.UNAVAILABLE, 0, gap))
        for type_ in sorted(request.wanted):
            sink.listing(Listing(type_, request.source, "", ListingStatus.UNAVAILABLE, 0, gap))


def _check_sizes(folder: Path, shown: str) -> None:
    """Bound what verifying will hold in memory: the core reads one line at a time."""
    total = 0
    for path in folder.rglob("*"):
        if path.is_symlink():
            raise IntegrityError("the bundle holds a link", where=str(path))
        total += path.stat().st_size
    if total > MAX_BYTES:
        raise LimitExceededError(f"bundle is larger than {MAX_BYTES} bytes", where=shown)
    records = folder / "records.jsonl"
    if not records.is_file():
        return  # `verify` names it as missing
    with records.open("rb") as file:
        while line := file.readline(MAX_RECORD_BYTES * 2):
            if len(line) > MAX_RECORD_BYTES + 1:
                raise LimitExceededError(
                    f"a record is larger than {MAX_RECORD_BYTES} bytes", where=str(records)
                )


def _signature(request: CollectRequest, bundle: Bundle) -> Signed | None:
    """The signature that holds; None where nobody is required to have signed."""
    options = request.options
    if "signed_by" not in options and "key" not in options:
        return None
    if "key" not in options:
        raise IntegrityError(
            f"it must be signed by {options['signed_by']}, but no key of theirs is given",
            where=str(options["file"]),
            hint="add `key: <their public key>.pem` to the source",
        )
    envelope = options.get("signature", f"{options['file'].rstrip('/')}.dsse.json")
    return verify_signature(
        request.base / envelope, request.base / options["key"], bundle.manifest_digest, str(envelope)
    )


def _hand_on(request: CollectRequest, sink: Sink, bundle: Bundle, signed: Signed | None) -> None:
    origin = {"bundle": bundle.manifest_digest}
    if signed is not None:
        # The audit keeps the seal itself: its records can be challenged after the bundle is mislaid.
        origin |= {"seal": sink.blob(signed.envelope, "application/json"), "sealed_by": signed.keyid}
    types = [t for t in bundle.types() if t in request.wanted]
    handed: set[str] = set()
    done = 0
    for type_ in types:
        for record in bundle.records(type_):
            for name in record.inputs:
                if name in bundle.blobs and name not in handed:
                    handed.add(name)
                    sink.blob(bundle.blob(name), bundle.blobs[name][1])
            sink.record(_renamed(record, request.source, origin))
            done += 1
            if done % 500 == 0:
                sink.progress(done, bundle.count, "records")
    for listing in bundle.listings:
        if listing.type in request.wanted or listing.type == ANY_TYPE:
            sink.listing(replace(listing, source=_name(request.source, listing.source)))
    if DOCUMENT in request.wanted:
        sink.record(_document(request, bundle, signed.keyid if signed else None))
        sink.listing(Listing(DOCUMENT, request.source, "", ListingStatus.COMPLETE, 1))


def _name(own: str, theirs: str) -> str:
    return f"{own}/{theirs}"


def _renamed(record: Evidence, own: str, origin: Mapping[str, str]) -> Evidence:
    """The record under this source, with its bundle, seal and digest there beside it."""
    subject = record.subject
    return replace(
        record,
        subject=Subject(subject.type, subject.id, _name(own, subject.source), subject.region),
        provenance={**record.provenance, **origin, "digest_in_bundle": record.digest},
    )


def _document(request: CollectRequest, bundle: Bundle, keyid: str | None) -> Evidence:
    data: dict[str, Any] = {
        "file": str(request.options["file"]),
        "manifest": bundle.manifest_digest,
        "records": bundle.count,
        "started_at": format_instant(bundle.started_at),
        "ended_at": format_instant(bundle.ended_at),
        "sources": sorted(str(s.get("source")) for s in bundle.sources),
        "types": list(bundle.types()),
        "signed_by": (request.options.get("signed_by") or keyid) if keyid else None,
        "keyid": keyid,
    }
    return Evidence(
        subject=Subject(DOCUMENT, bundle.manifest_digest, request.source),
        data=data,
        collector="bundle",
        collected_at=request.now,
    )
