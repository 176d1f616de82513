"""Checks that name who else handles data: for mail, names, hosting, cloud and identity.

They judge nothing. Each verdict is about a `party`; that the contract names it is for the
comparison of promise and practice to say.
"""

from __future__ import annotations

from importlib.resources import files

from lpo_secaudit.check import load_checks
from lpo_secaudit.plugins import Plugin
from lpo_secaudit_plugins.parties.checks import FUNCTIONS

__all__ = ["plugin"]


def plugin() -> Plugin:
    """The checks; the evidence comes from `mail-dns`, `web`, `aws`, `identity` and `bundle`."""
    definitions = [files("lpo_secaudit_plugins.parties") / "checks.yaml"]
    return Plugin("parties", "2", checks=load_checks("parties", definitions, FUNCTIONS))
