"""Chains of notices in the normal audit: what is a conflict, and that each side shows its own source."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from lpo_secaudit.chains import chain_conflicts
from lpo_secaudit.model.evidence import Evidence
from lpo_secaudit.model.finding import Conflict, ConflictKind
from tests.test_obligations import DAY, ENGAGEMENT, bundle, clause, engagement

AGENT = ENGAGEMENT.replace("provider_is_agent: false", "provider_is_agent: true")
NO_PROMISE = AGENT.replace(
    'commitments: [{to: Client Co, breach_notice_within: 24 h, source: "guidelines.pdf s. 4"}]\n', ""
)
FIRM_ANSWERS = NO_PROMISE.replace("firm_role: processor", "firm_role: controller")


def found(tmp_path: Path, text: str, *records: Evidence) -> tuple[Conflict, ...]:
    return chain_conflicts(engagement(text), bundle(tmp_path / "b", *records), DAY)


def quoting(record: Evidence, *texts: str) -> Evidence:
    record.data["quotes"] = [{"text": t, "start": 0, "end": len(t), "section": "9.2"} for t in texts]
    return record


def test_a_contract_slower_than_the_clients_guideline_is_a_conflict(tmp_path: Path) -> None:
    notice = clause("breach-notification", deadline_hours=72, trigger="aware")
    [conflict] = found(tmp_path, ENGAGEMENT, notice)
    assert conflict.kind is ConflictKind.CONTRACT_CONFLICT
    assert "48 h too late" in conflict.message
    assert conflict.second.evidence == (notice.digest,)
    assert conflict.second.quote == "words of breach-notification"


def test_the_firms_promise_shows_the_entry_of_its_engagement_file(tmp_path: Path) -> None:
    [conflict] = found(tmp_path, ENGAGEMENT, clause("breach-notification", deadline_hours=72))
    first = conflict.first
    assert (first.leg, first.source, first.place) == ("baseline", "engagement", "guidelines.pdf s. 4")
    assert first.quote == ("line 8: to: Client Co, breach_notice_within: 24 h, source: guidelines.pdf s. 4")
    assert ENGAGEMENT.splitlines()[7].startswith("commitments:")


@pytest.mark.parametrize(
    ("parameters", "quotes"),
    [
        (
            {"deadline_hours": 72},
            ("Provider reports any misuse of PHI", "no later than seventy-two (72) hours"),
        ),
        (
            {"deadline_hours": 240},
            ("Provider reports incidents within 14 business days", "within ten (10) days"),
        ),
        ({"deadline_business_days": 3}, ("answers within 3 days", "tells Client in three (3) business days")),
    ],
)
def test_a_clause_is_quoted_by_the_words_that_state_its_period(
    tmp_path: Path, parameters: dict[str, Any], quotes: tuple[str, str]
) -> None:
    [conflict] = found(
        tmp_path, ENGAGEMENT, quoting(clause("breach-notification", trigger="aware", **parameters), *quotes)
    )
    assert conflict.second.quote == quotes[1]
    assert conflict.second.telling is not None
    start, end = conflict.second.telling
    assert quotes[1][start:end].split()[-1] in ("hours", "days")
    assert conflict.second.place == "dpa.pdf, section 9.2"


def test_a_clause_without_a_period_is_quoted_itself_and_no_other(tmp_path: Path) -> None:
    """A duty to contain or to cooperate stands before it in the register, and says nothing of a notice."""
    mitigation = quoting(clause("breach-mitigation"), "Provider takes the steps it deems reasonable")
    cooperation = quoting(clause("breach-cooperation"), "Provider helps at the client's cost")
    notice = quoting(
        clause("breach-notification", without_undue_delay=True), "Provider notifies without delay"
    )
    [conflict] = found(tmp_path, ENGAGEMENT, mitigation, cooperation, notice)
    assert conflict.second.quote == "Provider notifies without delay"
    assert conflict.second.evidence == (notice.digest,)


def test_a_contract_that_only_cooperates_is_silent_on_notices(tmp_path: Path) -> None:
    silent = clause("breach-notification", present=False)
    [conflict] = found(tmp_path, ENGAGEMENT, clause("breach-cooperation"), silent)
    assert conflict.second.quote == ("dpa.pdf holds no clause on breach notification that binds the provider")
    assert conflict.second.evidence == (silent.digest,)


def test_law_shows_its_citation_and_what_it_asks(tmp_path: Path) -> None:
    slow = clause("breach-notification", deadline_hours=24 * 70, trigger="discovery")
    conflicts = found(tmp_path, FIRM_ANSWERS, slow)
    individuals = next(c for c in conflicts if c.first.place.endswith("45 CFR 164.404(b)"))
    assert individuals.kind is ConflictKind.BELOW_BASELINE
    assert individuals.first.source == "law"
    assert individuals.first.quote.startswith(
        "Example Law LLP tells the persons affected within 60 calendar days "
        "of its own or its agent's discovery"
    )


def test_law_that_bounds_a_link_where_the_contract_is_silent_is_no_promise(tmp_path: Path) -> None:
    """HIPAA gives a business associate 60 days: the contract says none of that, and is not quoted for it."""
    silent = clause("breach-notification", present=False)
    conflicts = found(tmp_path, FIRM_ANSWERS, silent)
    hipaa = [c for c in conflicts if "45 CFR 164.4" in c.first.place]
    assert hipaa
    for conflict in hipaa:
        assert (conflict.second.leg, conflict.second.source) == ("baseline", "law")
        assert conflict.second.place.endswith("45 CFR 164.410(b)")
        assert "60 calendar days" in conflict.second.quote


def test_a_firm_that_promised_its_client_nothing_is_the_open_link(tmp_path: Path) -> None:
    quick = clause("breach-notification", deadline_hours=24, trigger="aware")
    conflicts = found(tmp_path, NO_PROMISE, quick)
    ends = [c for c in conflicts if "firm tells client without a limit" in c.message]
    for conflict in ends:
        assert (conflict.second.leg, conflict.second.source) == ("baseline", "engagement")
        assert conflict.second.quote == "no notice to the client is promised"
        assert "agree with the client" in conflict.ask


@pytest.mark.parametrize("text", [ENGAGEMENT, AGENT, NO_PROMISE, FIRM_ANSWERS])
@pytest.mark.parametrize(
    "parameters",
    [
        None,
        {},
        {"without_undue_delay": True},
        {"deadline_hours": 4, "trigger": "confirmed"},
        {"deadline_hours": 24 * 70, "trigger": "discovery"},
        {"deadline_business_days": 14, "trigger": "suspected"},
    ],
)
def test_no_side_is_empty(tmp_path: Path, text: str, parameters: dict[str, Any] | None) -> None:
    notice = clause("breach-notification", present=parameters is not None, **(parameters or {}))
    more = [clause("breach-cooperation"), clause("hipaa-report-security-incidents")]
    for conflict in found(tmp_path, text, notice, *more):
        for leg in (conflict.first, conflict.second):
            assert leg.source
            assert leg.place
            assert leg.quote.strip()
            assert leg.leg == "baseline" or leg.evidence


def test_a_contract_as_fast_as_the_guideline_is_none(tmp_path: Path) -> None:
    assert (
        found(tmp_path, ENGAGEMENT, clause("breach-notification", deadline_hours=24, trigger="aware")) == ()
    )


@pytest.mark.parametrize(
    "parameters", [{"without_undue_delay": True}, {"deadline_hours": 4, "trigger": "confirmed"}]
)
def test_a_contract_without_a_bound_is_a_conflict(tmp_path: Path, parameters: dict[str, Any]) -> None:
    [conflict] = found(tmp_path, ENGAGEMENT, clause("breach-notification", **parameters))
    assert "nothing shows that this can hold" in conflict.message


def test_a_contract_that_was_not_read_says_nothing_of_the_chain(tmp_path: Path) -> None:
    assert found(tmp_path, ENGAGEMENT) == ()
