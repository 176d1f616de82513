"""Running the plan: every source concurrently, each failure contained in its own source."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from lpo_secaudit.collect.bundle import BundleWriter, SourceNote, now_utc
from lpo_secaudit.collect.plan import ANY_TYPE, Plan, PlannedSource
from lpo_secaudit.errors import PluginError
from lpo_secaudit.model.evidence import Evidence, Gap, GapReason, Listing, ListingStatus
from lpo_secaudit.plugins import CollectRequest, gap_of

__all__ = ["Progress", "collect"]

Progress = Callable[[str, int, "int | None", str], None]
"""Called with source id, done, total (None: unknown) and a word on what is being done."""


class _SourceSink:
    """One source's door into the bundle; it closes when the source's time is up."""

    def __init__(self, planned: PlannedSource, writer: BundleWriter, progress: Progress | None) -> None:
        self._planned = planned
        self._writer = writer
        self._progress = progress
        self.closed = threading.Event()

    def _own(self, source: str) -> None:
        if self.closed.is_set():
            raise PluginError("the source's time is up; nothing more is taken")
        own = self._planned.source.id
        # A bundle handed over holds several sources; they live on under the source that brought them.
        if source != own and not source.startswith(own + "/"):
            raise PluginError(f"evidence for source {source!r} from the collector of {own!r}")

    def record(self, evidence: Evidence) -> None:
        self._own(evidence.subject.source)
        self._writer.record(evidence)

    def blob(self, data: bytes, media_type: str) -> str:
        self._own(self._planned.source.id)
        return self._writer.blob(data, media_type)

    def listing(self, listing: Listing) -> None:
        self._own(listing.source)
        self._writer.listing(listing)

    def progress(self, done: int, total: int | None, what: str) -> None:
        if self._progress is not None and not self.closed.is_set():
            self._progress(self._planned.source.id, done, total, what)


def collect(
    plan: Plan,
    path: Path,
    *,
    base: Path,
    clock: Callable[[], datetime] = now_utc,
    timeout_s: float = 3600.0,
    progress: Progress | None = None,
) -> None:
    """Collect every planned source into a new bundle at `path`.

    A source that fails, crashes or outlasts `timeout_s` leaves its unlisted types unavailable;
    the others are not affected.

    Raises:
        InputError: the bundle cannot be written.
    """
    now = clock()
    # A little longer than the collectors are told, so that they can end by themselves.
    deadline = time.monotonic() + max(1.0, timeout_s * 1.1)
    with BundleWriter(path) as writer:
        threads = []
        for planned in plan.sources:
            sink = _SourceSink(planned, writer, progress)
            failure: list[Gap] = []
            thread = threading.Thread(
                target=_collect_one,
                args=(planned, sink, failure, base, now, timeout_s),
                name=f"collect-{planned.source.id}",
                daemon=True,  # a collector that hangs past its time must not keep the process alive
            )
            thread.start()
            threads.append((planned, sink, failure, thread))
        for planned, sink, failure, thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                failure.append(Gap(GapReason.TIMEOUT, f"collection took longer than {timeout_s:.0f} s"))
            sink.closed.set()
            _fill_listings(planned, writer, failure)
        notes = tuple(
            SourceNote(
                p.source.id,
                p.source.collector,
                p.collector.version if p.collector else "",
                {type_: tuple(sorted(facets)) for type_, facets in p.wanted.items()},
            )
            for p in plan.sources
        )
        writer.close(notes, now, clock())


def _collect_one(
    planned: PlannedSource, sink: _SourceSink, failure: list[Gap], base: Path, now: datetime, timeout_s: float
) -> None:
    if planned.collector is None:
        failure.append(Gap(GapReason.UNSUPPORTED, planned.problem))
        return
    if not planned.wanted:
        return
    request = CollectRequest(planned.source.id, planned.source.options, planned.wanted, base, now, timeout_s)
    try:
        planned.collector.collect(request, sink)
    except BaseException as error:  # a plugin's crash, of whatever kind, is a reported gap
        failure.append(gap_of(error))


def _fill_listings(planned: PlannedSource, writer: BundleWriter, failure: list[Gap]) -> None:
    """Give every wanted type that the collector said nothing of an `unavailable` listing."""
    source = planned.source.id
    if failure:
        # How far it had come is unknown, even for types it listed in some scopes: the wildcard
        # makes every type of this source incomplete.
        writer.listing(Listing(ANY_TYPE, source, "", ListingStatus.UNAVAILABLE, 0, failure[0]))
        gap = failure[0]
    elif planned.collector is None or ANY_TYPE in planned.collector.produces:
        return
    else:
        gap = Gap(GapReason.MISSING, "the collector said nothing of this evidence type")
    for type_ in sorted(set(planned.wanted) - writer.listed_types(source)):
        count = writer.emitted(source, type_)
        writer.listing(Listing(type_, source, "", ListingStatus.UNAVAILABLE, count, gap))
