"""Sections, sentences, definitions and references, as a lawyer would number and join them."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_secaudit.contracts.document import Document
from lpo_secaudit.contracts.readers import read_bytes
from lpo_secaudit.contracts.structure_numbers import enumerators, ordinals
from lpo_secaudit.contracts.structure_sentences import pieces_of


def read(text: str, name: str = "x.txt") -> Document:
    return read_bytes(text.encode(), name)


def outline(document: Document) -> list[tuple[str, str]]:
    return [(s.path, s.heading) for s in document.sections if s.path or s.heading]


def said(document: Document, index: int) -> str:
    sentence = document.sentences[index]
    return document.text[sentence.start : sentence.end]


def test_dotted_lettered_and_roman_numbers_give_the_path_a_lawyer_cites() -> None:
    document = read(
        "8. Security\n\n8.1 General. Provider shall be careful.\n\n8.2 Measures. Provider shall:\n\n"
        "(a) encrypt;\n\n(b) log:\n\n(i) access; and\n\n(ii) changes;\n\n(c) test.\n\n9. Audit\n\n"
        "9.1 Customer may audit."
    )
    assert outline(document) == [
        ("8", "Security"),
        ("8.1", "General"),
        ("8.2", "Measures"),
        ("8.2(a)", ""),
        ("8.2(b)", ""),
        ("8.2(b)(i)", ""),
        ("8.2(b)(ii)", ""),
        ("8.2(c)", ""),
        ("9", "Audit"),
        ("9.1", ""),
    ]


def test_i_after_h_is_a_letter_and_i_after_nothing_is_roman() -> None:
    letters = read("1. Provider shall:\n\n" + "\n\n".join(f"({chr(97 + n)}) thing {n};" for n in range(11)))
    assert [s.path for s in letters.sections][1:] == [f"1({chr(97 + n)})" for n in range(11)]
    romans = read("1. Provider shall:\n\n(i) one;\n\n(ii) two;\n\n(iii) three;\n\n(iv) four;\n\n(v) five.")
    assert [s.path for s in romans.sections][1:] == [f"1({r})" for r in ("i", "ii", "iii", "iv", "v")]


def test_annexes_begin_numbering_anew() -> None:
    document = read(
        "1. Term\n\n1.1 One year.\n\nANNEX II – Measures\n\n1. Encryption\n\n1.1 All data is encrypted."
    )
    assert [s.path for s in document.sections] == ["1", "1.1", "Annex II", "Annex II, 1", "Annex II, 1.1"]
    assert document.sections[2].kind == "annex"
    assert document.sections[4].kind == "annex"


def test_markdown_lists_nest_by_indent_and_repeat_their_number() -> None:
    document = read(
        "# DPA\n\n1. **Security.** Provider shall:\n    1. encrypt;\n    1. log.\n"
        "1. **Audit.** Customer may audit.\n",
        "x.md",
    )
    assert outline(document) == [
        ("", "DPA"),
        ("1", "Security"),
        ("1.1", ""),
        ("1.2", ""),
        ("2", "Audit"),
    ]


def test_a_number_wrapped_to_the_next_line_opens_no_section() -> None:
    document = read(
        "8. Audit. The audit takes place once a year, on the terms stated in section\n"
        "8.2 of this agreement, which was agreed between the parties and may be amended\n"
        "at any time, at the seat of the provider and on a day that both of the parties\n"
        "agree on in advance."
    )
    assert [s.path for s in document.sections] == ["8"]


def test_sentences_about_sections_are_not_headings() -> None:
    document = read(
        "1. Term\n\nSection 8 of this Agreement applies to the data.\n\nAnnex II applies to it as well."
    )
    assert [s.path for s in document.sections] == ["1"]


def test_items_know_the_sentence_that_leads_in() -> None:
    document = read("1. Provider shall:\n\n(a) encrypt data;\n\n(b) log access.\n\n2. Customer shall pay.")
    assert [s.lead_in for s in document.sentences] == [-1, 0, 0, -1]
    assert said(document, 1) == "encrypt data;"


def test_an_enumeration_within_a_sentence_is_parted() -> None:
    document = read("Provider shall: (a) encrypt data; (b) log access; and (c) test. It shall report.")
    assert [said(document, n) for n in range(5)] == [
        "Provider shall:",
        "(a) encrypt data;",
        "(b) log access; and",
        "(c) test.",
        "It shall report.",
    ]
    assert [s.lead_in for s in document.sentences] == [-1, 0, 0, 0, -1]


def test_lines_in_lower_case_after_a_colon_are_items() -> None:
    document = read(
        "The processor shall:\nprocess data on instructions;\nkeep it secret.\nThe controller shall pay.\n"
    )
    assert [s.lead_in for s in document.sentences] == [-1, 0, 0, -1]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("It is sent to Acme Inc. The end.", 1),
        ("See Art. 28 GDPR. The rest stays.", 2),
        ("Signed by J. Smith in the U.S. Congress. Done.", 2),
        ("Within 72 hours. “Breach” is defined.", 2),
        ("No. 5 applies (see No. 6).", 1),
    ],
)
def test_abbreviations_end_no_sentence(text: str, count: int) -> None:
    assert len(list(pieces_of(text, 0, len(text)))) == count


def test_recitals_and_signatures_bind_nobody_and_say_so() -> None:
    document = read(
        "AGREEMENT\n\nWHEREAS, the parties wish to cooperate; and\n\nWHEREAS, data is shared;\n\n"
        "NOW, THEREFORE, the parties agree as follows:\n\n1. Term\n\nOne year.\n\n"
        "IN WITNESS WHEREOF, the parties sign.\n\nBy: ____________"
    )
    kinds = {document.text[s.start : s.start + 7]: s.kind for s in document.sections}
    assert kinds["WHEREAS"] == "recital"
    assert kinds["1. Term"] == "body"
    assert kinds["IN WITN"] == "signature"


def test_a_table_of_contents_opens_no_sections() -> None:
    document = read(
        "Table of Contents\n\n1. Definitions ........ 3\n\n2. Security ......... 4\n\n"
        "1. Definitions\n\nWords.\n\n2. Security\n\nMore."
    )
    assert outline(document) == [("", "Contents"), ("1", "Definitions"), ("2", "Security")]
    assert document.sections[0].kind == "front-matter"


def test_words_of_duty_before_the_first_number_stay_binding() -> None:
    document = read("Provider shall keep secrets.\n\n1. A\n\nText one.\n\n2. B\n\nText.\n\n3. C\n\nText.")
    assert document.sections[0].kind == "body"


def test_definitions_and_references() -> None:
    document = read(
        "1. Definitions\n\n“Security Incident” means a breach of Section 2.1 or Annex I.\n\n"
        "2. Duties\n\n2.1 Acme Ltd (the “Provider”) complies with Article 32 of the GDPR and "
        "Sections 1 and 2.\n\n"
        "Annex I: Measures\n\nLocks."
    )
    assert [d.term for d in document.definitions] == ["Security Incident", "Provider"]
    targets = {
        document.text[r.start : r.end]: document.sections[r.section].path if r.section >= 0 else None
        for r in document.references
    }
    assert targets["Section 2.1"] == "2.1"
    assert targets["Annex I"] == "Annex I"
    assert targets["Article 32"] is None
    assert targets["2"] == "2"


@pytest.mark.parametrize(
    ("text", "language"),
    [
        (
            "The provider shall keep the data of the client and shall not use it for others. " * 3,
            "en",
        ),
        (
            "Der Auftragnehmer verarbeitet die Daten nur auf Weisung und löscht sie nach dem Ende. " * 3,
            "de",
        ),
        (
            "Le sous-traitant traite les données sur instruction et les efface à la fin pour le client. " * 3,
            "fr",
        ),
        ("xyzzy plugh", "und"),
    ],
)
def test_language(text: str, language: str) -> None:
    assert read(text).language == language


def test_ordinals() -> None:
    assert ordinals("b") == (2, 0)
    assert ordinals("aa") == (27, 0)
    assert ordinals("xiv") == (0, 14)
    assert ordinals("i") == (9, 1)


def test_years_and_amounts_are_no_numbers_of_sections() -> None:
    for text in ("2016/679 is the number.", "30 days are given.", "5,000 euros", "U.S. law applies"):
        assert not enumerators(text, 0, len(text)), text


LINES = (
    "1. Head",
    "1.1 text.",
    "(a) item;",
    "(i) x;",
    "ANNEX I",
    "WHEREAS, so;",
    "words here.",
    "By: ____",
    "• b",
    "2.",
    "",
)


@given(
    st.lists(
        st.sampled_from(
            [
                "1. Head",
                "1.1 text.",
                "(a) item;",
                "(i) x;",
                "ANNEX I",
                "WHEREAS, so;",
                "plain text here.",
                "By: ____",
                "• b",
                "2.",
                "",
            ]
        ),
        max_size=25,
    )
)
@settings(max_examples=150, deadline=None)
def test_sections_nest_and_hold_their_sentences(lines: list[str]) -> None:
    document = read("x y.\n\n" + "\n\n".join(lines) + "\n")
    for index, section in enumerate(document.sections):
        assert section.start <= section.heading_end <= section.end <= len(document.text)
        assert section.parent < index
        if section.parent >= 0:
            parent = document.sections[section.parent]
            assert parent.start <= section.start
            assert section.end <= parent.end
            assert parent.level < section.level
    starts = [s.start for s in document.sentences]
    assert starts == sorted(starts)
    for sentence in document.sentences:
        section = document.sections[sentence.section]
        assert section.start <= sentence.start
        assert sentence.end <= section.end
        found = document.section_at(sentence.start)
        assert found is not None
        assert found.start <= sentence.start < found.end
