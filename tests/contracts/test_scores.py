"""Figures on labelled contracts beside the project; below the thresholds something broke."""

from __future__ import annotations

import gzip
import importlib.util
import json
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from lpo_secaudit.contracts.analysis import analyze_document
from lpo_secaudit.contracts.document import Document
from tests.shared import need


@pytest.fixture(scope="module")
def scorer() -> ModuleType:
    path = need("contracts", "score.py")
    spec = importlib.util.spec_from_file_location("score", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def analysed(path: Path) -> dict[str, Any]:
    text = path.read_text(encoding="utf-8", errors="replace")
    record = analyze_document(Document(name=path.name, format="text", sha256="", text=text)).to_json()
    for clause in record["clauses"]:
        for quote in clause["quotes"]:
            assert text[quote["start"] : quote["end"]] == quote["text"]
    return record


def test_labels_of_our_own(scorer: ModuleType) -> None:
    folder = need("contracts")
    counts = [0, 0, 0]
    quoted = [0, 0]
    values = [0, 0]
    for gold in sorted((folder / "gold").glob("*.json")):
        truth = json.loads(gold.read_text(encoding="utf-8"))["labels"]
        path = next(p for p in (folder / "texts").glob(f"{gold.stem}.*") if p.suffix in (".md", ".txt"))
        found = {c["clause"]: c for c in analysed(path)["clauses"]}
        for label, want in truth.items():
            if want.get("disputed"):
                continue
            said = found[label]
            counts[0] += want["present"] and said["present"]
            counts[1] += said["present"] and not want["present"]
            counts[2] += want["present"] and not said["present"]
            if want["present"] and said["present"]:
                quoted[1] += 1
                quoted[0] += any(
                    scorer.overlap(q, s["text"]) >= 0.6 for q in want["quotes"] for s in said["quotes"]
                )
                for key, value in want.get("parameters", {}).items():
                    values[1] += 1
                    values[0] += said["parameters"].get(key) == value
    tp, fp, fn = counts
    assert 2 * tp / (2 * tp + fp + fn) >= 0.95
    assert quoted[0] / quoted[1] >= 0.95
    assert values[0] / values[1] >= 0.92


def test_requirements_of_the_published_study() -> None:
    path = need("contracts", "derecha", "dpa_annotated.jsonl.gz")
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for _, line in zip(range(12), lines, strict=False)]
    right = total = 0
    for row in rows:
        text = "\n".join(s["text"] for s in row["sentences"])
        record = analyze_document(Document(name="x", format="text", sha256="", text=text)).to_json()
        said = {
            a[8:] for c in record["clauses"] if c["present"] for a in c["aliases"] if a.startswith("derecha:")
        }
        for number in range(1, 46):
            total += 1
            right += (f"R{number}" in said) == (f"R{number}" in row["requirements_present"])
    assert right / total >= 0.8
