"""What of an incident's cost the contract lets the firm recover: a worksheet, every figure with its quote.

Figures are ranges. The low end counts only what the words of a clause name, within the lowest cap that
they allow; the high end counts what they may be read to cover. The worksheet prices no chance of
winning; it shows what the contract says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from lpo_secaudit.accountability.incident import CostItem, Incident
from lpo_secaudit.accountability.relationship import FoundClause

__all__ = ["Cap", "Certificate", "CostLine", "Precondition", "Worksheet", "recover"]

ZERO = Decimal(0)
_CENT = Decimal("0.01")

# Which clauses may pay an item, the more direct first, and the words that name it.
_PAYERS: dict[str, tuple[str, ...]] = {
    "notification": ("breach-cost-reimbursement", "breach-indemnity"),
    "credit-monitoring": ("breach-cost-reimbursement", "breach-indemnity"),
    "call-centre": ("breach-cost-reimbursement", "breach-indemnity"),
    "forensics": ("breach-cost-reimbursement", "breach-indemnity"),
    "legal": ("breach-cost-reimbursement", "breach-indemnity"),
    "regulatory": ("breach-cost-reimbursement", "breach-indemnity"),
    "client-loss": ("breach-indemnity", "breach-cost-reimbursement"),
    "other": ("breach-cost-reimbursement", "breach-indemnity"),
}
_NAMED: dict[str, re.Pattern[str]] = {
    "notification": re.compile(r"notif|notice|mailing", re.I),
    "credit-monitoring": re.compile(r"credit[- ]monitor|identity[- ](?:theft|protect|monitor)", re.I),
    "call-centre": re.compile(r"call[- ]cent(?:er|re)", re.I),
    "forensics": re.compile(r"forensic|investigat", re.I),
    "legal": re.compile(r"attorney|legal (?:fee|cost|advi)|counsel|lawyer", re.I),
    "regulatory": re.compile(r"\bfine|penalt|regulator|government", re.I),
    "client-loss": re.compile(r"third[- ]party|claim|loss|damage|liabilit", re.I),
    "other": re.compile(r"(?!)"),
}
_INDIRECT = re.compile(r"consequential|indirect|incidental|special damages|lost profits|loss of profit", re.I)
_NOTICE_OF_CLAIM = re.compile(
    r"prompt(?:ly)?\s+(?:written\s+)?noti|written notice of|notif\w+ .{0,40}claim", re.I
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """An insurance certificate in evidence.

    Attributes:
        kind: what it insures, such as cyber.
        limit: per claim, in `currency`; None where it is not stated.
        currency: ISO 4217 code.
        expires: last day of cover; None where not known.
        source: where it stands.
    """

    kind: str
    limit: Decimal | None
    currency: str
    expires: date | None
    source: str


@dataclass(frozen=True, slots=True)
class CostLine:
    """One cost item and what the contract says of it.

    Attributes:
        item: the cost as recorded.
        clause: label of the clause that pays it; empty where none was found.
        quote: its words with their place.
        low, high: the share recoverable, before any cap.
        why: how the range came about.
    """

    item: CostItem
    clause: str
    quote: str
    low: Decimal
    high: Decimal
    why: str


@dataclass(frozen=True, slots=True)
class Cap:
    """The limit on the provider's liability for this incident.

    Attributes:
        low, high: between these amounts; `high` None where it may be unlimited, both None where no limit
            was found.
        known: False where there is a limit whose amount is not known.
        quotes: the words.
        why: how it was read.
    """

    low: Decimal | None
    high: Decimal | None
    known: bool
    quotes: tuple[str, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Precondition:
    """Something the clause asks of the firm first.

    Attributes:
        clause: label.
        quote: the words.
        state: given (with the instant), not recorded.
        words: for a reader.
    """

    clause: str
    quote: str
    state: str
    words: str


@dataclass(frozen=True)
class Worksheet:
    """What is recoverable.

    Attributes:
        currency: of every figure; items in another one are listed under `missing`.
        lines: the items.
        cost_low, cost_high: what the incident cost.
        cap: limit of liability.
        low, high: recoverable after the cap.
        insured: the part of `high` that a certificate in force covers; None where none is known.
        insurance: what the contract asks and what the certificates show, in words.
        preconditions: what the firm must have done.
        missing: facts without which a figure is open.
    """

    currency: str
    lines: tuple[CostLine, ...]
    cost_low: Decimal
    cost_high: Decimal
    cap: Cap
    low: Decimal
    high: Decimal
    insured: Decimal | None
    insurance: tuple[str, ...]
    preconditions: tuple[Precondition, ...]
    missing: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """The worksheet; amounts as decimal text."""
        return {
            "currency": self.currency,
            "cost": _span(self.cost_low, self.cost_high),
            "recoverable": _span(self.low, self.high),
            "cap": {
                "low": _money(self.cap.low),
                "high": _money(self.cap.high),
                "known": self.cap.known,
                "quotes": list(self.cap.quotes),
                "why": self.cap.why,
            },
            "insured": _money(self.insured),
            "insurance": list(self.insurance),
            "lines": [
                {
                    "item": line.item.item,
                    "cost": _span(Decimal(line.item.low), Decimal(line.item.high)),
                    "clause": line.clause,
                    "quote": line.quote,
                    "recoverable": _span(line.low, line.high),
                    "why": line.why,
                }
                for line in self.lines
            ],
            "preconditions": [
                {"clause": p.clause, "quote": p.quote, "state": p.state, "words": p.words}
                for p in self.preconditions
            ],
            "missing": list(self.missing),
        }


def _span(low: Decimal, high: Decimal) -> dict[str, str | None]:
    return {"low": _money(low), "high": _money(high)}


def _money(amount: Decimal | None) -> str | None:
    return None if amount is None else str(amount.quantize(_CENT))


def recover(
    incident: Incident,
    clauses: Sequence[FoundClause] | None,
    certificates: Sequence[Certificate] = (),
    as_of: datetime | None = None,
) -> Worksheet:
    """The worksheet of an incident. Pure.

    Args:
        incident: its `costs`, `fees` and timeline count.
        clauses: what the contract says; None where none was read, so nothing is recoverable for sure.
        certificates: insurance certificates in evidence.
        as_of: when certificates have to be in force, beside the day of the incident.
    """
    missing: list[str] = []
    currency = _currency(incident)
    for item in incident.costs:
        if item.currency != currency:
            missing.append(f"What is {item.low} {item.currency} ({item.item}) in {currency}?")
    items = [item for item in incident.costs if item.currency == currency]
    if clauses is None:
        missing.append("What does the contract with the provider say? None was read.")
    known = tuple(clauses or ())
    lines = tuple(_line(item, known, clauses is None) for item in items)
    cap = _cap(known, incident, currency, missing)
    low, high = sum((x.low for x in lines), ZERO), sum((x.high for x in lines), ZERO)
    if not cap.known:
        low = ZERO
    if cap.low is not None:
        low = min(low, cap.low)
    if cap.high is not None:
        high = min(high, cap.high)
    insured, words = _insurance(known, certificates, currency, high, incident, as_of)
    return Worksheet(
        currency=currency,
        lines=lines,
        cost_low=sum((Decimal(i.low) for i in items), ZERO),
        cost_high=sum((Decimal(i.high) for i in items), ZERO),
        cap=cap,
        low=low,
        high=high,
        insured=insured,
        insurance=words,
        preconditions=_preconditions(known, incident),
        missing=tuple(missing),
    )


def _currency(incident: Incident) -> str:
    """The currency of the fees, else the one most items are in."""
    if incident.fees is not None:
        return incident.fees[1]
    found = [item.currency for item in incident.costs]
    return max(sorted(set(found)), key=found.count) if found else ""


def _first(clauses: Sequence[FoundClause], label: str) -> list[FoundClause]:
    return [c for c in clauses if c.clause == label]


def _line(item: CostItem, clauses: Sequence[FoundClause], unread: bool) -> CostLine:
    low, high = Decimal(item.low), Decimal(item.high)
    best: CostLine | None = None
    for label in _PAYERS[item.item]:
        for clause in _first(clauses, label):
            quote = next((q for q in clause.quotes if _NAMED[item.item].search(q.text)), None)
            if quote is not None:
                why = "the clause names it"
                if item.item == "regulatory":
                    why += "; whether a fine may be passed on is a question of the law that sets it"
                    return CostLine(item, label, quote.shown(), ZERO, high, why)
                return CostLine(item, label, quote.shown(), low, high, why)
            if best is None:
                shown = clause.quotes[0].shown() if clause.quotes else ""
                best = CostLine(
                    item, label, shown, ZERO, high, "the clause does not name it, and may be read to cover it"
                )
    if best is not None:
        return best
    if unread:
        return CostLine(item, "", "", ZERO, high, "no contract was read")
    return CostLine(
        item, "", "", ZERO, high, "no clause pays it; only damages under general contract law are left"
    )


def _amounts(clause: FoundClause, incident: Incident, currency: str, missing: list[str]) -> list[Decimal]:
    """Every amount that a cap clause states, in the worksheet's currency."""
    found = []
    amount, stated = clause.get("amount"), clause.get("currency")
    if amount is not None:
        if stated in (None, currency) or not currency:
            found.append(Decimal(str(amount)))
        else:
            missing.append(f"What is the cap of {amount} {stated} in {currency}?")
    months, multiple = clause.get("fee_months"), clause.get("fee_multiple")
    if months is not None or multiple is not None:
        if incident.fees is None:
            missing.append(
                "What were the provider's fees of the last 12 months? The cap is measured by them."
            )
        else:
            yearly = Decimal(incident.fees[0])
            share = Decimal(str(months)) / 12 if months is not None else Decimal(1)
            found.append(yearly * share * Decimal(str(multiple if multiple is not None else 1)))
    return found


