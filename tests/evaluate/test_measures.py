"""Numbers, versions, sums and places read from words, and which of two is weaker."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_secaudit.catalog.places import load_places
from lpo_secaudit.evaluate.measures import (
    Measure,
    allowed_places,
    from_business_days,
    from_parameter,
    from_text,
    weaker,
)
from lpo_secaudit.model.topic import Scale

HOURS = Scale("hours", "lower")
DAYS = Scale("days", "higher")
MONEY = Scale("amount", "higher")
TLS = Scale("versions", "higher")
PLACES = Scale("places", "subset")


@pytest.mark.parametrize(
    ("scale", "text", "number"),
    [
        (HOURS, "within 72 hours", 72),
        (HOURS, "within seventy-two (72) hours", 72),
        (HOURS, "within three days of discovery", 72),
        (HOURS, "at most 90 minutes", 1.5),
        (HOURS, "within 24 hours, or 48 hours on weekends", None),
        (HOURS, "within 5 business days", None),
        (HOURS, "staffed 24 hours a day", None),
        (HOURS, "promptly", None),
        (DAYS, "30 days' notice", 30),
        (DAYS, "two weeks", 14),
        (TLS, "TLS 1.2 or later", 1.2),
        (TLS, "TLS 1.3 and TLS 1.2", 1.2),
        (TLS, "SSLv3", 0.0),
        (MONEY, "USD 5,000,000 per claim", 5_000_000),
        (MONEY, "EUR 2.000.000", 2_000_000),
        (MONEY, "$5 million", 5_000_000),
        (MONEY, "USD 5,000 or EUR 5,000", None),
    ],
)
def test_the_value_that_a_text_names(scale: Scale, text: str, number: float | None) -> None:
    found = from_text(scale, text)
    assert (found.number if found else None) == number


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("only within the European Union", {"EU"}),
        ("shall not be moved outside Germany or Ireland", {"DE", "IE"}),
        ("hosted in the U.S.", {"US"}),
        ("shall not be stored in China", None),
        ("wherever we like", None),
    ],
)
def test_the_places_that_a_text_allows(text: str, places: set[str] | None) -> None:
    found = allowed_places(text, load_places())
    assert (set(found.places) if found else None) == places


def test_parameters_of_another_kind_are_no_value() -> None:
    assert from_parameter(HOURS, True) is None
    assert from_parameter(HOURS, "72") is None
    assert from_parameter(MONEY, 5) is None
    assert from_parameter(MONEY, 5, "USD") == Measure(5.0, "USD")
    assert from_parameter(PLACES, ["DE"]) == Measure(places=frozenset({"DE"}))
    assert from_business_days(5) == Measure(168.0, words="5 business days")
    assert from_business_days(True) is None


def test_which_is_weaker() -> None:
    assert weaker(HOURS, Measure(72), Measure(24)) and not weaker(HOURS, Measure(24), Measure(72))
    assert weaker(DAYS, Measure(10), Measure(30))
    assert not weaker(MONEY, Measure(1, "USD"), Measure(5, "EUR"))
    wide, narrow = Measure(places=frozenset({"EU", "US"})), Measure(places=frozenset({"DE"}))
    assert weaker(PLACES, wide, narrow, load_places()) and not weaker(PLACES, narrow, wide, load_places())


scales = st.sampled_from([HOURS, DAYS, TLS])


@given(scales, st.floats(0, 1e6), st.floats(0, 1e6))
def test_of_two_at_most_one_is_weaker(scale: Scale, one: float, other: float) -> None:
    assert not (weaker(scale, Measure(one), Measure(other)) and weaker(scale, Measure(other), Measure(one)))
    assert not weaker(scale, Measure(one), Measure(one))


@given(st.text(max_size=200))
def test_any_text_is_read_without_error(text: str) -> None:
    for scale in (HOURS, DAYS, TLS, MONEY):
        from_text(scale, text)
    allowed_places(text, load_places())


@pytest.mark.parametrize("text", ["1 " * 50_000, "seventy-" * 20_000, "1,000" * 20_000, "$" * 50_000])
def test_hostile_text_is_read_quickly(text: str) -> None:
    started = time.perf_counter()
    for scale in (HOURS, TLS, MONEY):
        from_text(scale, text)
    assert time.perf_counter() - started < 2
