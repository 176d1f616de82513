"""KMS keys: who may use them, and whether an enclave's key demands the enclave's proof."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from lpo_secaudit.model.check import (
    CheckFunction,
    Record,
    Verdict,
    World,
    not_applicable,
    not_satisfied,
    satisfied,
)
from lpo_secaudit.model.evidence import GapReason
from lpo_secaudit_plugins.aws.checks.common import (
    account_of,
    cannot_tell,
    concluded,
    foreign_grants,
    not_public,
    policy_of,
    times_from,
    told,
)
from lpo_secaudit_plugins.aws.reasoning.access import Answer, Question, ask
from lpo_secaudit_plugins.aws.reasoning.callers import Caller, CallerKind, outsiders
from lpo_secaudit_plugins.aws.reasoning.conditions import Domain
from lpo_secaudit_plugins.aws.reasoning.policy import Policy
from lpo_secaudit_plugins.aws.reasoning.wildcards import matches

__all__ = ["FUNCTIONS"]

_USE = (
    "kms:decrypt",
    "kms:encrypt",
    "kms:generatedatakey",
    "kms:generatedatakeypair",
    "kms:reencryptfrom",
    "kms:creategrant",
    "kms:putkeypolicy",
    "kms:schedulekeydeletion",
    "kms:sign",
)

# What gives plain data or keys to the caller, and takes an attestation document (AWS KMS Developer
# Guide, "Condition keys for AWS Nitro Enclaves").
_SENSITIVE = ("kms:decrypt", "kms:generatedatakey", "kms:generatedatakeypair", "kms:derivesharedsecret")
_ATTESTATION = "kms:recipientattestation:"
_NOT_ATTESTED: Mapping[str, Domain] = {
    _ATTESTATION + name: Domain(present=False) for name in ("imagesha384", *(f"pcr{n}" for n in range(32)))
}


def _foreign(record: Record, world: World) -> Verdict:
    policy = policy_of(record["policy"])
    trusted = tuple(str(a) for a in world.parameters["trusted_accounts"])
    answer = foreign_grants(
        policy, _USE, (record.subject.id,), account_of(record), trusted, world.evaluated_at
    )
    if answer.grants:
        return not_satisfied(told(answer.grants))
    return concluded(answer, "no foreign account may use the key")


def _is_enclave_key(record: Record, parameters: Mapping[str, Any]) -> bool:
    """Marked by a tag, or by a word in description or tags: AWS knows no kind of key for enclaves."""
    tags = {str(t.get("Key")): str(t.get("Value")) for t in _tags(record)}
    if tags.get(str(parameters.get("tag", "prowler:enclave-key")), "").lower() == "true":
        return True
    texts = [str(record["Description"] or ""), *tags, *tags.values()]
    return any(word in text.lower() for word in parameters.get("words", ("enclave",)) for text in texts)


def _tags(record: Record) -> Iterator[Mapping[str, Any]]:
    for tag in record["tags"] or ():
        yield {"Key": tag.get("Key", tag.get("TagKey")), "Value": tag.get("Value", tag.get("TagValue"))}


def _unattested(policy: Policy, record: Record, world: World) -> Answer:
    own = account_of(record)
    callers = (Caller(CallerKind.OWN, own), *outsiders(policy, own))
    keys = {**times_from(world.evaluated_at), **_NOT_ATTESTED}
    return ask(policy, Question(_SENSITIVE, (record.subject.id,), own, callers, keys))


def _enforced(record: Record, world: World) -> Verdict:
    if not _is_enclave_key(record, world.parameters):
        return not_applicable("not marked as an enclave's key")
    policy = policy_of(record["policy"])
    allows = Policy(tuple(s for s in policy.statements if s.allow))
    answer = _unattested(allows, record, world)
    if answer.grants:
        return not_satisfied(
            f"{answer.grants[0].statement} allows {answer.grants[0].actions[0]} without attestation"
        )
    return concluded(answer, "every statement that allows decryption demands attestation")


def _bypass(record: Record, world: World) -> Verdict:
    if not _is_enclave_key(record, world.parameters):
        return not_applicable("not marked as an enclave's key")
    answer = _unattested(policy_of(record["policy"]), record, world)
    if answer.grants:
        grant = answer.grants[0]
        return not_satisfied(
            f"{grant.statement} lets {grant.caller} do {grant.actions[0]} without attestation"
        )
    return concluded(answer, "no way around attestation")


def _measurements(policy: Policy) -> Iterator[str]:
    for statement in policy.statements:
        if statement.allow and any(matches(a, w) for a in _SENSITIVE for w in statement.actions):
            for condition in statement.conditions:
                if condition.key.startswith(_ATTESTATION):
                    yield from (value.lower() for value in condition.values)


def _pcr_mismatch(record: Record, world: World) -> Verdict:
    if not _is_enclave_key(record, world.parameters):
        return not_applicable("not marked as an enclave's key")
    known = {str(p).lower() for p in world.parameters["known_pcrs"]}
    found = sorted(set(_measurements(policy_of(record["policy"]))))
    if not known:
        raise cannot_tell("no known measurements are given (parameter known_pcrs)", GapReason.MISSING)
    if not found:
        raise cannot_tell("the policy names no measurement to compare", GapReason.MISSING)
    unknown = [m for m in found if m not in known]
    return (
        not_satisfied(f"unknown measurement {unknown[0][:32]}")
        if unknown
        else satisfied("all measurements are known")
    )


def _attested_calls(record: Record) -> list[tuple[str, list[str]]]:
    """(event id, measurements) of the calls that carried an attestation document."""
    found = []
    for event in record["kms_events"] or ():
        attestation = event.get("attestation")
        if attestation:
            values = attestation.values() if isinstance(attestation, Mapping) else (attestation,)
            texts = [str(v).lower().removeprefix("sha384:") for v in values]
            found.append(
                (
                    str(event.get("EventId")),
                    [t for t in texts if len(t) == 96 and set(t) <= set("0123456789abcdef")],
                )
            )
    return found


def _no_calls(record: Record, world: World) -> Verdict:
    """What it means that the history shows no attested call; it reaches back 90 days at most."""
    keys = [
        k
        for k in world.all("aws.kms.key", record.subject.region)
        if k["KeyManager"] == "CUSTOMER"
        and k["KeyState"] == "Enabled"
        and _is_enclave_key(k, world.parameters)
    ]
    if keys:
        raise cannot_tell(
            "there are keys for enclaves, but no attested call in the recent history", GapReason.MISSING
        )
    return not_applicable("no key for enclaves, and no attested call in the recent history")


def _unknown_image(record: Record, world: World) -> Verdict:
    calls = _attested_calls(record)
    if not calls:
        return _no_calls(record, world)
    known = {str(p).lower() for p in world.parameters["known_pcrs"]}
    if not known:
        raise cannot_tell("no known measurements are given (parameter known_pcrs)", GapReason.MISSING)
    for event, measurements in calls:
        unknown = [m for m in measurements if m not in known]
        if unknown:
            return not_satisfied(f"call {event} came from unknown image {unknown[0][:32]}")
    return satisfied("every attested call came from a known image")


def _debug(record: Record, world: World) -> Verdict:
    calls = _attested_calls(record)
    if not calls:
        return _no_calls(record, world)
    for event, measurements in calls:
        if any(set(m) == {"0"} for m in measurements):
            return not_satisfied(f"call {event} came from an enclave in debug mode")
    return satisfied("no recent attested call came from an enclave in debug mode")


FUNCTIONS: Mapping[str, CheckFunction] = {
    "aws-kms-key-policy-not-public": not_public("policy", _USE),
    "aws-kms-key-policy-cross-account": _foreign,
    "aws-kms-key-enclave-attestation-not-enforced": _enforced,
    "aws-kms-key-enclave-attestation-bypassable-path": _bypass,
    "aws-kms-key-enclave-attestation-pcr-mismatch": _pcr_mismatch,
    "aws-kms-key-enclave-attestation-unknown-image": _unknown_image,
    "aws-kms-key-enclave-debug-attestation-detected": _debug,
}
