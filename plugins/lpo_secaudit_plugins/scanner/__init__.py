"""Collector `scanner`: what other tools found, kept with their own verdict."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from lpo_secaudit.check import load_checks
from lpo_secaudit.model.survey import FileSurvey
from lpo_secaudit.plugins import CollectRequest, Plugin, Sink
from lpo_secaudit_plugins._files.options import file_names

__all__ = ["ScannerCollector", "plugin"]


class ScannerCollector:
    """Reads result files of scanners; which scanner is told by what is in the file."""

    name = "scanner"
    version = "1"
    order = 10
    produces: Mapping[str, str] = {
        "scanner.result": "one result: rule, resource, the scanner's verdict and the outcome it stands for",
        "scanner.run": "one result file: scanner, time of the scan, counts, what it could not do",
    }
    options_schema: Mapping[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "anyOf": [{"required": ["file"]}, {"required": ["files"]}],
        "properties": {
            "file": {"type": "string"},
            "files": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
            "scanned_on": {
                "type": "string",
                "pattern": r"^\d{4}-\d{2}-\d{2}$",
                "description": "for files that do not say when the scan ran",
            },
        },
    }
    reads: tuple[str, ...] = ("the named result files",)

    def permissions(self, request: CollectRequest) -> tuple[str, ...]:
        return tuple(f"read the file {name}" for name in file_names(request.options))

    def collect(self, request: CollectRequest, sink: Sink) -> None:
        from .collector import collect

        collect(request, sink)

    def survey(self, path: Path) -> FileSurvey | None:
        from .collector import survey

        return survey(path)


def plugin() -> Plugin:
    """The plugin: the collector, `scan-<topic>` for every topic, and checks on the files as such."""
    from .checks import FUNCTIONS, scan_checks

    checks = load_checks("scanner", [files(__package__ or "") / "checks.yaml"], FUNCTIONS)
    return Plugin("scanner", "1", (ScannerCollector(),), (*scan_checks(), *checks))
