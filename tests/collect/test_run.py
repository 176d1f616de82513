"""Collection: each source's failure stays its own and is said."""

from __future__ import annotations

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lpo_secaudit.catalog import parse_engagement
from lpo_secaudit.collect import Bundle, collect, plan_collection
from lpo_secaudit.errors import InputError
from lpo_secaudit.model.evidence import GapReason, Listing, ListingStatus
from lpo_secaudit.plugins import CollectRequest, Plugin, PluginProblem, PluginSet, Sink
from tests.worlds import NOW, box_check, box_plugin, listed, record

ENGAGEMENT = """
engagement: acme
client: {name: Example Law LLP}
provider: {name: Acme}
data: {classes: [privileged]}
catalogs: [own.yaml]
sources: [{id: store, collector: store}]
"""


def plugin_set(plugin: Plugin, problems: tuple[PluginProblem, ...] = ()) -> PluginSet:
    return PluginSet(
        {plugin.name: plugin},
        {c.name: c for c in plugin.collectors},
        {c.id: c for c in plugin.checks},
        problems,
    )


def collected(tmp_path: Path, act: Callable[[CollectRequest, Sink], None], **more: Any) -> Bundle:
    engagement = parse_engagement(ENGAGEMENT.encode(), "engagement.yaml", tmp_path)
    plan = plan_collection(engagement, [box_check()], plugin_set(box_plugin(act)))
    collect(plan, tmp_path / "bundle", base=tmp_path, clock=lambda: NOW, **more)
    return Bundle(tmp_path / "bundle")


def listing_of(bundle: Bundle, type_: str) -> Listing:
    return next(x for x in bundle.listings if x.type == type_)


def test_a_collector_is_asked_for_what_the_checks_read(tmp_path: Path) -> None:
    asked = []

    def act(request: CollectRequest, sink: Sink) -> None:
        asked.append(request.wanted)
        sink.record(record("a", {"locked": True}))
        sink.listing(listed(1))

    bundle = collected(tmp_path, act)
    assert asked == [{"store.box": frozenset({"locked"})}]
    assert [r.subject.id for r in bundle.records("store.box")] == ["a"]


def test_a_crash_makes_every_type_of_the_source_incomplete(tmp_path: Path) -> None:
    def act(request: CollectRequest, sink: Sink) -> None:
        sink.record(record("a", {"locked": True}))
        sink.listing(listed(1))
        raise RuntimeError("boom")

    bundle = collected(tmp_path, act)
    wildcard = listing_of(bundle, "*")
    assert wildcard.status is ListingStatus.UNAVAILABLE
    assert wildcard.gap is not None
    assert "boom" in wildcard.gap.message


def test_even_a_system_exit_is_contained(tmp_path: Path) -> None:
    def act(request: CollectRequest, sink: Sink) -> None:
        raise SystemExit(3)

    assert listing_of(collected(tmp_path, act), "store.box").status is ListingStatus.UNAVAILABLE


def test_silence_about_a_type_is_not_emptiness(tmp_path: Path) -> None:
    bundle = collected(tmp_path, lambda request, sink: None)
    gap = listing_of(bundle, "store.box").gap
    assert gap is not None
    assert gap.reason is GapReason.MISSING


def test_a_source_that_outlasts_its_time_is_left_behind(tmp_path: Path) -> None:
    release = threading.Event()
    late: list[str] = []

    def act(request: CollectRequest, sink: Sink) -> None:
        release.wait(20)
        try:
            sink.record(record("a", {"locked": True}))
        except Exception as error:
            late.append(str(error))

    engagement = parse_engagement(ENGAGEMENT.encode(), "engagement.yaml", tmp_path)
    plan = plan_collection(engagement, [box_check()], plugin_set(box_plugin(act)))
    collect(plan, tmp_path / "bundle", base=tmp_path, clock=lambda: NOW, timeout_s=0.1)
    release.set()
    bundle = Bundle(tmp_path / "bundle")
    gap = listing_of(bundle, "store.box").gap
    assert gap is not None
    assert gap.reason is GapReason.TIMEOUT
    assert list(bundle.records("store.box")) == []


def test_evidence_for_another_source_is_refused(tmp_path: Path) -> None:
    bundle = collected(tmp_path, lambda request, sink: sink.record(record("a", {}, source="other")))
    gap = listing_of(bundle, "*").gap
    assert gap is not None
    assert "'other'" in gap.message


def test_an_unknown_collector_is_an_input_error_with_a_suggestion(tmp_path: Path) -> None:
    engagement = parse_engagement(
        ENGAGEMENT.replace("collector: store", "collector: stroe").encode(), "engagement.yaml", tmp_path
    )
    plugins = plugin_set(box_plugin(lambda r, s: None))
    with pytest.raises(InputError) as caught:
        plan_collection(engagement, [box_check()], plugins)
    assert caught.value.hint == "did you mean 'store'?"
    assert caught.value.where == "engagement.yaml: sources.store.collector"


def test_with_a_broken_plugin_an_unknown_collector_is_a_lost_source(tmp_path: Path) -> None:
    engagement = parse_engagement(
        ENGAGEMENT.replace("collector: store", "collector: other").encode(), "engagement.yaml", tmp_path
    )
    plugins = plugin_set(box_plugin(lambda r, s: None), (PluginProblem("other", "cannot be loaded"),))
    plan = plan_collection(engagement, [box_check()], plugins)
    collect(plan, tmp_path / "bundle", base=tmp_path, clock=lambda: NOW)
    bundle = Bundle(tmp_path / "bundle")
    assert listing_of(bundle, "*").status is ListingStatus.UNAVAILABLE


def test_options_are_checked_before_anything_is_collected(tmp_path: Path) -> None:
    text = ENGAGEMENT.replace("collector: store}", "collector: store, with: {colour: red}}")
    engagement = parse_engagement(text.encode(), "engagement.yaml", tmp_path)
    with pytest.raises(InputError, match="colour"):
        plan_collection(engagement, [box_check()], plugin_set(box_plugin(lambda r, s: None)))
