"""Duties from breach law: which rules reach a relationship, and whom in it they bind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from lpo_secaudit.accountability.conditions import (
    ALWAYS,
    AllOf,
    Condition,
    Leaf,
    Verdict,
    evaluate,
    question,
    simplify,
)
from lpo_secaudit.accountability.obligation import Obligation
from lpo_secaudit.accountability.places import lies_in, zone_of_place
from lpo_secaudit.accountability.relationship import Party, Relationship
from lpo_secaudit.accountability.rules import BreachRule, RuleBook, builtin_rules

__all__ = ["ScopeDecision", "from_law", "scope", "zone_of"]


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


def scope(
    relationship: Relationship, rules: RuleBook | None = None, law_as_of: date | None = None
) -> tuple[ScopeDecision, ...]:
    """One decision for every rule, in file order, so that nothing is left out silently."""
    book = rules if rules is not None else builtin_rules()
    return tuple(_decide(rule, relationship, law_as_of) for rule in book.values())


def _decide(rule: BreachRule, relationship: Relationship, law_as_of: date | None) -> ScopeDecision:
    if rule.status != "in-force":
        return ScopeDecision(rule.id, False, ("proposed, not law",), ())
    if law_as_of is not None and not rule.in_force_on(law_as_of):
        return ScopeDecision(rule.id, False, (f"not in force on {law_as_of}",), ())
    verdict = evaluate(rule.scope, relationship)
    controller = relationship.controller()
    if verdict.value is not False and rule.replaced_by and controller is not None and controller.country:
        for place, national in rule.replaced_by:
            if lies_in(controller.country, place):
                return ScopeDecision(rule.id, False, (f"{national} stands in its place in {place}",), ())
    return ScopeDecision(rule.id, verdict.value, verdict.because, verdict.missing)


def from_law(relationship: Relationship, book: RuleBook, law_as_of: date | None) -> Iterator[Obligation]:
    """The duties of every rule that reaches the relationship or may reach it, in file order."""
    for rule in book.values():
        decision = _decide(rule, relationship, law_as_of)
        if decision.applies is not False:
            yield from _from_rule(rule, relationship, book, decision.missing)


def _chain(rule: BreachRule, firm_role: str | None) -> Iterator[tuple[str, str]]:
    """(debtor, creditor) roles of a rule. The provider stands below the firm, the firm below its client.

    Where the firm's role is not known, the rule is given to whoever the firm's being controller would
    make it, and its condition carries the open question.
    """
    below = "firm" if firm_role == "processor" else "provider"
    top = "client" if firm_role == "processor" else "firm"
    match (rule.notifier, rule.recipient):
        case (_, "clients"):
            yield "firm", "clients"
        case ("controller" | "owner", recipient):
            # A rule of the firm's own profession binds the firm, whoever the controller is.
            yield ("firm" if rule.id.startswith("uk-sra") else top), recipient
        case ("processor" | "maintainer", "controller"):
            yield below, top
            # The provider keeps data of the client too (GDPR Art. 28(4), 33(2)); under HIPAA a
            # subcontractor tells the business associate, which is a rule of its own.
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

_LEGAL_REMEDY = {
    "GDPR": ("administrative fine up to EUR 10,000,000 or 2 % of worldwide annual turnover (Art. 83(4))",),
}


def _from_rule(
    rule: BreachRule, relationship: Relationship, book: RuleBook, open_questions: tuple[str, ...]
) -> Iterator[Obligation]:
    variants = tuple(replace(v, when=simplify(v.when, relationship)) for v in rule.variants)
    for debtor, creditor in _chain(rule, relationship.firm_role):
        name = relationship.parties[debtor].name
        yield Obligation(
            id=f"law/{rule.id}@{debtor}",
            source="law",
            ref=rule.id,
            title=f"{name} tells {_creditor_name(creditor, relationship)}",
            law=rule.law,
            citation=f"{rule.law}, {rule.citation}",
            debtor=debtor,
            creditor=creditor,
            jurisdiction=rule.jurisdiction,
            clock_starts=rule.clock_starts,
            starts_with=debtor,
            after=rule.after,
            imputed=_imputed(rule, debtor, relationship),
            period=rule.period,
            variants=variants,
            counting=rule.counting,
            standard=rule.standard,
            zone=rule.zone or zone_of(relationship.parties[debtor]),
            content=book.contents.get(rule.content or "", ()),
            remedy=_LEGAL_REMEDY.get(rule.law, ()),
            condition=_condition(rule, relationship),
            open_questions=open_questions,
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


def _imputed(rule: BreachRule, debtor: str, relationship: Relationship) -> tuple[tuple[str, bool], ...]:
    """Down the chain from the debtor: whose knowledge is the debtor's own, and whether that is certain."""
    if rule.imputed_from is None:
        return ()
    agents = {"firm": relationship.firm_is_agent, "provider": relationship.provider_is_agent}
    found: list[tuple[str, bool]] = []
    certain, below = True, _UPSTREAM[debtor]
    while below is not None:
        agent = True if rule.imputation == "always" else agents[below]
        if agent is False:
            break
        certain = certain and agent is True
        found.append((below, certain))
        below = _UPSTREAM[below]
    return tuple(found)


def _condition(rule: BreachRule, relationship: Relationship) -> Condition:
    """Scope and trigger in one, with what the relationship decides put in.

    Where who owes the duty hangs on the firm's role and the role is not known, that question is added.
    """
    parts = [simplify(rule.scope, relationship), _with_parties(rule.trigger, relationship)]
    depends = rule.recipient != "clients" and not rule.id.startswith(("uk-sra", "in-certin"))
    if relationship.firm_role is None and depends:
        parts.append(Leaf("firm_role", ("controller",)))
    left = tuple(part for part in parts if part != ALWAYS)
    return ALWAYS if not left else left[0] if len(left) == 1 else AllOf(left)


class _PartyFacts:
    """Of a trigger, a relationship answers only who sits where and under which regime; which data
    and persons were hit is for the incident to say."""

    def __init__(self, relationship: Relationship) -> None:
        self.relationship = relationship

    def ask(self, leaf: Leaf) -> Verdict:
        if leaf.kind in ("established_in", "regime", "contract_governs"):
            return self.relationship.ask(leaf)
        return Verdict(None, (question(leaf),))


def _with_parties(trigger: Condition, relationship: Relationship) -> Condition:
    return simplify(trigger, _PartyFacts(relationship))


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


def zone_of(party: Party) -> str | None:
    """The zone a party works in: its own, or that of its country's capital; None where neither is known."""
    return party.zone or (zone_of_place(party.country) if party.country else None)
