"""`secaudit evidence`: what each handed-over file is; counts that an independent count confirms.

The independent counts below read the files with the plainest means of the standard library
(csv, json, regular expressions over XML, zipfile), never with the code that is tested.
"""

from __future__ import annotations

import csv
import gzip
import io
import json
import re
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import typer
from typer.testing import CliRunner

from lpo_secaudit.cli.codes import ExitCode
from lpo_secaudit.cli.evidence import describe, evidence
from lpo_secaudit.model.survey import FileReader
from lpo_secaudit_plugins import certificate, identity, questionnaire, scanner
from tests.shared import need

READERS: list[FileReader] = sorted(
    (m.plugin().collectors[0] for m in (scanner, identity, certificate, questionnaire)),  # type: ignore[misc]
    key=lambda reader: reader.order,  # type: ignore[attr-defined]
)


def told(file: Path) -> dict[str, Any]:
    return describe(file, READERS)


def text_of(path: Path) -> str:
    raw = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
    for encoding in ("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig", "cp1252"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise AssertionError(path)


def load(path: Path) -> Any:
    text = text_of(path)
    return json.loads(text[text.index("=") + 1 :] if path.suffix == ".js" else text)


def rows(path: Path, delimiter: str = ",", skip: int = 0) -> list[dict[str, str]]:
    lines = io.StringIO(text_of(path), newline="")
    for _ in range(skip):
        next(lines)
    return list(csv.DictReader(lines, delimiter=delimiter))


def cells(path: Path, sheet: str) -> Iterator[dict[str, str]]:
    """{column letters: text} of each row, straight from the workbook's XML."""
    ns = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
    with zipfile.ZipFile(path) as book:
        strings = [
            "".join(t.text or "" for t in si.iter(f"{{{ns['m']}}}t"))
            for si in ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
        ]
        names = [
            s.get("name")
            for s in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{{{ns['m']}}}sheet")
        ]
        rels = {
            r.get("Id"): r.get("Target")
            for r in ElementTree.fromstring(book.read("xl/_rels/workbook.xml.rels"))
        }
        ids = [
            s.get("{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id")
            for s in ElementTree.fromstring(book.read("xl/workbook.xml")).iter(f"{{{ns['m']}}}sheet")
        ]
        target = str(rels[ids[names.index(sheet)]]).lstrip("/").removeprefix("xl/")
        tree = ElementTree.fromstring(book.read(f"xl/{target}"))
        for row in tree.iter(f"{{{ns['m']}}}row"):
            found = {}
            for cell in row:
                value = cell.find("m:v", ns)
                inline = cell.find("m:is", ns)
                text = ""
                if value is not None and value.text is not None:
                    text = strings[int(value.text)] if cell.get("t") == "s" else value.text
                elif inline is not None:
                    text = "".join(t.text or "" for t in inline.iter(f"{{{ns['m']}}}t"))
                if text.strip():
                    found[re.sub(r"\d", "", str(cell.get("r")))] = text.strip()
            yield found


Counted = tuple[int, dict[str, int]]


def by(values: list[Any], words: dict[Any, str]) -> Counted:
    counts = Counter(words[v] for v in values)
    return len(values), dict(sorted(counts.items()))


FAULT, FINE, NA, OPEN = "not-satisfied", "satisfied", "not-applicable", "unavailable"
PASS_FAIL = {"PASS": FINE, "FAIL": FAULT, "PASSED": FINE, "FAILED": FAULT, None: FAULT}
TESTSSL = {
    "OK": FINE,
    "INFO": NA,
    "WARN": OPEN,
    **dict.fromkeys(("LOW", "MEDIUM", "HIGH", "CRITICAL"), FAULT),
}
XCCDF = {"pass": FINE, "fail": FAULT, "notapplicable": NA, "notselected": NA}
SCUBA = {"Pass": FINE, "Fail": FAULT, "Warning": FAULT, "N/A": OPEN}


def asff(path: Path) -> Counted:
    value = load(path)
    found = value if isinstance(value, list) else next(iter(value.values()))
    return by([(f.get("Compliance") or {}).get("Status") for f in found], PASS_FAIL)


def inspec(path: Path) -> Counted:
    outcomes = []
    for profile in load(path)["profiles"]:
        for control in profile["controls"]:
            words = {r["status"] for r in control["results"]}
            if control["impact"] == 0:
                outcomes.append(NA)
            else:
                outcomes.append(FAULT if "failed" in words else FINE if "passed" in words else OPEN)
    return len(outcomes), dict(sorted(Counter(outcomes).items()))


def xccdf(path: Path) -> Counted:
    text = text_of(path)
    inside = re.findall(r"<(?:[\w.-]+:)?rule-result\b.*?</(?:[\w.-]+:)?rule-result>", text, re.DOTALL)
    return by([re.search(r"<(?:[\w.-]+:)?result>(\w+)<", r)[1] for r in inside], XCCDF)  # type: ignore[index]


def scout(path: Path) -> Counted:
    found = [f for s in load(path)["services"].values() for f in s.get("findings", {}).values()]
    return by(
        [FAULT if f["flagged_items"] else FINE if f["checked_items"] else NA for f in found],
        {FAULT: FAULT, FINE: FINE, NA: NA},
    )


def pretty_testssl(path: Path) -> Counted:
    words = re.findall(r'"severity"\s*:\s*"(\w+)"', text_of(path))
    return by(words, TESTSSL)


def all_faults(pattern: str) -> Callable[[Path], Counted]:
    def count(path: Path) -> Counted:
        number = len(re.findall(pattern, text_of(path)))
        return number, {FAULT: number}

    return count


def trivy_statuses(path: Path) -> Counted:
    words = re.findall(r'"Status": "(\w+)"', text_of(path))
    return by([NA if w == "not_affected" else FAULT for w in words], {NA: NA, FAULT: FAULT})


def nmap(path: Path) -> Counted:
    number = len(re.findall(r"<port ", text_of(path)))
    return number, {NA: number}


SCANNERS: dict[str, Callable[[Path], Counted]] = {
    "prowler5.46_seed11.ocsf.json": lambda p: by([f["status_code"] for f in load(p)], PASS_FAIL),
    "prowler_v3_ocsf_many.json": lambda p: by([f["status_code"] for f in load(p)], PASS_FAIL),
    "prowler_v3_native_many.json": lambda p: by([f["Status"] for f in load(p)], PASS_FAIL),
    "prowler5.46_seed11.csv": lambda p: by([r["STATUS"] for r in rows(p, ";")], PASS_FAIL),
    "prowler5.46_compliance_gdpr_aws.csv": lambda p: by([r["STATUS"] for r in rows(p, ";")], PASS_FAIL),
    "prowler5.46_seed11.asff.json": asff,
    "asff_sample.json": asff,
    "securityhub_config_many.json": asff,
    "securityhub_guardduty.json": asff,
    "inspec_aws-s3-baseline.json": inspec,
    "inspec_rhel_cve_failures.json": inspec,
    "inspec_small_overrides_hdf.json": inspec,
    "inspec_rhel8_one_of_each_status.json": inspec,
    "xccdf_openscap_rhel7.xml": xccdf,
    "xccdf_rhsa_one.xml": xccdf,
    "arf_debian_standard.xml.gz": xccdf,
    "ckl_small_overrides.ckl": lambda p: by(
        re.findall(r"<STATUS>(\w+)</STATUS>", text_of(p)),
        {"Open": FAULT, "NotAFinding": FINE, "Not_Applicable": NA, "Not_Reviewed": OPEN},
    ),
    "nessus_many.xml": lambda p: by(re.findall(r'<ReportItem[^>]* severity="(\d)"', text_of(p)), {"0": NA}),
    "nessus_many2_all.csv": lambda p: by([r["Risk"] for r in rows(p)], {"None": NA, "Medium": FAULT}),
    "openvas_many.xml": all_faults(r"<result id="),
    "openvas_cve.csv": lambda p: by([r["Severity"] for r in rows(p)], {"High": FAULT, "Medium": FAULT}),
    "trivy_all_statuses.json": trivy_statuses,
    "trivy_misconfig_secrets.json": all_faults(r'"Severity": "'),
    "grype_amazon.json": lambda p: (len(load(p)["matches"]), {FAULT: len(load(p)["matches"])}),
    "snyk_all_projects.json": lambda p: (n := sum(len(x["vulnerabilities"]) for x in load(p)), {FAULT: n}),
    "checkov_severity.json": lambda p: (load(p)["summary"]["failed"], {FAULT: load(p)["summary"]["failed"]}),
    "sarif_flawfinder.sarif": all_faults(r'"ruleId":'),
    "lynis_one.dat": all_faults(r"(?m)^(?:warning|suggestion)\[\]="),
    "scoutsuite_heimdall.js": scout,
    "scoutsuite_two_findings.js": scout,
    "testssl_pretty_localhost.json": pretty_testssl,
    "testssl_localhost.csv": lambda p: by([r["severity"] for r in rows(p)], TESTSSL),
    "testssl_references.csv": lambda p: by([r["severity"] for r in rows(p)], TESTSSL),
    "nikto_zero.json": all_faults(r'"OSVDB"'),
    "wazuh_4.7.json": all_faults(r'"cve":'),
    "nmap_multiple_port.xml": nmap,
    "azure_security_center.csv": lambda p: by(
        [r["state"] for r in rows(p)], {"Healthy": FINE, "Unhealthy": FAULT}
    ),
    "wiz_resolved.csv": lambda p: by([r["Status"] for r in rows(p)], {"RESOLVED": FINE}),
    "prisma_cloud.csv": lambda p: (len(rows(p)), {FAULT: len(rows(p))}),
    "qualys_vmdr_cve.csv": lambda p: by(
        [r["Status"] for r in rows(p, skip=3)], {"ACTIVE": FAULT, "FIXED": FINE}
    ),
    "scubagear_ScubaResults.csv": lambda p: by([r["Result"] for r in rows(p)], SCUBA),
    "scubagear_AADReport.json": lambda p: by(re.findall(r'"Result":\s*"([^"]+)"', text_of(p)), SCUBA),
    "observatory_demo.json": lambda p: by(
        re.findall(r'"pass": (\w+)', text_of(p)), {"true": FINE, "false": FAULT}
    ),
    "cloudsploit_many.json": lambda p: by(
        [r["status"] for r in load(p)], {"OK": FINE, "FAIL": FAULT, "WARN": FAULT}
    ),
}


@pytest.mark.parametrize("name", SCANNERS)
def test_scanner_results_are_counted_as_an_independent_count_does(name: str) -> None:
    path = need("evidence_samples", "scanners", name)
    found = told(path)
    assert (found["records"], found["counts"]) == SCANNERS[name](path)
    assert found["kind"] != "unknown"


def sslyze_commands(path: Path) -> int:
    (server,) = load(path)["server_scan_results"]
    return len(server.get("scan_result") or server["scan_commands_results"])


@pytest.mark.parametrize("name", ["sslyze_localhost.json", "sslyze_one_vuln_old.json"])
def test_sslyze_has_one_record_a_scan_command(name: str) -> None:
    path = need("evidence_samples", "scanners", name)
    assert told(path)["records"] == sslyze_commands(path)


@pytest.mark.parametrize(
    ("name", "alerts"), [("zap_webgoat.json", r'"alert":'), ("zap_juicy2.xml", r"<alertitem>")]
)
def test_zap_has_one_record_an_alert(name: str, alerts: str) -> None:
    path = need("evidence_samples", "scanners", name)
    assert told(path)["records"] == len(re.findall(alerts, text_of(path)))


def test_every_scanner_file_is_recognised() -> None:
    folder = need("evidence_samples", "scanners")
    kinds = {path.name: told(path)["kind"] for path in sorted(folder.iterdir())}
    assert [name for name, kind in kinds.items() if kind == "unknown"] == []


ID = re.compile(r"[A-Z0-9]{3,5}-\d{1,3}[a-z]?\Z")


def plain(answer: str) -> str:
    word = re.sub(r"^\d\) ", "", answer.strip().lower())  # HECVAT numbers some choices
    return {"yes": "yes", "no": "no", "n/a": "not-applicable", "na": "not-applicable", "": "unanswered"}.get(
        word, "text"
    )


def hecvat(sheet: str) -> Callable[[Path], Counted]:
    def count(path: Path) -> Counted:
        found = [plain(row.get("C", "")) for row in cells(path, sheet) if ID.match(row.get("A", ""))]
        return len(found), dict(sorted(Counter(found).items()))

    return count


def hecvat4(path: Path) -> Counted:
    sheets = (
        "START HERE",
        "Organization",
        "Product",
        "Infrastructure",
        "IT Accessibility",
        "Case-Specific",
        "AI",
        "Privacy",
    )
    ids = {row["A"] for sheet in sheets for row in cells(path, sheet) if ID.match(row.get("A", ""))}
    return len(ids), {"unanswered": len(ids)}


def caiq4(path: Path) -> Counted:
    found = [
        plain(r.get("C", ""))
        for r in cells(path, "CAIQv4.0.3")
        if re.match(r"[A-Z&]{3}-\d\d\.\d", r.get("A", ""))
    ]
    return len(found), dict(sorted(Counter(found).items()))


def caiq3(path: Path) -> Counted:
    marks = {"F": "yes", "G": "no", "H": "not-applicable"}
    found = []
    for row in cells(path, "CSA CAIQ v3.0.1"):
        if "E" in row and re.search(r"\d\.\d", row.get("C", "")):
            found.extend([marks[c] for c in marks if row.get(c, "").lower() == "x"] or ["unanswered"])
    return len(found), dict(sorted(Counter(found).items()))


def vsaq(path: Path) -> Counted:
    number = len(
        re.findall(r'"type":\s*"(?:line|box|radiogroup|checkgroup|yesno|upload|check|radio)"', text_of(path))
    )
    return number, {"unanswered": number}


def trust_centre(path: Path) -> Counted:
    words = re.findall(r'"answer": "([\w-]+)"', text_of(path))
    return by(words, {"yes": "yes", "no": "no", "partial": "partial", "na": "not-applicable"})


QUESTIONNAIRES: dict[str, Callable[[Path], Counted]] = {
    "caiq_v4.0.3_instructure_2024.xlsx": caiq4,
    "caiq_v4.0.3_blank.xlsx": caiq4,
    "caiq_v3.0.1_filled_testdata.xlsx": caiq3,
    "caiq_lite_forgedapps.md": lambda p: by(
        [line.split(" | ")[3] for line in text_of(p).splitlines() if re.search(r"-\d\d\.\d \|", line)],
        {"Yes": "yes"},
    ),
    "hecvat_lite_canvas_catalog.xlsx": hecvat("HECVAT - Lite | Vendor Response"),
    "hecvat_full_canvas_lms.xlsx": hecvat("HECVAT - Full | Vendor Response"),
    "hecvat_v4.14_blank.xlsx": hecvat4,
    "vsaq_webapp.json": vsaq,
    "vsaq_infrastructure.json": vsaq,
    "fimil_vsa-full.json": trust_centre,
    "fimil_mvsp.json": trust_centre,
    "bestpractices_eirctl.json": lambda p: by(
        re.findall(r'_status": "([^"]+)"', text_of(p)), {"Met": "yes", "Unmet": "no", "N/A": "not-applicable"}
    ),
}


@pytest.mark.parametrize("name", QUESTIONNAIRES)
def test_answers_are_counted_as_an_independent_count_does(name: str) -> None:
    path = need("evidence_samples", "questionnaires", name)
    found = told(path)
    assert (found["records"], found["counts"]) == QUESTIONNAIRES[name](path)


IDENTITY: dict[str, Callable[[Path], int]] = {
    "aws_credential_report_moto_seed11.csv": lambda p: len(rows(p)),
    "aws_credential_report_testbench.csv": lambda p: len(rows(p)),
    "duo_users.json": lambda p: len(re.findall(r'"is_enrolled"', text_of(p))),
    "entra_userRegistrationDetails.json": lambda p: len(re.findall(r'"isMfaCapable"', text_of(p))),
    "google_admin_csv_header_2020.csv": lambda p: 0,
    "google_directory_users_a.json": lambda p: len(re.findall(r'"primaryEmail"', text_of(p))),
    "okta_factors_signed_nonce.json": lambda p: len(load(p)),
    "okta_policies_password.json": lambda p: len(load(p)),
    "okta_users_list8.json": lambda p: len(load(p)),
}


@pytest.mark.parametrize("name", IDENTITY)
def test_accounts_are_counted_as_an_independent_count_does(name: str) -> None:
    path = need("evidence_samples", "identity", name)
    found = told(path)
    assert found["kind"] != "unknown"
    assert found["records"] == sum(found["counts"].values()) == IDENTITY[name](path)


CERTIFICATES = {
    "soc3_gcp.pdf": "soc3",
    "iso27001_instructure.pdf": "iso27001",
    "iso27001_soa_instructure.pdf": "iso27001-soa",
    "coi_instructure_inc.pdf": "insurance",
    "coi_instructure_global_2023.pdf": "insurance",
    "pentest_surfshark_cure53.pdf": "penetration-test",
    "pentest_ivpn_cure53_summary.pdf": "penetration-test",
    "pci_dss_summary_instructure_2024.pdf": "pci-dss",
    "txramp2_canvas_lms.pdf": "txramp",
}


@pytest.mark.parametrize("name", CERTIFICATES)
def test_certificates_are_recognised(name: str) -> None:
    found = told(need("evidence_samples", "certificates", name))
    assert (found["kind"], found["records"]) == (CERTIFICATES[name], 1)


def command() -> typer.Typer:
    app = typer.Typer()
    app.command()(evidence)
    return app


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """The command with exactly the first-party readers, installed or not."""
    from lpo_secaudit.plugins import PluginSet

    found = PluginSet({}, {type(r).__name__: r for r in READERS}, {})  # type: ignore[misc]
    monkeypatch.setattr("lpo_secaudit.plugins.load_plugins", lambda: found)


@pytest.mark.usefixtures("plugins")
class TestCommand:
    def run(self, *arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(command(), list(arguments))
        return result.exit_code, result.stdout

    def test_one_line_a_file(self, tmp_path: Path) -> None:
        (tmp_path / "q.csv").write_text("ID,Question,Answer\n1,Is it safe?,Yes\n2,Is it sound?,\n")
        (tmp_path / "n.txt").write_text("nothing")
        code, out = self.run(str(tmp_path / "q.csv"), str(tmp_path / "n.txt"), "--format", "jsonl")
        first, second = (json.loads(line) for line in out.splitlines())
        assert code == ExitCode.INCOMPLETE
        assert first == {
            "file": str(tmp_path / "q.csv"),
            "kind": "questionnaire",
            "records": 2,
            "counts": {"unanswered": 1, "yes": 1},
            "problems": ["unanswered (1: 2)"],
        }
        assert (second["kind"], second["records"], second["counts"]) == ("unknown", 0, {})
        assert second["problems"]

    def test_text_and_json_say_the_same(self, tmp_path: Path) -> None:
        file = tmp_path / "q.csv"
        file.write_text("ID,Question,Answer\n1,Is it safe?,Yes\n")
        assert self.run(str(file)) == (0, f"{file}: questionnaire, 1 records (1 yes)\n")
        assert json.loads(self.run(str(file), "-f", "json")[1])[0]["records"] == 1

    @pytest.mark.parametrize(
        "raw",
        [
            b"[" * 5000,
            b'{"a": NaN}',
            b'{"a": 1, "a": 2}',
            b'<!DOCTYPE a [<!ENTITY x "y">]><a>&x;</a>',
            b"PK\x03\x04broken",
            b"%PDF-1.4 broken",
            b"\x00" * 100,
            b"\xff\xfe",
            b"\x1f\x8bbroken",
            b"",
        ],
    )
    def test_hostile_files_are_unknown_with_a_reason(self, tmp_path: Path, raw: bytes) -> None:
        (tmp_path / "evil").write_bytes(raw)
        code, out = self.run(str(tmp_path / "evil"), "-f", "jsonl")
        found = json.loads(out)
        assert (code, found["kind"]) == (ExitCode.INCOMPLETE, "unknown")
        assert found["problems"]
        assert not any("Traceback" in p or "failed: " in p for p in found["problems"])

    def test_a_missing_file_is_said(self, tmp_path: Path) -> None:
        code, out = self.run(str(tmp_path / "absent.json"), "-f", "jsonl")
        assert code == ExitCode.INCOMPLETE and "no such file" in out
