"""The same contract in every format gives the same clauses, parameters and sections."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from lpo_secaudit.contracts import analyze
from tests.contracts import sample
from tests.shared import need

VARIANTS = {
    "wrapped.txt": sample.as_wrapped_text,
    "agreement.md": sample.as_markdown,
    "agreement.html": sample.as_html,
    "agreement.docx": sample.as_docx,
    "agreement.eml": sample.as_mail,
}


def reading(source: Path | bytes, name: str = "agreement.txt") -> dict[str, Any]:
    """Clause to what was found of it; offsets and pages differ from format to format."""
    found = analyze(source, name=name)
    return {
        clause.clause: (clause.grade, dict(clause.parameters), clause.quotes[0].section)
        for clause in found.clauses
        if clause.present
    }


def same(found: dict[str, Any], expected: dict[str, Any]) -> None:
    different = {c for c in found.keys() | expected.keys() if found.get(c) != expected.get(c)}
    assert {c: (found.get(c), expected.get(c)) for c in different} == {}


@pytest.fixture(scope="module")
def plain() -> dict[str, Any]:
    return reading(sample.as_text())


def test_the_plain_text_is_read_as_it_says(plain: dict[str, Any]) -> None:
    grade, parameters, section = plain["breach-notification"]
    assert (grade, section) == ("strong", "4.1")
    assert parameters == {"deadline_hours": 48, "without_undue_delay": True, "trigger": "aware"}
    assert plain["return-or-deletion"][1] == {"deadline_days": 30}
    assert plain["cyber-insurance"][1] == {"amount": 5_000_000, "currency": "USD"}
    assert plain["security-measures-specific"][2].startswith("3.1")


@pytest.mark.parametrize("name", VARIANTS)
def test_written_by_the_test(name: str, plain: dict[str, Any]) -> None:
    same(reading(VARIANTS[name](), name), plain)


@pytest.fixture(scope="module")
def converted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The DOCX, converted by LibreOffice as an office would."""
    program = shutil.which("soffice")
    if program is None:
        pytest.skip("LibreOffice (soffice) is not installed; install libreoffice-writer-nogui to run this")
    folder = tmp_path_factory.mktemp("office")
    source = folder / "agreement.docx"
    source.write_bytes(sample.as_docx())
    for target in ("pdf", "html", "txt:Text (encoded):UTF8", "docx:MS Word 2007 XML"):
        subprocess.run(
            [
                program,
                "--headless",
                f"-env:UserInstallation={(folder / 'profile').as_uri()}",
                "--convert-to",
                target,
                "--outdir",
                str(folder / "out"),
                str(source),
            ],
            check=True,
            capture_output=True,
            timeout=120,
        )
    return folder / "out"


@pytest.mark.parametrize("suffix", ["pdf", "html", "txt", "docx"])
def test_converted_by_libreoffice(suffix: str, converted: Path, plain: dict[str, Any]) -> None:
    same(reading(converted / f"agreement.{suffix}"), plain)


@pytest.mark.parametrize("contract", ["dpa-basecamp-current", "dpa-shorebird"])
def test_a_real_pdf_is_read_as_well_as_its_text(contract: str) -> None:
    """Against the labels, the PDF original is wrong on at most one that its text is right on."""
    folder = need("contracts")
    gold = json.loads((folder / "gold" / f"{contract}.json").read_text())["labels"]
    scored = {label: truth["present"] for label, truth in gold.items() if not truth.get("disputed")}
    wrong = {}
    for suffix in ("txt", "pdf"):
        found = reading(folder / "texts" / f"{contract}.{suffix}")
        wrong[suffix] = {label for label, present in scored.items() if present != (label in found)}
    assert len(wrong["pdf"] - wrong["txt"]) <= 1
    assert len(wrong["pdf"]) <= 4
