"""Verification, the steps beyond the signed folder itself: later files, trust policy, whole ledger."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lpo_secaudit.verification import Case

__all__ = ["later_files", "trust_policy", "whole_ledger"]


def later_files(case: Case, trust: str | Path | None, now: datetime) -> None:
    """Step 6."""


def trust_policy(case: Case, path: Path, now: datetime) -> None:
    """Step 7."""


def whole_ledger(case: Case, place: str | Path) -> None:
    """Step 8."""
