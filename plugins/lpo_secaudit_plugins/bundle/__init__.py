"""Collector `bundle`: evidence that was collected elsewhere, verified before it is handed on."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from lpo_secaudit.check import load_checks
from lpo_secaudit.model.survey import FileSurvey
from lpo_secaudit.plugins import CollectRequest, Plugin, Sink

__all__ = ["BundleCollector", "plugin"]


class BundleCollector:
    """Opens an evidence bundle (folder, .zip, .tar, .tar.gz), verifies it, hands its records on."""

    name = "bundle"
    version = "1"
    order = 5
    produces: Mapping[str, str] = {
        "*": "whatever the bundle holds, under the source <this source>/<the bundle's source>",
        "bundle.document": "the bundle itself: who signed it, when it was collected, how much it holds",
    }
    options_schema: Mapping[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "description": "bundle folder, or an archive of one"},
            "signed_by": {"type": "string", "minLength": 1, "description": "who must have signed it"},
            "key": {"type": "string", "description": "PEM file with that one's public key"},
            "signature": {
                "type": "string",
                "description": "DSSE envelope over the manifest's digest; left out: <file>.dsse.json",
            },
        },
        "dependentRequired": {"signature": ["key"]},
    }
    reads: tuple[str, ...] = (
        "the named bundle, its signature and key; archives are unpacked into a temporary folder",
    )

    def permissions(self, request: CollectRequest) -> tuple[str, ...]:
        return (f"read {request.options['file']}", "write a temporary folder")

    def collect(self, request: CollectRequest, sink: Sink) -> None:
        from .collector import collect

        collect(request, sink)

    def survey(self, path: Path) -> FileSurvey | None:
        from .collector import survey

        return survey(path)


def plugin() -> Plugin:
    """The plugin: the collector, and the checks on bundles as such."""
    from .checks import FUNCTIONS

    checks = load_checks("bundle", [files(__package__ or "") / "checks.yaml"], FUNCTIONS)
    return Plugin("bundle", "1", (BundleCollector(),), checks)
