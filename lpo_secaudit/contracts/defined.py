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
_BRACKETS = re.compile(
    rf"\((?:the\s+|an?\s+|each,?\s+an?\s+)?[\"“‘'*_]{{1,4}}(?P<name>{_NAME})[\"”’'*_]{{1,4}}\)"
)
_BEFORE_BRACKETS = re.compile(r"[^.;\n(]{0,50}(?:\([^()\n]{1,12}\))?[^.;\n(]{0,40}\Z")
_REACH = 110  # characters, no less than what `_BEFORE_BRACKETS` can take
MAX_NAMES = 40


_SUM = ("Cap", "Amount", "Limit")


def defined_values(text: str) -> Mapping[str, str]:
    """Name of a time or sum to its value as written; where several are given, the first one.

    Linear in the length of the text.
    """
    values: dict[str, str] = {}
    for found, said, which in _said(text):
        name = " ".join(found.split())
        numbers = [*(find_amounts(said) if name.endswith(_SUM) else find_periods(said))]
        if numbers and " " in name:
            values.setdefault(name, said[numbers[which].start : numbers[which].end])
        if len(values) >= MAX_NAMES:
            break
    return values


def _said(text: str) -> Iterator[tuple[str, str, int]]:
    """(name, what is said of it, which of the numbers in that is meant)."""
    for pattern in (_MEANS, _ROW):
        for match in pattern.finditer(text):
            yield match["name"], match["value"], 0
    done = 0
    for brackets in _BRACKETS.finditer(text):
        before = _BEFORE_BRACKETS.search(text, max(done, brackets.start() - _REACH), brackets.start())
        if before is not None:
            done = brackets.end()
            yield brackets["name"], before[0], -1


def with_values(text: str, values: Mapping[str, str]) -> str:
    """The text with each defined name replaced by its value; blanks are made single."""
    plain = " ".join(text.split())
    for name in sorted(values, key=len, reverse=True):
        if name in plain and values[name] not in plain:
            plain = re.sub(rf"[\[“\"]?\b{re.escape(name)}\b[\]”\"]?", values[name], plain)
    return plain
