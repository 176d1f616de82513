"""The firm's side of a sealed bundle: check the seal, challenge records, check what is opened.

It recomputes everything from the handed-over bytes and shares with `sealing` only hashing and the
redaction rules' meaning.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lpo_secaudit.attest.check import VerifyingKey, open_envelope, read_statement, strict_json, unbase64
from lpo_secaudit.collect.bundle import Bundle
from lpo_secaudit.errors import InputError, IntegrityError
from lpo_secaudit.formats.instants import format_instant
from lpo_secaudit.ledger.proofs import included
from lpo_secaudit.redaction import Redaction, redact, redaction_from

__all__ = ["OpenedRecord", "Seal", "check_opening", "check_seal", "make_challenge", "records_behind"]

SEAL_TYPE = "urn:lpo-secaudit:sealed-bundle:v1"
CHALLENGE_FORMAT = "lpo-secaudit-challenge/1"
OPENING_FORMAT = "lpo-secaudit-opening/1"


@dataclass(frozen=True)
class Seal:
    """A seal whose signature, digest and counts were checked.

    Attributes:
        folder: the redacted bundle.
        envelope: `sha256:<hex>` of the seal's file.
        records: how many records are committed.
        root: of their Merkle tree.
        sealed_at: by the provider's clock.
    """

    folder: Path
    envelope: str
    keyid: str
    records: int
    root: bytes
    redaction: Redaction
    sealed_at: datetime


@dataclass(frozen=True)
class OpenedRecord:
    """A record as it was before redaction, proven to be the one that was committed."""

    index: int
    record: Mapping[str, Any]


def check_seal(folder: Path, key: VerifyingKey) -> Seal:
    """Check a sealed bundle: its signature by `key`, and every byte of the bundle.

    Raises:
        IntegrityError: something is not what it claims to be; names the file.
        InputError: there is no seal beside the folder.
    """
    place = folder.with_name(folder.name + ".dsse.json")
    try:
        raw = place.read_bytes()
    except OSError as error:
        raise InputError(
            f"the seal cannot be read: {error.strerror}",
            where=str(place),
            hint="it was made beside the bundle",
        ) from error
    opened = open_envelope(raw, str(place))
    if not opened.signed_by(key):
        raise IntegrityError("the seal is not signed by the key given", where=str(place))
    subjects, predicate = read_statement(opened, SEAL_TYPE, str(place))
    bundle = Bundle(folder)
    if subjects != {"manifest.json": bundle.manifest_digest.removeprefix("sha256:")}:
        raise IntegrityError("the seal is over another manifest", where=str(folder / "manifest.json"))
    bundle.verify()
    try:
        seal = Seal(
            folder,
            "sha256:" + hashlib.sha256(raw).hexdigest(),
            key.keyid,
            int(predicate["records"]),
            bytes.fromhex(predicate["root"]),
            redaction_from(predicate["redaction"], str(place)),
            datetime.fromisoformat(predicate["sealed_at"]),
        )
    except (KeyError, TypeError, ValueError, InputError) as error:
        raise IntegrityError(f"the seal is malformed: {error!r}", where=str(place)) from error
    if seal.records != bundle.count:
        raise IntegrityError(
            f"{seal.records} records are committed and {bundle.count} handed over", where=str(folder)
        )
    return seal


def records_behind(seal: Seal, audit: Path, fingerprint: str) -> list[int]:
    """Numbers of the sealed records that a finding of an audit rests on.

    Goes from the finding over its observations to the evidence in the audit's bundle, and from there, by
    the digest that each record had in the sealed bundle, to its line. Verify the audit first.

    Args:
        fingerprint: of the finding, or of one observation.

    Raises:
        InputError: no such audit or finding, or it rests on nothing of this bundle.
    """
    try:
        result = json.loads((audit / "audit.json").read_bytes())
        observations = {o["fingerprint"]: o for o in result["observations"]}
        findings = {f["fingerprint"]: f["observations"] for f in result["findings"]}
        wanted = findings.get(fingerprint, [fingerprint] if fingerprint in observations else [])
        evidence = {digest for o in wanted for digest in observations[o]["evidence"]}
        with (audit / "bundle" / "records.jsonl").open("rb") as file:
            records = [r for r in map(json.loads, file) if r["digest"] in evidence]
        there = {
            r["provenance"]["digest_in_bundle"]
            for r in records
            if r["provenance"].get("seal") == seal.envelope
        }
        with (seal.folder / "records.jsonl").open("rb") as file:
            found = [i for i, line in enumerate(file) if json.loads(line)["digest"] in there]
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(error.filename)) from error
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise InputError(
            f"not an audit folder: {error!r}", where=str(audit), hint="verify it first"
        ) from error
    if not found:
        raise InputError(
            f"{fingerprint!r} rests on no record of this bundle",
            where=str(audit),
            hint="fingerprints stand in audit.json; the source must name the bundle's `key`",
        )
    return found


def make_challenge(
    seal: Seal, records: Sequence[int] = (), *, draw: int = 0, now: datetime | None = None
) -> dict[str, Any]:
    """Ask for records to be opened: the named ones, and `draw` more by lot.

    Raises:
        InputError: there are no such records, or none is asked for.
    """
    chosen = set(records)
    if any(not 0 <= i < seal.records for i in chosen) or len(chosen) + draw > seal.records:
        raise InputError(f"the bundle has records 0 to {seal.records - 1}", where=str(seal.folder))
    while len(chosen) < len(set(records)) + draw:
        chosen.add(secrets.randbelow(seal.records))
    if not chosen:
        raise InputError("no record is asked for", hint="name records, or let some be drawn")
    return {
        "format": CHALLENGE_FORMAT,
        "id": secrets.token_hex(16),
        "envelope": seal.envelope,
        "root": seal.root.hex(),
        "records": sorted(chosen),
        "issued_at": format_instant((now or datetime.now(UTC)).replace(microsecond=0)),
    }


def check_opening(seal: Seal, challenge: Mapping[str, Any], opening: bytes, where: str) -> list[OpenedRecord]:
    """Check that the challenged records were opened, and are those handed over in redacted form.

    Raises:
        IntegrityError: a record is missing, was not committed, or is not the one handed over.
    """
    value = strict_json(opening, where)
    try:
        if value["format"] != OPENING_FORMAT or value["challenge"] != challenge["id"]:
            raise IntegrityError("not the answer to this challenge", where=where)
        if challenge["envelope"] != seal.envelope:
            raise IntegrityError("the challenge is about another bundle", where=where)
        opened = {o["index"]: o for o in value["opened"]}
        asked = [int(i) for i in challenge["records"]]
        absent = sorted(set(asked) - set(opened))
        if absent:
            raise IntegrityError(f"record {absent[0]} was asked for and is not opened", where=where)
        handed = _handed_over(seal.folder, set(asked))
        return [_check_record(seal, i, opened[i], handed[i], where) for i in asked]
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise IntegrityError(f"the opening is malformed: {error!r}", where=where) from error


def _handed_over(folder: Path, wanted: set[int]) -> dict[int, bytes]:
    with (folder / "records.jsonl").open("rb") as file:
        return {i: line.rstrip(b"\n") for i, line in enumerate(file) if i in wanted}


def _check_record(
    seal: Seal, index: int, opened: Mapping[str, Any], handed: bytes, where: str
) -> OpenedRecord:
    name = f"{where}: record {index}"
    key, line = unbase64(opened["key"]), unbase64(opened["record"])
    path = [unbase64(p) for p in opened["path"]]
    if len(key) != 32 or not included(key + line, index, seal.records, path, seal.root):
        raise IntegrityError("is not the one that was committed", where=name)
    before, after = json.loads(line), json.loads(handed)
    content = before["content"]
    expected = {
        **content,
        "data": redact(content["subject"]["type"], content["data"], seal.redaction.rules, key),
    }
    rest = ("collected_at", "provenance")
    if after["content"] != expected or any(after[k] != before[k] for k in rest):
        raise IntegrityError("what was handed over is not this record redacted by the rules", where=name)
    return OpenedRecord(index, before)
