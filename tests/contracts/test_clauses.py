"""Clauses in short contracts of our own: who is bound, what negates, what only looks like a duty."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_secaudit.contracts import analyze
from lpo_secaudit.contracts.analysis import Analysis, analyze_document
from lpo_secaudit.contracts.document import Document
from lpo_secaudit.contracts.library import PARTY_CONCEPTS, load_library, standard_library
from lpo_secaudit.errors import InputError


def analyse(text: str, **options: Any) -> Analysis:
    return analyze_document(Document(name="contract.txt", format="text", sha256="", text=text), **options)


def present(text: str, clause: str) -> bool:
    return analyse(text)[clause].present


BREACH = (
    "Provider shall notify Customer of any Personal Data Breach without undue delay "
    "and in any event within {}."
)


@pytest.mark.parametrize(
    ("words", "want"),
    [
        ("seventy-two (72) hours after becoming aware of it", {"deadline_hours": 72, "trigger": "aware"}),
        ("3 Business Days after discovery", {"deadline_business_days": 3, "trigger": "discovery"}),
        ("24 hours after the breach is identified", {"deadline_hours": 24, "trigger": "discovery"}),
        ("two (2) days of a confirmed breach", {"deadline_hours": 48, "trigger": "confirmed"}),
    ],
)
def test_breach_deadlines(words: str, want: dict[str, Any]) -> None:
    result = analyse(BREACH.format(words))["breach-notification"]
    assert result.present and result.bound == "provider" and result.grade == "strong"
    assert result.parameters == {**want, "without_undue_delay": True}


@pytest.mark.parametrize(
    ("text", "clause"),
    [
        (
            "Customer shall notify Provider of any Personal Data Breach within 24 hours.",
            "breach-notification",
        ),
        ("Provider is not required to notify Customer of any Personal Data Breach.", "breach-notification"),
        ("# Notification of Personal Data Breaches", "breach-notification"),
        ("Whereas the Provider shall notify the Customer of a Personal Data Breach;", "breach-notification"),
        ("Customer is solely responsible for appropriate technical security measures.", "security-measures"),
        ("Provider may delete Customer Data at any time.", "return-or-deletion"),
        ("Customer shall obtain and maintain cyber liability insurance.", "insurance"),
    ],
)
def test_what_does_not_bind_the_provider(text: str, clause: str) -> None:
    assert not present(text, clause)


@pytest.mark.parametrize(
    ("text", "mode"),
    [
        ("Sub-processors are only permitted if Customer has given its consent in writing.", "specific"),
        (
            "Supplier will obtain Customer's written approval before subcontracting any of the work.",
            "specific",
        ),
        (
            "Customer grants a general authorisation to engage sub-processors and may object to them.",
            "general",
        ),
    ],
)
def test_how_sub_processors_are_authorised(text: str, mode: str) -> None:
    assert analyse(text)["subprocessor-authorization"].parameters == {"mode": mode}


def test_where_a_model_reads_another_sentence_than_the_rules_it_is_quoted_too() -> None:
    text = (
        "Customer has ensured that the necessary security measures have been taken within its power.\n\n"
        "Acme shall make sure that adequate technical and organizational measures are in place for the "
        "processing, in order to prevent loss of the data and any form of unlawful processing."
    )
    quotes = [q.text for q in analyse(text)["security-measures"].quotes]
    assert any(q.startswith("Acme shall make sure") for q in quotes)


def test_an_item_takes_subject_and_modal_from_its_lead_in() -> None:
    text = "Processor shall:\n\n(a) process Personal Data;\n"
    text += "(b) notify Controller of a Personal Data Breach within 48 hours;\n"
    result = analyse(text)["breach-notification"]
    assert result.bound == "provider" and result.parameters["deadline_hours"] == 48
    turned = text.replace("Processor shall", "Controller shall").replace(
        "notify Controller", "notify Processor"
    )
    assert not present(turned, "breach-notification")


def test_weak_grades_say_why() -> None:
    efforts = (
        "Provider shall use commercially reasonable efforts to notify Customer of any Personal Data Breach."
    )
    assert "commercially reasonable" in analyse(efforts)["breach-notification"].reason
    blank = "Provider shall notify Customer of any Personal Data Breach within [insert number] hours."
    result = analyse(blank)["breach-notification"]
    assert result.grade == "weak" and "placeholder" in result.reason
    contradiction = analyse(BREACH.format("twenty-four (48) hours"))["breach-notification"]
    assert contradiction.grade == "weak" and "disagree" in contradiction.reason


def test_a_list_is_quoted_with_what_it_lists() -> None:
    text = (
        "Provider shall notify Customer of every personal data breach without delay. "
        "The notice must include:\n\n"
        "- the nature of the breach\n- the categories and number of persons concerned\n"
        "- the likely consequences\n"
    )
    quote = analyse(text)["breach-notice-content"].quotes[0]
    assert quote.text.startswith("The notice must include") and quote.text.endswith("the likely consequences")


def test_each_measure_is_quoted_before_any_a_second_time() -> None:
    text = "".join(
        f"Provider shall encrypt the {n} data. "
        for n in ["first", "second", "third", "fourth", "fifth", "sixth"]
    )
    text += "Provider shall run a penetration test every year. Provider shall keep backups."
    quotes = " ".join(q.text for q in analyse(text)["security-measures-specific"].quotes)
    assert "encrypt" in quotes and "penetration" in quotes and "backups" in quotes


def test_the_period_of_clause_nine_is_the_notice_of_a_change() -> None:
    text = (
        "Provider shall inform Customer of any new sub-processor. Customer may object to it within 20 days "
        "of the information.\n\nOption 2 of Clause 9(a) of the Standard Contractual Clauses applies, and the "
        "time period in it is 15 days."
    )
    assert analyse(text)["subprocessor-change-notice"].parameters == {"notice_days": 15}


def test_caps_and_carve_outs() -> None:
    text = (
        "In no event shall either party's liability exceed two times (2x) the fees paid "
        "in the twelve (12) months preceding the claim.\n"
        "The limitation of liability does not apply to a breach of confidentiality obligations."
    )
    analysis = analyse(text)
    assert analysis["liability-cap"].parameters == {"fee_months": 12, "fee_multiple": 2}
    assert analysis["liability-carve-out"].present


PIECES = [
    "Provider shall notify Customer of a Data Breach within 24 hours.",
    "Customer may audit Provider once per year.",
    "Provider will return or delete all Personal Data.",
    "This Agreement is governed by the laws of Ireland.",
    *("\u200b", "\u202eabc", "(a)", "\n\n", "# X\n", "é" * 5, "\t", "1.1 ", "<b>", "| a | b |", "\r\n"),
]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_quotes_are_the_text_at_their_offsets_and_runs_agree(parts: list[str]) -> None:
    text = "".join(parts)
    analysis = analyse(text)
    for clause in analysis.clauses:
        assert clause.present == bool(clause.quotes) == (clause.grade != "absent")
        assert 0 <= clause.confidence <= 1
        for quote in clause.quotes:
            assert text[quote.start : quote.end] == quote.text != ""
    assert json.dumps(analysis.to_json()) == json.dumps(analyse(text).to_json())


def test_time_is_linear_in_hostile_text() -> None:
    # Without bounded gaps and lead-ins each of these takes minutes.
    for text in (
        "(a) " * 8_000,
        "shall:\n" * 4_000,
        "Provider " * 8_000,
        "x" * 200_000,
        "[" * 50_000,
        "1." * 50_000,
    ):
        assert analyse(text).words >= 0


def test_the_library_names_every_label_once_with_its_meaning() -> None:
    library = standard_library()
    ids = [c.id for c in library.clauses]
    assert len(ids) == len(set(ids))
    aliases = [a for c in library.clauses for a in c.aliases]
    assert len(aliases) == len(set(aliases))
    assert all(c.means and c.title for c in library.clauses)
    assert all(c.rules or c.model or c.examples for c in library.clauses)


def test_a_concept_is_defined_in_one_file_of_the_library() -> None:
    # A later file's definition would quietly take the place of an earlier one.
    folder = Path(__file__).resolve().parents[2] / "controls" / "clauses"
    names = [
        name
        for file in folder.glob("*.yaml")
        for name in yaml.safe_load(file.read_text(encoding="utf-8")).get("concepts", ())
    ]
    assert [name for name, times in Counter(names).items() if times > 1] == []


def test_every_concept_of_the_library_is_used() -> None:
    library = standard_library()
    used = set(library.book.inner)
    for clause in library.clauses:
        used.add(clause.about)
        for rule in clause.rules:
            used.update(rule.excluded, rule.count, *(need.concepts for need in rule.needs))
    unused = set(range(len(library.book.names))) - used
    assert {library.book.names[number] for number in unused} <= set(PARTY_CONCEPTS)


OWN = """
clauses:
  - clause: ours-privilege
    title: Privilege is kept
    means: The provider keeps legal privilege.
    examples:
      - "Provider shall not do anything that would waive the attorney-client privilege of Client documents."
      - "The Supplier will preserve legal professional privilege in documents of the Client and assert it."
  - clause: ours-clean-desk
    title: Clean desk
    means: A clean desk policy is kept.
    rules: [{need: ["clean desk"]}]
