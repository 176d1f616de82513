"""The obligation register: duties from the contract's clauses, from law and from the firm's own promises."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from lpo_secaudit.accountability.conditions import ALWAYS, Condition, evaluate, simplify
from lpo_secaudit.accountability.places import lies_in, zone_of_place
from lpo_secaudit.accountability.relationship import FoundClause, Party, Quote, Relationship
from lpo_secaudit.accountability.rules import BreachRule, Counting, Period, RuleBook, Variant, builtin_rules
from lpo_secaudit.errors import InputError

__all__ = ["Obligation", "ScopeDecision", "obligations", "scope"]

_METHOD = {
    "hours": "elapsed-hours",
    "calendar_days": "calendar-days",
    "business_days": "business-days",
    "months": "months",
}


@dataclass(frozen=True, slots=True)
class Obligation:
    """A duty in force.

    Attributes:
        id: stable within a relationship: `<source>/<rule, clause or number>@<debtor>`.
        source: law, contract or commitment.
        ref: id of the rule or the clause.
        title: one line.
        citation: article, clause with its section, or where the promise is written.
        debtor: role of who owes: provider, firm or client.
        creditor: firm, client, authority, individuals, consumer_reporting_agencies, media or clients.
        jurisdiction: the rule's; empty for contracts and promises.
        clock_starts: the law's kind of start (`discovery` ...), `suspicion`, or `unspecified`.
        starts_with: role of the party whose event starts the clock.
        after: reports that start the clock, for `prior_report`.
        imputed_from: role of the party whose knowledge counts too, or None.
        imputation: agency or always.
        period: None where no number is set.
        variants: other periods for some notifiers or incidents.
        counting: how the period runs.
        standard: measures of speed beside the number.
        zone: zone in which days are counted and times shown; None where not known.
        content: what the notice has to say.
        remedy: what follows from a missed duty, as far as the contract or the law read here says.
        condition: when it arises, with what the relationship already decides put in.
        safe_harbour, harm_exception, presumed: as in `BreachRule`.
        harm_place: jurisdiction whose risk assessment the exception asks for.
        target: own target where no number is set; never law.
        held_by_law_enforcement: a documented hold may postpone it.
        in_force_from, in_force_to: for law.
        quotes: the contract's words.
        note, threshold, confidence, as_of: as recorded.
    """

    id: str
    source: str
    ref: str
    title: str
    citation: str
    debtor: str
    creditor: str
    jurisdiction: str
    clock_starts: str
    starts_with: str
    after: tuple[str, ...]
    imputed_from: str | None
    imputation: str | None
    period: Period | None
    variants: tuple[Variant, ...]
    counting: Counting
    standard: tuple[str, ...]
    zone: str | None
    content: tuple[str, ...]
    remedy: tuple[str, ...]
    condition: Condition
    safe_harbour: str = "none"
    harm_exception: bool = False
    presumed: bool = False
    target: Period | None = None
    held_by_law_enforcement: bool = False
    in_force_from: date | None = None
    in_force_to: date | None = None
    quotes: tuple[Quote, ...] = ()
    note: str = ""
    threshold: str = ""
    confidence: str = ""
    as_of: str = ""

    def period_text(self) -> str:
        """The period with its standard, for a reader."""
        speed = ", ".join(self.standard).replace("-", " ")
        return ", ".join(part for part in (str(self.period) if self.period else "no number", speed) if part)

    def to_json(self) -> dict[str, Any]:
        """The obligation as `audit.json` and exports carry it."""
        return {
            "id": self.id,
            "source": self.source,
            "ref": self.ref,
            "title": self.title,
            "citation": self.citation,
            "debtor": self.debtor,
            "creditor": self.creditor,
            "jurisdiction": self.jurisdiction,
            "clock_starts": self.clock_starts,
            "starts_with": self.starts_with,
            "period": None if self.period is None else {"amount": self.period.amount, "unit": self.period.unit},
            "counting": self.counting.note or self.counting.method,
            "standard": list(self.standard),
            "zone": self.zone,
            "threshold": self.threshold,
            "content": list(self.content),
            "remedy": list(self.remedy),
            "quotes": [
                {"text": q.text, "section": q.section, "document": q.document, "start": q.start, "end": q.end}
                for q in self.quotes
            ],
            "target": None if self.target is None else {"amount": self.target.amount, "unit": self.target.unit},
            "note": self.note,
            "confidence": self.confidence,
            "as_of": self.as_of,
        }


@dataclass(frozen=True, slots=True)
class ScopeDecision:
    """Whether a rule reaches a relationship, and why.

    Attributes:
        rule_id: the rule.
        applies: True, False, or None where a fact is missing (the rule then stays in the register).
        because: the deciding facts.
        missing: questions that would decide it.
    """

    rule_id: str
    applies: bool | None
    because: tuple[str, ...]
    missing: tuple[str, ...]


def scope(relationship: Relationship, rules: RuleBook | None = None) -> tuple[ScopeDecision, ...]:
    """One decision for every rule, in file order, so that nothing is left out silently."""
    book = rules if rules is not None else builtin_rules()
    return tuple(_decide(rule, relationship) for rule in book.values())


def _decide(rule: BreachRule, relationship: Relationship) -> ScopeDecision:
    if rule.status != "in-force":
        return ScopeDecision(rule.id, False, ("proposed, not law",), ())
    verdict = evaluate(rule.scope, relationship)
    controller = relationship.controller()
    if verdict.value is not False and rule.replaced_by and controller is not None and controller.country:
        for place, national in rule.replaced_by:
            if lies_in(controller.country, place):
                return ScopeDecision(rule.id, False, (f"{national} stands in its place in {place}",), ())
    return ScopeDecision(rule.id, verdict.value, verdict.because, verdict.missing)


def obligations(relationship: Relationship, *, rules: RuleBook | None = None) -> tuple[Obligation, ...]:
    """Every duty of a relationship: from its contract, from law, from the firm's promises.

    A rule whose reach cannot be told stays in, with the open question in its condition; proposed
    rules never do.

    Raises:
        InputError: a clause parameter or a place that cannot be what it says.
    """
    book = rules if rules is not None else builtin_rules()
    found = [*_from_clauses(relationship), *_from_commitments(relationship)]
    for rule in book.values():
        if _decide(rule, relationship).applies is not False:
            found.extend(_from_rule(rule, relationship, book))
    ids = [o.id for o in found]
    for position, obligation in enumerate(found):
        if ids.count(obligation.id) > 1:
            found[position] = replace(obligation, id=f"{obligation.id}#{ids[: position + 1].count(obligation.id)}")
    return tuple(found)


# --- law


def _chain(rule: BreachRule, firm_role: str | None) -> Iterator[tuple[str, str]]:
    """(debtor, creditor) roles of a rule. The provider stands below the firm, the firm below its client.

    Where the firm's role is not known, the rule is given to whoever the firm's being controller would
    make it, and its condition carries the open question.
    """
    below = "firm" if firm_role == "processor" else "provider"
    top = "client" if firm_role == "processor" else "firm"
    pair = (rule.notifier, rule.recipient)
    match pair:
        case (_, "clients"):
            yield "firm", "clients"
        case ("controller" | "owner", recipient):
            yield ("firm" if rule.id.startswith("uk-sra") else top), recipient
        case ("processor" | "maintainer", "controller"):
            yield below, top
            if below == "firm" and rule.id != "us-hipaa-ba":
                yield "provider", top
        case ("maintainer", "processor"):
            if firm_role != "controller":
                yield "provider", "firm"
        case ("processor", "authority") if rule.id == "in-certin-6h":
            yield "provider", "authority"
        case (_, recipient):
            yield below, recipient


_UPSTREAM = {"client": "firm", "firm": "provider", "provider": None}
_ROLE_QUESTION = "Is the firm controller or processor of the data?"


def _from_rule(rule: BreachRule, relationship: Relationship, book: RuleBook) -> Iterator[Obligation]:
    condition = simplify(rule.scope, relationship)
    trigger = rule.trigger
    joined: Condition = trigger if condition == ALWAYS else condition if trigger == ALWAYS else _both(condition, trigger)
    variants = tuple(replace(v, when=simplify(v.when, relationship)) for v in rule.variants)
    for debtor, creditor in _chain(rule, relationship.firm_role):
        imputed = _UPSTREAM[debtor] if rule.imputed_from else None
        name = relationship.parties[debtor].name
        yield Obligation(
            id=f"law/{rule.id}@{debtor}",
            source="law",
            ref=rule.id,
            title=f"{name} tells {_creditor_name(creditor, relationship)}",
            citation=f"{rule.law}, {rule.citation}",
            debtor=debtor,
            creditor=creditor,
            jurisdiction=rule.jurisdiction,
            clock_starts=rule.clock_starts,
            starts_with=debtor,
            after=rule.after,
            imputed_from=imputed,
            imputation=rule.imputation if imputed else None,
            period=rule.period,
            variants=variants,
            counting=rule.counting,
            standard=rule.standard,
            zone=rule.zone or _zone_of(relationship.parties[debtor]),
            content=book.contents.get(rule.content or "", ()),
            remedy=_LEGAL_REMEDY.get(rule.law, ()),
            condition=_with_role(joined, rule, relationship),
            safe_harbour=rule.safe_harbour,
            harm_exception=rule.harm_exception,
            presumed=rule.presumed,
            target=rule.target,
            held_by_law_enforcement=rule.held_by_law_enforcement,
            in_force_from=rule.in_force_from,
            in_force_to=rule.in_force_to,
            note=rule.note,
            threshold=rule.threshold,
            confidence=rule.confidence,
            as_of=rule.as_of,
        )


_LEGAL_REMEDY = {
    "GDPR": ("administrative fine up to EUR 10,000,000 or 2 % of worldwide annual turnover (Art. 83(4))",),
}


def _both(first: Condition, second: Condition) -> Condition:
    from lpo_secaudit.accountability.conditions import AllOf

    return AllOf((first, second))


def _with_role(condition: Condition, rule: BreachRule, relationship: Relationship) -> Condition:
    """Add the question of the firm's role where who owes the duty hangs on it."""
    from lpo_secaudit.accountability.conditions import Leaf

    depends = rule.recipient != "clients" and not rule.id.startswith(("uk-sra", "in-certin"))
    if relationship.firm_role is None and depends:
        return _both(condition, Leaf("firm_role", ("controller",)))
    return condition


