"""Open points: every conflict, gap and violation becomes a question, and nothing in it runs."""

from __future__ import annotations

from io import BytesIO
from typing import Any

import pytest
from openpyxl import load_workbook

from lpo_secaudit.report.open_points import open_points, to_markdown, to_xlsx

HOSTILE = '=HYPERLINK("https://evil.example","x") <script> | `x`\x07'


def leg(side: str, quote: str) -> dict[str, Any]:
    return {"leg": side, "source": side, "place": f"{side} place", "quote": quote, "evidence": []}


def finding(id_: str, status: str, **more: Any) -> dict[str, Any]:
    return {
        "control": id_,
        "title": id_.title(),
        "citation": "Own 1",
        "requirement": "Something is required.",
        "topic": "mfa",
        "status": status,
        "severity": "medium",
        "reason": "no report",
        "residual": "Ask for it.",
        "fingerprint": f"fp-{id_}",
        "violations": [],
        "waived": False,
    } | more


def row(topic: str, claim: str, practice: str, conflicts: tuple[str, ...] = ()) -> dict[str, Any]:
    mention = {"source": "answers", "place": "C2", "quote": "Do you? yes.", "evidence": []}
    cell = {"summary": "", "mentions": [], "total": 0}
    return {
        "topic": topic,
        "title": topic.title(),
        "promise": {**cell, "state": "none"},
        "claim": {**cell, "state": claim, "mentions": [mention]},
        "practice": {**cell, "state": practice},
        "conflicts": list(conflicts),
    }


@pytest.fixture
def result() -> dict[str, Any]:
    conflict = {
        "kind": "misstatement",
        "topic": "mfa",
        "severity": "high",
        "message": "The provider states it",
        "ask": "Why?",
        "first": leg("claim", HOSTILE),
        "second": leg("practice", "user x has none"),
        "fingerprint": "fp-conflict",
    }
    violation = {
        "fingerprint": "fp-o",
        "outcome": "not-satisfied",
        "message": "disk is bare",
        "subject": {"id": "disk-1"},
    }
    return {
        "engagement": {"id": "acme", "client": {"name": "Firm"}, "provider": {"name": "Acme"}},
        "evaluated_at": "2026-11-24T12:00:00Z",
        "conflicts": [conflict],
        "matrix": [row("mfa", "yes", "violated", ("fp-conflict",)), row("training", "yes", "none")],
        "findings": [
            finding("good", "satisfied"),
            finding("open", "undetermined"),
            finding("bad", "not-satisfied", violations=["fp-o"], severity="critical"),
            finding("accepted", "not-satisfied", waived=True),
        ],
        "observations": [violation],
    }


def test_each_kind_of_open_point_appears_once(result: dict[str, Any]) -> None:
    points = open_points(result)
    assert [(p.kind, p.reference) for p in points] == [
        ("conflict", "fp-conflict"),
        ("unproven", "training"),
        ("undetermined", "fp-open"),
        ("violation", "fp-bad"),
    ]
    assert [str(fact) for fact in points[3].facts] == ["disk is bare"]
    assert points[3].places == ("Own 1", "disk-1")


def test_markdown_keeps_hostile_text_as_text(result: dict[str, Any]) -> None:
    text = to_markdown(result)
    assert "# Open points for Acme" in text
    assert "<script>" not in text and "\\<script\\>" in text
    assert text.count("Reference: `") == 4
    assert "There are none" in to_markdown({**result, "conflicts": [], "matrix": [], "findings": []})


def test_markdown_shows_the_telling_words_of_a_long_quote_and_the_quote_in_full(
    result: dict[str, Any],
) -> None:
    words = "The provider *keeps* its word. " * 10 + "It logs  every access. " + "And more [of] this. " * 10
    start = words.index("logs")
    result["conflicts"][0]["first"] = leg("promise", words) | {"telling": [start, start + 4]}
    lines = to_markdown(result).splitlines()
    [shown] = [line for line in lines if line.startswith("- promise (promise): ")]
    [full] = [line for line in lines if line.startswith("  - in full: ")]
    assert "**logs** every access" in shown and shown.count("…") == 2 and len(shown) < 300
    assert full.removeprefix("  - in full: ") == " ".join(words.split()).translate(
        str.maketrans({mark: "\\" + mark for mark in "*[]"})
    )


def test_the_workbook_holds_every_point_and_no_formula(result: dict[str, Any]) -> None:
    sheet = load_workbook(BytesIO(to_xlsx(result))).active
    assert sheet is not None
    rows = list(sheet.iter_rows(min_row=2, values_only=True))
    assert [r[7] for r in rows] == [p.reference for p in open_points(result)]
    assert all(cell.data_type != "f" for line in sheet.iter_rows() for cell in line)
    assert "HYPERLINK" in str(rows[0][5])
