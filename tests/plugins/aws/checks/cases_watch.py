"""Trails, alarms, logs, detectors, and where data lies."""

from __future__ import annotations

from .case import EVERYONE, IAM_ACCOUNT, S3_ACCOUNT, allow, place, row, whole
from .harness import CHECKS, ago, record

LOGGING = {"status": {"IsLogging": True}, "IsMultiRegionTrail": True}
SELECTORS = {
    "EventSelectors": [
        {
            "ReadWriteType": "All",
            "IncludeManagementEvents": True,
            "DataResources": [{"Type": "AWS::S3::Object", "Values": ["arn:aws:s3"]}],
        }
    ]
}
TRAIL = {**LOGGING, "event_selectors": SELECTORS, "TrailARN": "t"}
CT_REGION = record("aws.cloudtrail.region", {})
whole(
    "cloudtrail-multi-region-enabled",
    [CT_REGION, record("aws.cloudtrail.trail", TRAIL)],
    [CT_REGION, record("aws.cloudtrail.trail", {**TRAIL, "IsMultiRegionTrail": False})],
)
row(
    "cloudtrail-log-file-validation-enabled",
    {"LogFileValidationEnabled": True},
    {"LogFileValidationEnabled": False},
)
row("cloudtrail-kms-encryption-enabled", {"KmsKeyId": "k"}, {"KmsKeyId": None})
row(
    "cloudtrail-cloudwatch-logging-enabled",
    {"CloudWatchLogsLogGroupArn": "g", "status": {"LatestCloudWatchLogsDeliveryTime": ago(0.5)}},
    {"CloudWatchLogsLogGroupArn": "g", "status": {"LatestCloudWatchLogsDeliveryTime": ago(3)}},
)
STORE = record("aws.cloudtrail.trail", {"S3BucketName": "data"})
whole(
    "cloudtrail-logs-s3-bucket-access-logging-enabled",
    [STORE, record("aws.s3.bucket", {"logging": {"TargetBucket": "l"}})],
    [STORE, record("aws.s3.bucket", {"logging": None})],
)
whole(
    "cloudtrail-logs-s3-bucket-is-not-publicly-accessible",
    [STORE, record("aws.s3.bucket", {}), S3_ACCOUNT],
    [
        STORE,
        record("aws.s3.bucket", {"policy": allow("s3:Get*", "arn:aws:s3:::data/*", **EVERYONE)}),
        S3_ACCOUNT,
    ],
)
for name in ("read", "write"):
    row(f"cloudtrail-s3-dataevents-{name}-enabled", TRAIL, {**TRAIL, "status": {"IsLogging": False}})
whole(
    "cloudtrail-bedrock-logging-enabled", [IAM_ACCOUNT, record("aws.cloudtrail.trail", TRAIL)], [IAM_ACCOUNT]
)
row("cloudwatch-log-group-kms-encryption-enabled", {"kmsKeyId": "k"}, {"kmsKeyId": None})
row(
    "cloudwatch-log-group-retention-policy-specific-days-enabled",
    {"retentionInDays": None},
    {"retentionInDays": 90},
)
row("cloudwatch-log-group-retention-bounded", {"retentionInDays": 90}, {"retentionInDays": None})
RECORDER = {"recorders": [{"name": "default", "recordingGroup": {"allSupported": True}}]}
row(
    "config-recorder-all-regions-enabled",
    {**RECORDER, "recorder_statuses": [{"name": "default", "recording": True}]},
    {**RECORDER, "recorder_statuses": [{"name": "default", "recording": False}]},
)
row("guardduty-is-enabled", {"detectors": [{"DetectorId": "d", "Status": "ENABLED"}]}, {"detectors": []})
row(
    "guardduty-no-high-severity-findings",
    {"Status": "ENABLED", "high_severity_findings": []},
    {"Status": "ENABLED", "high_severity_findings": ["f"]},
)
row(
    "securityhub-enabled",
    {"hub": {"HubArn": "h"}, "standards": [{}], "products": []},
    {"hub": {"HubArn": "h"}, "standards": [], "products": []},
)
row("macie-is-enabled", {"session": {"status": "ENABLED"}}, {"session": None})


