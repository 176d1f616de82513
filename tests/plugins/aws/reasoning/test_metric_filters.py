"""Filter patterns: written from a random tree, read back, and asked the same questions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_secaudit_plugins.aws.reasoning.metric_filters import FilterError, parse_filter

Event = Mapping[str, Any]
EVENTS = [{"a": a, "b": {"c": c}} for a in ("x", "xy", "z", None) for c in ("x", 1, 5)] + [{"a": "x"}, {}]
MISSING = object()


def value(event: Event, path: str) -> Any:
    found: Any = event
    for step in path.split("."):
        found = found.get(step, MISSING) if isinstance(found, Mapping) else MISSING
    return found


def leaf(path: str, operator: str, wanted: str) -> tuple[str, Callable[[Event], bool]]:
    def test(event: Event) -> bool:
        seen = value(event, path)
        if operator == "NOT EXISTS":
            return seen is MISSING
        if seen is MISSING:
            return False
        equal = isinstance(seen, str) and (
            seen == wanted or (wanted.endswith("*") and seen.startswith(wanted[:-1]))
        )
        return equal if operator == "=" else not equal

    return f"$.{path} {operator}" + ("" if operator == "NOT EXISTS" else f' "{wanted}"'), test


leaves = st.builds(
    leaf,
    st.sampled_from(["a", "b.c"]),
    st.sampled_from(["=", "!=", "NOT EXISTS"]),
    st.sampled_from(["x", "x*", "q"]),
)


def join(parts: list[tuple[str, Callable[[Event], bool]]], word: str) -> tuple[str, Callable[[Event], bool]]:
    combine = all if word == "&&" else any
    return f" {word} ".join(f"({text})" for text, _ in parts), lambda event: combine(
        test(event) for _, test in parts
    )


trees = st.recursive(
    leaves,
    lambda inner: st.builds(join, st.lists(inner, min_size=1, max_size=3), st.sampled_from(["&&", "||"])),
    max_leaves=6,
)


@given(tree=trees)
def test_reading_gives_back_what_was_written(tree: tuple[str, Callable[[Event], bool]]) -> None:
    text, expected = tree
    found = parse_filter("{ " + text + " }")
    assert [found(event) for event in EVENTS] == [expected(event) for event in EVENTS]


def test_and_binds_closer_than_or() -> None:
    test = parse_filter('{ $.a = "x" || $.a = "y" && $.b = "q" }')
    assert test({"a": "x"}) and not test({"a": "y"}) and test({"a": "y", "b": "q"})


@pytest.mark.parametrize(
    ("pattern", "event", "matched"),
    [
        ("{ $.n > 3 }", {"n": 4}, True),
        ("{ $.n <= 3 }", {"n": 4}, False),
        ("{ $.n = 4 }", {"n": 4}, True),
        ("{ $.n > 3 }", {"n": "4"}, False),
        ("{ $.a IS TRUE }", {"a": True}, True),
        ("{ $.a IS NULL }", {"a": None}, True),
        ("{ $.a IS NULL }", {}, False),
        ("{ $.list[1] = x }", {"list": ["q", "x"]}, True),
        ('{ $.a = "what?" }', {"a": "whatx"}, False),
        ('{ $.a = "*Unauthorized*" }', {"a": "Client.UnauthorizedOperation"}, True),
        ("{$.eventSource = kms.amazonaws.com}", {"eventSource": "kms.amazonaws.com"}, True),
        ("", {}, True),
    ],
)
def test_values(pattern: str, event: Event, matched: bool) -> None:
    assert parse_filter(pattern)(event) is matched


@pytest.mark.parametrize(
    "pattern",
    [
        "ERROR",
        "{ $.a }",
        "{ $.a = %(x+)+% }",
        "{ $.a = %x*y*z*.*% }",
        "{ $.a = %[% }",
        "{ $.a > %x% }",
        "{ ($.a = x }",
        "{ $.a = x) }",
        "{ $.a > word }",
        "{" + "(" * 200 + "}",
        "{ $.a ~ x }",
        "{ $.a = 1 }" * 200,
    ],
)
def test_what_cannot_be_read_is_refused(pattern: str) -> None:
    with pytest.raises(FilterError):
        parse_filter(pattern)


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("{ $.a = %^Root% }", True),
        ("{ $.a = %oo% }", True),
        ("{ $.a = %^oo% }", False),
        ("{ $.a = %R.*t$% }", True),
        ("{ $.a != %User% }", True),
        ("{ $.b != %User% }", False),
        (r"{ $.a = %\d% }", False),
        ("{ $.c = %7% }", True),
    ],
)
def test_short_regular_expressions(pattern: str, matches: bool) -> None:
    assert parse_filter(pattern)({"a": "Root", "c": 17}) is matches
