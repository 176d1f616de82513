"""Verification of an audit folder: every byte of it, who signed it, and where it stands in a ledger.

Meant to be read in one sitting, by somebody who trusts neither the firm, nor the provider, nor the
code that wrote the folder. It uses `attest.check` and `ledger.proofs`, and of the writing side
nothing but the two hash functions of the tree. The steps:

    1. take the envelope, the key and the proof apart
    2. the key's signature covers the envelope's statement
    3. the statement's digests are those of the files; the bundle's manifest stands for the bundle
    4. no file is missing, none is a stranger
    5. the envelope is an entry of the ledger, under a checkpoint that the key signed
    6. cosignatures, timestamps and replies that came later
    7. with a trust policy: who signed, in which role, with a key valid at that time
    8. with a ledger: the entry stands there too, and what came after it
    9. with replay: the result follows again from the recorded evidence (`lpo_secaudit.replay`)

*Wrong* and *undecidable* are different results: a missing key, policy or ledger is not a forgery.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpo_secaudit.attest.check import (
    VerifyingKey,
    open_envelope,
    parse_public_key,
    read_statement,
    strict_json,
    unbase64,
)
from lpo_secaudit.errors import InputError, IntegrityError, SecauditError, UndecidableError
from lpo_secaudit.ledger.proofs import ParsedCheckpoint, included, parse_checkpoint, signed_by
from lpo_secaudit.verification_report import Case, Problem, Signature, VerificationReport

if TYPE_CHECKING:
    from lpo_secaudit.plugins import PluginSet

__all__ = ["Problem", "Signature", "VerificationReport", "verify"]

PREDICATE_TYPE = "urn:lpo-secaudit:audit:v1"
PROOF_FORMAT = "lpo-secaudit-proof/1"
LATER = ("cosignatures/", "timestamps/", "replies/")
UNFINISHED = ".adding-"
FIXED = ("attestation.json", "signer.pub", "ledger/proof.json")


def verify(
    path: str | Path,
    *,
    replay: bool = False,
    trust: str | Path | None = None,
    ledger: str | Path | None = None,
    keys: Sequence[str | Path] | None = None,
    now: datetime | None = None,
    plugins: PluginSet | None = None,
) -> VerificationReport:
    """Verify an audit folder.

    Args:
        path: the audit folder.
        replay: derive the result again from the recorded evidence and compare.
        trust: trust policy file (docs/formats/trust.md); without one, no name stands behind a key.
        ledger: ledger, mirror or published log that the audit must stand in.
        keys: public key files, one of which must have signed.
        now: aware instant at which validity is judged; default: the present.
        plugins: for replay; default: all installed ones.

    Raises:
        InputError: there is no such folder, or the trust policy or a key file is unusable.
    """
    root = Path(path)
    if not root.is_dir():
        raise InputError("there is no such audit folder", where=str(root))
    expected = [parse_public_key(_read_key(Path(k)), str(k)) for k in keys or ()]
    policy = None
    if trust is not None:
        from lpo_secaudit.attest.trust import load_trust

        policy = load_trust(Path(trust))
    now = now or datetime.now(UTC)
    case = Case(root, VerificationReport(root))
    _open(case)
    _files(case)
    _proof(case)
    if case.envelope is not None and case.predicate:
        from lpo_secaudit.verification_later import later_files, whole_ledger

        _named(case, expected)
        later_files(case, policy)
        if ledger is not None:
            whole_ledger(case, ledger, policy)
        if policy is not None:
            # After the ledger, which may hold revocations that the policy does not know yet.
            from lpo_secaudit.verification_trust import trust_policy

            trust_policy(case, policy, now)
        if policy is None and not expected and not any(s.one_time for s in case.report.signatures):
            case.report.notices.append("whose key this is, only a trust policy or the owner's word can tell")
        _validity(case, now)
        if replay and not case.report.wrong:
            _replay(case, plugins)
        elif replay:
            case.undecidable("audit.json", "not replayed, because the folder is not what it claims to be")
    return case.report


def _read_key(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"the key cannot be read: {error.strerror}", where=str(path)) from error


def _open(case: Case) -> None:
    """Steps 1 and 2: envelope, key, signature, statement."""
    name = "attestation.json"
    try:
        case.raw = case.read(name)
        envelope = open_envelope(case.raw, name)
        name = "signer.pub"
        pem = case.read(name)
        key = parse_public_key(pem, name)
        if key.pem != pem:
            raise IntegrityError("not the one form of this key", where=name)
    except (SecauditError, OSError) as error:
        _note(case, name, error)
        return
    case.key = key
    if key.keyid not in envelope.signatures:
        case.wrong("signer.pub", "not the key that the attestation names")
        return
    if not envelope.signed_by(key):
        case.wrong(
            "attestation.json", "the signature does not fit: the statement or the signature was changed"
        )
        return
    try:
        case.subjects, case.predicate = read_statement(envelope, PREDICATE_TYPE, "attestation.json")
        signers = {s["keyid"]: s for s in case.predicate["signers"]}
        if set(signers) != set(envelope.signatures):
            raise IntegrityError("the statement names other signers than the envelope has", where=name)
        one_time = bool(signers[key.keyid]["one_time"])
        claimed = datetime.fromisoformat(case.predicate["signed_at"])
        case.report.engagement = str(case.predicate["engagement"])
    except (SecauditError, KeyError, TypeError, ValueError) as error:
        _note(case, "attestation.json", error)
        case.predicate = {}
        return
    case.envelope = envelope
    case.report.signatures.append(Signature(key.keyid, "attestation.json", one_time, claimed))
    case.report.checked.append(f"attestation.json is signed by key {key.keyid[:16]}")


def _note(case: Case, file: str, error: Exception) -> None:
    """An exception of a step, as a problem with its file."""
    if isinstance(error, UndecidableError | OSError):
        case.undecidable(file, error.message if isinstance(error, UndecidableError) else str(error))
    else:
        case.wrong(file, error.message if isinstance(error, SecauditError) else f"malformed: {error!r}")


def _files(case: Case) -> None:
    """Steps 3 and 4: the digests of all files; none missing, none a stranger."""
    if case.envelope is None:
        return
    before = len(case.report.problems)
    expected = dict(case.subjects)
    for name, digest in sorted(case.subjects.items()):
        if not _safe(name):
            case.wrong("attestation.json", f"names a file outside the folder: {name!r}")
            expected.pop(name)
            continue
        if name != "bundle/manifest.json":
            _compare(case, name, digest)
    for required in ("audit.json", "report.html", "inputs/engagement.yaml", "bundle/manifest.json"):
        if required not in case.subjects:
            case.wrong("attestation.json", f"the statement does not name {required}")
    if "bundle/manifest.json" in expected:
        expected |= _bundle(case, expected["bundle/manifest.json"])
    known = set(expected) | set(FIXED)
    found = set(walk(case))
    for stranger in sorted(found - known):
        # Files that came later show their own integrity in step 6, which names unfinished ones too.
        if not stranger.startswith((*LATER, UNFINISHED)):
            case.wrong(stranger, "a file that nothing in the attestation names")
    for missing in sorted(known - found):
        if not any(p.file == missing for p in case.report.problems):
            case.wrong(missing, "is missing")
    if len(case.report.problems) == before:
        case.report.checked.append(
            f"{len(expected)} files are byte for byte what was signed, with no other file"
        )


def _safe(name: str) -> bool:
    return not name.startswith("/") and "\\" not in name and not set(name.split("/")) & {"", ".", ".."}


def _compare(case: Case, name: str, digest: str, size: int | None = None) -> bool:
    path = case.root / name
    try:
        if not stat.S_ISREG(path.lstat().st_mode):
            case.wrong(name, "not a plain file")
        else:
            with path.open("rb") as file:
                actual = hashlib.file_digest(file, "sha256").hexdigest()
            if actual == digest and size in (None, path.stat().st_size):
                return True
            case.wrong(name, "was changed: its bytes are not those that were signed")
    except FileNotFoundError:
        case.wrong(name, "is missing")
    except OSError as error:
        case.undecidable(name, f"cannot be read: {error.strerror}")
    return False


def _bundle(case: Case, digest: str) -> dict[str, str]:
    """The files that the bundle's manifest names, each compared; name to hex digest."""
    name = "bundle/manifest.json"
    expected: dict[str, str] = {}
    if not _compare(case, name, digest):
        return {}
    try:
        manifest = json.loads(case.read(name))
        records = manifest["records"]
        expected["bundle/records.jsonl"] = str(records["sha256"])
        _compare(case, "bundle/records.jsonl", records["sha256"], records["bytes"])
        for blob in manifest["blobs"]:
            hex_ = str(blob["sha256"])
            file = f"bundle/blobs/{hex_[:2]}/{hex_[2:]}"
            if not _safe(file):
                raise ValueError("a blob's name is no digest")
            expected[file] = hex_
            _compare(case, file, hex_, blob["bytes"])
    except (ValueError, KeyError, TypeError, RecursionError, SecauditError) as error:
        _note(case, name, error)
    return expected


