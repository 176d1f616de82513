"""Asking about one thing: calls, shared answers, details, members and facets."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from lpo_secaudit.model.evidence import Gap, GapReason
from lpo_secaudit_plugins.aws.api.client import Answer, Client
from lpo_secaudit_plugins.aws.api.failures import CallError
from lpo_secaudit_plugins.aws.conditions import CONDITIONS
from lpo_secaudit_plugins.aws.memo import Memo
from lpo_secaudit_plugins.aws.plan import Need
from lpo_secaudit_plugins.aws.redact import Redactor
from lpo_secaudit_plugins.aws.table import Call, Facet
from lpo_secaudit_plugins.aws.values import as_json, fill, fill_all, find, items_of, parse_document

__all__ = ["Asker", "Item", "is_none"]


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


class Asker:
    """Puts one account's questions to its services; holds nothing but answers that several rows share.

    Args:
        account: id of the account.
        home: region of what belongs to no region.
        shared: operations whose answers are kept, as (service, name).
    """

    def __init__(
        self,
        account: str,
        partition: str,
        home: str,
        client: Client,
        shared: frozenset[tuple[str, str]],
        redactor: Redactor,
    ) -> None:
        self.account = account
        self.partition = partition
        self.home = home
        self.client = client
        self.redactor = redactor
        self.memo = Memo()
        self._shared = shared

    def call(self, call: Call, item: Item, check: Callable[[dict[str, Any]], None] | None = None) -> Answer:
        """One call for an item; answered from memory where several rows ask the same."""
        params = fill_all(call.params, item.values)
        region = fill(call.region, item.values) if call.region else item.region
        resource = str(item.values.get("arn", ""))

        def ask() -> Answer:
            return self.client.call(call.service, call.operation, region, params, check, resource)

        answer: Answer
        if (call.service, call.operation) in self._shared:
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

        pages = self.pages(call, region, params)
        found: list[Any] = []
        for page in pages:
            found.extend(items_of(page.data, call.path))
            item.requests.setdefault(call.name, page.request_id)
            item.at = page.at
        return found

    def pages(self, call: Call, region: str, params: dict[str, Any]) -> Iterable[Answer]:
        """The pages of a listing; from memory where several rows ask for the same."""

        def ask() -> Iterator[Answer]:
            return self.client.pages(call.service, call.operation, region, params)

        if (call.service, call.operation) not in self._shared:
            return ask()
        key = ("pages", call.name, region, json.dumps(params, sort_keys=True))
        kept: list[Answer] = self.memo.get(key, lambda: list(ask()))
        return kept

    def blank(self, region: str) -> Item:
        """An item with nothing but where it is."""
        values = {"account": self.account, "region": region, "partition": self.partition, "home": self.home}
        return Item(values, region, {})

    def detail(self, need: Need, item: Item) -> Mapping[str, Any] | CallError | None:
        """What the row's detail says of one thing; None where nothing of it is needed."""
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

    def member(
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

    def facet(self, facet: Facet, item: Item, data: Mapping[str, Any], gaps: Mapping[str, Gap]) -> Any:
        """The value of a facet with a call of its own.

        Raises:
            CallError: it could not be had.
            ValueError, KeyError, TypeError, AttributeError: the answer is not what its model says.
        """
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

        def ask() -> dict[Any, list[Any]]:
            partners: dict[Any, list[Any]] = {}
            for row in self.all_pages(facet.call, place):
                partners.setdefault(row.get(theirs), []).append(row)
            return partners

        joined = self.memo.get(("bulk", facet.call.name, item.region), ask)
        found = joined.get(item.members.get(ours or theirs))
        if found is None:
            return facet.otherwise
        if member.endswith("[]"):
            return sorted((row.get(member.removesuffix("[]")) for row in found), key=str)
        return found[-1].get(member) if member else found[-1]


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
