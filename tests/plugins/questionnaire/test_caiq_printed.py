"""CAIQ without cells: printed as PDF, and its first edition, which asks without a place to answer."""

from __future__ import annotations

import pytest

from lpo_secaudit.errors import InputError
from lpo_secaudit_plugins._files.pages import Pages
from lpo_secaudit_plugins.questionnaire import caiq_pdf
from lpo_secaudit_plugins.questionnaire.kinds import read_questionnaire
from tests.plugins.questionnaire.test_questionnaire_collector import read, workbook
from tests.shared import need

TITLE = "CSA Consensus Assessments \nInitiative Questionnaire\nCAIQ, v4.0.2\n"


def row(id_: str, answer: str = "Yes", comment: str = "We do.") -> str:
    """A question as a narrow column breaks it."""
    domain, number = id_.split("-")
    control = f"{domain}\n-{number.split('.')[0]}\nDo this always.\n"
    return f"{domain}\n-\n{number}\nIs it \ndone?\n{answer} CSP\n-owned {comment}\n{control}"


def printed(monkeypatch: pytest.MonkeyPatch, *texts: str) -> object:
    starts = [sum(len(t) + 1 for t in texts[:n]) for n in range(len(texts))]
    pages = Pages("\f".join(texts), tuple(starts))
    monkeypatch.setattr(caiq_pdf, "read_pages", lambda raw, name, ocr: pages)
    return read_questionnaire(b"%PDF-1.7", "caiq.pdf")


NUMBERS = [f"AIS-{n:02d}.1" for n in range(1, 25)]


def test_rows_are_read_with_their_page_and_comment(monkeypatch: pytest.MonkeyPatch) -> None:
    pages = (TITLE + row(NUMBERS[0]), "".join(map(row, NUMBERS[1:])) + row("BCR-01.1", "NA", "None."))
    found = printed(monkeypatch, *pages)
    assert found is not None
    assert (found.kind, found.version) == ("caiq-v4", "4.0.2")  # type: ignore[attr-defined]
    answers = found.answers  # type: ignore[attr-defined]
    assert [a.question_id for a in answers] == [*NUMBERS, "BCR-01.1"]
    assert (answers[0].question, answers[0].comment) == ("Is it done?", "CSP -owned We do.")
    assert [a.place for a in answers] == ["page 1"] + ["page 2"] * 24
    assert answers[-1].answer == "not-applicable"


@pytest.mark.parametrize(
    ("text", "id_"),
    [
        ("DS\nP\n-\n16.1\nIs it \ndone?\nYe\ns CSP\n-owned x\n", "DSP-16.1"),
        ("LO\nG\n05.2\nIs it done? No\n", "LOG-05.2"),
        ("DCS Security -\n01.2\nIs it done?\nN/A\n", "DCS-01.2"),
        ("A&A-01.1 Is it 'done?'\nYes\n", "A&A-01.1"),
    ],
)
def test_ids_and_answers_that_the_column_broke(monkeypatch: pytest.MonkeyPatch, text: str, id_: str) -> None:
    found = printed(monkeypatch, TITLE + "".join(map(row, NUMBERS)) + text)
    last = found.answers[-1]  # type: ignore[union-attr]
    assert last.question_id == id_
    assert last.answer in ("yes", "no", "not-applicable")


def test_a_reference_in_an_answer_is_no_question(monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [row(i, comment="See response to Question \nID AIS\n-02.1") for i in NUMBERS]
    found = printed(monkeypatch, TITLE + "".join(rows))
    assert [a.question_id for a in found.answers] == NUMBERS  # type: ignore[attr-defined]


def test_a_hole_in_the_numbering_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    kept = [i for i in NUMBERS if i != "AIS-07.1"]
    found = printed(monkeypatch, TITLE + "".join(map(row, kept)) + row("BCR-02.1"))
    assert "nothing was found between AIS-06.1 and AIS-08.1" in found.problems  # type: ignore[attr-defined]
    assert "nothing was found before BCR-02.1" in found.problems  # type: ignore[attr-defined]


def test_a_print_whose_answers_cannot_be_told_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    ticks = TITLE + "".join(row(i, answer="x") for i in NUMBERS)
    with pytest.raises(InputError, match="24 of 24 answers cannot be told") as caught:
        printed(monkeypatch, ticks)
    assert "workbook" in str(caught.value)


@pytest.mark.parametrize("text", ["", "Consensus Assessment Questionnaire", "".join(map(row, NUMBERS))])
def test_another_pdf_is_none(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    assert printed(monkeypatch, text) is None


def test_a_published_print_has_every_question_of_the_workbook() -> None:
    folder = need("evidence_samples", "questionnaires")
    printed_ = read((folder / "caiq_aws.pdf").read_bytes())
    asked = read((folder / "caiq_v4.0.3_blank.xlsx").read_bytes())
    assert {a.question_id for a in printed_.answers} == {a.question_id for a in asked.answers}
    # counted on the text by another expression: 211 plain and 3 broken "Yes", 42 "NA", 5 "No"
    assert printed_.counts() == {"no": 5, "not-applicable": 42, "yes": 214}


def test_the_first_edition_has_several_questions_in_a_cell_and_no_answer() -> None:
    cell = "\n".join(f"CO-{n:02d}{c} - Do you do this?" for n in range(1, 12) for c in "ab")
    found = read(
        workbook({"CAI": [["Control Area", "Control ID", "Questions"], ["Compliance", "CO-01", cell]]})
    )
    assert (found.kind, found.counts()) == ("caiq-v1", {"unanswered": 22})
    assert found.problems[0] == "this edition has no column for answers"
    assert found.answers[0].place == "CAI!C2"
