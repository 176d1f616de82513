"""Databases, warehouses, search, queues and caches."""

from __future__ import annotations

from lpo_secaudit_plugins.aws.table.model import Facet, Type, call

__all__ = ["TYPES"]

_SHARED = '[{AttributeName, AttributeValues}]; "restore" holds account ids, or "all"'
_NEW_PASSWORD = ("PendingModifiedValues.MasterUserPassword",)

TYPES = (
    Type(
        "aws.rds.instance",
        "an RDS, Aurora, Neptune or DocumentDB instance",
        "{DBInstanceArn}",
        list=call("rds:DescribeDBInstances", MaxRecords=100),
        items="DBInstances[]",
        redact=_NEW_PASSWORD,
    ),
    Type(
        "aws.rds.cluster",
        "an Aurora, Multi-AZ, Neptune or DocumentDB cluster",
        "{DBClusterArn}",
        list=call("rds:DescribeDBClusters", MaxRecords=100),
        items="DBClusters[]",
        redact=_NEW_PASSWORD,
    ),
    Type(
        "aws.rds.snapshot",
        "a snapshot of a DB instance (SnapshotType, Encrypted)",
        "{DBSnapshotArn}",
        list=call("rds:DescribeDBSnapshots", MaxRecords=100),
        items="DBSnapshots[]",
        facets={
            "public": Facet(
                call(
                    "rds:DescribeDBSnapshotAttributes",
                    "DBSnapshotAttributesResult.DBSnapshotAttributes",
                    DBSnapshotIdentifier="{DBSnapshotIdentifier}",
                ),
                "true where everybody may restore it; false unasked where it is encrypted or automated, "
                "which AWS does not let be public",
                custom="db_snapshot_public",
                when="snapshot_can_be_public",
                otherwise=False,
                needs=("Encrypted", "SnapshotType"),
            ),
            "attributes": Facet(
                call(
                    "rds:DescribeDBSnapshotAttributes",
                    "DBSnapshotAttributesResult.DBSnapshotAttributes",
                    DBSnapshotIdentifier="{DBSnapshotIdentifier}",
                ),
                _SHARED,
            ),
        },
    ),
    Type(
        "aws.rds.cluster-snapshot",
        "a snapshot of a DB cluster (SnapshotType, StorageEncrypted)",
        "{DBClusterSnapshotArn}",
        list=call("rds:DescribeDBClusterSnapshots", MaxRecords=100),
        items="DBClusterSnapshots[]",
        facets={
            "public": Facet(
                call(
                    "rds:DescribeDBClusterSnapshotAttributes",
                    "DBClusterSnapshotAttributesResult.DBClusterSnapshotAttributes",
                    DBClusterSnapshotIdentifier="{DBClusterSnapshotIdentifier}",
                ),
                "as for aws.rds.snapshot",
                custom="db_snapshot_public",
                when="snapshot_can_be_public",
                otherwise=False,
                needs=("StorageEncrypted", "SnapshotType"),
            ),
            "attributes": Facet(
                call(
                    "rds:DescribeDBClusterSnapshotAttributes",
                    "DBClusterSnapshotAttributesResult.DBClusterSnapshotAttributes",
                    DBClusterSnapshotIdentifier="{DBClusterSnapshotIdentifier}",
                ),
                _SHARED,
            ),
        },
    ),
    Type(
        "aws.redshift.cluster",
        "a Redshift cluster (PubliclyAccessible, VpcSecurityGroups, Endpoint, ClusterSubnetGroupName, "
        "AutomatedSnapshotRetentionPeriod, Encrypted)",
        "arn:{partition}:redshift:{region}:{account}:cluster:{ClusterIdentifier}",
        list=call("redshift:DescribeClusters", MaxRecords=100),
        items="Clusters[]",
        facets={
            "logging": Facet(
                call("redshift:DescribeLoggingStatus", ClusterIdentifier="{ClusterIdentifier}"),
                "{LoggingEnabled, BucketName, LogDestinationType}",
            ),
        },
        redact=_NEW_PASSWORD,
    ),
    Type(
        "aws.redshift.subnet-group",
        "a Redshift subnet group (Subnets, VpcId)",
        "arn:{partition}:redshift:{region}:{account}:subnetgroup:{ClusterSubnetGroupName}",
        list=call("redshift:DescribeClusterSubnetGroups", MaxRecords=100),
        items="ClusterSubnetGroups[]",
    ),
    Type(
        "aws.opensearch.domain",
        "a search domain; members of DomainStatus (EncryptionAtRestOptions, NodeToNodeEncryptionOptions, "
        "AccessPolicies parsed, VPCOptions, DomainEndpointOptions, LogPublishingOptions)",
        "arn:{partition}:es:{region}:{account}:domain/{DomainName}",
        list=call("opensearch:ListDomainNames"),
        items="DomainNames[]",
        summary=("DomainName", "EngineType"),
        detail=call("opensearch:DescribeDomains", "DomainStatusList[]"),
        batch=("DomainNames", "DomainName", "DomainName", 5),
        json=("AccessPolicies",),
    ),
    Type(
        "aws.elasticache.replication-group",
        "a cache replication group (TransitEncryptionEnabled, AtRestEncryptionEnabled, AuthTokenEnabled)",
        "{ARN}",
        list=call("elasticache:DescribeReplicationGroups", MaxRecords=100),
        items="ReplicationGroups[]",
    ),
    Type(
        "aws.elasticache.cluster",
        "a cache cluster (Engine, TransitEncryptionEnabled, AtRestEncryptionEnabled, ReplicationGroupId)",
        "{ARN}",
        list=call("elasticache:DescribeCacheClusters", MaxRecords=100),
        items="CacheClusters[]",
    ),
    Type(
        "aws.dms.replication-instance",
        "a DMS replication instance (PubliclyAccessible, KmsKeyId)",
        "{ReplicationInstanceArn}",
        list=call("dms:DescribeReplicationInstances", MaxRecords=100),
        items="ReplicationInstances[]",
    ),
    Type(
        "aws.sns.topic",
        "a topic; members are its Attributes (KmsMasterKeyId, Policy parsed); values are text",
        "{TopicArn}",
        list=call("sns:ListTopics"),
        items="Topics[]",
        summary=("TopicArn",),
        detail=call("sns:GetTopicAttributes", "Attributes", TopicArn="{TopicArn}"),
        json=("Policy", "EffectiveDeliveryPolicy", "DeliveryPolicy"),
    ),
    Type(
        "aws.sqs.queue",
        "a queue; members are GetQueueAttributes' Attributes (KmsMasterKeyId, SqsManagedSseEnabled, Policy "
        "parsed, QueueArn); values are text",
        "arn:{partition}:sqs:{region}:{account}:{QueueUrl/-1}",
        list=call("sqs:ListQueues", MaxResults=1000),
        items="QueueUrls[]",
        name_as="QueueUrl",
        summary=("QueueUrl",),
        detail=call("sqs:GetQueueAttributes", "Attributes", QueueUrl="{QueueUrl}", AttributeNames=["All"]),
        json=("Policy", "RedrivePolicy", "RedriveAllowPolicy"),
    ),
    Type(
        "aws.kinesis.stream",
        "a Kinesis stream; members of StreamDescriptionSummary (EncryptionType, KeyId)",
        "arn:{partition}:kinesis:{region}:{account}:stream/{StreamName}",
        list=call("kinesis:ListStreams", Limit=1000),
        items="StreamNames[]",
        name_as="StreamName",
        summary=("StreamName",),
        detail=call("kinesis:DescribeStreamSummary", "StreamDescriptionSummary", StreamName="{StreamName}"),
    ),
)
