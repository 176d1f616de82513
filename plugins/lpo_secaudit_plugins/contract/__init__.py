"""Collector `contract`: what the contracts promise, and the checks on it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from lpo_secaudit.check import load_checks
from lpo_secaudit.plugins import CollectRequest, Plugin, Sink

__all__ = ["ContractCollector", "plugin"]


class ContractCollector:
    """Reads contracts (PDF, DOCX, HTML, Markdown, text, mail) into clauses with quotes."""

    name = "contract"
    version = "1"
    produces: Mapping[str, str] = {
        "contract.document": "one contract: format, language, pages, what a reader must know of it",
        "contract.clause": "one clause of the library in one contract, present or not, with quotes",
    }
    options_schema: Mapping[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["files"],
        "properties": {
            "files": {
                "type": "array",
                "minItems": 1,
                "maxItems": 1000,
                "uniqueItems": True,
                "items": {"type": "string", "minLength": 1},
                "description": "paths of the contracts, relative to the engagement file",
            },
            "kind": {
                "type": "string",
                "pattern": "^[a-z0-9]+(-[a-z0-9]+)*$",
                "description": "dpa, baa, msa, sow, nda ...",
            },
            "clauses": {
                "type": "array",
                "items": {"type": "string", "minLength": 1},
                "description": "the firm's own clause files, added to the library",
            },
            "ocr": {
                "type": "boolean",
                "description": "read scanned pages where tesseract is installed; default true",
            },
        },
    }
    reads: tuple[str, ...] = ("the named contract files, and the named clause files",)

    def permissions(self, request: CollectRequest) -> tuple[str, ...]:
        named = (*request.options["files"], *request.options.get("clauses", ()))
        return tuple(f"read the file {name}" for name in named)

    def collect(self, request: CollectRequest, sink: Sink) -> None:
        from .collector import collect

        collect(request, sink)


def plugin() -> Plugin:
    """The plugin: one collector, `contract-<label>` for every clause, and checks on their numbers."""
    from .terms import FUNCTIONS

    folder = files(__package__ or "")
    checks = load_checks("contract", [folder / "clauses.yaml", folder / "terms.yaml"], FUNCTIONS)
    return Plugin("contract", "1", (ContractCollector(),), checks)
