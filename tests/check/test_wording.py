"""What a message shows of a value: words, whatever the value is."""

from __future__ import annotations

import re
from typing import Any

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema.exceptions import best_match

from lpo_secaudit.check.wording import MOST_CHARACTERS, in_words, is_absent, problem_in_words

# No text drawn holds these by itself.
CODE = re.compile(r"[\[\]{}\"']|\b(?:null|None|True|False|true|false)\b")
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text("abc XY", max_size=9)
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=7) | st.dictionaries(st.text("aB_c", max_size=6), inner, max_size=7)
    ),
    max_leaves=40,
)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (None, "not set"),
        ("", "not set"),
        ("  ", "not set"),
        ({}, "not set"),
        ({"Status": None, "Tags": []}, "not set"),
        ([], "none"),
        ([None, {}], "none"),
        (True, "yes"),
        ("false", "no"),
        (0, "0"),
        (7.0, "7"),
        (0.5, "0.5"),
        ("two\n  lines", "two lines"),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (list("abcd"), "a, b, c and d"),
        (list("abcdef"), "a, b, c and 3 more"),
        ({"BlockPublicAcls": True, "KMSKeyId": None}, "block public acls: yes"),
        (
            {
                "Arn": "arn:aws:x",
                "Name": "one",
                "CreatedAt": "2026-01-01",
                "Tags": {"a": "b"},
                "Status": "ON",
            },
            "one (status: ON, arn: arn:aws:x, created at: 2026-01-01, tags: a: b)",
        ),
        ([{"name": "x", "type": "T"}, {"name": "y"}], "x (type: T) and y"),
        ({"a": {"b": {"c": {"d": 1}}}}, "a: b: 1 setting"),
        ([[["a", "b"]]], "2 entries"),
    ],
)
def test_values_in_words(value: Any, words: str) -> None:
    assert in_words(value) == words


@given(VALUES)
def test_no_value_shows_as_code(value: Any) -> None:
    words = in_words(value)
    assert words and len(words) <= MOST_CHARACTERS and "\n" not in words
    assert not CODE.search(words)


def test_what_nests_without_end_is_not_followed() -> None:
    value: Any = None
    for _ in range(100_000):
        value = {"a": [value]}
    assert not is_absent(value)
    assert in_words(value) == "a: 1 setting"


def test_long_texts_are_cut_and_say_so() -> None:
    words = in_words("x" * 300)
    assert len(words) == MOST_CHARACTERS and words.endswith("…")


@pytest.mark.parametrize(
    ("rule", "value", "words"),
    [
        ({"required": ["MultiAZ"]}, {}, "multi AZ: not set"),
        ({"properties": {"on": {"const": True}}}, {"on": None}, "on: not set; expected: yes"),
        (
            {"properties": {"on": {"enum": ["a", "b"]}}},
            {"on": {"x": []}},
            "on: not set; expected: one of a and b",
        ),
        (
            {"properties": {"policy": {"properties": {"MinLength": {"minimum": 14}}}}},
            {"policy": {"MinLength": 8}},
            "policy, min length: 8; expected: at least 14",
        ),
        ({"properties": {"n": {"type": ["string", "null"]}}}, {"n": 1}, "n: 1; expected: a text or nothing"),
        ({"properties": {"n": {"minItems": 2}}}, {"n": []}, "n: none; expected: at least 2 entries"),
        ({"properties": {"n": {"contains": {"const": 1}}}}, {"n": [{}]}, "n: none"),
        ({"maxProperties": 0}, {"a": 1}, "the record: a: 1"),
    ],
)
def test_why_a_schema_fails_in_words(rule: dict[str, Any], value: Any, words: str) -> None:
    error = best_match(jsonschema.Draft202012Validator(rule).iter_errors(value))
    assert error is not None
    assert problem_in_words(error) == words
