"""The incident register's records: what was recorded, by whom, and the incident they add up to.

A record is one fact that somebody recorded; nothing is ever changed. A correction is a new record that
names the one it stands for, so the register shows both what is held true now and what was held true
before. Records come from the ledger, which gives each its number.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lpo_secaudit.accountability.event import Event, check_timeline
from lpo_secaudit.accountability.incident import Incident
from lpo_secaudit.accountability.incident_file import read_event, read_incident
from lpo_secaudit.errors import InputError
from lpo_secaudit.formats.schema import validate_value

__all__ = ["ACTIONS", "FACT_KEYS", "LoggedIncident", "Record", "fold", "read_record"]

SCHEMA = "incident-record"
ACTIONS = ("opened", "event", "facts", "withdrawn", "closed", "reopened")
FACT_KEYS = (
    "title",
    "description",
    "measures",
    "contact",
    "affected",
    "data",
    "encryption",
    "risk",
    "facts",
    "holds",
    "costs",
    "fees",
)
"""Parts of an incident beside its timeline; a later record of one replaces the earlier."""


@dataclass(frozen=True, slots=True)
class Record:
    """One record of the register.

    Attributes:
        number: the ledger's number of it.
        recorded_at: aware UTC instant by the recorder's clock.
        incident: id.
        action: one of `ACTIONS`.
        by: who recorded it.
        value: the event or the facts, in the form of the incident file; the reason for `closed`.
        corrects: number of the record that it stands for, or takes back with `withdrawn`.
        evidence: name, digest and size of the files that show it.
        note: free words.
    """

    number: int
    recorded_at: datetime
    incident: str
    action: str
    by: str
    value: Mapping[str, Any]
    corrects: int | None = None
    evidence: tuple[Mapping[str, Any], ...] = ()
    note: str = ""

    def body(self) -> dict[str, Any]:
        """The record as the ledger holds it (schema `incident-record`)."""
        return {
            "incident": self.incident,
            "action": self.action,
            "by": self.by,
            "value": dict(self.value),
            "corrects": self.corrects,
            "evidence": [dict(e) for e in self.evidence],
            "note": self.note,
        }


def read_record(number: int, recorded_at: datetime, body: Mapping[str, Any]) -> Record:
    """The record of a ledger entry.

    Raises:
        InputError: not that form.
    """
    validate_value(dict(body), SCHEMA, f"incident record {number}")
    return Record(
        number,
        recorded_at,
        body["incident"],
        body["action"],
        body["by"],
        body["value"],
        body.get("corrects"),
        tuple(body.get("evidence", ())),
        body.get("note", ""),
    )


@dataclass(frozen=True)
class LoggedIncident:
    """An incident as its records add up.

    Attributes:
        id: identifier.
        records: every record, in the ledger's order, the corrected ones among them.
        standing: numbers of the event records that hold now.
        is_open: not closed, or reopened after.
        value: the incident in the form of the incident file, without what was corrected.
        problems: corrections of one record by two, and the like; the register stays readable.
    """

    id: str
    records: tuple[Record, ...]
    standing: tuple[int, ...]
    is_open: bool
    value: Mapping[str, Any]
    problems: tuple[str, ...]

    @property
    def title(self) -> str:
        """The title, or the id."""
        return str(self.value.get("title", self.id))

    def incident(self) -> Incident:
        """The incident to assess.

        Raises:
            InputError: the records that stand contradict one another; names both.
        """
        numbers = self.standing

        def where(*path: str | int) -> str:
            if len(path) == 2 and path[0] == "timeline" and isinstance(path[1], int):
                return f"incident {self.id}, record {numbers[path[1]]}"
            return f"incident {self.id}: {'.'.join(map(str, path))}"

        validate_value(dict(self.value), "incident", f"incident {self.id}")
        try:
            return read_incident(self.value, where)
        except InputError as error:
            raise InputError(
                error.message,
                where=error.where,
                hint="record the right event with --corrects and the number of the wrong one",
            ) from error

    def events(self) -> tuple[tuple[int, Event], ...]:
        """The events that stand, each with the number of its record."""
        timeline = self.value.get("timeline", ())
        return tuple(
            (number, read_event(value, f"record {number}"))
            for number, value in zip(self.standing, timeline, strict=True)
        )


def fold(incident: str, records: Iterable[Record]) -> LoggedIncident:
    """The incident that records add up to, whatever order they were asked for in.

    Raises:
        InputError: no record opens the incident.
    """
    mine = sorted((r for r in records if r.incident == incident), key=lambda r: r.number)
    if not any(r.action == "opened" for r in mine):
        raise InputError(
            f"no incident {incident!r} in the register", hint="secaudit incident open starts one"
        )
    opened = [r.number for r in mine if r.action == "opened"]
    problems = [f"record {number} opened the incident again" for number in opened[1:]]
    replaced: dict[int, int] = {}
    events = {r.number: r for r in mine if r.action == "event"}
    for record in mine:
        if record.corrects is None:
            continue
        if record.corrects not in events or record.corrects >= record.number:
            problems.append(f"record {record.number} corrects {record.corrects}, which is no earlier event")
        elif record.corrects in replaced:
            problems.append(
                f"records {replaced[record.corrects]} and {record.number} both correct {record.corrects}; "
                "the later stands"
            )
            if (earlier := replaced[record.corrects]) in events:
                replaced[earlier] = record.number
        if record.corrects in events:
            replaced[record.corrects] = record.number
    standing = tuple(n for n in events if n not in replaced)
    value: dict[str, Any] = {"incident": incident}
    is_open = True
    for record in mine:
        match record.action:
            case "opened" | "facts":
                value.update({k: v for k, v in record.value.items() if k in FACT_KEYS})
            case "closed" | "reopened":
                is_open = record.action == "reopened"
        if not is_open and record.action in ("event", "facts", "withdrawn"):
            problems.append(f"record {record.number} came after the incident was closed")
    value["timeline"] = [dict(events[n].value) for n in standing]
    return LoggedIncident(incident, tuple(mine), standing, is_open, value, tuple(problems))


def check_addition(before: LoggedIncident | None, record: Record) -> None:
    """Refuse a record that cannot be true beside those that stand.

    Raises:
        InputError: it corrects nothing, its form is wrong, or it contradicts another record.
    """
    validate_value(record.body(), SCHEMA, "record")
    if before is None:
        return
    if record.corrects is not None and record.corrects not in before.standing:
        raise InputError(
            f"record {record.corrects} is not an event of {record.incident} that stands",
            hint=f"standing: {', '.join(map(str, before.standing)) or 'none'}",
        )
    if record.action == "event":
        kept = [e for number, e in before.events() if number != record.corrects]
        check_timeline([*kept, read_event(record.value, "the new record")])
    if record.action == "facts":
        validate_value({"incident": record.incident, "timeline": [], **record.value}, "incident", "facts")
        read_incident({**before.value, **record.value}, lambda *path: ".".join(str(part) for part in path))