def _creditor_name(creditor: str, relationship: Relationship) -> str:
    if creditor in relationship.parties:
        return relationship.parties[creditor].name
    return {
        "authority": "the authority",
        "individuals": "the persons affected",
        "consumer_reporting_agencies": "the consumer reporting agencies",
        "media": "the media",
        "clients": "its clients",
    }[creditor]


def _zone_of(party: Party) -> str | None:
    return party.zone or (zone_of_place(party.country) if party.country else None)


# --- contract

_TRIGGERS = {"aware": "becoming_aware", "discovery": "discovery", "confirmed": "confirmation", "suspected": "suspicion"}
_REMEDIES = {
    "breach-cost-reimbursement": "reimbursement of breach costs",
    "breach-indemnity": "indemnity",
    "liquidated-damages": "liquidated damages",
    "termination-for-breach": "termination",
    "equitable-relief": "injunction",
}
_DUTIES = {
    "breach-cooperation": "cooperates with the investigation and the notices",
    "breach-mitigation": "contains, mitigates and remedies the breach",
    "hipaa-report-unauthorized-use": "reports uses and disclosures of PHI outside the contract",
    "hipaa-report-security-incidents": "reports security incidents",
}
_DAYS = re.compile(r"\b(\d{1,3}|[a-z]+(?:[- ][a-z]+)?)\s*(?:\(\s*\d{1,3}\s*\)\s*)?(?:calendar\s+)?days?\b", re.IGNORECASE)
_HOURS = re.compile(r"\bhours?\b", re.IGNORECASE)


