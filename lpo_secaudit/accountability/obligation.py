"""An obligation: a duty in force, with everything its clock needs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from lpo_secaudit.accountability.conditions import Condition
from lpo_secaudit.accountability.relationship import Quote
from lpo_secaudit.accountability.rules import Counting, Period, Variant

__all__ = ["Obligation"]


@dataclass(frozen=True, slots=True)
class Obligation:
    """A duty in force.

    Attributes:
        id: stable within a relationship: `<source>/<rule, clause or number>@<debtor>`.
        source: law, contract or commitment.
        ref: id of the rule or the clause.
        title: one line.
        law: name of the act; empty for contracts and promises.
        citation: article, clause with its section, or where the promise is written.
        debtor: role of who owes: provider, firm or client.
        creditor: firm, client, authority, individuals, consumer_reporting_agencies, media or clients.
        jurisdiction: the rule's; empty for contracts and promises.
        clock_starts: the law's kind of start (`discovery` ...), `suspicion`, or `unspecified`.
        starts_with: role of the party whose event starts the clock.
        after: reports that start the clock, for `prior_report`.
        imputed: roles whose knowledge counts as the debtor's too, each with whether that is certain (False
            where it hangs on an agency that is not known).
        period: None where no number is set.
        variants: other periods for some notifiers or incidents.
        counting: how the period runs.
        standard: measures of speed beside the number.
        zone: zone in which days are counted and times shown; None where not known.
        content: what the notice has to say.
        remedy: what follows from a missed duty, as far as the contract or the law read here says.
        conduct: a way of acting, such as cooperating, that no notice discharges.
        open_questions: facts of the relationship that would decide whether the duty reaches it.
        condition: when it arises, with what the relationship already decides put in.
        safe_harbour, harm_exception, presumed: as in `BreachRule`.
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
    imputed: tuple[tuple[str, bool], ...]
    period: Period | None
    variants: tuple[Variant, ...]
    counting: Counting
    standard: tuple[str, ...]
    zone: str | None
    content: tuple[str, ...]
    remedy: tuple[str, ...]
    condition: Condition
    open_questions: tuple[str, ...] = ()
    safe_harbour: str = "none"
    harm_exception: bool = False
    presumed: bool = False
    target: Period | None = None
    held_by_law_enforcement: bool = False
    law: str = ""
    conduct: bool = False
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
            "law": self.law,
            "citation": self.citation,
            "debtor": self.debtor,
            "creditor": self.creditor,
            "jurisdiction": self.jurisdiction,
            "conduct": self.conduct,
            "clock_starts": self.clock_starts,
            "starts_with": self.starts_with,
            "period": _period(self.period),
            "period_text": self.period_text(),
            "counting": self.counting.note or self.counting.method,
            "standard": list(self.standard),
            "zone": self.zone,
            "threshold": self.threshold,
            "content": list(self.content),
            "remedy": list(self.remedy),
            "quotes": [quote.to_json() for quote in self.quotes],
            "target": _period(self.target),
            "open_questions": list(self.open_questions),
            "note": self.note,
            "confidence": self.confidence,
            "as_of": self.as_of,
        }


def _period(period: Period | None) -> dict[str, Any] | None:
    return None if period is None else {"amount": period.amount, "unit": period.unit}
