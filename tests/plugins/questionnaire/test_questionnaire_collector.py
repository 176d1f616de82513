"""Questionnaires of every layout become answers with their cells; bombs become errors."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from lpo_secaudit.errors import InputError, LimitExceededError
from lpo_secaudit.model.check import Outcome
from lpo_secaudit.model.evidence import ListingStatus
from lpo_secaudit.plugins import load_plugins
from lpo_secaudit_plugins._files import tables
from lpo_secaudit_plugins.questionnaire import plugin
from lpo_secaudit_plugins.questionnaire.kinds import Questionnaire, read_questionnaire
from tests.plugins.collecting import collect_source, observe

Sheets = dict[str, list[list[Any]]]


def workbook(sheets: Sheets, hidden: tuple[str, ...] = ()) -> bytes:
    book = openpyxl.Workbook()
    book.remove(book.active)  # type: ignore[arg-type]
    for name, rows in sheets.items():
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(row)
        if name in hidden:
            sheet.sheet_state = "hidden"
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def read(raw: bytes) -> Questionnaire:
    found = read_questionnaire(raw, "file")
    assert found is not None
    return found


CSV = """ID,Question,Answer,Comments
1,Is data encrypted at rest?,Yes,AES-256
2,Is MFA required for all staff?,No,
3,Do you test your backups?,,
"""


def test_a_plain_csv_needs_no_mapping() -> None:
    found = read(CSV.encode())
    assert found.kind == "questionnaire"
    assert [(a.question_id, a.answer, a.place, a.comment) for a in found.answers] == [
        ("1", "yes", "C2", "AES-256"),
        ("2", "no", "C3", ""),
        ("3", "unanswered", "C4", ""),
    ]


@pytest.mark.parametrize("delimiter", [";", "\t"])
def test_other_delimiters_and_encodings(delimiter: str) -> None:
    raw = CSV.replace(",", delimiter).replace("AES-256", "Schlüssel").encode("cp1252")
    assert read(raw).answers[0].comment == "Schlüssel"


def test_caiq_4_layout_header_in_row_2_and_control_id_on_the_first_question_only() -> None:
    rows: list[list[Any]] = [
        ["v4.0.2", "CONSENSUS ASSESSMENTS INITIATIVE QUESTIONNAIRE v4.0.2"],
        [
            "Question ID",
            "Question",
            "CSP CAIQ Answer",
            "SSRM Control Ownership",
            "CSP Implementation Description",
            "CCM Control ID",
        ],
        *[
            [
                f"CEK-03.{n}",
                f"Is thing {n} encrypted?",
                "Yes" if n < 5 else "NA",
                "CSP-owned",
                None,
                "CEK-03" if n == 1 else None,
            ]
            for n in range(1, 7)
        ],
        ["End of Standard"],
        ["© Copyright"],
    ]
    found = read(workbook({"Introduction": [["text"]], "Some other name": rows}))
    assert (found.kind, found.version) == ("caiq-v4", "4.0.2")
    assert found.counts() == {"not-applicable": 2, "yes": 4}
    assert found.answers[0].place == "Some other name!C3"


def test_caiq_3_layout_three_marked_columns_under_a_header_of_three_rows() -> None:
    rows: list[list[Any]] = [
        [None, None, "CONSENSUS ASSESSMENTS INITIATIVE QUESTIONNAIRE v3.1"],
        [
            "Control Domain",
            "Control ID",
            "Question ID",
            "Control Specification",
            "Consensus Assessment Questions",
            "Consensus Assessment Answers",
            None,
            None,
            "Notes",
        ],
        [None],
        [None, None, None, None, None, "Yes", "No", "Not Applicable"],
        ["App", "AIS-01", "AIS-01.1", "spec", "Do you test code?", "X", None, None, "daily"],
        [None, None, "AIS-01.2", None, "Do you scan code?", None, "x", None, None],
        [None, "AIS-02", "AIS-02.1", "spec", "Do you sign code?", None, None, "x", "no code"],
        ["Data", "EKM-01", "EKM-01.1", "spec", "Do you own keys?", "x", "x", None, None],
        ["Data", "EKM-02", "EKM-02.1", "spec", "Do you rotate keys?", None, None, None, None],
        ["Data", "DSI-02", "DSI-02.1", "spec", "Do you map data?", "x", None, None, None],
    ]
    found = read(workbook({"CAIQ": rows}))
    assert found.kind == "caiq-v3"
    by_id = {a.question_id: a for a in found.answers}
    assert {i: a.answer for i, a in by_id.items()} == {
        "AIS-01.1": "yes",
        "AIS-01.2": "no",
        "AIS-02.1": "not-applicable",
        "EKM-01.1": "partial",
        "EKM-02.1": "unanswered",
        "DSI-02.1": "yes",
    }
    assert by_id["EKM-01.1"].problems[0].startswith("contradiction: marked yes and no")
    assert by_id["AIS-01.2"].place == "CAIQ!G6"


def hecvat(rows: list[list[Any]], title: str = "HECVAT - Full | Vendor Response") -> list[list[Any]]:
    return [[title, None, None, None, "Version 3.05"], ["DATE-01", "Date", "10/04/2024"], *rows]


HEADER = ["Documentation", None, "Vendor Answers", "Additional Information", "Guidance", "Analyst Notes"]


def test_hecvat_reads_the_response_sheet_only() -> None:
    rows = [
        HEADER,
        ["DOCU-01", "Have you undergone a SOC 2 audit?", "Yes", "yearly"],
        ["DOCU-02", "Do you have a policy?", None, "see site"],
    ]
    analyst = [
        ["HECVAT - Full | Analyst Report"],
        ["ID", "Question", "Vendor Answer"],
        ["DOCU-01", "Have you undergone a SOC 2 audit?", "No"],
    ]
    found = read(workbook({"Vendor": hecvat(rows), "Analyst Report": analyst}))
    assert (found.kind, found.version, str(found.answered_on)) == ("hecvat", "3.05", "2024-10-04")
    assert found.counts() == {"text": 1, "unanswered": 1, "yes": 1}
    assert found.problems == ()


def test_hecvat_4_one_question_on_several_sheets_counts_once_and_must_agree() -> None:
    header = [" Required Questions", None, "Answer", "Additional Information"]
    title = "HECVAT Solution Provider Response - {}"
    one = hecvat(
        [header, ["REQU-01", "Are you offering a cloud-based product?", "Yes"]], title.format("Start")
    )
    two = hecvat(
        [header, ["REQU-01", "Are you offering a cloud-based product?", "No"]], title.format("Product")
    )
    found = read(workbook({"START HERE": one, "Product": two}))
    assert [a.question_id for a in found.answers] == ["DATE-01", "REQU-01"]
    assert "answered yes at START HERE!C4 and no at Product!C4" in found.problems[0]


def test_equal_numbers_of_different_questions_are_kept_apart() -> None:
    head = ["Ref", "Question", "Response", "Comments"]
    found = read(
        workbook(
            {
                "SIG A. Risk": [head, ["1.1", "Is there a risk policy?", "Yes", ""]],
                "SIG B. Access": [head, ["1.1", "Is access reviewed?", "No", ""]],
            }
        )
    )
    assert found.kind == "sig"
    assert [(a.question_id, a.answer) for a in found.answers] == [("1.1", "yes"), ("SIG B. Access!1.1", "no")]


def test_headings_and_repeated_headers_are_no_questions() -> None:
    head = ["ID", "Question", "Answer"]
    rows = [
        head,
        ["A", "Access control", None],
        ["A.1", "Is access reviewed?", "Yes"],
        head,
        [None, "Networks", None],
        ["N.1", "Is there a firewall?", "No"],
    ]
    found = read(workbook({"Q": rows}))
    assert [(a.question_id, a.section) for a in found.answers] == [
        ("A.1", "Access control"),
        ("N.1", "Networks"),
    ]


def test_an_answer_without_a_number_is_not_lost() -> None:
    rows = [["ID", "Question", "Answer"], ["1", "Is access reviewed?", "Yes"], [None, "Is it logged?", "No"]]
    assert [a.question_id for a in read(workbook({"Q": rows})).answers] == ["1", "row 3"]


def test_a_markdown_table() -> None:
    text = "# CAIQ\n\n| Question ID | Question | Answer |\n|---|---|---|\n| 1 | Is it \\| safe? | Yes |\n"
    assert [(a.question, a.answer, a.place) for a in read(text.encode()).answers] == [
        ("Is it | safe?", "yes", "C5")
    ]


VSAQ = """// a comment
{"questionnaire": [{"type": "block", "text": "App", "items": [
  {"type": "line", "id": "name", "text": "Name " + // joined
     "of the app?"},
  {"type": "radiogroup", "id": "contact", "text": "Do you have a contact?", "choices": [
    {"contact_yes": "Yes, at http://example.org/"}, {"contact_no": "No, none"}]},
  {"type": "checkgroup", "text": "Which?", "choices": [{"a": "first"}, {"b": "second"}]},
  {"type": "yesno", "id": "logs", "text": "Logs?", "yes": "yes", "no": "no"},
  {"type": "tip", "text": "a tip"},
]}]}
"""


def test_vsaq_with_comments_joined_strings_and_trailing_commas() -> None:
    found = read(VSAQ.encode())
    assert found.counts() == {"unanswered": 4}
    assert found.answers[0].question == "Name of the app?"


def test_vsaq_answers_lie_in_a_file_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "q.json").write_text(VSAQ)
    (tmp_path / "a.json").write_text(
        json.dumps({"name": "Portal", "contact_no": "checked", "b": "checked", "logs": "yes"})
    )
    bundle = collect_source(plugin(), tmp_path, {"file": "q.json", "answers": "a.json"})
    answers = {r.data["question_id"]: r.data["answer"] for r in bundle.records("questionnaire.answer")}
    assert sorted(answers.values()) == ["no", "text", "text", "yes"]
    assert (answers["contact"], answers["logs"]) == ("no", "yes")


MAPPING = """
questionnaire: House form
sheets: ["Teil *"]
columns: {id: Nr, question: Frage, answer: D, comment: Bemerkung}
answers: {yes: [erfüllt], no: [offen]}
topics: {"7": [backup]}
reversed: ["8"]
answered_on: 2026-10-01
"""


def test_a_mapping_reads_a_layout_of_its_own(tmp_path: Path) -> None:
    rows: list[list[Any]] = [
        ["Fragebogen"],
        ["Nr", "Frage", "Bemerkung"],
        [7, "Sicherung?", "täglich", "erfüllt"],
        [8, "Vorfall?", None, "offen"],
    ]
    (tmp_path / "f.xlsx").write_bytes(workbook({"Teil 1": rows, "Anlage": rows}))
    (tmp_path / "m.yaml").write_text(MAPPING)
    bundle = collect_source(plugin(), tmp_path, {"file": "f.xlsx", "mapping": "m.yaml"})
    records = list(bundle.records("questionnaire.answer"))
    first = records[0].data
    assert (first["answer"], first["place"], first["topics"]) == ("yes", "Teil 1!D3", ["backup"])
    assert records[0].collected_at.date().isoformat() == "2026-10-01"
    assert len(records) == 2


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colums: {}", "colums"),
        ("columns: {question: Z, id: Missing}", "Missing"),
        ("sheets: [Nope]\ncolumns: {question: B}", "Nope"),
        ("columns: {question: B}\ntopics: {'1': [backups]}", "no topic 'backups'"),
        ("columns: {question: B}\ntopics: {'1': [backups]}", "did you mean 'backup'?"),
    ],
)
def test_a_wrong_mapping_says_what_is_wrong(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "f.csv").write_text(CSV)
    (tmp_path / "m.yaml").write_text(text)
    bundle = collect_source(plugin(), tmp_path, {"file": "f.csv", "mapping": "m.yaml"})
    assert bundle.count == 0
    assert any(x.gap and said in x.gap.message for x in bundle.listings)


def claims(tmp_path: Path, csv: str, *only: str) -> list[tuple[str, Outcome]]:
    (tmp_path / "q.csv").write_text(csv)
    bundle = collect_source(plugin(), tmp_path, {"file": "q.csv", "answered_on": "2026-11-01"})
    return [(o.subject.id, o.outcome) for o in observe(plugin(), bundle, *only)]


def test_claims_yes_satisfies_no_does_not_and_silence_is_unavailable(tmp_path: Path) -> None:
    question = "Is multi-factor authentication required for all staff?"
    rows = {"a": "Yes", "b": "No", "c": "Partial", "d": "", "e": "N/A", "f": "We take security seriously"}
    csv = "ID,Question,Answer\n" + "".join(f"{i},{question} ({i}),{answer}\n" for i, answer in rows.items())
    csv = csv.replace("\na,", "\na1,").replace("\nb,", "\nb1,")
    csv = "ID,Question,Answer\n" + "".join(f"{i}1,{question} ({i}),{answer}\n" for i, answer in rows.items())
    assert dict(claims(tmp_path, csv, "claim-mfa")) == {
        "a1": Outcome.SATISFIED,
        "b1": Outcome.NOT_SATISFIED,
        "c1": Outcome.NOT_SATISFIED,
        "d1": Outcome.UNAVAILABLE,
        "e1": Outcome.NOT_APPLICABLE,
        "f1": Outcome.UNAVAILABLE,
    }


def test_a_yes_that_contradicts_itself_satisfies_nothing(tmp_path: Path) -> None:
    csv = "ID,Question,Answer,Comment\n1,Is data encrypted at rest?,Yes,Not yet; this is planned\n"
    assert claims(tmp_path, csv, "claim-encryption-at-rest") == [("1", Outcome.UNAVAILABLE)]


def test_an_old_claim_is_stale(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text(CSV)
    bundle = collect_source(plugin(), tmp_path, {"file": "q.csv", "answered_on": "2024-01-01"})
    assert Outcome.STALE in {o.outcome for o in observe(plugin(), bundle, "claim-encryption-at-rest")}


def test_the_whole_is_judged_too(tmp_path: Path) -> None:
    (tmp_path / "q.csv").write_text(CSV)
    bundle = collect_source(plugin(), tmp_path, {"file": "q.csv"})
    found = {o.check: o.outcome for o in observe(plugin(), bundle) if o.check.startswith("questionnaire-")}
    assert found == {
        "questionnaire-complete": Outcome.NOT_SATISFIED,
        "questionnaire-plain": Outcome.SATISFIED,
        "questionnaire-consistent": Outcome.SATISFIED,
        "questionnaire-dated": Outcome.UNAVAILABLE,
    }


def test_every_topic_has_its_claim_and_the_plugin_loads() -> None:
    from lpo_secaudit.catalog.topics import load_topics

    ids = {c.id for c in plugin().checks}
    assert {f"claim-{topic}" for topic in load_topics().by_id} <= ids
    assert "questionnaire" in load_plugins(extra=[plugin()]).collectors


class TestHostile:
    def refused(self, raw: bytes, kind: type[InputError] = InputError) -> str:
        with pytest.raises(kind) as caught:
            read_questionnaire(raw, "evil.xlsx")
        return str(caught.value)

    def package(self, parts: dict[str, bytes]) -> bytes:
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for name, content in parts.items():
                archive.writestr(name, content)
        return out.getvalue()

    def test_a_zip_bomb(self) -> None:
        raw = self.package({"xl/workbook.xml": b"<workbook/>", "xl/worksheets/sheet1.xml": bytes(60_000_000)})
        assert "packed" in self.refused(raw, LimitExceededError)

    def test_a_doctype_in_a_part(self) -> None:
        evil = b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa">]><workbook/>'
        assert "document type" in self.refused(self.package({"xl/workbook.xml": evil}))

    def test_entities_behind_the_first_bytes(self) -> None:
        book = zipfile.ZipFile(
            io.BytesIO(workbook({"Q": [["ID", "Question", "Answer"], ["1", "Is it safe?", "Yes"]]}))
        )
        parts = {n: book.read(n) for n in book.namelist()}
        name = "xl/worksheets/sheet1.xml"
        evil = b"<!DOCTYPE x [" + b" " * 5000 + b'<!ENTITY a "b">]>'
        parts[name] = parts[name].replace(b"<worksheet", evil + b"<worksheet", 1)
        self.refused(self.package(parts))

    def test_too_many_cells(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(tables, "MAX_CELLS", 50)
        self.refused(workbook({"Q": [["a"] * 10] * 10}), LimitExceededError)

    def test_a_cell_in_the_last_corner_costs_nothing(self) -> None:
        book = openpyxl.Workbook()
        sheet = book.active
        assert sheet is not None
        for cell, value in (
            ("A1", "ID"),
            ("B1", "Question"),
            ("C1", "Answer"),
            ("A2", "1"),
            ("B2", "Is it safe?"),
            ("C2", "Yes"),
            ("XFD1048576", "x"),
        ):
            sheet[cell] = value
        out = io.BytesIO()
        book.save(out)
        assert read(out.getvalue()).counts() == {"yes": 1}

    def test_a_stated_dimension_cannot_hide_rows(self) -> None:
        book = zipfile.ZipFile(
            io.BytesIO(
                workbook(
                    {
                        "Q": [
                            ["ID", "Question", "Answer"],
                            ["1", "Is it safe?", "Yes"],
                            ["2", "Is it sound?", "No"],
                        ]
                    }
                )
            )
        )
        parts = {n: book.read(n) for n in book.namelist()}
        name = "xl/worksheets/sheet1.xml"
        parts[name] = parts[name].replace(b'ref="A1:C3"', b'ref="A1:C2"')
        assert read(self.package(parts)).counts() == {"no": 1, "yes": 1}

    @pytest.mark.parametrize("raw", [b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)])
    def test_broken_and_encrypted_workbooks(self, raw: bytes) -> None:
        assert self.refused(raw)

    @pytest.mark.parametrize(
        ("text", "said"),
        [
            ('{"sections": [{"questions": [{"question": "q", "answer": NaN}]}]}', "NaN"),
            ('{"a": 1, "a": 2}', "twice"),
            ("[" * 200 + "]" * 200, "deeper"),
            ('{"a": ' + "9" * 5000 + "}", "digits"),
            ('{"sections": [', "not valid JSON"),
        ],
    )
    def test_json(self, text: str, said: str) -> None:
        assert said in self.refused(text.encode())

    def test_a_file_that_cannot_be_read_is_a_gap(self, tmp_path: Path) -> None:
        (tmp_path / "q.json").write_text("[" * 500)
        bundle = collect_source(plugin(), tmp_path, {"file": "q.json"})
        assert {x.status for x in bundle.listings} == {ListingStatus.UNAVAILABLE}
        assert {o.outcome for o in observe(plugin(), bundle)} == {Outcome.UNAVAILABLE}
