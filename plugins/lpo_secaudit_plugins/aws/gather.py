"""Gathering one account: lists, details and facets become records, listings and gaps."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lpo_secaudit.model.evidence import Evidence, Gap, GapReason, Listing, ListingStatus, Subject
from lpo_secaudit.plugins import Sink
from lpo_secaudit_plugins.aws.api.client import Answer, Client
from lpo_secaudit_plugins.aws.api.failures import CallError
from lpo_secaudit_plugins.aws.conditions import CONDITIONS
from lpo_secaudit_plugins.aws.memo import Memo
from lpo_secaudit_plugins.aws.plan import Need, Plan
from lpo_secaudit_plugins.aws.redact import Redactor
from lpo_secaudit_plugins.aws.schedule import Scheduler
from lpo_secaudit_plugins.aws.table import TYPES, Call, Facet, Scope, Type
from lpo_secaudit_plugins.aws.values import (
    MissingMemberError,
    as_json,
    fill,
    fill_all,
    find,
    items_of,
    parse_document,
)

__all__ = ["Account", "Item"]


@dataclass
class Item:
    """One thing on its way to becoming a record.

    Attributes:
        values: members seen so far, with {account}, {region}, {partition}, {home}.
        region: where it is asked about.
        members: members that belong to the record.
        requests: operation to request id, for provenance.
        at: when the last answer came.
        lost: why nothing more can be asked about it.
    """

    values: dict[str, Any]
    region: str
    members: dict[str, Any]
    requests: dict[str, str] = field(default_factory=dict)
    at: datetime = field(default_factory=lambda: datetime.now(UTC))
    lost: CallError | None = None


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
        regions: to look at; a Gap says why they are not known.
    """

    def __init__(
        self,
        source: str,
        account: str,
        partition: str,
        home: str,
        regions: tuple[str, ...] | Gap,
        client: Client,
        plan: Plan,
        scheduler: Scheduler,
        sink: Sink,
        redactor: Redactor,
        collector: str,
    ) -> None:
        self.source = source
        self.account = account
        self.partition = partition
        self.home = home
        self.client = client
        self.redactor = redactor
        self._regions = regions
        self._plan = plan
        self._scheduler = scheduler
        self._sink = sink
        self._collector = collector
        self._lock = threading.Lock()
        self._scopes: dict[tuple[str, str], _Scope] = {}
        self._once: dict[str, dict[str, dict[str, Item]]] = {}
        self._lists_open: dict[str, int] = {}
        self.memo = Memo()

    # ---------------------------------------------------------------- what custom functions use

    def call(self, call: Call, item: Item, check: Callable[[dict[str, Any]], None] | None = None) -> Answer:
        """One call for an item; answered from memory where several rows ask the same."""
        params = fill_all(call.params, item.values)
        region = fill(call.region, item.values) if call.region else item.region
        resource = str(item.values.get("arn", ""))

        def ask() -> Answer:
            return self.client.call(call.service, call.operation, region, params, check, resource)

        answer: Answer
        if (call.service, call.operation) in self._plan.shared:
            answer = self.memo.get((call.name, region, json.dumps(params, sort_keys=True)), ask)
        else:
            answer = ask()
        item.requests[call.name] = answer.request_id
        item.at = answer.at
        return answer

    def all_pages(self, call: Call, item: Item) -> list[Any]:
        """Everything at the call's path, through all pages."""
        params = fill_all(call.params, item.values)
        region = fill(call.region, item.values) if call.region else item.region

        pages = self._shared_pages(call, region, params)
        found: list[Any] = []
        for page in pages:
            found.extend(items_of(page.data, call.path))
            item.requests.setdefault(call.name, page.request_id)
            item.at = page.at
        return found

    def _shared_pages(self, call: Call, region: str, params: dict[str, Any]) -> Iterable[Answer]:
        """The pages of a listing; from memory where several rows ask for the same."""

        def ask() -> Iterator[Answer]:
            return self.client.pages(call.service, call.operation, region, params)

        if (call.service, call.operation) not in self._plan.shared:
            return ask()
        key = ("pages", call.name, region, json.dumps(params, sort_keys=True))
        kept: list[Answer] = self.memo.get(key, lambda: list(ask()))
        return kept

    def blank(self, region: str) -> Item:
        """An item with nothing but where it is."""
        values = {"account": self.account, "region": region, "partition": self.partition, "home": self.home}
        return Item(values, region, {})

    # ---------------------------------------------------------------------------- the procedure

    def start(self) -> None:
        """Queue a job for every listing that the plan needs."""
        from lpo_secaudit_plugins.aws.custom import LISTERS

        for need in self._plan.needs.values():
            row = need.row
            if row.scope is Scope.ACCOUNT:
                self._open(need, ("",))
                lister = LISTERS.get(row.custom)
                self._queue(need, "", self.home, lister)
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
        self.item(need, scope, self.blank(region))

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
            params = fill_all(row.list.params, self.blank(region).values | parent)
            for page in self._shared_pages(row.list, region, params):
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
        item = self.blank(region)
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
            answer = self.call(asked, items[0])
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
        detail = self._detail(need, item)
        for name in sorted(need.members):
            self._member(need, item, name, detail, data, gaps)
        for name, facet in need.facets.items():
            try:
                data[name] = self._facet(facet, item, data, gaps)
            except CallError as error:
                gaps[name] = error.gap
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                message = f"the answer could not be read ({type(error).__name__})"
                gaps[name] = Gap(GapReason.FAILED, message, facet.call.name, "UnreadableAnswer")
        kept = {k: v for k, v in data.items() if k in need.kept}
        missed = {k: v for k, v in gaps.items() if k in need.kept}
        provenance = {
            "account": self.account,
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

            place = bucket_region(self, item)
            if place is not None:
                item.region = item.values["region"] = place
                item.members["BucketRegion"] = place
            return place
        if row.region:
            return fill(row.region, item.values)
        return None if row.scope is Scope.ACCOUNT else item.region

    def _detail(self, need: Need, item: Item) -> Mapping[str, Any] | CallError | None:
        if not need.detail or need.row.detail is None:
            return None
        found = item.members.pop("\0detail", None)
        if found is None:
            try:
                found = find(self.call(need.row.detail, item).data, need.row.detail.path)
            except CallError as error:
                return error
        if isinstance(found, Mapping):
            item.values.update(
                {k: v for k, v in found.items() if isinstance(v, str) and k not in item.values}
            )
            return found
        if isinstance(found, CallError):
            return found
        return CallError(need.row.detail.name, "UnreadableAnswer", "", GapReason.FAILED)

    def _member(
        self, need: Need, item: Item, name: str, detail: Any, data: dict[str, Any], gaps: dict[str, Gap]
    ) -> None:
        row = need.row
        if row.detail is None or name in row.summary or name in row.extra:
            source, call, path = item.members, row.list, row.items
        elif isinstance(detail, CallError):
            gaps[name] = detail.gap
            return
        else:
            source, call, path = detail, row.detail, row.detail.path
        if name not in source and call is not None and not (row.name_as and source is item.members):
            known = self.client.operation(call.service, call.operation).members(path)
            if known is not None and name not in known and name not in row.extra:
                gaps[name] = Gap(
                    GapReason.UNSUPPORTED, f"{row.name} has no {name}", call.name, "UnknownMember"
                )
                return
        operation = call.name if call is not None else None
        value = source.get(name)
        if name in row.json:
            try:
                value = parse_document(value)
            except ValueError:
                gaps[name] = Gap(GapReason.FAILED, "not a JSON document", operation, "NotJSON")
                return
        for path in row.redact:
            first, _, rest = path.partition(".")
            if first == name:
                value = self.redactor.at(value, rest)
        try:
            data[name] = self.redactor.scrub(as_json(value))
        except ValueError:
            gaps[name] = Gap(GapReason.FAILED, "nested too deeply", operation, "UnreadableAnswer")

    def _facet(self, facet: Facet, item: Item, data: Mapping[str, Any], gaps: Mapping[str, Gap]) -> Any:
        from lpo_secaudit_plugins.aws.custom import FACETS

        for needed in facet.needs:
            if needed in gaps:
                gap = gaps[needed]
                raise CallError(gap.operation or facet.call.name, gap.code or "", "", gap.reason)
        if facet.when and not CONDITIONS[facet.when](data):
            return facet.otherwise
        if item.lost is not None:
            raise item.lost
        try:
            if facet.custom:
                value = FACETS[facet.custom](self, facet, item, data)
            elif facet.bulk:
                value = self._joined(facet, item)
            elif facet.call.path.endswith("[]"):
                value = self.all_pages(facet.call, item)
            else:
                check = _document_check(facet) if facet.json else None
                value = find(self.call(facet.call, item, check).data, facet.call.path)
        except CallError as error:
            if is_none(facet.call, error):
                return facet.call.none_value
            raise
        if facet.json:
            value = parse_document(value)
        if facet.pairs:
            value = {str(pair["Key"]): pair.get("Value") for pair in value or ()}
        for path in facet.redact:
            value = self.redactor.at(value, path)
        return self.redactor.scrub(as_json(value))

    def _joined(self, facet: Facet, item: Item) -> Any:
        """A bulk answer's part for one item; asked once per region."""
        keys, _, member = facet.bulk.partition(":")
        theirs, _, ours = keys.partition("=")
        place = self.blank(item.region)

        def ask() -> dict[Any, Any]:
            return {row.get(theirs): row for row in self.all_pages(facet.call, place)}

        joined = self.memo.get(("bulk", facet.call.name, item.region), ask)
        found = joined.get(item.members.get(ours or theirs))
        return facet.otherwise if found is None else found.get(member) if member else found

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


def is_none(call: Call, error: CallError) -> bool:
    """Whether an error is the source's way to say that there is none."""
    for code in call.none_on:
        wanted, _, text = code.partition("/")
        if error.code == wanted and (not text or text in error.text):
            return True
    return False


def _document_check(facet: Facet) -> Callable[[dict[str, Any]], None]:
    def check(data: dict[str, Any]) -> None:
        parse_document(find(data, facet.call.path))

    return check
