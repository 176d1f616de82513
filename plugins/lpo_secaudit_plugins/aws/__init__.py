"""The AWS plugin: collects evidence from accounts and judges it.

The evidence it collects is written down in `table/`; the checks stand in `checks/`; `reasoning/`
works out what policies, networks and log filters amount to.
"""

from __future__ import annotations

from lpo_secaudit.plugins import Plugin

__all__ = ["plugin"]


def plugin() -> Plugin:
    """The plugin's one door (entry point group `lpo_secaudit.plugins`)."""
    from lpo_secaudit_plugins.aws.checks import load
    from lpo_secaudit_plugins.aws.collector import AwsCollector

    return Plugin("aws", "1", collectors=(AwsCollector(),), checks=load())
