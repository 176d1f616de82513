"""Conclusions: findings on controls, waivers as applied, conflicts between the legs, coverage."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

from lpo_secaudit.formats.instants import format_instant
from lpo_secaudit.model.catalog import Control
from lpo_secaudit.model.check import Severity

__all__ = ["AppliedWaiver", "Conflict", "ConflictKind", "Coverage", "Finding", "FindingStatus", "Leg"]


class FindingStatus(StrEnum):
    """The conclusion on one control."""

    SATISFIED = "satisfied"
    NOT_SATISFIED = "not-satisfied"
    UNDETERMINED = "undetermined"
    NOT_APPLICABLE = "not-applicable"


@dataclass(frozen=True, slots=True)
class AppliedWaiver:
    """A waiver from the engagement and what became of it.

    Attributes:
        state: "active" where it counts; "expired", "too-long" or "unused" where it does not.
        observations: fingerprints of the violations it covers.
    """

    check: str
    subject: str
    owner: str
    reason: str
    expires: datetime
    state: Literal["active", "expired", "too-long", "unused"]
    observations: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "subject": self.subject,
            "owner": self.owner,
            "reason": self.reason,
            "expires": format_instant(self.expires),
            "state": self.state,
            "observations": list(self.observations),
        }


@dataclass(frozen=True)
class Finding:
    """The conclusion on one control, with what it rests on.

    Attributes:
        control: the control judged.
        status: see FindingStatus.
        severity: highest of the violations; the control's own where there is none.
        reason: one sentence on how the status came about.
        observations: fingerprints of the observations of its checks.
        violations: those of them that are not-satisfied and not waived.
        missing: ids of expected checks that no plugin or catalog brings.
        waived: every violation is covered by an active waiver; the status stays.
        engagement: id, part of the fingerprint.
    """

    control: Control
    status: FindingStatus
    severity: Severity
    reason: str
    observations: tuple[str, ...]
    violations: tuple[str, ...]
    missing: tuple[str, ...]
    waived: bool
    engagement: str

    @property
    def fingerprint(self) -> str:
        """Stable from audit to audit of one engagement: rebuttals and waivers attach to it."""
        parts = (self.engagement, self.control.catalog, self.control.id)
        return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]

    def to_json(self, waivers: tuple[AppliedWaiver, ...] = ()) -> dict[str, Any]:
        covering = [
            w for w in waivers if w.state == "active" and set(w.observations) & set(self.observations)
        ]
        return {
            "control": self.control.id,
            "catalog": self.control.catalog,
            "title": self.control.title,
            "citation": self.control.citation,
            "requirement": self.control.requirement,
            "obligation": self.control.obligation,
            "topic": self.control.topic,
            "status": str(self.status),
            "severity": str(self.severity),
            "reason": self.reason,
            "residual": self.control.residual,
            "fingerprint": self.fingerprint,
            "observations": list(self.observations),
            "violations": list(self.violations),
            "missing_checks": list(self.missing),
            "waived": self.waived,
            "waiver": covering[0].to_json() if covering else None,
        }


class ConflictKind(StrEnum):
    """Which legs contradict each other, and how."""

    BROKEN_PROMISE = "broken-promise"  # contract against practice
    MISSTATEMENT = "misstatement"  # claim against practice
    UNBACKED_CLAIM = "unbacked-claim"  # a yes that nothing shows
    OVER_CLAIM = "over-claim"  # a claim beyond the contract
    CONTRACT_CONFLICT = "contract-conflict"  # contract against contract
    BELOW_BASELINE = "below-baseline"  # contract below the firm's profile or the law
    STALE_EVIDENCE = "stale-evidence"  # an old leg against a fresh one
    UNKNOWN_PARTY = "unknown-party"  # a sub-processor seen that is not named
    PLACE = "place"  # a region seen outside the places promised


@dataclass(frozen=True, slots=True)
class Leg:
    """One side of a conflict, with its source.

    Attributes:
        leg: promise, claim or practice.
        source: id of the source.
        place: section and page, cell, or resource: where a reader finds it.
        quote: the words or the fact.
        evidence: digests of the records.
        telling: [start, end) of the words in `quote` that speak of the topic, in characters; None where
            no part of it tells more than the rest.
    """

    leg: Literal["promise", "claim", "practice", "baseline"]
    source: str
    place: str
    quote: str
    evidence: tuple[str, ...]
    telling: tuple[int, int] | None = None

    def to_json(self) -> dict[str, Any]:
        return {
            "leg": self.leg,
            "source": self.source,
            "place": self.place,
            "quote": self.quote,
            "evidence": list(self.evidence),
            "telling": None if self.telling is None else list(self.telling),
        }


@dataclass(frozen=True, slots=True)
class Conflict:
    """Two legs on one topic that contradict each other.

    Attributes:
        topic: id in controls/topics.yaml.
        first, second: the two sides, the binding one first.
        message: what contradicts what, in one sentence.
        bound: who is bound by the first side.
        ask: what to ask of the provider.
    """

    kind: ConflictKind
    topic: str
    severity: Severity
    first: Leg
    second: Leg
    message: str
    bound: str = "provider"
    ask: str = ""

    @property
    def fingerprint(self) -> str:
        parts = (
            self.kind,
            self.topic,
            self.first.source,
            self.first.place,
            self.second.source,
            self.second.place,
        )
        return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]

    def to_json(self) -> dict[str, Any]:
        return {
            "kind": str(self.kind),
            "topic": self.topic,
            "severity": str(self.severity),
            "message": self.message,
            "bound": self.bound,
            "ask": self.ask,
            "first": self.first.to_json(),
            "second": self.second.to_json(),
            "fingerprint": self.fingerprint,
        }


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of what was asked could be answered; a score never stands without it.

    Attributes:
        controls: finding status to number of controls, and "waived".
        observations: outcome to number.
        sources: source id to "complete", "partial" or "unavailable".
        score: share of determined controls that are satisfied, 0 to 1; None where none is.
        score_low, score_high: the share if every undetermined control failed, or passed.
        determined: share of applicable controls with a verdict either way; None where none applies.
    """

    controls: Mapping[str, int]
    observations: Mapping[str, int]
    sources: Mapping[str, str]
    score: float | None
    score_low: float | None
    score_high: float | None
    determined: float | None

    @property
    def complete(self) -> bool:
        """No control undetermined and no source lost."""
        return not self.controls[str(FindingStatus.UNDETERMINED)] and set(self.sources.values()) <= {
            "complete"
        }

    def to_json(self) -> dict[str, Any]:
        return {
            "controls": dict(self.controls),
            "observations": dict(self.observations),
            "sources": dict(self.sources),
            "score": self.score,
            "score_low": self.score_low,
            "score_high": self.score_high,
            "determined": self.determined,
            "complete": self.complete,
        }
