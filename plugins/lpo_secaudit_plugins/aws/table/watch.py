"""Trails, logs, alarms, Config, GuardDuty, Security Hub, Macie, Inspector: what watches."""

from __future__ import annotations

from lpo_secaudit_plugins.aws.table.model import Facet, Type, call

__all__ = ["TYPES"]

TYPES = (
    Type(
        "aws.cloudtrail.trail",
        "a trail, once, in its home region (IsMultiRegionTrail, LogFileValidationEnabled, KmsKeyId, "
        "S3BucketName, CloudWatchLogsLogGroupArn, IsOrganizationTrail, HomeRegion)",
        "{TrailARN}",
        list=call("cloudtrail:DescribeTrails", includeShadowTrails=True),
        items="trailList[]",
        region="{HomeRegion}",
        once=True,
        facets={
            "status": Facet(
                call("cloudtrail:GetTrailStatus", Name="{TrailARN}", region="{HomeRegion}"),
                "{IsLogging, LatestDeliveryTime, LatestCloudWatchLogsDeliveryTime ...}",
            ),
            "event_selectors": Facet(
                call("cloudtrail:GetEventSelectors", TrailName="{TrailARN}", region="{HomeRegion}"),
                "{EventSelectors[{ReadWriteType, IncludeManagementEvents, DataResources}], "
                "AdvancedEventSelectors[{FieldSelectors}]}",
            ),
        },
    ),
    Type(
        "aws.cloudtrail.region",
        "what CloudTrail's event history of a region says; one record a region",
        "arn:{partition}:cloudtrail:{region}:{account}:region",
        facets={
            "kms_events": Facet(
                call("cloudtrail:LookupEvents", "Events[]", MaxResults=50),
                "[{EventName, EventTime, EventId, key_arns[], attestation{...} or null}]: at most the 250 "
                "latest each of Decrypt, GenerateDataKey, GenerateDataKeyPair, GenerateRandom and"
                "DeriveSharedSecret",
                custom="kms_events",
            ),
        },
    ),
    Type(
        "aws.logs.group",
        'a log group (retentionInDays null: never expires; kmsKeyId; storedBytes); the id ends in ":*" as '
        "AWS writes it",
        "{arn}",
        list=call("logs:DescribeLogGroups", limit=50),
        items="logGroups[]",
    ),
    Type(
        "aws.logs.metric-filter",
        "a metric filter (filterPattern, logGroupName, metricTransformations)",
        "arn:{partition}:logs:{region}:{account}:log-group:{logGroupName}:metric-filter:{filterName}",
        list=call("logs:DescribeMetricFilters", limit=50),
        items="metricFilters[]",
    ),
    Type(
        "aws.cloudwatch.alarm",
        "a metric alarm (Namespace, MetricName, Metrics, ActionsEnabled, AlarmActions, Threshold, "
        "ComparisonOperator, TreatMissingData)",
        "{AlarmArn}",
        list=call("cloudwatch:DescribeAlarms", AlarmTypes=["MetricAlarm"], MaxRecords=100),
        items="MetricAlarms[]",
    ),
    Type(
        "aws.config.region",
        "AWS Config in a region; one record a region",
        "arn:{partition}:config:{region}:{account}:region",
        facets={
            "recorders": Facet(
                call("config:DescribeConfigurationRecorders", "ConfigurationRecorders"),
                "[{name, roleARN, recordingGroup{allSupported ...}}]; empty: none",
            ),
            "recorder_statuses": Facet(
                call("config:DescribeConfigurationRecorderStatus", "ConfigurationRecordersStatus"),
                "[{name, recording, lastStatus, lastErrorCode}]",
            ),
            "delivery_channels": Facet(
                call("config:DescribeDeliveryChannels", "DeliveryChannels"), "[{name, s3BucketName}]"
            ),
        },
    ),
    Type(
        "aws.guardduty.region",
        "GuardDuty in a region; one record a region",
        "arn:{partition}:guardduty:{region}:{account}:region",
        facets={
            "detectors": Facet(
                call("guardduty:ListDetectors", "DetectorIds[]"),
                "[{DetectorId, Status, FindingPublishingFrequency, Features}]; empty: none",
                custom="detectors",
            ),
        },
    ),
    Type(
        "aws.guardduty.detector",
        "a GuardDuty detector; members of GetDetector (Status, Features)",
        "arn:{partition}:guardduty:{region}:{account}:detector/{DetectorId}",
        list=call("guardduty:ListDetectors"),
        items="DetectorIds[]",
        name_as="DetectorId",
        summary=("DetectorId",),
        detail=call("guardduty:GetDetector", DetectorId="{DetectorId}"),
        facets={
            "high_severity_findings": Facet(
                call(
                    "guardduty:ListFindings",
                    "FindingIds[]",
                    DetectorId="{DetectorId}",
                    MaxResults=50,
                    FindingCriteria={
                        "Criterion": {
                            "severity": {"GreaterThanOrEqual": 7},
                            "service.archived": {"Equals": ["false"]},
                        }
                    },
                ),
                "sorted ids of the unarchived findings of severity 7.0 and above (high and critical)",
                custom="sorted_list",
            ),
        },
    ),
    Type(
        "aws.securityhub.region",
        "Security Hub in a region; one record a region",
        "arn:{partition}:securityhub:{region}:{account}:hub/default",
        facets={
            "hub": Facet(
                call(
                    "securityhub:DescribeHub",
                    none_on=("InvalidAccessException", "ResourceNotFoundException"),
                ),
                "{HubArn, SubscribedAt}, or null where it is not enabled",
            ),
            "standards": Facet(
                call("securityhub:GetEnabledStandards", "StandardsSubscriptions[]"),
                "[{StandardsArn, StandardsStatus}]; empty where there is no hub",
                when="hub_enabled",
                otherwise=[],
                needs=("hub",),
            ),
            "products": Facet(
                call("securityhub:ListEnabledProductsForImport", "ProductSubscriptions[]"),
                "[ARN]: integrations; empty where there is no hub",
                when="hub_enabled",
                otherwise=[],
                needs=("hub",),
            ),
        },
    ),
    Type(
        "aws.macie.region",
        "Macie in a region; one record a region",
        "arn:{partition}:macie2:{region}:{account}:region",
        facets={
            "session": Facet(
                call(
                    "macie2:GetMacieSession",
                    none_on=("AccessDeniedException/Macie is not enabled", "ResourceNotFoundException"),
                ),
                "{status}, or null where it is not enabled",
            ),
        },
    ),
    Type(
        "aws.inspector.region",
        "Inspector in a region; one record a region",
        "arn:{partition}:inspector2:{region}:{account}:region",
        facets={
            "status": Facet(
                call("inspector2:BatchGetAccountStatus", "accounts[]", accountIds=["{account}"]),
                "[{state, resourceState}]",
            ),
        },
    ),
)
