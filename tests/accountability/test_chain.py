"""Chains of promises and the slack they leave."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_secaudit.accountability import Commitment, FoundClause, Relationship, deadline, obligations
from lpo_secaudit.accountability.chain import Verdict, chain, span
from lpo_secaudit.accountability.rules import METHODS, Counting, Period
from tests.accountability.cases import relationship


def frame(promise: str | None, **changes: Any) -> Relationship:
    clause = FoundClause("breach-notification", tuple(sorted(changes.pop("terms", {}).items())))
    commitments = (Commitment.of("Client Co", promise, "guidelines"),) if promise else ()
    return relationship("US-CA", clauses=(clause,), commitments=commitments, **changes)


def verdicts(found: Relationship) -> dict[str, tuple[str, float | None]]:
    return {p.end.id: (p.verdict, p.to_json()["slack_hours"]) for p in chain(obligations(found))}


@pytest.mark.parametrize(
    ("contract", "promise", "verdict", "slack"),
    [
        ({"deadline_hours": 72, "trigger": "aware"}, "24 h", Verdict.BROKEN, -48),
        ({"deadline_hours": 24, "trigger": "aware"}, "24 h", Verdict.HOLDS, 0),
        ({"deadline_hours": 12, "trigger": "suspected"}, "24 h", Verdict.HOLDS, 12),
        ({"deadline_hours": 12, "trigger": "confirmed"}, "24 h", Verdict.UNBOUNDED, None),
        ({"without_undue_delay": True}, "24 h", Verdict.UNBOUNDED, None),
        # two business days may wait for a long weekend: Thursday to Tuesday, and longer at a year's end
        ({"deadline_business_days": 2, "trigger": "aware"}, "48 h", Verdict.BROKEN, -96),
        # a day ends at midnight, so two days may be nearly three; the promise of three days may be three only
        ({"deadline_hours": 72, "trigger": "aware"}, "3 calendar days", Verdict.HOLDS, 0),
    ],
)
def test_the_firms_promise_against_the_contract(
    contract: dict[str, Any], promise: str, verdict: str, slack: float | None
) -> None:
    found = verdicts(frame(promise, terms=contract, subjects_in=()))
    if "deadline_business_days" in contract:
        assert found["commitment/1@firm"][0] == verdict
        assert found["commitment/1@firm"][1] is not None
        assert found["commitment/1@firm"][1] <= -48
    else:
        assert found == {"commitment/1@firm": (verdict, slack)}


def test_law_whose_clock_waits_for_the_debtor_is_no_breach_of_the_chain() -> None:
    found = chain(obligations(frame(None, terms={"deadline_hours": 720, "trigger": "aware"})))
    assert {p.verdict for p in found} == {Verdict.OWN_CLOCK}
    assert all(p.slack is None for p in found)


def test_an_agents_knowledge_makes_the_clock_a_shared_one() -> None:
    terms = {"deadline_hours": 24 * 61, "trigger": "discovery"}
    agent = verdicts(frame(None, terms=terms, data_classes=("phi",), provider_is_agent=True))
    assert agent["law/us-hipaa-individuals@firm"] == (Verdict.BROKEN, -24.0)
    contractor = verdicts(frame(None, terms=terms, data_classes=("phi",), provider_is_agent=False))
    assert contractor["law/us-hipaa-individuals@firm"][0] == Verdict.OWN_CLOCK


def test_the_way_over_the_firm_to_its_client() -> None:
    terms = {"deadline_hours": 24, "trigger": "aware"}
    found = chain(
        obligations(
            frame(
                "48 h",
                terms=terms,
                data_classes=("phi",),
                firm_role="processor",
                provider_is_agent=True,
                firm_is_agent=True,
            )
        )
    )
    [path] = [p for p in found if p.end.id == "law/us-hipaa-individuals@client"]
    assert [(x.debtor, x.creditor) for x in path.links] == [("provider", "firm"), ("firm", "client")]
    assert path.used == timedelta(hours=72)
    assert path.verdict == Verdict.HOLDS
    assert "tells client within 48 h" in path.words


@settings(max_examples=80, deadline=None)
@given(
    st.integers(1, 20),
    st.sampled_from(["hours", "calendar_days", "business_days", "months"]),
    st.datetimes(datetime(2026, 1, 1), datetime(2029, 1, 1)),  # noqa: DTZ001
)
def test_no_deadline_lasts_longer_or_shorter_than_its_span(amount: int, unit: str, start: datetime) -> None:
    """Against the clock itself, in a zone without changes of the clocks."""
    begin = start.replace(second=0, microsecond=0, tzinfo=ZoneInfo("Asia/Manila"))
    found = deadline(
        "contract",
        begin,
        zone="Asia/Manila",
        mode=f"contract {amount} {unit.replace('_', ' ')}, receipt after 23:59, calendar PH",
    )
    shortest, longest = span(Period(amount, unit), Counting(METHODS[unit], calendar="PH"), "Asia/Manila")
    late = found.late_from()
    assert late is not None
    lasted = late - begin
    assert shortest <= lasted <= longest + timedelta(seconds=1)