def walk(case: Case) -> Iterator[str]:
    """Names of everything in the folder that is not a folder, links among them."""

    def lost(error: OSError) -> None:
        case.undecidable(
            os.path.relpath(error.filename or "", case.root), f"cannot be listed: {error.strerror}"
        )

    for folder, folders, files in os.walk(case.root, onerror=lost):
        links = [d for d in folders if (Path(folder) / d).is_symlink()]
        for file in (*files, *links):
            yield (Path(folder) / file).relative_to(case.root).as_posix()


@dataclass(frozen=True)
class OpenedProof:
    """A proof file whose path leads to a checkpoint that a key signed."""

    entry: dict[str, Any]
    raw: bytes
    index: int
    checkpoint: ParsedCheckpoint


def read_proof(case: Case, name: str, key: VerifyingKey | None) -> OpenedProof:
    """A proof file of the folder, checked up to the checkpoint's signature.

    Raises:
        IntegrityError: it is malformed, does not lead to the checkpoint, or the key did not sign it.
    """
    proof = strict_json(case.read(name), name)
    try:
        if (
            set(proof) != {"format", "index", "entry", "path", "checkpoint"}
            or proof["format"] != PROOF_FORMAT
        ):
            raise IntegrityError(f"not {PROOF_FORMAT}", where=name)
        raw, path = unbase64(proof["entry"]), [unbase64(hash_) for hash_ in proof["path"]]
        checkpoint = parse_checkpoint(proof["checkpoint"].encode(), name)
        index = proof["index"]
        if type(index) is not int or not included(raw, index, checkpoint.size, path, checkpoint.root):
            raise IntegrityError("the proof does not lead to the checkpoint", where=name)
        if key is not None and not signed_by(checkpoint, key):
            raise IntegrityError("the checkpoint is not signed by the key beside it", where=name)
        entry = json.loads(raw)
        if not isinstance(entry["body"], dict) or not isinstance(entry["kind"], str):
            raise IntegrityError("the entry is none of ours", where=name)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise IntegrityError(f"malformed: {error!r}", where=name) from error
    return OpenedProof(entry, raw, index, checkpoint)


