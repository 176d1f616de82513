"""Clauses in the words of many drafters: each label in single sentences, and near misses that are none.

The sentences stand in `data/sentences/`. They were worded before the rules that read them were widened.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lpo_secaudit.contracts.analysis import analyze_document
from lpo_secaudit.contracts.document import Document

FILES = sorted((Path(__file__).parent / "data" / "sentences").glob("*.yaml"))
LABELS: dict[str, Any] = {
    label: rows for file in FILES for label, rows in yaml.safe_load(file.read_text(encoding="utf-8")).items()
}


@pytest.mark.parametrize("label", LABELS)
def test_read_as_a_lawyer_would(label: str) -> None:
    wrong = []
    for want in ("present", "absent"):
        for text in LABELS[label][want]:
            found = analyze_document(Document(name="x.txt", format="text", sha256="", text=text))[label]
            if found.present != (want == "present"):
                wrong.append(f"should be {want}: {text}")
            assert all(text[q.start : q.end] == q.text for q in found.quotes)
    assert wrong == []


@pytest.mark.parametrize("label", LABELS)
def test_enough_of_them_to_mean_something(label: str) -> None:
    rare = label.startswith("gdpr-")
    assert len(LABELS[label]["present"]) >= (4 if rare else 8)
    assert len(LABELS[label]["absent"]) >= (3 if rare else 6)
