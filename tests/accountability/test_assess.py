"""Statuses, clock starts, imputation, holds, and what a missing fact does."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_secaudit.accountability import (
    Commitment,
    DutyState,
    Event,
    FoundClause,
    Incident,
    Obligation,
    Quote,
    Status,
    assess,
    obligations,
)
from lpo_secaudit.accountability.affected import Affected, Count
from lpo_secaudit.accountability.incident import Hold
from lpo_secaudit.errors import InputError
from tests.accountability.cases import relationship

T0 = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def clause(**parameters: Any) -> FoundClause:
    return FoundClause(
        "breach-notification",
        tuple(sorted(parameters.items())),
        (Quote("Provider shall notify within the period stated", "9.2", "dpa.pdf", 10, 56),),
        "dpa.pdf",
    )


def contract(**parameters: Any) -> tuple[Obligation, ...]:
    found = obligations(relationship("US-CA", subjects_in=(), clauses=(clause(**parameters),)))
    return tuple(o for o in found if o.source == "contract")


def case(*events: Event, **facts: Any) -> Incident:
    given_: dict[str, Any] = {
        "id": "c",
        "title": "c",
        "events": events,
        "affected": Affected(Count(10, 10), {"US-CA": Count(10, 10)}),
        "data": ("phi",),
        "encrypted": False,
        "risk": "high",
    }
    return Incident(**(given_ | facts))


AWARE = Event("aware", T0, "provider")
TOLD = Event("notified", T0 + hours(61), "provider", "firm")


def only(incident: Incident, register: tuple[Obligation, ...], now: datetime) -> DutyState:
    [state] = assess(incident, register, now).duties
    return state


def test_met_missed_running_by_the_clock() -> None:
    register = contract(deadline_hours=72, trigger="aware")
    running = only(case(AWARE), register, T0 + hours(10))
    assert (running.status, running.left) == (Status.RUNNING, hours(62))
    met = only(case(AWARE, TOLD), register, T0 + hours(100))
    assert met.status is Status.MET
    missed = only(case(AWARE), register, T0 + hours(100))
    assert (missed.status, missed.late_by) == (Status.MISSED, hours(28))
    tight = contract(deadline_hours=48, trigger="aware")
    late = only(case(AWARE, TOLD), tight, T0 + hours(1000))
    assert (late.status, late.late_by) == (Status.MISSED, hours(13))


def test_the_last_instant_is_in_time_and_the_next_is_not() -> None:
    register = contract(deadline_hours=72, trigger="aware")
    due = T0 + hours(72)
    exact = Event("notified", due, "provider", "firm")
    assert only(case(AWARE, exact), register, due + hours(1)).status is Status.MET
    after = Event("notified", due + timedelta(seconds=1), "provider", "firm")
    late = only(case(AWARE, after), register, due + hours(1))
    assert (late.status, late.late_by) == (Status.MISSED, timedelta(seconds=1))
    assert only(case(AWARE), register, due).status is Status.RUNNING


def test_a_day_ends_at_midnight_of_the_zone() -> None:
    register = contract(deadline_hours=48, trigger="aware")
    days = (
        replace(
            register[0],
            period=replace(register[0].period, amount=2, unit="calendar_days"),  # type: ignore[type-var]
            counting=replace(register[0].counting, method="calendar-days"),
            zone="America/Los_Angeles",
        ),
    )
    due = only(case(AWARE), days, T0)
    assert due.due == date(2026, 3, 5)
    midnight = datetime(2026, 3, 6, 8, 0, tzinfo=UTC)  # 00:00 in Los Angeles
    assert only(case(AWARE), days, midnight - timedelta(seconds=1)).status is Status.RUNNING
    assert only(case(AWARE), days, midnight).status is Status.MISSED


def test_what_happens_after_the_assessment_does_not_count() -> None:
    register = contract(deadline_hours=72, trigger="aware")
    found = assess(case(AWARE, TOLD), register, T0 + hours(60))
    assert found.duties[0].status is Status.RUNNING
    assert any("Not yet happened" in note for note in found.notes)


def test_each_clock_starts_with_its_own_event() -> None:
    events = tuple(
        Event(kind, T0 + hours(n), "provider")
        for n, kind in enumerate(("suspected", "aware", "discovered", "determined", "confirmed"))
    )
    for trigger, start in (("suspected", 0), ("aware", 1), ("discovery", 2), ("confirmed", 4)):
        found = only(case(*events), contract(deadline_hours=24, trigger=trigger), T0)
        later = only(case(*events), contract(deadline_hours=24, trigger=trigger), T0 + hours(5))
        assert later.due == T0 + hours(24 + start), trigger
        assert found.status in (Status.RUNNING, Status.CANNOT_TELL)


def test_a_start_that_is_not_recorded_is_asked_for() -> None:
    found = only(case(AWARE), contract(deadline_hours=24, trigger="confirmed"), T0 + hours(30))
    assert found.status is Status.CANNOT_TELL
    assert found.missing == ("When was it that the provider confirmed it?",)
    assert found.due is None


def test_a_start_known_to_be_still_ahead_has_not_started_the_clock() -> None:
    now = T0 + hours(30)
    ahead = Event("confirmed", None, "provider", not_by=now)
    found = only(case(AWARE, ahead), contract(deadline_hours=24, trigger="confirmed"), now)
    assert found.status is Status.NOT_TRIGGERED
    assert "still to come" in found.because[-1]


def test_a_clause_without_a_start_has_two_readings() -> None:
    register = contract(deadline_hours=48)
    events = (Event("occurred", T0 - hours(30)), AWARE)
    both = only(
        case(*events, Event("notified", T0 + hours(10), "provider", "firm")), register, T0 + hours(99)
    )
    assert both.status is Status.MET
    open_ = only(case(*events), register, T0 + hours(30))
    assert open_.status is Status.CANNOT_TELL
    assert open_.due == T0 + hours(18)
    assert [r.due for r in open_.second_readings] == [T0 + hours(48)]
    assert only(case(*events), register, T0 + hours(99)).status is Status.MISSED


def test_hours_from_a_bare_day_are_asked_for() -> None:
    found = only(
        case(Event("aware", date(2026, 3, 3), "provider")), contract(deadline_hours=24), T0 + hours(99)
    )
    assert found.status is Status.CANNOT_TELL
    assert "At what time of day" in found.missing[0]


def test_a_notice_on_the_day_of_the_deadline_without_its_hour_cannot_be_told() -> None:
    register = contract(deadline_hours=72, trigger="aware")
    day = Event("notified", date(2026, 3, 6), "provider", "firm")
    found = only(case(AWARE, day), register, T0 + hours(300))
    assert found.status is Status.CANNOT_TELL
    assert "At what time of day was the notice given?" in found.missing
    before = Event("notified", date(2026, 3, 4), "provider", "firm")
    assert only(case(AWARE, before), register, T0 + hours(300)).status is Status.MET


def test_a_duty_without_a_number_is_met_only_within_the_own_target() -> None:
    register = contract(without_undue_delay=True, trigger="aware")
    fast = only(case(AWARE, Event("notified", T0 + hours(5), "provider", "firm")), register, T0 + hours(99))
    assert fast.status is Status.MET
    slow = only(case(AWARE, TOLD), register, T0 + hours(99))
    assert slow.status is Status.CANNOT_TELL
    assert "without undue delay" in slow.missing[0]
    still = only(case(AWARE), register, T0 + hours(99))
    assert (still.status, still.due) == (Status.RUNNING, None)
    assert still.target == T0 + hours(24)


# --- HIPAA


def hipaa(**changes: Any) -> tuple[Obligation, ...]:
    found = obligations(relationship("US-CA", **({"subjects_in": (), "data_classes": ("phi",)} | changes)))
    return tuple(o for o in found if o.ref == "us-hipaa-individuals")


DISCOVERY = Event("discovered", datetime(2026, 1, 15, 15, tzinfo=UTC), "provider")
TELLS = Event("notified", datetime(2026, 2, 20, 15, tzinfo=UTC), "provider", "firm")
LATER = datetime(2026, 2, 21, tzinfo=UTC)


def test_an_agents_discovery_starts_the_covered_entitys_clock() -> None:
    found = only(case(DISCOVERY, TELLS), hipaa(provider_is_agent=True), LATER)
    assert found.due == date(2026, 3, 16)
    assert any("45 CFR 164.404(a)(2)" in step.citation for step in found.steps)


def test_an_independent_contractors_does_not() -> None:
    found = only(case(DISCOVERY, TELLS), hipaa(provider_is_agent=False), LATER)
    assert found.due == date(2026, 4, 21)


def test_an_open_agency_gives_the_earlier_date_and_a_question_where_it_matters() -> None:
    register = hipaa(provider_is_agent=None)
    early = only(case(DISCOVERY, TELLS), register, LATER)
    assert (early.status, early.due) == (Status.RUNNING, date(2026, 3, 16))
    assert [r.due for r in early.second_readings] == [date(2026, 4, 21)]
    between = only(case(DISCOVERY, TELLS), register, datetime(2026, 4, 1, tzinfo=UTC))
    assert between.status is Status.CANNOT_TELL
    assert "Is the provider an agent of the party above it?" in between.missing
    assert only(case(DISCOVERY, TELLS), register, datetime(2026, 5, 1, tzinfo=UTC)).status is Status.MISSED


def test_an_agent_that_has_told_nobody_starts_it_too() -> None:
    found = only(case(DISCOVERY), hipaa(provider_is_agent=True), LATER)
    assert (found.status, found.due) == (Status.RUNNING, date(2026, 3, 16))


def test_two_agents_in_a_row() -> None:
    chain = {"firm_role": "processor", "firm_is_agent": True, "provider_is_agent": True}
    assert only(case(DISCOVERY), hipaa(**chain), LATER).due == date(2026, 3, 16)
    broken = chain | {"provider_is_agent": False}
    assert only(case(DISCOVERY, TELLS), hipaa(**broken), LATER).due == date(2026, 4, 21)


def test_a_presumed_breach_runs_until_the_exception_is_shown() -> None:
    register = hipaa(provider_is_agent=True)
    assert only(case(DISCOVERY, risk=None), register, LATER).status is Status.RUNNING
    assert only(case(DISCOVERY, risk="unlikely"), register, LATER).status is Status.NOT_TRIGGERED


# --- law enforcement


def hold(**changes: Any) -> Hold:
    given_: dict[str, Any] = {
        "by": "Secret Service, Agent Doe",
        "asked_at": datetime(2026, 3, 1, 12, tzinfo=UTC),
        "until": datetime(2026, 5, 1, 12, tzinfo=UTC),
        "written": True,
    }
    return Hold(**(given_ | changes))


def test_a_written_hold_moves_the_notice_and_an_oral_one_thirty_days_at_most() -> None:
    register = hipaa(provider_is_agent=True)
    now = datetime(2026, 4, 10, tzinfo=UTC)
    written = only(case(DISCOVERY, holds=(hold(),)), register, now)
    assert (written.status, written.due) == (Status.RUNNING, datetime(2026, 5, 1, 12, tzinfo=UTC))
    oral = only(case(DISCOVERY, holds=(hold(written=False),)), register, now)
    assert oral.due == datetime(2026, 3, 31, 12, tzinfo=UTC)
    assert oral.status is Status.MISSED
    assert any("164.412" in step.citation for step in written.steps)


def test_a_hold_never_shortens_and_moves_only_what_it_may() -> None:
    register = hipaa(provider_is_agent=True)
    short = hold(until=datetime(2026, 3, 2, 12, tzinfo=UTC))
    now = datetime(2026, 3, 10, tzinfo=UTC)
    assert only(case(DISCOVERY, holds=(short,)), register, now).due == date(2026, 3, 16)
    other = hold(recipients=("media",))
    assert only(case(DISCOVERY, holds=(other,)), register, now).due == date(2026, 3, 16)
    gdpr = tuple(o for o in obligations(relationship("DE")) if o.ref == "eu-gdpr-authority")
    firm = case(
        Event("aware", datetime(2026, 3, 1, 15, tzinfo=UTC), "firm"),
        holds=(hold(),),
        affected=Affected(Count(5, 5), {"DE": Count(5, 5)}),
    )
    assert only(firm, gdpr, now).status is Status.MISSED


def test_a_hold_asked_for_after_the_deadline_saves_nothing() -> None:
    late = hold(asked_at=datetime(2026, 3, 20, tzinfo=UTC))
    found = only(
        case(DISCOVERY, holds=(late,)), hipaa(provider_is_agent=True), datetime(2026, 4, 1, tzinfo=UTC)
    )
    assert (found.status, found.due) == (Status.MISSED, date(2026, 3, 16))


# --- notices


def gdpr(role: str = "controller") -> dict[str, Obligation]:
    found = obligations(relationship("DE", firm_role=role, firm_is_agent=True))
    return {o.id: o for o in found}


DE = {"affected": Affected(Count(5, 5), {"DE": Count(5, 5)}), "data": ("personal-data",)}


def test_the_controller_is_aware_when_its_processor_tells_it() -> None:
    authority = (gdpr()["law/eu-gdpr-authority@firm"],)
    found = only(case(AWARE, TOLD, **DE), authority, T0 + hours(62))
    assert found.due == T0 + hours(61 + 72)
    own = Event("aware", T0 + hours(30), "firm")
    assert only(case(AWARE, own, TOLD, **DE), authority, T0 + hours(62)).due == T0 + hours(30 + 72)


def test_a_notice_to_an_authority_serves_only_what_it_names() -> None:
    authority = (gdpr()["law/eu-gdpr-authority@firm"],)
    aware = Event("aware", T0, "firm")
    for under, status in (
        (("GDPR",), Status.MET),
        (("eu-gdpr-authority",), Status.MET),
        (("us-sec-8k",), Status.MISSED),
    ):
        told = Event("notified", T0 + hours(20), "firm", "authority", under=under)
        found = assess(case(aware, told, **DE), authority, T0 + hours(200))
        assert found.duties[0].status is status, under
        assert bool(found.notes) is (under == ("us-sec-8k",))


def test_persons_are_told_when_all_affected_places_are() -> None:
    register = tuple(
        o
        for o in obligations(relationship("US-CA", subjects_in=("US-CA", "US-NY"), data_classes=("phi",)))
        if o.ref == "us-hipaa-individuals"
    )
    hit = Affected(Count(20, 20), {"US-CA": Count(10, 10), "US-NY": Count(10, 10)})
    aware = Event("discovered", T0, "firm")
    first = Event("notified", T0 + hours(24), "firm", "individuals", places=("US-CA",))
    second = Event("notified", T0 + hours(24 * 70), "firm", "individuals", places=("US-NY",))
    half = only(case(aware, first, affected=hit), register, T0 + hours(48))
    assert half.status is Status.RUNNING
    both = only(case(aware, first, second, affected=hit), register, T0 + hours(24 * 80))
    assert both.status is Status.MISSED
    every = Event("notified", T0 + hours(24), "firm", "individuals", places=("all",))
    assert only(case(aware, every, affected=hit), register, T0 + hours(48)).status is Status.MET


def test_a_clock_that_starts_with_another_notice_waits_for_it() -> None:
    [authority] = [o for o in obligations(relationship("US-CA")) if o.ref == "us-ca-authority"]
    hit = Affected(Count(600, 600), {"US-CA": Count(600, 600)})
    discovered = Event("discovered", T0, "firm")
    waiting = only(case(discovered, affected=hit), (authority,), T0 + hours(99))
    assert waiting.status is Status.NOT_TRIGGERED
    told = Event("notified", datetime(2026, 3, 9, 18, tzinfo=UTC), "firm", "individuals", places=("US-CA",))
    running = only(case(discovered, told, affected=hit), (authority,), T0 + hours(200))
    assert running.due == date(2026, 3, 24)


def test_a_report_that_follows_another_counts_from_it() -> None:
    nis2 = obligations(relationship("AT", regimes=("nis2",)))
    final = tuple(o for o in nis2 if o.ref == "eu-nis2-final")
    facts = {"facts": {"significant-incident": True}}
    aware = Event("aware", T0, "firm")
    report = Event(
        "notified",
        datetime(2026, 1, 31, 12, tzinfo=UTC),
        "firm",
        "authority",
        under=("eu-nis2-notification",),
    )
    early = replace(aware, at=datetime(2026, 1, 30, tzinfo=UTC))
    assert only(case(early, **facts), final, T0).status is Status.NOT_TRIGGERED
    assert only(case(early, report, **facts), final, datetime(2026, 2, 2, tzinfo=UTC)).due == date(
        2026, 2, 28
    )


def test_the_firms_promise_to_its_client() -> None:
    promise = Commitment.of("Client Co", "24 h", "guidelines s. 4")
    register = tuple(
        o
        for o in obligations(relationship("US-CA", subjects_in=(), commitments=(promise,)))
        if o.source == "commitment"
    )
    told = Event("notified", T0 + hours(61 + 25), "firm", "client")
    found = only(case(AWARE, TOLD, told), register, T0 + hours(99))
    assert (found.status, found.late_by) == (Status.MISSED, hours(1))


def test_a_period_that_depends_on_an_open_fact_takes_the_shorter() -> None:
    florida = tuple(o for o in obligations(relationship("US-FL")) if o.ref == "us-fl-individuals")
    hit = {"affected": Affected(Count(5, 5), {"US-FL": Count(5, 5)})}
    known = Event("determined", T0, "firm")
    open_ = only(case(known, **hit), florida, T0 + hours(1))
    assert open_.due == date(2026, 4, 2)
    assert open_.second_readings[0].due == date(2026, 4, 17)
    shown = case(known, facts={"florida-good-cause-shown": True}, **hit)
    assert only(shown, florida, T0 + hours(1)).due == date(2026, 4, 17)


# --- whole assessments


def test_the_assessment_is_deterministic_and_its_time_an_argument() -> None:
    register = obligations(relationship("US-CA", data_classes=("phi",), clauses=(clause(deadline_hours=72),)))
    one = assess(case(AWARE, TOLD), register, T0 + hours(70)).to_json()
    two = assess(case(AWARE, TOLD), register, T0 + hours(70)).to_json()
    assert one == two
    with pytest.raises(InputError, match="no time zone"):
        assess(case(AWARE), register, datetime(2026, 3, 3))  # noqa: DTZ001


@settings(max_examples=60, deadline=None)
@given(
    st.integers(0, 2000),
    st.integers(0, 2000),
    st.sampled_from(["aware", "discovery", "confirmed", "suspected", None]),
)
def test_no_event_added_later_turns_missed_into_met_or_back(now: int, told: int, trigger: str | None) -> None:
    register = contract(deadline_hours=72, **({"trigger": trigger} if trigger else {}))
    events = (
        Event("occurred", T0 - hours(1)),
        Event("suspected", T0, "provider"),
        AWARE,
        Event("discovered", T0, "provider"),
        Event("confirmed", T0, "provider"),
    )
    at = T0 + hours(now)
    before = only(case(*events), register, at)
    after = only(case(*events, Event("notified", T0 + hours(told), "provider", "firm")), register, at)
    assert before.due == after.due
    if before.status is Status.MISSED and told > 72:
        assert after.status is Status.MISSED
    if after.status is Status.MET:
        assert told <= 72
        assert told <= now


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.sampled_from(["aware", "discovered", "determined", "confirmed"])), st.booleans(), st.booleans()
)
def test_taking_a_fact_away_never_makes_a_duty_met(kinds: set[str], encrypted: bool, risk: bool) -> None:
    register = obligations(relationship("US-TX", data_classes=("phi",), provider_is_agent=True))
    full = case(
        *(
            Event(k, T0, w)
            for w in ("provider", "firm")
            for k in ("aware", "discovered", "determined", "confirmed")
        ),
        affected=Affected(Count(5, 5), {"US-TX": Count(5, 5)}),
    )
    kept = tuple(e for e in full.events if e.what in kinds)
    less = replace(full, events=kept, encrypted=False if encrypted else None, risk="high" if risk else None)
    now = T0 + hours(5000)
    complete = {d.obligation.id: d.status for d in assess(full, register, now).duties}
    for duty in assess(less, register, now).duties:
        assert duty.status is not Status.MET
        if duty.status is Status.NOT_TRIGGERED:
            assert complete[duty.obligation.id] is Status.NOT_TRIGGERED
        if duty.status is Status.CANNOT_TELL:
            assert duty.missing


def test_a_notice_tied_to_that_to_the_persons() -> None:
    jersey = tuple(o for o in obligations(relationship("US-NJ")) if o.ref == "us-nj-authority")
    hit = {"affected": Affected(Count(5, 5), {"US-NJ": Count(5, 5)})}
    known = Event("discovered", T0, "firm")
    persons = Event("notified", T0 + hours(50), "firm", "individuals", places=("all",))
    police = Event("notified", T0 + hours(40), "firm", "authority", under=("us-nj-authority",))
    late = replace(police, at=T0 + hours(60))
    assert only(case(known, **hit), jersey, T0 + hours(99)).due is None
    missed = only(case(known, persons, **hit), jersey, T0 + hours(99))
    assert (missed.status, missed.late_by) == (Status.MISSED, hours(49))
    assert only(case(known, persons, police, **hit), jersey, T0 + hours(99)).status is Status.MET
    after = only(case(known, persons, late, **hit), jersey, T0 + hours(99))
    assert (after.status, after.late_by) == (Status.MISSED, hours(10))


def test_the_order_of_notices_shortens_a_period_with_a_number() -> None:
    maryland = tuple(o for o in obligations(relationship("US-MD")) if o.ref == "us-md-authority")
    hit = {"affected": Affected(Count(5, 5), {"US-MD": Count(5, 5)})}
    known = Event("discovered", T0, "firm")
    persons = Event("notified", T0 + hours(50), "firm", "individuals", places=("US-MD",))
    assert only(case(known, **hit), maryland, T0 + hours(1)).due == date(2026, 4, 17)
    assert only(case(known, persons, **hit), maryland, T0 + hours(51)).status is Status.MISSED


def test_a_discovery_recorded_after_awareness_does_not_move_the_date() -> None:
    register = hipaa(provider_is_agent=False)
    events = (
        Event("aware", datetime(2026, 1, 15, 15, tzinfo=UTC), "firm"),
        Event("discovered", datetime(2026, 2, 20, 15, tzinfo=UTC), "firm"),
    )
    found = only(case(*events), register, LATER)
    assert found.due == date(2026, 3, 16)
    assert [r.due for r in found.second_readings] == [date(2026, 4, 21)]
    assert only(case(*events), register, datetime(2026, 4, 1, tzinfo=UTC)).status is Status.CANNOT_TELL


def test_the_risk_of_one_place_decides_for_its_law() -> None:
    register = obligations(relationship("US-TX", subjects_in=("US-TX", "AT")))
    hit = {
        "affected": Affected(Count(6, 6), {"US-TX": Count(3, 3), "AT": Count(3, 3)}),
        "risk_in": {"EU": "unlikely"},
    }
    found = {
        d.obligation.ref: d.status
        for d in assess(case(Event("aware", T0, "firm"), **hit), register, T0).duties
    }
    assert found["eu-gdpr-authority"] is Status.NOT_TRIGGERED
    assert found["us-tx-individuals"] is not Status.NOT_TRIGGERED


def test_a_hold_that_a_law_is_not_known_to_allow_is_named() -> None:
    texas = tuple(o for o in obligations(relationship("US-TX")) if o.ref == "us-tx-individuals")
    hit = {"affected": Affected(Count(5, 5), {"US-TX": Count(5, 5)}), "holds": (hold(),)}
    found = only(case(Event("determined", T0, "firm"), **hit), texas, T0)
    assert any("law enforcement" in question for question in found.assumptions)
