"""Collector `questionnaire`: what the provider says of itself, and the checks on it."""

from __future__ import annotations

from lpo_secaudit.plugins import Plugin
from lpo_secaudit_plugins._files.collector import FileCollector, day_option, file_plugin

__all__ = ["COLLECTOR", "plugin"]

COLLECTOR = FileCollector(
    "questionnaire",
    {
        "questionnaire.answer": "one question with its answer, comment and place",
        "questionnaire.document": "one questionnaire: how much of it is answered, and how plainly",
    },
    ("the named questionnaire file, and its mapping and answer files where given",),
    home=f"{__name__}.collector",
    order=50,
    many=False,
    options={
        "mapping": {"type": "string", "description": "YAML file that says where things stand in it"},
        "answers": {"type": "string", "description": "VSAQ: the file that holds the answers"},
        "answered_on": day_option("when it was answered; default the day of the audit"),
        "name": {"type": "string", "minLength": 1},
    },
)
"""Reads an answered questionnaire: CAIQ, HECVAT, VSAQ, SIG-like, any table with a mapping."""


def plugin() -> Plugin:
    """The plugin: one collector, `claim-<topic>` for every topic, and checks on the whole."""
    from .claims import claim_checks
    from .document_checks import FUNCTIONS

    return file_plugin(COLLECTOR, FUNCTIONS, *claim_checks())
