"""The dossier: files, drafts, drawing, exports; hostile words stay words."""

from __future__ import annotations

import csv
import io
import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pytest
from defusedxml import ElementTree

from lpo_secaudit.accountability import Event, FoundClause, Incident, Quote, obligations
from lpo_secaudit.accountability.dossier import Dossier, build_dossier
from lpo_secaudit.accountability.dossier.chart import timeline_svg
from lpo_secaudit.accountability.dossier.docx import draft_docx
from lpo_secaudit.accountability.dossier.page import render_page
from lpo_secaudit.accountability.exports import (
    CalendarItem,
    calendar_of,
    duties_csv,
    items_of,
    obligations_csv,
)
from lpo_secaudit.dossiers import dossier_files, verify_dossier, write_dossier
from lpo_secaudit.errors import InputError, IntegrityError
from tests.accountability.cases import relationship
from tests.accountability.worked_example import AS_OF, dossier

EVIL = '<script>alert(1)</script> </svg> "quoted" =cmd|x'


def hostile() -> Dossier:
    clause = FoundClause(
        "breach-notification",
        (("deadline_hours", 24), ("trigger", "aware")),
        (Quote(EVIL, EVIL, EVIL, 0, 9),),
        EVIL,
    )
    found = relationship("DE", clauses=(clause,))
    found = replace(found, provider=replace(found.provider, name=EVIL))
    at = datetime(2026, 3, 3, tzinfo=UTC)
    incident = Incident(
        "i", EVIL, (Event("aware", at, "provider", note=EVIL),), description=EVIL, contact=EVIL
    )
    return build_dossier(incident, found, obligations(found), at + timedelta(days=9))


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))


def test_the_page_is_self_contained_and_escapes_everything() -> None:
    for made in (dossier(), hostile()):
        page = render_page(made)
        parser = _Tags()
        parser.feed(page)
        names = {tag for tag, _ in parser.tags}
        assert not names & {"script", "iframe", "img", "link", "object", "form", "a"}
        for _, attributes in parser.tags:
            assert not [name for name in attributes if name.startswith("on") or name in ("src", "href")]
        assert "default-src 'none'" in page
        assert "@media print" in page


def test_the_drawing_is_well_formed_and_has_a_bar_for_each_clock() -> None:
    for made in (dossier(), hostile()):
        root = ElementTree.fromstring(timeline_svg(made.assessment))
        drawn = [d for d in made.assessment.duties if d.start is not None and (d.due or d.target)]
        groups = [
            g
            for g in root.iter("{http://www.w3.org/2000/svg}g")
            if g.find("{http://www.w3.org/2000/svg}rect") is not None
        ]
        assert len(groups) == len(drawn)
        for rect in root.iter("{http://www.w3.org/2000/svg}rect"):
            assert 0 <= float(rect.get("x", "0")) <= 1000
            assert float(rect.get("width", "0")) >= 0


def test_equal_dossiers_give_equal_bytes() -> None:
    first, second = dossier_files(hostile()), dossier_files(hostile())
    for name in first:
        if not name.endswith(".docx"):
            assert first[name] == second[name], name


def test_drafts_say_what_the_law_asks_for_and_mark_what_is_open() -> None:
    drafts = {d.name: d for d in dossier().notices}
    gdpr = drafts["notice-client-to-authority-gdpr"]
    text = gdpr.markdown()
    assert "300 in DE" in text
    assert "GDPR, Art. 33(1)" in text
    assert "privacy@bayview.example" in text
    headings = [heading for heading, _ in gdpr.sections]
    assert len(headings) >= 6
    claim = drafts["claim-on-luzon-review-services-inc"]
    assert "late by 13 h" in claim.markdown()
    assert "forty-eight (48) hours" in claim.markdown()
    empty = next(d for d in hostile().notices if d.name.startswith("notice"))
    assert "[to be completed]" in empty.markdown()


