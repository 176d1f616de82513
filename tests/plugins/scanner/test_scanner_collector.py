"""Scanner results as evidence: every result a record, broken files a gap, the tool's verdict judged."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from lpo_secaudit.errors import InputError, LimitExceededError
from lpo_secaudit.model.check import Outcome
from lpo_secaudit.model.evidence import ListingStatus
from lpo_secaudit_plugins._files import xml_safe
from lpo_secaudit_plugins.scanner import plugin
from lpo_secaudit_plugins.scanner.detect import read_scan
from tests.plugins.collecting import collect_source, observe


def prowler(
    check: str, status: str, severity: str = "High", when: str = "2026-11-20T00:00:00"
) -> dict[str, object]:
    return {
        "class_uid": 2004,
        "metadata": {"event_code": check, "product": {"name": "Prowler", "version": "5"}},
        "status_code": status,
        "severity": severity,
        "time_dt": when,
        "finding_info": {"title": "S3 bucket has default encryption at rest"},
        "resources": [{"uid": "arn:aws:s3:::b", "region": "eu-west-1"}],
    }


def test_every_result_is_a_record_even_twice_the_same(tmp_path: Path) -> None:
    one = prowler("s3_bucket_default_encryption", "FAIL")
    (tmp_path / "p.json").write_text(json.dumps([one, one, one | {"status_code": "PASS"}]))
    bundle = collect_source(plugin(), tmp_path, {"file": "p.json"})
    records = list(bundle.records("scanner.result"))
    assert len(records) == 3 and len({r.subject.id for r in records}) == 3
    assert {r.data["verdict"] for r in records} == {"FAIL", "PASS"}
    assert records[0].data["topics"] == ["encryption-at-rest"]


def test_the_tools_verdict_decides_on_its_topic(tmp_path: Path) -> None:
    rows = [prowler("s3_bucket_default_encryption", s) for s in ("PASS", "FAIL", "MANUAL")]
    (tmp_path / "p.json").write_text(json.dumps(rows))
    bundle = collect_source(plugin(), tmp_path, {"file": "p.json"})
    severe = observe(plugin(), bundle, "scan-encryption-at-rest-severe")
    assert sorted(o.outcome for o in severe) == [
        Outcome.NOT_SATISFIED,
        Outcome.SATISFIED,
        Outcome.UNAVAILABLE,
    ]
    assert [o.outcome for o in observe(plugin(), bundle, "scan-encryption-at-rest")] == [
        Outcome.NOT_APPLICABLE
    ]


def test_an_old_scan_is_stale_and_one_from_the_future_is_not_believed(tmp_path: Path) -> None:
    rows = [
        prowler("s3_bucket_default_encryption", "PASS", when="2025-01-01T00:00:00"),
        prowler("s3_bucket_default_encryption", "PASS", when="2099-01-01T00:00:00"),
    ]
    (tmp_path / "p.json").write_text(json.dumps(rows))
    bundle = collect_source(plugin(), tmp_path, {"file": "p.json"})
    found = observe(plugin(), bundle, "scan-encryption-at-rest-severe")
    assert sorted(o.outcome for o in found) == [Outcome.STALE, Outcome.UNAVAILABLE]


def test_one_broken_file_leaves_the_others_standing(tmp_path: Path) -> None:
    (tmp_path / "p.json").write_text(json.dumps([prowler("s3_bucket_default_encryption", "PASS")]))
    (tmp_path / "cut.json").write_text('[{"class_uid": 20')
    (tmp_path / "other.txt").write_text("hello")
    bundle = collect_source(plugin(), tmp_path, {"files": ["p.json", "cut.json", "other.txt", "absent.json"]})
    states = {x.scope: x.status for x in bundle.listings if x.type == "scanner.result"}
    assert states == {
        "p.json": ListingStatus.COMPLETE,
        "cut.json": ListingStatus.UNAVAILABLE,
        "other.txt": ListingStatus.UNAVAILABLE,
        "absent.json": ListingStatus.UNAVAILABLE,
    }
    outcomes = [o.outcome for o in observe(plugin(), bundle, "scan-encryption-at-rest-severe")]
    assert outcomes.count(Outcome.UNAVAILABLE) == 3 and Outcome.SATISFIED in outcomes


def test_mutes_missing_dates_and_troubles_are_reported(tmp_path: Path) -> None:
    muted = prowler("iam_root_mfa_enabled", "FAIL") | {"status": "Suppressed"}
    (tmp_path / "p.json").write_text(json.dumps([muted]))
    (tmp_path / "l.dat").write_text("# Lynis Report\nlynis_version=3\n")
    bundle = collect_source(plugin(), tmp_path, {"files": ["p.json", "l.dat"]})
    found = {
        (o.check, o.subject.id): o.outcome
        for o in observe(plugin(), bundle)
        if o.check.startswith("scanner-")
    }
    assert found == {
        ("scanner-unmuted", "p.json"): Outcome.NOT_SATISFIED,
        ("scanner-unmuted", "l.dat"): Outcome.SATISFIED,
        ("scanner-dated", "p.json"): Outcome.SATISFIED,
        ("scanner-dated", "l.dat"): Outcome.UNAVAILABLE,
        ("scanner-complete", "p.json"): Outcome.SATISFIED,
        ("scanner-complete", "l.dat"): Outcome.NOT_SATISFIED,
    }


@pytest.mark.parametrize(
    "xml",
    [
        '<!DOCTYPE a [<!ENTITY x "y">]><NessusClientData_v2>&x;</NessusClientData_v2>',
        '<!DOCTYPE a [<!ENTITY x "xx"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>',
        '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>',
        '<!DOCTYPE a [<!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;]><a/>',
        "<a><b></a>",
        "<",
        '<?xml version="1.0" encoding="nonsense"?><a/>',
    ],
)
def test_hostile_xml_ends_in_a_clear_error(xml: str) -> None:
    with pytest.raises(InputError):
        read_scan(xml.encode(), "evil.xml")


def test_xml_too_deep_or_too_long(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(LimitExceededError):
        read_scan(("<a>" * 300 + "</a>" * 300).encode(), "deep.xml")
    monkeypatch.setattr(xml_safe, "MAX_ELEMENTS", 10)
    with pytest.raises(LimitExceededError):
        read_scan(("<a>" + "<b/>" * 20 + "</a>").encode(), "long.xml")


def test_a_doctype_without_entities_is_let_through() -> None:
    scan = read_scan(b'<?xml version="1.0"?><!DOCTYPE nmaprun><nmaprun version="7"/>', "n.xml")
    assert scan is not None and scan.kind == "nmap"
