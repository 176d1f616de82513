"""Running the collector into memory."""

from __future__ import annotations

import re
import threading
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lpo_secaudit.formats.canonical import canonical_json, digest_bytes
from lpo_secaudit.model.evidence import Evidence, Listing, ListingStatus
from lpo_secaudit.plugins import CollectRequest
from lpo_secaudit_plugins.aws.collector import AwsCollector
from lpo_secaudit_plugins.aws.plan import plan
from lpo_secaudit_plugins.aws.table import TYPES

REGIONS = ["us-east-1", "eu-west-1"]
# "every member" makes the details be asked for too.
EVERYTHING = plan({n: frozenset({*row.facets, "every member"}) for n, row in TYPES.items()}).operations | {
    ("sts", "AssumeRole"),
    ("organizations", "ListAccounts"),
    ("ec2", "DescribeRegions"),
}

# What the seeded account has something of, with members and facets of every kind.
SMALL: Mapping[str, frozenset[str]] = {
    "aws.s3.bucket": frozenset({"Name", "policy", "versioning", "public_access_block", "encryption", "acl"}),
    "aws.s3.account": frozenset({"public_access_block"}),
    "aws.iam.account": frozenset({"password_policy", "summary"}),
    "aws.iam.credential": frozenset({"user", "arn", "password_enabled", "mfa_active"}),
    "aws.iam.user": frozenset({"UserName", "AttachedManagedPolicies", "UserPolicyList"}),
    "aws.iam.policy": frozenset({"document", "attached_to", "aws_managed"}),
    "aws.kms.key": frozenset({"Description", "KeyState", "rotation", "policy", "tags"}),
    "aws.ec2.volume": frozenset({"Encrypted", "KmsKeyId"}),
    "aws.ec2.snapshot": frozenset({"public"}),
    "aws.ec2.region": frozenset({"ebs_encryption_by_default"}),
    "aws.cloudtrail.trail": frozenset({"IsMultiRegionTrail", "status", "event_selectors"}),
    "aws.dynamodb.table": frozenset({"TableName", "SSEDescription", "continuous_backups"}),
    "aws.sns.topic": frozenset({"KmsMasterKeyId", "Policy"}),
    "aws.lambda.function": frozenset({"Environment", "Runtime", "policy", "urls"}),
    "aws.securityhub.region": frozenset({"hub", "standards"}),
}


_MOVING = re.compile(rb'"Latest[A-Za-z]*Time":"[^"]*"')


@dataclass
class Gathered:
    """A sink that keeps everything."""

    records: list[Evidence] = field(default_factory=list)
    listings: list[Listing] = field(default_factory=list)
    calls: Counter[str] = field(default_factory=Counter)
    blobs: list[tuple[str, bytes]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def record(self, evidence: Evidence) -> None:
        with self.lock:
            self.records.append(evidence)

    def blob(self, data: bytes, media_type: str) -> str:
        with self.lock:
            self.blobs.append((media_type, data))
        return digest_bytes(data)

    def listing(self, listing: Listing) -> None:
        with self.lock:
            self.listings.append(listing)

    def progress(self, done: int, total: int | None, what: str) -> None:
        pass

    def of(self, type_: str) -> list[Evidence]:
        return sorted((r for r in self.records if r.subject.type == type_), key=lambda r: r.subject)

    def bytes(self) -> bytes:
        """All that is part of a result: contents and listings, without times and request ids.

        When a trail last delivered moves on by itself.
        """
        records = sorted((r.subject, _MOVING.sub(b"", canonical_json(r.content()))) for r in self.records)
        listings = sorted(canonical_json(x.to_json()) for x in self.listings)
        return b"\n".join([raw for _, raw in records] + listings)

    def gaps(self) -> dict[tuple[str, str, str], str]:
        """(type, id, facet) to "operation code" of every gap of a record."""
        return {
            (r.subject.type, r.subject.id, facet): f"{gap.operation} {gap.code}"
            for r in self.records
            for facet, gap in r.gaps.items()
        }

    def incomplete(self) -> dict[tuple[str, str], str]:
        return {
            (x.type, x.scope): f"{x.gap.operation} {x.gap.code}"
            for x in self.listings
            if x.status is not ListingStatus.COMPLETE and x.gap is not None
        }


def gather(
    url: str,
    wanted: Mapping[str, frozenset[str]] = SMALL,
    *,
    timeout_s: float = 60.0,
    base: Path = Path(),
    **options: Any,
) -> Gathered:
    """Collect from a server."""
    found = Gathered()

    def observe(service: str, operation: str, region: str) -> None:
        with found.lock:
            found.calls[f"{service}:{operation}"] += 1

    given = {"endpoint_url": url, "regions": REGIONS, **options}
    given = {k: v for k, v in given.items() if v is not None}
    request = CollectRequest("aws", given, wanted, base, datetime.now(UTC), timeout_s)
    AwsCollector(observe).collect(request, found)
    return found
