"""Alarms on what happens: does an event that matters reach somebody?

Each question is a set of sample events. Every one must be matched by a metric filter on the log
group of a trail that is logging, whose metric an alarm watches that one event, or a few, set off and
that tells somebody. The filter pattern is evaluated on the event, so that how it is worded does not
matter, and a clause that lets events slip through does.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
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
from lpo_secaudit_plugins.aws.checks.common import cannot_tell, part
from lpo_secaudit_plugins.aws.checks.trails import is_logging
from lpo_secaudit_plugins.aws.reasoning.metric_filters import FilterError, parse_filter

__all__ = ["FUNCTIONS"]

Event = Mapping[str, Any]


def _event(source: str, name: str, **more: Any) -> Event:
    """A CloudTrail record of an IAM user's call, as far as filters look at it."""
    return {
        "eventVersion": "1.09",
        "eventSource": f"{source}.amazonaws.com",
        "eventName": name,
        "eventType": "AwsApiCall",
        "eventCategory": "Management",
        "managementEvent": True,
        "readOnly": False,
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.15",
        "recipientAccountId": "123456789012",
        "userIdentity": {
            "type": "IAMUser",
            "userName": "sample-user",
            "arn": "arn:aws:iam::123456789012:user/sample-user",
            "accountId": "123456789012",
            "principalId": "AIDASAMPLE",
        },
        **more,
    }


def _calls(source: str, names: str) -> tuple[Event, ...]:
    return tuple(_event(source, name) for name in names.split())


def _sign_in(**more: Any) -> Event:
    return _event("signin", "ConsoleLogin", **{"eventType": "AwsConsoleSignIn", **more})


_ROOT = {
    "type": "Root",
    "arn": "arn:aws:iam::123456789012:root",
    "accountId": "123456789012",
    "principalId": "123456789012",
}

EVENTS: Mapping[str, tuple[Event, ...]] = {
    "aws-cloudwatch-log-metric-filter-unauthorized-api-calls": (
        _event("ec2", "DescribeInstances", errorCode="Client.UnauthorizedOperation"),
        _event("s3", "ListBuckets", errorCode="AccessDenied"),
        _event("iam", "ListUsers", errorCode="AccessDeniedException"),
    ),
    "aws-cloudwatch-log-metric-filter-sign-in-without-mfa": (
        _sign_in(
            additionalEventData={"MFAUsed": "No", "MobileVersion": "No"},
            responseElements={"ConsoleLogin": "Success"},
        ),
    ),
    "aws-cloudwatch-log-metric-filter-root-usage": (
        _event("iam", "CreateAccessKey", userIdentity=_ROOT),
        _event("s3", "GetObject", userIdentity=_ROOT),
    ),
    "aws-cloudwatch-log-metric-filter-authentication-failures": (
        _sign_in(
            errorMessage="Failed authentication",
            additionalEventData={"MFAUsed": "No"},
            responseElements={"ConsoleLogin": "Failure"},
        ),
    ),
    "aws-cloudwatch-log-metric-filter-policy-changes": _calls(
        "iam",
        "DeleteGroupPolicy DeleteRolePolicy DeleteUserPolicy PutGroupPolicy PutRolePolicy "
        "PutUserPolicy CreatePolicy "
        "DeletePolicy CreatePolicyVersion DeletePolicyVersion AttachRolePolicy DetachRolePolicy "
        "AttachUserPolicy "
        "DetachUserPolicy AttachGroupPolicy DetachGroupPolicy",
    ),
    "aws-cloudwatch-log-metric-filter-and-alarm-for-cloudtrail-configuration-changes-enabled": _calls(
        "cloudtrail", "CreateTrail UpdateTrail DeleteTrail StartLogging StopLogging"
    ),
    "aws-cloudwatch-log-metric-filter-disable-or-scheduled-deletion-of-kms-cmk": _calls(
        "kms", "DisableKey ScheduleKeyDeletion"
    ),
    "aws-cloudwatch-log-metric-filter-for-s3-bucket-policy-changes": _calls(
        "s3",
        "PutBucketAcl PutBucketPolicy PutBucketCors PutBucketLifecycle PutBucketReplication "
        "DeleteBucketPolicy "
        "DeleteBucketCors DeleteBucketLifecycle DeleteBucketReplication",
    ),
    "aws-cloudwatch-log-metric-filter-and-alarm-for-aws-config-configuration-changes-enabled": _calls(
        "config",
        "StopConfigurationRecorder DeleteDeliveryChannel PutDeliveryChannel PutConfigurationRecorder",
    ),
    "aws-cloudwatch-log-metric-filter-security-group-changes": _calls(
        "ec2",
        "AuthorizeSecurityGroupIngress AuthorizeSecurityGroupEgress RevokeSecurityGroupIngress "
        "RevokeSecurityGroupEgress CreateSecurityGroup DeleteSecurityGroup",
    ),
    "aws-cloudwatch-changes-to-network-acls-alarm-configured": _calls(
        "ec2",
        "CreateNetworkAcl CreateNetworkAclEntry DeleteNetworkAcl DeleteNetworkAclEntry "
        "ReplaceNetworkAclEntry "
        "ReplaceNetworkAclAssociation",
    ),
    "aws-cloudwatch-changes-to-network-gateways-alarm-configured": _calls(
        "ec2",
        "CreateCustomerGateway DeleteCustomerGateway AttachInternetGateway CreateInternetGateway "
        "DeleteInternetGateway DetachInternetGateway",
    ),
    "aws-cloudwatch-changes-to-network-route-tables-alarm-configured": _calls(
        "ec2",
        "CreateRoute CreateRouteTable ReplaceRoute ReplaceRouteTableAssociation DeleteRouteTable "
        "DeleteRoute "
        "DisassociateRouteTable",
    ),
    "aws-cloudwatch-changes-to-vpcs-alarm-configured": _calls(
        "ec2",
        # ClassicLink, in older lists, was retired in 2022: its events cannot occur any more.
        "CreateVpc DeleteVpc ModifyVpcAttribute AcceptVpcPeeringConnection CreateVpcPeeringConnection "
        "DeleteVpcPeeringConnection RejectVpcPeeringConnection",
    ),
}


