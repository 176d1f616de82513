"""Verification beyond the signed folder itself: what came later, the trust policy, the whole ledger."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
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
from lpo_secaudit.ledger.proofs import signed_by
from lpo_secaudit.verification_report import Signature

if TYPE_CHECKING:
    from lpo_secaudit.attest.trust import TrustedKey, TrustPolicy
    from lpo_secaudit.verification_report import Case

__all__ = ["later_files", "trust_policy", "whole_ledger"]

REPLY_TYPE = "urn:lpo-secaudit:reply:v1"


def _sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


# ---- step 6 ---------------------------------------------------------------------------------


def later_files(case: Case, policy: TrustPolicy | None) -> None:
    """Step 6: each file that came later shows its own integrity, or is a stranger."""
    from lpo_secaudit.verification import walk

    names = {n for n in walk(case) if n.startswith(("cosignatures/", "timestamps/", "replies/"))}
    claimed: set[str] = set()
    for name in sorted(names):
        check = {"cosignatures": _cosignature, "replies": _reply}.get(name.split("/")[0])
        stem = name.removesuffix(".json")
        if not check or stem == name or name.endswith(".proof.json") or name.count("/") != 1:
            continue
        # With neither a key nor a proof beside it, it is nothing that anybody signed here.
        if names & {f"{stem}.pub", f"{stem}.proof.json"}:
            claimed |= _guarded(case, name, partial(check, case, name, names))
    claimed |= _timestamps(case, names, policy)
    for stranger in sorted(names - claimed):
        stem = stranger.removesuffix(".pub").removesuffix(".proof.json")
        main = f"{stem}.tsr" if stem.startswith("timestamps/") else f"{stem}.json"
        if stem != stranger:
            # A key or proof is left of something: what is missing is what it belonged to.
            case.wrong(main, f"is missing, and {stranger} is left of it")
        else:
            case.wrong(stranger, "a file that belongs to no cosignature, timestamp or reply")
    _dispute(case, policy)


def _guarded(case: Case, name: str, check: Callable[[], None]) -> set[str]:
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
    return {f"{stem}{ending}" for ending in (".json", ".tsr", ".pub", ".proof.json")}


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


def _recorded(
    case: Case, file: str, names: set[str], kind: str, expected: Mapping[str, str]
) -> datetime | None:
    """When a later file was recorded, by its proof; None for a timestamp that was not."""
    from lpo_secaudit.verification import read_proof

    stem = file.rpartition(".")[0]
    name = f"{stem}.proof.json"
    if name not in names:
        if kind == "timestamp" and f"{stem}.pub" not in names:
            return None
        raise IntegrityError("is missing", where=name)
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
    return datetime.fromisoformat(entry["recorded_at"])


def _cosignature(case: Case, name: str, names: set[str]) -> None:
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
    claimed = _recorded(case, name, names, "cosignature", body)
    case.report.signatures.append(Signature(key.keyid, name, False, claimed))
    case.report.checked.append(f"{name} signs the same statement")


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
        _recorded(case, name, names, "reply", expected)
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
    for number, name in enumerate(tokens, 1):
        claimed |= _guarded(case, name, partial(_timestamp, case, name, number, names, policy))
    if tokens and (policy is None or not policy.tsa_roots):
        case.report.notices.append(
            "a timestamp is there; a trust policy with its authority's certificate would make it count"
        )
    return claimed


def _timestamp(case: Case, name: str, number: int, names: set[str], policy: TrustPolicy | None) -> None:
    from lpo_secaudit.attest.timestamps import OtherBytesError, check_token

    stem = name.removesuffix(".tsr")
    if name != f"timestamps/{number:04}.tsr":
        raise IntegrityError("a timestamp before this one is missing", where=name)
    data, token = case.raw, case.read(name)
    body = {"envelope": _sha256(case.raw), "token": _sha256(token)}
    _recorded(case, name, names, "timestamp", body)
    over = "attestation.json" if number == 1 else f"{stem}.json"
    if number > 1:
        data = case.read(over)
        covered = strict_json(data, over)["sha512"]
        before = {f"timestamps/{i:04}.tsr" for i in range(1, number)} | {"attestation.json"}
        if not before <= set(covered):
            raise IntegrityError("the renewal leaves an earlier timestamp out", where=over)
    try:
        made = check_token(token, data, policy.tsa_roots if policy else (), name)
    except OtherBytesError as error:
        # A recorded token is known to be as it was, so it is the file that was changed.
        raise IntegrityError(error.message, where=over if f"{stem}.proof.json" in names else name) from error
    if number > 1:
        for file, digest in covered.items():
            there = file in names or file == "attestation.json"
            if not there or hashlib.sha512(case.read(file)).hexdigest() != digest:
                raise IntegrityError("not what the renewing timestamp covers", where=file)
    if made.trusted:
        case.proven = min(made.at, case.proven or made.at)
        case.report.checked.append(f"{name}: existed at {made.at:%Y-%m-%d %H:%M:%SZ}, says {made.authority}")


# ---- step 7 ---------------------------------------------------------------------------------


def trust_policy(case: Case, policy: TrustPolicy, now: datetime) -> None:
    """Step 7: whose keys they are, whether they counted, and who is missing."""
    from lpo_secaudit.attest.trust import SignedAt, judge_key, missing

    valid: list[TrustedKey] = []
    for position, signature in enumerate(case.report.signatures):
        known = policy.keys.get(signature.keyid)
        if known is None:
            named = replace(signature, state="unknown: the policy does not name this key")
        else:
            revoked = [t for t in (known.revoked_at, case.revoked.get(signature.keyid)) if t]
            known = replace(known, revoked_at=min(revoked) if revoked else None)
            # The audit's timestamp covers its own envelope, and not what was signed later.
            proven = case.proven if signature.file == "attestation.json" else None
            state, why = judge_key(known, SignedAt(signature.claimed_at, proven, now))
            named = replace(signature, owner=known.owner, role=known.role, state=why or "valid")
            if state == "wrong":
                case.wrong(signature.file, f"{known.owner}: {why}")
            elif state == "undecidable":
                case.undecidable(signature.file, f"{known.owner}: {why}")
            else:
                valid.append(known)
        case.report.signatures[position] = named
    for reply in case.replies.values():
        known = policy.keys.get(reply["keyid"])
        who = f"{known.owner} ({known.role})" if known else "a key that the policy does not name"
        case.report.notices.append(f"{reply['kind']} on {reply['about']} by {who}")
    for line in missing(policy, valid):
        case.undecidable("", line)
    if not valid:
        case.undecidable("attestation.json", "no valid signature is by a key of the trust policy")
    if policy.require_timestamp and case.proven is None:
        case.undecidable("", "the policy asks for a trusted timestamp, and there is none")
    if not case.report.problems:
        case.report.checked.append(f"the trust policy {policy.name} is met")


# ---- step 8 ---------------------------------------------------------------------------------


def whole_ledger(case: Case, place: str | Path) -> None:
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
            if not (case.root / f"cosignatures/{body['keyid']}.json").is_file():
                case.wrong(f"cosignatures/{body['keyid']}.json", f"is missing: entry {index} records it")
        case "reply" if body.get("audit") == envelope:
            name = f"replies/{body['envelope'].removeprefix('sha256:')[:16]}.json"
            if not (case.root / name).is_file():
                case.wrong(name, f"is missing: entry {index} records it")
        case "timestamp" if body.get("envelope") == envelope:
            if not any(
                _sha256(p.read_bytes()) == body["token"] for p in (case.root / "timestamps").glob("*.tsr")
            ):
                case.wrong("timestamps", f"a timestamp is missing: entry {index} records it")
        case _:
            pass
