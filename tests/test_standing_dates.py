"""The calendar of an engagement, and that any program can read it (RFC 5545)."""

from __future__ import annotations

import json
import re
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from lpo_secaudit.accountability.exports import calendar_of
from lpo_secaudit.accountability.relationship import FoundClause, Quote
from lpo_secaudit.errors import InputError
from lpo_secaudit.model.evidence import Evidence, Subject
from lpo_secaudit.standing_dates import standing_dates
from tests.test_obligations import ENGAGEMENT, bundle, clause

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
ENDS = ENGAGEMENT + "  contract_ends: 2027-03-31\n  contract_notice: 90 d\n"


def survival(words: str) -> FoundClause:
    return FoundClause("survival", (), (Quote(words, "11.3", "msa.pdf"),), "msa.pdf")


def dates(tmp_path: Path, text: str, *clauses: FoundClause) -> dict[str, date | datetime]:
    path = tmp_path / "engagement.yaml"
    path.write_text(text, encoding="utf-8")
    items, stamp = standing_dates(path, None, clauses, NOW)
    assert stamp == NOW
    return {item.summary: item.at for item in items}


def test_what_follows_from_the_end_of_the_contract(tmp_path: Path) -> None:
    found = dates(
        tmp_path,
        ENDS,
        FoundClause("return-or-deletion", (("deadline_days", 45),), (Quote("within 45 days"),), "dpa.pdf"),
        survival("Sections 4 and 9 survive for two (2) years after the end."),
        survival("Confidentiality survives as long as the law protects the information."),
    )
    assert found == {
        "Contract with Manila Review Inc. ends": date(2027, 3, 31),
        # 90 days back from 31 March: 31 in March, 28 in February, 31 in January
        "Last day for notice to Manila Review Inc. before the contract ends": date(2026, 12, 31),
        "Last day for Manila Review Inc. to return or delete the data": date(2027, 5, 15),
        "Duties of Manila Review Inc. cease to survive the contract": date(2029, 3, 31),
    }


def test_a_contract_whose_end_is_not_known_gives_no_dates(tmp_path: Path) -> None:
    assert dates(tmp_path, ENGAGEMENT, survival("survive for two (2) years")) == {}


def test_an_end_that_is_no_day_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'2027-02-30' is no day of the calendar"):
        dates(tmp_path, ENDS.replace("2027-03-31", "2027-02-30"))
    with pytest.raises(InputError, match=r"accountability\.contract_ends"):
        dates(tmp_path, ENDS.replace("2027-03-31", "next spring"))


def certificate(subject: str, **data: Any) -> Evidence:
    data = {"kind": "iso-27001", "file": subject, **data}
    return Evidence(Subject("certificate.document", subject, "certs"), data, "certificate", NOW)


def audit_folder(folder: Path, *records: Evidence) -> Path:
    (folder / "inputs").mkdir(parents=True)
    (folder / "inputs" / "engagement.yaml").write_text(ENDS, encoding="utf-8")
    (folder / "audit.json").write_text(json.dumps({"evaluated_at": "2026-03-02T08:00:00Z"}), encoding="utf-8")
    bundle(folder / "bundle", *records)
    return folder


RECORDS = (
    clause("audit-right", notice_days=30),
    clause("survival"),
    certificate("iso.pdf", expires="2026-09-30"),
    certificate("coi.pdf", kind="insurance", expires="2026-01-01",
                policies=[{"type": "cyber", "expires": "2026-12-31"}, {"type": "auto", "expires": None}]),
)  # fmt: skip


def test_audits_with_their_notice_and_papers_that_expire(tmp_path: Path) -> None:
    items, stamp = standing_dates(None, audit_folder(tmp_path / "audit", *RECORDS))
    assert stamp == datetime(2026, 3, 2, 8, tzinfo=UTC)
    found = {item.summary: item.at for item in items}
    # the cadence of 90 days runs from the end of the collection, 1 March 2026
    assert found["Audit of Manila Review Inc. due"] == datetime(2026, 5, 30, tzinfo=UTC)
    assert found["Last day to announce the audit to Manila Review Inc."] == date(2026, 4, 30)
    assert found["Certificate expires: iso.pdf"] == date(2026, 9, 30)
    assert found["Certificate expires: coi.pdf cyber policy"] == date(2026, 12, 31)
    assert "Certificate expires: coi.pdf auto policy" not in found


def test_a_later_export_moves_its_entries_and_adds_none(tmp_path: Path) -> None:
    renewed = [RECORDS[0], RECORDS[1], certificate("iso.pdf", expires="2029-09-30"), RECORDS[3]]
    one, _ = standing_dates(None, audit_folder(tmp_path / "one", *RECORDS))
    two, _ = standing_dates(None, audit_folder(tmp_path / "two", *renewed))
    assert [i.uid for i in one] == [i.uid for i in two]
    assert [i.at for i in one] != [i.at for i in two]


def test_a_folder_that_is_no_audit_is_named(tmp_path: Path) -> None:
    folder = audit_folder(tmp_path / "audit", *RECORDS)
    (folder / "audit.json").write_text("{}", encoding="utf-8")
    with pytest.raises(InputError, match="the result of the audit cannot be read"):
        standing_dates(None, folder)


def test_the_file_keeps_to_the_format(tmp_path: Path) -> None:
    items, stamp = standing_dates(None, audit_folder(tmp_path / "audit", *RECORDS))
    text = calendar_of(items, stamp, "Manila; Review, dates\n\\ \N{GRINNING FACE}" * 3)
    assert text.endswith("\r\n")
    assert "\n" not in text.replace("\r\n", "")
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))
    lines = re.sub("\r\n ", "", text).split("\r\n")[:-1]
    assert all(re.match(r"[A-Z-]+(;[A-Z]+=[A-Z]+)*:", line) for line in lines)
    stack: list[str] = []
    for line in lines:
        name, _, value = line.partition(":")
        if name == "BEGIN":
            stack.append(value)
        elif name == "END":
            assert stack.pop() == value
        else:
            # A comma or semicolon that ends no value is escaped, a line break is written as one.
            if name in ("SUMMARY", "DESCRIPTION", "X-WR-CALNAME"):
                assert not re.search(r"(?<!\\)(?:\\\\)*[;,]", value)
            assert stack
    assert not stack
    events = "\r\n".join(lines).split("BEGIN:VEVENT")[1:]
    assert len(events) == len(items)
    for event in events:
        for property_ in ("UID", "DTSTAMP", "DTSTART", "SUMMARY"):
            head = event.split("BEGIN:VALARM", 1)[0]
            assert len(re.findall(rf"^{property_}[;:]", head, re.MULTILINE)) == 1, property_
        assert "DTSTAMP:20260302T080000Z" in event
        start = re.search(r"^DTSTART[^:]*:(\S+)", event, re.MULTILINE)
        end = re.search(r"^DTEND[^:]*:(\S+)", event, re.MULTILINE)
        assert start is not None
        assert end is None or end[1] > start[1]  # section 3.8.2.2
    assert len({re.search(r"UID:(\S+)", e)[1] for e in events}) == len(events)  # type: ignore[index]