def _from_clauses(relationship: Relationship) -> Iterator[Obligation]:
    clauses = relationship.clauses or ()
    remedy = tuple(
        f"{_REMEDIES[c.clause]}: {c.quotes[0].shown()}" if c.quotes else _REMEDIES[c.clause]
        for c in clauses
        if c.clause in _REMEDIES
    )
    content = tuple(quote.text for c in clauses if c.clause == "breach-notice-content" for quote in c.quotes)
    for clause in clauses:
        if clause.clause == "breach-notification":
            yield from _notification(clause, relationship, remedy, content)
        elif clause.clause in _DUTIES:
            yield _contract_duty(clause, relationship, remedy)


def _whole(value: Any, clause: FoundClause, name: str) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, (int, float)) or value != int(value) or not 0 < value < 100_000:
        raise InputError(f"{clause.clause}.{name} is {value!r}, not a whole number of 1 or more", where=clause.document)
    return int(value)


def _contract_period(clause: FoundClause) -> Iterator[Period]:
    """The clause's numbers. Hours that the words state as days run as days, to the end of the last."""
    hours = _whole(clause.get("deadline_hours"), clause, "deadline_hours")
    days = _whole(clause.get("deadline_business_days"), clause, "deadline_business_days")
    if hours is not None:
        words = " ".join(quote.text for quote in clause.quotes)
        in_days = hours % 24 == 0 and _DAYS.search(words) is not None and _HOURS.search(words) is None
        yield Period(hours // 24, "calendar_days") if in_days else Period(hours, "hours")
    if days is not None:
        yield Period(days, "business_days")


def _notification(
    clause: FoundClause, relationship: Relationship, remedy: tuple[str, ...], content: tuple[str, ...]
) -> Iterator[Obligation]:
    periods: list[Period | None] = list(_contract_period(clause)) or [None]
    trigger = clause.get("trigger")
    if trigger is not None and trigger not in _TRIGGERS:
        raise InputError(f"breach-notification.trigger is {trigger!r}", hint=f"one of {', '.join(_TRIGGERS)}")
    for period in periods:
        kind = "" if len(periods) == 1 else f".{period.unit}" if period else ""
        yield replace(
            _contract_duty(clause, relationship, remedy),
            id=f"contract/breach-notification{kind}@provider",
            title=f"{relationship.provider.name} tells {relationship.firm.name}",
            clock_starts=_TRIGGERS[trigger] if trigger else "unspecified",
            period=period,
            counting=_contract_counting(period, relationship),
            standard=("without-undue-delay",) if clause.get("without_undue_delay") else (),
            content=content,
            target=None if period else Period(24, "hours"),
            note="" if trigger else "The clause does not say what starts the period.",
        )


def _contract_counting(period: Period | None, relationship: Relationship) -> Counting:
    if period is None:
        return Counting("none")
    calendar = relationship.contract_calendar if period.unit == "business_days" else None
    return Counting(_METHOD[period.unit], calendar=calendar, note="as the contract says; safe reading where it is silent")


def _contract_duty(clause: FoundClause, relationship: Relationship, remedy: tuple[str, ...]) -> Obligation:
    section = next((quote.section for quote in clause.quotes if quote.section), "")
    document = clause.document or next((quote.document for quote in clause.quotes if quote.document), "the contract")
    return Obligation(
        id=f"contract/{clause.clause}@provider",
        source="contract",
        ref=clause.clause,
        title=f"{relationship.provider.name} {_DUTIES.get(clause.clause, 'performs')}",
        citation=", ".join(part for part in (document, section) if part),
        debtor="provider",
        creditor="firm",
        jurisdiction="",
        clock_starts="becoming_aware",
        starts_with="provider",
        after=(),
        imputed_from=None,
        imputation=None,
        period=None,
        variants=(),
        counting=Counting("none"),
        standard=(),
        zone=relationship.contract_zone or _zone_of(relationship.firm),
        content=(),
        remedy=remedy,
        condition=ALWAYS,
        quotes=clause.quotes,
    )


# --- the firm's own promises


def _from_commitments(relationship: Relationship) -> Iterator[Obligation]:
    for number, promise in enumerate(relationship.commitments, 1):
        period = promise.breach_notice_within
        yield Obligation(
            id=f"commitment/{number}@firm",
            source="commitment",
            ref=str(number),
            title=f"{relationship.firm.name} tells {promise.to}",
            citation=promise.source,
            debtor="firm",
            creditor="client",
            jurisdiction="",
            clock_starts="becoming_aware",
            starts_with="firm",
            after=(),
            imputed_from=None,
            imputation=None,
            period=period,
            variants=(),
            counting=Counting(_METHOD[period.unit] if period else "none"),
            standard=(),
            zone=_zone_of(relationship.firm),
            content=(),
            remedy=(),
            condition=ALWAYS,
            target=None if period else Period(24, "hours"),
        )


def by_id(register: tuple[Obligation, ...]) -> Mapping[str, Obligation]:
    """The register by id."""
    return {obligation.id: obligation for obligation in register}
