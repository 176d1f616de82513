"""No message of any plugin's checks shows null, braces or Python, however its records are spoiled.

The AWS checks have accounts of their own for this: tests/plugins/aws/checks.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from lpo_secaudit.check.run import run_checks
from lpo_secaudit.model.check import Check, Observation
from lpo_secaudit.plugins import load_plugins
from tests.plugins.messages import CODE, spoiled
from tests.worlds import NOW, MemoryEvidence, record

CHECKS: Mapping[str, Check] = {
    check.id: check for check in load_plugins().checks.values() if check.plugin != "aws"
}
EARLY, LATE = "2024-03-01", "2027-03-01"
POLICY = {"type": "cyber", "expires": LATE, "limit": 5_000_000}
SERVICE = {"name": "DocRoom", "in_scope": True, "excluded": False, "page": 3}
KEY = {"selector": "s1", "key": "rsa", "bits": 2048, "revoked": False}
CERTIFICATE = {
    "file": "report.pdf",
    "kind": "soc2",
    "title": "SOC 2 report",
    "confirmed_by": "A. Person",
    "confirmed_on": LATE,
    "exceptions": [],
    "exclusions": [],
    "findings": {"critical": 0, "low": 2},
    "period_from": EARLY,
    "period_to": LATE,
    "policies": [POLICY],
    "recognised": False,
    "services": [SERVICE],
    "stands_until": LATE,
    "unsure": [],
}
CLAUSE = {
    "document": "agreement.pdf",
    "present": True,
    "grade": "strong",
    "confidence": 0.9,
    "parameters": {
        "deadline_hours": 24,
        "deadline_days": 30,
        "trigger": "aware",
        "notice_days": 30,
        "cure_days": 30,
        "amount": 5_000_000,
        "currency": "USD",
        "fee_multiple": 3,
    },
    "quotes": [{"text": "it certifies deletion", "section": "7.1", "page": 3}],
    "reason": "",
}
ACCOUNT = {
    "name": "a***@x.org",
    "admin": True,
    "bypass": False,
    "created": "2025-01-01T00:00:00Z",
    "enabled": True,
    "interactive": True,
    "keys": ["2026-10-01T00:00:00Z"],
    "last_used": "2026-11-01T00:00:00Z",
    "mfa": True,
    "never_used": False,
    "root": True,
}
DOMAIN = {
    "caa": ["0 issue ca.example"],
    "dkim": {"keys": [KEY], "named": True, "asked": ["s1", "s2"]},
    "dmarc": {"records": 1, "policy": "reject", "percent": 100},
    "dnssec": {"state": "secure", "reason": None},
    "mta_sts": {"id": "1", "mode": "enforce", "mx": []},
    "mx": ["10 mx.example.net."],
    "ns": ["ns1.example.net."],
    "spf": {"records": ["v=spf1 include:mail.example -all"], "problems": [], "all": "-", "lookups": 1},
    "tls_rpt": ["mailto:t@example.net"],
}
TLS = {
    "canonical_name": "edge.example.net.",
    "certificate": {"not_before": "2026-01-01T00:00:00Z", "not_after": "2027-11-01T00:00:00Z"},
    "ciphers": ["TLS_AES_128_GCM_SHA256"],
    "trust": {"trusted": True, "reason": None},
    "versions": ["TLSv1.3"],
}
HTTP = {
    "cookies": [{"name": "sid", "secure": True, "http_only": True}],
    "headers": {"strict-transport-security": "max-age=63072000", "x-content-type-options": "nosniff"},
    "plain": {"listens": True, "status": 301, "to_https": True},
    "security_txt": {"contact": ["mailto:s@example.net"], "expires": "2027-01-01T00:00:00Z"},
}
ANSWER = {
    "answer": "yes",
    "as_written": "Yes",
    "good_answers": {},
    "place": "sheet 1, row 2",
    "problems": [],
    "question": "Is it?",
}
RESULT = {
    "message": "port 22 is open",
    "outcome": "satisfied",
    "resource": "host-1",
    "suppressed": False,
    "title": "Ports",
    "tool": "scan",
    "verdict": "PASS",
    "severity": "low",
}
ROLE = {
    "AssumeRolePolicyDocument": {
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "arn:aws:iam::999988887777:root"}}]
    }
}
IDS = {"web.tls": "example.net:443", "web.http": "example.net:443", "mail.domain": "example.net"}

# What each type's records hold where all is well, and changes of it where it is not.
SAMPLES: Mapping[str, tuple[dict[str, Any], ...]] = {
    "bundle.document": ({"signed_by": "A. Person", "keyid": "0123456789abcdef"}, {"signed_by": None}),
    "certificate.document": (
        CERTIFICATE,
        {"stands_until": EARLY, "period_to": EARLY, "exceptions": ["one failed"], "exclusions": ["hosting"]},
        {"confirmed_by": None, "unsure": ["issued"], "services": [SERVICE | {"in_scope": False}]},
        {"kind": "insurance"},
        {"kind": "insurance", "policies": [POLICY | {"limit": 5}]},
        {"kind": "penetration-test", "findings": {"critical": 2}},
        {"kind": "penetration-test", "findings": {"low": 2}},
    ),
    "contract.clause": (
        CLAUSE,
        {"present": False, "reason": "no such clause was found", "grade": None},
        {"grade": "weak", "reason": "only reasonable efforts", "parameters": {}},
        {"parameters": {"deadline_business_days": 9, "trigger": "confirmed", "notice_days": 2, "amount": 5}},
    ),
    "contract.document": (
        {"document": "agreement.pdf", "notes": [], "ocr": False},
        {"notes": ["tracked changes"]},
        {"ocr": True},
    ),
    "identity.account": (
        ACCOUNT,
        {"mfa": False, "bypass": True, "keys": ["2024-01-01T00:00:00Z"], "last_used": "2025-01-01T00:00:00Z"},
        {"root": False, "never_used": True},
    ),
    "identity.export": (
        {"file": "x.csv", "accounts": 9, "admins": 1, "kind": "okta-users", "mfa_having": 9, "mfa_told": 9},
        {"admins": 9, "mfa_having": 1},
    ),
    "identity.policy": ({"name": "default", "active": True, "min_length": 12}, {"min_length": 4}),
    "mail.domain": (
        DOMAIN,
        {
            "caa": [],
            "dkim": {"keys": [KEY | {"bits": None}], "named": True, "asked": []},
            "dmarc": {"records": 1, "policy": None, "percent": None},
            "dnssec": {"state": "insecure", "reason": "no DS record"},
            "mta_sts": {"id": "1", "mode": None, "mx": []},
            "spf": {"records": ["v=spf1"], "problems": [], "all": None, "lookups": 1},
            "tls_rpt": [],
        },
        {"dmarc": {"records": 1, "policy": "reject", "percent": None}},
    ),
    "questionnaire.answer": (ANSWER, {"answer": "no"}, {"problems": ["contradiction: not yet"]}),
    "questionnaire.document": (
        {"questions": 9, "unanswered": [], "evasive": [], "contradictions": [], "answered_on": LATE},
        {"unanswered": ["1"], "evasive": ["2"], "contradictions": ["3"]},
    ),
    "scanner.result": (
        RESULT,
        {"outcome": "not-satisfied", "suppressed": True},
        {"severity": "high"},
        {"severity": "high", "outcome": "not-satisfied"},
    ),
    "scanner.run": (
        {"file": "x", "problems": [], "results": 9, "scanned_at": LATE, "suppressed": [], "tool": "scan"},
        {"problems": ["one host did not answer"], "suppressed": ["r1"]},
    ),
    "web.tls": (
        TLS,
        {"versions": [], "ciphers": [], "trust": {"trusted": False, "reason": None}},
        {"certificate": {"not_before": "2020-01-01T00:00:00Z", "not_after": "2021-01-01T00:00:00Z"}},
    ),
    "web.http": (
        HTTP,
        {
            "cookies": [{"name": "sid", "secure": False, "http_only": True}],
            "headers": {},
            "plain": {"listens": True, "status": None, "to_https": False},
            "security_txt": None,
        },
    ),
    "aws.iam.account": ({},),
    "aws.iam.role": (ROLE,),
}


def _selected(check: Check) -> dict[str, Any]:
    """What makes a record one that the check asks about: its clause, or its topic."""
    properties = (check.select or {}).get("properties", {})
    found: dict[str, Any] = {}
    if "clause" in properties:
        found["clause"] = properties["clause"].get("const") or properties["clause"]["enum"][0]
    if "topics" in properties:
        found["topics"] = [properties["topics"]["contains"]["const"]]
    return found


def _records(check: Check) -> list[dict[str, Any]]:
    first, *changes = SAMPLES[check.evidence]
    return [first | change | _selected(check) for change in ({}, *changes)]


def _judge(check: Check, data: Mapping[str, Any]) -> tuple[Observation, ...]:
    evidence = record(IDS.get(check.evidence, "one"), data, type=check.evidence)
    return run_checks(
        [check], MemoryEvidence([evidence]), evaluated_at=NOW, default_max_age=timedelta(days=30)
    )


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_the_samples_are_such_records(check: str) -> None:
    """Else nothing below would be spoiled: each check comes to a verdict, and finds all facets it reads."""
    seen = [o for data in _records(CHECKS[check]) for o in _judge(CHECKS[check], data)]
    assert {str(o.outcome) for o in seen} & {"satisfied", "not-satisfied", "not-applicable"}
    assert not [o.message for o in seen if "was not collected" in o.message or str(o.outcome) == "error"]


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_no_message_shows_code(check: str) -> None:
    for whole in _records(CHECKS[check]):
        for data in [whole, *spoiled(whole)]:
            for observation in _judge(CHECKS[check], data):
                assert not CODE.search(observation.message), data
