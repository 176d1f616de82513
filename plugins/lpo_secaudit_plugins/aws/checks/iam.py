"""IAM: what policies amount to, and whether credentials are kept in order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from lpo_secaudit.check.wording import in_words
from lpo_secaudit.model.check import (
    CheckFunction,
    Record,
    UnavailableError,
    Verdict,
    World,
    not_applicable,
    not_satisfied,
    satisfied,
    unavailable,
)
from lpo_secaudit_plugins.aws.checks.common import (
    account_of,
    age_days,
    cannot_tell,
    concluded,
    past,
    policy_of,
    public_answer,
    subject_like,
    times_from,
    told,
)
from lpo_secaudit_plugins.aws.reasoning.access import Answer, Grant, Question, ask
from lpo_secaudit_plugins.aws.reasoning.callers import Caller, CallerKind
from lpo_secaudit_plugins.aws.reasoning.conditions import Domain
from lpo_secaudit_plugins.aws.reasoning.policy import Policy
from lpo_secaudit_plugins.aws.reasoning.wildcards import pattern

__all__ = ["FUNCTIONS", "administrative"]

# ---------------------------------------------------------------------------- what a policy allows

# Each of these alone, on principals in general, lets its holder give itself every right. Names that
# no account has stand for "in general": a policy limited to some path or prefix does not reach them.
_RAISING = {
    "policy/secaudit-x7q": ("iam:createpolicyversion",),
    "user/secaudit-x7q": (
        "iam:attachuserpolicy",
        "iam:putuserpolicy",
        "iam:createaccesskey",
        "iam:createloginprofile",
        "iam:updateloginprofile",
    ),
    "group/secaudit-x7q": ("iam:attachgrouppolicy", "iam:putgrouppolicy", "iam:addusertogroup"),
    "role/secaudit-x7q": ("iam:attachrolepolicy", "iam:putrolepolicy", "iam:updateassumerolepolicy"),
}
_ADMINISTRATOR = "arn:aws:iam::aws:policy/AdministratorAccess"
_KEYS: Mapping[str, Domain] = {
    "iam:policyarn": Domain((pattern(_ADMINISTRATOR),), absent=False),
    # Whoever raises their rights would not put a boundary on them.
    "iam:permissionsboundary": Domain(present=False),
}


def administrative(policies: Policy | Sequence[Policy], account: str, world: World) -> Answer:
    """Ways in which policies taken together make their holder an administrator.

    Full rights include them; so do rights to write policies, or to take over other users. Conditions
    that can be met, such as a second factor, do not make an administrator less of one; a Deny does.
    """
    own = (Caller(CallerKind.OWN, account),)
    keys = {**times_from(world.evaluated_at), **_KEYS}
    grants: list[Grant] = []
    doubts: list[str] = []
    for name, actions in _RAISING.items():
        where = (f"arn:aws:iam::{account or '000000000000'}:{name}",)
        answer = ask(policies, Question(actions, where, account, own, keys))
        grants.extend(answer.grants)
        doubts.extend(answer.doubts)
    return Answer(tuple(grants), tuple(doubts))


def _marketplace(policy: Policy, account: str, world: World) -> Answer:
    where = (f"arn:aws:aws-marketplace::{account}:secaudit-x7q",)
    own = (Caller(CallerKind.OWN, account),)
    asked = Question(("aws-marketplace:subscribe",), where, account, own, times_from(world.evaluated_at))
    return ask(policy, asked)


def _administrative_verdict(answer: Answer) -> Verdict:
    if answer.grants:
        grant = answer.grants[0]
        return not_satisfied(
            f"{grant.statement} allows {grant.actions[0]} on everything, and with it all rights"
        )
    if answer.doubts:
        raise cannot_tell(answer.doubts[0])
    return satisfied("gives no way to full rights")


def _subscribe_verdict(answer: Answer) -> Verdict:
    if answer.grants:
        return not_satisfied(
            f"{answer.grants[0].statement} allows aws-marketplace:Subscribe on every product"
        )
    if answer.doubts:
        raise cannot_tell(answer.doubts[0])
    return satisfied("does not allow subscribing to every product")


def _attached_administrative(record: Record, world: World) -> Verdict:
    if not record["attached_to"]:
        return not_applicable("attached to nothing")
    # AWS's own policies name no account; any will do, as they cannot name resources of one either.
    account = account_of(record)
    policy = policy_of(record["document"])
    return _administrative_verdict(administrative(policy, "" if account == "aws" else account, world))


def _attached_marketplace(record: Record, world: World) -> Verdict:
    if not record["attached_to"]:
        return not_applicable("attached to nothing")
    return _subscribe_verdict(_marketplace(policy_of(record["document"]), account_of(record), world))


def _about_principal(record: Record, verdict: Verdict) -> Verdict:
    """Inline policies have no ARN of their own: the verdict is about the principal, and names the policy."""
    principal = str(record["principal"])
    kind = principal.split(":")[-1].split("/")[0]
    subject = subject_like(record, f"aws.iam.{kind}", principal)
    return Verdict(
        verdict.outcome,
        f"inline policy {in_words(record['name'], 'without a name')}: {verdict.message}",
        subject,
        verdict.gap,
    )


def _inline(record: Record, answer: Answer, judge: Any) -> Verdict:
    try:
        return _about_principal(record, judge(answer))
    except UnavailableError as error:
        return _about_principal(record, unavailable(error.gap.message, gap=error.gap))


def _inline_administrative(record: Record, world: World) -> Verdict:
    account = str(record["principal"]).split(":")[4]
    answer = administrative(policy_of(record["document"]), account, world)
    return _inline(record, answer, _administrative_verdict)


def _inline_marketplace(record: Record, world: World) -> Verdict:
    account = str(record["principal"]).split(":")[4]
    return _inline(record, _marketplace(policy_of(record["document"]), account, world), _subscribe_verdict)


def _documents(record: Record, world: World, inline: str) -> Iterator[Policy]:
    yield from (policy_of(p["PolicyDocument"]) for p in record[inline] or ())
    for attached in record["AttachedManagedPolicies"] or ():
        found = world.find("aws.iam.policy", str(attached["PolicyArn"]))
        if found is None:
            raise cannot_tell(
                f"the attached policy {in_words(attached['PolicyArn'], 'without a name')} was not listed"
            )
        yield policy_of(found["document"])


def _of_principal(record: Record, world: World, inline: str, groups: Iterable[Any] = ()) -> Verdict:
    account = account_of(record)
    if record.subject.id in world.parameters.get("administrators", ()):
        return not_applicable("named as an administrator")
    policies = list(_documents(record, world, inline))
    for name in groups:
        group = world.find(
            "aws.iam.group", f"arn:{record.subject.id.split(':')[1]}:iam::{account}:group/{name}"
        )
        group = group or next((g for g in world.seen("aws.iam.group") if g["GroupName"] == name), None)
        if group is None:
            raise cannot_tell(f"the group {in_words(name, 'without a name')} was not listed")
        policies.extend(_documents(group, world, "GroupPolicyList"))
    answer = administrative(policies, account, world)
    boundary = (record["PermissionsBoundary"] or {}).get("PermissionsBoundaryArn")
    if boundary and not answer.none:
        found = world.find("aws.iam.policy", str(boundary))
        if found is None:
            raise cannot_tell(f"the permissions boundary {in_words(boundary)} was not listed")
        bound = administrative(policy_of(found["document"]), account, world)
        if bound.none:
            return satisfied("the permissions boundary keeps it from full rights")
        both = {a for g in bound.grants for a in g.actions} & {a for g in answer.grants for a in g.actions}
        if not both:
            raise cannot_tell("policies and permissions boundary together are not decided")
    return _administrative_verdict(answer)


def _user_administrative(record: Record, world: World) -> Verdict:
    return _of_principal(record, world, "UserPolicyList", record["GroupList"] or ())


def _role_administrative(record: Record, world: World) -> Verdict:
    if str(record["Path"]).startswith("/aws-service-role/"):
        return not_applicable("only a service of AWS can use it")
    return _of_principal(record, world, "RolePolicyList")


# ---------------------------------------------------------------------------------- trust policies

_ASSUME = ("sts:assumerole",)


def _not_assumable(record: Record, world: World) -> Verdict:
    policy = policy_of(record["AssumeRolePolicyDocument"])
    answer = public_answer(policy, _ASSUME, (record.subject.id,), account_of(record), world.evaluated_at)
    return concluded(answer, "no account at large may assume the role")


def _external_id(record: Record, world: World) -> Verdict:
    own = account_of(record)
    policy = policy_of(record["AssumeRolePolicyDocument"])
    keys = {**times_from(world.evaluated_at), "sts:externalid": Domain(present=False)}
    answer = ask(policy, Question(_ASSUME, (record.subject.id,), own, None, keys))
    grants = [g for g in answer.grants if g.caller.kind is CallerKind.ACCOUNT]
    if not grants:
        if answer.doubts:
            raise cannot_tell(answer.doubts[0])
        return satisfied("no account of others may assume the role without an external id")
    trusted = {str(a) for a in world.parameters.get("trusted_accounts", ())}
    others = [g for g in grants if g.caller.name not in trusted]
    if others:
        siblings = {str(a["Id"]) for a in world.all("aws.organizations.account")}
        others = [g for g in others if g.caller.name not in siblings]
    if not others:
        return satisfied("only accounts of the organisation or trusted ones may assume the role")
    return not_satisfied(told(others) + " without an external id")


# ------------------------------------------------------------------------------------- credentials


def _keys_of(record: Record) -> Iterator[tuple[int, Any]]:
    for number in (1, 2):
        if record[f"access_key_{number}_active"] == "true":
            yield number, record[f"access_key_{number}_last_rotated"]


def _rotate(record: Record, world: World) -> Verdict:
    longest = float(world.parameters["days"])
    old = []
    for number, rotated in _keys_of(record):
        age = age_days(rotated, world.evaluated_at)
        if age is None:
            raise cannot_tell(f"the age of access key {number} is not reported")
        if past(age, longest):
            old.append(f"access key {number} is {age:.0f} days old")
    return not_satisfied("; ".join(old)) if old else satisfied("no active key is too old")


def _unused_key(record: Record, world: World) -> Verdict:
    longest = float(world.parameters["days"])
    idle = []
    for number, rotated in _keys_of(record):
        used = age_days(record[f"access_key_{number}_last_used_date"], world.evaluated_at)
        born = age_days(rotated, world.evaluated_at)
        if used is not None and past(used, longest):
            idle.append(f"access key {number} was last used {used:.0f} days ago")
        elif used is None and born is None:
            raise cannot_tell(f"neither age nor use of access key {number} is reported")
        elif used is None and born is not None and past(born, longest):
            idle.append(f"access key {number} is {born:.0f} days old and was never used")
    return not_satisfied("; ".join(idle)) if idle else satisfied("no active key lies unused")


def _unused_password(record: Record, world: World) -> Verdict:
    if record["user"] == "<root_account>":
        return not_applicable("root is to be used as little as possible")
    if record["password_enabled"] != "true":  # noqa: S105
        return satisfied("has no console password")
    longest = float(world.parameters["days"])
    used = age_days(record["password_last_used"], world.evaluated_at)
    if used is not None:
        if past(used, longest):
            return not_satisfied(f"the password was last used {used:.0f} days ago")
        return satisfied(f"the password was used {used:.0f} days ago")
    ages = [age_days(record[f], world.evaluated_at) for f in ("password_last_changed", "user_creation_time")]
    known = [a for a in ages if a is not None]
    if not known:
        raise cannot_tell("neither age nor use of the password is reported")
    # A reset makes the password young, but nobody has needed the account since it was made.
    age = max(known)
    if past(age, longest):
        return not_satisfied(f"the password was never used; the user is {age:.0f} days old")
    return satisfied("the user is new")


# -------------------------------------------------------------------------------------------- root


def _root_mfa(record: Record, world: World) -> Verdict:
    summary = record["summary"] or {}
    if _no_root_credentials(summary):
        return satisfied("root has neither password nor key")
    return (
        satisfied("root has a second factor")
        if summary.get("AccountMFAEnabled") == 1
        else not_satisfied("root has no second factor")
    )


def _root_keys(record: Record, world: World) -> Verdict:
    keys = (record["summary"] or {}).get("AccountAccessKeysPresent")
    if keys is None:
        raise cannot_tell("the account summary does not tell of root's access keys")
    return satisfied("root has no access key") if keys == 0 else not_satisfied("root has an access key")


def _no_root_credentials(summary: Mapping[str, Any]) -> bool:
    # Where AWS does not tell of a password, one must be assumed.
    return summary.get("AccountPasswordPresent") == 0 and summary.get("AccountAccessKeysPresent") == 0


def _root_hardware_mfa(record: Record, world: World) -> Verdict:
    summary = record["summary"] or {}
    if _no_root_credentials(summary):
        return satisfied("root has neither password nor key")
    if summary.get("AccountMFAEnabled") != 1:
        return not_satisfied("root has no second factor")
    for device in record["virtual_mfa_devices"] or ():
        owner = str((device.get("User") or {}).get("Arn", ""))
        if owner == record.subject.id or owner.endswith(f":{account_of(record)}:root"):
            number = in_words(device.get("SerialNumber"))
            return not_satisfied(f"root's second factor is a virtual device (serial number: {number})")
    return satisfied("root has a second factor, and no virtual device")


def _root_used(record: Record, world: World) -> Iterable[Verdict]:
    if record["user"] != "<root_account>":
        return
    recent = float(world.parameters["days"])
    facets = ("password_last_used", "access_key_1_last_used_date", "access_key_2_last_used_date")
    ages = [a for f in facets if (a := age_days(record[f], world.evaluated_at)) is not None]
    if ages and min(ages) <= recent:
        yield not_satisfied(f"root was used {min(ages):.0f} days ago")
    else:
        yield satisfied(
            f"root was last used {min(ages):.0f} days ago" if ages else "no use of root is recorded"
        )


def _support(record: Record, world: World) -> Verdict:
    roles = [
        principal
        for policy in world.seen("aws.iam.policy")
        if policy.subject.id.endswith(":iam::aws:policy/AWSSupportAccess")
        for principal in policy["attached_to"]
        if ":role/" in principal
    ]
    if roles:
        return satisfied(f"{roles[0]} may deal with AWS Support")
    world.all("aws.iam.policy")
    return not_satisfied("no role has AWSSupportAccess attached")


def _identity_center(record: Record, world: World) -> Verdict:
    raise cannot_tell(
        f"AWS offers no operation that reads the MFA settings of {in_words(record['InstanceArn'])}"
    )


FUNCTIONS: Mapping[str, CheckFunction] = {
    "aws-iam-aws-attached-policy-no-administrative-privileges": _attached_administrative,
    "aws-iam-customer-attached-policy-no-administrative-privileges": _attached_administrative,
    "aws-iam-inline-policy-no-administrative-privileges": _inline_administrative,
    "aws-iam-inline-policy-no-wildcard-marketplace-subscribe": _inline_marketplace,
    "aws-iam-policy-no-wildcard-marketplace-subscribe": _attached_marketplace,
    "aws-iam-user-no-administrative-privileges": _user_administrative,
    "aws-iam-role-no-administrative-privileges": _role_administrative,
    "aws-iam-role-cross-account-trust-external-id": _external_id,
    "aws-iam-role-not-assumable-by-anyone": _not_assumable,
    "aws-iam-no-root-access-key": _root_keys,
    "aws-iam-root-mfa-enabled": _root_mfa,
    "aws-iam-root-hardware-mfa-enabled": _root_hardware_mfa,
    "aws-iam-root-not-used": _root_used,
    "aws-iam-rotate-access-key-90-days": _rotate,
    "aws-iam-user-accesskey-unused": _unused_key,
    "aws-iam-user-console-access-unused": _unused_password,
    "aws-iam-support-role-created": _support,
    "aws-identity-center-mfa": _identity_center,
}
