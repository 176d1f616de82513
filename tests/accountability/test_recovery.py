"""What the contract lets the firm recover."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from lpo_secaudit.accountability import Event, FoundClause, Incident, Quote
from lpo_secaudit.accountability.incident import CostItem
from lpo_secaudit.accountability.recovery import Certificate, recover

AT = datetime(2026, 3, 3, tzinfo=UTC)


def clause(name: str, text: str, **parameters: Any) -> FoundClause:
    return FoundClause(
        name, tuple(sorted(parameters.items())), (Quote(text, "8", "msa.pdf", 0, len(text)),), "msa.pdf"
    )


COSTS = clause(
    "breach-cost-reimbursement", "Provider pays the costs of notification, credit monitoring and forensics"
)
INDEMNITY = clause(
    "breach-indemnity", "Provider indemnifies against third-party claims, on prompt written notice"
)
CAP = clause("liability-cap", "limited to the fees of twelve months", fee_months=12)


def incident(*costs: CostItem, **changes: Any) -> Incident:
    given: dict[str, Any] = {
        "id": "i",
        "title": "i",
        "events": (Event("occurred", AT),),
        "costs": costs,
        "fees": ("100000", "USD"),
    }
    return Incident(**(given | changes))


NOTICES = CostItem("notification", "5000", "8000", "USD")
CLAIMS = CostItem("client-loss", "0", "900000", "USD")


def test_a_named_cost_is_recoverable_in_full() -> None:
    found = recover(incident(NOTICES), (COSTS,))
    assert (found.low, found.high) == (Decimal(5000), Decimal(8000))
    assert found.lines[0].quote == COSTS.quotes[0].shown()


def test_a_cost_the_clause_does_not_name_may_come_to_nothing() -> None:
    found = recover(incident(CostItem("call-centre", "700", "700", "USD")), (COSTS,))
    assert (found.low, found.high) == (Decimal(0), Decimal(700))
    assert "does not name it" in found.lines[0].why


def test_no_clause_and_no_contract_are_told_apart() -> None:
    assert "no clause pays it" in recover(incident(NOTICES), ()).lines[0].why
    unread = recover(incident(NOTICES), None)
    assert unread.low == 0
    assert any("None was read" in question for question in unread.missing)


def test_the_cap_binds_and_a_carve_out_lifts_it() -> None:
    both = incident(NOTICES, CLAIMS)
    capped = recover(both, (COSTS, INDEMNITY, CAP))
    assert (capped.cap.low, capped.high) == (Decimal(100000), Decimal(100000))
    lifted = recover(both, (COSTS, INDEMNITY, CAP, clause("liability-carve-out", "not for data breaches")))
    assert (lifted.low, lifted.high) == (Decimal(5000), Decimal(908000))
    own = recover(both, (COSTS, INDEMNITY, CAP, clause("liability-carve-out", "three times", fee_multiple=3)))
    assert own.high == Decimal(300000)


def test_a_cap_whose_amount_is_not_known_leaves_nothing_sure() -> None:
    found = recover(
        incident(NOTICES), (COSTS, clause("liability-cap", "liability is limited by the main agreement"))
    )
    assert (found.low, found.high, found.cap.known) == (Decimal(0), Decimal(8000), False)
    assert any("amount of the limit" in question for question in found.missing)
    unpaid = recover(incident(NOTICES, fees=None), (COSTS, CAP))
    assert (unpaid.low, unpaid.cap.known) == (Decimal(0), False)
    assert any("fees of the last 12 months" in question for question in unpaid.missing)


def test_another_currency_is_asked_for_and_never_added() -> None:
    found = recover(incident(NOTICES, CostItem("forensics", "9000", "9000", "EUR")), (COSTS,))
    assert found.cost_high == Decimal(8000)
    assert any("EUR" in question for question in found.missing)


def test_a_fine_is_never_sure() -> None:
    fines = clause("breach-cost-reimbursement", "including regulatory fines and penalties")
    found = recover(incident(CostItem("regulatory", "1000", "1000", "USD")), (fines,))
    assert (found.low, found.high) == (Decimal(0), Decimal(1000))


@pytest.mark.parametrize(
    ("expires", "insured", "words"),
    [
        (date(2026, 12, 31), Decimal(8000), "in force on"),
        (date(2026, 1, 31), None, "expired on"),
        (None, None, "not known"),
    ],
)
def test_only_a_certificate_in_force_insures(
    expires: date | None, insured: Decimal | None, words: str
) -> None:
    certificate = Certificate("cyber", Decimal(1_000_000), "USD", expires, "coi.pdf")
    found = recover(
        incident(NOTICES), (COSTS, clause("cyber-insurance", "USD 5m", amount=5_000_000)), (certificate,)
    )
    assert found.insured == insured
    assert any(words in line for line in found.insurance)


def test_a_condition_of_the_indemnity_and_its_state() -> None:
    [open_] = recover(incident(CLAIMS), (INDEMNITY,)).preconditions
    assert open_.state == "not recorded"
    told = incident(CLAIMS, events=(Event("notified", AT, "firm", "provider"),))
    [given] = recover(told, (INDEMNITY,)).preconditions
    assert given.state == "given"


def test_low_never_exceeds_high() -> None:
    for costs in ((NOTICES,), (NOTICES, CLAIMS), ()):
        for clauses in ((), (COSTS,), (COSTS, CAP), (INDEMNITY, CAP), (CAP,)):
            found = recover(incident(*costs), clauses)
            assert Decimal(0) <= found.low <= found.high <= max(found.cost_high, Decimal(0))
            assert found == recover(replace(incident(*costs)), clauses)
