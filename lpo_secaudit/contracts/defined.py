"""Values that a contract fixes once and names elsewhere: "within the Notification Period".

The value may stand in a definition ('"Notification Period" means 72 hours'), on a cover page or in a
table of variables ("Notification Period: 72 hours", "| Notification Period | 72 hours |"), or in
brackets. Only names of times and sums are taken, and only values that are written there.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from lpo_secaudit.contracts.numbers import find_amounts, find_periods

__all__ = ["defined_values", "with_values"]

_NAME = (
    r"(?:(?:[A-Z][\w/&'’-]*|of|for|to|and|the)[^\S\n]+){0,5}"
    r"(?:Period|Deadline|Window|Time(?:[\s-]?(?:frame|limit|line))?|Notice|Days|Hours|Cap|Amount|Limit)"
)
_MEANS = re.compile(
    rf"[\"“‘'*_\[]{{1,4}}(?P<name>{_NAME})[\"”’'*_\]]{{1,4}}:?\s*(?:\([^()\n]{{0,60}}\)\s*)?"
    r"(?:shall\s+mean|will\s+mean|means|is|are|shall\s+be|will\s+be|equals|has\s+the\s+meaning)\s*:?\s*(?P<value>[^.;\n]{2,120})"
)
# A row of a cover page, one line: the name, a separator, the value.
_ROW = re.compile(
    rf"^[ \t>*_|#•\-\d.()\[]{{0,12}}(?P<name>{_NAME})[ \t*_\]\"”]{{0,6}}"
    r"(?:[:|=–—\t]|\s-\s|\s{2,})[ \t*_|:\[\"“]{0,10}"
    r"(?P<value>[^|\n]{2,80})",
    re.MULTILINE,
)
# "within seventy-two (72) hours (the "Notification Period")".
_IN_BRACKETS = rf"\((?:the\s+|an?\s+|each,?\s+an?\s+)?[\"“‘'*_]{{1,4}}(?P<name>{_NAME})[\"”’'*_]{{1,4}}\)"
_BRACKETS = re.compile(_IN_BRACKETS)
_AFTER = re.compile(rf"(?P<value>[^.;\n(]{{0,50}}(?:\([^()\n]{{1,12}}\))?[^.;\n(]{{0,40}}){_IN_BRACKETS}")
_BEFORE_BRACKETS = 110  # characters, no less than a value of `_AFTER` can have
MAX_NAMES = 40


_SUM = ("Cap", "Amount", "Limit")


def _value(name: str, text: str, *, last: bool = False) -> str:
    """The first (or last) period, or for the name of a sum the first sum, as written."""
    found = [*(find_amounts(text) if name.endswith(_SUM) else find_periods(text))]
    return text[found[-1 if last else 0].start : found[-1 if last else 0].end] if found else ""


def defined_values(text: str) -> Mapping[str, str]:
    """Name of a time or sum to its value as written; where several are given, the first one.

    Linear in the length of the text.
    """
    values: dict[str, str] = {}
    for pattern in (_MEANS, _ROW, _AFTER):
        for match in _after(text) if pattern is _AFTER else pattern.finditer(text):
            name = " ".join(match["name"].split())
            value = _value(name, match["value"], last=pattern is _AFTER)
            if value and " " in name:
                values.setdefault(name, value)
            if len(values) >= MAX_NAMES:
                return values
    return values


def _after(text: str) -> Iterator[re.Match[str]]:
    """As `_AFTER.finditer`, which would try each character: here only those before a name in brackets."""
    done = 0
    for brackets in _BRACKETS.finditer(text):
        for start in range(max(done, brackets.start() - _BEFORE_BRACKETS), brackets.start() + 1):
            match = _AFTER.match(text, start)
            if match is not None:
                done = match.end()
                yield match
                break


def with_values(text: str, values: Mapping[str, str]) -> str:
    """The text with each defined name replaced by its value; blanks are made single."""
    plain = " ".join(text.split())
    for name in sorted(values, key=len, reverse=True):
        if name in plain and values[name] not in plain:
            plain = re.sub(rf"[\[“\"]?\b{re.escape(name)}\b[\]”\"]?", values[name], plain)
    return plain
