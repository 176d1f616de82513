"""The command line: exit codes, errors with their place, help that teaches."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from lpo_secaudit.cli.app import exit_code_of, run_app
from lpo_secaudit.cli.codes import MEANING, ExitCode
from lpo_secaudit.errors import (
    DocumentError,
    InputError,
    IntegrityError,
    LimitExceededError,
    NothingToAuditError,
    PluginError,
    SecauditError,
    UndecidableError,
)
from tests.cli.commands import CATALOG, environment

ENGAGEMENT = """
engagement: small
client: {name: Example Law LLP}
provider: {name: Acme}
data: {classes: [privileged]}
catalogs: [./own.yaml]
sources:
  - {id: answers, collector: questionnaire, with: {file: answers.csv}}
"""


def secaudit(*arguments: str | Path, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", "from lpo_secaudit.cli import main; main()", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=cwd, env=environment())


@pytest.fixture
def engagement(tmp_path: Path) -> Path:
    (tmp_path / "own.yaml").write_text(CATALOG)
    (tmp_path / "engagement.yaml").write_text(ENGAGEMENT)
    answers(tmp_path, "yes")
    return tmp_path / "engagement.yaml"


def answers(folder: Path, answer: str) -> None:
    (folder / "answers.csv").write_text(
        f"id,question,answer\n1,Are client data encrypted at rest?,{answer}\n"
    )


def test_clean(engagement: Path) -> None:
    done = secaudit("run", engagement, "--output", engagement.parent / "out")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ""
    assert "1 satisfied" in done.stderr


def test_findings(engagement: Path) -> None:
    answers(engagement.parent, "no")
    assert secaudit("run", engagement, "-o", engagement.parent / "out").returncode == 10
    assert secaudit("run", engagement, "-o", engagement.parent / "b", "--fail-on", "high").returncode == 0


def test_incomplete(engagement: Path) -> None:
    answers(engagement.parent, "")
    assert secaudit("run", engagement, "-o", engagement.parent / "a").returncode in (10, 11)
    (engagement.parent / "answers.csv").unlink()
    done = secaudit("run", engagement, "-o", engagement.parent / "b")
    assert done.returncode == 11, done.stderr
    result = json.loads((engagement.parent / "b" / "audit.json").read_text())
    assert result["findings"][0]["status"] == "undetermined"
    assert result["sources"][0]["state"] == "unavailable"


def test_without_output_the_result_goes_to_standard_output(engagement: Path) -> None:
    done = secaudit("run", engagement, "--quiet")
    result = json.loads(done.stdout)
    assert done.stderr == ""
    [folder] = (engagement.parent / "audits").iterdir()
    assert json.loads((folder / "audit.json").read_text()) == result


def test_a_used_output_folder_is_left_alone(engagement: Path) -> None:
    output = engagement.parent / "out"
    output.mkdir()
    (output / "mine.txt").write_text("x")
    done = secaudit("run", engagement, "-o", output)
    assert done.returncode == 2
    assert [p.name for p in output.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "collector: questionnaire",
            "colector: questionnaire",
            ("engagement.yaml:8", "colector", "did you mean 'collector'?"),
        ),
        ("catalogs: [./own.yaml]", "catalogs: [gdrp]", ("gdrp", "did you mean 'gdpr'?")),
        ("engagement: small", "engagement: [", ("engagement.yaml:", "not valid YAML")),
        ("file: answers.csv", "fil: answers.csv", ("sources.answers.with", "secaudit plugins questionnaire")),
        (
            "{name: Acme}",
            "{name: Acme, country: Indonesia}",
            ("engagement.yaml:4", "provider.country", "ISO"),
        ),
    ],
)
def test_a_wrong_engagement_says_where_and_what_to_do(
    engagement: Path, old: str, new: str, said: tuple[str, ...]
) -> None:
    engagement.write_text(ENGAGEMENT.replace(old, new))
    done = secaudit("run", engagement, "-o", engagement.parent / "out")
    assert done.returncode == 2
    for words in said:
        assert words in done.stderr
    assert not (engagement.parent / "out").exists()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (
            "severity: low,",
            "severity: lowish,",
            ("own.yaml:7", "controls[0].severity", "did you mean 'low'?"),
        ),
        ("required: [answer], ", "", ("own.yaml:", "without requiring it", "required: [answer]")),
        ("id: own-answered", "id: Own Answered", ("own.yaml:", "lower-case words")),
    ],
)
def test_a_wrong_catalog_says_where_and_what_to_do(
    engagement: Path, old: str, new: str, said: tuple[str, ...]
) -> None:
    (engagement.parent / "own.yaml").write_text(CATALOG.replace(old, new))
    done = secaudit("run", engagement, "-o", engagement.parent / "out")
    assert done.returncode == 2
    for words in said:
        assert words in done.stderr


def test_nothing_to_audit(engagement: Path) -> None:
    engagement.write_text(ENGAGEMENT[: ENGAGEMENT.index("sources:")] + "sources: []\n")
    assert secaudit("run", engagement, "-o", engagement.parent / "out").returncode == 3


def test_init_writes_a_file_that_loads_and_overwrites_none(tmp_path: Path) -> None:
    from lpo_secaudit import Engagement

    name = 'O"Brien & Söhne: {review}'
    assert secaudit("init", tmp_path / "e.yaml", "--provider", name).returncode == 0
    assert Engagement.load(tmp_path / "e.yaml").provider.name == name
    done = secaudit("init", tmp_path / "e.yaml")
    assert done.returncode == 2
    assert "exists already" in done.stderr


def test_help_names_every_command_and_exit_code() -> None:
    done = secaudit("--help")
    assert done.returncode == 0
    for words in ("demo", "run", "verify", "incident", *(m.split(":")[0] for m in MEANING.values())):
        assert words in done.stdout


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom lpo_secaudit.cli.app import build_app\nbuild_app()\n"
        "heavy = {'boto3', 'botocore', 'pypdfium2', 'docx', 'openpyxl', 'sqlalchemy', 'jinja2'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (InputError("x"), ExitCode.USAGE),
        (LimitExceededError("x"), ExitCode.USAGE),
        (DocumentError("empty", "x"), ExitCode.USAGE),
        (PluginError("x"), ExitCode.USAGE),
        (NothingToAuditError("x"), ExitCode.NOTHING),
        (IntegrityError("x"), ExitCode.INTEGRITY),
        (UndecidableError("x"), ExitCode.INCOMPLETE),
    ],
)
def test_errors_become_exit_codes(
    error: SecauditError, code: ExitCode, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail() -> None:
        raise error

    assert exit_code_of(error) is code
    assert run_app(lambda: fail) == code
    assert "secaudit: x" in capsys.readouterr().err


def test_an_unknown_error_is_internal(capsys: pytest.CaptureFixture[str]) -> None:
    def fail() -> None:
        raise ZeroDivisionError("oops")

    assert run_app(lambda: fail) == ExitCode.INTERNAL
    assert "ZeroDivisionError: oops" in capsys.readouterr().err


def test_plugins_lists_and_shows() -> None:
    listed = json.loads(secaudit("plugins", "--format", "json").stdout)
    assert "questionnaire" in listed["collectors"]
    shown = secaudit("plugins", "web")
    assert "hosts (required)" in shown.stdout
    assert secaudit("plugins", "wep").returncode == 2
    assert "gdpr" in secaudit("plugins", "--catalogs").stdout
