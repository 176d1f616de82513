"""A part of a quote: around the words that tell, cut between words, never over its length."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_secaudit.report.excerpt import excerpt

CLAUSE = (
    "3.2 In particular, Processor shall encrypt all data at rest, require two factors, log every access "
    "to them, and keep backups of everything that is stored"
)


def part(words: str, most: int) -> str:
    start = CLAUSE.index(words)
    found = excerpt(CLAUSE, (start, start + len(words)), most)
    assert found.telling == words
    return str(found)


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("encrypt all data at rest", "…shall encrypt all data at rest, require two…"),
        ("log", "…require two factors, log every access to them,…"),
        ("keep backups", "…access to them, and keep backups of everything that…"),
        ("3.2", "3.2 In particular, Processor shall encrypt all data at…"),
        ("stored", "…to them, and keep backups of everything that is stored"),
    ],
)
def test_the_telling_words_stand_among_others(words: str, shown: str) -> None:
    assert part(words, 55) == shown


def test_without_telling_words_a_quote_is_shown_from_its_beginning() -> None:
    assert str(excerpt("  one two\nthree ", None, 12)) == "one two…"
    assert str(excerpt("  one two\nthree ", None)) == "one two three"


def test_a_quote_that_fits_is_shown_whole() -> None:
    found = excerpt("we log \n all of it", (3, 6), 16)
    assert (found.before, found.telling, found.after, found.whole) == ("we ", "log", " all of it", True)


@given(
    st.text(), st.tuples(st.integers(0, 60), st.integers(0, 60)).map(sorted) | st.none(), st.integers(8, 40)
)
def test_no_excerpt_is_too_long_or_says_what_the_quote_does_not(
    quote: str, telling: list[int] | None, most: int
) -> None:
    found = excerpt(quote, telling, most)
    said = " ".join(quote.split())
    assert len(str(found)) <= most
    if found.whole:
        assert str(found).strip() == said
    else:
        assert str(found).strip("…").strip() in said