def _proof(case: Case) -> None:
    """Step 5: the envelope is an entry under a checkpoint that the audit's key signed."""
    name = "ledger/proof.json"
    try:
        proof = read_proof(case, name, case.key)
        body = proof.entry["body"]
        if proof.entry["kind"] != "audit":
            raise IntegrityError("the entry is not that of an audit", where=name)
        recorded = {key: body[key] for key in ("envelope", "statement", "result", "keyid", "engagement")}
    except (SecauditError, KeyError) as error:
        _note(case, name, error)
        return
    if case.raw and recorded["envelope"] != "sha256:" + hashlib.sha256(case.raw).hexdigest():
        case.wrong("attestation.json", "not the envelope that the ledger holds")
    elif case.envelope is not None and case.key is not None:
        actual = {
            "envelope": recorded["envelope"],
            "statement": "sha256:" + hashlib.sha256(case.envelope.payload).hexdigest(),
            "result": "sha256:" + case.subjects.get("audit.json", ""),
            "keyid": case.key.keyid,
            "engagement": case.report.engagement,
        }
        if recorded != actual:
            case.wrong(name, "the entry speaks of another audit")
            return
        case.entry_raw, case.index, case.checkpoint = proof.raw, proof.index, proof.checkpoint
        case.report.checked.append(
            f"entry {proof.index} of ledger {proof.checkpoint.origin}, proven under a signed checkpoint"
        )


def _named(case: Case, expected: Sequence[VerifyingKey]) -> None:
    """The keys that the caller expects, where he named any."""
    if not expected or case.key is None:
        return
    if any(key.keyid == case.key.keyid for key in expected):
        case.report.checked.append("the key is one of those given")
    else:
        case.wrong("attestation.json", "signed by another key than those given")


def _validity(case: Case, now: datetime) -> None:
    if any(s.one_time for s in case.report.signatures):
        case.report.notices.append(
            "the key was made for this audit alone: it shows that nothing changed, not who signed"
        )
    until = datetime.fromisoformat(case.predicate["valid_until"])
    if now > until:
        case.report.notices.append(f"outdated: the next audit was due on {until:%Y-%m-%d}")


def _replay(case: Case, plugins: PluginSet | None) -> None:
    """Step 9."""
    from lpo_secaudit.replay import replay

    done = replay(case.root, case.predicate, plugins)
    case.report.replay = done
    if done.identical:
        case.report.checked.append("replay: the result follows again from the evidence, byte for byte")
    elif done.excused:
        case.undecidable("audit.json", f"replay gives another result: {done.summary}")
    else:
        case.wrong("audit.json", f"replay gives another result with the same code: {done.summary}")
