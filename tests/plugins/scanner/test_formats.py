"""Each scanner's format in small, written after its specification: verdicts become outcomes, none is lost."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest

from lpo_secaudit_plugins._files.raw import read_bytes
from lpo_secaudit_plugins.scanner.detect import READERS, read_scan
from lpo_secaudit_plugins.scanner.result import OUTCOMES, SEVERITIES, Scan, instant, outcome_of

OCSF_OLD = {
    "metadata": {"event_code": "c", "product": {"name": "Prowler"}},
    "class_uid": 2004,
    "status_code": "FAIL",
    "status": "Suppressed",
}
OCSF_COMPLIANCE = {
    "class_uid": 2003,
    "metadata": {"product": {"name": "Other"}},
    "compliance": {"status": "Pass", "control": "X.1"},
}
ASFF = {
    "SchemaVersion": "2018-10-08",
    "ProductArn": "arn",
    "AwsAccountId": "1",
    "GeneratorId": "g",
    "Id": "i",
}
CASES: dict[str, tuple[Any, str, list[str]]] = {
    "prowler-ocsf": (
        [OCSF_OLD, OCSF_OLD | {"status_code": "PASS"}, OCSF_OLD | {"status_code": "MANUAL"}],
        "prowler-ocsf",
        ["not-satisfied", "satisfied", "unavailable"],
    ),
    "ocsf-compliance": (
        [OCSF_COMPLIANCE, OCSF_COMPLIANCE | {"compliance": {"status": "Fail"}}],
        "ocsf",
        ["satisfied", "not-satisfied"],
    ),
    "asff-list": (
        [ASFF | {"Compliance": {"Status": s}} for s in ("PASSED", "FAILED", "WARNING", "NOT_AVAILABLE")],
        "asff",
        ["satisfied", "not-satisfied", "unavailable", "unavailable"],
    ),
    "asff-findings": ({"Findings": [ASFF]}, "asff", ["not-satisfied"]),
    "prowler-json": (
        [{"CheckID": "c", "Status": s, "StatusExtended": "e"} for s in ("PASS", "FAIL", "INFO")],
        "prowler-json",
        ["satisfied", "not-satisfied", "not-applicable"],
    ),
    "inspec": (
        {
            "profiles": [
                {
                    "name": "p",
                    "controls": [
                        {"id": "1", "impact": 0.7, "results": [{"status": "passed"}, {"status": "failed"}]},
                        {"id": "2", "impact": 0.7, "results": [{"status": "passed"}, {"status": "skipped"}]},
                        {"id": "3", "impact": 0.7, "results": [{"status": "skipped"}]},
                        {"id": "4", "impact": 0.0, "results": [{"status": "failed"}]},
                        {"id": "5", "impact": 0.5, "results": []},
                        {
                            "id": "6",
                            "impact": 0.5,
                            "results": [{"status": "skipped"}],
                            "waiver_data": {"skipped_due_to_waiver": True},
                        },
                    ],
                }
            ]
        },
        "inspec",
        ["not-satisfied", "satisfied", "unavailable", "not-applicable", "error", "unavailable"],
    ),
    "inspec-overlay": (
        {
            "profiles": [
                {
                    "name": "overlay",
                    "depends": [{"name": "base"}],
                    "controls": [{"id": "1", "impact": 1, "results": []}],
                },
                {
                    "name": "base",
                    "parent_profile": "overlay",
                    "controls": [{"id": "1", "impact": 1, "results": [{"status": "failed"}]}],
                },
            ]
        },
        "inspec",
        ["not-satisfied"],
    ),
    "trivy": (
        {
            "ArtifactName": "image",
            "ArtifactType": "container_image",
            "Results": [
                {
                    "Target": "os",
                    "Vulnerabilities": [
                        {"VulnerabilityID": "CVE-1", "Severity": "LOW"},
                        {"VulnerabilityID": "CVE-2", "Status": "not_affected"},
                    ],
                },
                {
                    "Target": "f",
                    "Misconfigurations": [
                        {"ID": "DS1", "Status": "PASS"},
                        {"ID": "DS2", "Status": "FAIL"},
                        {"ID": "DS3", "Status": "EXCEPTION"},
                    ],
                },
                {"Target": "s", "Secrets": [{"RuleID": "key"}], "Licenses": [{"Name": "GPL"}]},
                {"Target": "clean"},
            ],
        },
        "trivy",
        [
            "not-satisfied",
            "not-applicable",
            "satisfied",
            "not-satisfied",
            "unavailable",
            "not-satisfied",
            "not-satisfied",
        ],
    ),
    "sarif": (
        {
            "version": "2.1.0",
            "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
            "runs": [
                {
                    "tool": {
                        "driver": {
                            "name": "t",
                            "rules": [{"id": "A"}, {"id": "B", "defaultConfiguration": {"level": "error"}}],
                        }
                    },
                    "results": [
                        {"ruleId": "A"},
                        {"ruleIndex": 1},
                        {"kind": "pass"},
                        {"kind": "notApplicable"},
                        {"kind": "review"},
                        {"kind": "open"},
                        {"level": "none"},
                    ],
                },
                {"tool": {"driver": {"name": "u"}}, "results": [{"ruleId": "C"}]},
            ],
        },
        "sarif",
        [
            "not-satisfied",
            "not-satisfied",
            "satisfied",
            "not-applicable",
            "unavailable",
            "unavailable",
            "not-applicable",
            "not-satisfied",
        ],
    ),
    "testssl-flat": (
        [
            {"id": i, "ip": "h/1", "port": "443", "severity": s, "finding": "f"}
            for i, s in enumerate(("OK", "INFO", "WARN", "LOW", "CRITICAL", "FATAL"))
        ],
        "testssl",
        ["satisfied", "not-applicable", "unavailable", "not-satisfied", "not-satisfied", "error"],
    ),
    "scoutsuite": (
        "scoutsuite_results =\n"
        + json.dumps(
            {
                "last_run": {"version": "5"},
                "services": {
                    "s3": {
                        "findings": {
                            "a": {"checked_items": 3, "flagged_items": 1},
                            "b": {"checked_items": 3, "flagged_items": 0},
                            "c": {"checked_items": 0, "flagged_items": 0},
                            "d": {},
                        }
                    }
                },
            }
        ),
        "scoutsuite",
        ["not-satisfied", "satisfied", "not-applicable", "unavailable"],
    ),
    "checkov-many": (
        [
            {
                "check_type": t,
                "results": {
                    "passed_checks": [{"check_id": "1", "check_result": {"result": "PASSED"}}],
                    "failed_checks": [{"check_id": "2"}],
                    "skipped_checks": [{"check_id": "3"}],
                },
            }
            for t in ("terraform", "dockerfile")
        ],
        "checkov",
        ["satisfied", "not-satisfied", "unavailable"] * 2,
    ),
    "kube-bench": (
        {
            "Controls": [
                {
                    "node_type": "n",
                    "tests": [
                        {
                            "results": [
                                {"test_number": "1", "status": s} for s in ("PASS", "FAIL", "WARN", "INFO")
                            ]
                        }
                    ],
                }
            ]
        },
        "kube-bench",
        ["satisfied", "not-satisfied", "unavailable", "not-applicable"],
    ),
    "cklb": (
        {
            "stigs": [
                {
                    "rules": [
                        {"rule_id": "r", "status": s}
                        for s in ("open", "not_a_finding", "not_applicable", "not_reviewed")
                    ]
                }
            ]
        },
        "cklb",
        ["not-satisfied", "satisfied", "not-applicable", "unavailable"],
    ),
    "sslyze": (
        {
            "sslyze_version": "6",
            "server_scan_results": [
                {
                    "server_location": {"hostname": "h", "port": 443},
                    "scan_result": {
                        "tls_1_0_cipher_suites": {
                            "status": "COMPLETED",
                            "result": {"accepted_cipher_suites": [{}]},
                        },
                        "ssl_2_0_cipher_suites": {
                            "status": "COMPLETED",
                            "result": {"accepted_cipher_suites": []},
                        },
                        "heartbleed": {"status": "ERROR", "result": None},
                    },
                }
            ],
        },
        "sslyze",
        ["unavailable", "satisfied", "not-satisfied"],
    ),
}


PROWLER2 = {"Control": "[check1] x", "Control ID": "1", "Message": "m"}
VARIANTS: dict[str, tuple[Any, str, list[str]]] = {
    "prowler-2-lines": (
        "\n".join(json.dumps(PROWLER2 | {"Status": s}) for s in ("PASS", "FAIL", "INFO")),
        "prowler2-json",
        ["satisfied", "not-satisfied", "not-applicable"],
    ),
    "prowler-2-one": (PROWLER2 | {"Status": "FAIL"}, "prowler2-json", ["not-satisfied"]),
    "prowler-2-csv": (
        "PROFILE,TITLE_ID,CHECK_RESULT,TITLE_TEXT,CHECK_SEVERITY\np,1.1,FAIL,t,High\np,1.2,PASS,t,Low\n",
        "prowler2-csv",
        ["not-satisfied", "satisfied"],
    ),
    "tenable": (
        '"Plugin","Plugin Name","Severity","IP Address","Synopsis"\n'
        '"1","n","Critical","h","s;t|u"\n"2","n","Info","h","s"\n',
        "tenable-csv",
        ["not-satisfied", "not-applicable"],
    ),
    "asff-without-account": (
        {"findings": [{k: v for k, v in ASFF.items() if k != "AwsAccountId"} | {"GeneratorId": "g"}]},
        "asff",
        ["not-satisfied"],
    ),
    "asff-eventbridge": ({"detail": {"findings": [ASFF]}}, "asff", ["not-satisfied"]),
    "inspec-min": (
        {"controls": [{"id": "1", "profile_id": "p", "status": s} for s in ("passed", "failed", "skipped")]},
        "inspec-min",
        ["satisfied", "not-satisfied", "unavailable"],
    ),
    "trivy-before-0.20": (
        [{"Target": "t", "Vulnerabilities": [{"VulnerabilityID": "C"}]}],
        "trivy",
        ["not-satisfied"],
    ),
    "trivy-nothing-found": (
        {"SchemaVersion": 2, "ArtifactName": "i", "Results": [{"Vulnerabilities": None}]},
        "trivy",
        [],
    ),
    "trivy-cluster": (
        {
            "ClusterName": "c",
            "Resources": [
                {"Kind": "Pod", "Results": [{"Misconfigurations": [{"ID": "1", "Status": "FAIL"}]}]}
            ],
        },
        "trivy",
        ["not-satisfied"],
    ),
    "checkov-nothing": ({"passed": 0, "failed": 0, "checkov_version": "3"}, "checkov", []),
    "snyk-container": (
        {
            "ok": False,
            "vulnerabilities": [{"id": "1"}],
            "applications": [{"ok": False, "vulnerabilities": [{"id": "2"}]}],
        },
        "snyk",
        ["not-satisfied", "not-satisfied"],
    ),
    "wazuh-index": (
        {"hits": {"hits": [{"_source": {"vulnerability": {"id": "C"}}}]}},
        "wazuh-index",
        ["not-satisfied"],
    ),
    "observatory-bare": ({"csp": {"pass": True, "score_modifier": 0}}, "observatory", ["satisfied"]),
    "sslyze-2": (
        {
            "accepted_targets": [
                {
                    "commands_results": {
                        "tlsv1": {"accepted_cipher_list": [{}]},
                        "sslv2": {"accepted_cipher_list": []},
                        "heartbleed": {"error_message": "timeout"},
                    }
                }
            ]
        },
        "sslyze",
        ["unavailable", "satisfied", "not-satisfied"],
    ),
}


@pytest.mark.parametrize("name", VARIANTS)
def test_other_forms_of_the_same_formats(name: str) -> None:
    content, kind, outcomes = VARIANTS[name]
    scan = scan_of(content)
    assert (scan.kind, [r.outcome for r in scan.results]) == (kind, outcomes)


def test_nikto_xml() -> None:
    items = '<item id="1"/><item id="2"/>'
    xml = f'<niktoscan version="2"><scandetails targethostname="h">{items}</scandetails></niktoscan>'
    assert scan_of(xml).counts() == {"not-satisfied": 2}


def scan_of(content: Any) -> Scan:
    text = content if isinstance(content, str) else json.dumps(content)
    found = read_scan(text.encode(), "file")
    assert found is not None
    return found


@pytest.mark.parametrize("name", CASES)
def test_json_formats(name: str) -> None:
    content, kind, outcomes = CASES[name]
    scan = scan_of(content)
    assert (scan.kind, [r.outcome for r in scan.results]) == (kind, outcomes)
    assert {r.severity for r in scan.results} <= set(SEVERITIES)


def test_ocsf_one_object_a_line() -> None:
    lines = "\n".join(json.dumps(OCSF_OLD | {"status_code": s}) for s in ("PASS", "FAIL"))
    assert scan_of(lines).counts() == {"not-satisfied": 1, "satisfied": 1}


def test_a_muted_fault_stays_a_fault() -> None:
    result = scan_of([OCSF_OLD]).results[0]
    assert (result.outcome, result.suppressed, result.verdict) == ("not-satisfied", True, "FAIL")


XCCDF = (
    '<?xml version="1.0"?><Benchmark xmlns="http://checklists.nist.gov/xccdf/1.2">'
    '<Rule id="r1"><title>First</title></Rule>'
    '<TestResult id="t" end-time="2026-01-01T00:00:00"><target>host</target>{}</TestResult></Benchmark>'
)
WORDS = {
    "pass": "satisfied",
    "fixed": "satisfied",
    "fail": "not-satisfied",
    "error": "error",
    "unknown": "unavailable",
    "notchecked": "unavailable",
    "notapplicable": "not-applicable",
    "notselected": "not-applicable",
    "informational": "not-applicable",
}


def rule_results() -> str:
    return "".join(
        f'<rule-result idref="r1" severity="high"><result>{w}</result></rule-result>' for w in WORDS
    )


def test_xccdf_knows_every_result_of_the_specification() -> None:
    scan = scan_of(XCCDF.format(rule_results()))
    assert (scan.kind, [r.outcome for r in scan.results]) == ("xccdf", list(WORDS.values()))
    assert scan.results[0].title == "First"


def test_xccdf_within_arf() -> None:
    inner = XCCDF.format(rule_results()).split("?>", 1)[1]
    scan = scan_of(
        f'<asset-report-collection xmlns="http://scap.nist.gov/schema/asset-reporting-format/1.'
        f'1"><reports>{inner}</reports></asset-report-collection>'
    )
    assert (scan.kind, len(scan.results)) == ("arf", len(WORDS))


def test_nessus_severities_and_compliance() -> None:
    items = "".join(
        f'<ReportItem port="0" severity="{n}" pluginID="{n}"><risk_factor>x</risk_factor></ReportItem>'
        for n in range(5)
    )
    items += (
        '<ReportItem severity="0" pluginID="9" xmlns:cm="http://www.nessus.org/cm"><cm:complia'
        "nce-result>FAILED</cm:compliance-result></ReportItem>"
    )
    xml = (
        f'<?xml version="1.0"?><NessusClientData_v2><Report name="r"><ReportHost name="h">'
        f"{items}</ReportHost></Report></NessusClientData_v2>"
    )
    scan = scan_of(xml)
    assert [r.outcome for r in scan.results] == ["not-applicable", *["not-satisfied"] * 5]
    assert [r.severity for r in scan.results[:5]] == ["informational", "low", "medium", "high", "critical"]


def test_openvas_within_the_protocols_envelope() -> None:
    result = (
        '<result id="{0}"><host>h</host><nvt oid="{0}"><name>n</name></nvt><threat>{1}</threat'
        "><severity>5.0</severity></result>"
    )
    results = "".join(result.format(n, t) for n, t in enumerate(("High", "Log", "False Positive")))
    for envelope in ("{}", "<get_reports_response>{}</get_reports_response>"):
        xml = envelope.format(
            f'<report id="a"><report id="a"><results start="1">{results}</results></report></report>'
        )
        assert [r.outcome for r in scan_of(xml).results] == [
            "not-satisfied",
            "not-applicable",
            "not-applicable",
        ]


def test_ckl_statuses() -> None:
    vulns = "".join(
        (
            f"<VULN><STIG_DATA><VULN_ATTRIBUTE>Rule_ID</VULN_ATTRIBUTE><ATTRIBUTE_DATA>r</ATTRIBUTE"
            f"_DATA></STIG_DATA><STATUS>{s}</STATUS></VULN>"
        )
        for s in ("Open", "NotAFinding", "Not_Applicable", "Not_Reviewed")
    )
    scan = scan_of(f"<CHECKLIST><STIGS><iSTIG>{vulns}</iSTIG></STIGS></CHECKLIST>")
    assert [r.outcome for r in scan.results] == [
        "not-satisfied",
        "satisfied",
        "not-applicable",
        "unavailable",
    ]


def test_lynis_warnings_suggestions_and_an_unfinished_scan() -> None:
    text = (
        "# Lynis Report\nlynis_version=3.1.4\nhostname=h\nwarning[]=AUTH-1|No password|-|-|\ns"
        "uggestion[]=SSH-1|Harden|Port|x|\n"
    )
    scan = scan_of(text)
    assert [(r.rule, r.severity, r.resource) for r in scan.results] == [
        ("AUTH-1", "medium", "h"),
        ("SSH-1", "low", "h"),
    ]
    assert scan.problems == ("the scan did not finish",)
    assert scan_of(text + "finish=true\n").problems == ()


TABLES = {
    "prowler-csv": "CHECK_ID;STATUS;STATUS_EXTENDED;SEVERITY\nc;PASS;e;low\nc;FAIL;e;high\nc;MANUAL;e;low\n",
    "testssl-csv": (
        '"id","fqdn/ip","port","severity","finding","cve","cwe"\n"a","h/1","443","OK","x","","'
        '"\n"b","h/1","443","HIGH","x","",""\n"c","h/1","443","WARN","x","",""\n'
    ),
    "nessus-csv": (
        "Plugin ID,CVE,Risk,Host,Protocol,Port,Name,Synopsis\n1,,High,h,tcp,1,n,s\n2,,None,h,t"
        "cp,1,n,s\n3,,Low,h,tcp,1,n,s\n"
    ),
    "defender-csv": (
        "recommendationId,recommendationName,state,severity\n1,n,Healthy,High\n2,n,Unhealthy,H"
        "igh\n3,n,NotApplicable,Low\n"
    ),
}
TABLE_OUTCOMES = {
    "prowler-csv": ["satisfied", "not-satisfied", "unavailable"],
    "testssl-csv": ["satisfied", "not-satisfied", "unavailable"],
    "nessus-csv": ["not-satisfied", "not-applicable", "not-satisfied"],
    "defender-csv": ["satisfied", "not-satisfied", "not-applicable"],
}


@pytest.mark.parametrize("kind", TABLES)
def test_tables(kind: str) -> None:
    scan = scan_of(TABLES[kind])
    assert (scan.kind, [r.outcome for r in scan.results]) == (kind, TABLE_OUTCOMES[kind])


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_byte_order_marks_and_gzip(encoding: str, tmp_path: Path) -> None:
    (tmp_path / "f.gz").write_bytes(gzip.compress(json.dumps([OCSF_OLD]).encode(encoding)))
    scan = read_scan(read_bytes(tmp_path / "f.gz", "f"), "f")
    assert scan is not None and scan.kind == "prowler-ocsf"


@pytest.mark.parametrize(
    "content",
    [
        "",
        "hello",
        "{}",
        "[]",
        '{"a": 1}',
        "<a/>",
        "a,b\n1,2\n",
        "[1,2,3]",
        '{"profiles": 3}',
        '{"runs": [1], "version": "2.1.0"}',
    ],
)
def test_what_is_no_scanners_is_not_guessed(content: str) -> None:
    found = read_scan(content.encode(), "file")
    assert found is None or not found.results


def test_an_unknown_word_is_never_a_pass() -> None:
    assert outcome_of("splendid") == "unavailable"
    assert outcome_of("") == "unavailable"
    assert set(OUTCOMES) >= {outcome_of(w) for w in ("PASS", "fail", "n/a", "error", "warn")}


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("2026-01-02T03:04:05Z", "2026-01-02T03:04:05+00:00"),
        ("2026-01-02T05:04:05.123456789+02:00", "2026-01-02T03:04:05.123456+00:00"),
        (1767323045, "2026-01-02T03:04:05+00:00"),
        ("1767323045000", "2026-01-02T03:04:05+00:00"),
        ("Fri, 02 Jan 2026 03:04:05", "2026-01-02T03:04:05+00:00"),
    ],
)
def test_instants(value: Any, iso: str) -> None:
    found = instant(value)
    assert found is not None and found.isoformat() == iso


@pytest.mark.parametrize("value", ["", "never", None, True, "32/13/2026", 1e30, "9" * 14])
def test_what_is_no_instant(value: Any) -> None:
    assert instant(value) is None or str(value).isdigit()


def test_formats_are_told_apart() -> None:
    kinds = [(r.kind, r.form) for r in READERS]
    assert len(kinds) == len(set(kinds))
