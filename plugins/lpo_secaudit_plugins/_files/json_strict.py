"""JSON of the other side: RFC 8259 and nothing beyond it, within limits.

Python's reader takes NaN, keeps the last of two equal keys and recurses as deep as the input
wants. Two readers that keep different keys see two different files, so equal keys are an error.
"""

from __future__ import annotations

import json
import re
from typing import Any

from lpo_secaudit.errors import InputError, LimitExceededError

MISSHAPEN = (ValueError, TypeError, KeyError, AttributeError, IndexError, OverflowError)
"""What a reader of a format meets where a file has something of another type than the format says."""

__all__ = ["MAX_DEPTH", "MISSHAPEN", "parse_json", "parse_json_lines", "plain_json"]

MAX_DEPTH = 100
MAX_DIGITS = 4300  # of one number: room for the modulus of an RSA key; int() takes quadratic time

_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_STRING = r'"(?:[^"\\]|\\.)*"'
_COMMENT = re.compile(_STRING + r"|//[^\n]*", re.DOTALL)
_LAST_COMMA = re.compile(_STRING + r"|,(?=\s*[\]}])", re.DOTALL)
_CHAIN = re.compile(rf"{_STRING}(?:\s*\+\s*{_STRING})*", re.DOTALL)
_LINK = re.compile(r'"\s*\+\s*"')


def plain_json(text: str) -> str:
    """JSON from VSAQ's dialect: `//` comments, trailing commas, and strings joined by `+`."""
    text = _COMMENT.sub(lambda m: m[0] if m[0][0] == '"' else " ", text)
    text = _LAST_COMMA.sub(lambda m: m[0] if m[0][0] == '"' else "", text)
    return _CHAIN.sub(lambda m: _LINK.sub("", m[0]), text)


def parse_json(text: str, name: str) -> Any:
    """One JSON value.

    Raises:
        InputError: not JSON, NaN or Infinity, a key that stands twice in one object.
        LimitExceededError: nested deeper than 100, or a number of more than 4300 digits.
    """
    _check_depth(text, name)
    try:
        return json.loads(
            text,
            object_pairs_hook=_Pairs(name),
            parse_constant=_constant(name),
            parse_int=_integer(name),
        )
    except json.JSONDecodeError as error:
        raise InputError(
            f"not valid JSON: {error.msg}",
            where=f"{name}:{error.lineno}:{error.colno}",
            hint="the file may have been cut off or edited; ask for the tool's own output",
        ) from error
    except RecursionError:
        raise LimitExceededError("JSON nests too deep", where=name) from None


def parse_json_lines(text: str, name: str) -> list[Any]:
    """One JSON value a line (NDJSON); empty lines are left out. Raises as `parse_json`."""
    return [
        parse_json(line, f"{name}:{number}")
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
    ]


def _check_depth(text: str, name: str) -> None:
    depth = 0
    for match in _TOKENS.finditer(text):
        first = match[0][0]
        if first in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise LimitExceededError(f"JSON nests deeper than {MAX_DEPTH}", where=name)
        elif first in "]}":
            depth -= 1


class _Pairs:
    def __init__(self, name: str) -> None:
        self.name = name

    def __call__(self, pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        result = dict(pairs)
        if len(result) != len(pairs):
            seen: set[str] = set()
            twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value]
            raise InputError(
                f"key {twice[:80]!r} stands twice in one JSON object",
                where=self.name,
                hint="no reader can know which of the two is meant; ask for the tool's own output",
            )
        return result


def _constant(name: str) -> Any:
    def refuse(word: str) -> Any:
        raise InputError(f"{word} is not a JSON number (RFC 8259, section 6)", where=name)

    return refuse


def _integer(name: str) -> Any:
    def read(digits: str) -> int | str:
        if len(digits) > MAX_DIGITS:
            raise LimitExceededError(f"a number of {len(digits)} digits", where=name)
        return int(digits)

    return read
