"""What comes to an audit folder after it was signed: cosignatures, timestamps, replies, answers.

Nothing that was signed is touched. Each addition is a file of its own, with the public key beside it
where a key signed, and a proof of its place in the ledger where it was recorded; `staging` adds them as one:

    cosignatures/<key id>.json      the audit's own statement, signed by one more key; .tsr: its timestamp
    timestamps/0001.tsr             see attest.timestamps
    replies/<16 hex>.json           a provider's rebuttal or cure, or the firm's answer to one

What a killed process left of an addition, the same call brings to its end and adds no second one.

Specified in docs/formats/audit-folder.md and reply.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpo_secaudit.attest.check import open_envelope, read_statement
from lpo_secaudit.attest.dsse import envelope, statement
from lpo_secaudit.errors import InputError
from lpo_secaudit.folder import PREDICATE_TYPE
from lpo_secaudit.formats.canonical import digest_bytes
from lpo_secaudit.formats.instants import format_instant
from lpo_secaudit.staging import Recording, add, complete

if TYPE_CHECKING:
    from lpo_secaudit.attest.signers import Signer

__all__ = ["REPLY_TYPE", "add_timestamp", "answer", "cosign", "reply"]

REPLY_TYPE = "urn:lpo-secaudit:reply:v1"
MAX_TEXT = 20_000


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"cannot be read: {error.strerror}", where=str(path)) from error


def _attestation(folder: Path) -> tuple[bytes, dict[str, str], dict[str, Any], bytes]:
    """Envelope bytes, subjects, predicate and payload of an audit folder."""
    raw = _read(folder / "attestation.json")
    opened = open_envelope(raw, str(folder / "attestation.json"))
    subjects, predicate = read_statement(opened, PREDICATE_TYPE, str(folder / "attestation.json"))
    return raw, subjects, predicate, opened.payload


def _now(now: datetime | None) -> datetime:
    return (now or datetime.now(UTC)).replace(microsecond=0)


def cosign(
    folder: str | Path,
    signer: Signer,
    ledger: str | Path,
    *,
    tsa: str | None = None,
    now: datetime | None = None,
) -> Path:
    """Sign an audit with one more key; returns the file made.

    Verify the folder first: this signs what is there.

    Args:
        ledger: where the cosignature is recorded; that entry says when it was made.
        tsa: address of a timestamp authority, which then says it too. Without its answer nothing is
            signed.

    Raises:
        UndecidableError, IntegrityError: see `attest.timestamps.request_timestamp`.
        InputError: not an audit folder, the key signed already, or it cannot be written.
    """
    root = Path(folder)
    raw, _, predicate, payload = _attestation(root)
    name = f"cosignatures/{signer.keyid}"
    if name in complete(root, signer, ledger):
        return root / f"{name}.json"
    if any(s.get("keyid") == signer.keyid for s in predicate.get("signers", ())):
        raise InputError("the key has signed this audit already", where=str(root))
    if (root / f"{name}.json").exists():
        raise InputError("the key has signed this audit already", where=str(root / f"{name}.json"))
    made = envelope(payload, signer)
    body = {
        "envelope": digest_bytes(raw),
        "statement": digest_bytes(payload),
        "keyid": signer.keyid,
        "file": digest_bytes(made),
    }
    files = {f"{name}.json": made, f"{name}.pub": signer.public_key_pem}
    if tsa is not None:
        from lpo_secaudit.attest.timestamps import request_timestamp

        files[f"{name}.tsr"] = request_timestamp(made, tsa)
        body["token"] = digest_bytes(files[f"{name}.tsr"])
    add(root, name, files, Recording("cosignature", body, ledger, signer, _now(now)))
    return root / f"{name}.json"


def add_timestamp(
    folder: str | Path, url: str, *, signer: Signer | None = None, ledger: str | Path | None = None
) -> Path:
    """Have a timestamp authority say that the audit existed; returns the file made.

    A second call renews: see `attest.timestamps`. With signer and ledger, the token is recorded, so
    that the ledger too shows if one is lost.

    Raises:
        UndecidableError: no answer from the authority.
        InputError, IntegrityError: see `attest.timestamps.next_timestamp`.
    """
    from lpo_secaudit.attest.timestamps import next_timestamp

    root = Path(folder)
    raw = _attestation(root)[0]
    left = [stem for stem in complete(root, signer, ledger) if stem.startswith("timestamps/")]
    if left:
        return root / f"{left[-1]}.tsr"
    name, files = next_timestamp(root, url)
    stem, recording = name.removesuffix(".tsr"), None
    if signer is not None and ledger is not None:
        body = {"envelope": digest_bytes(raw), "token": digest_bytes(files[name]), "keyid": signer.keyid}
        files[f"{stem}.pub"] = signer.public_key_pem
        recording = Recording("timestamp", body, ledger, signer, _now(None))
    add(root, stem, files, recording)
    return root / name


def reply(
    folder: str | Path,
    fingerprint: str,
    kind: str,
    text: str,
    signer: Signer,
    *,
    evidence: Sequence[str | Path] = (),
    ledger: str | Path | None = None,
    now: datetime | None = None,
) -> Path:
    """A provider's word on a finding or conflict: it stands beside it, and removes nothing.

    Args:
        kind: "rebuttal" (the finding is disputed) or "cure" (it is said to be remedied).
        evidence: files whose digests go with the reply; the files themselves are handed over apart.

    Raises:
        InputError: no such finding or kind, no text, or the folder cannot be written.
    """
    if kind not in ("rebuttal", "cure"):
        raise InputError(f"there is no reply of kind {kind!r}", hint="rebuttal or cure")
    root = Path(folder)
    raw, subjects, predicate, _ = _attestation(root)
    known = _fingerprints(root)
    if fingerprint not in known:
        raise InputError(
            f"the audit has no finding or conflict {fingerprint!r}",
            where=str(root / "audit.json"),
            hint="fingerprints stand in audit.json and in the report",
        )
    predicate_of_reply = {
        "engagement": predicate["engagement"],
        "result": f"sha256:{subjects['audit.json']}",
        "fingerprint": fingerprint,
        "about": known[fingerprint],
        "kind": kind,
        "evidence": [{"name": Path(e).name, "digest": digest_bytes(_read(Path(e)))} for e in evidence],
    }
    return _add_reply(root, raw, predicate_of_reply, text, signer, ledger, _now(now))


def answer(
    folder: str | Path,
    reply_id: str,
    decision: str,
    text: str,
    signer: Signer,
    *,
    ledger: str | Path | None = None,
    now: datetime | None = None,
) -> Path:
    """The firm's answer to a reply: "accepted" or "rejected", with its reasons.

    Raises:
        InputError: no such reply or decision, no text, or the folder cannot be written.
    """
    if decision not in ("accepted", "rejected"):
        raise InputError(f"there is no decision {decision!r}", hint="accepted or rejected")
    root = Path(folder)
    raw, subjects, predicate, _ = _attestation(root)
    answered = root / "replies" / f"{reply_id}.json"
    given = open_envelope(_read(answered), str(answered))
    _, about = read_statement(given, REPLY_TYPE, str(answered))
    if about.get("kind") not in ("rebuttal", "cure"):
        raise InputError("that is an answer, not a reply", where=str(answered))
    predicate_of_answer = {
        "engagement": predicate["engagement"],
        "result": f"sha256:{subjects['audit.json']}",
        "fingerprint": about["fingerprint"],
        "about": about["about"],
        "kind": "answer",
        "decision": decision,
        "answers": reply_id,
        "evidence": [],
    }
    return _add_reply(root, raw, predicate_of_answer, text, signer, ledger, _now(now))


def _add_reply(
    root: Path,
    raw: bytes,
    predicate: Mapping[str, Any],
    text: str,
    signer: Signer,
    ledger: str | Path | None,
    now: datetime,
) -> Path:
    if not text.strip() or len(text) > MAX_TEXT:
        raise InputError(f"a reply has between 1 and {MAX_TEXT} characters", where=str(root))
    full = {
        **predicate,
        "text": text,
        "made_at": format_instant(now),
        "recorded": ledger is not None,
        "signers": [{"keyid": signer.keyid, "algorithm": signer.algorithm}],
    }
    for stem in complete(root, signer, ledger):
        if stem.startswith("replies/") and _words(root / f"{stem}.json") == full | {"made_at": None}:
            return root / f"{stem}.json"
    made = envelope(statement({"attestation.json": digest_bytes(raw)}, REPLY_TYPE, full), signer)
    name = f"replies/{hashlib.sha256(made).hexdigest()[:16]}"
    files = {f"{name}.json": made, f"{name}.pub": signer.public_key_pem}
    recording = None
    if ledger is not None:
        # The words stay out of the log, which cannot forget; their digest is enough.
        body = {
            "engagement": predicate["engagement"],
            "fingerprint": predicate["fingerprint"],
            "envelope": digest_bytes(made),
            "audit": digest_bytes(raw),
            "kind": predicate["kind"],
            "keyid": signer.keyid,
        }
        recording = Recording("reply", body, ledger, signer, now)
    add(root, name, files, recording)
    return root / f"{name}.json"


def _words(reply: Path) -> dict[str, Any]:
    """What a reply says, without its time."""
    opened = open_envelope(_read(reply), str(reply))
    return read_statement(opened, REPLY_TYPE, str(reply))[1] | {"made_at": None}


def _fingerprints(root: Path) -> dict[str, str]:
    import json

    result = json.loads(_read(root / "audit.json"))
    found = {f["fingerprint"]: f"{f['catalog']}/{f['control']}" for f in result["findings"]}
    return found | {c["fingerprint"]: f"{c['kind']}: {c['topic']}" for c in result["conflicts"]}
