"""Collector `questionnaire`: what the provider says of itself, and the checks on it."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from lpo_secaudit.check import load_checks
from lpo_secaudit.model.survey import FileSurvey
from lpo_secaudit.plugins import CollectRequest, Plugin, Sink

__all__ = ["QuestionnaireCollector", "plugin"]


class QuestionnaireCollector:
    """Reads an answered questionnaire: CAIQ, HECVAT, VSAQ, SIG-like, any table with a mapping."""

    name = "questionnaire"
    version = "1"
    order = 50
    produces: Mapping[str, str] = {
        "questionnaire.answer": "one question with its answer, comment and place",
        "questionnaire.document": "one questionnaire: how much of it is answered, and how plainly",
    }
    options_schema: Mapping[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "description": "CSV, XLSX, JSON or Markdown"},
            "mapping": {"type": "string", "description": "YAML file that says where things stand in it"},
            "answers": {"type": "string", "description": "VSAQ: the file that holds the answers"},
            "answered_on": {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$"},
            "name": {"type": "string", "minLength": 1},
        },
    }
    reads: tuple[str, ...] = ("the named questionnaire file, and its mapping and answer files where given",)

    def permissions(self, request: CollectRequest) -> tuple[str, ...]:
        return (f"read the file {request.options['file']}",)

    def collect(self, request: CollectRequest, sink: Sink) -> None:
        from .collector import collect

        collect(request, sink)

    def survey(self, path: Path) -> FileSurvey | None:
        from .collector import survey

        return survey(path)


def plugin() -> Plugin:
    """The plugin: one collector, `claim-<topic>` for every topic, and checks on the whole."""
    from .claims import claim_checks
    from .document_checks import FUNCTIONS

    definitions = [files(__package__ or "") / "checks.yaml"]
    checks = (*claim_checks(), *load_checks("questionnaire", definitions, FUNCTIONS))
    return Plugin("questionnaire", "1", (QuestionnaireCollector(),), checks)
