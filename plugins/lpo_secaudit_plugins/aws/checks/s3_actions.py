"""S3 actions by the kind of resource they are checked on (AWS Service Authorization Reference, Amazon S3)."""

from __future__ import annotations

__all__ = ["BUCKET_ACTIONS", "OBJECT_ACTIONS", "WRITE_ACTIONS"]


def _names(text: str) -> tuple[str, ...]:
    return tuple(f"s3:{name.lower()}" for name in text.split())


_OBJECT_READ = _names(
    "GetObject GetObjectAcl GetObjectAttributes GetObjectLegalHold GetObjectRetention GetObjectTagging "
    "GetObjectTorrent GetObjectVersion GetObjectVersionAcl GetObjectVersionAttributes "
    "GetObjectVersionForReplication GetObjectVersionTagging GetObjectVersionTorrent "
    "ListMultipartUploadParts"
)
_OBJECT_WRITE = _names(
    "PutObject PutObjectAcl PutObjectLegalHold PutObjectRetention PutObjectTagging PutObjectVersionAcl "
    "PutObjectVersionTagging DeleteObject DeleteObjectTagging DeleteObjectVersion "
    "DeleteObjectVersionTagging "
    "AbortMultipartUpload BypassGovernanceRetention InitiateReplication "
    "ObjectOwnerOverrideToBucketOwner "
    "ReplicateDelete ReplicateObject ReplicateTags RestoreObject UpdateObjectEncryption"
)
_BUCKET_READ = _names(
    "GetAccelerateConfiguration GetAnalyticsConfiguration GetBucketAcl GetBucketCORS GetBucketLocation "
    "GetBucketLogging GetBucketMetadataTableConfiguration GetBucketNotification "
    "GetBucketObjectLockConfiguration GetBucketOwnershipControls GetBucketPolicy GetBucketPolicyStatus "
    "GetBucketPublicAccessBlock GetBucketRequestPayment GetBucketTagging GetBucketVersioning "
    "GetBucketWebsite "
    "GetEncryptionConfiguration GetIntelligentTieringConfiguration GetInventoryConfiguration "
    "GetLifecycleConfiguration GetMetricsConfiguration GetReplicationConfiguration ListBucket "
    "ListBucketMultipartUploads ListBucketVersions ListTagsForResource"
)
_BUCKET_WRITE = _names(
    "DeleteBucket DeleteBucketPolicy DeleteBucketWebsite PutAccelerateConfiguration "
    "PutAnalyticsConfiguration "
    "PutBucketAcl PutBucketCORS PutBucketLogging PutBucketNotification "
    "PutBucketObjectLockConfiguration "
    "PutBucketOwnershipControls PutBucketPolicy PutBucketPublicAccessBlock PutBucketRequestPayment "
    "PutBucketTagging PutBucketVersioning PutBucketWebsite PutEncryptionConfiguration "
    "PutIntelligentTieringConfiguration PutInventoryConfiguration PutLifecycleConfiguration "
    "PutMetricsConfiguration PutReplicationConfiguration TagResource UntagResource"
)

OBJECT_ACTIONS = _OBJECT_READ + _OBJECT_WRITE
"""Checked on objects, `arn:aws:s3:::bucket/key`."""

BUCKET_ACTIONS = _BUCKET_READ + _BUCKET_WRITE
"""Checked on the bucket, `arn:aws:s3:::bucket`."""

WRITE_ACTIONS = frozenset(_OBJECT_WRITE + _BUCKET_WRITE)
"""All that change an object or the bucket."""
