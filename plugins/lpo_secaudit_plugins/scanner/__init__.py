"""Collector `scanner`: what other tools found, kept with their own verdict."""

from __future__ import annotations

from lpo_secaudit.plugins import Plugin
from lpo_secaudit_plugins._files.collector import FileCollector, day_option, file_plugin

__all__ = ["COLLECTOR", "plugin"]

COLLECTOR = FileCollector(
    "scanner",
    {
        "scanner.result": "one result: rule, resource, the scanner's verdict and the outcome it stands for",
        "scanner.run": "one result file: scanner, time of the scan, counts, what it could not do",
    },
    ("the named result files",),
    home=f"{__name__}.collector",
    order=10,
    options={"scanned_on": day_option("for files that do not say when the scan ran")},
)
"""Which scanner a file is from is told by what is in it."""


def plugin() -> Plugin:
    """The plugin: the collector, `scan-<topic>` for every topic, and checks on the files as such."""
    from .checks import FUNCTIONS, scan_checks

    return file_plugin(COLLECTOR, FUNCTIONS, *scan_checks())
