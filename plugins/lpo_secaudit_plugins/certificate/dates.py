"""Days as certificates write them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date

__all__ = ["DAY", "days_in", "first_day", "parse_day"]

_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()  # noqa: SIM905  # one line reads better
_MONTH = r"(?:jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sept?(?:ember)?|oct(?:ober)?|nov(?:ember)?|dec(?:ember)?)"  # noqa: E501
DAY = (
    rf"(?:{_MONTH}\.?\s+\d{{1,2}}(?:st|nd|rd|th)?,?\s+\d{{4}}"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?:\s+of)?[\s-]+{_MONTH}\.?,?[\s-]+\d{{4}}"
    r"|\d{4}-\d{2}-\d{2}|\d{1,2}/\d{1,2}/\d{4}|\d{1,2}\.\d{1,2}\.\d{4})"
)
"""Pattern of a day; use it with re.IGNORECASE."""

_DAY = re.compile(DAY, re.IGNORECASE)


def parse_day(text: str, *, month_first: bool = True) -> date | None:
    """The day that a match of DAY names.

    Args:
        month_first: how to read 03/04/2024, where the document does not decide it. ACORD and most
            American reports write the month first; a first number above 12 is always the day.
    """
    plain = " ".join(text.lower().replace(",", " ").replace(".", " " if text[:1].isalpha() else ".").split())
    numbers = [int(n) for n in re.findall(r"\d+", plain)]
    word = re.search(r"[a-z]{3,}", re.sub(r"\d(st|nd|rd|th)\b", "", plain).replace("of", ""))
    try:
        if word and word[0][:3] in _MONTHS and len(numbers) == 2:
            day, year = numbers
            return date(year, _MONTHS.index(word[0][:3]) + 1, day)
        if re.fullmatch(r"\d{4}-\d{2}-\d{2}", plain):
            return date.fromisoformat(plain)
        first, second, year = numbers
        if "." in text or first > 12 or not month_first:
            return date(year, second, first)
        return date(year, first, second)
    except ValueError:
        return None


def days_in(text: str, *, month_first: bool = True) -> Iterator[tuple[date, int, int]]:
    """(day, start, end) of every day in a text."""
    for match in _DAY.finditer(text):
        day = parse_day(match[0], month_first=month_first)
        if day is not None:
            yield day, match.start(), match.end()


def first_day(text: str, *, month_first: bool = True) -> tuple[date, int, int] | None:
    """The first day in a text."""
    return next(days_in(text, month_first=month_first), None)
