"""The fast way to canonical JSON gives the bytes of the reference implementation."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_secaudit.collect.bundle import decode_record, encode_record
from lpo_secaudit.errors import InputError
from lpo_secaudit.formats.canonical import _is_plain, canonical_json
from lpo_secaudit.model.evidence import Evidence, Gap, GapReason, Subject

_LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
_VALUES = st.recursive(
    _LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=6), inner, max_size=4),
    max_leaves=20,
)


@settings(max_examples=300, deadline=None)
@given(_VALUES)
def test_equals_the_reference(value: Any) -> None:
    try:
        expected = rfc8785.dumps(value)
    except (rfc8785.CanonicalizationError, UnicodeEncodeError):
        with pytest.raises(InputError):
            canonical_json(value)
    else:
        assert canonical_json(value) == expected


@pytest.mark.parametrize(
    "value",
    ['\x00\x1f\x7f\u2028\u20ac\U0001f600"\\/\b\f\n\r\t', {"b": 1, "a": [True, None, {}]}, [], 2**53 - 1],
)
def test_plain_values_take_the_fast_way_and_are_equal(value: Any) -> None:
    assert _is_plain(value)
    assert canonical_json(value) == rfc8785.dumps(value)


@pytest.mark.parametrize("value", [1.5, {"\u20ac": 1}, {1: 2}, 2**53, b"x", {"a": [0.1]}])
def test_others_do_not(value: Any) -> None:
    assert not _is_plain(value)


@settings(max_examples=100, deadline=None)
@given(st.text(max_size=30), _VALUES)
def test_a_record_survives_whatever_it_holds(text: str, value: Any) -> None:
    evidence = Evidence(
        Subject('"content":null', text, "s"),
        {"f": value, "content": None},
        "c",
        datetime(2026, 1, 1, tzinfo=UTC),
        {"g": Gap(GapReason.DENIED, '"content":null')},
        provenance={"content": None, "a": text},
    )
    try:
        line = encode_record(evidence)
    except InputError:
        return
    again = decode_record(line, "here")
    assert again.digest == evidence.digest
    assert rfc8785.dumps(again.content()) == rfc8785.dumps(evidence.content())
    assert encode_record(again) == line
