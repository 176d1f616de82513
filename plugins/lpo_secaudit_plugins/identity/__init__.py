"""Collector `identity`: exports of Entra, Okta, Google Workspace, AWS and Duo."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from lpo_secaudit.check import load_checks
from lpo_secaudit.model.survey import FileSurvey
from lpo_secaudit.plugins import CollectRequest, Plugin, Sink
from lpo_secaudit_plugins._files.options import file_names

__all__ = ["IdentityCollector", "plugin"]


class IdentityCollector:
    """Reads exports of identity providers. Names are masked: evidence needs accounts, not people."""

    name = "identity"
    version = "1"
    order = 20
    produces: Mapping[str, str] = {
        "identity.account": "one account: enabled, administrator, second factor, last use",
        "identity.export": "one export: how many accounts, administrators, second factors",
        "identity.policy": "one password policy",
        "identity.factor": "one second factor of one account",
    }
    options_schema: Mapping[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "anyOf": [{"required": ["file"]}, {"required": ["files"]}],
        "properties": {
            "file": {"type": "string"},
            "files": {"type": "array", "items": {"type": "string"}, "minItems": 1, "uniqueItems": True},
            "exported_on": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
            "names": {"enum": ["mask", "keep"], "description": "default mask"},
        },
    }
    reads: tuple[str, ...] = ("the named export files; their raw bytes are not kept",)

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

    checks = load_checks("identity", [files(__package__ or "") / "checks.yaml"], FUNCTIONS)
    return Plugin("identity", "1", (IdentityCollector(),), checks)
