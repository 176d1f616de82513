"""Wildcard languages against every short text."""

from __future__ import annotations

import itertools
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_secaudit_plugins.aws.reasoning.wildcards import (
    DIGITS,
    TooComplexError,
    classes,
    matches,
    pattern,
    signatures,
    some_member,
)

wilds = st.text(alphabet="ab*?", max_size=4)
SHORT = ["".join(t) for n in range(6) for t in itertools.product("abx", repeat=n)]


def reference(wild: str, text: str) -> bool:
    expression = "".join({"*": ".*", "?": "."}.get(c, re.escape(c)) for c in wild)
    return re.fullmatch(expression, text, re.DOTALL) is not None


@given(wild=wilds, text=st.text(alphabet="ab*?x", max_size=6))
def test_matching_is_that_of_a_regular_expression(wild: str, text: str) -> None:
    assert matches(text, wild) is reference(wild, text)


@settings(max_examples=150, deadline=None)
@given(base=wilds, groups=st.lists(st.lists(wilds, max_size=2), max_size=3))
def test_signatures_are_exactly_those_that_occur(base: str, groups: list[list[str]]) -> None:
    def signature(text: str) -> int:
        return sum(1 << i for i, group in enumerate(groups) if any(reference(w, text) for w in group))

    found = signatures(pattern(base), tuple(tuple(pattern(w) for w in group) for group in groups))
    for bits, example in found.items():
        assert reference(base, example)
        assert signature(example) == bits
    assert {signature(text) for text in SHORT if reference(base, text)} <= set(found)


def test_a_literal_star_is_no_wildcard() -> None:
    assert some_member(pattern("*", literal=True), [[pattern("?")]]) == "*"
    assert some_member(pattern("ab"), [[pattern("*", literal=True)]]) is None


def test_case_folds_where_asked() -> None:
    assert some_member(pattern("AbC"), [[pattern("aBc", fold_case=True)]]) == "AbC"
    assert some_member(pattern("AbC"), [[pattern("aBc")]]) is None


def test_an_account_other_than_those_named() -> None:
    account = classes((DIGITS, 12))
    found = some_member(account, [], [[pattern("111122223333")]])
    assert found is not None and re.fullmatch(r"\d{12}", found) and found != "111122223333"
    assert some_member(account, [[pattern("1111222233*4")]]) is not None
    assert some_member(account, [[pattern("no*")]]) is None


def test_hostile_patterns_end_soon() -> None:
    begun = time.monotonic()
    group = tuple(
        pattern("*" + "".join("ab"[n >> i & 1] for i in range(12)) + "?" * 12 + "*") for n in range(30)
    )
    with pytest.raises(TooComplexError):
        signatures(pattern("*"), (group,))
    assert not matches("a" * 2000, "*a" * 300 + "b")
    assert time.monotonic() - begun < 20
