"""Volumes, machines and functions: encrypted, patched, and called by nobody outside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

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
from lpo_secaudit.model.evidence import Subject
from lpo_secaudit_plugins.aws.checks.common import (
    account_of,
    age_days,
    arn_beside,
    cannot_tell,
    not_public,
    past,
    policy_of,
    subject_like,
    times_from,
    told,
)
from lpo_secaudit_plugins.aws.reasoning.access import Question, ask
from lpo_secaudit_plugins.aws.reasoning.callers import CallerKind, outsiders

__all__ = ["FUNCTIONS"]


# --------------------------------------------------------------------------------------- EC2 and SSM


def _ebs_default(record: Record, world: World) -> Verdict:
    about = subject_like(record, "aws.ec2.region", record.subject.id.rsplit(":", 1)[0] + ":volume")
    if record["ebs_encryption_by_default"] is True:
        return satisfied("new volumes are encrypted by default", about)
    return not_satisfied("new volumes are not encrypted by default", about)


def _snapshot_shared(record: Record, world: World) -> Verdict:
    trusted = {str(a) for a in world.parameters["trusted_accounts"]}
    others = sorted(
        {in_words(p["UserId"]) for p in record["create_volume_permissions"] or () if p.get("UserId")}
        - trusted
    )
    return (
        not_satisfied(f"shared with {in_words(others)}")
        if others
        else satisfied("shared with no other account")
    )


def _old_instance(record: Record, world: World) -> Verdict:
    if (record["State"] or {}).get("Name") != "running":
        return satisfied("not running")
    age = age_days(record["LaunchTime"], world.evaluated_at)
    if age is None:
        raise cannot_tell("when it was started is not reported")
    word = f"was started {age:.0f} days ago"
    return not_satisfied(word) if past(age, float(world.parameters["days"])) else satisfied(word)


def _managed(record: Record, world: World) -> Verdict:
    if (record["State"] or {}).get("Name") != "running":
        return satisfied("not running")
    place = arn_beside(record, "ssm", f"managed-instance/{record['InstanceId']}")
    node = world.find("aws.ssm.instance", place)
    if node is None:
        return not_satisfied("Systems Manager does not know the instance")
    if node["PingStatus"] not in (None, "Online"):
        return not_satisfied(f"the agent does not answer (status: {in_words(node['PingStatus'])})")
    return satisfied("Systems Manager reaches the instance")


def _patched(record: Record, world: World) -> Iterator[Verdict]:
    """One verdict for every node of the region that is managed, or that reports compliance."""
    region = record.subject.region
    rests: dict[str, list[str]] = {}
    # Of thousands of nodes, each would be looked for among thousands of records.
    states: dict[str, Record] = {}
    for node in world.seen("aws.ssm.instance", region):
        rests.setdefault(str(node["InstanceId"]), []).append(node.digest)
    for item in world.seen("aws.ssm.compliance", region):
        rests.setdefault(str(item["ResourceId"]), []).append(item.digest)
        states.setdefault(item.subject.id, item)
    for name, digests in sorted(rests.items()):
        kind, place = "aws.ssm.instance", arn_beside(record, "ssm", f"managed-instance/{name}")
        if name.startswith("i-"):
            kind, place = "aws.ec2.instance", arn_beside(record, "ec2", f"instance/{name}")
        reported = arn_beside(record, "ssm", f"compliance/{name}/Patch")
        verdict = _patches(states.get(reported), reported, world, subject_like(record, kind, place))
        yield replace(verdict, evidence=tuple(digests))
    world.all("aws.ssm.instance", region)
    world.all("aws.ssm.compliance", region)


def _patches(seen: Record | None, reported: str, world: World, about: Subject) -> Verdict:
    """What one node's own record says; the others keep their verdicts where it cannot be read."""
    try:
        # Only the search knows whether what was not seen is not there.
        found = seen or world.find("aws.ssm.compliance", reported)
        status = found["Status"] if found is not None else None
    except UnavailableError as error:
        return unavailable(error.gap.message, about, gap=error.gap)
    if found is None:
        return not_satisfied("reports no state of patches", about)
    if status == "COMPLIANT":
        return satisfied("has all patches of its baseline", about)
    return not_satisfied(f"not all patches of its baseline (status: {in_words(status)})", about)


# -------------------------------------------------------------------------------------------- Lambda

_LAMBDA = (
    "lambda:invokefunction",
    "lambda:invokefunctionurl",
    "lambda:updatefunctioncode",
    "lambda:updatefunctionconfiguration",
    "lambda:addpermission",
    "lambda:getfunction",
)


def _function(record: Record) -> tuple[str, ...]:
    return (record.subject.id, record.subject.id + ":*")


def _function_urls(record: Record, world: World) -> Verdict:
    urls = record["urls"] or ()
    if not urls:
        return not_applicable("the function has no URL")
    free = [u for u in urls if u.get("AuthType") != "AWS_IAM"]
    if free:
        return not_satisfied(
            f"{in_words(free[0].get('FunctionUrl'), 'a URL')} answers without authentication"
        )
    return satisfied("every URL demands signed requests")


def _deputy(record: Record, world: World) -> Verdict:
    policy = policy_of(record["policy"])
    own = account_of(record)
    services = tuple(c for c in outsiders(policy, own) if c.kind is CallerKind.SERVICE and c.name)
    if not services:
        return not_applicable("no service may call the function")
    answer = ask(
        policy, Question(_LAMBDA[:1], _function(record), own, services, times_from(world.evaluated_at))
    )
    if answer.grants:
        return not_satisfied(f"{told(answer.grants)} for anybody's resources")
    if answer.doubts:
        raise cannot_tell(answer.doubts[0])
    return satisfied("services may call it for known resources only")


FUNCTIONS: Mapping[str, CheckFunction] = {
    "aws-ec2-ebs-default-encryption": _ebs_default,
    "aws-ec2-ebs-snapshot-shared": _snapshot_shared,
    "aws-ec2-instance-older-than-specific-days": _old_instance,
    "aws-ec2-instance-managed-by-ssm": _managed,
    "aws-ssm-managed-compliant-patching": _patched,
    "aws-awslambda-function-not-publicly-accessible": not_public("policy", _LAMBDA, _function),
    "aws-awslambda-function-url-public": _function_urls,
    "aws-lambda-confused-deputy": _deputy,
}
