"""Chains of notices that cannot hold, as conflicts of the normal audit.

Joins the algebra of `accountability.chain` with the records and the engagement file, so that each
side of a conflict shows where it stands: a clause with its words and section, a promise of the firm
with the entry of its engagement file, a law with its citation and what it asks in words of our own.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from lpo_secaudit.accountability.chain import Link, Path, Verdict, chain
from lpo_secaudit.accountability.obligation import Obligation
from lpo_secaudit.accountability.relationship import Quote
from lpo_secaudit.accountability.rules import Period
from lpo_secaudit.collect import Bundle
from lpo_secaudit.formats.yaml import YamlFile, parse_yaml
from lpo_secaudit.model.check import Severity
from lpo_secaudit.model.engagement import Engagement
from lpo_secaudit.model.evidence import Evidence
from lpo_secaudit.model.finding import Conflict, ConflictKind, Leg
from lpo_secaudit.obligations import CLAUSE, obligations_of

if TYPE_CHECKING:
    from lpo_secaudit.contracts.numbers import Period as StatedPeriod

__all__ = ["chain_conflicts"]

_NOTICE = "breach-notification"


def chain_conflicts(engagement: Engagement, bundle: Bundle, law_as_of: date) -> tuple[Conflict, ...]:
    """Chains of promises that cannot hold in the worst case.

    A promise of the firm to its client against the period that the provider's contract gives
    (contract-conflict), or against no period at all; and law whose clock runs from the provider's
    knowledge already against that contract (below-baseline). Nothing where no contract was read.

    Raises:
        InputError: as `lpo_secaudit.obligations.register`.
    """
    records = list(bundle.records(CLAUSE))
    if not records:
        return ()
    file = parse_yaml(engagement.raw, "engagement.yaml")
    return tuple(
        _conflict(path, records, file)
        for path in chain(obligations_of(engagement, records, law_as_of))
        if path.verdict in (Verdict.BROKEN, Verdict.UNBOUNDED)
    )


def _conflict(path: Path, records: Sequence[Evidence], file: YamlFile) -> Conflict:
    own = path.end.source == "commitment"
    link = _failing(path)
    return Conflict(
        kind=ConflictKind.CONTRACT_CONFLICT if own else ConflictKind.BELOW_BASELINE,
        topic="breach-notice",
        severity=Severity.HIGH if path.verdict == Verdict.BROKEN else Severity.MEDIUM,
        first=_duty_leg(path.end, records, file),
        second=_link_leg(link, records, file),
        message=f"The chain of notices cannot be kept: {path.words} ({path.counted_from})",
        bound="firm" if path.end.debtor == "firm" else "client",
        ask="Shorten the provider's notice period, in hours from awareness or suspicion of any of its staff"
        if link.debtor == "provider"
        else "Nothing of the provider: agree with the client within which time the firm tells it",
    )


def _failing(path: Path) -> Link:
    """The link to mend: the first without a limit, else the one that takes the longest."""
    unbounded = next((link for link in path.links if link.longest is None), None)
    return unbounded or max(path.links, key=lambda link: link.longest or timedelta())


def _duty_leg(duty: Obligation, records: Sequence[Evidence], file: YamlFile) -> Leg:
    """Where a duty stands, in the words of its source."""
    match duty.source:
        case "commitment":
            return Leg("baseline", "engagement", duty.citation, _entry(file, int(duty.ref) - 1), ())
        case "law":
            return Leg("baseline", "law", duty.citation, _law_says(duty), ())
    quote, telling = _telling(duty)
    homes = [r for r in records if r.data.get("clause") == duty.ref and r.data.get("present") is True]
    home = next((r for r in homes if r.data.get("document") == quote.document), homes[0])
    place = ", ".join(part for part in (quote.document, quote.section and f"section {quote.section}") if part)
    return Leg("promise", home.subject.source, place or duty.citation, quote.text, (home.digest,), telling)


def _link_leg(link: Link, records: Sequence[Evidence], file: YamlFile) -> Leg:
    """What bounds a notice. Where no contract does, what was read is the evidence of that."""
    duty = link.obligation
    if duty is not None and duty.source != "law":
        return _duty_leg(duty, records, file)
    if link.debtor != "provider":
        # The firm's own notice stands in no contract with the provider.
        if duty is not None:
            return _duty_leg(duty, records, file)
        return Leg("baseline", "engagement", "commitments", "no notice to the client is promised", ())
    read = [r for r in records if r.data.get("clause") == _NOTICE] or list(records)
    documents = ", ".join(sorted({str(r.data.get("document", "")) for r in read}))
    digests = tuple(sorted({r.digest for r in read}))
    if duty is None:
        silence = f"{documents} holds no clause on breach notification that binds the provider"
        return Leg("promise", read[0].subject.source, documents, silence, digests)
    says = f"{documents} sets no period; by law: {_law_says(duty)}"
    return Leg("baseline", "law", duty.citation, says, digests)


def _telling(duty: Obligation) -> tuple[Quote, tuple[int, int] | None]:
    """Of a clause's words, those that state its period, and where in them; else the first."""
    from lpo_secaudit.contracts.numbers import find_periods

    quotes = duty.quotes or (Quote("", document=duty.citation),)
    period = duty.period
    if period is not None:
        for quote in quotes:
            stated = next((p for p in find_periods(quote.text) if _same(period, p)), None)
            if stated is not None:
                return quote, (stated.start, stated.end)
    return quotes[0], None


def _same(period: Period, stated: StatedPeriod) -> bool:
    if "business_days" in (period.unit, stated.unit):
        return (period.unit, period.amount) == (stated.unit, stated.value)
    return stated.hours() == period.amount * (24 if period.unit == "calendar_days" else 1)


def _entry(file: YamlFile, index: int) -> str:
    """The promise as the engagement file states it."""
    entry: dict[str, Any] = file.value["commitments"][index]
    said = ", ".join(f"{key}: {value}" for key, value in entry.items())
    return f"line {file.lines[('commitments', index)]}: {said}"


def _law_says(duty: Obligation) -> str:
    """What a law asks, in words of our own."""
    start = duty.clock_starts.replace("_", " ")
    knower = "its own or its agent's" if duty.imputed else "its"
    speed = f", {' and '.join(s.replace('-', ' ') for s in duty.standard)}" if duty.standard else ""
    note = f" {duty.note}" if duty.note else ""
    return f"{duty.title} within {duty.period} of {knower} {start}{speed}.{note}"
