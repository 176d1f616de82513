"""Collect one source of a plugin for real, and run its checks over what came."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from lpo_secaudit.check.run import run_checks
from lpo_secaudit.collect import Bundle, collect
from lpo_secaudit.collect.plan import Plan, PlannedSource
from lpo_secaudit.model.check import Observation
from lpo_secaudit.model.engagement import Source
from lpo_secaudit.plugins import Plugin

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def collect_source(
    plugin: Plugin,
    base: Path,
    options: Mapping[str, Any],
    *,
    wanted: tuple[str, ...] = (),
    name: str = "bundle",
) -> Bundle:
    """The verified bundle of one source called `src`; everything the collector produces is wanted."""
    collector = plugin.collectors[0]
    types = wanted or tuple(t for t in collector.produces if t != "*")
    source = Source(id="src", collector=collector.name, options=options)
    planned = PlannedSource(source, collector, {t: frozenset({"any"}) for t in types})
    collect(Plan((planned,)), base / name, base=base, clock=lambda: NOW)
    bundle = Bundle(base / name)
    bundle.verify()
    return bundle


def observe(plugin: Plugin, bundle: Bundle, *only: str) -> tuple[Observation, ...]:
    """What the plugin's checks (of the given ids) say of a bundle."""
    checks = [c for c in plugin.checks if not only or c.id in only]
    return run_checks(
        checks, bundle, evaluated_at=bundle.ended_at, default_max_age=timedelta(days=90), parameters={}
    )
