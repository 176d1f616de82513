"""How much a test does: little by default, everything with SECAUDIT_TEST_FULL=1."""

from __future__ import annotations

import os

FULL = os.environ.get("SECAUDIT_TEST_FULL") == "1"


def sized(default: int, full: int) -> int:
    """The number of rounds of a long test."""
    return full if FULL else default
