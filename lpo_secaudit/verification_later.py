"""Verification beyond the signed folder itself: what came later, and the whole ledger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpo_secaudit.attest.check import (
    Envelope,
    VerifyingKey,
    open_envelope,
    parse_public_key,
    read_statement,
    strict_json,
)
from lpo_secaudit.errors import InputError, IntegrityError, SecauditError, UndecidableError
from lpo_secaudit.ledger.proofs import parse_checkpoint, signed_by
from lpo_secaudit.verification_report import Signature

if TYPE_CHECKING:
    from lpo_secaudit.attest.trust import TrustPolicy
    from lpo_secaudit.verification_report import Case

__all__ = ["later_files", "whole_ledger"]

REPLY_TYPE = "urn:lpo-secaudit:reply:v1"


def _sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


# ---- step 6 ---------------------------------------------------------------------------------


def later_files(case: Case, policy: TrustPolicy | None) -> None:
    """Step 6: each file that came later shows its own integrity, or is a stranger."""
    from lpo_secaudit.verification import LATER, UNFINISHED, walk

    present = set(walk(case))
    names = {n for n in present if n.startswith(LATER)}
    names -= _unfinished(case, sorted(n for n in present if n.startswith(UNFINISHED)))
    claimed: set[str] = set()
    checks: dict[str, tuple[Callable[[Case, str, set[str]], None], tuple[str, ...]]] = {
        # folder: the check of its files, and what may lie beside one but a key and a proof
        "cosignatures": (partial(_cosignature, policy=policy), (".tsr",)),
        "replies": (_reply, ()),
    }
    for name in sorted(names):
        folder, _, file = name.partition("/")
        stem = name.removesuffix(".json")
        if folder not in checks or stem == name or name.endswith(".proof.json") or "/" in file:
            continue
        # With neither a key nor a proof beside it, it is nothing that anybody signed here.
        if names & {f"{stem}.pub", f"{stem}.proof.json"}:
            check, also = checks[folder]
            claimed |= _guarded(case, name, partial(check, case, name, names), *also)
    claimed |= _timestamps(case, names, policy)
    for stranger in sorted(names - claimed):
        stem = stranger.removesuffix(".pub").removesuffix(".proof.json")
        main = f"{stem}.tsr" if stem.startswith("timestamps/") else f"{stem}.json"
        if stem != stranger:
            # A key or proof is left of something: what is missing is what it belonged to.
            case.wrong(main, f"is missing, and {stranger} is left of it")
        else:
            case.wrong(stranger, "a file that belongs to no cosignature, timestamp or reply")
    case.report.signatures[:] = [
        replace(s, proven_at=case.proven.get(s.file)) for s in case.report.signatures
    ]
    _dispute(case, policy)


def _unfinished(case: Case, found: Iterable[str]) -> set[str]:
    """Name the additions that are under way or were stopped; gives their files that have a place already.

    A file in its place counts as one of theirs only while it is the one that is being placed: else
    whoever changes a file could call it unfinished.
    """
    placed: set[str] = set()
    for top, files in groupby(found, lambda name: name.partition("/")[0]):
        case.undecidable(
            top, "an addition under way, or stopped before its end: its command, given again, completes it"
        )
        # What is still or again a draft is not whole, and none of its files is being placed.
        for file in () if top.endswith(".new") else files:
            name = file.partition("/")[2]
            case.unfinished[name] = file
            try:
                if case.read(name) == case.read(file):
                    placed.add(name)
            except SecauditError:
                continue
    return placed


def _guarded(case: Case, name: str, check: Callable[[], None], *also: str) -> set[str]:
    """Run one check; what it raises is a problem of its file. Gives the names that belong to it."""
    stem = name.rpartition(".")[0]
    try:
        check()
    except UndecidableError as error:
        case.undecidable(error.where or name, error.message)
    except SecauditError as error:
        case.wrong(error.where or name, error.message)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        case.wrong(name, f"malformed: {error!r}")
    return {name, *(f"{stem}{ending}" for ending in (".pub", ".proof.json", *also))}


def _key_of(case: Case, stem: str) -> VerifyingKey:
    name = f"{stem}.pub"
    pem = case.read(name)
    try:
        key = parse_public_key(pem, name)
    except InputError as error:
        raise IntegrityError(error.message, where=name) from error
    if key.pem != pem:
        raise IntegrityError("not the one form of this key", where=name)
    return key


def _signed(opened: Envelope, key: VerifyingKey, name: str) -> None:
    if set(opened.signatures) != {key.keyid}:
        raise IntegrityError(f"not the key that {name} names", where=f"{name.removesuffix('.json')}.pub")
    if not opened.signed_by(key):
        raise IntegrityError("the signature does not fit", where=name)


def _recorded(case: Case, file: str, kind: str, expected: Mapping[str, str]) -> Mapping[str, Any]:
    """The ledger's entry about a later file, by the key and the proof beside it."""
    from lpo_secaudit.verification import read_proof

    stem = file.rpartition(".")[0]
    name = f"{stem}.proof.json"
    key, proof = _key_of(case, stem), read_proof(case, name, None)
    entry = proof.entry
    if entry["kind"] != kind:
        raise IntegrityError(f"proves no {kind}", where=name)
    if entry["body"].get("keyid") != key.keyid:
        # Where a signature beside it fits the key, it is the proof that does not.
        where = f"{stem}.pub" if kind == "timestamp" else name
        raise IntegrityError("key and proof do not belong together", where=where)
    if not signed_by(proof.checkpoint, key):
        raise IntegrityError("the checkpoint is not signed by the key beside it", where=name)
    if {k: entry["body"].get(k) for k in expected} != dict(expected):
        raise IntegrityError(f"the {kind} is not what the ledger holds", where=file)
    return entry


