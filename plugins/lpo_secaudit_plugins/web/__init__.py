"""Web endpoints: TLS, certificates, security headers and cookies of named hosts."""

from __future__ import annotations

from importlib.resources import files

from lpo_secaudit.check import load_checks
from lpo_secaudit.plugins import Plugin
from lpo_secaudit_plugins.web.checks import FUNCTIONS
from lpo_secaudit_plugins.web.collector import WebCollector

__all__ = ["plugin"]


def plugin() -> Plugin:
    """The collector `web` and its checks."""
    definitions = [files("lpo_secaudit_plugins.web") / "checks.yaml"]
    return Plugin("web", "1", (WebCollector(),), load_checks("web", definitions, FUNCTIONS))
