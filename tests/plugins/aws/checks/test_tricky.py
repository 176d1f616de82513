"""Resources that are legal but easy to misjudge, with the verdict that the rules of AWS give."""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import Any

import pytest

from lpo_secaudit.model.evidence import Evidence

from .case import OWN, S3_ACCOUNT, SUBNET, allow, place, table
from .cases import CASES
from .harness import ACCOUNT, CHECKS, OTHER, ago, judge, outcomes, record, without

GOOD, BAD, OPEN, APART = "satisfied", "not-satisfied", "unavailable", "not-applicable"
PCR = "kms:RecipientAttestation:PCR0"
IMAGE = "ab" * 48


def deny(action: Any = "kms:*", **more: Any) -> dict[str, Any]:
    return {"Effect": "Deny", "Principal": "*", "Action": action, "Resource": "*", **more}


# ------------------------------------------------------------------------------------ enclave keys


def key(*statements: dict[str, Any], **more: Any) -> list[Evidence]:
    data = {"KeyManager": "CUSTOMER", "KeyState": "Enabled", "KeySpec": "SYMMETRIC_DEFAULT"}
    marked = {"tags": [{"Key": "prowler:enclave-key", "Value": "true"}]}
    policy = {"Version": "2012-10-17", "Statement": list(statements)}
    return [record("aws.kms.key", {**data, **marked, "policy": policy, **more})]


def decrypt(**conditions: Any) -> dict[str, Any]:
    block = {name.replace("_", ":"): {PCR: value} for name, value in conditions.items()}
    return {
        "Effect": "Allow",
        **OWN,
        "Action": "kms:Decrypt",
        "Resource": "*",
        **({"Condition": block} if block else {}),
    }


@pytest.mark.parametrize(
    ("statements", "enforced", "bypass"),
    [
        ([], GOOD, GOOD),
        ([decrypt()], BAD, BAD),
        ([decrypt(StringEqualsIgnoreCase=IMAGE)], GOOD, GOOD),
        ([decrypt(StringLike="*")], BAD, BAD),
        ([decrypt(StringLike="ab*")], BAD, BAD),
        ([decrypt(StringEquals=[IMAGE, "ab?"])], BAD, BAD),
        ([decrypt(StringNotEquals=IMAGE)], BAD, BAD),
        ([decrypt(StringEqualsIfExists=IMAGE)], BAD, BAD),
        ([decrypt(Null="false")], BAD, BAD),
        ([decrypt(ForAllValues_StringEquals=IMAGE)], BAD, BAD),
        ([decrypt(ForAllValues_StringEquals=IMAGE, Null="false")], GOOD, GOOD),
        ([decrypt(StringEquals="0" * 96)], BAD, BAD),  # what a debug enclave attests, whatever it runs
        ([decrypt(), deny(Condition={"Null": {PCR: "true"}})], BAD, GOOD),
        ([decrypt(), deny(Condition={"StringNotEquals": {PCR: IMAGE}})], BAD, GOOD),
        ([decrypt(), deny("kms:Encrypt", Condition={"Null": {PCR: "true"}})], BAD, BAD),
        ([decrypt(), deny()], BAD, GOOD),
        ([{**decrypt(), "Action": "kms:Encrypt"}], GOOD, GOOD),
        ([{**decrypt(), "Action": "kms:GenerateRandom"}], GOOD, GOOD),  # is not about any key
        ([{**decrypt(), "Action": "KMS:generatedatakey*"}], BAD, BAD),
    ],
)
def test_attestation(statements: list[dict[str, Any]], enforced: str, bypass: str) -> None:
    records = key(*statements)
    assert outcomes("aws-kms-key-enclave-attestation-not-enforced", records) == {enforced}
    assert outcomes("aws-kms-key-enclave-attestation-bypassable-path", records) == {bypass}


