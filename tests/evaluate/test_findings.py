"""Findings: never satisfied by absence, whatever is taken away and in whatever order it comes."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_secaudit.evaluate import apply_waivers, conclude, measure_coverage, without_absent_support
from lpo_secaudit.evaluate.coverage import source_states
from lpo_secaudit.evaluate.waivers import MAX_LIFE
from lpo_secaudit.model.catalog import Control
from lpo_secaudit.model.check import Observation, Outcome, Severity
from lpo_secaudit.model.engagement import WaiverRequest
from lpo_secaudit.model.evidence import Listing, ListingStatus
from lpo_secaudit.model.finding import Finding, FindingStatus
from tests.evaluate.legs import control, observed

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
CHECKS = ("one", "two", "three")
SATISFIED, BAD = Outcome.SATISFIED, Outcome.NOT_SATISFIED


def seen(
    check: str, outcome: Outcome, subject: str = "thing", severity: Severity = Severity.MEDIUM
) -> Observation:
    return observed("mfa", outcome, subject, check=check, severity=severity)


def one(
    control_: Control, *observations: Observation, why: str = "", known: tuple[str, ...] = CHECKS
) -> Finding:
    (finding,) = conclude([(control_, why)], observations, known, (), "acme")
    return finding


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ({"one": [SATISFIED], "two": [SATISFIED]}, "satisfied"),
        ({"one": [SATISFIED], "two": [Outcome.NOT_APPLICABLE]}, "satisfied"),
        ({"one": [Outcome.NOT_APPLICABLE], "two": [Outcome.NOT_APPLICABLE]}, "not-applicable"),
        ({"one": [SATISFIED]}, "undetermined"),
        ({}, "undetermined"),
        ({"one": [SATISFIED], "two": [Outcome.UNAVAILABLE]}, "undetermined"),
        ({"one": [SATISFIED], "two": [SATISFIED, Outcome.STALE]}, "undetermined"),
        ({"one": [SATISFIED], "two": [Outcome.ERROR]}, "undetermined"),
        ({"one": [SATISFIED], "two": [BAD]}, "not-satisfied"),
        ({"one": [BAD], "two": [Outcome.UNAVAILABLE]}, "not-satisfied"),
        ({"one": [BAD]}, "not-satisfied"),
    ],
)
def test_the_status_of_a_control(outcomes: dict[str, list[Outcome]], status: str) -> None:
    observations = [seen(c, o, f"thing-{i}") for c, all_ in outcomes.items() for i, o in enumerate(all_)]
    assert one(control("own", "mfa", "one", "two"), *observations).status == status


def test_out_of_scope_says_why_whatever_was_seen() -> None:
    finding = one(control("own", "mfa", "one"), seen("one", BAD), why="proposed law, not in force")
    assert finding.status is FindingStatus.NOT_APPLICABLE
    assert finding.reason == "proposed law, not in force"
    assert not finding.observations


def test_a_check_that_nobody_brings_is_named() -> None:
    finding = one(control("own", "mfa", "one", "four"), seen("one", SATISFIED))
    assert finding.status is FindingStatus.UNDETERMINED
    assert finding.missing == ("four",)


def test_a_control_without_checks_is_never_satisfied() -> None:
    finding = one(control("own", "mfa"))
    assert finding.status is FindingStatus.UNDETERMINED
    assert "needs a person" in finding.reason


def test_supporting_checks_disprove_and_never_prove() -> None:
    supported = replace(control("own", "mfa"), supporting_checks=("one",))
    assert one(supported, seen("one", SATISFIED)).status is FindingStatus.UNDETERMINED
    assert "1 supporting" in one(supported, seen("one", SATISFIED)).reason
    assert one(supported, seen("one", BAD)).status is FindingStatus.NOT_SATISFIED


def test_a_supporting_check_decides_nothing_where_others_are_expected() -> None:
    both = replace(control("own", "mfa", "one"), supporting_checks=("two",))
    finding = one(both, seen("one", SATISFIED), seen("two", BAD))
    assert finding.status is FindingStatus.SATISFIED
    assert "speaks against it" in finding.reason
    assert (
        one(both, seen("one", SATISFIED), seen("two", Outcome.UNAVAILABLE)).status is FindingStatus.SATISFIED
    )


def test_a_supporting_test_is_expected_where_the_engagement_names_its_source() -> None:
    both = replace(control("own", "mfa", "one"), supporting_checks=("two", "three"))

    def status(*observations: Observation, of: Control = both) -> FindingStatus:
        (finding,) = conclude([(of, "")], observations, CHECKS, (), "acme", sourced={"two"})
        return finding.status

    fine = seen("one", SATISFIED)
    assert status(fine) is FindingStatus.UNDETERMINED
    assert status(fine, seen("two", SATISFIED), seen("three", BAD)) is FindingStatus.SATISFIED
    assert status(fine, seen("two", BAD)) is FindingStatus.NOT_SATISFIED
    paper = replace(control("own", "mfa"), supporting_checks=("two",))
    assert status(seen("two", SATISFIED), of=paper) is FindingStatus.UNDETERMINED


def test_what_supports_of_absent_sources_is_left_out_of_the_result() -> None:
    nobody = replace(seen("two", Outcome.UNAVAILABLE), subject=replace(seen("two", BAD).subject, source=""))
    asked = seen("two", Outcome.UNAVAILABLE)
    both = replace(control("own", "mfa", "one"), supporting_checks=("two",))
    assert without_absent_support([nobody, asked], [both]) == (asked,)
    assert without_absent_support([nobody], [both, control("other", "mfa", "two")]) == (nobody,)


def test_severity_is_the_worst_violation_unless_a_profile_set_it() -> None:
    own = control("own", "mfa", "one", severity=Severity.LOW)
    bad = seen("one", BAD, severity=Severity.CRITICAL)
    assert one(own, bad).severity is Severity.CRITICAL
    assert one(replace(own, severity_set=True), bad).severity is Severity.LOW
    assert one(own, seen("one", SATISFIED, severity=Severity.CRITICAL)).severity is Severity.LOW


outcomes = st.sampled_from(list(Outcome))
observations = st.lists(
    st.builds(seen, st.sampled_from(CHECKS), outcomes, st.sampled_from(["a", "b", "c"])), max_size=8
)
controls = st.builds(
    lambda needed, support: replace(
        control("own", "mfa", *sorted(needed)), supporting_checks=tuple(sorted(support - needed))
    ),
    st.sets(st.sampled_from(CHECKS)),
    st.sets(st.sampled_from(CHECKS)),
)


@settings(max_examples=300, deadline=None)
@given(controls, observations, st.sets(st.sampled_from(CHECKS)), st.data())
def test_taking_evidence_away_never_satisfies(
    control_: Control, given_: list[Observation], sourced: set[str], data: st.DataObject
) -> None:
    """What is taken away leaves its gap, as the listings see to; or takes the check's whole report."""

    def status(observations: list[Observation]) -> FindingStatus:
        (finding,) = conclude([(control_, "")], observations, CHECKS, (), "acme", sourced)
        return finding.status

    before = status(given_)
    gone = data.draw(st.sets(st.sampled_from(range(len(given_))))) if given_ else set()
    silent = data.draw(st.sets(st.sampled_from(CHECKS)))
    kept = [
        replace(o, outcome=Outcome.UNAVAILABLE, evidence=()) if i in gone else o
        for i, o in enumerate(given_)
        if o.check not in silent
    ]
    after = status(kept)
    assert after is not FindingStatus.SATISFIED or before is FindingStatus.SATISFIED


