"""Verification, step 7: whose keys signed, which of them counted then, and who is still missing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from lpo_secaudit.attest.trust import SignedAt, judge_key, missing
from lpo_secaudit.ledger.proofs import ParsedCheckpoint, witnessed_by

if TYPE_CHECKING:
    from lpo_secaudit.attest.trust import TrustedKey, TrustPolicy
    from lpo_secaudit.verification_report import Case

__all__ = ["trust_policy", "witness_lines"]

MAX_SECONDS = 253402300799  # the last second of the year 9999


def trust_policy(case: Case, policy: TrustPolicy, now: datetime) -> None:
    """Step 7: whose keys they are, whether they counted, and who is missing."""
    witnesses = _witnesses(case, policy, now)
    counted: list[TrustedKey] = []
    for position, signature in enumerate(case.report.signatures):
        known = policy.keys.get(signature.keyid)
        if known is None:
            named = replace(signature, state="unknown: the policy does not name this key")
        else:
            known = _with_revocation(case, known)
            when = SignedAt(signature.claimed_at, signature.proven_at, now)
            state, why = judge_key(known, when, trusted_only=policy.require_trusted_time)
            named = replace(signature, owner=known.owner, role=known.role, state=why or "valid")
            if state == "wrong":
                case.wrong(signature.file, f"{known.owner}: {why}")
            elif state == "undecidable":
                case.undecidable(signature.file, f"{known.owner}: {why}")
            elif known.role == "witness":
                case.report.notices.append(
                    f"{signature.file}: {known.owner} is a witness, whose word is on checkpoints: not counted"
                )
            else:
                counted.append(known)
        case.report.signatures[position] = named
    for reply in case.replies.values():
        known = policy.keys.get(reply["keyid"])
        who = f"{known.owner} ({known.role})" if known else "a key that the policy does not name"
        case.report.notices.append(f"{reply['kind']} on {reply['about']} by {who}")
    for line in missing(policy, (*witnesses, *counted)):
        case.undecidable("", line)
    if not counted:
        case.undecidable("attestation.json", "no valid signature is by a key of the trust policy")
    if policy.require_timestamp and "attestation.json" not in case.proven:
        case.undecidable("", "the policy asks for a trusted timestamp, and there is none")
    if not case.report.problems:
        case.report.checked.append(f"the trust policy {policy.name} is met")


def _with_revocation(case: Case, known: TrustedKey) -> TrustedKey:
    revoked = [t for t in (known.revoked_at, case.revoked.get(known.key.keyid)) if t]
    return replace(known, revoked_at=min(revoked) if revoked else None)


def _witnesses(case: Case, policy: TrustPolicy, now: datetime) -> list[TrustedKey]:
    """Witnesses of the policy that saw this audit's entry in the log with a key that counted then.

    Their times are their own word: no timestamp covers a witness's line.
    """
    found = []
    if case.checkpoint is not None:
        witness_lines(case, policy, case.checkpoint, "ledger/proof.json")
    for keyid, times in case.witnessed.items():
        known = _with_revocation(case, policy.keys[keyid])
        judged = [judge_key(known, SignedAt(at, None, now)) for at in sorted(times)]
        if any(state == "valid" for state, _ in judged):
            found.append(known)
            case.report.checked.append(f"{known.owner} witnessed the log with this audit in it")
        else:
            case.report.notices.append(
                f"the word of the witness {known.owner} does not count: {judged[0][1]}"
            )
    if any(r.role == "witness" for r in policy.require) and not case.witnessed:
        case.report.notices.append("a witness's word stands in a copy of the log: give one by --ledger")
    return found


def witness_lines(case: Case, policy: TrustPolicy, head: ParsedCheckpoint, where: str) -> None:
    """Take down the lines of the policy's witnesses on a checkpoint over this audit's entry."""
    if head.size <= case.index or len(head.signatures) < 2:
        return
    for keyid, known in policy.keys.items():
        if known.role != "witness":
            continue
        seconds = witnessed_by(head, known.id, known.key)
        if seconds is False or (seconds or 0) > MAX_SECONDS:
            case.wrong(where, f"the line of the witness {known.id} at size {head.size} is not by its key")
        elif seconds is not None:
            case.witnessed.setdefault(keyid, []).append(datetime.fromtimestamp(seconds, UTC))