def test_every_duty_still_owed_has_a_draft() -> None:
    drafted = {o for d in dossier().notices for o in d.obligations}
    for duty in dossier().assessment.duties:
        owed = duty.status in ("missed", "running", "cannot-tell") and duty.performed is None
        if owed and duty.obligation.creditor != "firm":
            assert duty.obligation.id in drafted


def test_a_draft_as_word_holds_the_same_words() -> None:
    from docx import Document

    draft = dossier().notices[0]
    data = draft_docx(draft, AS_OF)
    assert zipfile.is_zipfile(io.BytesIO(data))
    text = "\n".join(p.text for p in Document(io.BytesIO(data)).paragraphs)
    assert draft.title in text
    for heading, _ in draft.sections:
        assert heading in text
    broken = replace(draft, title="a\x00b\x0bc")
    assert draft_docx(broken, AS_OF)


def test_tables_cannot_run_formulas() -> None:
    rows = list(csv.reader(io.StringIO(duties_csv(dossier().assessment))))
    assert len(rows) == len(dossier().assessment.duties) + 1
    evil = replace(dossier().obligations[0], title="=HYPERLINK(1)", note="+1", citation="@x")
    [_, row] = csv.reader(io.StringIO(obligations_csv([evil])))
    assert not [cell for cell in row if cell.startswith(("=", "+", "-", "@"))]


def test_the_calendar_keeps_to_the_format() -> None:
    text = calendar_of(items_of(dossier().assessment), AS_OF, "Incident; one, two")
    lines = text.split("\r\n")
    assert lines[-1] == ""
    assert max(len(line.encode()) for line in lines) <= 75
    assert text.count("BEGIN:VEVENT") == text.count("END:VEVENT") == len(items_of(dossier().assessment))
    assert "X-WR-CALNAME:Incident\\; one\\, two" in text
    assert len(set(re.findall(r"UID:(\S+)", text))) == text.count("BEGIN:VEVENT")
    assert text == calendar_of(items_of(dossier().assessment), AS_OF, "Incident; one, two")
    evil = CalendarItem("u", date(2026, 3, 3), "x\r\nBEGIN:VEVENT", "y\x00\nz")
    assert calendar_of([evil], AS_OF, "c").count("\r\nBEGIN:VEVENT") == 1
    assert "DTSTART;VALUE=DATE:20260303" in calendar_of([evil], AS_OF, "c")


def test_a_changed_missing_or_added_file_is_found(tmp_path: Path) -> None:
    folder = write_dossier(dossier(), tmp_path / "d")
    with pytest.raises(InputError, match="not empty"):
        write_dossier(dossier(), folder)
    names = sorted(p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file())
    for name in names:
        path = folder / name
        kept = path.read_bytes()
        path.write_bytes(kept[:40] + bytes([kept[40] ^ 1]) + kept[41:])
        with pytest.raises((IntegrityError, InputError)) as caught:
            verify_dossier(folder)
        assert (caught.value.where or "").endswith(name) or name in ("signer.pub", "attestation.json")
        path.write_bytes(kept)
    (folder / "more.txt").write_text("x")
    with pytest.raises(IntegrityError, match="does not cover"):
        verify_dossier(folder)
    (folder / "more.txt").unlink()
    (folder / "duties.csv").unlink()
    with pytest.raises(IntegrityError, match="missing"):
        verify_dossier(folder)


def test_another_key_is_not_the_signers(tmp_path: Path) -> None:
    one = write_dossier(dossier(), tmp_path / "one")
    two = write_dossier(dossier(), tmp_path / "two")
    assert verify_dossier(one, one / "signer.pub")
    with pytest.raises(IntegrityError, match="not signed by that key"):
        verify_dossier(one, two / "signer.pub")


def test_the_json_says_the_same_as_the_assessment() -> None:
    value = json.loads(dossier_files(dossier())["dossier.json"])
    assert value["assessment"]["counts"] == dict(dossier().assessment.counts())
    assert [d["obligation"]["id"] for d in value["assessment"]["duties"]] == [
        o.id for o in dossier().obligations
    ]
    assert value["chain"][0]["slack_hours"] == -24