@settings(max_examples=100, deadline=None)
@given(controls, observations, st.randoms(use_true_random=False))
def test_the_order_of_observations_is_of_no_matter(
    control_: Control, given_: list[Observation], chance: random.Random
) -> None:
    shuffled = chance.sample(given_, len(given_))
    assert one(control_, *given_).status is one(control_, *shuffled).status
    assert one(control_, *given_).severity is one(control_, *shuffled).severity


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(controls, observations), max_size=6))
def test_the_score_lies_within_its_bounds(pairs: list[tuple[Control, list[Observation]]]) -> None:
    findings = [one(replace(c, id=f"own-{i}"), *o) for i, (c, o) in enumerate(pairs)]
    coverage = measure_coverage(findings, [o for _, seen_ in pairs for o in seen_], {})
    assert sum(coverage.controls[str(s)] for s in FindingStatus) == len(findings)
    if coverage.score is not None:
        assert coverage.score_low is not None and coverage.score_high is not None
        assert 0 <= coverage.score_low <= coverage.score <= coverage.score_high <= 1
    if coverage.determined == 1:
        assert coverage.score_low == coverage.score == coverage.score_high


def waiver(expires: datetime, subject: str = "*", check: str = "one") -> WaiverRequest:
    return WaiverRequest(check, subject, "J. Roe", "accepted for the move", expires)


@pytest.mark.parametrize(
    ("request_", "state"),
    [
        (waiver(NOW + timedelta(days=30)), "active"),
        (waiver(NOW), "expired"),
        (waiver(NOW - timedelta(seconds=1)), "expired"),
        (waiver(NOW + MAX_LIFE), "active"),
        (waiver(NOW + MAX_LIFE + timedelta(seconds=1)), "too-long"),
        (waiver(NOW + timedelta(days=30), subject="other"), "unused"),
        (waiver(NOW + timedelta(days=30), check="two"), "unused"),
    ],
)
def test_when_a_waiver_counts(request_: WaiverRequest, state: str) -> None:
    violation = seen("one", BAD)
    (applied,) = apply_waivers([request_], [violation], NOW)
    assert applied.state == state
    (finding,) = conclude([(control("own", "mfa", "one"), "")], [violation], CHECKS, [applied], "acme")
    assert finding.status is FindingStatus.NOT_SATISFIED  # a waiver hides nothing
    assert finding.waived == (state == "active")


def test_a_waiver_covers_no_more_than_it_names() -> None:
    violations = [seen("one", BAD, "a"), seen("one", BAD, "b"), seen("one", Outcome.UNAVAILABLE, "a")]
    applied = apply_waivers([waiver(NOW + timedelta(days=30), subject="a")], violations, NOW)
    assert applied[0].observations == (violations[0].fingerprint,)
    (finding,) = conclude([(control("own", "mfa", "one"), "")], violations, CHECKS, applied, "acme")
    assert not finding.waived
    assert finding.violations == (violations[1].fingerprint,)


def test_a_source_that_told_nothing_is_unavailable() -> None:
    def listing(source: str, status: ListingStatus) -> Listing:
        return Listing("store.box", source, "", status, 0)

    listings = [
        listing("full", ListingStatus.COMPLETE),
        listing("half", ListingStatus.COMPLETE),
        listing("half", ListingStatus.UNAVAILABLE),
        listing("lost", ListingStatus.UNAVAILABLE),
        listing("bundle/inner", ListingStatus.PARTIAL),
    ]
    planned = dict.fromkeys(("full", "half", "lost", "bundle", "empty", "idle"), True) | {"broken": False}
    states = source_states(planned, listings, asked={"full", "half", "lost", "bundle", "empty"})
    assert states == {
        "broken": "unavailable",
        "bundle": "partial",
        "empty": "unavailable",
        "full": "complete",
        "half": "partial",
        "idle": "complete",
        "lost": "unavailable",
    }
