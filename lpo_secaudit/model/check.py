"""Checks and what they return: definitions, verdicts of a check function, observations."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol

from lpo_secaudit.model.evidence import Gap, GapReason, Subject

__all__ = [
    "Check",
    "CheckFunction",
    "Method",
    "Observation",
    "Outcome",
    "Record",
    "Severity",
    "UnavailableError",
    "Verdict",
    "World",
    "not_applicable",
    "not_satisfied",
    "satisfied",
    "unavailable",
]


class Severity(StrEnum):
    """How much a failed check matters, least first."""

    INFORMATIONAL = "informational"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"

    @property
    def rank(self) -> int:
        return list(Severity).index(self)


class Method(StrEnum):
    """How an observation was made (NIST SP 800-53A; OSCAL assessment-results)."""

    EXAMINE = "EXAMINE"  # documents
    INTERVIEW = "INTERVIEW"  # what the provider says of itself
    TEST = "TEST"  # the system itself was asked


class Outcome(StrEnum):
    """What one check saw of one subject."""

    SATISFIED = "satisfied"
    NOT_SATISFIED = "not-satisfied"
    NOT_APPLICABLE = "not-applicable"
    UNAVAILABLE = "unavailable"  # could not look
    STALE = "stale"  # looked too long ago
    ERROR = "error"  # the check itself failed


class UnavailableError(Exception):
    """Raised by a record or world when a check reads a fact that was not seen.

    Check functions need not catch it: the runner turns it into an `unavailable` observation.
    A function that can still prove a violation without the fact may catch it and do so.
    """

    def __init__(self, gap: Gap) -> None:
        super().__init__(gap.message)
        self.gap = gap


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a check function concludes about one subject.

    Attributes:
        outcome: one of satisfied, not-satisfied, not-applicable, unavailable.
        message: one sentence that states the fact with its values.
        subject: set where the verdict is about something other than the record handed in,
            for instance one grant within a policy; None otherwise.
        gap: for `unavailable`, what was missing.
        evidence: digests of the records that it rests on, where a function judges many subjects and
            each by records of its own; empty where it rests on all that was looked at.
    """

    outcome: Outcome
    message: str
    subject: Subject | None = None
    gap: Gap | None = None
    evidence: tuple[str, ...] = ()


def satisfied(message: str, subject: Subject | None = None) -> Verdict:
    """The fact was seen and meets the requirement."""
    return Verdict(Outcome.SATISFIED, message, subject)


def not_satisfied(message: str, subject: Subject | None = None) -> Verdict:
    """The fact was seen and does not meet the requirement."""
    return Verdict(Outcome.NOT_SATISFIED, message, subject)


def not_applicable(message: str, subject: Subject | None = None) -> Verdict:
    """The requirement has no meaning for this subject."""
    return Verdict(Outcome.NOT_APPLICABLE, message, subject)


def unavailable(message: str, subject: Subject | None = None, gap: Gap | None = None) -> Verdict:
    """The fact was not seen, or what was seen cannot be decided."""
    return Verdict(Outcome.UNAVAILABLE, message, subject, gap or Gap(GapReason.UNSUPPORTED, message))


class Record(Protocol):
    """The view of one evidence record that a check function gets.

    `record["facet"]` returns a seen facet; it raises UnavailableError where the facet is a
    gap or was never collected, so that absence cannot be mistaken for a value.
    """

    @property
    def subject(self) -> Subject: ...
    @property
    def collected_at(self) -> datetime: ...
    @property
    def digest(self) -> str: ...
    def __getitem__(self, facet: str) -> Any: ...
    def gap(self, facet: str) -> Gap | None:
        """Why a facet is missing; None where it was seen."""
        ...


