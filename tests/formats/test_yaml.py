"""YAML: the 1.2 core, positions for messages, and limits against hostile files."""

from __future__ import annotations

import re
from typing import Any

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from lpo_secaudit.errors import InputError, LimitExceededError, SecauditError
from lpo_secaudit.formats.yaml import parse_yaml


def value(text: str) -> Any:
    return parse_yaml(text.encode(), "f.yaml").value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NO", "NO"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("0o17", "0o17"),
        ("true", True),
        ("~", None),
        ("1e3", 1000.0),
        ("'1'", "1"),
        ("2026-01-31", "2026-01-31"),
    ],
)
def test_scalars_follow_yaml_1_2(text: str, expected: Any) -> None:
    assert value(f"a: {text}") == {"a": expected}


def test_where_names_file_line_and_path() -> None:
    file = parse_yaml(b"a:\n  - b: 1\n  - b: 2\n", "f.yaml")
    assert file.where(("a", 1, "b")) == "f.yaml:3: a[1].b"
    assert file.where(("a", 1, "missing")) == "f.yaml:3: a[1].missing"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("a: 1\na: 2\n", "twice"),
        ("a: !!python/object:os.system x", "tag"),
        ("a: [1", "not valid YAML"),
        ("---\n1\n---\n2\n", "not valid YAML"),
        ("? [1, 2]\n: 3\n", "plain text"),
    ],
)
def test_bad_files_are_refused_with_their_line(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said) as caught:
        value(text)
    assert str(caught.value.where).startswith("f.yaml:")


def test_a_billion_laughs_meet_the_limit() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 9)]
    with pytest.raises(LimitExceededError):
        value("\n".join(lines))


def test_deep_nesting_meets_the_limit() -> None:
    with pytest.raises(LimitExceededError):
        value("[" * 5000 + "]" * 5000)


def test_other_encodings_are_refused() -> None:
    with pytest.raises(InputError, match="UTF-8"):
        parse_yaml("a: é".encode("latin-1"), "f.yaml")


# Decimal numbers of the core schema (YAML 1.2, section 10.3.2). Its octal and hexadecimal integers, .inf
# and .nan stay texts to this reader.
CORE_NUMBER = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


def written_plainly(text: str) -> bool:
    """Whether PyYAML writes the text without quotes: it is no number, boolean or null of YAML 1.1."""
    return yaml.safe_dump(text, allow_unicode=True).startswith(text)


TEXTS = st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_categories=["Cc"]))

plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**15), 10**15)
    # "0E0" and "08" are texts to YAML 1.1, whose floats need a point and whose leading zero means octal, so
    # that the writer leaves them plain; to 1.2 they are numbers. The next test says what is read.
    | TEXTS.filter(lambda text: not (CORE_NUMBER.fullmatch(text) and written_plainly(text))),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text("abcdef", min_size=1), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(plain)
def test_what_a_safe_writer_quotes_is_read_back(data: Any) -> None:
    text = (
        yaml.safe_dump(data, default_style='"')
        if isinstance(data, str)
        else yaml.safe_dump(data, allow_unicode=True)
    )
    # But for such numbers, the writer speaks YAML 1.1 and quotes more than 1.2 needs.
    assert value(text) == data


@given(
    st.from_regex(r"[-+]?(\.[0-9]{1,9}|[0-9]{1,9}(\.[0-9]{0,9})?)[eE][-+]?[0-9]{1,3}", fullmatch=True)
    | st.from_regex(r"0[0-9]{0,8}[89][0-9]{0,8}", fullmatch=True)
)
@example("0E0")
@example("08")
def test_what_the_core_schema_calls_a_number_is_read_as_one(text: str) -> None:
    assert CORE_NUMBER.fullmatch(text)
    number = int(text) if text.isdigit() else float(text)
    [read] = value(f"[{text}]")
    assert read == number and type(read) is type(number)
    assert value(f"['{text}']") == [text]


@given(st.binary(max_size=300))
def test_garbage_never_crashes(raw: bytes) -> None:
    try:
        parse_yaml(raw, "f.yaml")
    except SecauditError as error:
        assert error.where is not None
