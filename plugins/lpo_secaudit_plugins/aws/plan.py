"""The plan: from the facets that checks read to the operations that must be called, each once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from lpo_secaudit_plugins.aws.table import TYPES, Call, Facet, Scope, Type

__all__ = ["Need", "Plan", "plan"]

# What rows with functions of their own ask beyond the calls they show: see custom.py.
_FURTHER: Mapping[str, tuple[str, ...]] = {
    "credentials": ("iam:GenerateCredentialReport",),
    "buckets": ("s3:HeadBucket",),
    "snapshot_public": ("ec2:DescribeSnapshotAttribute",),
    "function_urls": ("lambda:GetFunctionUrlConfig",),
    "detectors": ("guardduty:GetDetector",),
}


@dataclass(frozen=True)
class Need:
    """What must be gathered of one type.

    Attributes:
        row: from the table.
        facets: facets with a call of their own, by name; those that others need included.
        members: members of the listing or the detail to keep.
        detail: whether the detail must be asked for.
        kept: the facets that end up in records.
    """

    row: Type
    facets: Mapping[str, Facet]
    members: frozenset[str]
    detail: bool
    kept: frozenset[str]


@dataclass(frozen=True)
class Plan:
    """What to gather, and by which operations.

    Attributes:
        needs: by evidence type.
        shared: operations that several rows use, whose answers are therefore kept.
        operations: every operation that may be called, as (service, name).
        regional: whether anything is asked per region.
    """

    needs: Mapping[str, Need]
    shared: frozenset[tuple[str, str]]
    operations: frozenset[tuple[str, str]]
    regional: bool


def plan(wanted: Mapping[str, frozenset[str]]) -> Plan:
    """The plan for what is wanted; types that the table does not have are left out."""
    needs = {name: _need(TYPES[name], facets) for name, facets in sorted(wanted.items()) if name in TYPES}
    uses: Counter[tuple[str, str]] = Counter()
    operations: set[tuple[str, str]] = {("sts", "GetCallerIdentity")}
    regional = False
    for need in needs.values():
        called = {(call.service, call.operation) for call in _calls(need)}
        uses.update(called)
        operations |= called
        operations |= {_split(further) for further in _further(need)}
        regional = regional or need.row.scope is Scope.REGION
        parent = TYPES.get(need.row.parent)
        if parent is not None and parent.list is not None:
            uses[parent.list.service, parent.list.operation] += 2
            operations.add((parent.list.service, parent.list.operation))
    # Calls by which a function of custom.py may repeat what another row asks.
    for need in needs.values():
        uses.update(_split(further) for further in _further(need))
    shared = frozenset(op for op, count in uses.items() if count > 1)
    return Plan(needs, shared, frozenset(operations), regional)


def _need(row: Type, wanted: frozenset[str]) -> Need:
    facets: dict[str, Facet] = {}
    members: set[str] = set()
    open_ = sorted(wanted)
    while open_:
        name = open_.pop()
        facet = row.facets.get(name)
        if facet is None:
            members.add(name)
        elif name not in facets:
            facets[name] = facet
            open_.extend(facet.needs)
    # Insertion order is asking order: what others need comes first.
    ordered = {n: facets[n] for n in sorted(facets, key=lambda n: (bool(facets[n].needs), n))}
    detail = row.detail is not None and bool(members - set(row.summary) - set(row.extra))
    return Need(row, ordered, frozenset(members), detail, wanted)


def _calls(need: Need) -> Iterator[Call]:
    if need.row.list is not None:
        yield need.row.list
    if need.detail and need.row.detail is not None:
        yield need.row.detail
    for facet in need.facets.values():
        yield facet.call


def _further(need: Need) -> Iterator[str]:
    for custom in (need.row.custom, *(facet.custom for facet in need.facets.values())):
        yield from _FURTHER.get(custom, ())


def _split(name: str) -> tuple[str, str]:
    service, _, operation = name.partition(":")
    return service, operation
