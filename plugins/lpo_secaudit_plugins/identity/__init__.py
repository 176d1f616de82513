"""Collector `identity`: exports of Entra, Okta, Google Workspace, AWS and Duo."""

from __future__ import annotations

from lpo_secaudit.plugins import Plugin
from lpo_secaudit_plugins._files.collector import FileCollector, day_option, file_plugin

__all__ = ["COLLECTOR", "plugin"]

COLLECTOR = FileCollector(
    "identity",
    {
        "identity.account": "one account: enabled, administrator, second factor, last use",
        "identity.export": "one export: how many accounts, administrators, second factors",
        "identity.policy": "one password policy",
        "identity.factor": "one second factor of one account",
    },
    ("the named export files; their raw bytes are not kept",),
    home=f"{__name__}.collector",
    order=20,
    options={
        "exported_on": day_option("for files that do not say when they were exported"),
        "names": {"enum": ["mask", "keep"], "description": "default mask"},
    },
)
"""Names are masked: evidence needs accounts, not people."""


def plugin() -> Plugin:
    """The plugin: the collector and its checks."""
    from .checks import FUNCTIONS

    return file_plugin(COLLECTOR, FUNCTIONS)