def _cosignature(case: Case, name: str, names: set[str], policy: TrustPolicy | None) -> None:
    stem = name.removesuffix(".json")
    key = _key_of(case, stem)
    raw = case.read(name)
    opened = open_envelope(raw, name)
    assert case.envelope is not None  # noqa: S101  # the caller's condition
    if (opened.payload_type, opened.payload) != (case.envelope.payload_type, case.envelope.payload):
        raise IntegrityError("signs another statement than the audit's", where=name)
    if set(opened.signatures) != {Path(stem).name}:
        raise IntegrityError("is filed under another key's id", where=name)
    _signed(opened, key, name)
    body = {"envelope": _sha256(case.raw), "keyid": key.keyid, "file": _sha256(raw)}
    entry = _recorded(case, name, "cosignature", body)
    claimed = datetime.fromisoformat(entry["recorded_at"])
    case.report.signatures.append(Signature(key.keyid, name, False, claimed))
    case.report.checked.append(f"{name} signs the same statement")
    token = entry["body"].get("token")
    if token is not None or f"{stem}.tsr" in names:
        if token != _sha256(case.read(f"{stem}.tsr")):
            raise IntegrityError("not the timestamp that was recorded with it", where=f"{stem}.tsr")
        _count(case, f"{stem}.tsr", raw, policy, name)


def _reply(case: Case, name: str, names: set[str]) -> None:
    stem = name.removesuffix(".json")
    raw = case.read(name)
    if hashlib.sha256(raw).hexdigest()[:16] != Path(stem).name:
        raise IntegrityError("was changed: its name is not its digest", where=name)
    key = _key_of(case, stem)
    opened = open_envelope(raw, name)
    _signed(opened, key, name)
    subjects, predicate = read_statement(opened, REPLY_TYPE, name)
    if subjects != {"attestation.json": hashlib.sha256(case.raw).hexdigest()}:
        raise IntegrityError("replies to another audit", where=name)
    if predicate["recorded"] or f"{stem}.proof.json" in names:
        expected = {"envelope": _sha256(raw), "fingerprint": predicate["fingerprint"]}
        _recorded(case, name, "reply", expected)
    case.replies[Path(stem).name] = predicate | {"keyid": key.keyid}
    case.report.checked.append(f"{name} is signed by key {key.keyid[:16]}")


