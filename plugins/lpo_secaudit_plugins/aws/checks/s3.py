"""Buckets: who can reach them, how, and for how long they keep what they hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from lpo_secaudit.check.wording import in_words
from lpo_secaudit.model.check import (
    CheckFunction,
    Record,
    UnavailableError,
    Verdict,
    World,
    not_satisfied,
    satisfied,
)
from lpo_secaudit_plugins.aws.checks.common import (
    account_of,
    cannot_tell,
    concluded,
    foreign_grants,
    policy_of,
    public_answer,
    told,
)
from lpo_secaudit_plugins.aws.checks.s3_actions import BUCKET_ACTIONS, OBJECT_ACTIONS, WRITE_ACTIONS
from lpo_secaudit_plugins.aws.reasoning.access import Answer, Question, ask
from lpo_secaudit_plugins.aws.reasoning.callers import WORLD, Caller, CallerKind
from lpo_secaudit_plugins.aws.reasoning.conditions import Domain
from lpo_secaudit_plugins.aws.reasoning.policy import Policy
from lpo_secaudit_plugins.aws.reasoning.wildcards import pattern

__all__ = ["FUNCTIONS", "public_access"]

_GROUPS = {
    "http://acs.amazonaws.com/groups/global/AllUsers": "everybody",
    "http://acs.amazonaws.com/groups/global/AuthenticatedUsers": "every AWS account",
}


def _account(world: World) -> Record:
    found = world.all("aws.s3.account")
    if not found:
        raise cannot_tell("the account of the bucket is not known")
    return found[0]


def _objects(bucket: Record) -> tuple[str, ...]:
    return (bucket.subject.id + "/*",)


def _both(
    bucket: Record,
    policy: Policy,
    own: str,
    world: World,
    object_actions: tuple[str, ...],
    bucket_actions: tuple[str, ...],
) -> Answer:
    """Grants to the world on objects and on the bucket itself: each action has its kind of resource."""
    first = public_answer(policy, object_actions, _objects(bucket), own, world.evaluated_at)
    second = public_answer(policy, bucket_actions, (bucket.subject.id,), own, world.evaluated_at)
    return Answer(first.grants + second.grants, first.doubts + second.doubts)


def _blocked(setting: str, bucket: Record, world: World) -> str:
    """Which level turns a kind of public access off; "" where neither does.

    Raises:
        UnavailableError: one level cannot be seen and the other does not block.
    """
    missing: UnavailableError | None = None
    for where, record in (("bucket", bucket), ("account", None)):
        try:
            block = (record or _account(world))["public_access_block"] or {}
        except UnavailableError as error:
            missing = error
            continue
        if block.get(setting) is True:
            return where
    if missing:
        raise missing
    return ""


def public_access(bucket: Record, world: World) -> Verdict:
    """ACL and policy each, less what Block Public Access neutralises of that kind."""
    notes: list[str] = []
    missing: UnavailableError | None = None
    try:
        acl = bucket["acl"] or {}
        public = [
            f"the ACL gives {_GROUPS[uri]} {in_words(grant.get('Permission'), 'a right')}"
            for grant in acl.get("Grants") or ()
            if (uri := (grant.get("Grantee") or {}).get("URI")) in _GROUPS
        ]
        if public:
            by = _blocked("IgnorePublicAcls", bucket, world)
            if not by:
                return not_satisfied(public[0])
            notes.append(f"a public ACL is ignored by the {by}'s block")
    except UnavailableError as error:
        missing = error
    try:
        policy = policy_of(bucket["policy"])
        if policy.statements:
            answer = _both(bucket, policy, account_of(_account(world)), world, OBJECT_ACTIONS, BUCKET_ACTIONS)
            if not answer.none:
                by = _blocked("RestrictPublicBuckets", bucket, world)
                if not by:
                    return concluded(answer, "")
                notes.append(f"a public policy is restricted by the {by}'s block")
    except UnavailableError as error:
        missing = missing or error
    if missing:
        raise missing
    return satisfied("; ".join(notes) or "neither ACL nor policy lets in anybody at large")


def _public_write(bucket: Record, world: World) -> Verdict:
    policy = policy_of(bucket["policy"])
    if not policy.statements:
        return satisfied("there is no bucket policy")
    objects = tuple(a for a in OBJECT_ACTIONS if a in WRITE_ACTIONS)
    buckets = tuple(a for a in BUCKET_ACTIONS if a in WRITE_ACTIONS)
    answer = _both(bucket, policy, account_of(_account(world)), world, objects, buckets)
    if not answer.none:
        by = _blocked("RestrictPublicBuckets", bucket, world)
        if by:
            return satisfied(f"a policy open for writing is restricted by the {by}'s block")
    return concluded(answer, "the policy lets nobody at large write")


def _secure_transport(bucket: Record, world: World) -> Verdict:
    """Is there any request over HTTP, by anybody, that no Deny covers?"""
    policy = policy_of(bucket["policy"])
    if not policy.statements:
        return not_satisfied("there is no bucket policy, so plain HTTP is accepted")
    no = Domain((pattern("false"),), absent=False)
    keys: Mapping[str, Domain] = {
        "aws:securetransport": no,
        # Services speak TLS to S3, for themselves and on behalf of others.
        "aws:viaawsservice": no,
        "aws:principalisawsservice": no,
        # Known for TLS connections only.
        "s3:tlsversion": Domain(present=False),
    }
    own = account_of(_account(world))
    callers = (Caller(CallerKind.OWN, own), *WORLD)
    doubts: tuple[str, ...] = ()
    for actions, resources in ((OBJECT_ACTIONS, _objects(bucket)), (BUCKET_ACTIONS, (bucket.subject.id,))):
        answer = ask(policy, Question(actions, resources, own, callers, keys, all_allowed=True))
        if answer.grants:
            grant = answer.grants[0]
            shown = ", ".join(grant.actions[:2]) + (" ..." if len(grant.actions) > 2 else "")
            return not_satisfied(
                f"{shown} over plain HTTP is not denied, for {grant.caller} on {grant.resource}"
            )
        doubts += answer.doubts
    if doubts:
        raise cannot_tell(doubts[0])
    return satisfied("every request over plain HTTP is denied")


def _cross_account(bucket: Record, world: World) -> Verdict:
    policy = policy_of(bucket["policy"])
    if not policy.statements:
        return satisfied("there is no bucket policy")
    trusted = tuple(str(a) for a in world.parameters.get("trusted_accounts", ()))
    own = account_of(_account(world))
    answers = [
        foreign_grants(policy, actions, resources, own, trusted, world.evaluated_at)
        for actions, resources in ((OBJECT_ACTIONS, _objects(bucket)), (BUCKET_ACTIONS, (bucket.subject.id,)))
    ]
    grants = tuple(g for answer in answers for g in answer.grants)
    if grants:
        return not_satisfied(told(grants))
    return concluded(Answer((), answers[0].doubts + answers[1].doubts), "no foreign account has access")


def _ownership(bucket: Record, world: World) -> Verdict:
    found = [owner for rule in bucket["ownership"] or () if (owner := rule.get("ObjectOwnership"))]
    if "BucketOwnerEnforced" in found:
        return satisfied("the bucket owner owns every object")
    if not found:
        return not_satisfied("ACLs are in force: Object Ownership is not set")
    return not_satisfied(f"ACLs are in force: Object Ownership is {in_words(found)}")


def _lifecycle(bucket: Record, world: World) -> Verdict:
    longest = int(world.parameters["longest_days"])
    rules = [r for r in bucket["lifecycle"] or () if r.get("Status") == "Enabled" and _whole(r)]
    current = _shortest(r.get("Expiration", {}) or {} for r in rules)
    if current is None:
        return not_satisfied("no rule for the whole bucket expires its objects")
    if current > longest:
        return not_satisfied(f"objects expire after {current} days, later than {longest}")
    if (bucket["versioning"] or {}).get("Status"):
        old = min(
            (
                int(v["NoncurrentDays"])
                for r in rules
                if (v := r.get("NoncurrentVersionExpiration")) and "NoncurrentDays" in v
            ),
            default=None,
        )
        if old is None:
            return not_satisfied("objects expire, but their old versions stay for ever")
    return satisfied(f"objects expire after {current} days")


def _whole(rule: Mapping[str, Any]) -> bool:
    scope = rule.get("Filter") or {}
    return not (
        rule.get("Prefix")
        or scope.get("Prefix")
        or (set(scope) - {"Prefix"} and any(scope[k] for k in set(scope) - {"Prefix"}))
    )


def _shortest(expirations: Any) -> int | None:
    return min((int(e["Days"]) for e in expirations if e.get("Days")), default=None)


FUNCTIONS: Mapping[str, CheckFunction] = {
    "aws-s3-bucket-public-access": public_access,
    "aws-s3-bucket-policy-public-write-access": _public_write,
    "aws-s3-bucket-secure-transport-policy": _secure_transport,
    "aws-s3-bucket-cross-account-access": _cross_account,
    "aws-s3-bucket-object-ownership-enforced": _ownership,
    "aws-s3-bucket-lifecycle-retention": _lifecycle,
}
