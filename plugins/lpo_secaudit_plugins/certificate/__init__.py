"""Collector `certificate`: certificates and reports from PDF, with quotes at their pages."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from lpo_secaudit.check import load_checks
from lpo_secaudit.model.survey import FileSurvey
from lpo_secaudit.plugins import CollectRequest, Plugin, Sink
from lpo_secaudit_plugins._files.options import file_names

__all__ = ["CertificateCollector", "plugin"]


class CertificateCollector:
    """Reads SOC reports, ISO and other certificates, penetration tests, insurance certificates."""

    name = "certificate"
    version = "1"
    order = 40
    produces: Mapping[str, str] = {
        "certificate.document": "one certificate or report: kind, issuer, days, scope, what it leaves out"
    }
    options_schema: Mapping[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "anyOf": [{"required": ["file"]}, {"required": ["files"]}],
        "properties": {
            "file": {"type": "string"},
            "files": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
            "service": {
                "type": "array",
                "items": {"type": "string", "minLength": 2},
                "description": "names of the audited service, as a scope would write them",
            },
            "ocr": {"type": "boolean", "description": "read images with tesseract where it is installed"},
        },
    }
    reads: tuple[str, ...] = ("the named PDF files, and beside each its sidecar <file>.yaml",)

    def permissions(self, request: CollectRequest) -> tuple[str, ...]:
        return tuple(f"read the file {name}" for name in file_names(request.options))

    def collect(self, request: CollectRequest, sink: Sink) -> None:
        from .collector import collect

        collect(request, sink)

    def survey(self, path: Path) -> FileSurvey | None:
        from .collector import survey

        return survey(path)


def plugin() -> Plugin:
    """The plugin: the collector and its checks."""
    from .checks import FUNCTIONS

    checks = load_checks("certificate", [files(__package__ or "") / "checks.yaml"], FUNCTIONS)
    return Plugin("certificate", "1", (CertificateCollector(),), checks)
