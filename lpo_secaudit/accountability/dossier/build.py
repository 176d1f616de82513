"""Everything a dossier holds, put together once; pages and files are renderings of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lpo_secaudit.accountability.assess import assess
from lpo_secaudit.accountability.chain import Path, chain
from lpo_secaudit.accountability.dossier.drafts import Draft, drafts
from lpo_secaudit.accountability.event import Event
from lpo_secaudit.accountability.incident import Incident
from lpo_secaudit.accountability.log import Record
from lpo_secaudit.accountability.obligation import Obligation
from lpo_secaudit.accountability.recovery import Certificate, Worksheet, recover
from lpo_secaudit.accountability.relationship import Relationship
from lpo_secaudit.accountability.states import Assessment
from lpo_secaudit.formats.instants import format_instant

__all__ = ["FORMAT", "Dossier", "build_dossier"]

FORMAT = "lpo-secaudit-dossier/1"


@dataclass(frozen=True)
class Dossier:
    """An incident as of an instant.

    Attributes:
        relationship: the parties.
        obligations: what they owe.
        assessment: the state of each duty.
        records: the register's records, where the incident comes from it; else empty.
        standing: numbers of the records that hold the timeline, in its order.
        paths: the chains of promises.
        worksheet: what is recoverable.
        notices: the drafts.
    """

    relationship: Relationship
    obligations: tuple[Obligation, ...]
    assessment: Assessment
    records: tuple[Record, ...]
    standing: tuple[int, ...]
    paths: tuple[Path, ...]
    worksheet: Worksheet
    notices: tuple[Draft, ...]

    def timeline(self) -> list[dict[str, Any]]:
        """The events with who recorded them when, and on which evidence."""
        by_number = {r.number: r for r in self.records}
        shown = []
        for position, event in enumerate(self.assessment.incident.events):
            record = by_number.get(self.standing[position]) if position < len(self.standing) else None
            shown.append({**event_json(event), **_recorded(record)})
        return shown

    def to_json(self) -> dict[str, Any]:
        """The dossier as JSON; equal inputs give equal bytes."""
        parties = {
            role: {"name": p.name, "place": p.country} for role, p in self.relationship.parties.items()
        }
        return {
            "format": FORMAT,
            "parties": parties,
            "assessment": self.assessment.to_json(),
            "timeline": self.timeline(),
            "records": [
                {"number": r.number, "recorded_at": format_instant(r.recorded_at), **r.body()}
                for r in self.records
            ],
            "chain": [path.to_json() for path in self.paths],
            "recovery": self.worksheet.to_json(),
            "notices": [
                {
                    "name": d.name,
                    "title": d.title,
                    "from": d.sender,
                    "to": d.recipient,
                    "basis": list(d.basis),
                    "due": d.due,
                    "obligations": list(d.obligations),
                    "sections": [{"heading": h, "text": t} for h, t in d.sections],
                }
                for d in self.notices
            ],
        }


def event_json(event: Event) -> dict[str, Any]:
    """An event as the dossier shows it."""
    return {
        "what": event.what,
        "words": event.words(),
        "at": None if event.at is None else event.at.isoformat(),
        "not_by": None if event.not_by is None else event.not_by.isoformat(),
        "who": event.who,
        "to": event.to,
        "under": list(event.under),
        "places": list(event.places),
        "note": event.note,
    }


def _recorded(record: Record | None) -> dict[str, Any]:
    if record is None:
        return {"record": None, "recorded_by": "", "recorded_at": None, "evidence": []}
    return {
        "record": record.number,
        "recorded_by": record.by,
        "recorded_at": format_instant(record.recorded_at),
        "evidence": [dict(e) for e in record.evidence],
    }


def build_dossier(
    incident: Incident,
    relationship: Relationship,
    obligations: Sequence[Obligation],
    as_of: datetime,
    *,
    records: Sequence[Record] = (),
    standing: Sequence[int] = (),
    certificates: Sequence[Certificate] = (),
) -> Dossier:
    """Put a dossier together. Pure.

    Raises:
        InputError: `as_of` has no zone.
    """
    known = tuple(obligations)
    assessment = assess(incident, known, as_of)
    worksheet = recover(incident, relationship.clauses, certificates, assessment.as_of)
    return Dossier(
        relationship,
        known,
        assessment,
        tuple(records),
        tuple(standing),
        chain(known),
        worksheet,
        drafts(assessment, relationship, worksheet),
    )