def alarm_case(check: str, pattern: str) -> None:
    trail = record(
        "aws.cloudtrail.trail", {**TRAIL, "CloudWatchLogsLogGroupArn": place("logs", "log-group:trail:*")}
    )
    metric = {"metricName": "m", "metricNamespace": "n"}
    found = record(
        "aws.logs.metric-filter",
        {
            "filterName": "f",
            "filterPattern": pattern,
            "logGroupName": "trail",
            "metricTransformations": [metric],
        },
    )
    alarm = {
        "AlarmName": "a",
        "MetricName": "m",
        "Namespace": "n",
        "ActionsEnabled": True,
        "ComparisonOperator": "GreaterThanOrEqualToThreshold",
        "Threshold": 1.0,
    }
    heard, unheard = ({**alarm, "AlarmActions": actions} for actions in (["arn:aws:sns:::t"], []))
    whole(check, *([IAM_ACCOUNT, trail, found, record("aws.cloudwatch.alarm", a)] for a in (heard, unheard)))


ALARMS = {
    "cloudwatch-log-metric-filter-unauthorized-api-calls": (
        '{ ($.errorCode = "*UnauthorizedOperation") || ($.errorCode = "AccessDenied*") }'
    ),
    "cloudwatch-log-metric-filter-sign-in-without-mfa": (
        '{ $.eventName = "ConsoleLogin" && $.additionalEventData.MFAUsed != "Yes" }'
    ),
    "cloudwatch-log-metric-filter-root-usage": (
        '{ $.eventType != "AwsServiceEvent" && $.userIdentity.invokedBy NOT EXISTS && '
        '$.userIdentity.type = "Root" }'
    ),
    "cloudwatch-log-metric-filter-authentication-failures": '{ $.errorMessage = "Failed authentication" }',
    "cloudwatch-log-metric-filter-policy-changes": "{ $.eventSource = iam.amazonaws.com }",
    "cloudwatch-log-metric-filter-and-alarm-for-cloudtrail-configuration-changes-enabled": (
        "{ $.eventSource = cloudtrail.amazonaws.com }"
    ),
    "cloudwatch-log-metric-filter-disable-or-scheduled-deletion-of-kms-cmk": (
        "{ $.eventName = DisableKey || $.eventName = ScheduleKeyDeletion }"
    ),
    "cloudwatch-log-metric-filter-for-s3-bucket-policy-changes": (
        '{ $.eventSource = s3.amazonaws.com && ($.eventName = "Put*" || $.eventName = "Delete*") }'
    ),
    "cloudwatch-log-metric-filter-and-alarm-for-aws-config-configuration-changes-enabled": (
        "{ $.eventSource = config.amazonaws.com }"
    ),
    "cloudwatch-log-metric-filter-security-group-changes": '{ $.eventName = "*SecurityGroup*" }',
    "cloudwatch-changes-to-network-acls-alarm-configured": '{ $.eventName = "*NetworkAcl*" }',
    "cloudwatch-changes-to-network-gateways-alarm-configured": '{ $.eventName = "*Gateway" }',
    "cloudwatch-changes-to-network-route-tables-alarm-configured": '{ $.eventName = "*Route*" }',
    "cloudwatch-changes-to-vpcs-alarm-configured": '{ $.eventName = "*Vpc*" }',
}
for name, text in ALARMS.items():
    alarm_case(name, text)

for name in CHECKS:
    if name.startswith("aws-data-location-"):
        kind = CHECKS[name].evidence
        whole(
            name.removeprefix("aws-"),
            [record(kind, {})],
            [record(kind, {}, region="us-east-1")],
            places=["EU", "UK"],
        )
