"""The HTML page: whatever the provider wrote stays text, and equal results give equal pages."""

from __future__ import annotations

import html
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import jsonschema

from lpo_secaudit.formats.schema import load_schema
from lpo_secaudit.report.html import render
from lpo_secaudit.report.terminal import print_summary
from tests.audits import make_audit, plugin_set
from tests.worlds import box_plugin, listed, record

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)> {{ 7*7 }} \u202eevil"


def hostile_audit(base: Path) -> Any:
    def fill(request: Any, sink: Any) -> None:
        quotes = [{"text": HOSTILE, "section": HOSTILE, "page": 1}]
        sink.record(record(HOSTILE, {"locked": False, "document": HOSTILE, "quotes": quotes}))
        sink.listing(listed(1))

    return make_audit(base, plugins=plugin_set(box_plugin(fill)))


class Tags(HTMLParser):
    """Collects what a browser would see as elements."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes.update(name for name, _ in attrs)


def test_hostile_words_stay_words(tmp_path: Path) -> None:
    page = render(hostile_audit(tmp_path).result.to_json())
    seen = Tags()
    seen.feed(page)
    assert not seen.tags & {"script", "img", "iframe", "object", "link", "form"}
    assert not {a for a in seen.attributes if a.startswith("on")}
    assert "{{ 7*7 }}" in page
    assert "alert(1)" in page


def test_the_matrix_marks_the_words_that_tell_and_keeps_the_whole_quote_at_hand(tmp_path: Path) -> None:
    result = make_audit(tmp_path).result.to_json()
    quote = "Provider <b>shall</b> do much, " * 8 + "encrypt data at rest" + " and do still more" * 8
    start = quote.index("encrypt")
    mention = {
        "source": "dpa",
        "place": "s. 3",
        "quote": quote,
        "evidence": [],
        "telling": [start, start + 20],
    }
    cell = {"state": "promised", "summary": "dpa", "mentions": [mention], "total": 1}
    none = {"state": "none", "summary": "", "mentions": [], "total": 0}
    line = {"topic": "t", "title": "T", "group": "g", "scale": "s", "verdict": "open", "conflicts": []}
    result["matrix"] = [{**line, "promise": cell, "claim": none, "practice": none}]
    page = render(result)
    [shown] = re.findall(r"<summary[^>]*>(…[^…]*<mark>encrypt data at rest</mark>[^…]*…)</summary>", page)
    assert len(re.sub(r"</?mark>", "", html.unescape(shown))) <= 140
    marked = html.escape(quote).replace("encrypt data at rest", "<mark>encrypt data at rest</mark>")
    assert f"</summary>{marked}</details>" in page
    del mention["telling"]  # as audits of before recorded it
    assert "<mark>" not in render(result)


def test_what_the_provider_disputes_is_marked_where_it_stands(tmp_path: Path) -> None:
    result = make_audit(tmp_path).result.to_json()
    fingerprint = result["findings"][0]["fingerprint"]
    plain = render(result)
    page = render(result, {fingerprint: ["disputed", "cure-claimed, rejected by the firm"]})
    assert '<span class="tag medium">disputed</span>' in page
    assert "cure-claimed, rejected by the firm</span>" in page
    assert page.count("1 of what follows") == 1
    assert "disputed" not in plain
    # Nothing else changes: without the marks the page is the one that was signed.
    assert render(result, {}) == plain
    assert render(result, {"0" * 32: ["disputed"]}).count("disputed</span>") == 0


def test_the_page_asks_for_nothing_from_anywhere(tmp_path: Path) -> None:
    page = render(make_audit(tmp_path).result.to_json())
    assert not re.findall(r"(?:src|href)=|url\(|@import", page)


def test_every_finding_shows_its_law_and_evidence(tmp_path: Path) -> None:
    result = make_audit(tmp_path).result
    page = render(result.to_json())
    for finding in result.findings:
        assert finding.control.citation in page
        assert finding.fingerprint in page
    for observation in result.observations:
        assert all(digest in page for digest in observation.evidence)


def test_equal_results_give_equal_pages(tmp_path: Path) -> None:
    result = make_audit(tmp_path).result
    again = json.loads(json.dumps(result.to_json()))
    assert render(again) == render(result.to_json())


def test_the_result_fits_its_schema(tmp_path: Path) -> None:
    for audit in (make_audit(tmp_path / "a"), hostile_audit(tmp_path / "b")):
        jsonschema.Draft202012Validator(load_schema("audit")).validate(audit.result.to_json())


def test_the_summary_at_the_terminal(tmp_path: Path) -> None:
    result = hostile_audit(tmp_path).result
    stream = io.StringIO()
    print_summary(replace(result, plugin_problems=({"plugin": "x[bold]", "message": "gone"},)), stream)
    text = stream.getvalue()
    assert "1 not-satisfied" in text
    assert "Rule 1" in text
    assert "plugin x[bold]: gone" in text
    assert "\x1b[" not in text