@pytest.mark.parametrize(
    ("marks", "found"),
    [
        ({"tags": []}, APART),
        ({"tags": [], "aliases": ["alias/enclave-signing"]}, BAD),
        ({"tags": [], "aliases": ["alias/other"], "Description": "for the Enclave"}, BAD),
    ],
)
def test_what_marks_an_enclave_key(marks: dict[str, Any], found: str) -> None:
    assert outcomes("aws-kms-key-enclave-attestation-not-enforced", key(decrypt(), **marks)) == {found}


def test_a_policy_that_speaks_of_attestation_marks_an_enclave_key() -> None:
    records = key(decrypt(StringEquals=IMAGE), {**decrypt(), "Action": "kms:GenerateDataKey"}, tags=[])
    assert outcomes("aws-kms-key-enclave-attestation-not-enforced", records) == {BAD}


def attested(**measurements: str) -> list[Evidence]:
    names = {f"attestationDocumentEnclave{name}": value for name, value in measurements.items()}
    events = [{"EventId": "e", "EventName": "Decrypt", "attestation": names}]
    return [record("aws.cloudtrail.region", {"kms_events": events})]


def base_64(text: str) -> str:
    return base64.b64encode(bytes.fromhex(text)).decode()


ZERO = "0" * 96


@pytest.mark.parametrize(
    ("measurements", "debug", "image"),
    [
        ({"ImageDigest": IMAGE}, GOOD, GOOD),
        ({"ImageDigest": base_64(IMAGE)}, GOOD, GOOD),
        ({"ImageDigest": base_64("cd" * 48)}, GOOD, BAD),
        ({"ImageDigest": ZERO, "PCR1": ZERO, "PCR2": ZERO}, BAD, BAD),
        ({"ImageDigest": base_64(ZERO), "PCR3": IMAGE, "PCR4": IMAGE}, BAD, BAD),
        # An image that is not signed has no certificate to measure; the host's id is nobody's image.
        ({"ImageDigest": IMAGE, "PCR4": "12" * 48, "PCR8": ZERO}, GOOD, GOOD),
        ({"PCR1": ZERO}, GOOD, BAD),
        ({"ImageDigest": "sha384:" + IMAGE}, GOOD, GOOD),
        ({"ImageDigest": "garbage"}, GOOD, OPEN),
    ],
)
def test_attested_calls(measurements: dict[str, str], debug: str, image: str) -> None:
    records = attested(**measurements)
    assert outcomes("aws-kms-key-enclave-debug-attestation-detected", records) == {debug}
    known = {"known_pcrs": [IMAGE.upper()]}
    assert outcomes("aws-kms-key-enclave-attestation-unknown-image", records, parameters=known) == {image}


@pytest.mark.parametrize("check", ["pcr-mismatch", "unknown-image"])
def test_without_known_measurements_none_is_known(check: str) -> None:
    records = CASES[f"aws-kms-key-enclave-attestation-{check}"].good
    assert outcomes(f"aws-kms-key-enclave-attestation-{check}", records) == {OPEN}


# -------------------------------------------------------------------------------- policies at large


@pytest.mark.parametrize(
    ("principal", "found"),
    [
        (ACCOUNT, GOOD),  # as some services hand back what was added for one account
        (f"arn:aws:iam::{OTHER}:root", GOOD),
        ("s3.amazonaws.com", GOOD),
        ("nonsense", OPEN),
        ({"CanonicalUser": "*"}, BAD),
        ({"AWS": "arn:aws:iam::*:root"}, BAD),
        ({"AWS": ["arn:aws:iam::111122223333:root", "*"]}, BAD),
    ],
)
def test_principals(principal: Any, found: str) -> None:
    policy = allow("lambda:InvokeFunction", Principal=principal)
    records = [record("aws.lambda.function", {"policy": policy})]
    assert outcomes("aws-awslambda-function-not-publicly-accessible", records) == {found}