def _dispute(case: Case, policy: TrustPolicy | None) -> None:
    """Say which findings are disputed, said to be cured, or answered.

    Only the firm answers: by a key that signed the audit, or that the policy gives to an auditor or
    reviewer. Else a provider could accept its own rebuttal.
    """
    firm = {s.keyid for s in case.report.signatures if not s.one_time}
    if policy is not None:
        firm = {k for k, known in policy.keys.items() if known.role in ("auditor", "reviewer")}
    answers = {}
    for id_, reply in case.replies.items():
        if reply["kind"] == "answer" and reply["keyid"] in firm:
            answers[reply["answers"]] = reply["decision"]
        elif reply["kind"] == "answer":
            case.report.notices.append(
                f"replies/{id_}.json answers by a key that is not the firm's: not counted"
            )
    for id_, reply in sorted(case.replies.items(), key=lambda item: item[1]["made_at"]):
        if reply["kind"] == "answer":
            continue
        state = {"rebuttal": "disputed", "cure": "cure-claimed"}[reply["kind"]]
        if id_ in answers:
            state += f", {answers[id_]} by the firm"
        case.report.disputes.setdefault(reply["fingerprint"], []).append(state)
        case.report.notices.append(f"{reply['about']} ({reply['fingerprint']}): {state}")


def _timestamps(case: Case, names: set[str], policy: TrustPolicy | None) -> set[str]:
    """Check all timestamps; the earliest trusted one is the audit's proven time."""
    claimed: set[str] = set()
    tokens = sorted(n for n in names if n.startswith("timestamps/") and n.endswith(".tsr"))
    beside = any(n.startswith("cosignatures/") and n.endswith(".tsr") for n in names)
    for number, name in enumerate(tokens, 1):
        also = (".json",) if number > 1 else ()
        claimed |= _guarded(case, name, partial(_timestamp, case, name, number, names, policy), *also)
    if (tokens or beside) and (policy is None or not policy.tsa_roots):
        case.report.notices.append(
            "a timestamp is there; a trust policy with its authority's certificate would make it count"
        )
    return claimed


def _timestamp(case: Case, name: str, number: int, names: set[str], policy: TrustPolicy | None) -> None:
    from lpo_secaudit.attest.tokens import OtherBytesError

    stem = name.removesuffix(".tsr")
    if name != f"timestamps/{number:04}.tsr":
        raise IntegrityError("a timestamp before this one is missing", where=name)
    data, token, signed = case.raw, case.read(name), ["attestation.json"]
    # A token needs no ledger; but where a key or a proof is beside it, it was recorded.
    if names & {f"{stem}.pub", f"{stem}.proof.json"}:
        _recorded(case, name, "timestamp", {"envelope": _sha256(case.raw), "token": _sha256(token)})
    over = "attestation.json" if number == 1 else f"{stem}.json"
    if number > 1:
        data = case.read(over)
        covered = strict_json(data, over)["sha512"]
        before = {f"timestamps/{i:04}.tsr" for i in range(1, number)} | {"attestation.json"}
        if not before <= set(covered):
            raise IntegrityError("the renewal leaves an earlier timestamp out", where=over)
        signed += [file for file in covered if file.startswith("cosignatures/") and file.endswith(".json")]
    try:
        _count(case, name, data, policy, *signed)
    except OtherBytesError as error:
        # A recorded token is known to be as it was, so it is the file that was changed.
        raise IntegrityError(error.message, where=over if f"{stem}.proof.json" in names else name) from error
    if number > 1:
        for file, digest in covered.items():
            there = file in names or file == "attestation.json"
            if not there or hashlib.sha512(case.read(file)).hexdigest() != digest:
                raise IntegrityError("not what the renewing timestamp covers", where=file)


def _count(case: Case, name: str, data: bytes, policy: TrustPolicy | None, *signed: str) -> None:
    """Check a token over `data`; where its authority is trusted, the signed files existed at its time."""
    from lpo_secaudit.attest.tokens import check_token

    made = check_token(case.read(name), data, policy.tsa_roots if policy else (), name)
    if made.trusted:
        for file in signed:
            case.proven[file] = min(made.at, case.proven.get(file, made.at))
        case.report.checked.append(f"{name}: existed at {made.at:%Y-%m-%d %H:%M:%SZ}, says {made.authority}")


# ---- step 8 ---------------------------------------------------------------------------------


