"""All cases: importing a module of cases puts its own into CASES."""

from __future__ import annotations

from . import cases_identity, cases_network, cases_storage, cases_watch
from .case import CASES, Case

__all__ = ["CASES", "Case", "cases_identity", "cases_network", "cases_storage", "cases_watch"]
