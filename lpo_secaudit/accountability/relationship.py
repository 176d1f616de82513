"""The relationship that duties arise from: parties, roles, data, the contract's clauses, own promises."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from lpo_secaudit.accountability.clock.calendars import calendar
from lpo_secaudit.accountability.clock.counting import zone_info
from lpo_secaudit.accountability.clock.modes import read_mode
from lpo_secaudit.accountability.conditions import Leaf, Verdict, question
from lpo_secaudit.accountability.places import check_place, lies_in
from lpo_secaudit.accountability.rules import Period
from lpo_secaudit.errors import InputError

__all__ = ["Commitment", "FoundClause", "Party", "Quote", "Relationship", "read_period"]

ROLES = ("controller", "processor")


@dataclass(frozen=True, slots=True)
class Party:
    """A party of the relationship.

    Attributes:
        name: as printed in notices.
        country: ISO code, with a state where it matters (US-NY); empty when not known.
        zone: IANA zone in which the party works; None to take the country's capital.
    """

    name: str
    country: str = ""
    zone: str | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of a contract at their place.

    Attributes:
        text: exact words.
        section: heading or number of the section; empty when not known.
        document: file or source id.
        start, end: character offsets in the document's text; None when not known.
    """

    text: str
    section: str = ""
    document: str = ""
    start: int | None = None
    end: int | None = None

    def to_json(self) -> dict[str, Any]:
        """The quote as `audit.json` carries it."""
        return {
            "text": self.text,
            "section": self.section,
            "document": self.document,
            "start": self.start,
            "end": self.end,
        }

    def shown(self) -> str:
        """The words with their place, on one line, for a reader."""
        text = " ".join(self.text.split())
        place = ", ".join(part for part in (self.document, self.section) if part)
        return f"\N{LEFT DOUBLE QUOTATION MARK}{text}\N{RIGHT DOUBLE QUOTATION MARK}" + (
            f" ({place})" if place else ""
        )


@dataclass(frozen=True, slots=True)
class FoundClause:
    """A clause found in a contract.

    Attributes:
        clause: label, such as breach-notification.
        parameters: name and value (numbers, booleans, short texts), sorted by name.
        quotes: the words that decide it.
        document: which contract.
        bound: who bears the duty: provider, client, either or none; empty where not known.
    """

    clause: str
    parameters: tuple[tuple[str, Any], ...] = ()
    quotes: tuple[Quote, ...] = ()
    document: str = ""
    bound: str = ""

    def get(self, name: str) -> Any:
        """The parameter of that name, or None where the contract does not fix it."""
        return next((value for key, value in self.parameters if key == name), None)

    @classmethod
    def from_json(cls, value: Mapping[str, Any], document: str = "") -> FoundClause:
        """Read a clause from the JSON shape of the contract analysis.

        Raises:
            InputError: not that shape.
        """
        try:
            quotes = tuple(
                Quote(
                    str(q["text"]),
                    str(q.get("section") or ""),
                    str(q.get("document") or document),
                    q.get("start"),
                    q.get("end"),
                )
                for q in value.get("quotes", ())
            )
            parameters = tuple(sorted((str(k), v) for k, v in (value.get("parameters") or {}).items()))
            return cls(str(value["clause"]), parameters, quotes, document, str(value.get("bound", "")))
        except (KeyError, TypeError, AttributeError) as error:
            raise InputError(f"not a found clause: {error}", where=document or None) from error


@dataclass(frozen=True, slots=True)
class Commitment:
    """What the firm promised its own client.

    Attributes:
        to: to whom.
        breach_notice_within: time from awareness to notice; None where none is fixed.
        source: where it is written.
    """

    to: str
    breach_notice_within: Period | None
    source: str

    @classmethod
    def of(cls, to: str, within: str | timedelta | Period | None, source: str) -> Commitment:
        """A commitment from its file form ("24 h") or from a length of time.

        Raises:
            InputError: the length of time cannot be read.
        """
        return cls(
            to, within if within is None or isinstance(within, Period) else read_period(within), source
        )


def read_period(value: str | timedelta) -> Period:
    """A period from "24 h", "3 business days", "2 d" or a length of time in full hours.

    Raises:
        InputError: anything else.
    """
    if isinstance(value, timedelta):
        hours, rest = divmod(value, timedelta(hours=1))
        if hours < 1 or rest:
            raise InputError(f"period {value} is not a number of full hours")
        return Period(hours, "hours")
    try:
        reading = read_mode(value)
    except InputError as error:
        raise InputError(
            f"period {value!r} is not understood", hint="for instance 24 h or 3 business days"
        ) from error
    if reading.amount is None or reading.unit is None or reading.amount < 1:
        raise InputError(
            f"period {value!r} names no number and unit", hint="for instance 24 h or 3 business days"
        )
    return Period(reading.amount, reading.unit)


