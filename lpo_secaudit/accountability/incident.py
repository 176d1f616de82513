"""An incident: its timeline, whom it hit, and the facts that decide which duties arise."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from lpo_secaudit.accountability.affected import Affected
from lpo_secaudit.accountability.conditions import Leaf, Verdict, question
from lpo_secaudit.accountability.event import Event, check_timeline
from lpo_secaudit.accountability.places import lies_in, require_place
from lpo_secaudit.accountability.rules import check_data_class
from lpo_secaudit.errors import InputError

__all__ = ["RISKS", "CostItem", "Hold", "Incident"]


@dataclass(frozen=True, slots=True)
class Hold:
    """A request of law enforcement to wait with notices.

    Attributes:
        by: office and officer.
        asked_at: aware instant of the request.
        until: end the request names; None where it names none.
        written: a written statement exists (45 CFR 164.412 gives an oral one 30 days at most).
        recipients: the notices it speaks of; empty for all that a rule lets it hold.
    """

    by: str
    asked_at: datetime
    until: datetime | None
    written: bool
    recipients: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CostItem:
    """A cost of the incident.

    Attributes:
        item: notification, credit-monitoring, call-centre, forensics, legal, regulatory, client-loss,
            other.
        low, high: between these amounts, in minor-unit free decimal text of `currency`.
        currency: ISO 4217 code.
        note: free words.
    """

    item: str
    low: str
    high: str
    currency: str
    note: str = ""


RISKS = ("unlikely", "likely", "high")


@dataclass(frozen=True)
class Incident:
    """One security event with everything known about it; None and absence mean "not known".

    Attributes:
        id, title: for a reader.
        events: the timeline, in file order.
        affected: persons hit.
        data: data classes hit; None where not known.
        encrypted, key_safe: whether the data were encrypted and the key stayed safe.
        risk: harm to the persons by the own assessment: unlikely, likely or high.
        risk_in: the same for the law of one place, where it differs.
        facts: yes-or-no facts that rules ask for.
        holds: requests of law enforcement.
        costs: what it cost.
        fees: the provider's fees of the last 12 months, (amount, currency); caps are measured by it.
        description: what happened, for notices.
        measures: what was done about it, for notices.
        contact: contact point, for notices.
    """

    id: str
    title: str
    events: tuple[Event, ...]
    affected: Affected = field(default_factory=Affected)
    data: tuple[str, ...] | None = None
    encrypted: bool | None = None
    key_safe: bool | None = None
    risk: str | None = None
    risk_in: Mapping[str, str] = field(default_factory=dict)
    facts: Mapping[str, bool] = field(default_factory=dict)
    holds: tuple[Hold, ...] = ()
    costs: tuple[CostItem, ...] = ()
    fees: tuple[str, str] | None = None
    description: str = ""
    measures: str = ""
    contact: str = ""

    def __post_init__(self) -> None:
        """Refuse what contradicts itself, or asks no rule that there is.

        Raises:
            InputError: events that contradict each other (names both), an unknown risk or place, a data
                class that looks like a slip of a known one.
        """
        check_timeline(self.events)
        for risk in (*((self.risk,) if self.risk is not None else ()), *self.risk_in.values()):
            if risk not in RISKS:
                raise InputError(f"risk {risk!r} is not known", hint=f"one of {', '.join(RISKS)}")
        for place in self.risk_in:
            require_place(place)
        for name in self.data or ():
            check_data_class(name)

    @classmethod
    def load(cls, path: str | Path) -> Incident:
        """Read and check an incident file.

        Raises:
            InputError: unreadable, not by the schema, or contradicting itself; says line, path and hint.
        """
        from lpo_secaudit.accountability.incident_file import load_incident

        return load_incident(Path(path))

    def event(self, what: str, who: str) -> Event | None:
        """The event of that kind and party, where it happened."""
        return next((e for e in self.events if e.what == what and e.who == who and e.at is not None), None)

    def notices(self, who: str | None = None, to: str | None = None) -> tuple[Event, ...]:
        """The notices given, by whom and to whom, in time order."""
        found = [
            e
            for e in self.events
            if e.what == "notified"
            and (who is None or e.who == who)
            and (to is None or e.to == to)
            and e.at is not None
        ]
        return tuple(sorted(found, key=Event.earliest))

    def risk_for(self, place: str) -> str | None:
        """The risk by the law of a place."""
        return self.risk_in.get(place, self.risk)

    def ask(self, leaf: Leaf) -> Verdict:
        """Answer what the incident knows (see `conditions.FactSource`)."""
        match leaf.kind:
            case "affected":
                count = self.affected.count(leaf, self.data)
                value = count.compare(leaf.compare, leaf.number)
                if value is None and leaf.if_unknown is not None:
                    return Verdict(
                        leaf.if_unknown, (), ("the number affected is not known, which counts as reached",)
                    )
                where = {"total": "in all", "one-state": "in one State"}.get(leaf.where, f"in {leaf.where}")
                of = f" with {leaf.of_data} data" if leaf.of_data else ""
                return Verdict(
                    value,
                    (question(leaf),) if value is None else (),
                    (f"{count} persons{of} affected {where}",) if value is not None else (),
                )
            case "fact":
                held = self.facts.get(leaf.values[0])
                words = leaf.values[0].replace("-", " ")
                if held is None:
                    return Verdict(None, (question(leaf),))
                return Verdict(held, (), (f"{words}: {'yes' if held else 'no'}",))
            case "risk":
                if self.risk is None:
                    return Verdict(None, (question(leaf),))
                reached = RISKS.index(self.risk) >= RISKS.index(leaf.values[0])
                return Verdict(reached, (), (f"harm is assessed as {self.risk}",))
            case "data":
                if self.data is None:
                    return Verdict(None, (question(leaf),))
                hit = [c for c in leaf.values if c in self.data]
                return Verdict(bool(hit), (), (f"data of class {' or '.join(hit or leaf.values)}"
                                               f"{'' if hit else ' were not'} hit",))  # fmt: skip
            case "subjects_in":
                if any(
                    c.low and any(lies_in(p, a) for a in leaf.values) for p, c in self.affected.places.items()
                ):
                    return Verdict(True, (), (f"persons in {' or '.join(leaf.values)} are affected",))
        return Verdict(None, (question(leaf),))


def known_json(incident: Incident) -> dict[str, Any]:
    """The facts beside the timeline, as the assessment's JSON carries them."""
    return {
        "affected": incident.affected.to_json(),
        "data": None if incident.data is None else list(incident.data),
        "encrypted": incident.encrypted,
        "key_safe": incident.key_safe,
        "risk": incident.risk,
        "facts": dict(incident.facts),
    }
