"""Messages of declarative checks: what stands where a value was seen, is absent, or is no plain text."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from lpo_secaudit.check.run import run_checks
from tests.worlds import NOW, MemoryEvidence, box_check, record

LOCKED = {"required": ["locked"], "properties": {"locked": {"const": True}}}


def message(template: str | None, data: dict[str, Any], **parameters: Any) -> str:
    check = box_check(
        expect=LOCKED, messages={"not-satisfied": template} if template else {}, parameters=parameters
    )
    [found] = run_checks(
        [check],
        MemoryEvidence([record("box-1", data)]),
        evaluated_at=NOW,
        default_max_age=timedelta(days=9),
    )
    return found.message


@pytest.mark.parametrize(
    ("template", "data", "said"),
    [
        ("{id} is open: {locked}", {"locked": False}, "box-1 is open: no"),
        ("lock: {locked}", {"locked": None}, "lock: not set"),
        ("lock: {locked.kind.name}", {"locked": {"kind": None}}, "lock: not set"),
        ("lock: {locked.kind}", {"locked": ["kind"]}, "lock: not set"),
        ("lock: {locked|left open}", {"locked": []}, "lock: left open"),
        ("lock: {locked|left open}", {"locked": False}, "lock: no"),
        ("at least {least} locks, not {locked}", {"locked": 1}, "at least 2 locks, not 1"),
        ("locks: {locked}", {"locked": [{"name": "left", "state": "open"}]}, "locks: left (state: open)"),
        (None, {"locked": {"state": None}}, "locked: not set; expected: yes"),
    ],
)
def test_messages_show_words(template: str | None, data: dict[str, Any], said: str) -> None:
    assert message(template, data, least=2) == said
