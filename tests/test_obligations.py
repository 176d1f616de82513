"""The register of an engagement: file, contract evidence and law joined."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from lpo_secaudit.catalog.engagements import parse_engagement
from lpo_secaudit.collect.bundle import Bundle, BundleWriter
from lpo_secaudit.errors import InputError
from lpo_secaudit.model.engagement import Engagement
from lpo_secaudit.model.evidence import Evidence, Subject
from lpo_secaudit.obligations import (
    certificates_of_audit,
    from_audit,
    from_engagement,
    register,
)

ENGAGEMENT = """
engagement: manila-2026
client: {name: Example Law LLP, country: US}
provider: {name: Manila Review Inc., country: PH}
data: {classes: [eu-personal-data, phi], subjects_in: [DE, US-CA]}
catalogs: [gdpr]
sources: [{id: dpa, collector: contract, with: {files: [dpa.pdf]}}]
commitments: [{to: Client Co, breach_notice_within: 24 h, source: "guidelines.pdf s. 4"}]
accountability:
  firm_role: processor
  firm_zone: America/New_York
  client: {name: Client Co, place: US-CA, zone: America/Los_Angeles}
  provider_is_agent: false
  firm_is_agent: true
  regimes: []
"""
DAY = date(2026, 3, 1)


def clause(name: str, *, present: bool = True, document: str = "dpa.pdf", **parameters: Any) -> Evidence:
    quote = {"text": f"words of {name}", "start": 10, "end": 25, "page": 3, "section": "9.2"}
    data = {
        "clause": name,
        "topic": "breach-notice",
        "document": document,
        "kind": "dpa",
        "present": present,
        "grade": "strong" if present else "absent",
        "reason": "",
        "bound": "provider",
        "confidence": 1.0,
        "aliases": [],
        "parameters": parameters,
        "quotes": [quote] if present else [],
    }
    return Evidence(
        Subject("contract.clause", f"{document}#{name}", "dpa"),
        data,
        "contract",
        datetime(2026, 3, 1, tzinfo=UTC),
    )


def bundle(folder: Path, *records: Evidence) -> Bundle:
    with BundleWriter(folder) as writer:
        for record in records:
            writer.record(record)
        instant = datetime(2026, 3, 1, tzinfo=UTC)
        writer.close((), instant, instant)
    return Bundle(folder)


def engagement(text: str = ENGAGEMENT) -> Engagement:
    return parse_engagement(text.encode(), "engagement.yaml", Path())


def test_register_holds_contract_promise_and_law_as_json(tmp_path: Path) -> None:
    evidence = bundle(tmp_path / "b", clause("breach-notification", deadline_hours=72, trigger="aware"))
    found = register(engagement(), evidence, DAY)
    assert json.loads(json.dumps(found)) == list(found)
    by_id = {o["id"]: o for o in found}
    contract = by_id["contract/breach-notification@provider"]
    assert contract["period"] == {"amount": 72, "unit": "hours"}
    assert contract["clock_starts"] == "becoming_aware"
    assert contract["quotes"] == [
        {
            "text": "words of breach-notification",
            "section": "9.2",
            "document": "dpa.pdf",
            "start": 10,
            "end": 25,
        }
    ]
    promise = by_id["commitment/1@firm"]
    assert (promise["debtor"], promise["creditor"], promise["citation"]) == (
        "firm",
        "client",
        "guidelines.pdf s. 4",
    )
    assert by_id["law/eu-gdpr-authority@client"]["period"] == {"amount": 72, "unit": "hours"}
    assert by_id["law/us-hipaa-individuals@client"]["zone"] == "America/New_York"


def test_a_clause_that_is_absent_makes_no_duty(tmp_path: Path) -> None:
    evidence = bundle(tmp_path / "b", clause("breach-notification", present=False))
    assert not [o for o in register(engagement(), evidence, DAY) if o["source"] == "contract"]


def test_register_leaves_out_law_that_is_not_in_force(tmp_path: Path) -> None:
    indian = engagement(
        ENGAGEMENT.replace("subjects_in: [DE, US-CA]", "subjects_in: [IN]").replace("US-CA", "IN")
    )
    evidence = bundle(tmp_path / "b")
    now = {o["ref"] for o in register(indian, evidence, DAY)}
    later = {o["ref"] for o in register(indian, evidence, date(2027, 6, 1))}
    assert "in-dpdp-board-detail" in later - now


def test_what_the_contract_says_and_when_it_says_nothing(tmp_path: Path) -> None:
    words = [
        clause("breach-notification", document="days.pdf", deadline_hours=240, without_undue_delay=True),
        clause("breach-notification", document="business.pdf", deadline_business_days=3, trigger="confirmed"),
        clause("breach-notification", document="none.pdf", without_undue_delay=True, trigger="suspected"),
    ]
    words[0].data["quotes"][0]["text"] = "within ten (10) days"
    found = register(engagement(), bundle(tmp_path / "b", *words), DAY)
    periods = {o["citation"]: (o["period"], o["clock_starts"]) for o in found if o["source"] == "contract"}
    assert periods == {
        "days.pdf, 9.2": ({"amount": 10, "unit": "calendar_days"}, "unspecified"),
        "business.pdf, 9.2": ({"amount": 3, "unit": "business_days"}, "confirmation"),
        "none.pdf, 9.2": (None, "suspicion"),
    }


@pytest.mark.parametrize("value", [0, -1, 1.5, True, "72", 10**9])
def test_a_deadline_that_cannot_be_is_refused(tmp_path: Path, value: Any) -> None:
    evidence = bundle(tmp_path / "b", clause("breach-notification", deadline_hours=value))
    with pytest.raises(InputError, match="deadline_hours"):
        register(engagement(), evidence, DAY)


def test_an_audit_folder_gives_its_contract(tmp_path: Path) -> None:
    (tmp_path / "inputs").mkdir()
    (tmp_path / "inputs" / "engagement.yaml").write_text(ENGAGEMENT, encoding="utf-8")
    bundle(tmp_path / "bundle", clause("breach-notification", deadline_hours=72, trigger="aware"))
    assert "contract/breach-notification@provider" in {o.id for o in from_audit(tmp_path)}
    with pytest.raises(InputError, match="not an audit folder"):
        from_audit(tmp_path / "bundle")


def test_an_engagement_alone_reads_no_contract(tmp_path: Path) -> None:
    path = tmp_path / "engagement.yaml"
    path.write_text(ENGAGEMENT, encoding="utf-8")
    assert {o.source for o in from_engagement(path)} == {"law", "commitment"}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("firm_role: processor", "firm_role: procesor"), "did you mean 'processor'"),
        (("place: US-CA", "place: XQ"), "place 'XQ' is not known"),
        (("regimes: []", "regime: []"), "did you mean 'regimes'"),
    ],
)
def test_an_error_in_the_accountability_part_is_named(
    tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    path = tmp_path / "engagement.yaml"
    path.write_text(ENGAGEMENT.replace(*change), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        from_engagement(path)
    assert words in str(caught.value)


def test_cyber_policies_of_the_certificates_in_evidence(tmp_path: Path) -> None:
    policies = [
        {"type": "general-liability", "limit": 9_000_000, "expires": "2027-01-01", "page": 1},
        {"type": "cyber", "limit": 2_000_000, "expires": "2026-12-31", "page": 1},
        {"type": "cyber", "limit": None, "expires": "2025-12-31", "page": 2},
    ]
    data = {"kind": "insurance", "file": "coi.pdf", "expires": "2025-12-31", "policies": policies}
    record = Evidence(
        Subject("certificate.document", "coi.pdf", "certs"),
        data,
        "certificate",
        datetime(2026, 3, 1, tzinfo=UTC),
    )
    bundle(tmp_path / "bundle", record)
    found = certificates_of_audit(tmp_path)
    assert [(c.kind, c.limit, c.expires) for c in found] == [
        ("cyber", 2_000_000, date(2026, 12, 31)),
        ("cyber", None, date(2025, 12, 31)),
    ]
