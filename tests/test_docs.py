"""The documentation's examples run, its links lead somewhere, and its tables are the code's."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from lpo_secaudit.catalog import load_catalog
from lpo_secaudit.cli.codes import MEANING

ROOT = Path(__file__).resolve().parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def blocks(page: Path, language: str) -> list[str]:
    return [code for found, code in BLOCK.findall(page.read_text(encoding="utf-8")) if found == language]


@pytest.mark.parametrize("page", [p for p in PAGES if blocks(p, "python")], ids=lambda p: p.name)
def test_python_examples_run(page: Path, tmp_path: Path) -> None:
    """All blocks of a page run one after another in a copy of the demo."""
    shutil.copytree(ROOT / "examples" / "demo", tmp_path / "work")
    code = "\n\n".join(blocks(page, "python"))
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "work", capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_catalog_examples_load(tmp_path: Path) -> None:
    found = 0
    for page in PAGES:
        for number, code in enumerate(blocks(page, "yaml")):
            if code.startswith(("catalog:", "profile:")):
                name = f"{page.stem}-{number}.yaml"
                (tmp_path / name).write_text(code, encoding="utf-8")
                assert load_catalog(name, tmp_path).controls
                found += 1
    assert found >= 2


def test_clause_examples_find_what_the_page_says(tmp_path: Path) -> None:
    from lpo_secaudit.contracts import analyze
    from lpo_secaudit.contracts.library import load_library

    page = ROOT / "docs" / "how-to" / "read-contracts.md"
    (own,) = blocks(page, "yaml")
    (tmp_path / "own.yaml").write_text(own, encoding="utf-8")
    sentence = re.search(r'finds "([^"]+)" in section', page.read_text(encoding="utf-8").replace("\n", " "))
    assert sentence
    text = f"# Services\n\n7.4 {sentence[1]}.\n\n7.5 Provider shall work with care.\n"
    found = analyze(text.encode(), name="a.md", library=load_library([tmp_path / "own.yaml"]))["remote-work"]
    assert found.present
    assert [quote.section for quote in found.quotes] == ["7.4"]


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_lead_somewhere(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if not target.startswith(("http:", "https:", "mailto:")):
            assert (page.parent / target).exists(), target


def test_exit_codes_are_the_codes() -> None:
    page = (ROOT / "docs" / "reference" / "exit-codes.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d+) \| (.+) \|$", page, re.MULTILINE)
    assert {int(code): meaning for code, meaning in rows} == {int(c): m for c, m in MEANING.items()}
