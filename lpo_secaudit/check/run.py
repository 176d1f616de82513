"""Running checks over evidence: every planned question gets an answer, if only "could not tell"."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from lpo_secaudit.check.declarative import Judge, SkipRecord, compile_check
from lpo_secaudit.check.view import EvidenceSource, RecordView, WorldView, incompleteness
from lpo_secaudit.errors import PluginError
from lpo_secaudit.model.check import (
    Check,
    Method,
    Observation,
    Outcome,
    UnavailableError,
    Verdict,
    as_verdicts,
)
from lpo_secaudit.model.evidence import Evidence, Gap, GapReason, Listing, Subject

__all__ = ["run_checks"]

ANY_TYPE = "*"
MOST_QUOTES = 5
UNSEEN = (Outcome.UNAVAILABLE, Outcome.STALE, Outcome.ERROR)
CLOCK_SKEW = timedelta(minutes=5)
"""Evidence from further in the future than this is not believed."""


def run_checks(
    checks: Iterable[Check],
    evidence: EvidenceSource,
    *,
    evaluated_at: datetime,
    default_max_age: timedelta,
    parameters: Mapping[str, Mapping[str, Any]] | None = None,
) -> tuple[Observation, ...]:
    """Ask every check; observations come back in one order, whatever the order of evidence.

    Each check yields at least one observation. Steps for a check, per source that was asked for
    its evidence type:

    1. a listing that is not complete, or counts other records than are there: `unavailable`;
    2. each record that `select` accepts: `applies`, then `expect` or the function;
    3. a complete listing without any such record: `not-applicable`;
    4. evidence older than `max_age`: `stale`, whatever it says;
    5. quantifier "any": one satisfied record settles the check; else all observations stand.

    Args:
        evaluated_at: aware instant that ages are counted to.
        default_max_age: for checks that set none.
        parameters: check id to values from profiles.

    Raises:
        InputError: a check's schema is unusable with its parameters.
        IntegrityError: a record of the bundle is not what its digest says.
    """
    runner = _Runner(evidence, evaluated_at, default_max_age, parameters or {})
    # Checks of one evidence type run one after another, so that its records are read once.
    ordered = sorted(checks, key=lambda c: (c.evidence, c.id))
    found = [observation for check in ordered for observation in runner.run(check)]
    return tuple(sorted(found, key=_order))


def _order(o: Observation) -> tuple[str, ...]:
    s = o.subject
    return (o.check, s.source, s.type, s.region or "", s.id, str(o.outcome), o.message)


@dataclass
class _Runner:
    evidence: EvidenceSource
    evaluated_at: datetime
    default_max_age: timedelta
    parameters: Mapping[str, Mapping[str, Any]]
    _loaded: dict[str, dict[str, tuple[Evidence, ...]]] = field(default_factory=dict)

    def run(self, check: Check) -> Iterator[Observation]:
        values = {**check.parameters, **self.parameters.get(check.id, {})}
        gate, judge = compile_check(check, values)
        sources = self._sources(check.evidence)
        if not sources:
            gap = Gap(
                GapReason.MISSING, f"no source of the engagement provides evidence of type {check.evidence}"
            )
            yield self._observe(
                check, Verdict(Outcome.UNAVAILABLE, gap.message, gap=gap), Subject(check.evidence, "*", "")
            )
            return
        found: list[Observation] = []
        for source in sources:
            found.extend(self._run_source(check, source, gate, judge, values))
        if check.quantifier == "any":
            # One that satisfies settles it. Without one, what could not be seen may be the one, so that
            # those that do not satisfy prove nothing yet.
            settled = [o for o in found if o.outcome is Outcome.SATISFIED]
            found = settled or [o for o in found if o.outcome in UNSEEN] or found
        yield from found

    def _run_source(
        self, check: Check, source: str, gate: Judge, judge: Judge | None, values: Mapping[str, Any]
    ) -> Iterator[Observation]:
        records = self._records(check.evidence, source)
        gaps = incompleteness(self._listings(check.evidence, source), len(records), check.evidence)
        for scope, gap in gaps:
            region = None if scope == "*" else scope
            subject = Subject(check.evidence, "*", source, region)
            yield self._observe(check, Verdict(Outcome.UNAVAILABLE, gap.message, gap=gap), subject)
        judged = False
        for evidence in records:
            record = RecordView(evidence, check)
            world = WorldView(check, source, self._records, self._incomplete, self.evaluated_at, values)
            try:
                for verdict in self._verdicts(check, record, world, gate, judge):
                    judged = True
                    digests = dict.fromkeys((record.digest, *(verdict.evidence or world.used)))
                    yield self._observe(check, verdict, record.subject, tuple(sorted(digests)), evidence)
            except SkipRecord:
                continue
        if not judged and not gaps:
            yield self._none_found(check, source)

    def _none_found(self, check: Check, source: str) -> Observation:
        subject = Subject(check.evidence, "*", source)
        # What nobody was asked is open, not inapplicable; so is what no one of several might have said.
        if check.quantifier == "any" or check.method is Method.INTERVIEW:
            message = f"no record of {check.evidence} that the question could be put to"
            gap = Gap(GapReason.MISSING, message)
            return self._observe(check, Verdict(Outcome.UNAVAILABLE, message, gap=gap), subject)
        message = f"none of {check.evidence} to which this applies; the listing is complete"
        return self._observe(check, Verdict(Outcome.NOT_APPLICABLE, message), subject)

    def _verdicts(
        self, check: Check, record: RecordView, world: WorldView, gate: Judge, judge: Judge | None
    ) -> Iterator[Verdict]:
        try:
            gated = gate(record)
            if gated is not None:
                yield gated
            elif judge is not None:
                verdict = judge(record)
                if verdict is not None:
                    yield verdict
            elif check.function is not None:
                yield from as_verdicts(check.function(record, world))
        except SkipRecord:
            raise
        except UnavailableError as error:
            yield Verdict(Outcome.UNAVAILABLE, _gap_text(error.gap), gap=error.gap)
        except Exception as error:
            # A check that crashes on one record must not silence itself for the others.
            # What Python says of its own crash tells a reader of the report nothing; it stays in the gap.
            said, detail = "it cannot deal with what this record holds", f"{type(error).__name__}: {error}"
            if isinstance(error, PluginError):
                said = detail = error.message
            gap = Gap(GapReason.FAILED, f"the check failed: {detail}"[:300])
            yield Verdict(Outcome.ERROR, f"the check failed: {said}"[:300], gap=gap)

    def _observe(
        self,
        check: Check,
        verdict: Verdict,
        subject: Subject,
        digests: tuple[str, ...] = (),
        evidence: Evidence | None = None,
    ) -> Observation:
        outcome, message, gap = verdict.outcome, verdict.message, verdict.gap
        if evidence is not None and outcome in (
            Outcome.SATISFIED,
            Outcome.NOT_SATISFIED,
            Outcome.NOT_APPLICABLE,
        ):
            age = self.evaluated_at - evidence.collected_at
            limit = check.max_age or self.default_max_age
            if age > limit:
                gap = Gap(
                    GapReason.EXPIRED,
                    f"collected {age.days} days before the audit, at most {limit.days} allow it",
                )
                outcome, message = Outcome.STALE, f"{message} (evidence is {age.days} days old)"
            elif age < -CLOCK_SKEW:
                gap = Gap(GapReason.FAILED, "collected after the instant of evaluation; a clock is wrong")
                outcome, message = Outcome.UNAVAILABLE, gap.message
        return Observation(
            check=check.id,
            outcome=outcome,
            subject=verdict.subject or subject,
            message=message,
            severity=check.severity,
            topic=check.topic,
            method=check.method,
            aliases=check.aliases,
            evidence=digests,
            gap=gap,
            quotes=_quotes(evidence) if evidence is not None else (),
        )

    def _sources(self, type_: str) -> list[str]:
        listed = {listing.source for listing in self.evidence.listings if listing.type == type_}
        return sorted(listed | set(self._by_source(type_)))

    def _listings(self, type_: str, source: str) -> list[Listing]:
        return [x for x in self.evidence.listings if x.source == source and x.type in (type_, ANY_TYPE)]

    def _incomplete(self, type_: str, source: str) -> Gap | None:
        gaps = incompleteness(self._listings(type_, source), len(self._records(type_, source)), type_)
        return gaps[0][1] if gaps else None

    def _records(self, type_: str, source: str) -> tuple[Evidence, ...]:
        return self._by_source(type_).get(source, ())

    def _by_source(self, type_: str) -> dict[str, tuple[Evidence, ...]]:
        if type_ not in self._loaded:
            grouped: dict[str, list[Evidence]] = {}
            for evidence in self.evidence.records(type_):
                grouped.setdefault(evidence.subject.source, []).append(evidence)
            self._loaded[type_] = {source: tuple(records) for source, records in grouped.items()}
        return self._loaded[type_]


def _quotes(evidence: Evidence) -> tuple[Mapping[str, Any], ...]:
    """The words of a document that a record holds in its facet `quotes`, with their place."""
    found = evidence.data.get("quotes")
    if not isinstance(found, list):
        return ()
    document = evidence.data.get("document", evidence.subject.id)
    return tuple(
        {
            "text": quote["text"],
            "document": quote.get("document", document),
            "section": quote.get("section"),
            "page": quote.get("page"),
        }
        for quote in found[:MOST_QUOTES]
        if isinstance(quote, dict) and isinstance(quote.get("text"), str)
    )


def _gap_text(gap: Gap) -> str:
    asked = f"{gap.operation}: " if gap.operation else ""
    code = f" ({gap.code})" if gap.code else ""
    return f"{asked}{gap.message}{code}"
