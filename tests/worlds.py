"""Small worlds for tests: evidence built in memory, a collector that hands it over, a plugin around it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from lpo_secaudit.model.check import Check, Method, Severity
from lpo_secaudit.model.evidence import Evidence, Gap, GapReason, Listing, ListingStatus, Subject
from lpo_secaudit.plugins import CollectRequest, Plugin, Sink

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
DENIED = Gap(GapReason.DENIED, "access denied", "store:GetBox", "AccessDenied")


def record(
    id_: str, data: Mapping[str, Any], *, gaps: Mapping[str, Gap] | None = None, **more: Any
) -> Evidence:
    """A record of the type `store.box`."""
    subject = Subject(more.get("type", "store.box"), id_, more.get("source", "store"), more.get("region"))
    return Evidence(subject, data, "store", more.get("collected_at", NOW), gaps or {})


def listed(count: int, *, status: ListingStatus = ListingStatus.COMPLETE, **more: Any) -> Listing:
    """A listing of `store.box`."""
    return Listing(
        more.get("type", "store.box"),
        more.get("source", "store"),
        more.get("scope", ""),
        status,
        count,
        more.get("gap", None if status is ListingStatus.COMPLETE else DENIED),
    )


class MemoryEvidence:
    """Evidence in memory, with the face of a bundle."""

    def __init__(self, records: Iterable[Evidence], listings: Iterable[Listing] | None = None) -> None:
        self._records = tuple(records)
        if listings is None:
            counts: dict[tuple[str, str], int] = {}
            for r in self._records:
                key = (r.subject.type, r.subject.source)
                counts[key] = counts.get(key, 0) + 1
            listings = (listed(n, type=t, source=s) for (t, s), n in counts.items())
        self.listings = tuple(listings)

    def types(self) -> tuple[str, ...]:
        return tuple(sorted({r.subject.type for r in self._records}))

    def records(self, type_: str) -> Iterable[Evidence]:
        return [r for r in self._records if r.subject.type == type_]


class BoxCollector:
    """A collector whose world is handed to it."""

    name = "store"
    version = "1"
    produces: Mapping[str, str] = {"store.box": "a box"}
    options_schema: Mapping[str, Any] = {"type": "object", "additionalProperties": False}
    reads = ("boxes",)

    def __init__(self, act: Callable[[CollectRequest, Sink], None]) -> None:
        self._act = act

    def collect(self, request: CollectRequest, sink: Sink) -> None:
        self._act(request, sink)

    def permissions(self, request: CollectRequest) -> tuple[str, ...]:
        return ("store:GetBox",)


def box_check(**more: Any) -> Check:
    """The check "box is locked", declarative unless a function is given."""
    fields: dict[str, Any] = {
        "id": "box-locked",
        "title": "The box is locked",
        "rationale": "open boxes leak",
        "severity": Severity.HIGH,
        "topic": "access-control",
        "method": Method.TEST,
        "remediation": "Lock it.",
        "evidence": "store.box",
        "reads": {"store.box": ("locked",)},
    }
    if "function" not in more and "expect" not in more:
        fields["expect"] = {"required": ["locked"], "properties": {"locked": {"const": True}}}
    return Check(**(fields | more))


def box_plugin(act: Callable[[CollectRequest, Sink], None], *checks: Check) -> Plugin:
    """A plugin with the collector and the checks; one check by default."""
    return Plugin("store", "1", (BoxCollector(act),), checks or (box_check(),))
