"""Databases, backups, file systems, images and queues: a standby, a lock, and nobody outside."""

from __future__ import annotations

from collections.abc import Mapping

from lpo_secaudit.check.wording import in_words
from lpo_secaudit.model.check import CheckFunction, Record, Verdict, World, not_satisfied, satisfied
from lpo_secaudit_plugins.aws.checks.common import cannot_tell, not_public

__all__ = ["FUNCTIONS"]


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


def _vault(record: Record, world: World) -> Verdict:
    least = int(world.parameters["minimum_days"])
    if record["Locked"] is not True:
        return not_satisfied("the vault is not locked")
    days = record["MinRetentionDays"]
    if not isinstance(days, int) or days < least:
        return not_satisfied(f"days for which the lock keeps backups: {in_words(days)}, less than {least}")
    return satisfied(f"the lock keeps backups at least {in_words(days)} days")


FUNCTIONS: Mapping[str, CheckFunction] = {
    "aws-rds-instance-multi-az": _multi_az,
    "aws-backup-vault-lock": _vault,
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
