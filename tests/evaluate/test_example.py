"""examples/reconciliation: exactly the planted contradictions are found, among facts that agree."""

from __future__ import annotations

import importlib.util
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lpo_secaudit.audit import run
from lpo_secaudit.model.engagement import Engagement
from lpo_secaudit.model.finding import Conflict, ConflictKind
from lpo_secaudit.model.result import AuditResult

ROOT = Path(__file__).resolve().parents[2]
EXAMPLE = ROOT / "examples" / "reconciliation"
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)

# kind, topic, place of the first side, place of the second (the end of each)
PLANTED = {
    ("broken-promise", "encryption-at-rest", "dpa.md, section 4.2", "volume/vol-0review"),
    ("broken-promise", "training", "dpa.md, section 4.3", "C7"),
    ("misstatement", "mfa", "C3", "user/m.kerr"),
    ("misstatement", "data-location", "C8", ":lantern-archive"),
    ("place", "data-location", "dpa.md, section 5", ":lantern-archive"),
    ("unbacked-claim", "backup", "C4", "db:matters"),
    ("over-claim", "staff-screening", "dpa.md", "C5"),
    ("over-claim", "breach-notice", "dpa.md, section 7", "C6"),
    ("contract-conflict", "deletion", "dpa.md, section 9", "msa.md, section 3"),
    ("contract-conflict", "breach-notice", "outside counsel guidelines, s. 4", "dpa.md, section 7"),
    ("below-baseline", "audit-right", "paras 2.3, 3.3(b)", "dpa.md, section 10"),
    ("stale-evidence", "network-security", "C2", "security-group/sg-0jump"),
    ("stale-evidence", "penetration-testing", "C14", "pentest-summary-2024.pdf, page 1"),
    ("unknown-party", "sub-processors", "dpa.md, section 6", "sendalot.example"),
}
AGREEING = {"encryption-in-transit", "logging", "password-policy", "staff-confidentiality", "certification"}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> AuditResult:
    folder = tmp_path_factory.mktemp("reconciliation")
    engagement = Engagement.load(EXAMPLE / "engagement.yaml")
    audit = run(
        engagement,
        output=folder / "audit",
        ledger=folder / "ledger.sqlite",
        clock=lambda: NOW,
        evaluated_at=NOW,
    )
    return audit.result


def _sides(result: AuditResult) -> dict[tuple[str, str, str, str], Conflict]:
    found = {}
    for c in result.conflicts:
        first, second = c.first, c.second
        if c.kind is ConflictKind.BELOW_BASELINE:
            first, second = second, first
        found[(str(c.kind), c.topic, first.place, second.place)] = c
    return found


def test_exactly_the_planted_conflicts_are_found(result: AuditResult) -> None:
    found = list(_sides(result))
    unplanted = [f for f in found if not any(_is(f, p) for p in PLANTED)]
    unfound = [p for p in PLANTED if not any(_is(f, p) for f in found)]
    assert not unplanted
    assert not unfound
    assert len(found) == len(PLANTED) >= 12
    assert {f[0] for f in found} == {str(kind) for kind in ConflictKind}


def _is(found: tuple[str, str, str, str], planted: tuple[str, str, str, str]) -> bool:
    return found[:2] == planted[:2] and found[2].endswith(planted[2]) and found[3].endswith(planted[3])


def test_both_sides_of_each_are_quoted_with_their_evidence(result: AuditResult) -> None:
    contracts = {f.name: f.read_text(encoding="utf-8") for f in (EXAMPLE / "contracts").glob("*.md")}
    for conflict in result.conflicts:
        assert conflict.ask and conflict.bound
        for leg in (conflict.first, conflict.second):
            assert leg.quote
            if leg.leg == "promise" and "holds no clause" not in leg.quote:
                assert any(leg.quote in text for text in contracts.values()), leg.quote
            assert leg.evidence or leg.leg == "baseline"


def test_the_legs_that_agree_are_shown_as_agreeing(result: AuditResult) -> None:
    verdicts = {row.topic: row.verdict for row in result.matrix}
    assert {topic for topic, verdict in verdicts.items() if verdict == "agree"} == AGREEING
    assert {t for t, v in verdicts.items() if v == "conflict"} == {p[1] for p in PLANTED}


def test_the_evidence_is_what_its_script_makes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = importlib.util.spec_from_file_location(
        "make_reconciliation", ROOT / "tools" / "make_reconciliation.py"
    )
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "HERE", tmp_path)
    module.main()
    made = (tmp_path / "prowler.ocsf.json").read_bytes()
    assert made == (EXAMPLE / "evidence" / "prowler.ocsf.json").read_bytes()
    made = (tmp_path / "handed-over.zip").read_bytes()
    assert made == (EXAMPLE / "evidence" / "handed-over.zip").read_bytes()
