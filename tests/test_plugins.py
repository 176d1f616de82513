"""Plugins: a foreign distribution adds to the audit, and a broken one is reported instead of crashing it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from lpo_secaudit.plugins import Plugin, load_plugins
from tests.worlds import BoxCollector, box_check, box_plugin

ROOT = Path(__file__).resolve().parents[1]
CATALOG = """
catalog: premises
title: Rules of the review rooms
version: "1"
source: own rules
controls:
  - {id: escort, title: Visitors are escorted, citation: House rule 4, severity: medium,
     requirement: Every visitor to a review room is escorted by staff., checks: [premises-visitors-escorted]}
"""
ENGAGEMENT = """
engagement: rooms
client: {name: Example Law LLP}
provider: {name: Acme}
data: {classes: [privileged]}
catalogs: [./premises.yaml]
sources: [{id: log, collector: premises, with: {file: visitors.csv}}]
"""


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The example plugin, installed from its own distribution into a folder of its own."""
    target = tmp_path_factory.mktemp("site")
    source = tmp_path_factory.mktemp("source") / "plugin"
    subprocess.run(["cp", "-r", ROOT / "examples" / "third_party_plugin", source], check=True)
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--no-build-isolation"]
    subprocess.run([*command, "--target", target, source], check=True)
    return target


def secaudit(site: Path, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    environment = os.environ | {"PYTHONPATH": str(site)}
    command = [sys.executable, "-c", "from lpo_secaudit.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


def test_a_foreign_distribution_adds_a_collector_and_a_check(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "premises.yaml").write_text(CATALOG)
    (tmp_path / "engagement.yaml").write_text(ENGAGEMENT)
    (tmp_path / "visitors.csv").write_text(
        "visitor,date,escort\nA. Guest,2026-11-02,J. Roe\nB. Guest,2026-11-03,\n"
    )
    done = secaudit(installed, "run", tmp_path / "engagement.yaml", "--output", tmp_path / "out")
    assert done.returncode == 10, done.stderr
    result = json.loads((tmp_path / "out" / "audit.json").read_text())
    seen = {o["subject"]["id"]: o["outcome"] for o in result["observations"]}
    assert seen == {"A. Guest, line 2": "satisfied", "B. Guest, line 3": "not-satisfied"}
    assert result["plugins"]["premises"] == "1.0.0"
    assert secaudit(installed, "verify", tmp_path / "out", "--replay").returncode == 0


def test_a_broken_plugin_is_reported_and_makes_the_audit_incomplete(tmp_path: Path) -> None:
    site = tmp_path / "site"
    info = site / "broken-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[lpo_secaudit.plugins]\nbroken = broken_plugin:plugin\n")
    (site / "broken_plugin.py").write_text("raise SystemExit('no licence')\n")
    (tmp_path / "own.yaml").write_text(
        CATALOG.replace("premises-visitors-escorted", "own-answered").strip() + OWN_CHECK
    )
    (tmp_path / "a.csv").write_text("id,question,answer\n1,Are boxes locked?,yes\n")
    (tmp_path / "engagement.yaml").write_text(
        ENGAGEMENT.replace("premises.yaml", "own.yaml").replace(
            "collector: premises, with: {file: visitors.csv}", "collector: questionnaire, with: {file: a.csv}"
        )
    )
    done = secaudit(site, "run", tmp_path / "engagement.yaml", "--output", tmp_path / "out")
    assert done.returncode == 11, done.stderr
    result = json.loads((tmp_path / "out" / "audit.json").read_text())
    assert [p["plugin"] for p in result["plugin_problems"]] == ["broken"]
    assert "no licence" in result["plugin_problems"][0]["message"]
    assert result["findings"][0]["status"] == "satisfied"
    assert "no licence" in done.stderr


OWN_CHECK = """
checks:
  - id: own-answered
    title: Every question is answered with yes
    rationale: an open question hides a risk
    severity: low
    topic: governance
    method: INTERVIEW
    remediation: Answer.
    evidence: questionnaire.answer
    expect: {required: [answer], properties: {answer: {const: "yes"}}}
"""


def test_names_are_taken_once() -> None:
    first, second = (
        box_plugin(lambda r, s: None),
        Plugin("twin", "1", (BoxCollector(lambda r, s: None),), (box_check(),)),
    )
    found = load_plugins([first, second])
    problems = {(p.plugin, p.message) for p in found.problems}
    assert ("twin", "collector 'store' exists already") in problems
    assert ("twin", "check 'box-locked' exists already") in problems
    assert found.collectors["store"] is first.collectors[0]


HEAVY = ("boto3", "botocore", "pypdfium2", "docx", "lxml", "openpyxl", "sqlalchemy", "cryptography", "jinja2")


def test_an_import_of_the_library_loads_neither_cloud_nor_parser() -> None:
    code = f"import sys, lpo_secaudit; print(sorted(set({HEAVY}) & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_shared_code_of_the_file_readers_is_recorded_with_each_of_them() -> None:
    """Else a verdict could change in `_files` and no digest would tell."""
    digests = load_plugins().file_digests
    for name in ("certificate", "identity", "questionnaire", "scanner"):
        assert "_files/tables.py" in digests[name]
        assert f"{name}/collector.py" in digests[name]
