"""`secaudit contract`: tables for people, JSON for programs, and what to negotiate."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from lpo_secaudit.cli.app import build_app, run_app
from tests.contracts import hostile, sample


@dataclass(frozen=True)
class Done:
    """What one call of the command left."""

    returncode: int
    stdout: str
    stderr: str


Secaudit = Callable[..., Done]


@pytest.fixture
def secaudit(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Secaudit:
    """The command, called in the folder of the contracts."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("NO_COLOR", "1")

    def call(*arguments: str | Path) -> Done:
        code = run_app(lambda: build_app()(["contract", *map(str, arguments)]))
        out, err = capsys.readouterr()
        return Done(code, out, err)

    return call


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("contracts")
    (folder / "dpa.docx").write_bytes(sample.as_docx())
    (folder / "dpa.txt").write_bytes(sample.as_text())
    (folder / "locked.pdf").write_bytes(hostile.encrypted_pdf())
    return folder


def test_jsonl_streams_one_contract_a_line_and_passes_over_what_it_cannot_read(secaudit: Secaudit) -> None:
    done = secaudit("--format", "jsonl", "dpa.docx", "locked.pdf", "dpa.txt", "gone.pdf")
    assert done.returncode == 11
    records = [json.loads(line) for line in done.stdout.splitlines()]
    assert [r["file"] for r in records] == ["dpa.docx", "locked.pdf", "dpa.txt", "gone.pdf"]
    assert [r.get("error", {}).get("kind") for r in records] == [None, "encrypted", None, "input"]
    notice = next(c for c in records[2]["clauses"] if c["clause"] == "breach-notification")
    quote = notice["quotes"][0]
    assert sample.as_text().decode()[quote["start"] : quote["end"]] == quote["text"]
    assert notice["parameters"]["deadline_hours"] == 48
    assert "locked.pdf: the PDF needs a password" in done.stderr


def test_json_is_one_list(secaudit: Secaudit) -> None:
    done = secaudit("--format", "json", "dpa.txt")
    assert done.returncode == 0
    (record,) = json.loads(done.stdout)
    assert record["file"] == "dpa.txt"
    assert record["language"] == "en"


def test_nothing_readable_is_a_usage_error(secaudit: Secaudit) -> None:
    done = secaudit("gone.pdf")
    assert done.returncode == 2
    assert done.stdout == ""


def test_the_table_shows_quotes_sections_and_what_is_missing(secaudit: Secaudit) -> None:
    done = secaudit("dpa.docx")
    assert done.returncode == 0
    assert "deadline hours 48" in done.stdout
    assert "4.1" in done.stdout
    assert "not found:" in done.stdout
    assert "\x1b" not in done.stdout


def test_escape_sequences_of_a_contract_do_not_reach_the_terminal(secaudit: Secaudit, folder: Path) -> None:
    text = (
        "Provider shall notify Customer of any \x1b[31mSecurity Incident\u202e within 72 hours of discovery."
    )
    (folder / "escape.txt").write_text(text)
    done = secaudit("--all", "escape.txt")
    assert "72" in done.stdout
    assert "\x1b" not in done.stdout
    assert "\u202e" not in done.stdout


@pytest.mark.parametrize("suffix", ["md", "docx"])
def test_the_negotiation_sheet_says_what_stands_and_what_is_asked(
    secaudit: Secaudit, folder: Path, suffix: str
) -> None:
    from lpo_secaudit.contracts.readers import read_document

    (folder / "own.yaml").write_text(
        "profile: own\ntitle: Our own asks\nversion: '1'\n"
        "imports: [{catalog: lpo-accountability, include: [lpo-breach-notice-duty, lpo-background-checks]}]\n"
        "add_checks: {lpo-breach-notice-duty: [contract-breach-notification-deadline]}\n"
        "set: {contract-breach-notification-deadline: {hours: 24}}\n"
    )
    sheet = folder / f"sheet.{suffix}"
    done = secaudit("dpa.docx", "--profile", "own.yaml", "--negotiation", sheet)
    assert done.returncode == 10, done.stderr
    text = read_document(sheet).text
    assert "Our own asks" in text
    assert "48 hours; 24 hours are asked for" in text
    assert "forty-eight (48) hours" in text
    assert "GDPR Art. 33" in text
    assert "no such clause was found" in text


def test_another_suffix_is_refused_before_anything_is_read(secaudit: Secaudit) -> None:
    done = secaudit("dpa.txt", "--negotiation", "sheet.xls")
    assert done.returncode == 2
    assert "change the suffix" in done.stderr