@pytest.mark.parametrize(
    ("ownership", "message"),
    [
        (None, "ACLs are in force: Object Ownership is not set"),
        ([], "ACLs are in force: Object Ownership is not set"),
        ([{"ObjectOwnership": "ObjectWriter"}], "ACLs are in force: Object Ownership is ObjectWriter"),
        (
            [{"ObjectOwnership": "BucketOwnerPreferred"}],
            "ACLs are in force: Object Ownership is BucketOwnerPreferred",
        ),
        ([{"ObjectOwnership": "BucketOwnerEnforced"}], "the bucket owner owns every object"),
    ],
)
def test_who_owns_objects_is_said_in_words(ownership: Any, message: str) -> None:
    records = [record("aws.s3.bucket", {"ownership": ownership})]
    (found,) = judge("aws-s3-bucket-object-ownership-enforced", records)
    assert found.message == message
    assert str(found.outcome) == (BAD if "in force" in message else GOOD)


def test_a_wildcard_that_aws_does_not_know_widens_no_deny() -> None:
    policy = allow("s3:PutObject", "arn:aws:s3:::data/*", Principal="*")
    policy["Statement"].append(deny("s3:*", Principal={"AWS": "arn:aws:iam::*:root"}))
    records = [record("aws.s3.bucket", {"policy": policy, "public_access_block": None}), S3_ACCOUNT]
    assert outcomes("aws-s3-bucket-policy-public-write-access", records) == {BAD}


@pytest.mark.parametrize(
    ("condition", "found"),
    [
        ({"StringEquals": {"lambda:EventSourceToken": "amzn1.skill"}}, GOOD),
        ({"StringLike": {"aws:PrincipalOrgID": "o-*"}}, BAD),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}, GOOD),
        ({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-abcdefghij"}}, BAD),
        ({"ForAllValues:StringEquals": {"aws:PrincipalOrgPaths": "o-abcdefghij/*"}}, BAD),
        ({"IpAddress": {"aws:SourceIp": ["0.0.0.0/1", "128.0.0.0/1"]}}, BAD),
        ({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, GOOD),
        ({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}}, BAD),
        ({"StringEquals": {"aws:username": "bob"}}, BAD),  # any account may have a bob
        ({"Null": {"aws:PrincipalOrgID": "false"}}, BAD),
        ({"DateLessThan": {"aws:CurrentTime": "2020-01-01T00:00:00Z"}}, GOOD),
    ],
)
def test_conditions_of_grants_to_everybody(condition: dict[str, Any], found: str) -> None:
    policy = allow("lambda:InvokeFunction", Principal="*", Condition=condition)
    records = [record("aws.lambda.function", {"policy": policy})]
    assert outcomes("aws-awslambda-function-not-publicly-accessible", records) == {found}


# ----------------------------------------------------------------------------------------- network


def group(*rules: dict[str, Any], **lists: list[str]) -> list[Evidence]:
    return [
        record(
            "aws.ec2.security-group",
            {"GroupId": "sg-1", "IpPermissions": list(rules), "prefix_lists": lists},
            place("ec2", "security-group/sg-1"),
        )
    ]


SSH = "aws-ec2-securitygroup-allow-ingress-from-internet-to-tcp-port-22"
BY_LIST = {"IpProtocol": "tcp", "FromPort": 20, "ToPort": 25, "PrefixListIds": [{"PrefixListId": "pl"}]}


@pytest.mark.parametrize(
    ("entries", "found"),
    [(["10.0.0.0/8"], GOOD), (["0.0.0.0/0"], BAD), (["2000::/4", "3000::/4"], BAD), ([], GOOD)],
)
def test_prefix_lists(entries: list[str], found: str) -> None:
    assert outcomes(SSH, group(BY_LIST, pl=entries)) == {found}