def whole_ledger(case: Case, place: str | Path, policy: TrustPolicy | None) -> None:
    """Step 8: the audit stands in a whole ledger or a copy of one; what else it holds about it."""
    from lpo_secaudit.ledger.check import check_copy
    from lpo_secaudit.ledger.reader import open_copy

    if case.checkpoint is None:
        return
    try:
        copy = open_copy(place)
    except UndecidableError as error:
        case.undecidable("", f"the ledger: {error.message}")
        return
    except IntegrityError as error:
        case.wrong("", f"the ledger: {error.where or ''}: {error.message}")
        return
    try:
        if copy.origin != case.checkpoint.origin:
            case.undecidable(
                "ledger/proof.json", f"the ledger given is {copy.origin}, not {case.checkpoint.origin}"
            )
            return
        report = check_copy(copy, (), parse_public_key)
        for problem in report.problems:
            case.wrong("", f"the ledger: {problem}")
        if report.size < case.checkpoint.size:
            case.wrong(
                "",
                f"the ledger has {report.size} entries, fewer than the {case.checkpoint.size} of the audit's "
                "checkpoint: it is an old copy, or entries were removed",
            )
            return
        _entries(case, copy.batches())
        # Notes are read again for witnesses alone; a long log has many.
        if policy and not report.problems and any(k.role == "witness" for k in policy.keys.values()):
            from lpo_secaudit.verification_trust import witness_lines

            for stored in copy.checkpoints():
                witness_lines(case, policy, parse_checkpoint(stored.note, copy.where), "")
        if not report.problems:
            case.report.checked.append(f"the ledger of {report.size} entries is whole and holds this audit")
    except SecauditError as error:
        case.wrong("", f"the ledger: {error.message}")
    finally:
        copy.close()


def _entries(case: Case, batches: Any) -> None:
    assert case.checkpoint is not None  # noqa: S101  # the caller's condition
    from lpo_secaudit.ledger.hashing import leaf_hash
    from lpo_secaudit.ledger.proofs import CompactRange

    envelope, index, edge = _sha256(case.raw), 0, CompactRange()
    superseded: list[int] = []
    for batch in batches:
        for raw in batch:
            if index < case.checkpoint.size:
                edge.add(leaf_hash(raw))
            if index == case.index and raw != case.entry_raw:
                case.wrong("ledger/proof.json", f"entry {index} of the ledger is another one")
            elif index > case.index:
                _entry(case, json.loads(raw), envelope, index, superseded)
            index += 1
    if edge.root() != case.checkpoint.root:
        case.wrong(
            "ledger/proof.json",
            "the ledger does not lead to the audit's checkpoint: it was forked or changed",
        )
    if superseded:
        case.report.notices.append(
            f"superseded: entry {superseded[-1]} records a later audit of {case.report.engagement}"
        )


def _entry(case: Case, entry: Mapping[str, Any], envelope: str, index: int, superseded: list[int]) -> None:
    body = entry["body"]
    match entry["kind"]:
        case "audit" if body.get("engagement") == case.report.engagement:
            superseded.append(index)
        case "revocation":
            at = datetime.fromisoformat(body["revoked_at"]).astimezone(UTC)
            case.revoked[body["keyid"]] = min(at, case.revoked.get(body["keyid"], at))
            if any(s.keyid == body["keyid"] for s in case.report.signatures):
                case.report.notices.append(
                    f"entry {index} revokes key {body['keyid'][:16]} from {body['revoked_at']}"
                )
        case "cosignature" if body.get("envelope") == envelope:
            for ending in ("json", "tsr") if body.get("token") else ("json",):
                _present(case, f"cosignatures/{body['keyid']}.{ending}", index)
        case "reply" if body.get("audit") == envelope:
            _present(case, f"replies/{body['envelope'].removeprefix('sha256:')[:16]}.json", index)
        case "timestamp" if body.get("envelope") == envelope:
            stamped = [f"timestamps/{path.name}" for path in case.root.glob("timestamps/*.tsr")]
            left = [at for name, at in case.unfinished.items() if name.endswith(".tsr")]
            if not _holds(case, stamped, body["token"]):
                unfinished = _holds(case, left, body["token"])
                _lost(case, "timestamps", "a timestamp is", index, unfinished=unfinished)
        case _:
            pass


def _present(case: Case, name: str, index: int) -> None:
    if not (case.root / name).is_file():
        _lost(case, name, "is", index, unfinished=name in case.unfinished)


def _holds(case: Case, files: Iterable[str], digest: str) -> bool:
    for file in files:
        try:
            if _sha256(case.read(file)) == digest:
                return True
        except SecauditError:  # step 6 says what is wrong with it
            continue
    return False


def _lost(case: Case, name: str, what: str, index: int, *, unfinished: bool) -> None:
    if unfinished:
        case.undecidable(name, f"{what} unfinished: entry {index} records it")
    else:
        case.wrong(name, f"{what} missing: entry {index} records it")
