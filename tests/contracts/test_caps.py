"""What a limit of liability says: amounts in several notations, months of fees, multiples of fees."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lpo_secaudit.contracts import analyze

CAPS = yaml.safe_load((Path(__file__).parent / "data" / "caps.yaml").read_text(encoding="utf-8"))


@pytest.mark.parametrize("row", CAPS, ids=lambda row: str(row["says"]))
def test_limits(row: dict[str, Any]) -> None:
    text = f"This Agreement is between Client and Vendor.\n\n10.1 {row['text']}"
    clause = analyze(text.encode(), name="a.txt")["liability-cap"]
    assert clause.present
    assert dict(clause.parameters) == row["says"]
