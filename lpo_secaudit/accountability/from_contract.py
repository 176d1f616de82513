"""Duties that the contract with the provider sets, and those the firm promised its own clients."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from lpo_secaudit.accountability.conditions import ALWAYS
from lpo_secaudit.accountability.from_law import zone_of
from lpo_secaudit.accountability.obligation import Obligation
from lpo_secaudit.accountability.relationship import FoundClause, Relationship
from lpo_secaudit.accountability.rules import METHODS, Counting, Period
from lpo_secaudit.errors import InputError

__all__ = ["from_clauses", "from_commitments"]

_TRIGGERS = {
    "aware": "becoming_aware",
    "discovery": "discovery",
    "confirmed": "confirmation",
    "suspected": "suspicion",
}
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
_CONDUCT = frozenset({"breach-cooperation", "breach-mitigation"})
_DAYS = re.compile(
    r"\b(\d{1,3}|[a-z]+(?:[- ][a-z]+)?)\s*(?:\(\s*\d{1,3}\s*\)\s*)?(?:calendar\s+)?days?\b", re.IGNORECASE
)
_HOURS = re.compile(r"\bhours?\b", re.IGNORECASE)


def from_clauses(relationship: Relationship) -> Iterator[Obligation]:
    # A duty that the contract lays on the firm alone is none of the provider's.
    clauses = tuple(c for c in relationship.clauses or () if c.bound != "client")
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
            conduct = clause.clause in _CONDUCT
            yield replace(_contract_duty(clause, relationship, remedy), conduct=conduct)


def _whole(value: Any, clause: FoundClause, name: str) -> int | None:
    if value is None:
        return None
    if (
        isinstance(value, bool)
        or not isinstance(value, (int, float))
        or value != int(value)
        or not 0 < value < 100_000
    ):
        raise InputError(
            f"{clause.clause}.{name} is {value!r}, not a whole number of 1 or more", where=clause.document
        )
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
    return Counting(
        METHODS[period.unit], calendar=calendar, note="as the contract says; safe reading where it is silent"
    )


def _contract_duty(clause: FoundClause, relationship: Relationship, remedy: tuple[str, ...]) -> Obligation:
    section = next((quote.section for quote in clause.quotes if quote.section), "")
    document = clause.document or next(
        (quote.document for quote in clause.quotes if quote.document), "the contract"
    )
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
        imputed=(),
        period=None,
        variants=(),
        counting=Counting("none"),
        standard=(),
        zone=relationship.contract_zone or zone_of(relationship.firm),
        content=(),
        remedy=remedy,
        condition=ALWAYS,
        quotes=clause.quotes,
    )


def from_commitments(relationship: Relationship) -> Iterator[Obligation]:
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
            imputed=(),
            period=period,
            variants=(),
            counting=Counting(METHODS[period.unit] if period else "none"),
            standard=(),
            zone=zone_of(relationship.firm),
            content=(),
            remedy=(),
            condition=ALWAYS,
            target=None if period else Period(24, "hours"),
        )
