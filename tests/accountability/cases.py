"""Relationships and incidents that the tests vary, and the moments of their tables."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from lpo_secaudit.accountability import Event, Incident, Party, Relationship
from lpo_secaudit.accountability.affected import Affected, Count
from lpo_secaudit.formats.schema import load_schema

FACTS: tuple[str, ...] = tuple(load_schema("breach-rules")["$defs"]["fact"]["enum"])
AWARE = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
NOW = AWARE + timedelta(hours=1)


def moment(text: str) -> datetime | date:
    """An instant or a day, as a table of vectors writes it."""
    return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)


def relationship(place: str, **changes: Any) -> Relationship:
    """A firm that decides on the data of persons of one place, and its provider there."""
    given: dict[str, Any] = {
        "firm": Party("Example Law LLP", place, "UTC"),
        "provider": Party("Acme Legal Services", place, "UTC"),
        "firm_role": "controller",
        "data_classes": ("personal-data",),
        "subjects_in": (place,),
        "regimes": (),
        "provider_is_agent": False,
        "firm_is_agent": False,
        "clauses": (),
    }
    return Relationship(**(given | changes))


def incident(places: dict[str, int], **changes: Any) -> Incident:
    """Everything known by everybody at one instant, data in the clear, high risk, no special fact."""
    kinds = (
        "suspected",
        "believed",
        "aware",
        "discovered",
        "determined",
        "confirmed",
        "classified",
        "materiality-determined",
        "ransom-paid",
    )
    events = [Event("occurred", AWARE - timedelta(days=2))]
    events += [Event(kind, AWARE, who) for who in ("provider", "firm", "client") for kind in kinds]
    given: dict[str, Any] = {
        "id": "case",
        "title": "case",
        "events": tuple(events),
        "affected": Affected(_exact(sum(places.values())), {p: _exact(n) for p, n in places.items()}),
        "data": ("personal-data",),
        "encrypted": False,
        "key_safe": False,
        "risk": "high",
        "facts": dict.fromkeys(FACTS, False),
    }
    return Incident(**(given | changes))


def _exact(number: int) -> Count:
    return Count(number, number)
