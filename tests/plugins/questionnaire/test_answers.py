"""Words of answers brought to six values, and what is wrong with an answer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_secaudit_plugins.questionnaire.answers import ANSWERS, Answer, asks_yes_no, judge, normalise


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("Yes", "yes"),
        (" yes. ", "yes"),
        ("YES - see our policy", "yes"),
        ("Y", "yes"),
        ("x", "yes"),
        ("1) Yes", "yes"),
        ("2. No", "no"),
        ("TRUE", "yes"),
        ("No", "no"),
        ("No, but planned", "no"),
        ("not implemented", "no"),
        ("Partial", "partial"),
        ("Yes, partially", "partial"),
        ("Yes - except for legacy systems", "partial"),
        ("In progress", "partial"),
        ("N/A", "not-applicable"),
        ("n/a - no cards are stored", "not-applicable"),
        ("Not Applicable", "not-applicable"),
        ("", "unanswered"),
        ("  ", "unanswered"),
        ("TBD", "unanswered"),
        ("Choose an item.", "unanswered"),
        ("#REF!", "unanswered"),
        ("We encrypt everything", "text"),
        ("North America", "text"),
        ("None of the above", "text"),
        ("Yesterday", "text"),
        ("4) AWS", "text"),
        ("✅ Yes", "yes"),
        ("✔️ Yes, daily", "yes"),
        ("❌ No", "no"),
        ("✅", "yes"),
        ("❌", "no"),
        ("⚠️ Partial", "partial"),
        ("❌ Yes", "text"),
        ("✅ We encrypt everything", "text"),
    ],
)
def test_words_are_brought_to_one_of_six_answers(text: str, answer: str) -> None:
    assert normalise(text)[0] == answer


@given(st.text(max_size=200))
def test_any_text_has_exactly_one_answer(text: str) -> None:
    assert normalise(text)[0] in ANSWERS


@given(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), min_size=1, max_size=40))
def test_a_yes_is_only_read_where_one_is_written(text: str) -> None:
    known = (
        "y",
        "x",
        "✓",
        "✔",
        "✅",
        "⚠",
        "🟢",
        "🔴",
        "🟡",
        "⚪",
        "ja",
        "oui",
        "si",
        "sí",
        "true",
        "impl",
        "met",
        "compl",
        "pass",
        "agree",
    )
    answer, _ = normalise(text)
    if answer == "yes":
        assert (
            text.strip()
            .lower()
            .strip("()[]\"'.! ")
            .startswith((*known, "fully", "largely", "in place", "affirm", "conf", "check"))
        )


def test_what_stands_behind_the_word_is_kept() -> None:
    assert normalise("Yes - with AES-256") == ("yes", "with AES-256")


def test_a_questionnaires_own_words_come_first() -> None:
    assert normalise("erfüllt", {"erfüllt": "yes"})[0] == "yes"


def answer(word: str, comment: str = "", question: str = "Do you encrypt data?") -> Answer:
    return Answer("Q1", question, word, word, comment, "S!C2", closed=asks_yes_no(question))


def problems(*args: str) -> tuple[str, ...]:
    return judge([answer(*args)])[0].problems


def test_an_open_question_is_reported() -> None:
    assert problems("unanswered") == ("unanswered",)
    assert problems("unanswered", "see above") == ("unanswered: only a comment is given",)


@pytest.mark.parametrize(
    "comment",
    [
        "Not yet in place.",
        "We do not encrypt backups",
        "Planned: this is planned for Q3",
        "No.",
        "It is not implemented",
        "N/A",
    ],
)
def test_a_yes_that_its_comment_denies_is_a_contradiction(comment: str) -> None:
    assert any(p.startswith("contradiction") for p in problems("yes", comment))


def test_a_no_that_its_comment_affirms_is_a_contradiction() -> None:
    assert problems("no", "Yes, all data is encrypted")[0].startswith("contradiction")


@pytest.mark.parametrize(
    "comment", ["Available upon request.", "This is confidential.", "Please contact us."]
)
def test_a_yes_that_puts_off_is_evasive(comment: str) -> None:
    assert problems("yes", comment)[0].startswith("evasive")


def test_words_where_yes_or_no_was_asked_are_evasive() -> None:
    assert problems("text", "")[0].startswith("evasive")
    assert problems("text", "", "Describe your backup strategy.") == ()


@pytest.mark.parametrize(
    "comment",
    [
        "All data is encrypted with AES-256.",
        "No later than 30 days.",
        "Data is classified as public, internal or confidential.",
        "Staff sign non-disclosure agreements.",
        "We publish a roadmap for customers.",
        "Keys are rotated; no exceptions are allowed.",
    ],
)
def test_a_plain_yes_has_no_problem(comment: str) -> None:
    assert problems("yes", comment) == ()
