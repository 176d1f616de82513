"""The commands: what they print, what they leave, how they exit."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer

from lpo_secaudit.cli.app import run_app
from lpo_secaudit.cli.codes import ExitCode
from lpo_secaudit.cli.incident import app as incident_app
from lpo_secaudit.cli.obligations import obligations
from tests.accountability.worked_example import EXAMPLE

FRAME = ["--engagement", str(EXAMPLE / "engagement.yaml")]
CONTRACT = ["--contract", str(EXAMPLE / "contract.md")]
INCIDENT = str(EXAMPLE / "incident.yaml")
AS_OF = ["--as-of", "2026-03-07T12:00:00Z"]


def run(*arguments: str) -> int:
    return run_app(lambda: incident_app(list(arguments)))


def run_obligations(*arguments: str) -> int:
    app = typer.Typer()
    app.command()(obligations)
    return run_app(lambda: app(list(arguments)))


def test_assess_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert run("assess", INCIDENT, *FRAME, *CONTRACT, *AS_OF) == ExitCode.FINDINGS
    out = capsys.readouterr().out
    assert "missed by 13 h" in out
    assert run("assess", INCIDENT, *FRAME, *AS_OF, "--format", "json") == ExitCode.INCOMPLETE
    found = json.loads(capsys.readouterr().out)
    assert found["format"] == "lpo-secaudit-assessment/1"
    due = {d["obligation"]["ref"]: d["due"] for d in found["duties"]}
    assert due["eu-gdpr-authority"] == "2026-03-09T06:30:00-07:00"
    assert due["us-hipaa-individuals"] == "2026-05-04"
    assert run("assess", INCIDENT, *FRAME, *AS_OF, "--explain") == ExitCode.INCOMPLETE
    assert "day 60 is Mon 2026-05-04" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([INCIDENT], "name either an engagement file or an audit folder"),
        ([INCIDENT, *FRAME, "--as-of", "2026-03-07T12:00:00"], "no time zone"),
        (["missing.yaml", *FRAME], "cannot be read"),
        ([INCIDENT, *FRAME, "--known-at", "2026-03-07T12:00:00Z"], "asks the register"),
        ([INCIDENT, *FRAME, "--contract", "nowhere.pdf"], "nowhere.pdf"),
    ],
)
def test_wrong_use_exits_2_and_says_why(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("assess", *arguments) == ExitCode.USAGE
    assert words in capsys.readouterr().err


def test_the_life_of_an_incident(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    where = ["--ledger", str(tmp_path / "ledger.sqlite")]
    me = ["--by", "A. Partner", *where]

    def event(what: str, at: str, *more: str) -> int:
        said = ("--what", what, "--who", "provider", "--at", at)
        return run("event", "luzon-2026-03", *said, *more, *me)

    assert run("status", *where) == ExitCode.USAGE
    assert run("open", INCIDENT, *me) == ExitCode.CLEAN
    assert event("confirmed", "2026-03-04T15:00:00+08:00", "--evidence", INCIDENT) == ExitCode.CLEAN
    assert event("aware", "2026-03-03T08:10:00+08:00") == ExitCode.USAGE
    assert "stands twice" in capsys.readouterr().err
    assert event("aware", "2026-03-03T08:10:00+08:00", "--corrects", "4") == ExitCode.USAGE
    assert event("aware", "2026-03-03T08:10:00+08:00", "--corrects", "3") == ExitCode.CLEAN
    capsys.readouterr()
    assert run("status", "luzon-2026-03", *where) == ExitCode.CLEAN
    out = capsys.readouterr().out
    assert "no longer stands" in out
    assert "sha256:" in out
    facts = tmp_path / "facts.yaml"
    facts.write_text("affected: {total: 2400, places: {DE: 400, US-CA: 2000}}\n", encoding="utf-8")
    assert run("event", "luzon-2026-03", "--set", str(facts), *me) == ExitCode.CLEAN
    assert (
        run("assess", "luzon-2026-03", *FRAME, *CONTRACT, *AS_OF, *where, "--format", "json")
        == ExitCode.FINDINGS
    )
    text = capsys.readouterr().out
    found = json.loads(text[text.index("{") :])
    assert found["incident"]["affected"]["total"] == 2400
    [late] = [d for d in found["duties"] if d["status"] == "missed"]
    assert late["late_by_seconds"] == (13 * 60 + 50) * 60
    folder = tmp_path / "dossier"
    assert (
        run("export", "luzon-2026-03", *FRAME, *CONTRACT, *AS_OF, *where, "-o", str(folder)) == ExitCode.CLEAN
    )
    page = (folder / "dossier.html").read_text(encoding="utf-8")
    assert "A. Partner" in page
    assert "record 3" not in page  # the corrected record is not on the timeline
    assert run("verify", str(folder)) == ExitCode.CLEAN
    (folder / "dossier.json").write_bytes(b"{}")
    assert run("verify", str(folder)) == ExitCode.INTEGRITY
    assert run("close", "luzon-2026-03", "--reason", "settled", *me) == ExitCode.CLEAN
    capsys.readouterr()
    assert run("status", *where, "--format", "json") == ExitCode.CLEAN
    [listed] = json.loads(capsys.readouterr().out)
    assert (listed["open"], listed["records"]) == (False, 11)


def test_obligations_take_the_engagement_as_other_commands_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_obligations(*FRAME, "--format", "csv") == ExitCode.CLEAN
    named = capsys.readouterr().out
    assert run_obligations(FRAME[1], "--format", "csv") == ExitCode.CLEAN
    assert capsys.readouterr().out == named
    assert run_obligations(FRAME[1], *FRAME) == ExitCode.USAGE
    assert "named twice" in capsys.readouterr().err
    assert run_obligations("nope.yaml") == ExitCode.USAGE
    assert "nope.yaml: file cannot be read" in capsys.readouterr().err


def test_obligations_before_any_incident(capsys: pytest.CaptureFixture[str]) -> None:
    assert run_obligations(*FRAME, *CONTRACT) == ExitCode.FINDINGS
    assert "broken: provider tells firm within 48 h" in capsys.readouterr().out
    assert run_obligations(*FRAME, "--format", "json") == ExitCode.CLEAN
    found = json.loads(capsys.readouterr().out)
    assert {o["source"] for o in found["obligations"]} == {"law", "commitment"}
    assert run_obligations(*FRAME, "--format", "csv") == ExitCode.CLEAN
    assert capsys.readouterr().out.startswith("id,source,debtor")
    assert run_obligations(*FRAME, "--format", "ics") == ExitCode.CLEAN
    assert capsys.readouterr().out.startswith("BEGIN:VCALENDAR")
