"""An incident: its timeline, whom it hit, and the facts that decide which duties arise."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any

from lpo_secaudit.accountability.affected import Affected
from lpo_secaudit.accountability.conditions import Leaf, Verdict, question
from lpo_secaudit.accountability.places import lies_in
from lpo_secaudit.errors import InputError

__all__ = ["KINDS", "PARTIES", "CostItem", "Event", "Hold", "Incident", "check_timeline"]

PARTIES = ("provider", "firm", "client")

KINDS = {
    "occurred": "the incident occurred",
    "ended": "the incident ended",
    "suspected": "{who} suspected it",
    "believed": "{who} had reason to believe it",
    "aware": "{who} became aware",
    "discovered": "{who} discovered it",
    "determined": "{who} determined that it is a breach",
    "confirmed": "{who} confirmed it",
    "classified": "{who} classified it",
    "materiality-determined": "{who} determined that it is material",
    "ransom-paid": "{who} paid a ransom",
    "notified": "{who} told {to}",
}
"""Events of a timeline. Each that can start a clock has an instant of its own."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, or is known not to have happened yet.

    Attributes:
        what: a key of `KINDS`.
        at: aware instant, or the day where the time is not known; None with `not_by`.
        who: provider, firm or client; empty for `occurred` and `ended`.
        to: who was told, for `notified`: a party, authority, individuals, consumer_reporting_agencies,
            media or clients.
        under: for notices to authorities: the rules, laws or named reports that the notice serves.
        places: for notices to persons, agencies and media: where they live; `all` for everybody.
        not_by: it had not happened by this aware instant.
        note: free words.
        where: file and line, or the register's event, for messages.
    """

    what: str
    at: datetime | date | None = None
    who: str = ""
    to: str = ""
    under: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    not_by: datetime | None = None
    note: str = ""
    where: str = ""

    def words(self) -> str:
        """The event without its time, for a reader."""
        return words_for(self.what, self.who, self.to)

    def earliest(self) -> datetime:
        """The first instant at which it can have happened: a day begins at UTC+14."""
        assert self.at is not None  # noqa: S101  # asked only of events that happened
        if isinstance(self.at, datetime):
            return self.at.astimezone(UTC)
        return datetime(self.at.year, self.at.month, self.at.day, tzinfo=UTC) - timedelta(hours=14)

    def latest(self) -> datetime:
        """The last instant at which it can have happened: a day ends at UTC-12."""
        assert self.at is not None  # noqa: S101
        if isinstance(self.at, datetime):
            return self.at.astimezone(UTC)
        return datetime(self.at.year, self.at.month, self.at.day, tzinfo=UTC) + timedelta(hours=36)


@lru_cache(maxsize=1024)
def words_for(what: str, who: str, to: str) -> str:
    return KINDS[what].format(who=f"the {who}", to=_TOLD.get(to, f"the {to}"))


_TOLD = {
    "individuals": "the persons affected",
    "consumer_reporting_agencies": "the consumer reporting agencies",
    "clients": "its clients",
}


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


_ORDER = (("suspected", "aware"), ("suspected", "confirmed"), ("suspected", "discovered"))
_KNOWS = ("suspected", "believed", "aware", "discovered", "determined", "confirmed")


def check_timeline(events: Iterable[Event]) -> None:
    """Refuse a timeline that contradicts itself, whatever the unknown times of day are.

    Raises:
        InputError: names both events.
    """
    known: dict[tuple[str, str], Event] = {}
    all_events = tuple(events)
    for event in all_events:
        if event.what == "notified" or event.at is None:
            continue
        before = known.setdefault((event.what, event.who), event)
        if before is not event:
            raise _contradiction(
                before, event, "stands twice", "keep one; in the register, correct the earlier event"
            )
    occurred = known.get(("occurred", ""))
    for event in all_events:
        if event.at is None:
            happened = known.get((event.what, event.who))
            if happened is not None and event.not_by and happened.latest() < event.not_by:
                raise _contradiction(
                    happened, event, "happened before the time by which it is said not to have happened", None
                )
            continue
        if occurred is not None and event.latest() < occurred.earliest():
            raise _contradiction(
                occurred, event, "is earlier than the incident itself", "correct one of the two times"
            )
        if event.what == "notified":
            _check_notice(event, known)
    for first, then in _ORDER:
        for who in PARTIES:
            one, two = known.get((first, who)), known.get((then, who))
            if one is not None and two is not None and two.latest() < one.earliest():
                raise _contradiction(one, two, f"is earlier than {one.what}", "correct one of the two times")


def _check_notice(notice: Event, known: Mapping[tuple[str, str], Event]) -> None:
    own = [known[(what, notice.who)] for what in _KNOWS if (what, notice.who) in known]
    if own and all(notice.latest() < event.earliest() for event in own):
        first = min(own, key=Event.earliest)
        raise _contradiction(
            first, notice, f"is earlier than the {notice.who}'s own knowledge", "correct one of the two times"
        )


def _contradiction(first: Event, second: Event, problem: str, hint: str | None) -> InputError:
    times = " and ".join(
        str(t.isoformat()) for t in (first.at or first.not_by, second.at or second.not_by) if t is not None
    )
    return InputError(
        f"event {second.what!r}{f' of the {second.who}' if second.who else ''} {problem} ({times})",
        where=second.where or None,
        hint=hint,
    )


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
