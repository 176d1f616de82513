"""What check functions see: records that refuse to invent facts, and the world around them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Protocol

from lpo_secaudit.errors import PluginError
from lpo_secaudit.model.check import Check, UnavailableError
from lpo_secaudit.model.evidence import Evidence, Gap, GapReason, Listing, ListingStatus, Subject

__all__ = ["EvidenceSource", "RecordView", "WorldView"]


class EvidenceSource(Protocol):
    """Where the runner gets records and listings from; a bundle is one."""

    listings: tuple[Listing, ...]

    def types(self) -> tuple[str, ...]: ...
    def records(self, type_: str) -> Iterable[Evidence]: ...


class RecordView:
    """One record as one check may read it: declared facets only, gaps raise."""

    __slots__ = ("_allowed", "_check", "evidence")

    def __init__(self, evidence: Evidence, check: Check) -> None:
        self.evidence = evidence
        self._check = check.id
        self._allowed = check.reads.get(evidence.subject.type, ())

    @property
    def subject(self) -> Subject:
        return self.evidence.subject

    @property
    def collected_at(self) -> datetime:
        return self.evidence.collected_at

    @property
    def digest(self) -> str:
        return self.evidence.digest

    def __getitem__(self, facet: str) -> Any:
        if facet not in self._allowed:
            # An undeclared facet is not in the plan, so on another day it would not be collected.
            raise PluginError(
                f"check {self._check!r} reads facet {facet!r} of {self.subject.type} without declaring it",
                hint="add it to the check's `reads`",
            )
        gap = self.gap(facet)
        if gap is not None:
            raise UnavailableError(gap)
        return self.evidence.data[facet]

    def gap(self, facet: str) -> Gap | None:
        found = self.evidence.gaps.get(facet)
        if found is None and facet not in self.evidence.data:
            return Gap(GapReason.MISSING, f"{facet} was not collected")
        return found


class WorldView:
    """The records of one source for one check; notes which records were looked at."""

    def __init__(
        self,
        check: Check,
        source: str,
        records_of: Callable[[str, str], tuple[Evidence, ...]],
        incomplete: Callable[[str, str], Gap | None],
        evaluated_at: datetime,
        parameters: Mapping[str, Any],
    ) -> None:
        self._check = check
        self._source = source
        self._records_of = records_of
        self._incomplete = incomplete
        self._views: dict[str, tuple[RecordView, ...]] = {}
        self.evaluated_at = evaluated_at
        self.parameters = parameters
        self.used: dict[str, None] = {}

    def _declared(self, type_: str) -> None:
        if type_ not in self._check.reads:
            raise PluginError(
                f"check {self._check.id!r} reads {type_} without declaring it",
                hint="add it to the check's `reads`",
            )

    def _of(self, type_: str) -> tuple[RecordView, ...]:
        self._declared(type_)
        if type_ not in self._views:
            self._views[type_] = tuple(
                RecordView(e, self._check) for e in self._records_of(type_, self._source)
            )
        return self._views[type_]

    def _noted(self, views: Iterable[RecordView], region: str | None) -> tuple[RecordView, ...]:
        chosen = tuple(v for v in views if region is None or v.subject.region == region)
        for view in chosen:
            self.used[view.digest] = None
        return chosen

    def seen(self, type_: str, region: str | None = None) -> tuple[RecordView, ...]:
        return self._noted(self._of(type_), region)

    def all(self, type_: str, region: str | None = None) -> tuple[RecordView, ...]:
        self._declared(type_)
        gap = self._incomplete(type_, self._source)
        if gap is not None:
            raise UnavailableError(gap)
        return self._noted(self._of(type_), region)

    def find(self, type_: str, id_: str) -> RecordView | None:
        found = next((v for v in self._of(type_) if v.subject.id == id_), None)
        if found is None:
            gap = self._incomplete(type_, self._source)
            if gap is not None:
                raise UnavailableError(gap)
            return None
        self.used[found.digest] = None
        return found


def incompleteness(listings: Iterable[Listing], seen: int, type_: str) -> list[tuple[str, Gap]]:
    """Where the listings of one type in one source leave something unseen: (scope, gap) pairs.

    Args:
        listings: those of the type, and the source's wildcard ones.
        seen: number of records of the type that are there.
    """
    listings = list(listings)
    found = [
        (listing.scope or "*", listing.gap or Gap(GapReason.TRUNCATED, f"{type_} not fully listed"))
        for listing in listings
        if listing.status is not ListingStatus.COMPLETE
    ]
    counted = sum(listing.count for listing in listings if listing.type == type_)
    if not any(listing.type == type_ for listing in listings):
        found.append(("*", Gap(GapReason.MISSING, f"{type_} was never listed")))
    elif seen != counted:
        found.append(
            ("*", Gap(GapReason.MISSING, f"{counted} records of {type_} were listed, {seen} are there"))
        )
    return found
