"""The incident register: joins the ledger, which keeps records, with accountability, which reads them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

from lpo_secaudit.accountability.log import (
    FACT_KEYS,
    LoggedIncident,
    Record,
    check_addition,
    fold,
    read_record,
)
from lpo_secaudit.errors import InputError
from lpo_secaudit.ledger import Entry, Kind, Ledger

__all__ = ["IncidentRegister", "Log", "digest_files"]

KIND: Kind = "incident-event"
MAX_EVIDENCE_BYTES = 4 * 1024**3


class Log(Protocol):
    """What the register needs of a ledger: numbered entries that are only ever added."""

    def append_all(
        self, facts: Iterable[tuple[Kind, Mapping[str, Any]]], recorded_at: datetime | None = None
    ) -> range:
        """Add entries, all or none, and return their numbers."""
        ...

    def entries(self, start: int = 0, stop: int | None = None, kind: Kind | None = None) -> Iterable[Entry]:
        """Entries in order."""
        ...


class IncidentRegister:
    """Incidents in a ledger. Several people may record at one time; nothing that was recorded is lost.

    Use as a context manager when opened from a file.

        with IncidentRegister.open("ledger.sqlite") as register:
            register.open_incident("2026-03", {"title": "Account taken over"}, by="A. Partner")
            register.record("2026-03", {"what": "aware", "who": "provider", "at": "..."}, by="A. Partner")
    """

    def __init__(self, log: Log, *, owned: Ledger | None = None) -> None:
        """Work on an open ledger; `owned` is closed at the end."""
        self._log = log
        self._owned = owned

    @classmethod
    def open(cls, place: str | Path, *, create: bool = False) -> IncidentRegister:
        """Open the register in a ledger file or database URL.

        Raises:
            InputError: there is none.
            IntegrityError: the database is damaged.
        """
        ledger = Ledger.open(place, create=create)
        return cls(ledger, owned=ledger)

    def __enter__(self) -> IncidentRegister:
        return self

    def __exit__(self, *_: object) -> None:
        if self._owned is not None:
            self._owned.close()

    # --- reading

    def records(self, known_at: datetime | None = None) -> tuple[Record, ...]:
        """Every record, in order; with `known_at` only those recorded by then.

        Entries of other writers that are no record of an incident are passed over; see `unreadable`.
        """
        return tuple(record for record in self._read(known_at) if isinstance(record, Record))

    def unreadable(self) -> tuple[int, ...]:
        """Numbers of entries that call themselves incident events and are none."""
        return tuple(number for number in self._read(None) if isinstance(number, int))

    def _read(self, known_at: datetime | None) -> Iterator[Record | int]:
        for entry in self._log.entries(kind=KIND):
            if known_at is None or entry.recorded_at <= known_at:
                try:
                    yield read_record(entry.index, entry.recorded_at, entry.body)
                except InputError:
                    yield entry.index

    def load(self, incident: str, known_at: datetime | None = None) -> LoggedIncident:
        """One incident.

        Args:
            incident: id.
            known_at: as the register stood at this aware instant; default: now.

        Raises:
            InputError: not in the register.
        """
        return fold(incident, self.records(known_at))

    def incidents(self) -> tuple[LoggedIncident, ...]:
        """Every incident, in the order in which they were opened."""
        records = self.records()
        ids = dict.fromkeys(r.incident for r in records if r.action == "opened")
        return tuple(fold(incident, records) for incident in ids)

    # --- recording

    def open_incident(
        self,
        incident: str,
        value: Mapping[str, Any],
        *,
        by: str,
        recorded_at: datetime | None = None,
        note: str = "",
    ) -> range:
        """Open an incident with what is known; `value` is an incident file's content, its timeline included.

        Everything is recorded or nothing. Returns the numbers of the records.

        Raises:
            InputError: it is open already, or the value is not right.
        """
        records = self.records()
        if any(r.incident == incident and r.action == "opened" for r in records):
            raise InputError(
                f"incident {incident!r} is in the register already", hint="record events with its id"
            )
        facts = {k: v for k, v in value.items() if k in FACT_KEYS}
        made = [self._made(incident, "opened", by, facts, recorded_at, note=note)]
        made += [self._made(incident, "event", by, event, recorded_at) for event in value.get("timeline", ())]
        for record in made:
            check_addition(None, record)
        numbered = [_numbered(record, n) for n, record in enumerate(made)]
        fold(incident, numbered).incident()
        return self._append(made, recorded_at)

    def record(
        self,
        incident: str,
        event: Mapping[str, Any],
        *,
        by: str,
        corrects: int | None = None,
        evidence: Iterable[Mapping[str, Any]] = (),
        recorded_at: datetime | None = None,
        note: str = "",
    ) -> int:
        """Record one event of the timeline, in the form of the incident file; returns its number.

        Raises:
            InputError: it contradicts a record that stands, and corrects none.
        """
        return self._add(
            self._made(
                incident, "event", by, event, recorded_at, corrects=corrects, evidence=evidence, note=note
            ),
            recorded_at,
        )

    def set_facts(
        self,
        incident: str,
        facts: Mapping[str, Any],
        *,
        by: str,
        evidence: Iterable[Mapping[str, Any]] = (),
        recorded_at: datetime | None = None,
        note: str = "",
    ) -> int:
        """Record facts beside the timeline (`affected`, `risk` ...); each replaces the earlier of its key.

        Raises:
            InputError: an unknown key or an impossible value.
        """
        unknown = [k for k in facts if k not in FACT_KEYS]
        if unknown:
            raise InputError(
                f"{unknown[0]!r} is no fact of an incident", hint=f"known: {', '.join(FACT_KEYS)}"
            )
        return self._add(
            self._made(incident, "facts", by, facts, recorded_at, evidence=evidence, note=note), recorded_at
        )

    def withdraw(
        self, incident: str, number: int, *, by: str, note: str, recorded_at: datetime | None = None
    ) -> int:
        """Take an event back; it stays readable, and no longer stands.

        Raises:
            InputError: there is no such event that stands.
        """
        return self._add(
            self._made(incident, "withdrawn", by, {}, recorded_at, corrects=number, note=note), recorded_at
        )

    def close(self, incident: str, *, by: str, reason: str, recorded_at: datetime | None = None) -> int:
        """Close an incident. Later corrections are still recorded, and marked as late.

        Raises:
            InputError: it is not in the register, or closed already.
        """
        if not self.load(incident).is_open:
            raise InputError(f"incident {incident!r} is closed already")
        return self._add(
            self._made(incident, "closed", by, {"reason": reason}, recorded_at, note=reason), recorded_at
        )

    def reopen(self, incident: str, *, by: str, reason: str, recorded_at: datetime | None = None) -> int:
        """Open a closed incident again.

        Raises:
            InputError: it is not in the register, or open.
        """
        if self.load(incident).is_open:
            raise InputError(f"incident {incident!r} is open")
        return self._add(
            self._made(incident, "reopened", by, {"reason": reason}, recorded_at, note=reason), recorded_at
        )

    def _made(
        self,
        incident: str,
        action: str,
        by: str,
        value: Mapping[str, Any],
        recorded_at: datetime | None,
        *,
        corrects: int | None = None,
        evidence: Iterable[Mapping[str, Any]] = (),
        note: str = "",
    ) -> Record:
        instant = recorded_at or datetime.now(UTC).replace(microsecond=0)
        return Record(-1, instant, incident, action, by, value, corrects, tuple(evidence), note)

    def _add(self, record: Record, recorded_at: datetime | None) -> int:
        check_addition(self.load(record.incident), record)
        return self._append([record], recorded_at)[0]

    def _append(self, made: list[Record], recorded_at: datetime | None) -> range:
        return self._log.append_all([(KIND, record.body()) for record in made], recorded_at)


def _numbered(record: Record, number: int) -> Record:
    return read_record(number, record.recorded_at, record.body())


def digest_files(paths: Iterable[Path]) -> list[dict[str, Any]]:
    """Name, digest and size of evidence files; the files themselves stay where they are.

    Raises:
        InputError: a file cannot be read, or is larger than 4 GiB.
    """
    found = []
    for path in paths:
        try:
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").hexdigest()
                size = file.tell()
        except OSError as error:
            raise InputError(f"evidence cannot be read: {error.strerror}", where=str(path)) from error
        if size > MAX_EVIDENCE_BYTES:
            raise InputError("evidence is larger than 4 GiB", where=str(path))
        found.append({"name": path.name, "digest": f"sha256:{digest}", "bytes": size})
    return found
