"""Checks: their definitions, and running them over evidence. Pure: no network, clock or files."""

from lpo_secaudit.check.definitions import load_checks, parse_checks

__all__ = ["load_checks", "parse_checks"]
