"""Checks on clauses and their numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from lpo_secaudit.check.run import run_checks
from lpo_secaudit.model.check import Observation, Outcome
from lpo_secaudit_plugins.contract import plugin
from lpo_secaudit_plugins.contract.terms import calendar_hours
from tests.shared import need
from tests.worlds import NOW, MemoryEvidence, record

CHECKS = {check.id: check for check in plugin().checks}
YES, NO, OPEN = Outcome.SATISFIED, Outcome.NOT_SATISFIED, Outcome.UNAVAILABLE


def clause(name: str, *, document: str = "dpa.pdf", quote: str = "x", **more: Any) -> Any:
    data = {
        "clause": name,
        "document": document,
        "present": True,
        "grade": "strong",
        "reason": "",
        "confidence": 0.9,
        "parameters": {},
        "quotes": [{"text": quote, "start": 0, "end": 1, "page": 1, "section": "4.1"}],
        **more,
    }
    return record(f"{document}#{name}", data, type="contract.clause")


def fixed(name: str, **parameters: Any) -> Any:
    """A clause with parameters."""
    return clause(name, parameters=parameters)


def absent(name: str, **more: Any) -> Any:
    return clause(name, present=False, grade="absent", reason="no such clause was found", quotes=[], **more)


def ask(check: str, *records: Any, **parameters: Any) -> tuple[Observation, ...]:
    values: Mapping[str, Mapping[str, Any]] = {check: parameters} if parameters else {}
    return run_checks(
        [CHECKS[check]],
        MemoryEvidence(records),
        evaluated_at=NOW,
        default_max_age=timedelta(days=90),
        parameters=values,
    )


def test_every_label_has_its_check() -> None:
    text = need("contracts", "LABELS.md").read_text()
    labels = set(re.findall(r"^\| ([a-z-]+) \|", text, re.MULTILINE)) - {"label"}
    assert len(labels) == 51
    assert {f"contract-{label}" for label in labels} <= set(CHECKS)


def test_every_check_selects_a_clause_that_the_library_knows() -> None:
    from lpo_secaudit.contracts.library import standard_library

    known = {c.id for c in standard_library().clauses}
    for check in CHECKS.values():
        if check.evidence == "contract.clause":
            assert check.select is not None
            chosen = check.select["properties"]["clause"]
            assert set(chosen.get("enum", [chosen.get("const")])) <= known, check.id
            assert check.quantifier == "any", check.id


def test_topics_are_known() -> None:
    from lpo_secaudit.catalog.topics import load_topics

    topics = load_topics().by_id
    assert {c.topic for c in CHECKS.values()} <= set(topics)


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        (clause("audit-right"), YES),
        (clause("audit-right", grade="weak", reason="only once and at the client's cost"), NO),
        (absent("audit-right"), NO),
    ],
)
def test_a_weak_clause_is_not_satisfied_and_says_why(given: Any, outcome: Outcome) -> None:
    (found,) = ask("contract-audit-right", given)
    assert found.outcome is outcome
    if outcome is NO:
        assert given.data["reason"] in found.message
        assert found.message.startswith("dpa.pdf")


def test_one_contract_that_has_the_clause_is_enough() -> None:
    found = ask("contract-audit-right", absent("audit-right"), clause("audit-right", document="msa.pdf"))
    assert [(o.outcome, o.quotes[0]["document"]) for o in found] == [(YES, "msa.pdf")]


@pytest.mark.parametrize(
    ("parameters", "hours", "outcome"),
    [
        ({"deadline_hours": 72}, 72, YES),
        ({"deadline_hours": 72}, 24, NO),
        ({"deadline_business_days": 1}, 72, YES),
        ({"deadline_business_days": 2}, 72, NO),
        ({"without_undue_delay": True}, 72, NO),
    ],
)
def test_breach_deadline(parameters: dict[str, Any], hours: int, outcome: Outcome) -> None:
    given = clause("breach-notification", parameters=parameters)
    (found,) = ask("contract-breach-notification-deadline", given, hours=hours)
    assert found.outcome is outcome
    assert "section 4.1" in found.message


def test_business_days_are_counted_as_they_can_fall_at_worst() -> None:
    assert calendar_hours({"deadline_business_days": 1}) == 72
    assert calendar_hours({"deadline_business_days": 5}) == 7 * 24
    assert calendar_hours({"deadline_business_days": 6, "deadline_hours": 48}) == 48
    assert calendar_hours({}) is None


@pytest.mark.parametrize(
    ("check", "given", "outcome"),
    [
        (
            "breach-notification-trigger",
            fixed("breach-notification", trigger="confirmed"),
            NO,
        ),
        (
            "breach-notification-trigger",
            fixed("breach-notification", trigger="aware"),
            YES,
        ),
        ("breach-notification-trigger", clause("breach-notification"), NO),
        ("deletion-deadline", fixed("return-or-deletion", deadline_days=30), YES),
        ("deletion-deadline", fixed("return-or-deletion", deadline_days=180), NO),
        ("deletion-deadline", clause("return-or-deletion"), NO),
        (
            "deletion-certificate",
            clause("return-or-deletion", quote="and certify the deletion"),
            YES,
        ),
        ("deletion-certificate", clause("return-or-deletion", quote="shall delete"), NO),
        (
            "subprocessor-notice-period",
            fixed("subprocessor-change-notice", notice_days=10),
            NO,
        ),
        (
            "subprocessor-notice-period",
            fixed("subprocessor-change-notice", notice_days=30),
            YES,
        ),
        ("audit-notice-period", fixed("audit-right", notice_days=60), NO),
        ("audit-notice-period", clause("audit-right"), YES),
        ("cure-period", fixed("termination-for-breach", cure_days=60), NO),
        (
            "insurance-minimum",
            fixed("cyber-insurance", amount=5_000_000, currency="USD"),
            YES,
        ),
        (
            "insurance-minimum",
            fixed("cyber-insurance", amount=5, currency="USD"),
            NO,
        ),
        (
            "insurance-minimum",
            fixed("cyber-insurance", amount=5, currency="EUR"),
            OPEN,
        ),
        ("insurance-minimum", clause("cyber-insurance"), NO),
        ("insurance-minimum", absent("cyber-insurance"), NO),
        ("super-cap-minimum", clause("liability-carve-out"), YES),
        ("super-cap-minimum", fixed("liability-carve-out", fee_multiple=2), NO),
        ("super-cap-minimum", fixed("liability-carve-out", fee_multiple=5), YES),
        ("super-cap-minimum", clause("liability-carve-out", grade="weak", reason="capped"), NO),
    ],
)
def test_numbers(check: str, given: Any, outcome: Outcome) -> None:
    (found,) = ask(f"contract-{check}", given)
    assert found.outcome is outcome, found.message


@pytest.mark.parametrize(
    ("notes", "ocr", "outcome"),
    [
        ([], False, YES),
        (["tracked changes are open (by P. Roe); read as if accepted: 1 insertions, 0 deletions"], False, NO),
        (["12 characters are formatted as hidden and were left out"], False, NO),
        ([], True, NO),
    ],
)
def test_a_text_that_is_not_settled(notes: list[str], ocr: bool, outcome: Outcome) -> None:
    given = record("dpa.docx", {"document": "dpa.docx", "notes": notes, "ocr": ocr}, type="contract.document")
    (found,) = ask("contract-text-settled", given)
    assert found.outcome is outcome
