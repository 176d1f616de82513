"""A small real audit for tests: one provider with two boxes, one of them open."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from lpo_secaudit.attest.keys import generate_key
from lpo_secaudit.attest.signers import KeySigner
from lpo_secaudit.audit import Audit, run
from lpo_secaudit.model.engagement import Engagement
from lpo_secaudit.plugins import CollectRequest, Plugin, PluginSet, Sink
from tests.worlds import NOW, box_plugin, listed, record

ENGAGEMENT = """\
engagement: boxes-2026
client: {name: Example Law LLP}
provider: {name: Acmé Legal Services, country: IN}
data: {classes: [privileged], subjects_in: [DE]}
catalogs: [./boxes.yaml]
sources: [{id: store, collector: store}]
cadence: 90 d
"""
CATALOG = """\
catalog: boxes
title: Boxes
version: "1"
source: the firm
controls:
  - id: box-1
    title: Boxes are locked
    citation: Rule 1
    requirement: Lock boxes.
    severity: high
    checks: [box-locked]
"""


def fill(request: CollectRequest, sink: Sink) -> None:
    """Two boxes and a blob."""
    sink.blob("a photograph of the boxes, naïve".encode(), "text/plain")
    sink.record(record("a", {"locked": True}))
    sink.record(record("b", {"locked": False}))
    sink.listing(listed(2))


def plugin_set(plugin: Plugin | None = None) -> PluginSet:
    """A plugin set with the box plugin alone."""
    plugin = plugin or box_plugin(fill)
    return PluginSet(
        {plugin.name: plugin},
        {c.name: c for c in plugin.collectors},
        {c.id: c for c in plugin.checks},
        file_digests={plugin.name: {"box.py": "sha256:" + "0" * 64}},
    )


def firm_key() -> KeySigner:
    """A new key of the firm."""
    return KeySigner(generate_key())


def make_audit(base: Path, name: str = "audit", **more: Any) -> Audit:
    """Audit the boxes; everything lies under `base`, the ledger in ledger.sqlite."""
    base.mkdir(parents=True, exist_ok=True)
    (base / "engagement.yaml").write_text(ENGAGEMENT, encoding="utf-8")
    (base / "boxes.yaml").write_text(CATALOG, encoding="utf-8")
    instant: datetime = more.pop("evaluated_at", NOW)
    return run(
        Engagement.load(base / "engagement.yaml"),
        output=base / name,
        evaluated_at=instant,
        plugins=more.pop("plugins", None) or plugin_set(),
        **more,
    )