def _cap(clauses: Sequence[FoundClause], incident: Incident, currency: str, missing: list[str]) -> Cap:
    caps, carve_outs = _first(clauses, "liability-cap"), _first(clauses, "liability-carve-out")
    quotes = tuple(q.shown() for c in (*caps, *carve_outs) for q in c.quotes)
    if not caps and not carve_outs:
        return Cap(None, None, True, (), "no limit of liability was found")
    general = [a for c in caps for a in _amounts(c, incident, currency, missing)]
    own = [a for c in carve_outs for a in _amounts(c, incident, currency, missing)]
    if carve_outs and own:
        return Cap(min(own), max(own), True, quotes, "a limit of its own stands for breaches of data duties")
    if carve_outs:
        low = min(general) if general else None
        why = (
            "data duties stand outside the general limit; the low figure keeps to it in case the carve-out "
            "is read narrowly"
        )
        return Cap(low, None, bool(general) or not caps, quotes, why)
    if general:
        why = "the general limit covers data duties too"
        if len(set(general)) > 1:
            why += "; several amounts are stated, and the words say which one counts"
        return Cap(min(general), max(general), True, quotes, why)
    indirect = any(_INDIRECT.search(q.text) for c in caps for q in c.quotes)
    what = "kinds of damage are excluded" if indirect else "liability is limited"
    missing.append(
        f"What is the amount of the limit of liability? The contract says that {what}, and no amount was "
        "found."
    )
    return Cap(None, None, False, quotes, f"{what}; no amount was found")


