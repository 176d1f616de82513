"""Collector `certificate`: certificates and reports from PDF, with quotes at their pages."""

from __future__ import annotations

from lpo_secaudit.plugins import Plugin
from lpo_secaudit_plugins._files.collector import FileCollector, file_plugin

__all__ = ["COLLECTOR", "plugin"]

COLLECTOR = FileCollector(
    "certificate",
    {"certificate.document": "one certificate or report: kind, issuer, days, scope, what it leaves out"},
    ("the named PDF files, and beside each its sidecar <file>.yaml",),
    home=f"{__name__}.collector",
    order=40,
    options={
        "service": {
            "type": "array",
            "items": {"type": "string", "minLength": 2},
            "description": "names of the audited service, as a scope would write them",
        },
        "ocr": {"type": "boolean", "description": "read images with tesseract where it is installed"},
    },
)
"""Reads SOC reports, ISO and other certificates, penetration tests, insurance certificates."""


def plugin() -> Plugin:
    """The plugin: the collector and its checks."""
    from .checks import FUNCTIONS

    return file_plugin(COLLECTOR, FUNCTIONS)
