"""The page on handed-over evidence: its examples load, and it names every kind there is."""

from __future__ import annotations

import re
from pathlib import Path

from lpo_secaudit_plugins.certificate.kinds import KINDS as PAPERS
from lpo_secaudit_plugins.certificate.sidecar import load_sidecar
from lpo_secaudit_plugins.questionnaire.kinds import KINDS as FORMS
from lpo_secaudit_plugins.questionnaire.mapping import load_mapping
from lpo_secaudit_plugins.scanner.detect import READERS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "evidence.md").read_text(encoding="utf-8")
MAPPING, SIDECAR = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


def kinds(collector: str) -> set[str]:
    [row] = re.findall(rf"^\| `{collector}` \|.*$", PAGE, re.MULTILINE)
    return set(re.findall(r"`([a-z0-9-]+)`", row.split("|")[3]))


def test_the_mapping_of_the_page_loads(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(MAPPING, encoding="utf-8")
    found = load_mapping(tmp_path / "m.yaml", "m.yaml")
    assert found.columns["answer"] == "D"
    assert found.words["in place"] == "yes"
    assert found.topics == {"7": ("backup", "business-continuity")}
    assert found.reversed == {"8"}


def test_the_sidecar_of_the_page_loads(tmp_path: Path) -> None:
    (tmp_path / "soc2.pdf.yaml").write_text(SIDECAR, encoding="utf-8")
    found = load_sidecar(tmp_path / "soc2.pdf", "soc2.pdf")
    assert found is not None
    assert (found.kind, found.values["period_to"]) == ("soc2", "2026-06-30")


def test_every_kind_is_named() -> None:
    assert kinds("scanner") == {reader.kind for reader in READERS}
    assert kinds("questionnaire") == set(FORMS)
    assert kinds("certificate") == {kind.id for kind in PAPERS}
    source = ROOT / "plugins" / "lpo_secaudit_plugins" / "identity"
    code = "".join(p.read_text(encoding="utf-8") for p in source.glob("exports*.py"))
    assert kinds("identity") == set(re.findall(r'Export\(\s*"([a-z-]+)"', code))
