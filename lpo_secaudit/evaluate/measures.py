"""Strength on a scale: numbers read from words and parameters, and which of two is weaker."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from math import ceil
from typing import TYPE_CHECKING, Any

from lpo_secaudit.model.topic import Scale

if TYPE_CHECKING:
    from lpo_secaudit.catalog.places import Gazetteer

__all__ = [
    "Measure",
    "allowed_places",
    "from_business_days",
    "from_parameter",
    "from_text",
    "weaker",
    "words_of",
]

MAX_TEXT = 4000

_HOURS = {"minute": 1 / 60, "hour": 1.0, "day": 24.0, "week": 168.0, "month": 730.5, "year": 8766.0}
_PER_SCALE = {"minutes": 1 / 60, "hours": 1.0, "days": 24.0, "months": 730.5}
_WORDS = {
    word: number
    for number, word in enumerate(
        (
            *("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
            *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
            *("nineteen", "twenty"),
        ),
        start=1,
    )
} | {"thirty": 30, "forty": 40, "forty-five": 45, "sixty": 60, "seventy-two": 72, "ninety": 90}
_SPAN = re.compile(
    r"(?<![\w.,])(\d{1,5}|[a-z]{3,8}(?:-[a-z]{3,5})?)\)?[\s-]{1,3}(?:calendar\s|full\s)?"
    r"(minute|hour|day|week|month|year)s?\b(?!\s+(?:a|per)\s+day)",
    re.IGNORECASE,
)
_IN_WORDS = re.compile(r"[\w-]{1,30}\s?\(\Z")
_BUSINESS = re.compile(r"(business|working)[\s-]+(day|hour)", re.IGNORECASE)
_TLS = re.compile(r"\bTLS\s?v?(1\.[0-3])\b|\bSSL\s?v?([23])\b", re.IGNORECASE)
_AMOUNT = re.compile(
    r"(USD|EUR|GBP|CHF|INR|US\$|\$|€|£)\s?(\d{1,3}(?:[.,']\d{3})+|\d{1,12})(?:[.,](\d{1,2}))?(?!\d)"
    r"(?:\s?(million|mio|mn|m|billion|bn|k|thousand)\b)?",
    re.IGNORECASE,
)
_CURRENCY = {"US$": "USD", "$": "USD", "€": "EUR", "£": "GBP"}
_FACTOR = {
    "million": 1e6,
    "mio": 1e6,
    "mn": 1e6,
    "m": 1e6,
    "billion": 1e9,
    "bn": 1e9,
    "k": 1e3,
    "thousand": 1e3,
}
_OUTSIDE = re.compile(
    r"\b(outside|leave|only|solely|exclusively|other than|except|beyond|offshore)\b", re.IGNORECASE
)
_NEGATED = re.compile(r"\b(not|never|neither|nor|no|cannot)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Measure:
    """A strength on a topic's scale.

    Attributes:
        number: in the scale's unit; 0 for places.
        currency: ISO 4217 for amounts, else "".
        places: codes, for the scale of places.
        words: how a reader should see it, where the number was worked out; "" else.
    """

    number: float = 0.0
    currency: str = ""
    places: frozenset[str] = frozenset()
    words: str = ""

    def text(self, scale: Scale) -> str:
        """For a reader: "72 hours", "USD 5,000,000", "EEA, GB"."""
        if self.words:
            return self.words
        if scale.kind == "places":
            return ", ".join(sorted(self.places))
        number = f"{self.number:,.0f}" if self.number == int(self.number) else f"{self.number:g}"
        if scale.kind == "amount":
            return f"{self.currency} {number}"
        if scale.kind == "versions":
            return f"TLS {self.number:.1f}"
        return f"{number} {scale.kind}"


def from_parameter(scale: Scale, value: Any, currency: Any = "") -> Measure | None:
    """A clause's parameter as a measure; None where it is no such value."""
    if scale.kind == "places":
        codes = frozenset(c for c in value if isinstance(c, str)) if isinstance(value, list) else frozenset()
        return Measure(places=codes) if codes else None
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    if scale.kind == "amount":
        return Measure(float(value), currency) if isinstance(currency, str) and currency else None
    return Measure(float(value))


def from_business_days(days: Any) -> Measure | None:
    """Business days in hours, as they can fall at worst: every five of them hold a weekend.

    Public holidays come on top and are not counted.
    """
    if isinstance(days, bool) or not isinstance(days, int | float) or days <= 0:
        return None
    return Measure(24.0 * (days + 2 * ceil(days / 5)), words=f"{days:g} business days")


def from_text(scale: Scale, text: str) -> Measure | None:
    """The one value that a text names on the scale; None where it names none, or several.

    A number of business days or hours has no fixed length, so it is none.
    """
    found = {measure for measure, _ in _named(scale, text[:MAX_TEXT])}
    if scale.kind == "versions":
        return min(found, key=lambda m: m.number, default=None)
    return found.pop() if len(found) == 1 else None


def words_of(scale: Scale, text: str, measure: Measure) -> tuple[int, int] | None:
    """Where a text names a measure, as [start, end); None where it does not."""
    text = text[:MAX_TEXT]
    for named, match in _named(scale, text):
        if named == measure:
            # "seventy-two (72) hours": the number in words is a part of what is said.
            before = _IN_WORDS.search(text, max(0, match.start() - 40), match.start())
            return before.start() if before else match.start(), match.end()
    return None


def _named(scale: Scale, text: str) -> Iterator[tuple[Measure, re.Match[str]]]:
    """Every value that a text names on the scale, with the words that do."""
    if scale.kind == "versions":
        for match in _TLS.finditer(text):
            yield Measure(float(match[1]) if match[1] else float(match[2]) - 3), match
    elif scale.kind == "amount":
        for match in _AMOUNT.finditer(text):
            yield _amount(match), match
    elif scale.kind in _PER_SCALE and not _BUSINESS.search(text):
        for match in _SPAN.finditer(text):
            word = match[1].lower()
            number = int(word) if word.isdigit() else _WORDS.get(word)
            if number:
                hours = number * _HOURS[match[2].lower()]
                yield Measure(round(hours / _PER_SCALE[scale.kind], 2)), match


def _amount(match: re.Match[str]) -> Measure:
    whole = re.sub(r"[.,']", "", match[2])
    number = float(f"{whole}.{match[3] or 0}") * _FACTOR.get((match[4] or "").lower(), 1.0)
    symbol = match[1].upper()
    return Measure(number, _CURRENCY.get(symbol, symbol))


def allowed_places(text: str, gazetteer: Gazetteer) -> Measure | None:
    """The places that a promise or claim allows; None where the words do not settle it.

    "not outside the EEA" allows the EEA; "not in China" allows nothing that could be named.
    """
    if _NEGATED.search(text) and not _OUTSIDE.search(text):
        return None
    places = gazetteer.find(text)
    return Measure(places=places) if places else None


def weaker(scale: Scale, one: Measure, other: Measure, gazetteer: Gazetteer | None = None) -> bool:
    """Whether `one` protects less than `other`; False where they cannot be compared."""
    if scale.kind == "places":
        return gazetteer is not None and not all(gazetteer.lies_in(c, other.places) for c in one.places)
    if one.currency != other.currency:
        return False
    if scale.better == "lower":
        return one.number > other.number
    return scale.better == "higher" and one.number < other.number