_EVERYDAY = _event("ec2", "DescribeInstances", readOnly=True)
"""What happens all the time: an alarm on this as well is always on, and tells nothing of anything else."""


def _alarmed(events: Sequence[Event], indiscriminate: bool) -> CheckFunction:
    """The check that alarms follow on all events.

    Args:
        indiscriminate: whether a filter that matches everyday calls counts too.
    """

    def check(record: Record, world: World) -> Verdict:
        places = _log_groups(world)
        if not places:
            return not_satisfied("no trail that is logging delivers to a log group of CloudWatch Logs")
        left = list(events)
        doubt, reason, used = "", "", []
        for found in world.seen("aws.logs.metric-filter"):
            if (found.subject.region, found["logGroupName"]) not in places:
                continue
            try:
                test = parse_filter(found["filterPattern"] or "")
            except FilterError as error:
                name = in_words(found["filterName"], "without a name")
                doubt = f"the pattern of filter {name} is not decided: {error}"
                continue
            matched = [event for event in left if test(event)]
            if not matched:
                continue
            problem = _unheard(found, world)
            if not indiscriminate and test(_EVERYDAY):
                problem = "it matches everyday calls as well"
            if problem:
                reason = reason or f"filter {in_words(found['filterName'], 'without a name')}: {problem}"
                continue
            used.append(in_words(found["filterName"], "a filter without a name"))
            left = [event for event in left if event not in matched]
            if not left:
                return satisfied(f"an alarm follows on {in_words(used)}")
        world.all("aws.logs.metric-filter")
        world.all("aws.cloudwatch.alarm")
        if doubt:
            raise cannot_tell(doubt)
        names = ", ".join(str(event.get("errorCode") or event["eventName"]) for event in left[:3])
        return not_satisfied(reason or f"no alarm on {names}" + (" ..." if len(left) > 3 else ""))

    return check


def _log_groups(world: World) -> set[tuple[str | None, str]]:
    """(region, name) of the log groups that trails in service deliver to.

    Raises:
        UnavailableError: none was seen, and a trail was not.
    """
    found: set[tuple[str | None, str]] = set()
    missing: UnavailableError | None = None
    for trail in world.seen("aws.cloudtrail.trail"):
        arn = trail["CloudWatchLogsLogGroupArn"]
        if not arn:
            continue
        try:
            if is_logging(trail):
                found.add((part(arn, 3), arn.split(":log-group:", 1)[-1].removesuffix(":*")))
        except UnavailableError as error:
            missing = error
    if not found:
        if missing:
            raise missing
        world.all("aws.cloudtrail.trail")
    return found


def _unheard(found: Record, world: World) -> str:
    """Why an event that the filter matches tells nobody; "" where it does."""
    problem = "no alarm watches its metric"
    for transformation in found["metricTransformations"] or ():
        if _is_zero(transformation.get("metricValue")):
            counted = in_words(transformation.get("metricName"), "its metric")
            problem = f"it counts nothing: it adds 0 to {counted}"
            continue
        dimensions = frozenset(transformation.get("dimensions") or ())
        name = transformation.get("metricName"), transformation.get("metricNamespace"), dimensions
        for alarm in world.seen("aws.cloudwatch.alarm", found.subject.region):
            if name not in _metrics(alarm):
                continue
            if alarm["ActionsEnabled"] is False or not alarm["AlarmActions"]:
                problem = f"alarm {in_words(alarm['AlarmName'], 'without a name')} tells nobody"
            elif not _goes_off(alarm, float(world.parameters["most_events"])):
                most = world.parameters["most_events"]
                problem = (
                    f"alarm {in_words(alarm['AlarmName'], 'without a name')} does not go off at {most} events"
                )
            else:
                return ""
    return problem


def _metrics(alarm: Record) -> Iterator[tuple[Any, Any, frozenset[Any]]]:
    """The metrics an alarm watches. One with other dimensions is another metric, and has no data."""
    yield alarm["MetricName"], alarm["Namespace"], _names(alarm["Dimensions"])
    for query in alarm["Metrics"] or ():
        metric = (query.get("MetricStat") or {}).get("Metric") or {}
        yield metric.get("MetricName"), metric.get("Namespace"), _names(metric.get("Dimensions"))


def _names(dimensions: Any) -> frozenset[Any]:
    return frozenset(d.get("Name") for d in dimensions or ())


def _is_zero(value: Any) -> bool:
    try:
        return float(value) == 0
    except (TypeError, ValueError):
        return False  # a selector such as $.bytes


def _goes_off(alarm: Record, events: float) -> bool:
    threshold = alarm["Threshold"]
    if threshold is None:
        return True  # anomaly bands and metric expressions have no threshold of their own
    operator = alarm["ComparisonOperator"]
    if operator == "GreaterThanOrEqualToThreshold":
        return bool(threshold <= events)
    return operator == "GreaterThanThreshold" and bool(threshold < events)


FUNCTIONS: Mapping[str, CheckFunction] = {
    # The pattern for failed calls that the CIS benchmark prescribes matches nearly every call.
    check: _alarmed(events, check == "aws-cloudwatch-log-metric-filter-unauthorized-api-calls")
    for check, events in EVENTS.items()
}