def test_a_prefix_list_that_was_not_seen_leaves_the_question_open() -> None:
    assert outcomes(SSH, without(group(BY_LIST, pl=[]), 0, "prefix_lists")) == {OPEN}
    world = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    assert outcomes(SSH, without(group(BY_LIST, world, pl=[]), 0, "prefix_lists")) == {BAD}
    plain = {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    assert outcomes(SSH, without(group(plain), 0, "prefix_lists")) == {GOOD}


@pytest.mark.parametrize(("gateway", "found"), [("nat-1", GOOD), ("igw-1", OPEN)])
def test_a_database_that_tells_no_subnet_lies_in_the_vpc_of_its_groups(gateway: str, found: str) -> None:
    (open_group,) = group({"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]})
    open_group = replace(open_group, data={**open_group.data, "VpcId": "vpc-1"})
    database = {
        "PubliclyAccessible": True,
        "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}],
        "Endpoint": {"Port": 5432},
        "DBSubnetGroup": None,
    }
    records = [record("aws.rds.instance", database), open_group, SUBNET, table(gateway)]
    assert outcomes("aws-rds-instance-no-public-access", records) == {found}


def entry(number: int, action: str, protocol: str = "-1", low: int = 0, high: int = 65535) -> dict[str, Any]:
    span = {} if protocol == "-1" else {"PortRange": {"From": low, "To": high}}
    return {
        "RuleNumber": number,
        "RuleAction": action,
        "Protocol": protocol,
        "CidrBlock": "0.0.0.0/0",
        "Egress": False,
        **span,
    }


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([entry(200, "allow"), entry(100, "deny")], GOOD),
        ([entry(100, "allow"), entry(200, "deny")], BAD),
        ([entry(100, "deny", "6", 22, 22), entry(200, "allow")], BAD),
        ([entry(100, "deny", "6"), entry(110, "deny", "17"), entry(200, "allow")], GOOD),
        ([entry(100, "allow", "6", 1024), entry(110, "allow", "17", 1024)], GOOD),
        ([entry(100, "allow", "6"), entry(110, "allow", "17")], BAD),
    ],
)
def test_network_acls(entries: list[dict[str, Any]], found: str) -> None:
    records = [record("aws.ec2.network-acl", {"Entries": entries})]
    assert outcomes("aws-ec2-networkacl-allow-ingress-any-port", records) == {found}


@pytest.mark.parametrize("state", ["stopped", "terminated", "pending"])
def test_what_does_not_run_needs_no_agent_and_is_not_old(state: str) -> None:
    data = {"InstanceId": "i-1", "State": {"Name": state}, "LaunchTime": ago(900)}
    for check in ("aws-ec2-instance-managed-by-ssm", "aws-ec2-instance-older-than-specific-days"):
        assert outcomes(check, [record("aws.ec2.instance", data)]) == {GOOD}


@pytest.mark.parametrize(
    ("logs", "found"),
    [
        (["ALL"], GOOD),
        (["REJECT"], GOOD),
        (["ACCEPT"], BAD),
        (["ACCEPT", "REJECT"], GOOD),
        ([], BAD),
    ],
)
def test_flow_logs(logs: list[str], found: str) -> None:
    vpc = {"VpcId": "vpc-1"}
    records = [
        record("aws.ec2.vpc", vpc, place("ec2", "vpc/vpc-1")),
        record("aws.ec2.network-interface", vpc),
    ]
    records += [
        record(
            "aws.ec2.flow-log",
            {"ResourceId": "vpc-1", "FlowLogStatus": "ACTIVE", "TrafficType": kind},
            place("ec2", f"vpc-flow-log/{kind}"),
        )
        for kind in logs
    ]
    assert outcomes("aws-vpc-flow-logs-enabled", records) == {found}


# -------------------------------------------------------------------------------- trails and alarms


@pytest.mark.parametrize(
    ("status", "log_group", "found"),
    [
        ({"LatestCloudWatchLogsDeliveryTime": ago(0.5)}, "arn:aws:logs:x", GOOD),
        ({"LatestCloudWatchLogsDeliveryTime": ago(0.5)}, None, GOOD),
        ({"LatestCloudWatchLogsDeliveryTime": ago(2)}, "arn:aws:logs:x", BAD),
        ({}, None, BAD),
    ],
)
def test_delivery_to_log_groups(status: dict[str, Any], log_group: str | None, found: str) -> None:
    records = [record("aws.cloudtrail.trail", {"status": status, "CloudWatchLogsLogGroupArn": log_group})]
    assert outcomes("aws-cloudtrail-cloudwatch-logging-enabled", records) == {found}


CALLS = (
    '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*")'
    ' || ($.sourceIPAddress != "delivery.logs.amazonaws.com") || ($.eventName != "HeadBucket") }'
)


@pytest.mark.parametrize(
    ("check", "pattern", "found"),
    [
        ("unauthorized-api-calls", CALLS, GOOD),  # as the CIS benchmark has it
        ("root-usage", CALLS, BAD),
        ("root-usage", "", BAD),  # matches everything
        (
            "root-usage",
            '{ $.eventType != "AwsServiceEvent" && $.userIdentity.invokedBy NOT EXISTS'
            ' && $.userIdentity.type = "Root" }',
            GOOD,
        ),
    ],
)
def test_an_alarm_on_everything_tells_nothing(check: str, pattern: str, found: str) -> None:
    assert outcomes("aws-cloudwatch-log-metric-filter-" + check, alarmed(pattern)) == {found}


def alarmed(pattern: str, metric: dict[str, Any] | None = None, **alarm: Any) -> list[Evidence]:
    arn = place("logs", "log-group:trail:*")
    return [
        record("aws.iam.account", {}),
        record("aws.cloudtrail.trail", {"status": {"IsLogging": True}, "CloudWatchLogsLogGroupArn": arn}),
        record(
            "aws.logs.metric-filter",
            {
                "logGroupName": "trail",
                "filterName": "f",
                "filterPattern": pattern,
                "metricTransformations": [{"metricName": "m", "metricNamespace": "n", **(metric or {})}],
            },
        ),
        record(
            "aws.cloudwatch.alarm",
            {
                "AlarmName": "a",
                "MetricName": "m",
                "Namespace": "n",
                "ActionsEnabled": True,
                "AlarmActions": ["arn:aws:sns:x"],
                "Threshold": 1,
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                **alarm,
            },
        ),
    ]


KEYS = '{ $.eventSource = "kms.amazonaws.com" && (($.eventName = DisableKey) || ($.eventName = Schedule*)) }'


@pytest.mark.parametrize(
    ("metric", "alarm", "found"),
    [
        ({}, {}, GOOD),
        ({"metricValue": "1", "defaultValue": 0}, {}, GOOD),
        ({"metricValue": "0"}, {}, BAD),
        ({}, {"Dimensions": [{"Name": "Region", "Value": "eu-west-1"}]}, BAD),
        ({"dimensions": {"Region": "$.awsRegion"}}, {}, BAD),
        (
            {"dimensions": {"Region": "$.awsRegion"}},
            {"Dimensions": [{"Name": "Region", "Value": "eu-west-1"}]},
            GOOD,
        ),
        ({}, {"ActionsEnabled": False}, BAD),
        ({}, {"AlarmActions": []}, BAD),
        ({}, {"Threshold": 1000}, BAD),
        ({}, {"ComparisonOperator": "LessThanThreshold"}, BAD),
    ],
)
def test_an_alarm_watches_the_very_metric(metric: dict[str, Any], alarm: dict[str, Any], found: str) -> None:
    check = "aws-cloudwatch-log-metric-filter-disable-or-scheduled-deletion-of-kms-cmk"
    assert outcomes(check, alarmed(KEYS, metric, **alarm)) == {found}


# ------------------------------------------------------------------------------------------ patches


@pytest.mark.parametrize(
    ("managed", "reports", "found"),
    [
        ([], {"Patch": "COMPLIANT"}, GOOD),
        ([], {"Patch": "NON_COMPLIANT", "Association": "COMPLIANT"}, BAD),
        (["i-1"], {"Patch": "COMPLIANT", "Association": "NON_COMPLIANT"}, GOOD),
        (["i-1"], {}, BAD),
        ([], {}, APART),
    ],
)
def test_patches_of_nodes(managed: list[str], reports: dict[str, str], found: str) -> None:
    records = [record("aws.ec2.region", {}, place("ec2", "region"))]
    records += [record("aws.ssm.instance", {"InstanceId": node}) for node in managed]
    records += [
        record(
            "aws.ssm.compliance",
            {"ComplianceType": kind, "ResourceId": "i-1", "Status": status},
            place("ssm", f"compliance/i-1/{kind}"),
        )
        for kind, status in reports.items()
    ]
    assert outcomes("aws-ssm-managed-compliant-patching", records) == {found}


def test_a_node_whose_state_cannot_be_read_leaves_the_others_their_verdict() -> None:
    nodes = ("i-1", "i-2", "i-3")
    records = [record("aws.ec2.region", {}, place("ec2", "region"))] + [
        record(
            "aws.ssm.compliance",
            {"ComplianceType": "Patch", "ResourceId": node, "Status": "COMPLIANT"},
            place("ssm", f"compliance/{node}/Patch"),
        )
        for node in nodes
    ]
    found = judge("aws-ssm-managed-compliant-patching", without(records, 2, "Status"))
    assert {o.subject.id.rsplit("/")[-1]: str(o.outcome) for o in found} == {
        "i-1": GOOD,
        "i-2": OPEN,
        "i-3": GOOD,
    }


# ------------------------------------------------------------------------------------------- others


@pytest.mark.parametrize(("age", "found"), [(89.9, GOOD), (90.9, GOOD), (91.1, BAD)])
def test_the_last_day_still_counts(age: float, found: str) -> None:
    row = {
        "access_key_1_active": "true",
        "access_key_2_active": "false",
        "access_key_1_last_rotated": ago(age),
    }
    records = [record("aws.iam.credential", {"user": "u", **row})]
    assert outcomes("aws-iam-rotate-access-key-90-days", records) == {found}


SUBSCRIBED = place("securityhub", "product-subscription")
ROTATED = {"RotationEnabled": True, "CreatedDate": ago(900)}


@pytest.mark.parametrize(
    ("check", "data", "found"),
    [
        (
            "rds-instance-backup-enabled",
            {"BackupRetentionPeriod": 0, "ReadReplicaSourceDBInstanceIdentifier": ""},
            BAD,
        ),
        (
            "securityhub-enabled",
            {"hub": {}, "standards": [], "products": [f"{SUBSCRIBED}/aws/securityhub"]},
            BAD,
        ),
        (
            "securityhub-enabled",
            {"hub": {}, "standards": [], "products": [f"{SUBSCRIBED}/aws/guardduty"]},
            GOOD,
        ),
        (
            "securityhub-enabled",
            {"hub": {}, "standards": [{"StandardsStatus": "FAILED"}], "products": []},
            BAD,
        ),
        (
            "securityhub-enabled",
            {"hub": {}, "standards": [{"StandardsStatus": "READY"}], "products": []},
            GOOD,
        ),
        ("securityhub-enabled", {"hub": None, "standards": [], "products": []}, BAD),
        ("iam-no-root-access-key", {"summary": {}}, OPEN),
        ("iam-no-root-access-key", {"summary": {"AccountAccessKeysPresent": 2}}, BAD),
        (
            "secretsmanager-automatic-rotation-enabled",
            {
                **ROTATED,
                "RotationRules": {"ScheduleExpression": "rate(30 days)"},
                "LastRotatedDate": ago(200),
            },
            BAD,
        ),
        (
            "secretsmanager-automatic-rotation-enabled",
            {**ROTATED, "RotationRules": {"ScheduleExpression": "rate(12 hours)"}, "LastRotatedDate": ago(1)},
            GOOD,
        ),
        (
            "apigateway-restapi-logging-enabled",
            {"methodSettings": {"*/*": {"loggingLevel": "INFO"}, "~1pay/POST": {"loggingLevel": "OFF"}}},
            BAD,
        ),
        ("apigateway-restapi-logging-enabled", {"methodSettings": {"*/*": {"loggingLevel": "ERROR"}}}, GOOD),
    ],
)
def test_others(check: str, data: dict[str, Any], found: str) -> None:
    type_ = CHECKS["aws-" + check].evidence
    assert outcomes("aws-" + check, [record(type_, data)]) == {found}
