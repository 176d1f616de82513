"""Where the real-world cases lie that are measured against but never shipped."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

SHARED = Path(os.environ.get("LPO_SHARED", Path(__file__).resolve().parents[2] / "shared"))


def need(*parts: str) -> Path:
    """The path of a shared file or folder; skips the calling test where it is absent."""
    path = SHARED.joinpath(*parts)
    if not path.exists():
        pytest.skip(f"real-world cases not beside the checkout: {'/'.join(parts)}")
    return path