class World(Protocol):
    """Everything else a check function may look at: records of the same source, and time.

    Records returned are noted as evidence of the observation.
    """

    @property
    def evaluated_at(self) -> datetime:
        """The aware UTC instant the audit judges at; checks know no other clock."""
        ...

    @property
    def parameters(self) -> Mapping[str, Any]:
        """The check's parameters, defaults overlaid with the profile's values."""
        ...

    def all(self, type_: str, region: str | None = None) -> tuple[Record, ...]:
        """All records of a type (in a region); raises UnavailableError unless fully listed."""
        ...

    def seen(self, type_: str, region: str | None = None) -> tuple[Record, ...]:
        """The records that happen to be there; enough to prove a violation, never its absence."""
        ...

    def find(self, type_: str, id_: str) -> Record | None:
        """The record with a subject id; None only where the type was fully listed without it."""
        ...


CheckFunction = Callable[[Record, World], Verdict | Iterable[Verdict]]


@dataclass(frozen=True)
class Check:
    """A question with its definition; declarative (`expect`) or with a function, never both.

    Attributes:
        id: stable kebab-case identifier, e.g. "aws-s3-bucket-encryption".
        title: what is true when satisfied.
        rationale: why it matters for client data.
        severity: of a violation.
        topic: id in controls/topics.yaml.
        method: EXAMINE, INTERVIEW or TEST.
        remediation: what to do, in the imperative.
        evidence: the evidence type whose records are judged.
        reads: facets read, by evidence type; decides what is collected.
        aliases: the same check elsewhere, "prowler:s3_bucket_default_encryption".
        select: JSON Schema on `data`; other records are none of this check's business.
        applies: JSON Schema on `data`; selected records that fail it are not-applicable.
        expect: JSON Schema on `data` that a satisfying record meets.
        function: the logic, where a schema cannot say it.
        quantifier: "each" record must satisfy; or "any" one record suffices (a promise in any
            of several contracts).
        max_age: evidence older than this at evaluation is stale; None: the engagement's cadence.
        parameters: name to default; a profile may set them.
        messages: outcome to template for declarative checks; `{facet}` inserts a value in words, `{a.b}` a
            member of one, `{facet|words}` the words where it is absent.
        plugin: name of the plugin or catalog that brought the check.
    """

    id: str
    title: str
    rationale: str
    severity: Severity
    topic: str
    method: Method
    remediation: str
    evidence: str
    reads: Mapping[str, tuple[str, ...]]
    aliases: tuple[str, ...] = ()
    select: Mapping[str, Any] | None = None
    applies: Mapping[str, Any] | None = None
    expect: Mapping[str, Any] | None = None
    function: CheckFunction | None = None
    quantifier: str = "each"
    max_age: timedelta | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    messages: Mapping[str, str] = field(default_factory=dict)
    plugin: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """What one check saw of one subject, with the digests of the evidence it rests on.

    `quotes` are the words of a document, where the record judged holds any: text, document,
    section and page (None where the document has none).
    """

    check: str
    outcome: Outcome
    subject: Subject
    message: str
    severity: Severity
    topic: str
    method: Method
    aliases: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()
    gap: Gap | None = None
    quotes: tuple[Mapping[str, Any], ...] = ()

    @property
    def fingerprint(self) -> str:
        """Stable across audits: the same check on the same subject, whatever the outcome."""
        parts = (
            self.check,
            self.subject.source,
            self.subject.type,
            self.subject.region or "",
            self.subject.id,
        )
        return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32]

    def to_json(self) -> dict[str, Any]:
        return {
            "check": self.check,
            "aliases": list(self.aliases),
            "severity": str(self.severity),
            "topic": self.topic,
            "outcome": str(self.outcome),
            "method": str(self.method),
            "subject": self.subject.to_json(),
            "message": self.message,
            "evidence": list(self.evidence),
            "fingerprint": self.fingerprint,
            "gap": self.gap.to_json() if self.gap else None,
            "quotes": [dict(quote) for quote in self.quotes],
        }


def as_verdicts(result: Verdict | Iterable[Verdict]) -> Iterator[Verdict]:
    """A check function may return one verdict or several; iterate either."""
    if isinstance(result, Verdict):
        yield result
    else:
        yield from result
