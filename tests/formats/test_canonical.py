"""Canonical JSON by RFC 8785, with the RFC's own examples."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_secaudit.errors import InputError
from lpo_secaudit.formats.canonical import canonical_json, digest, parse_canonical
from lpo_secaudit.formats.instants import format_instant, parse_utc


def test_the_rfcs_sample() -> None:
    """RFC 8785 section 3.2.2 and 3.2.3: number forms, escapes, order by UTF-16."""
    sample = {
        "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
        "string": '€$\u000f\nA\'B"\\\\"/',
        "literals": [None, True, False],
    }
    expected = (
        '{"literals":[null,true,false],"numbers":[333333333.3333333,1e+30,4.5,0.002,1e-27],'
        '"string":"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical_json(sample) == expected.encode()


def test_keys_are_ordered_by_utf_16() -> None:
    # U+1F600 is a surrogate pair (D83D ...), so it comes before U+FB33.
    assert canonical_json({"\ufb33": 1, "\U0001f600": 2}).decode() == '{"\U0001f600":2,"\ufb33":1}'


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), 2**53, "\ud800", {1: 2}, object(), b"x"])
def test_what_has_no_form_is_refused(bad: Any) -> None:
    with pytest.raises(InputError):
        canonical_json({"a": bad})


def test_a_digest_is_sha256_over_the_form() -> None:
    assert digest({"b": 1, "a": 2}) == "sha256:" + hashlib.sha256(b'{"a":2,"b":1}').hexdigest()


safe = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=4)
    ),
    max_leaves=10,
)


@given(safe)
def test_the_form_is_a_fixed_point(data: Any) -> None:
    form = canonical_json(data)
    assert canonical_json(parse_canonical(form)) == form


@given(
    st.datetimes(),
    st.integers(-14 * 60, 14 * 60),
)
def test_instants_survive(naive: datetime, minutes: int) -> None:
    zone = timezone(timedelta(minutes=minutes))
    instant = naive.replace(year=2000 + naive.year % 99, day=min(naive.day, 28), tzinfo=zone)
    assert parse_utc(format_instant(instant)) == instant.astimezone(UTC)


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-01",
        "2026-01-01T00:00:00",
        "2026-01-01T00:00:00+00:00",
        "2026-13-01T00:00:00Z",
        "",
        "2026-01-01T00:00:00.100Z",
    ],
)
def test_one_form_of_instant_only(text: str) -> None:
    with pytest.raises(InputError):
        parse_utc(text)


def test_a_naive_time_is_refused() -> None:
    with pytest.raises(InputError, match="time zone"):
        format_instant(datetime(2026, 1, 1))  # noqa: DTZ001
