"""Periods, amounts and multiples, as contracts write them."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_secaudit.contracts.numbers import (
    find_amounts,
    find_multiples,
    find_periods,
    parse_number,
    word_number,
)

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen"
)
_ONES += " seventeen eighteen nineteen"
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"


def in_words(number: int) -> str:
    """English words for 1..999, written independently of the reader."""
    ones, tens = _ONES.split(), _TENS.split()
    if number >= 100:
        rest = f" and {in_words(number % 100)}" if number % 100 else ""
        return f"{ones[number // 100]} hundred{rest}"
    if number >= 20:
        return tens[number // 10 - 2] + (f"-{ones[number % 10]}" if number % 10 else "")
    return ones[number]


@given(st.integers(1, 999))
def test_words_and_digits_are_the_same_number(number: int) -> None:
    assert word_number(in_words(number)) == number


@given(st.integers(1, 999), st.sampled_from(["hours", "days", "months"]), st.text(" abc,;", max_size=20))
def test_a_period_is_found_at_its_place(number: int, unit: str, before: str) -> None:
    written = f"{in_words(number)} ({number}) {unit}"
    text = f"{before} within {written} after discovery"
    (period,) = find_periods(text)
    assert (period.value, period.unit, period.disagrees) == (number, unit, "")
    assert text[period.start : period.end] == written


@given(st.integers(1, 99), st.integers(1, 99))
def test_words_and_digits_that_disagree_are_reported(said: int, written: int) -> None:
    (period,) = find_periods(f"within {in_words(said)} ({written}) days")
    assert bool(period.disagrees) == (said != written)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("within 72 hours", 72, "hours"),
        ("3 Business Days", 3, "business_days"),
        ("fourteen business (14) days", 14, "business_days"),
        ("five (5) working days", 5, "business_days"),
        ("thirty (30) days' notice", 30, "days"),
        ("ninety days", 90, "days"),
        ("the 12-month period", 12, "months"),
        ("no later than 2 calendar days", 2, "days"),
    ],
)
def test_periods(text: str, value: int, unit: str) -> None:
    (period,) = find_periods(text)
    assert (period.value, period.unit) == (value, unit)


@given(st.integers(0, 10**9), st.integers(0, 99))
def test_us_and_european_notation_agree(whole: int, cents: int) -> None:
    us = f"{whole:,}.{cents:02}"
    european = us.translate(str.maketrans(",.", ".,"))
    assert parse_number(us) == parse_number(european) == Decimal(f"{whole}.{cents:02}")


@pytest.mark.parametrize(
    ("text", "value", "currency"),
    [
        ("US$ 5,000,000 per claim", 5_000_000, "USD"),
        ("EUR 1.000.000,50", Decimal("1000000.50"), "EUR"),
        ("five million dollars ($5,000,000)", 5_000_000, "USD"),
        ("1 000 000 euros", 1_000_000, "EUR"),
        ("$2.5 million", 2_500_000, "USD"),
        ("£10m", 10_000_000, "GBP"),
        ("CHF 100'000", 100_000, "CHF"),
    ],
)
def test_amounts(text: str, value: Decimal | int, currency: str) -> None:
    (amount,) = find_amounts(text)
    assert (amount.value, amount.currency, amount.disagrees) == (value, currency, "")


def test_an_amount_that_contradicts_its_words_is_reported() -> None:
    (amount,) = find_amounts("two million dollars ($3,000,000)")
    assert "2000000" in amount.disagrees and "3000000" in amount.disagrees


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("three times (3x) the fees", 3),
        ("twice the fees", 2),
        ("150% of the fees", Decimal("1.5")),
        ("one hundred percent of the charges", 1),
        ("ONE HUNDRED AND FIFTY PER CENT (150%) OF THE CHARGES", Decimal("1.5")),
    ],
)
def test_multiples(text: str, value: Decimal | int) -> None:
    (multiple,) = find_multiples(text)
    assert multiple.value == value and multiple.disagrees == ""


def test_a_percentage_in_words_and_digits_that_disagree_is_reported() -> None:
    (multiple,) = find_multiples("exceed one hundred percent (150%) of the fees")
    assert multiple.value == 1 and "both 100 and 150" in multiple.disagrees
