"""Units are those of the text, however its lines were broken."""

from __future__ import annotations

import textwrap

import pytest

from lpo_secaudit.contracts.units import split_units


def units(text: str) -> list[str]:
    return [" ".join(text[u.start : u.end].split()) for u in split_units(text)]


PROSE = "Provider shall keep records of its processing for three years and show them to Customer on request."


@pytest.mark.parametrize("width", [50, 60, 72, 200])
def test_wrapped_prose_is_one_unit(width: int) -> None:
    assert units(textwrap.fill(PROSE, width)) == [PROSE]


def test_short_lines_one_below_the_other_are_cells() -> None:
    cells = ["Purpose of the processing", "Review of documents", "Data subjects", "Employees and customers"]
    assert units("\n".join(cells)) == cells


def test_a_byte_order_mark_is_no_word() -> None:
    text = "\ufeffData Processing Agreement\n\n" + PROSE
    assert units(text) == ["Data Processing Agreement", PROSE]
    assert split_units(text)[0].kind == "heading"


def test_a_number_in_brackets_before_a_unit_of_time_is_no_item() -> None:
    text = (
        "Either party may terminate this Agreement on thirty (30) days written notice if the other "
        "materially breaches it, provided that the party in breach shall have the right to cure it within "
        "ten (10) business days of the notice, and that the notice describes it in reasonable detail."
    )
    assert units(text) == [text]
    items = (
        "Provider shall with regard to all Personal Data that it receives from Customer and for "
        "as long as it has them: (1) keep them secret; (2) return them at the end of the services; and "
        "(3) delete all copies of them that it has made in the course of the services, in time."
    )
    assert [u[:3] for u in units(items)] == ["Pro", "(1)", "(2)", "(3)"]


def test_a_label_with_its_value_says_something() -> None:
    assert split_units("Purpose: review of documents. Provider shall delete them.")[0].kind == "text"
    assert split_units("Purpose. Provider shall delete them.")[0].kind == "heading"


def test_a_dotted_number_says_where_an_item_hangs() -> None:
    text = (
        "9.1 Customer shall indemnify Provider for losses caused by:\n\n"
        "9.1.1 processing that Customer asked for; and\n\n9.1.2 a breach by Customer.\n\n"
        "9.2 Provider shall be liable for its own breaches."
    )
    assert [u.lead for u in split_units(text)] == [-1, 0, 0, -1]
