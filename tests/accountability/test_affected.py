"""Counting persons by place when not everything is known."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_secaudit.accountability.affected import UNKNOWN, Affected, Count
from lpo_secaudit.accountability.conditions import Leaf
from lpo_secaudit.errors import InputError


def exact(number: int) -> Count:
    return Count(number, number)


def test_persons_no_place_names_may_live_anywhere() -> None:
    hit = Affected(exact(1000), {"DE": exact(300)})
    assert hit.in_place("DE") == exact(300)
    assert hit.in_place("EU") == Count(300, 1000)
    assert hit.in_place("US-CA") == Count(0, 700)
    assert hit.in_place("total") == exact(1000)
    assert hit.in_place("one-state") == Count(0, 700)


def test_a_part_takes_from_its_whole() -> None:
    hit = Affected(exact(800), {"US": exact(500), "US-CA": exact(200), "DE": exact(300)})
    assert hit.in_place("US-TX") == Count(0, 300)
    assert hit.in_place("US") == exact(500)
    assert hit.in_place("FR") == exact(0)
    assert hit.in_place("EU") == exact(300)
    assert hit.in_place("one-state") == Count(200, 300)


def test_the_parts_raise_an_open_whole() -> None:
    hit = Affected(UNKNOWN, {"US": Count(1, None), "US-CA": exact(600)})
    assert hit.in_place("US") == Count(600, None)


def test_without_a_total_other_places_are_open() -> None:
    hit = Affected(UNKNOWN, {"DE": exact(3)})
    assert hit.in_place("FR") == UNKNOWN
    assert hit.in_place("total") == Count(3, None)


def test_data_classes_bound_one_another() -> None:
    phi = Leaf("affected", (), "total", "at_least", 500, "phi")
    hit = Affected(exact(900), {}, {"phi": Affected(exact(400))})
    assert hit.count(phi, ("phi", "privileged")) == exact(400)
    assert Affected(exact(900)).count(phi, ("privileged",)) == exact(0)
    assert Affected(exact(900)).count(phi, ("phi",)) == exact(900)
    assert Affected(exact(900)).count(phi, None) == Count(0, 900)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ({"total": 5, "places": {"DE": 6}}, "total"),
        ({"places": {"US": 5, "US-CA": 6}}, "parts of US"),
        ({"total": {"at_least": 5, "at_most": 2}}, "between 5 and 2"),
        ({"places": {"XQ": 5}}, "XQ"),
    ],
)
def test_numbers_that_cannot_be_are_refused(value: dict[str, object], words: str) -> None:
    with pytest.raises(InputError, match=words):
        Affected.from_json(value)


PLACES = ("DE", "FR", "US-CA", "US-NY", "US-TX", "JP")


@settings(max_examples=80, deadline=None)
@given(st.lists(st.integers(0, 5), min_size=6, max_size=6), st.sets(st.sampled_from(PLACES)), st.booleans())
def test_bounds_always_hold_the_truth(numbers: list[int], told: set[str], total: bool) -> None:
    truth = dict(zip(PLACES, numbers, strict=True))
    hit = Affected(exact(sum(numbers)) if total else UNKNOWN, {p: exact(truth[p]) for p in told})
    areas = {
        **{p: truth[p] for p in PLACES},
        "EU": truth["DE"] + truth["FR"],
        "US": truth["US-CA"] + truth["US-NY"] + truth["US-TX"],
        "one-state": max(truth["US-CA"], truth["US-NY"], truth["US-TX"]),
        "total": sum(numbers),
    }
    for area, number in areas.items():
        found = hit.in_place(area)
        assert found.low <= number
        assert found.high is None or number <= found.high
        for how, limit in itertools.product(("more_than", "at_least", "fewer_than"), range(7)):
            real = {"more_than": number > limit, "at_least": number >= limit, "fewer_than": number < limit}[
                how
            ]
            assert found.compare(how, limit) in (real, None)


def test_json_round_trip() -> None:
    hit = Affected(Count(5, 9), {"DE": exact(3)}, {"phi": Affected(Count(1, None))})
    assert Affected.from_json(hit.to_json()) == hit
