"""Files that look like a known format and have something else inside: an error, never a crash or a guess."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lpo_secaudit.errors import InputError
from lpo_secaudit_plugins.identity.exports import read_export
from lpo_secaudit_plugins.questionnaire.kinds import read_questionnaire
from lpo_secaudit_plugins.scanner.detect import read_scan
from lpo_secaudit_plugins.scanner.result import OUTCOMES
from tests.plugins.scanner.test_formats import CASES, VARIANTS

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**60), 2**60),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=8),
    st.sampled_from(["²", "9" * 30, "2026-13-45", "<x>"]),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=4,
)
IDENTITY: list[Any] = [
    {"value": [{"userPrincipalName": "a", "isMfaCapable": True, "isAdmin": False}]},
    [{"id": "1", "status": "ACTIVE", "profile": {"login": "a"}, "credentials": {}, "lastLogin": None}],
    [
        {
            "type": "PASSWORD",
            "priority": 1,
            "status": "ACTIVE",
            "conditions": {},
            "settings": {"password": {"complexity": {"minLength": 8}}},
        }
    ],
    [{"factorType": "t", "provider": "p", "status": "ACTIVE", "_links": {"user": {"href": "x/1"}}}],
    [{"users": [{"primaryEmail": "a", "isAdmin": True, "lastLoginTime": "2026-01-01T00:00:00Z"}]}],
    [{"username": "a", "is_enrolled": True, "status": "active", "phones": [], "last_login": 1700000000}],
]
QUESTIONNAIRES: list[Any] = [
    {
        "questionnaire": [
            {"items": [{"type": "radiogroup", "id": "a", "text": "t", "choices": [{"a_yes": "Yes"}]}]}
        ],
        "answers": {"a_yes": "checked"},
    },
    {"sections": [{"name": "s", "questions": [{"id": "1", "question": "Is it?", "answer": "yes"}]}]},
    {"name": "Consensus Assessments", "questions": [{"id": "A&A-01.1", "body": "Is it?", "answer": "yes"}]},
]
JSON_CASES = [
    content for content, _, _ in (*CASES.values(), *VARIANTS.values()) if not isinstance(content, str)
]


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    found = [path] if path else []
    children = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    )
    for key, child in children:
        found.extend(places(child, (*path, key)))
    return found


@st.composite
def damaged(draw: st.DrawFn, originals: list[Any]) -> bytes:
    """One of the originals with one or two of its parts replaced by anything at all."""
    value = copy.deepcopy(draw(st.sampled_from(originals)))
    for _ in range(draw(st.integers(1, 2))):
        spots = places(value)
        if not spots:
            break
        *way, last = draw(st.sampled_from(spots))
        holder = value
        for step in way:
            holder = holder[step]
        holder[last] = draw(VALUES)
    return json.dumps(value).encode()


FEW = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@FEW
@given(damaged(JSON_CASES))
def test_scanner_results(raw: bytes) -> None:
    try:
        scan = read_scan(raw, "file")
    except InputError:
        return
    assert scan is None or {r.outcome for r in scan.results} <= set(OUTCOMES)


@FEW
@given(damaged(IDENTITY))
def test_identity_exports(raw: bytes) -> None:
    try:
        export = read_export(raw, "file")
    except InputError:
        return
    assert export is None or sum(export.counts().values()) == export.records


@FEW
@given(damaged(QUESTIONNAIRES))
def test_questionnaires(raw: bytes) -> None:
    try:
        found = read_questionnaire(raw, "file")
    except InputError:
        return
    assert found is None or sum(found.counts().values()) == len(found.answers)


@pytest.mark.parametrize("cut", [0.3, 0.6, 0.95])
def test_a_file_that_was_cut_off_is_never_half_read(cut: float) -> None:
    for content in JSON_CASES:
        raw = json.dumps(content, indent=1).encode()
        try:
            scan = read_scan(raw[: int(len(raw) * cut)], "file")
        except InputError:
            continue
        assert scan is None
