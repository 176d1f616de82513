"""The plan: which evidence the selected checks need from which source, and nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import jsonschema

from lpo_secaudit.errors import InputError, close_to
from lpo_secaudit.model.check import Check
from lpo_secaudit.model.engagement import Engagement, Source
from lpo_secaudit.plugins import Collector, PluginSet

__all__ = ["ANY_TYPE", "Plan", "PlannedSource", "plan_collection"]

ANY_TYPE = "*"
"""Evidence type by which a collector says that it hands on whatever types it is given."""


@dataclass(frozen=True)
class PlannedSource:
    """A source with what it is asked for; `problem` says why it cannot be asked.

    Attributes:
        source: from the engagement.
        collector: None where no plugin brings it.
        wanted: evidence type to facets.
        problem: "" where the source can be collected.
    """

    source: Source
    collector: Collector | None
    wanted: Mapping[str, frozenset[str]]
    problem: str = ""


@dataclass(frozen=True)
class Plan:
    """All sources, in the engagement's order."""

    sources: tuple[PlannedSource, ...]


def plan_collection(
    engagement: Engagement,
    checks: Iterable[Check],
    plugins: PluginSet,
    always: Mapping[str, frozenset[str]] | None = None,
) -> Plan:
    """Derive what to collect from what will be asked.

    Args:
        checks: the checks that will run.
        always: further evidence types to collect where a source has them (contract clauses for
            the obligation register).

    Raises:
        InputError: a source's `with` does not fit its collector, or no plugin brings the
            collector although all plugins loaded.
    """
    needed: dict[str, set[str]] = {type_: set(facets) for type_, facets in (always or {}).items()}
    for check in checks:
        for type_, facets in check.reads.items():
            needed.setdefault(type_, set()).update(facets)
    planned = []
    for source in engagement.sources:
        collector = plugins.collectors.get(source.collector)
        if collector is None:
            known = sorted(plugins.collectors)
            if not plugins.problems:
                raise InputError(
                    f"no plugin brings a collector {source.collector!r}",
                    where=f"{engagement.name}: sources.{source.id}.collector",
                    hint=close_to(source.collector, known) or f"known: {', '.join(known)}",
                )
            # It may have come with a plugin that is broken: the audit goes on without it, and says so.
            problem = f"no usable plugin brings a collector {source.collector!r}"
            planned.append(PlannedSource(source, None, {}, problem))
            continue
        error = next(
            jsonschema.Draft202012Validator(dict(collector.options_schema)).iter_errors(source.options), None
        )
        if error is not None:
            raise InputError(
                f"source {source.id!r}: {error.message}",
                where=f"{engagement.name}: sources.{source.id}.with",
                hint=f"see `secaudit plugins {source.collector}` for what the collector takes",
            )
        everything = ANY_TYPE in collector.produces
        wanted = {
            type_: frozenset(facets)
            for type_, facets in sorted(needed.items())
            if everything or type_ in collector.produces
        }
        planned.append(PlannedSource(source, collector, wanted))
    return Plan(tuple(planned))