"""


def test_a_firm_adds_clauses_without_python(tmp_path: Path) -> None:
    file = tmp_path / "ours.yaml"
    file.write_text(OWN)
    library = load_library([file])
    text = (
        "Vendor will take care that attorney-client privilege in the documents of the Client is preserved.\n"
    )
    text += "Vendor shall maintain a clean desk policy.\nVendor shall invoice monthly.\n" * 3
    analysis = analyse(text, library=library)
    assert analysis["ours-privilege"].quotes[0].text.startswith("Vendor will take care that attorney-client")
    assert analysis["ours-clean-desk"].present
    assert not analyse("Vendor shall invoice monthly and pay taxes.\n" * 4, library=library)[
        "ours-privilege"
    ].present


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        ("clauses: [{clause: x, title: t, means: m, rules: [{need: [no-such-concept]}]}]", "no-such-concept"),
        ("clauses: [{clause: x, title: t, means: m}]", "x"),
        ("concepts: {provider: [vendor]}", "provider"),
    ],
)
def test_a_broken_library_says_where(tmp_path: Path, broken: str, says: str) -> None:
    file = tmp_path / "broken.yaml"
    file.write_text(broken)
    with pytest.raises(InputError) as caught:
        load_library([file])
    assert "broken.yaml" in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "Agreement\n\nNo.\n",
        "This Agreement is governed by the laws of Ireland. No",
        "Where the Customer must notify the authority of a breach under the laws of Ireland, Provider",
    ],
)
def test_a_text_may_end_anywhere(text: str) -> None:
    assert analyze(text.encode(), name="a.txt").clauses
