"""engagement.yaml: parse, validate against its schema, and turn into an Engagement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lpo_secaudit.errors import InputError
from lpo_secaudit.formats.schema import validate_file
from lpo_secaudit.formats.yaml import YamlFile, load_yaml, parse_yaml
from lpo_secaudit.model.durations import parse_duration
from lpo_secaudit.model.engagement import Commitment, Engagement, Party, Source, WaiverRequest

__all__ = ["load_engagement", "parse_engagement", "parse_instant"]


def load_engagement(path: Path) -> Engagement:
    """Read an engagement file; relative paths in it start from its folder.

    Raises:
        InputError: unreadable or invalid, with file, line, path and hint.
    """
    return _engagement(load_yaml(path), path.resolve().parent)


def parse_engagement(raw: bytes, name: str, base: Path) -> Engagement:
    """Parse the bytes of an engagement file; `base` is where relative paths start.

    Raises:
        InputError: as `load_engagement`.
    """
    return _engagement(parse_yaml(raw, name), base)


def _engagement(file: YamlFile, base: Path) -> Engagement:
    validate_file(file, "engagement")
    value: dict[str, Any] = file.value
    seen: dict[str, int] = {}
    for index, source in enumerate(value["sources"]):
        if source["id"] in seen:
            raise InputError(
                f"two sources have the id {source['id']!r}",
                where=file.where(("sources", index, "id")),
                hint="give each source an id of its own; findings refer to it",
            )
        seen[source["id"]] = index
    cadence_where = file.where(("cadence",))
    return Engagement(
        id=value["engagement"],
        client=_party(value["client"]),
        provider=_party(value["provider"]),
        data_classes=tuple(value["data"]["classes"]),
        subjects_in=tuple(value["data"].get("subjects_in", ())),
        catalogs=tuple(value["catalogs"]),
        sources=tuple(Source(s["id"], s["collector"], s.get("with", {})) for s in value["sources"]),
        commitments=tuple(
            _commitment(c, file, ("commitments", i)) for i, c in enumerate(value.get("commitments", ()))
        ),
        cadence=parse_duration(value["cadence"], cadence_where) if "cadence" in value else timedelta(days=90),
        waivers=tuple(_waiver(w, file, ("waivers", i)) for i, w in enumerate(value.get("waivers", ()))),
        base=base,
        raw=file.raw,
        name=file.name,
        options={key: value.get(key, {}) for key in ("accountability", "timestamp")},
    )


def _party(value: dict[str, Any]) -> Party:
    return Party(value["name"], value.get("country", ""))


def _commitment(value: dict[str, Any], file: YamlFile, path: tuple[str | int, ...]) -> Commitment:
    within = value.get("breach_notice_within")
    where = file.where((*path, "breach_notice_within"))
    return Commitment(value["to"], parse_duration(within, where) if within else None, value["source"])


def _waiver(value: dict[str, Any], file: YamlFile, path: tuple[str | int, ...]) -> WaiverRequest:
    expires = parse_instant(value["expires"], file.where((*path, "expires")))
    return WaiverRequest(value["check"], value["subject"], value["owner"], value["reason"], expires)


def parse_instant(text: str, where: str) -> datetime:
    """An ISO 8601 date and time with its zone, as aware UTC.

    Raises:
        InputError: another form, or no zone.
    """
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{text!r} is not a date and time", where=where, hint="write for instance 2027-01-31T00:00:00Z"
        ) from None
    if instant.tzinfo is None:
        raise InputError(
            f"{text!r} has no time zone",
            where=where,
            hint=f"write {text}Z for UTC, or an offset such as +01:00",
        )
    return instant.astimezone(UTC)
