"""Config, GuardDuty, EBS, SSM, Lambda, keys, secrets, certificates, load balancers, APIs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import timedelta
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
from lpo_secaudit.model.evidence import GapReason, Subject
from lpo_secaudit_plugins.aws.checks.common import (
    account_of,
    age_days,
    arn_beside,
    cannot_tell,
    instant,
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


# ---------------------------------------------------------------------------- Config and GuardDuty


def _config(record: Record, world: World) -> Verdict:
    about = subject_like(record, "aws.config.recorder", arn_beside(record, "config", "recorder"))
    recorders = record["recorders"] or ()
    if not recorders:
        return not_satisfied("the region has no recorder", about)
    statuses = {s.get("name"): s for s in record["recorder_statuses"] or ()}
    problem = ""
    for recorder in recorders:
        name = recorder.get("name")
        status = statuses.get(name, {})
        group = recorder.get("recordingGroup") or {}
        said = f"recorder {in_words(name, 'without a name')}"
        everything = group.get("allSupported") is True or (
            (group.get("recordingStrategy") or {}).get("useOnly") == "ALL_SUPPORTED_RESOURCE_TYPES"
        )
        if status.get("recording") is not True:
            problem = f"{said} is not recording"
        elif str(status.get("lastStatus", "")).upper() == "FAILURE":
            problem = f"{said} fails (error: {in_words(status.get('lastErrorCode'))})"
        elif not everything:
            problem = f"{said} leaves out resource types"
        else:
            return satisfied(f"{said} records all resource types", about)
    return not_satisfied(problem, about)


def _guardduty(record: Record, world: World) -> Verdict:
    detectors = record["detectors"] or ()
    for detector in sorted(detectors, key=lambda d: d.get("Status") != "ENABLED"):
        place = arn_beside(record, "guardduty", f"detector/{detector['DetectorId']}")
        about = subject_like(record, "aws.guardduty.detector", place)
        if detector.get("Status") == "ENABLED":
            return satisfied("a detector is enabled", about)
        return not_satisfied(
            f"the detector is not enabled (status: {in_words(detector.get('Status'))})", about
        )
    return not_satisfied("the region has no detector")


def _guardduty_findings(record: Record, world: World) -> Verdict:
    found = record["high_severity_findings"] or ()
    if found:
        return not_satisfied(f"{len(found)} findings of severity 7.0 or above are open")
    if record["Status"] != "ENABLED":
        raise cannot_tell(
            f"the detector is not enabled (status: {in_words(record['Status'])}), so it finds nothing",
            GapReason.MISSING,
        )
    return satisfied("no finding of severity 7.0 or above is open")


# ------------------------------------------------------------------------------------- EC2 and SSM


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


def _multi_az(record: Record, world: World) -> Verdict:
    name = record["DBClusterIdentifier"]
    if name:
        cluster = world.find("aws.rds.cluster", record.subject.id.rsplit(":db:", 1)[0] + f":cluster:{name}")
        if cluster is None:
            raise cannot_tell(f"the cluster {in_words(name)} was not listed")
        if cluster["MultiAZ"] is True:
            return satisfied(f"its cluster {in_words(name)} spans zones")
        return not_satisfied(f"its cluster {in_words(name)} lies in one zone")
    return satisfied("Multi-AZ is on") if record["MultiAZ"] is True else not_satisfied("Multi-AZ is off")


# ------------------------------------------------------------------------------------------ Lambda

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


# -------------------------------------------------------------------- backup, secrets, certificates


def _vault(record: Record, world: World) -> Verdict:
    least = int(world.parameters["minimum_days"])
    if record["Locked"] is not True:
        return not_satisfied("the vault is not locked")
    days = record["MinRetentionDays"]
    if not isinstance(days, int) or days < least:
        return not_satisfied(f"days for which the lock keeps backups: {in_words(days)}, less than {least}")
    return satisfied(f"the lock keeps backups at least {in_words(days)} days")


def _rotation(record: Record, world: World) -> Verdict:
    if record["RotationEnabled"] is not True:
        return not_satisfied("rotation is not enabled")
    grace = timedelta(days=float(world.parameters["grace_days"]))
    due = instant(record["NextRotationDate"])
    period = _rotation_period(record["RotationRules"] or {})
    last = instant(record["LastRotatedDate"]) or instant(record["CreatedDate"])
    if due is None and period and last:
        due = last + period
    if due is not None and world.evaluated_at > due + grace:
        return not_satisfied(f"rotation is enabled but overdue since {due.date().isoformat()}")
    return satisfied("rotation is enabled")


_RATE = re.compile(r"rate\((\d{1,5}) (hour|day)s?\)")


def _rotation_period(rules: Mapping[str, Any]) -> timedelta | None:
    """How often a secret is to rotate; None where a calendar schedule says when."""
    if rules.get("AutomaticallyAfterDays"):
        return timedelta(days=int(rules["AutomaticallyAfterDays"]))
    rate = _RATE.fullmatch(str(rules.get("ScheduleExpression")).strip())
    if rate is None:
        return None
    return timedelta(**{rate[2] + "s": int(rate[1])})


def _certificate(record: Record, world: World) -> Verdict:
    if record["InUse"] is not True:
        if record["InUse"] is None:
            raise cannot_tell("whether the certificate is in use is not reported")
        return not_applicable("not in use")
    until = instant(record["NotAfter"])
    if until is None:
        return not_satisfied(f"in use, but not issued (status: {in_words(record['Status'])})")
    days = int((until - world.evaluated_at) / timedelta(days=1)) if until > world.evaluated_at else -1
    if days < 0:
        return not_satisfied(f"expired on {until.date().isoformat()}")
    if days <= int(world.parameters["days"]):
        return not_satisfied(f"expires in {days} days")
    return satisfied(f"valid for {days} days")


# ------------------------------------------------------------------------------------- front doors

_MODERN = re.compile(r"ELBSecurityPolicy-(TLS13-1-[23]-|TLS-1-2-|FS-1-2-)")


def _listeners(record: Record, world: World) -> Verdict:
    if record["Type"] == "gateway":
        return not_applicable("gateway load balancers do not end connections")
    seen = 0
    for listener in record["listeners"] or ():
        protocol, port = listener.get("Protocol"), f"port {in_words(listener.get('Port'), 'unknown')}"
        if protocol in ("HTTPS", "TLS"):
            seen += 1
            if not _MODERN.match(str(listener.get("SslPolicy"))):
                policy = in_words(listener.get("SslPolicy"))
                return not_satisfied(f"{port} accepts old versions of TLS (policy: {policy})")
        elif protocol == "HTTP":
            seen += 1
            actions = listener.get("DefaultActions") or ()
            if not any(_redirects(action) for action in actions):
                return not_satisfied(f"{port} speaks plain HTTP")
    if not seen:
        return not_applicable("no listener that ends HTTP or TLS")
    return satisfied("listeners speak TLS 1.2 or later, or redirect there")


def _redirects(action: Mapping[str, Any]) -> bool:
    return (
        action.get("Type") == "redirect" and (action.get("RedirectConfig") or {}).get("Protocol") == "HTTPS"
    )


def _distribution(record: Record, world: World) -> Verdict:
    default = record["DefaultCacheBehavior"] or {}
    behaviours = [("the default behaviour", default)]
    behaviours += [
        (f"path {in_words(b.get('PathPattern'), 'without a pattern')}", b)
        for b in (record["CacheBehaviors"] or {}).get("Items") or ()
    ]
    for name, behaviour in behaviours:
        policy = behaviour.get("ViewerProtocolPolicy")
        if policy not in ("redirect-to-https", "https-only"):
            return not_satisfied(f"{name} accepts HTTP (policy: {in_words(policy)})")
    return satisfied("every path demands HTTPS")


def _stage_logging(record: Record, world: World) -> Verdict:
    destination = (record["accessLogSettings"] or {}).get("destinationArn")
    if destination:
        return satisfied(f"access is logged to {in_words(destination)}")
    settings = record["methodSettings"] or {}
    level = (settings.get("*/*") or {}).get("loggingLevel")
    silent = sorted(m for m, s in settings.items() if s.get("loggingLevel") == "OFF")
    if level in ("ERROR", "INFO") and silent:
        return not_satisfied(f"{silent[0]} is not logged, whatever holds for the other methods")
    if level in ("ERROR", "INFO"):
        return satisfied(f"execution of every method is logged at level {level}")
    some = sorted(m for m, s in settings.items() if s.get("loggingLevel") in ("ERROR", "INFO"))
    return not_satisfied(f"only {some[0]} is logged" if some else "nothing is logged")


def _api_policy(record: Record, world: World) -> Verdict:
    if not record["policy"]:
        return not_applicable("no resource policy; each method decides")
    return _API(record, world)  # type: ignore[return-value]


_API = not_public("policy", ("execute-api:invoke",), lambda r: (f"arn:aws:execute-api:{r.subject.region}:*",))

FUNCTIONS: Mapping[str, CheckFunction] = {
    "aws-config-recorder-all-regions-enabled": _config,
    "aws-guardduty-is-enabled": _guardduty,
    "aws-guardduty-no-high-severity-findings": _guardduty_findings,
    "aws-rds-instance-multi-az": _multi_az,
    "aws-ec2-ebs-default-encryption": _ebs_default,
    "aws-ec2-ebs-snapshot-shared": _snapshot_shared,
    "aws-ec2-instance-older-than-specific-days": _old_instance,
    "aws-ec2-instance-managed-by-ssm": _managed,
    "aws-ssm-managed-compliant-patching": _patched,
    "aws-awslambda-function-not-publicly-accessible": not_public("policy", _LAMBDA, _function),
    "aws-awslambda-function-url-public": _function_urls,
    "aws-lambda-confused-deputy": _deputy,
    "aws-backup-vault-lock": _vault,
    "aws-secretsmanager-automatic-rotation-enabled": _rotation,
    "aws-secretsmanager-secret-not-public": not_public(
        "policy",
        (
            "secretsmanager:getsecretvalue",
            "secretsmanager:putsecretvalue",
            "secretsmanager:putresourcepolicy",
        ),
    ),
    "aws-acm-certificates-expiration-check": _certificate,
    "aws-elbv2-listeners-tls": _listeners,
    "aws-cloudfront-distributions-https-enabled": _distribution,
    "aws-apigateway-restapi-logging-enabled": _stage_logging,
    "aws-apigateway-restapi-policy-not-public": _api_policy,
    "aws-efs-not-public": not_public(
        "policy",
        (
            "elasticfilesystem:clientmount",
            "elasticfilesystem:clientwrite",
            "elasticfilesystem:clientrootaccess",
            "elasticfilesystem:putfilesystempolicy",
        ),
    ),
    "aws-ecr-repository-not-public": not_public(
        "policy",
        ("ecr:batchgetimage", "ecr:getdownloadurlforlayer", "ecr:putimage", "ecr:setrepositorypolicy"),
    ),
    "aws-sns-topic-not-public": not_public(
        "Policy",
        ("sns:publish", "sns:subscribe", "sns:receive", "sns:addpermission", "sns:settopicattributes"),
    ),
    "aws-sqs-queue-not-public": not_public(
        "Policy",
        (
            "sqs:sendmessage",
            "sqs:receivemessage",
            "sqs:deletemessage",
            "sqs:purgequeue",
            "sqs:setqueueattributes",
        ),
    ),
}
