"""Sealing a bundle on the provider's side, and opening challenged records of it.

    acme.bundle/            the redacted bundle, to hand over
    acme.bundle.dsse.json   the seal: a signed commitment to every record as it was before redaction
    acme.bundle.pub         the key that signed it
    acme.bundle.secret/     stays with the provider: the bundle as collected, and a master key

Record i is committed as the leaf `key_i || line_i` of a Merkle tree (RFC 9162), where key_i is
derived from the master key and also keys the digests of the record's redacted values. Opening a
record reveals its line and key_i, and nothing of any other. Specified in docs/formats/sealed-bundle.md.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpo_secaudit.attest.dsse import envelope, statement
from lpo_secaudit.collect.bundle import Bundle, BundleWriter, SourceNote, decode_record
from lpo_secaudit.errors import InputError, IntegrityError
from lpo_secaudit.formats.canonical import canonical_json, digest_bytes
from lpo_secaudit.formats.instants import format_instant
from lpo_secaudit.ledger import tree
from lpo_secaudit.ledger.hashing import leaf_hash
from lpo_secaudit.redaction import Redaction, redact

if TYPE_CHECKING:
    from lpo_secaudit.attest.signers import Signer

__all__ = ["SEAL_TYPE", "open_records", "seal"]

SEAL_TYPE = "urn:lpo-secaudit:sealed-bundle:v1"
OPENING_FORMAT = "lpo-secaudit-opening/1"
MAX_OPENED = 1000


def _record_key(master: bytes, index: int) -> bytes:
    return hmac.new(master, b"record %d" % index, hashlib.sha256).digest()


def _lines(bundle: Path) -> Iterator[bytes]:
    with (bundle / "records.jsonl").open("rb") as file:
        for line in file:
            yield line.rstrip(b"\n")


def seal(
    collected: Path, target: Path, redaction: Redaction, signer: Signer, *, now: datetime | None = None
) -> Path:
    """Redact, commit and sign a collected bundle; returns the seal's file.

    Args:
        collected: the bundle as collected; it is moved to `<target>.secret/bundle`.
        target: folder to make, with the redacted bundle.

    Raises:
        InputError: a target exists, or nothing can be written there.
        IntegrityError: the collected bundle is not whole.
    """
    original = Bundle(collected)
    original.verify()
    secret = target.with_name(target.name + ".secret")
    sealed_file = target.with_name(target.name + ".dsse.json")
    public = target.with_name(target.name + ".pub")
    for taken in (target, secret, sealed_file, public):
        if taken.exists():
            raise InputError("is there already", where=str(taken), hint="name another output")
    master = secrets.token_bytes(32)
    try:
        secret.mkdir(mode=0o700, parents=True)
        descriptor = os.open(secret / "master.key", os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(master)
        collected.rename(secret / "bundle")
        leaves = _write_redacted(secret / "bundle", target, redaction, master)
        root = tree.root(_nodes(leaves), len(leaves))
        instant = (now or datetime.now(UTC)).replace(microsecond=0)
        predicate = {
            "records": len(leaves),
            "root": root.hex(),
            "redaction": redaction.to_json(),
            "sealed_at": format_instant(instant),
            "signers": [{"keyid": signer.keyid, "algorithm": signer.algorithm}],
        }
        subjects = {"manifest.json": digest_bytes((target / "manifest.json").read_bytes())}
        sealed_file.write_bytes(envelope(statement(subjects, SEAL_TYPE, predicate), signer))
        public.write_bytes(signer.public_key_pem)
    except OSError as error:
        raise InputError(
            f"the sealed bundle cannot be written: {error.strerror}", where=str(target)
        ) from error
    return sealed_file


def _write_redacted(source: Path, target: Path, redaction: Redaction, master: bytes) -> list[bytes]:
    """Write the redacted bundle; gives the leaf hashes, in the order of its lines."""
    bundle = Bundle(source)
    leaves = []
    with BundleWriter(target) as writer:
        for index, line in enumerate(_lines(source)):
            key = _record_key(master, index)
            leaves.append(leaf_hash(key + line))
            record = decode_record(line, f"{source}: record {index}")
            # Only data is redacted: subjects order the records, so that line i stays line i.
            data = redact(record.subject.type, record.data, redaction.rules, key)
            writer.record(replace(record, data=data))
        if redaction.keep_blobs:
            for name, (_, media_type) in bundle.blobs.items():
                writer.blob(bundle.blob(name), media_type)
        for listing in bundle.listings:
            writer.listing(listing)
        notes = tuple(
            SourceNote(
                n["source"], n["collector"], n["version"], {t: tuple(f) for t, f in n["wanted"].items()}
            )
            for n in bundle.sources
        )
        writer.close(notes, bundle.started_at, bundle.ended_at)
    return leaves


def _nodes(leaves: list[bytes]) -> tree.Nodes:
    levels = [leaves]
    while len(levels[-1]) > 1:
        below = levels[-1]
        levels.append([tree.fold(below[i : i + 2]) for i in range(0, len(below) - 1, 2)])
    return lambda height, index: levels[height][index]


def open_records(secret: Path, challenge: Mapping[str, Any]) -> bytes:
    """The provider's answer to a challenge: the challenged records, each with its key and proof.

    Args:
        secret: the `.secret` folder that sealing left.
        challenge: what `challenges.make_challenge` gave.

    Raises:
        InputError: not a challenge, or of another bundle, or it asks for too many or unknown records.
    """
    try:
        master = (secret / "master.key").read_bytes()
        lines = list(_lines(secret / "bundle"))
    except OSError as error:
        raise InputError(f"the secret folder cannot be read: {error.strerror}", where=str(secret)) from error
    leaves = [leaf_hash(_record_key(master, i) + line) for i, line in enumerate(lines)]
    node = _nodes(leaves)
    try:
        indexes = [int(i) for i in challenge["records"]]
        if challenge["root"] != tree.root(node, len(leaves)).hex():
            raise InputError("the challenge is about another bundle", where=str(secret))
        if len(indexes) > MAX_OPENED or not all(0 <= i < len(leaves) for i in indexes):
            raise InputError(f"records 0 to {len(leaves) - 1} can be opened, {MAX_OPENED} at a time")
        id_ = str(challenge["id"])
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"not a challenge: {error!r}") from error
    opened = [
        {
            "index": i,
            "key": base64.b64encode(_record_key(master, i)).decode(),
            "record": base64.b64encode(lines[i]).decode(),
            "path": [base64.b64encode(h).decode() for h in tree.inclusion(node, i, len(leaves))],
        }
        for i in sorted(set(indexes))
    ]
    return canonical_json({"format": OPENING_FORMAT, "challenge": id_, "opened": opened})


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object from a file that the other side wrote.

    Raises:
        InputError: unreadable.
        IntegrityError: not a JSON object.
    """
    try:
        value = json.loads(path.read_bytes())
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error
    except (ValueError, RecursionError) as error:
        raise IntegrityError(f"not JSON: {error}", where=str(path)) from error
    if not isinstance(value, dict):
        raise IntegrityError("not a JSON object", where=str(path))
    return value
