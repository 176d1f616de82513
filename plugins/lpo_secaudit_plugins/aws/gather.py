"""Gathering one account: lists, details and facets become records, listings and gaps."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lpo_secaudit.model.evidence import Evidence, Gap, GapReason, Listing, ListingStatus, Subject
from lpo_secaudit.plugins import Sink
from lpo_secaudit_plugins.aws.api.client import Answer
from lpo_secaudit_plugins.aws.api.failures import CallError
from lpo_secaudit_plugins.aws.asking import Asker, Item, is_none
from lpo_secaudit_plugins.aws.plan import Need, Plan
from lpo_secaudit_plugins.aws.schedule import Scheduler
from lpo_secaudit_plugins.aws.table import TYPES, Call, Scope, Type
from lpo_secaudit_plugins.aws.values import MissingMemberError, fill, fill_all, items_of

__all__ = ["Account"]


@dataclass
class _Scope:
    """How far one listing has come; `open` counts the list itself and its unfinished items."""

    open: int = 1
    count: int = 0
    gap: Gap | None = None
    seen: set[str] = field(default_factory=set)


class Account:
    """One account's gathering: adds its jobs to the scheduler; all is done when that has run.

    Args:
        source: id that records carry.
        asker: puts the account's questions.
        regions: to look at; a Gap says why they are not known.
    """

    def __init__(
        self,
        source: str,
        asker: Asker,
        regions: tuple[str, ...] | Gap,
        plan: Plan,
        scheduler: Scheduler,
        sink: Sink,
        collector: str,
    ) -> None:
        self.source = source
        self.asker = asker
        self._regions = regions
        self._plan = plan
        self._scheduler = scheduler
        self._sink = sink
        self._collector = collector
        self._lock = threading.Lock()
        self._scopes: dict[tuple[str, str], _Scope] = {}
        self._once: dict[str, dict[str, dict[str, Item]]] = {}
        self._lists_open: dict[str, int] = {}

    # ---------------------------------------------------------------------------- the procedure

    def start(self) -> None:
        """Queue a job for every listing that the plan needs."""
        from lpo_secaudit_plugins.aws.custom import LISTERS

        for need in self._plan.needs.values():
            row = need.row
            if row.scope is Scope.ACCOUNT:
                self._open(need, ("",))
                lister = LISTERS.get(row.custom)
                self._queue(need, "", self.asker.home, lister)
            elif isinstance(self._regions, Gap):
                self._sink.listing(
                    Listing(row.name, self.source, "", ListingStatus.UNAVAILABLE, 0, self._regions)
                )
            else:
                self._open(need, self._regions)
                for region in self._regions:
                    self._queue(need, region, region, None)

    def _open(self, need: Need, scopes: tuple[str, ...]) -> None:
        self._lists_open[need.row.name] = len(scopes)
        for scope in scopes:
            # Things that several regions list are recorded after the last one: all stay open until then.
            self._scopes[need.row.name, scope] = _Scope(open=2 if need.row.once else 1)

    def _queue(self, need: Need, scope: str, region: str, lister: Any) -> None:
        row = need.row
        first = row.list or next((f.call for f in need.facets.values()), None)
        service = first.service if first else "sts"
        if lister is not None:
            self._scheduler.add(service, lambda: self._guard(need, scope, lambda: lister(self, need, scope)))
        elif row.list is None:
            self._scheduler.add(
                service, lambda: self._guard(need, scope, lambda: self._single(need, scope, region))
            )
        else:
            self._scheduler.add(
                service, lambda: self._guard(need, scope, lambda: self._list(need, scope, region))
            )

    def _guard(self, need: Need, scope: str, work: Callable[[], None]) -> None:
        """Run a listing; whatever stops it becomes the listing's gap."""
        try:
            work()
        except CallError as error:
            if not (need.row.list is not None and is_none(need.row.list, error)):
                self._scopes[need.row.name, scope].gap = error.gap
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            operation = need.row.list.name if need.row.list else None
            message = f"the answer could not be read ({type(error).__name__})"
            self._scopes[need.row.name, scope].gap = Gap(
                GapReason.FAILED, message, operation, "UnreadableAnswer"
            )
        if need.row.once:
            self._merge(need)
        self._close(need.row, scope)

    def _single(self, need: Need, scope: str, region: str) -> None:
        self.item(need, scope, self.asker.blank(region))

    def _list(self, need: Need, scope: str, region: str) -> None:
        """1. Follow the pages. 2. Queue each item. Parents are listed first, from memory."""
        row = need.row
        assert row.list is not None  # noqa: S101  # `_queue` chose this way
        for where, page in self._pages(row, region):
            found = list(items_of(page.data, row.items))
            items = [self._item(row, raw, region, where, page) for raw in found]
            if row.once:
                self._keep(row, items, scope)
            elif need.detail and row.batch is not None:
                size = row.batch[3]
                for at in range(0, len(items), size):
                    self._spread(need, scope, items[at : at + size])
            else:
                for item in items:
                    self._spread(need, scope, [item])

    def _pages(self, row: Type, region: str) -> Iterator[tuple[dict[str, Any], Answer]]:
        assert row.list is not None  # noqa: S101
        for parent in self._parents(row, region):
            params = fill_all(row.list.params, self.asker.blank(region).values | parent)
            for page in self.asker.pages(row.list, region, params):
                yield parent, page

    def _parents(self, row: Type, region: str) -> list[dict[str, Any]]:
        if not row.parent:
            return [{}]
        parent = TYPES[row.parent]
        found = []
        for _, page in self._pages(parent, region):
            for raw in items_of(page.data, parent.items):
                found.append({k: v for k, v in raw.items() if isinstance(v, str)})
        return found

    def _item(self, row: Type, raw: Any, region: str, parent: Mapping[str, Any], page: Answer) -> Item:
        members = {row.name_as: raw} if row.name_as else dict(raw)
        for extra in row.extra:
            source = {"restApiId": "id", "restApiName": "name"}.get(extra)
            if source is not None and source in parent:
                members.setdefault(extra, parent[source])
        item = self.asker.blank(region)
        item.values.update({k: v for k, v in members.items() if isinstance(v, str)})
        item.members = members
        assert row.list is not None  # noqa: S101
        item.requests[row.list.name] = page.request_id
        item.at = page.at
        return item

    # ------------------------------------------------------------ things listed in several regions

    def _keep(self, row: Type, items: list[Item], scope: str) -> None:
        with self._lock:
            kept = self._once.setdefault(row.name, {})
            for item in items:
                kept.setdefault(fill(row.id, item.values), {})[scope] = item

    def _merge(self, need: Need) -> None:
        """After the last region: one record each, counted in its home where that was listed."""
        with self._lock:
            self._lists_open[need.row.name] -= 1
            if self._lists_open[need.row.name]:
                return
            kept = self._once.pop(need.row.name, {})
        for _, seen in sorted(kept.items()):
            first = min(seen)
            home = fill(need.row.region, seen[first].values) if need.row.region else first
            # Which region answered first must not matter.
            scope = home if home in seen else first
            item = seen[scope]
            item.region = item.values["region"] = home
            self._spread(need, scope, [item])
        for type_, scope in list(self._scopes):
            if type_ == need.row.name:
                self._close(need.row, scope)

    # ------------------------------------------------------------------------------------- items

    def _spread(self, need: Need, scope: str, items: list[Item]) -> None:
        """Queue items where something is left to ask, else record them here."""
        with self._lock:
            self._scopes[need.row.name, scope].open += 1
        facets = next(iter(need.facets.values()), None)
        asks = facets.call if facets else need.row.detail if need.detail else None
        if need.row.custom == "buckets":
            asks = need.row.list

        def work() -> None:
            try:
                if need.detail and need.row.batch is not None:
                    self._batch(need, items)
                for item in items:
                    self.item(need, scope, item)
            finally:
                self._close(need.row, scope)

        if asks is None:
            work()
        else:
            self._scheduler.add(asks.service, work)

    def _batch(self, need: Need, items: list[Item]) -> None:
        row = need.row
        assert row.batch is not None and row.detail is not None  # noqa: S101
        parameter, ours, theirs, _ = row.batch
        asked = Call(row.detail.service, row.detail.operation, {parameter: [i.members[ours] for i in items]})
        try:
            answer = self.asker.call(asked, items[0])
            described = {d[theirs]: d for d in items_of(answer.data, row.detail.path)}
        except CallError as error:
            for item in items:
                item.members["\0detail"] = error
            return
        for item in items:
            item.requests[asked.name] = answer.request_id
            found = described.get(item.members[ours])
            item.members["\0detail"] = (
                found if found is not None else CallError(asked.name, "NotInAnswer", "", GapReason.MISSING)
            )

    def item(self, need: Need, scope: str, item: Item) -> None:
        """Ask what is left to ask about one thing, and record it."""
        row = need.row
        state = self._scopes[row.name, scope]
        try:
            id_ = fill(row.id, item.values)
        except MissingMemberError as error:
            state.gap = Gap(
                GapReason.FAILED,
                f"a listed item has no {error}",
                row.list.name if row.list else None,
                "UnreadableAnswer",
            )
            return
        with self._lock:
            if id_ in state.seen:
                return  # a page that moved while it was read names a thing twice
            state.seen.add(id_)
        item.values["arn"] = id_
        data: dict[str, Any] = {}
        gaps: dict[str, Gap] = {}
        region = self._place(row, item)
        detail = self.asker.detail(need, item)
        for name in sorted(need.members):
            self.asker.member(need, item, name, detail, data, gaps)
        for name, facet in need.facets.items():
            try:
                data[name] = self.asker.facet(facet, item, data, gaps)
            except CallError as error:
                gaps[name] = error.gap
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                message = f"the answer could not be read ({type(error).__name__})"
                gaps[name] = Gap(GapReason.FAILED, message, facet.call.name, "UnreadableAnswer")
        kept = {k: v for k, v in data.items() if k in need.kept}
        missed = {k: v for k, v in gaps.items() if k in need.kept}
        provenance = {
            "account": self.asker.account,
            "region": item.region,
            "requests": dict(sorted(item.requests.items())),
        }
        subject = Subject(row.name, id_, self.source, region)
        record = Evidence(subject, kept, self._collector, item.at, missed, (), provenance)
        self._sink.record(record)
        with self._lock:
            state.count += 1

    def _place(self, row: Type, item: Item) -> str | None:
        """The record's region; for buckets also where to ask about them."""
        if row.custom == "buckets":
            from lpo_secaudit_plugins.aws.custom import bucket_region

            place = bucket_region(self.asker, item)
            if place is not None:
                item.region = item.values["region"] = place
                item.members["BucketRegion"] = place
            return place
        if row.region:
            return fill(row.region, item.values)
        return None if row.scope is Scope.ACCOUNT else item.region

    def _close(self, row: Type, scope: str) -> None:
        """One part of a listing is done; the last one says how far was looked."""
        with self._lock:
            state = self._scopes[row.name, scope]
            state.open -= 1
            if state.open:
                return
        if state.gap is None:
            status = ListingStatus.COMPLETE
        else:
            status = ListingStatus.PARTIAL if state.count else ListingStatus.UNAVAILABLE
        self._sink.listing(Listing(row.name, self.source, scope, status, state.count, state.gap))
