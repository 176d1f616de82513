"""The reference page names every check, and every check it names exists."""

from __future__ import annotations

import re
from pathlib import Path

from .harness import CHECKS

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "aws-checks.md"
HEADING = "## All checks\n"


def table() -> str:
    """The second table, from the definitions."""
    rows = ["| check | satisfied means | severity | topic | evidence | alias |", "|---|---|---|---|---|---|"]
    for check in sorted(CHECKS.values(), key=lambda c: c.id):
        aliases = ", ".join(f"`{alias}`" for alias in check.aliases)
        cells = (check.id, check.title, str(check.severity), check.topic, f"`{check.evidence}`", aliases)
        rows.append("| " + " | ".join(cells) + " |")
    return "\n".join(rows) + "\n"


def differing() -> dict[str, str]:
    """Check ids of the first table, with the row."""
    text = PAGE.read_text(encoding="utf-8").partition(HEADING)[0]
    return {m[1]: m[0] for m in re.finditer(r"^\| (aws-[a-z0-9-]+) \|.*$", text, re.MULTILINE)}


def test_the_page_lists_the_definitions() -> None:
    assert PAGE.read_text(encoding="utf-8").partition(HEADING)[2].strip() == table().strip()


def test_every_difference_is_about_a_check_that_has_a_peer() -> None:
    for check, row in differing().items():
        assert any(alias.startswith("prowler:") for alias in CHECKS[check].aliases), check
        assert row.count("|") == 5, row


if __name__ == "__main__":
    head = PAGE.read_text(encoding="utf-8").partition(HEADING)[0]
    PAGE.write_text(head + HEADING + "\n" + table(), encoding="utf-8")