def _insurance(
    clauses: Sequence[FoundClause],
    certificates: Sequence[Certificate],
    currency: str,
    high: Decimal,
    incident: Incident,
    as_of: datetime | None,
) -> tuple[Decimal | None, tuple[str, ...]]:
    words = []
    for clause in (*_first(clauses, "cyber-insurance"), *_first(clauses, "insurance")):
        amount = clause.get("amount")
        asked = f" of {amount} {clause.get('currency') or ''}".rstrip() if amount is not None else ""
        quote = f": {clause.quotes[0].shown()}" if clause.quotes else ""
        words.append(f"the contract asks for {clause.clause.replace('-', ' ')}{asked}{quote}")
    if not words:
        words.append("no clause asks for insurance")
    day = _incident_day(incident) or (as_of.astimezone(UTC).date() if as_of else None)
    insured: Decimal | None = None
    for found in certificates:
        state = "its last day is not known"
        if found.expires is not None and day is not None:
            state = (
                f"in force on {day}" if found.expires >= day else f"expired on {found.expires}, before {day}"
            )
            if found.expires >= day and found.limit is not None and found.currency == currency:
                insured = max(insured or ZERO, min(found.limit, high))
        limit = f"{found.limit} {found.currency}" if found.limit is not None else "no limit stated"
        words.append(f"certificate of {found.kind} insurance ({found.source}): {limit}, {state}")
    if not certificates:
        words.append("no insurance certificate is in evidence")
    return insured, tuple(words)


def _incident_day(incident: Incident) -> date | None:
    event = incident.event("occurred", "")
    if event is None or event.at is None:
        return None
    return event.at.date() if isinstance(event.at, datetime) else event.at


def _preconditions(clauses: Sequence[FoundClause], incident: Incident) -> tuple[Precondition, ...]:
    given = incident.notices("firm", "provider")
    found = []
    for clause in clauses:
        if clause.clause not in ("breach-indemnity", "breach-cost-reimbursement"):
            continue
        quote = next((q for q in clause.quotes if _NOTICE_OF_CLAIM.search(q.text)), None)
        if quote is None:
            continue
        if given and given[0].at is not None:
            state, words = "given", f"notice to the provider is recorded on {given[0].at.isoformat()}"
        else:
            state, words = (
                "not recorded",
                "no notice of the firm to the provider is recorded: give it now, in writing",
            )
        found.append(Precondition(clause.clause, quote.shown(), state, words))
    return tuple(found)
