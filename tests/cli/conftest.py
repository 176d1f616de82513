"""A command run in this process, in a folder with a small engagement."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from lpo_secaudit.cli.app import run_app
from tests.cli.commands import CATALOG, ENGAGEMENT, Call


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> Call:
    """Run a command in a folder of its own; gives exit code, standard output and standard error."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SECAUDIT_KEY_PASSPHRASE", "several words of mine")
    (tmp_path / "own.yaml").write_text(CATALOG)
    (tmp_path / "engagement.yaml").write_text(ENGAGEMENT)
    (tmp_path / "caiq.csv").write_text(
        "Question ID,Question,Answer\nQ1,Is data encrypted?,yes\nQ2,Is it tested?,no\n"
    )

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["secaudit", *map(str, arguments)])
        capsys.readouterr()
        code = run_app()
        done = capsys.readouterr()
        return code, done.out, done.err

    return run
