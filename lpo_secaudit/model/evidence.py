"""Evidence: what a collector saw, what it could not see, and how much it should have seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from lpo_secaudit.formats.canonical import digest

__all__ = ["Evidence", "Gap", "GapReason", "Listing", "ListingStatus", "Subject"]


class GapReason(StrEnum):
    """Why a fact could not be seen. None of these says anything about the fact itself."""

    DENIED = "denied"  # the source refused: missing permission
    EXPIRED = "expired"  # the credentials or token ran out
    THROTTLED = "throttled"  # refused for load, retries exhausted
    TIMEOUT = "timeout"  # no answer in time
    FAILED = "failed"  # the source answered with an error, or the answer was unusable
    TRUNCATED = "truncated"  # the answer ended early or a limit cut it
    MISSING = "missing"  # the thing was named but not there: file, record, facet
    UNSUPPORTED = "unsupported"  # the source does not know the question
    REFUSED = "refused"  # not asked, because a safety limit or the engagement forbids it


@dataclass(frozen=True, slots=True)
class Gap:
    """One fact that could not be seen.

    Attributes:
        reason: the kind of failure.
        message: one line for a person, free of request ids and times (it is part of the digest).
        operation: what was asked, e.g. "s3:GetBucketEncryption"; None where nothing was.
        code: the source's own error code, e.g. "AccessDenied".
    """

    reason: GapReason
    message: str
    operation: str | None = None
    code: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "reason": str(self.reason),
            "message": self.message,
            "operation": self.operation,
            "code": self.code,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Gap:
        return cls(GapReason(value["reason"]), value["message"], value["operation"], value["code"])


@dataclass(frozen=True, slots=True, order=True)
class Subject:
    """What evidence is about.

    Attributes:
        type: the evidence type's own word for it, e.g. "aws.s3.bucket".
        id: an identifier unique within type, region and source: an ARN, a clause id, a host.
        region: where it lies; None where the notion has no meaning.
        source: id of the source in the engagement.
    """

    type: str
    id: str
    source: str
    region: str | None = None

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "id": self.id, "region": self.region, "source": self.source}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Subject:
        return cls(value["type"], value["id"], value["source"], value["region"])


@dataclass(frozen=True)
class Evidence:
    """One typed record about one subject.

    `data` holds the facets that were seen, `gaps` those that were asked for and could not be
    seen. A facet in neither was not asked for. "The source says there is none" is a seen facet
    whose value is None (or empty), never a missing one.

    Attributes:
        subject: what the record is about; `subject.type` is the evidence type.
        data: facet name to JSON value. Not to be changed after construction.
        gaps: facet name to the reason it is missing.
        inputs: digests of the blobs or records this one was derived from.
        collector: name of the collector.
        collected_at: aware UTC instant of the observation.
        provenance: request ids and the like; kept, but not part of the digest, so that two
            looks at an unchanged thing have one digest.
    """

    subject: Subject
    data: Mapping[str, Any]
    collector: str
    collected_at: datetime
    gaps: Mapping[str, Gap] = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def content(self) -> dict[str, Any]:
        """The part of the record that its digest covers."""
        return {
            "subject": self.subject.to_json(),
            "data": dict(self.data),
            "gaps": {facet: gap.to_json() for facet, gap in self.gaps.items()},
            "inputs": list(self.inputs),
            "collector": self.collector,
        }

    @cached_property
    def digest(self) -> str:
        """`sha256:<hex>` of the canonical JSON (RFC 8785) of `content()`."""
        return digest(self.content())


class ListingStatus(StrEnum):
    """Whether everything of a type in a scope was listed."""

    COMPLETE = "complete"
    PARTIAL = "partial"  # some was seen, and it is known that more exists or may exist
    UNAVAILABLE = "unavailable"  # nothing can be said


@dataclass(frozen=True, slots=True)
class Listing:
    """How far a collector looked for one evidence type in one scope of one source.

    Listings make absence meaningful: without a complete one, "no record" is no fact, and a
    bundle with fewer records than its listings count has lost some.

    Attributes:
        type: the evidence type.
        source: id of the source in the engagement.
        scope: region, file or account within the source; "" where the source has one scope.
        status: see ListingStatus.
        count: records of the type emitted for this scope.
        gap: why the listing is not complete; None where it is.
    """

    type: str
    source: str
    scope: str
    status: ListingStatus
    count: int
    gap: Gap | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "source": self.source,
            "scope": self.scope,
            "status": str(self.status),
            "count": self.count,
            "gap": self.gap.to_json() if self.gap else None,
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Listing:
        return cls(
            value["type"],
            value["source"],
            value["scope"],
            ListingStatus(value["status"]),
            value["count"],
            Gap.from_json(value["gap"]) if value["gap"] else None,
        )
