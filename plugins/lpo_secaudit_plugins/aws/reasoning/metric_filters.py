"""CloudWatch Logs filter patterns for JSON events: parsed, then asked about sample events.

Amazon CloudWatch Logs User Guide, "Filter pattern syntax": `{ selector operator value }`, joined by
&& and || (&& binds closer) and parentheses; strings may hold `*`; NOT EXISTS, EXISTS, IS NULL,
IS TRUE, IS FALSE; numbers are compared as numbers; `%...%` is a regular expression, of which short
ones without groups are evaluated. It may match anywhere; here the first 200 characters of a text
are searched, more than the fields of a sample event hold.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from lpo_secaudit_plugins.aws.reasoning.wildcards import matches

__all__ = ["FilterError", "parse_filter"]

MOST_CHARACTERS = 1024  # AWS's own limit
MOST_DEPTH = 60

Event = Mapping[str, Any]
Test = Callable[[Event], bool]

_MISSING = object()
_TOKEN = re.compile(
    r"""\s*(?:
      (?P<and>&&) | (?P<or>\|\|) | (?P<open>\() | (?P<close>\))
    | (?P<op>!=|>=|<=|=|>|<)
    | (?P<regex>%[^%]*%)
    | (?P<string>"(?:[^"\\]|\\.)*")
    | (?P<selector>\$(?:\.[A-Za-z0-9_\-]+|\[(?:\d+|"[^"]*"|'[^']*')\])+)
    | (?P<word>[A-Za-z0-9_.:/*@+\-]+)
    )""",
    re.VERBOSE,
)


class FilterError(ValueError):
    """A pattern that cannot be read, or whose meaning is not computed here."""


def parse_filter(text: Any) -> Test:
    """A test of events (parsed CloudTrail records).

    Raises:
        FilterError: not a JSON filter pattern, or one with an involved regular expression.
    """
    if not isinstance(text, str):
        raise FilterError("the pattern is no text")
    text = text.strip()
    if len(text) > MOST_CHARACTERS:
        raise FilterError(f"the pattern is longer than {MOST_CHARACTERS} characters")
    if not text:
        return lambda event: True  # the empty pattern matches every event
    if not (text.startswith("{") and text.endswith("}")):
        raise FilterError("not a pattern for JSON events")
    return _Parser(text[1:-1]).parse()


class _Parser:
    def __init__(self, text: str) -> None:
        self._tokens = list(self._scan(text))
        self._at = 0
        self._depth = 0

    @staticmethod
    def _scan(text: str) -> Any:
        position = 0
        while text[position:].strip():
            match = _TOKEN.match(text, position)
            if match is None:
                raise FilterError(f"cannot be read at {text[position : position + 20]!r}")
            yield str(match.lastgroup), match[str(match.lastgroup)]
            position = match.end()

    def _peek(self) -> tuple[str, str]:
        return self._tokens[self._at] if self._at < len(self._tokens) else ("end", "")

    def _next(self) -> tuple[str, str]:
        token = self._peek()
        self._at += 1
        return token

    def parse(self) -> Test:
        test = self._any()
        if self._peek()[0] != "end":
            raise FilterError(f"unexpected {self._peek()[1]!r}")
        return test

    def _any(self) -> Test:
        parts = [self._all()]
        while self._peek()[0] == "or":
            self._next()
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else lambda event: any(part(event) for part in parts)

    def _all(self) -> Test:
        parts = [self._one()]
        while self._peek()[0] == "and":
            self._next()
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else lambda event: all(part(event) for part in parts)

    def _one(self) -> Test:
        kind, text = self._next()
        if kind == "open":
            self._depth += 1
            if self._depth > MOST_DEPTH:
                raise FilterError("nested too deep")
            test = self._any()
            if self._next()[0] != "close":
                raise FilterError("a parenthesis is not closed")
            self._depth -= 1
            return test
        if kind != "selector":
            raise FilterError(f"expected a selector such as $.eventName, not {text!r}")
        return self._comparison(_path(text))

    def _comparison(self, path: tuple[str, ...]) -> Test:
        kind, text = self._next()
        if kind == "word":
            return self._word(path, text.upper())
        if kind != "op":
            raise FilterError(f"expected an operator, not {text!r}")
        value_kind, value = self._next()
        if value_kind == "regex":
            return _searching(path, text, value[1:-1])
        if value_kind == "string":
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        elif value_kind != "word":
            raise FilterError(f"expected a value, not {value!r}")
        if text == "=":
            return lambda event: _equal(_value(event, path), value)
        if text == "!=":
            # A missing field is not unequal: the term does not match (as CloudWatch does it).
            return lambda event: (
                _value(event, path) is not _MISSING and not _equal(_value(event, path), value)
            )
        try:
            bound = float(value)
        except ValueError as error:
            raise FilterError(f"{value!r} is not a number") from error
        return lambda event: _ordered(_value(event, path), text, bound)

    def _word(self, path: tuple[str, ...], word: str) -> Test:
        if word == "EXISTS":
            return lambda event: _value(event, path) is not _MISSING
        following = self._next()[1].upper()
        if (word, following) == ("NOT", "EXISTS"):
            return lambda event: _value(event, path) is _MISSING
        if word == "IS" and following in ("NULL", "TRUE", "FALSE"):
            wanted = {"NULL": None, "TRUE": True, "FALSE": False}[following]
            return lambda event: _value(event, path) is wanted
        raise FilterError(f"unknown operator {word} {following}")


_SIMPLE = re.compile(r"(?:[\w\s.^$|*+?{},\[\]:/@=#<>&;'!~-]|\\[dDsSwW.*+?^$|\[\]{}/\\-])*", re.ASCII)
MOST_REPETITIONS = 3  # without groups, the cost is a power of the length with this exponent


def _searching(path: tuple[str, ...], operator: str, expression: str) -> Test:
    if operator not in ("=", "!="):
        raise FilterError(f"{operator} compares with no regular expression")
    repeated = sum(expression.count(character) for character in "*+{?")
    if len(expression) > 200 or repeated > MOST_REPETITIONS or not _SIMPLE.fullmatch(expression):
        raise FilterError("the regular expression is too involved to be evaluated")
    try:
        found = re.compile(expression, re.ASCII).search
    except (re.error, OverflowError) as error:
        raise FilterError(f"the regular expression cannot be read: {error}") from error

    def test(event: Event) -> bool:
        value = _value(event, path)
        if not isinstance(value, (str, int, float)) or isinstance(value, bool):
            return False
        return (found(str(value)[:200]) is not None) is (operator == "=")

    return test


def _path(selector: str) -> tuple[str, ...]:
    return tuple(
        a or b or c for a, b, c in re.findall(r"\.([\w\-]+)|\[(\d+)\]|\[[\"']([^\"']*)[\"']\]", selector)
    )


def _value(event: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        if isinstance(event, Mapping) and step in event:
            event = event[step]
        elif isinstance(event, list) and step.isdigit() and int(step) < len(event):
            event = event[int(step)]
        else:
            return _MISSING
    return event


def _equal(value: Any, wanted: str) -> bool:
    if value is _MISSING or isinstance(value, (Mapping, list)) or value is None:
        return False
    if isinstance(value, bool):
        return str(value).lower() == wanted
    if isinstance(value, (int, float)):
        try:
            return float(wanted) == value
        except ValueError:
            return False
    # `?` is an ordinary character here, so that it must not act as a wildcard.
    return matches(value.replace("?", "\0"), wanted.replace("?", "\0"))


def _ordered(value: Any, operator: str, bound: float) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return {">": value > bound, "<": value < bound, ">=": value >= bound, "<=": value <= bound}[operator]
