"""Buckets, databases, file systems, queues."""

from __future__ import annotations

from .case import EVERYONE, FOREIGN, OWN, S3_ACCOUNT, SUBNET, allow, group, place, row, table, whole
from .harness import ACCOUNT, record

BLOCK = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)

PUBLIC_ACL = {
    "Grants": [{"Grantee": {"URI": "http://acs.amazonaws.com/groups/global/AllUsers"}, "Permission": "READ"}]
}
DENY_HTTP = {
    "Effect": "Deny",
    "Principal": "*",
    "Action": "s3:*",
    "Resource": ["arn:aws:s3:::data", "arn:aws:s3:::data/*"],
    "Condition": {"Bool": {"aws:SecureTransport": "false"}},
}
row(
    "s3-account-level-public-access-blocks",
    {"public_access_block": BLOCK},
    {"public_access_block": {**BLOCK, "RestrictPublicBuckets": False}},
)
row(
    "s3-bucket-default-encryption",
    {"encryption": {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]}},
    {"encryption": None},
)
row(
    "s3-bucket-object-versioning",
    {"versioning": {"Status": "Enabled"}},
    {"versioning": {"Status": "Suspended"}},
)
row("s3-bucket-server-access-logging-enabled", {"logging": {"TargetBucket": "logs"}}, {"logging": None})
row(
    "s3-bucket-secure-transport-policy",
    {"policy": {"Statement": DENY_HTTP}},
    {"policy": {"Statement": [{**DENY_HTTP, "Action": "s3:PutObject"}]}},
    S3_ACCOUNT,
)
row(
    "s3-bucket-public-access",
    {"acl": {"Grants": []}, "policy": None, "public_access_block": None},
    {"acl": PUBLIC_ACL, "policy": None, "public_access_block": None},
    S3_ACCOUNT,
)
row(
    "s3-bucket-policy-public-write-access",
    {"policy": allow("s3:GetObject", "arn:aws:s3:::data/*", **EVERYONE)},
    {"policy": allow("S3:Put*", "arn:aws:s3:::data/*", **EVERYONE)},
    S3_ACCOUNT,
)
row(
    "s3-bucket-cross-account-access",
    {"policy": allow("s3:GetObject", "arn:aws:s3:::data/*", **OWN)},
    {"policy": allow("s3:GetObject", "arn:aws:s3:::data/*", **FOREIGN)},
    S3_ACCOUNT,
)
row(
    "s3-bucket-object-ownership-enforced",
    {"ownership": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
    {"ownership": None},
)
row(
    "s3-bucket-lifecycle-retention",
    {
        "lifecycle": [{"Status": "Enabled", "Filter": {"Prefix": ""}, "Expiration": {"Days": 365}}],
        "versioning": {},
    },
    {
        "lifecycle": [{"Status": "Enabled", "Filter": {"Prefix": "tmp/"}, "Expiration": {"Days": 365}}],
        "versioning": {},
    },
)

row("rds-instance-storage-encrypted", {"StorageEncrypted": True}, {"StorageEncrypted": False})
row("rds-instance-backup-enabled", {"BackupRetentionPeriod": 7}, {"BackupRetentionPeriod": 0})
row(
    "rds-instance-integration-cloudwatch-logs",
    {"EnabledCloudwatchLogsExports": ["audit"]},
    {"EnabledCloudwatchLogsExports": None},
)
row("rds-instance-multi-az", {"MultiAZ": True}, {"MultiAZ": False})
DATABASE = {
    "PubliclyAccessible": True,
    "VpcSecurityGroups": [{"VpcSecurityGroupId": "sg-1"}],
    "Endpoint": {"Port": 5432},
}
RDS = record(
    "aws.rds.instance", {**DATABASE, "DBSubnetGroup": {"Subnets": [{"SubnetIdentifier": "subnet-1"}]}}
)
whole(
    "rds-instance-no-public-access",
    [RDS, group(5432), SUBNET, table("nat-1")],
    [RDS, group(5432), SUBNET, table("igw-1")],
)
WAREHOUSE = record("aws.redshift.cluster", {**DATABASE, "ClusterSubnetGroupName": "g"})
SUBNETS = record(
    "aws.redshift.subnet-group",
    {"Subnets": [{"SubnetIdentifier": "subnet-1"}]},
    place("redshift", "subnetgroup:g"),
)
whole(
    "redshift-cluster-public-access",
    [WAREHOUSE, SUBNETS, group(5433), SUBNET, table("igw-1")],
    [WAREHOUSE, SUBNETS, group(5432), SUBNET, table("igw-1")],
)
row("rds-instance-not-publicly-addressable", {"PubliclyAccessible": False}, {"PubliclyAccessible": True})
row("rds-snapshots-public-access", {"public": False}, {"public": True})
row("rds-cluster-snapshots-public-access", {"public": False}, {"public": True})
row(
    "redshift-cluster-audit-logging",
    {"logging": {"LoggingEnabled": True}},
    {"logging": {"LoggingEnabled": False}},
)
row(
    "redshift-cluster-automated-snapshot",
    {"AutomatedSnapshotRetentionPeriod": 7},
    {"AutomatedSnapshotRetentionPeriod": 0},
)
row(
    "opensearch-service-domains-encryption-at-rest-enabled",
    {"EncryptionAtRestOptions": {"Enabled": True}},
    {"EncryptionAtRestOptions": None},
)
row(
    "opensearch-service-domains-node-to-node-encryption-enabled",
    {"NodeToNodeEncryptionOptions": {"Enabled": True}},
    {"NodeToNodeEncryptionOptions": {"Enabled": False}},
)
row(
    "dynamodb-tables-kms-cmk-encryption-enabled",
    {"SSEDescription": {"SSEType": "KMS", "Status": "ENABLED"}},
    {"SSEDescription": None},
)
row(
    "dynamodb-tables-pitr-enabled",
    {"continuous_backups": {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "ENABLED"}}},
    {"continuous_backups": {"PointInTimeRecoveryDescription": {"PointInTimeRecoveryStatus": "DISABLED"}}},
)
row(
    "dynamodb-accelerator-cluster-encryption-enabled",
    {"SSEDescription": {"Status": "ENABLED"}},
    {"SSEDescription": {"Status": "DISABLED"}},
)
row("efs-encryption-at-rest-enabled", {"Encrypted": True}, {"Encrypted": False})
row("efs-have-backup-enabled", {"backup_policy": {"Status": "ENABLED"}}, {"backup_policy": None})
row(
    "efs-not-public",
    {"policy": allow("elasticfilesystem:ClientMount", **OWN)},
    {"policy": allow("elasticfilesystem:Client*", **EVERYONE)},
)
row(
    "ecr-repository-not-public",
    {"policy": None},
    {"policy": {"Statement": [{"Effect": "Allow", "Principal": "*", "Action": "ecr:BatchGetImage"}]}},
)
row("backup-vault-lock", {"Locked": True, "MinRetentionDays": 30}, {"Locked": False})
row("sns-topics-kms-encryption-at-rest-enabled", {"KmsMasterKeyId": "k"}, {"KmsMasterKeyId": None})
row(
    "sns-topic-not-public",
    {"Policy": allow("SNS:Publish", **EVERYONE, Condition={"StringEquals": {"AWS:SourceOwner": ACCOUNT}})},
    {"Policy": allow("SNS:Publish", **EVERYONE)},
)
row("sqs-queue-encryption-enabled", {"SqsManagedSseEnabled": "true"}, {"SqsManagedSseEnabled": "false"})
row("sqs-queue-not-public", {"Policy": None}, {"Policy": allow("sqs:*", **EVERYONE)})
