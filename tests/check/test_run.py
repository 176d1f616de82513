"""Running checks: every question gets an answer, and absence is never a good one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_secaudit.check.run import run_checks
from lpo_secaudit.model.check import Observation, Outcome, Record, Verdict, World, not_satisfied, satisfied
from lpo_secaudit.model.evidence import Evidence, Gap, GapReason, ListingStatus
from tests.worlds import DENIED, NOW, MemoryEvidence, box_check, listed, record

QUARTER = timedelta(days=90)


def observe(evidence: MemoryEvidence, *checks: Any, **more: Any) -> tuple[Observation, ...]:
    return run_checks(
        checks or (box_check(),),
        evidence,
        evaluated_at=more.pop("evaluated_at", NOW),
        default_max_age=QUARTER,
        **more,
    )


def outcomes(evidence: MemoryEvidence, *checks: Any, **more: Any) -> list[Outcome]:
    return [o.outcome for o in observe(evidence, *checks, **more)]


def test_a_record_is_judged_by_its_value() -> None:
    found = observe(MemoryEvidence([record("a", {"locked": True}), record("b", {"locked": False})]))
    assert [(o.subject.id, o.outcome) for o in found] == [
        ("a", Outcome.SATISFIED),
        ("b", Outcome.NOT_SATISFIED),
    ]
    assert all(len(o.evidence) == 1 for o in found)


def test_a_gap_is_unavailable_and_says_what_was_asked() -> None:
    [found] = observe(MemoryEvidence([record("a", {}, gaps={"locked": DENIED})]))
    assert found.outcome is Outcome.UNAVAILABLE
    assert found.message == "store:GetBox: access denied (AccessDenied)"
    assert found.gap == DENIED


def test_a_facet_that_nobody_collected_is_unavailable() -> None:
    assert outcomes(MemoryEvidence([record("a", {})])) == [Outcome.UNAVAILABLE]


def test_no_source_of_the_type_is_unavailable() -> None:
    assert outcomes(MemoryEvidence([])) == [Outcome.UNAVAILABLE]


def test_an_empty_complete_listing_is_not_applicable() -> None:
    assert outcomes(MemoryEvidence([], [listed(0)])) == [Outcome.NOT_APPLICABLE]


@pytest.mark.parametrize("status", [ListingStatus.PARTIAL, ListingStatus.UNAVAILABLE])
def test_an_incomplete_listing_adds_unavailable_beside_what_was_seen(status: ListingStatus) -> None:
    evidence = MemoryEvidence([record("a", {"locked": True})], [listed(1, status=status)])
    assert sorted(outcomes(evidence)) == [Outcome.SATISFIED, Outcome.UNAVAILABLE]


def test_records_lost_after_listing_are_noticed() -> None:
    evidence = MemoryEvidence([record("a", {"locked": True})], [listed(2)])
    assert Outcome.UNAVAILABLE in outcomes(evidence)


def test_old_evidence_is_stale_whatever_it_says() -> None:
    old = NOW - timedelta(days=91)
    evidence = MemoryEvidence([record("a", {"locked": v}, collected_at=old) for v in (True, False)])
    assert set(outcomes(evidence)) == {Outcome.STALE}


def test_a_checks_own_age_limit_counts_before_the_cadence() -> None:
    week_old = record("a", {"locked": True}, collected_at=NOW - timedelta(days=7))
    assert outcomes(MemoryEvidence([week_old])) == [Outcome.SATISFIED]
    assert outcomes(MemoryEvidence([week_old]), box_check(max_age=timedelta(days=3))) == [Outcome.STALE]


def test_evidence_from_the_future_is_not_believed() -> None:
    late = record("a", {"locked": True}, collected_at=NOW + timedelta(hours=1))
    assert outcomes(MemoryEvidence([late])) == [Outcome.UNAVAILABLE]


def test_a_crashing_check_is_an_error_for_that_record_only() -> None:
    def judge(box: Record, world: World) -> Verdict:
        if box.subject.id == "b":
            raise ZeroDivisionError("b")
        return satisfied("fine")

    evidence = MemoryEvidence([record(i, {"locked": True}) for i in "abc"])
    assert outcomes(evidence, box_check(function=judge)) == [
        Outcome.SATISFIED,
        Outcome.ERROR,
        Outcome.SATISFIED,
    ]
    crashed = observe(evidence, box_check(function=judge))[1]
    assert crashed.message == "the check failed: it cannot deal with what this record holds"
    assert crashed.gap is not None and crashed.gap.message == "the check failed: ZeroDivisionError: b"


def test_reading_an_undeclared_facet_is_an_error() -> None:
    def judge(box: Record, world: World) -> Verdict:
        return satisfied(str(box["colour"]))

    evidence = MemoryEvidence([record("a", {"colour": "red"})])
    [found] = observe(evidence, box_check(function=judge))
    assert found.outcome is Outcome.ERROR
    assert "without declaring it" in found.message


def test_all_refuses_an_incomplete_listing_and_seen_does_not() -> None:
    def by(method: str) -> Any:
        def judge(box: Record, world: World) -> Verdict:
            others = getattr(world, method)("store.box")
            return not_satisfied(f"{len(others)} boxes")

        return judge

    evidence = MemoryEvidence([record("a", {"locked": True})], [listed(1, status=ListingStatus.PARTIAL)])
    assert Outcome.NOT_SATISFIED not in outcomes(evidence, box_check(function=by("all")))
    assert Outcome.NOT_SATISFIED in outcomes(evidence, box_check(function=by("seen")))


def test_any_is_settled_by_one_record_and_never_by_none() -> None:
    any_ = box_check(quantifier="any")
    both = MemoryEvidence([record("a", {"locked": False}), record("b", {"locked": True})])
    assert outcomes(both, any_) == [Outcome.SATISFIED]
    assert outcomes(MemoryEvidence([], [listed(0)]), any_) == [Outcome.UNAVAILABLE]


def test_any_is_not_refuted_while_something_is_unseen() -> None:
    any_ = box_check(quantifier="any")
    records = [record("a", {"locked": False}), record("b", {}, gaps={"locked": DENIED})]
    assert outcomes(MemoryEvidence(records), any_) == [Outcome.UNAVAILABLE]
    assert outcomes(MemoryEvidence(records[:1]), any_) == [Outcome.NOT_SATISFIED]


def test_select_leaves_records_out_and_applies_says_so() -> None:
    evidence = MemoryEvidence(
        [record("a", {"locked": True, "kind": "box"}), record("b", {"locked": True, "kind": "bag"})]
    )
    kind = {"required": ["kind"], "properties": {"kind": {"const": "box"}}}
    reads = {"store.box": ("kind", "locked")}
    assert outcomes(evidence, box_check(select=kind, reads=reads)) == [Outcome.SATISFIED]
    assert outcomes(evidence, box_check(applies=kind, reads=reads)) == [
        Outcome.SATISFIED,
        Outcome.NOT_APPLICABLE,
    ]


def test_parameters_come_from_the_profile_before_the_default() -> None:
    expect = {"required": ["height"], "properties": {"height": {"minimum": {"$parameter": "least"}}}}
    check = box_check(expect=expect, parameters={"least": 5}, reads={"store.box": ("height",)})
    evidence = MemoryEvidence([record("a", {"height": 7})])
    assert outcomes(evidence, check) == [Outcome.SATISFIED]
    assert outcomes(evidence, check, parameters={"box-locked": {"least": 9}}) == [Outcome.NOT_SATISFIED]


def test_quotes_of_a_record_reach_the_observation() -> None:
    data = {
        "locked": False,
        "document": "dpa.pdf",
        "quotes": [{"text": "shall lock", "section": "4.1", "page": 2}],
    }
    [found] = observe(MemoryEvidence([record("a", data)]))
    assert found.quotes == ({"text": "shall lock", "document": "dpa.pdf", "section": "4.1", "page": 2},)


boxes = st.lists(
    st.builds(
        lambda i, value: record(
            f"{i:03}",
            {} if isinstance(value, Gap) else {"locked": value},
            gaps={"locked": value} if isinstance(value, Gap) else {},
        ),
        st.integers(0, 999),
        st.sampled_from([True, False, DENIED, Gap(GapReason.TIMEOUT, "no answer")]),
    ),
    unique_by=lambda r: r.subject.id,
    max_size=8,
)


@given(boxes, st.randoms())
def test_order_of_evidence_changes_nothing(records: list[Evidence], random: Any) -> None:
    shuffled = list(records)
    random.shuffle(shuffled)
    listing = [listed(len(records))]
    assert observe(MemoryEvidence(records, listing)) == observe(MemoryEvidence(shuffled, listing))


@given(boxes, st.data())
def test_losing_records_never_satisfies(records: list[Evidence], data: Any) -> None:
    """With a record lost, something is unavailable, so no control on the check can be satisfied."""
    kept = data.draw(st.lists(st.sampled_from(records), unique_by=id) if records else st.just([]))
    found = outcomes(MemoryEvidence(kept, [listed(len(records))]))
    if len(kept) < len(records):
        assert Outcome.UNAVAILABLE in found
