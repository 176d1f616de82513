"""Periods and sums that a contract names in one place and fixes in another."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_secaudit.contracts.analysis import analyze_document
from lpo_secaudit.contracts.defined import defined_values, with_values
from lpo_secaudit.contracts.document import Document

NOTICE = (
    "Provider will notify Customer of a Security Incident within the Notification Period after discovery.\n"
)
DELETION = "Provider will delete all Customer Data within the Deletion Period after termination.\n"


def parameters(text: str, clause: str) -> dict[str, Any]:
    document = Document(name="x.md", format="text", sha256="", text=text)
    return dict(analyze_document(document)[clause].parameters)


@pytest.mark.parametrize(
    "where",
    [
        '"Notification Period" means seventy-two (72) hours.\n\n{}',
        "“**Notification Period**” is 72 hours.\n\n{}",
        "Cover Page\n\nNotification Period: 72 hours\n\n{}",
        "| Variable | Value |\n|---|---|\n| **Notification Period** | 72 hours |\n\n{}",
        "{}\nSchedule 1\n\nNotification Period\t72 hours\n",
        "- [Notification Period]: 72 hours\n\n{}",
    ],
)
def test_a_breach_deadline_fixed_elsewhere(where: str) -> None:
    found = parameters(where.format(NOTICE), "breach-notification")
    assert found["deadline_hours"] == 72 and found["trigger"] == "discovery"


def test_every_reader_sees_defined_values() -> None:
    text = '"Deletion Period" means thirty (30) days.\n\n' + DELETION
    assert parameters(text, "return-or-deletion") == {"deadline_days": 30}
    brackets = "Provider will notify Customer of a data breach within [Notification Period].\n"
    assert parameters("Notification Period: 2 Business Days\n\n" + brackets, "breach-notification") == {
        "deadline_business_days": 2
    }
    inline = 'Provider will notify Customer of a data breach within 24 hours (the "Notification Period").\n'
    assert parameters(inline, "breach-notification")["deadline_hours"] == 24


def test_a_name_without_a_value_fixes_nothing() -> None:
    text = '"Notification Period" has the meaning given on the Cover Page.\n\n' + NOTICE
    assert "deadline_hours" not in parameters(text, "breach-notification")
    assert defined_values("Notification Period: [to be completed]\n") == {}


@given(st.text(alphabet='Notice Period:|"72 hours.\n[]*means', max_size=300))
def test_values_are_written_in_the_text(text: str) -> None:
    for name, value in defined_values(text).items():
        assert value in text
        assert with_values(name, {name: value}) == value or value in name
