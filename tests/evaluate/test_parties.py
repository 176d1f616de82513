"""Sub-processors from a contract's text to the conflict: whom its annex lists against whom we saw."""

from __future__ import annotations

import pytest

from lpo_secaudit.contracts.analysis import analyze_document
from lpo_secaudit.contracts.document import Document
from lpo_secaudit.evaluate import Reconciliation
from lpo_secaudit.model.check import Observation, Outcome, Severity
from lpo_secaudit.model.evidence import Evidence, Subject
from tests.evaluate.legs import NOW, held, observed

GENERAL = (
    "The Processor has the Controller's general authorisation for the engagement of sub-processors from an "
    "agreed list."
)
SPECIFIC = (
    "The Processor shall not engage any Sub-processor other than those listed in Annex 3 without the "
    "prior specific written consent of the Controller."
)
CONTRACT = """# Data Processing Agreement

This agreement is between Example Law LLP ("Controller") and Manila Review Inc. ("Processor").

## 1. Processing

1.1 The Processor shall process personal data only on documented instructions from the Controller.

## 2. Sub-processors

2.1 {mode} The Processor shall impose on each Sub-processor the same data protection obligations.

2.2 The Processor shall inform the Controller of any intended change of Sub-processors 30 days in advance.

## Annex 3: List of Sub-processors

| Name | Service | Location |
|---|---|---|
| Amazon Web Services EMEA SARL | Hosting | Ireland |
| Mailgun Technologies, Inc. | Outgoing mail | United States |
| Zendesk, Inc. | Support | United States |
"""


def seen(name: str) -> Observation:
    return observed(
        "sub-processors",
        Outcome.NOT_APPLICABLE,
        name,
        type_="party",
        source="mail",
        severity=Severity.MEDIUM,
    )


def reconciled(text: str, *parties: str) -> Reconciliation:
    record = analyze_document(Document(name="dpa.md", format="text", sha256="", text=text)).to_json()
    promised = [
        Evidence(
            Subject("contract.clause", f"dpa.md#{found['clause']}", "dpa"),
            {**found, "document": "dpa.md", "kind": "dpa"},
            "contract",
            NOW,
        )
        for found in record["clauses"]
    ]
    return held(promised, seen=[seen(p) for p in parties], contracts=[text])


@pytest.mark.parametrize(("mode", "severity"), [(SPECIFIC, "high"), (GENERAL, "medium")])
def test_seen_and_not_listed(mode: str, severity: str) -> None:
    found = reconciled(CONTRACT.format(mode=mode), "Amazon Web Services", "Mailgun", "Sendalot")
    [conflict] = [c for c in found.conflicts if c.topic == "sub-processors"]
    assert (str(conflict.kind), conflict.second.place, conflict.severity) == (
        "unknown-party",
        "Sendalot",
        severity,
    )
    assert conflict.first.quote in CONTRACT.format(mode=mode)


def test_listed_and_not_seen_is_told() -> None:
    found = reconciled(CONTRACT.format(mode=GENERAL), "Amazon Web Services", "Mailgun")
    assert not [c for c in found.conflicts if c.topic == "sub-processors"]
    [line] = [r for r in found.matrix if r.topic == "sub-processors"]
    assert "named and not seen: Zendesk" in line.promise.summary