@dataclass(frozen=True, slots=True)
class Relationship:
    """One outsourcing relationship. None always means "not known", an empty tuple means "none".

    Attributes:
        firm: the law firm or legal department that outsources.
        provider: the outsourcing provider.
        firm_role: controller (owner of the data) or processor (it holds them for its client).
        client: the firm's client, where the firm is a processor; a placeholder name by default.
        data_classes: eu-personal-data, phi, privileged ...
        subjects_in: where the persons in the data live.
        firm_is_agent: whether the firm is its client's agent under it.
        regimes: sector laws that the controller side is under (dora, nis2, nydfs, us-bank ...).
        provider_is_agent: whether the provider is the firm's agent under the federal common law.
        clauses: what the contract with the provider says; None where no contract was read.
        commitments: what the firm promised its clients.
        contract_zone: zone that the contract names.
        contract_calendar: holiday calendar of the contract's business days.
    """

    firm: Party
    provider: Party
    firm_role: str | None = None
    client: Party = Party("the client")
    data_classes: tuple[str, ...] | None = None
    subjects_in: tuple[str, ...] | None = None
    regimes: tuple[str, ...] | None = None
    provider_is_agent: bool | None = None
    firm_is_agent: bool | None = None
    clauses: tuple[FoundClause, ...] | None = None
    commitments: tuple[Commitment, ...] = ()
    contract_zone: str | None = None
    contract_calendar: str | None = None

    def __post_init__(self) -> None:
        if self.firm_role is not None and self.firm_role not in ROLES:
            raise InputError(
                f"the firm's role {self.firm_role!r} is not known", hint="controller or processor"
            )
        for place in (*(self.subjects_in or ()), *(p.country for p in self.parties.values() if p.country)):
            check_place(place)
        for zone in (self.contract_zone, *(p.zone for p in self.parties.values())):
            if zone is not None:
                zone_info(zone)
        if self.contract_calendar is not None:
            calendar(self.contract_calendar)

    @property
    def parties(self) -> dict[str, Party]:
        """The parties by role name: provider, firm, client."""
        return {"provider": self.provider, "firm": self.firm, "client": self.client}

    def controller(self) -> Party | None:
        """Who is the controller or owner; None where the firm's role is not known."""
        return {None: None, "controller": self.firm, "processor": self.client}[self.firm_role]

    def ask(self, leaf: Leaf) -> Verdict:
        """Answer what the relationship alone can answer (see `conditions.FactSource`)."""
        match leaf.kind:
            case "subjects_in":
                return self._subjects(leaf.values)
            case "established_in":
                return self._established(leaf.where, leaf.values)
            case "regime":
                return self._regime(leaf.values[0])
            case "data":
                return self._handed_over(leaf.values)
            case "contract_governs":
                if self.clauses is None:
                    return Verdict(None, ("Does the contract with the provider govern breach notices?",))
                return Verdict(any(clause.clause == "breach-notification" for clause in self.clauses))
        return Verdict(None, (question(leaf),))

    def _subjects(self, areas: tuple[str, ...]) -> Verdict:
        if self.subjects_in is None:
            return Verdict(None, (f"Do persons in {' or '.join(areas)} stand in the data?",))
        inside = [p for p in self.subjects_in if any(lies_in(check_place(p), area) for area in areas)]
        if inside:
            return Verdict(True, (), (f"persons in {', '.join(inside)}",))
        # Somebody in the US may live in California: a wider place leaves the narrower one open.
        if any(lies_in(area, check_place(p)) for area in areas for p in self.subjects_in):
            return Verdict(None, (f"Do persons in {' or '.join(areas)} stand in the data?",))
        return Verdict(False, (), (f"no persons in {' or '.join(areas)}",))

    def _established(self, who: str, areas: tuple[str, ...]) -> Verdict:
        party = self.controller() if who == "controller" else self.parties[who]
        if party is None:
            return Verdict(None, ("Is the firm controller or processor of the data?",))
        if not party.country:
            return Verdict(None, (f"In which country is {party.name} established?",))
        place = check_place(party.country)
        if any(lies_in(place, area) for area in areas):
            return Verdict(True, (), (f"{party.name} is established in {place}",))
        if any(lies_in(area, place) for area in areas):
            return Verdict(None, (f"In which part of {place} is {party.name} established?",))
        return Verdict(False, (), (f"{party.name} is established in {place}",))

    def _regime(self, regime: str) -> Verdict:
        if self.regimes is None:
            return Verdict(None, (f"Is the controller under the regime {regime}?",))
        held = regime in self.regimes
        return Verdict(held, (), (f"the controller is {'' if held else 'not '}under {regime}",))

    def _handed_over(self, classes: tuple[str, ...]) -> Verdict:
        if self.data_classes is None:
            return Verdict(None, (f"Are data of class {' or '.join(classes)} handed over?",))
        held = [c for c in classes if c in self.data_classes]
        return Verdict(
            bool(held),
            (),
            (f"data of class {' or '.join(held or classes)}{'' if held else ' are not handed over'}",),
        )


def clauses_of_records(records: Sequence[Mapping[str, Any]]) -> tuple[FoundClause, ...] | None:
    """The clauses present in the data of `contract.clause` records; None where there is no record at all.

    Raises:
        InputError: not that shape.
    """
    if not records:
        return None
    return tuple(
        FoundClause.from_json(r, str(r.get("document", ""))) for r in records if r.get("present") is True
    )


def clauses_from_json(records: Iterable[Mapping[str, Any]]) -> tuple[FoundClause, ...]:
    """The present clauses of contract analyses (records with `file` and `clauses`).

    Raises:
        InputError: not that shape.
    """
    return tuple(
        FoundClause.from_json(clause, str(record.get("file", "")))
        for record in records
        for clause in record.get("clauses", ())
        if clause.get("present", True)
    )
