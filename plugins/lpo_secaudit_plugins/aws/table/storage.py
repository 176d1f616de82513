"""S3, EBS, EFS, ECR, Backup, DynamoDB, DAX: where data lies."""

from __future__ import annotations

from lpo_secaudit_plugins.aws.table.model import Facet, Scope, Type, call

__all__ = ["TYPES"]


def _bucket(
    operation: str, path: str, what: str, *none_on: str, json: bool = False, none: object = None
) -> Facet:
    asked = call(f"s3:{operation}", path, none_on=none_on, none_value=none, Bucket="{Name}")
    return Facet(asked, what, json=json)


TYPES = (
    Type(
        "aws.s3.bucket",
        "a bucket; every bucket of the account, whatever regions the engagement names",
        "arn:{partition}:s3:::{Name}",
        scope=Scope.ACCOUNT,
        list=call("s3:ListBuckets", MaxBuckets=1000),
        items="Buckets[]",
        region="{BucketRegion}",
        custom="buckets",
        extra={"Name": "text", "CreationDate": "instant", "BucketRegion": "text"},
        facets={
            "policy": _bucket(
                "GetBucketPolicy", "Policy", "policy document, or null", "NoSuchBucketPolicy", json=True
            ),
            "policy_status": _bucket(
                "GetBucketPolicyStatus",
                "PolicyStatus",
                "{IsPublic}, AWS's own view, or null",
                "NoSuchBucketPolicy",
            ),
            "acl": _bucket("GetBucketAcl", "", "{Owner, Grants[{Grantee{Type, URI, ID}, Permission}]}"),
            "public_access_block": _bucket(
                "GetPublicAccessBlock",
                "PublicAccessBlockConfiguration",
                "{BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets}, or null",
                "NoSuchPublicAccessBlockConfiguration",
            ),
            "encryption": _bucket(
                "GetBucketEncryption",
                "ServerSideEncryptionConfiguration",
                "{Rules[{ApplyServerSideEncryptionByDefault{SSEAlgorithm, KMSMasterKeyID}}]}, or null",
                "ServerSideEncryptionConfigurationNotFoundError",
            ),
            "versioning": _bucket("GetBucketVersioning", "", "{Status, MFADelete}; both absent: never set"),
            "logging": _bucket("GetBucketLogging", "LoggingEnabled", "{TargetBucket, TargetPrefix}, or null"),
            "lifecycle": _bucket(
                "GetBucketLifecycleConfiguration",
                "Rules",
                "list of rules, or null",
                "NoSuchLifecycleConfiguration",
            ),
            "ownership": _bucket(
                "GetBucketOwnershipControls",
                "OwnershipControls.Rules",
                "[{ObjectOwnership}], or null",
                "OwnershipControlsNotFoundError",
            ),
            "object_lock": _bucket(
                "GetObjectLockConfiguration",
                "ObjectLockConfiguration",
                "{ObjectLockEnabled, Rule}, or null",
                "ObjectLockConfigurationNotFoundError",
            ),
            "replication": _bucket(
                "GetBucketReplication",
                "ReplicationConfiguration",
                "{Role, Rules}, or null",
                "ReplicationConfigurationNotFoundError",
            ),
            "website": _bucket(
                "GetBucketWebsite", "", "website configuration, or null", "NoSuchWebsiteConfiguration"
            ),
            "cors": _bucket(
                "GetBucketCors", "CORSRules", "list of rules, or null", "NoSuchCORSConfiguration"
            ),
            "notification": _bucket("GetBucketNotificationConfiguration", "", "notification configuration"),
            "tags": _bucket("GetBucketTagging", "TagSet", "[{Key, Value}]", "NoSuchTagSet", none=[]),
        },
    ),
    Type(
        "aws.s3.account",
        "S3 settings of the account; one record",
        "arn:{partition}:s3:{home}:{account}:account",
        scope=Scope.ACCOUNT,
        facets={
            "public_access_block": Facet(
                call(
                    "s3control:GetPublicAccessBlock",
                    "PublicAccessBlockConfiguration",
                    none_on=("NoSuchPublicAccessBlockConfiguration",),
                    AccountId="{account}",
                ),
                "{BlockPublicAcls, IgnorePublicAcls, BlockPublicPolicy, RestrictPublicBuckets}, or null",
            ),
        },
    ),
    Type(
        "aws.ec2.volume",
        "an EBS volume",
        "arn:{partition}:ec2:{region}:{account}:volume/{VolumeId}",
        list=call("ec2:DescribeVolumes", MaxResults=500),
        items="Volumes[]",
    ),
    Type(
        "aws.ec2.snapshot",
        "an EBS snapshot that the account owns",
        "arn:{partition}:ec2:{region}:{account}:snapshot/{SnapshotId}",
        list=call("ec2:DescribeSnapshots", OwnerIds=["self"], MaxResults=1000),
        items="Snapshots[]",
        facets={
            "public": Facet(
                call(
                    "ec2:DescribeSnapshots", OwnerIds=["self"], RestorableByUserIds=["all"], MaxResults=1000
                ),
                "true where everybody may restore it",
                custom="snapshot_public",
                needs=("Encrypted",),
            ),
            "create_volume_permissions": Facet(
                call(
                    "ec2:DescribeSnapshotAttribute",
                    "CreateVolumePermissions",
                    SnapshotId="{SnapshotId}",
                    Attribute="createVolumePermission",
                ),
                "[{Group} or {UserId}]: whom it is shared with",
            ),
        },
    ),
    Type(
        "aws.efs.file-system",
        "an EFS file system",
        "{FileSystemArn}",
        list=call("efs:DescribeFileSystems", MaxItems=100),
        items="FileSystems[]",
        facets={
            "backup_policy": Facet(
                call(
                    "efs:DescribeBackupPolicy",
                    "BackupPolicy",
                    none_on=("PolicyNotFound",),
                    FileSystemId="{FileSystemId}",
                ),
                "{Status}, or null",
            ),
            "policy": Facet(
                call(
                    "efs:DescribeFileSystemPolicy",
                    "Policy",
                    none_on=("PolicyNotFound",),
                    FileSystemId="{FileSystemId}",
                ),
                "policy document, or null",
                json=True,
            ),
        },
    ),
    Type(
        "aws.ecr.repository",
        "a container image repository",
        "{repositoryArn}",
        list=call("ecr:DescribeRepositories", maxResults=1000),
        items="repositories[]",
        facets={
            "policy": Facet(
                call(
                    "ecr:GetRepositoryPolicy",
                    "policyText",
                    none_on=("RepositoryPolicyNotFoundException",),
                    repositoryName="{repositoryName}",
                ),
                "policy document, or null",
                json=True,
            ),
            "lifecycle_policy": Facet(
                call(
                    "ecr:GetLifecyclePolicy",
                    "lifecyclePolicyText",
                    none_on=("LifecyclePolicyNotFoundException",),
                    repositoryName="{repositoryName}",
                ),
                "lifecycle policy, or null",
                json=True,
            ),
        },
    ),
    Type(
        "aws.backup.vault",
        "a backup vault; `Locked`, `MinRetentionDays`, `MaxRetentionDays` tell the vault lock",
        "{BackupVaultArn}",
        list=call("backup:ListBackupVaults", MaxResults=1000),
        items="BackupVaultList[]",
        facets={
            "policy": Facet(
                call(
                    "backup:GetBackupVaultAccessPolicy",
                    "Policy",
                    none_on=("ResourceNotFoundException",),
                    BackupVaultName="{BackupVaultName}",
                ),
                "policy document, or null",
                json=True,
            ),
        },
    ),
    Type(
        "aws.backup.plan",
        "a backup plan",
        "{BackupPlanArn}",
        list=call("backup:ListBackupPlans", MaxResults=1000),
        items="BackupPlansList[]",
        facets={
            "plan": Facet(
                call("backup:GetBackupPlan", "BackupPlan", BackupPlanId="{BackupPlanId}"),
                "{BackupPlanName, Rules[{TargetBackupVaultName, Lifecycle}]}",
            ),
        },
    ),
    Type(
        "aws.dynamodb.table",
        "a DynamoDB table; members of TableDescription (SSEDescription, DeletionProtectionEnabled ...)",
        "arn:{partition}:dynamodb:{region}:{account}:table/{TableName}",
        list=call("dynamodb:ListTables", Limit=100),
        items="TableNames[]",
        name_as="TableName",
        summary=("TableName",),
        detail=call("dynamodb:DescribeTable", "Table", TableName="{TableName}"),
        facets={
            "continuous_backups": Facet(
                call(
                    "dynamodb:DescribeContinuousBackups",
                    "ContinuousBackupsDescription",
                    TableName="{TableName}",
                ),
                "{ContinuousBackupsStatus, PointInTimeRecoveryDescription{PointInTimeRecoveryStatus}}",
            ),
            "policy": Facet(
                call(
                    "dynamodb:GetResourcePolicy",
                    "Policy",
                    none_on=("PolicyNotFoundException",),
                    ResourceArn="{arn}",
                ),
                "policy document, or null",
                json=True,
            ),
        },
    ),
    Type(
        "aws.dax.cluster",
        "a DynamoDB Accelerator cluster",
        "{ClusterArn}",
        list=call("dax:DescribeClusters", MaxResults=100),
        items="Clusters[]",
    ),
)
