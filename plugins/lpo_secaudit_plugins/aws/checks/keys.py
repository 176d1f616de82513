"""KMS keys: who may use them, and whether an enclave's key demands the enclave's proof."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from lpo_secaudit.check.wording import in_words
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
from lpo_secaudit_plugins.aws.reasoning.conditions import (
    Domain,
    UnknownConditionError,
    can_hold,
    constraint_of,
)
from lpo_secaudit_plugins.aws.reasoning.policy import Condition, Policy, PolicyError, Statement, parse_policy
from lpo_secaudit_plugins.aws.reasoning.wildcards import TooComplexError, matches, pattern

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
    """Marked by a tag, by a word in alias, description or tags, or by a policy that speaks of attestation.

    AWS knows no kind of key for enclaves.
    """
    tags = {str(t.get("Key")): str(t.get("Value")) for t in _tags(record)}
    if tags.get(str(parameters.get("tag", "prowler:enclave-key")), "").lower() == "true":
        return True
    texts = [str(record["Description"] or ""), *tags, *tags.values()]
    texts.extend(str(name) for name in record["aliases"] or ())
    if any(word in text.lower() for word in parameters.get("words", ("enclave",)) for text in texts):
        return True
    try:
        policy = parse_policy(record["policy"])
    except PolicyError:
        return False  # what cannot be read marks nothing
    return any(_is_attestation(c) for s in policy.statements for c in s.conditions)


def _is_attestation(condition: Condition) -> bool:
    """Whether a condition is about what the caller's attestation document says."""
    return condition.key.startswith(_ATTESTATION)


def _tags(record: Record) -> Iterator[Mapping[str, Any]]:
    for tag in record["tags"] or ():
        yield {"Key": tag.get("Key", tag.get("TagKey")), "Value": tag.get("Value", tag.get("TagValue"))}


def _measurement(text: object) -> bytes | None:
    """A measurement (SHA-384), written in hexadecimal or base64; None for what is none."""
    value = str(text).strip()
    try:
        found = bytes.fromhex(value) if len(value) == 96 else base64.b64decode(value, validate=True)
    except (ValueError, binascii.Error):
        return None
    return found if len(found) == 48 else None


def _names_image(statement: Statement, named: Mapping[str, Domain]) -> bool:
    """Whether a statement's conditions shut out images that nobody named.

    A wildcard, a negation, IfExists or ForAllValues alone lets any image in, or a call without one.
    """
    about = [c for c in statement.conditions if _is_attestation(c)]
    if not about:
        return False
    try:
        quantified = frozenset(c.key for c in about if c.quantifier)
        return not can_hold([constraint_of(c) for c in about], named, quantified)
    except (UnknownConditionError, TooComplexError) as error:
        raise cannot_tell(f"{statement.label}: {error}") from error


def _without_empty_promises(policy: Policy) -> Policy:
    """The policy as it is for a call from an image that nobody named: such conditions demand nothing."""
    values: dict[str, set[str]] = {}
    for statement in policy.statements:
        for condition in statement.conditions:
            if _is_attestation(condition):
                values.setdefault(condition.key, set()).update(
                    # All zeros is what an enclave in debug mode attests, whatever runs in it.
                    v
                    for v in condition.values
                    if any(_measurement(v) or b"")
                )
    named = {
        key: Domain(excluded=tuple(pattern(v, literal=True, fold_case=True) for v in sorted(texts)))
        for key, texts in values.items()
    }
    return Policy(
        tuple(
            s
            if not s.allow or _names_image(s, named)
            else replace(s, conditions=tuple(c for c in s.conditions if not _is_attestation(c)))
            for s in policy.statements
        )
    )


def _unattested(policy: Policy, record: Record, world: World) -> Answer:
    own = account_of(record)
    callers = (Caller(CallerKind.OWN, own), *outsiders(policy, own))
    keys = {**times_from(world.evaluated_at), **_NOT_ATTESTED}
    question = Question(_SENSITIVE, (record.subject.id,), own, callers, keys)
    return ask(_without_empty_promises(policy), question)


def _enforced(record: Record, world: World) -> Verdict:
    if not _is_enclave_key(record, world.parameters):
        return not_applicable("not marked as an enclave's key")
    policy = policy_of(record["policy"])
    allows = Policy(tuple(s for s in policy.statements if s.allow))
    answer = _unattested(allows, record, world)
    if answer.grants:
        return not_satisfied(
            f"{answer.grants[0].statement} allows {answer.grants[0].actions[0]} without attestation "
            "of a named image"
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
        if statement.allow and (
            statement.not_action or any(matches(a, w) for a in _SENSITIVE for w in statement.actions)
        ):
            for condition in statement.conditions:
                if _is_attestation(condition) and condition.operator != "null":
                    yield from condition.values


def _known(world: World) -> frozenset[bytes]:
    """The measurements that the engagement names.

    Raises:
        UnavailableError: it names none.
    """
    known = frozenset(m for p in world.parameters["known_pcrs"] if (m := _measurement(p)))
    if not known:
        raise cannot_tell("no known measurements are given (parameter known_pcrs)", GapReason.MISSING)
    return known


def _pcr_mismatch(record: Record, world: World) -> Verdict:
    if not _is_enclave_key(record, world.parameters):
        return not_applicable("not marked as an enclave's key")
    found = sorted(set(_measurements(policy_of(record["policy"]))))
    known = _known(world)
    if not found:
        raise cannot_tell("the policy names no measurement to compare", GapReason.MISSING)
    unknown = [m for m in found if _measurement(m) not in known]
    return (
        not_satisfied(f"unknown measurement {unknown[0][:32]}")
        if unknown
        else satisfied("all measurements are known")
    )


_IMAGE = {
    "attestationDocumentEnclaveImageDigest": 0,
    "attestationDocumentEnclavePCR0": 0,
    "attestationDocumentEnclavePCR1": 1,
    "attestationDocumentEnclavePCR2": 2,
}
"""What measures the image. PCR3 and PCR4 measure the host's role and id; PCR8, which certificate signed
the image, is zero for one that is not signed (AWS Nitro Enclaves User Guide)."""


def _attested_calls(record: Record) -> list[tuple[str, Mapping[int, bytes]]]:
    """(event id, measurements of the image by number) of the calls that carried an attestation document."""
    found: list[tuple[str, Mapping[int, bytes]]] = []
    for event in record["kms_events"] or ():
        attestation = event.get("attestation")
        if isinstance(attestation, Mapping) and attestation:
            seen = {
                number: value
                for name, number in _IMAGE.items()
                if (value := _measurement(str(attestation.get(name)).removeprefix("sha384:")))
            }
            found.append((in_words(event.get("EventId"), "without an id"), seen))
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
    known = _known(world)
    for event, seen in calls:
        # The first measures the whole image, the others parts of it.
        image = [seen[0]] if 0 in seen else [*seen.values()]
        unknown = [m for m in image if m not in known]
        if unknown:
            return not_satisfied(f"call {event} came from unknown image {unknown[0].hex()[:32]}")
    silent = [event for event, seen in calls if not seen]
    if silent:
        raise cannot_tell(f"call {silent[0]} does not tell its image", GapReason.MISSING)
    return satisfied("every attested call came from a known image")


def _debug(record: Record, world: World) -> Verdict:
    calls = _attested_calls(record)
    if not calls:
        return _no_calls(record, world)
    for event, seen in calls:
        if 0 in seen and not any(any(m) for m in seen.values()):
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
