"""The incident file: parse, validate against its schema, and turn into an Incident."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from lpo_secaudit.accountability.affected import Affected
from lpo_secaudit.accountability.clock.counting import check_instant, zone_info
from lpo_secaudit.accountability.event import Event
from lpo_secaudit.accountability.incident import CostItem, Hold, Incident
from lpo_secaudit.accountability.places import check_place
from lpo_secaudit.accountability.rules import check_data_class
from lpo_secaudit.errors import InputError, close_to
from lpo_secaudit.formats.schema import load_schema, validate_file
from lpo_secaudit.formats.yaml import YamlFile, load_yaml, parse_yaml

__all__ = ["load_incident", "parse_incident", "read_event", "read_moment"]

SCHEMA = "incident"
Where = Callable[..., str]

_ZONED = re.compile(r"(?P<stamp>[^\[\]]+?)\s*\[(?P<zone>[A-Za-z0-9_+/-]+)\]\Z")
_YEARS = range(1990, 2100)


def load_incident(path: Path) -> Incident:
    """Read an incident file.

    Raises:
        InputError: unreadable or invalid, with file, line, path and hint.
    """
    return _incident(load_yaml(path))


def parse_incident(raw: bytes, name: str) -> Incident:
    """Parse the bytes of an incident file.

    Raises:
        InputError: as `load_incident`.
    """
    return _incident(parse_yaml(raw, name))


def _incident(file: YamlFile) -> Incident:
    validate_file(file, SCHEMA)
    return read_incident(file.value, lambda *path: file.where(path))


def read_incident(value: Mapping[str, Any], where: Where) -> Incident:
    """The incident of a value that fits the schema.

    Args:
        value: the file's content.
        where: gives the place of a path, for messages.

    Raises:
        InputError: a time, place or fact that cannot be, or events that contradict each other.
    """
    events = tuple(read_event(e, where("timeline", i)) for i, e in enumerate(value.get("timeline", ())))
    encryption = value.get("encryption", {})
    risk = value.get("risk")
    risks = risk if isinstance(risk, Mapping) else {"overall": risk} if risk else {}
    fees = value.get("fees")
    return Incident(
        id=value["incident"],
        title=value.get("title", value["incident"]),
        events=events,
        affected=_at(where("affected"), Affected.from_json, value.get("affected", {})),
        data=tuple(_class(name, where("data", i)) for i, name in enumerate(value["data"]))
        if "data" in value
        else None,
        encrypted=encryption.get("encrypted"),
        key_safe=encryption.get("key_safe"),
        risk=risks.get("overall"),
        risk_in={_at(where("risk"), check_place, p): r for p, r in risks.items() if p != "overall"},
        facts={
            name: _fact(name, held, where("facts", name)) for name, held in value.get("facts", {}).items()
        },
        holds=tuple(_hold(h, where("holds", i)) for i, h in enumerate(value.get("holds", ()))),
        costs=tuple(_cost(c, where("costs", i)) for i, c in enumerate(value.get("costs", ()))),
        fees=(str(fees["amount"]), fees["currency"]) if fees else None,
        description=value.get("description", ""),
        measures=value.get("measures", ""),
        contact=value.get("contact", ""),
    )


def _at(where: str, read: Callable[[Any], Any], value: Any) -> Any:
    """Call a reader and give its error the place in the file."""
    try:
        return read(value)
    except InputError as error:
        raise InputError(error.message, where=where, hint=error.hint) from error


def _class(name: str, where: str) -> str:
    _at(where, check_data_class, name)
    return name


@cache
def _known_facts() -> frozenset[str]:
    return frozenset(load_schema("breach-rules")["$defs"]["fact"]["enum"])


def _fact(name: str, held: bool, where: str) -> bool:
    if name not in _known_facts():
        known = sorted(_known_facts())
        raise InputError(
            f"no rule asks for the fact {name!r}",
            where=where,
            hint=close_to(name, known) or f"known: {', '.join(known)}",
        )
    return held


def read_event(value: Mapping[str, Any], where: str) -> Event:
    """One event of a timeline, from a value that fits the schema's `event`.

    Raises:
        InputError: a time that cannot be, or fields that do not belong to that kind of event.
    """
    return Event(
        what=value["what"],
        at=read_moment(value["at"], where) if "at" in value else None,
        who=value.get("who", ""),
        to=value.get("to", ""),
        under=tuple(value.get("under", ())),
        places=tuple(p if p == "all" else _at(where, check_place, p) for p in value.get("places", ())),
        not_by=_instant(value["not_by"], where) if "not_by" in value else None,
        note=value.get("note", ""),
        where=where,
    )


def _instant(text: str, where: str) -> datetime:
    moment = read_moment(text, where)
    if not isinstance(moment, datetime):
        raise InputError(
            f"{text!r} names no time of day", where=where, hint="write for instance 2026-03-03T10:20:00+01:00"
        )
    return moment


def read_moment(text: str, where: str) -> datetime | date:
    """An instant with its zone, or a day.

    Forms: `2026-03-03T10:20:00+01:00`, `2026-03-03T09:20:00Z`, `2026-03-03T10:20[Europe/Berlin]`
    (also with an offset before the bracket, RFC 9557), `2026-03-03`.

    Raises:
        InputError: another form, no zone, a wall time that the zone's clocks skip or pass twice, an
            offset that is not the zone's, a year that no incident of today can have.
    """
    zoned = _ZONED.match(text)
    stamp = zoned["stamp"] if zoned else text
    moment: datetime | date
    try:
        moment = date.fromisoformat(stamp) if len(stamp) == 10 else datetime.fromisoformat(stamp)
    except ValueError as error:
        raise InputError(
            f"{text!r} is not a date and time: {error}",
            where=where,
            hint="write for instance 2026-03-03T10:20:00+01:00",
        ) from None
    if moment.year not in _YEARS:
        raise InputError(f"{text!r} lies outside the years {_YEARS.start} to {_YEARS.stop - 1}", where=where)
    if not isinstance(moment, datetime):
        return moment
    if zoned is not None:
        return _in_zone(moment, _at(where, zone_info, zoned["zone"]), text, where)
    if moment.tzinfo is None:
        raise InputError(
            f"{text!r} has no time zone",
            where=where,
            hint=f"write the offset ({text}+01:00), Z for UTC, or the zone ({text}[Europe/Berlin])",
        )
    return moment


def _in_zone(moment: datetime, zone: ZoneInfo, text: str, where: str) -> datetime:
    if moment.tzinfo is not None:
        local = moment.astimezone(zone)
        if local.utcoffset() != moment.utcoffset():
            raise InputError(
                f"{text!r}: the offset is not that of {zone.key} at that time",
                where=where,
                hint="correct one of the two",
            )
        return local
    found = _at(where, lambda at: check_instant(at, "the time"), moment.replace(tzinfo=zone))
    if found.replace(fold=0).utcoffset() != found.replace(fold=1).utcoffset():
        raise InputError(
            f"{text!r} happens twice in {zone.key}: the clocks go back",
            where=where,
            hint="write the offset that was meant",
        )
    return found.replace(tzinfo=zone)  # type: ignore[no-any-return]


def _hold(value: Mapping[str, Any], where: str) -> Hold:
    until = _instant(value["until"], where) if "until" in value else None
    asked = _instant(value["asked_at"], where)
    if until is not None and until < asked:
        raise InputError("a hold cannot end before it was asked for", where=where)
    return Hold(value["by"], asked, until, value["written"], tuple(value.get("recipients", ())))


def _cost(value: Mapping[str, Any], where: str) -> CostItem:
    amount = value["amount"]
    low, high = (
        (amount, amount) if not isinstance(amount, Mapping) else (amount["at_least"], amount["at_most"])
    )
    if high < low:
        raise InputError(f"a cost cannot lie between {low} and {high}", where=where)
    return CostItem(value["item"], str(low), str(high), value["currency"], value.get("note", ""))
