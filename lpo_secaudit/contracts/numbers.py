"""Numbers, periods and amounts as contracts write them: "seventy-two (72) hours", "EUR 1.000.000,00"."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal

__all__ = [
    "Amount",
    "Multiple",
    "Period",
    "find_amounts",
    "find_multiples",
    "find_periods",
    "parse_number",
    "word_number",
]

Unit = Literal["hours", "days", "business_days", "weeks", "months", "years", "minutes"]

_SMALL = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_ONES = {word: number for number, word in enumerate(_SMALL.split())}
_DECADES = "twenty thirty forty fifty sixty seventy eighty ninety"
_TENS = {word: 10 * number for number, word in enumerate(_DECADES.split(), 2)} | {"fourty": 40}
_SCALES = {"hundred": 100, "thousand": 1_000, "million": 1_000_000, "billion": 1_000_000_000}
_NUMBER_WORD = "|".join([*sorted(_ONES, key=len, reverse=True), *_TENS, *_SCALES])
# "seventy-two", "one hundred and eighty": words joined by blanks, hyphens or "and".
_WORDS = (
    rf"(?:an?\s+(?=hundred|thousand|million|billion))?(?:{_NUMBER_WORD})"
    rf"(?:(?:\s+and\s+|[\s-]+)(?:{_NUMBER_WORD}))*"
)
_DIGITS = (
    r"\d{1,2}(?:,\d{2})+,\d{3}(?!\d)|\d{1,3}(?:[.,  ' ]\d{3})+(?:[.,]\d{1,2})?(?!\d)|\d+(?:[.,]\d{1,2})?"
)
_UNIT = (
    r"(?P<unit>(?:(?:business|working|banking|calendar|consecutive|work)[\s-]+)?"
    r"(?:hours?|hrs?|days?|weeks?|months?|years?|minutes?))\b(?!\s*old)"
)
_PERIOD = re.compile(
    rf"(?<![\w.,])(?:(?P<words>\b(?:{_WORDS})\b)|(?P<digits>\d{{1,4}}(?![\d,.]*\d)))"
    rf"(?P<spoiled>\s+(?:business|working|calendar))?"
    rf"(?:\s*[*_]*[(\[]\s*(?:(?P<paren>\d{{1,4}})|(?P<parenwords>{_WORDS}))\s*[)\]][*_]*)?"
    rf"[\s-]*(?:full\s+|consecutive\s+|clear\s+|prior\s+)?(?P<pre>business\s+|calendar\s+|working\s+)?{_UNIT}",
    re.IGNORECASE,
)
_CODES = "USD EUR GBP CHF CAD AUD INR JPY CNY SGD HKD NZD SEK NOK DKK PLN PHP ZAR"
_CURRENCY = {code.lower(): code for code in _CODES.split()} | {
    "$": "USD", "us$": "USD", "u.s. dollars": "USD", "us dollars": "USD", "dollars": "USD", "dollar": "USD",
    "€": "EUR", "euro": "EUR", "euros": "EUR", "£": "GBP", "pounds": "GBP", "pounds sterling": "GBP",
    "sterling": "GBP", "c$": "CAD",
    "ca$": "CAD", "cad$": "CAD", "a$": "AUD", "au$": "AUD", "aud$": "AUD", "s$": "SGD", "sgd$": "SGD",
    "hk$": "HKD", "hkd$": "HKD", "nz$": "NZD", "nzd$": "NZD", "usd$": "USD",
    "₹": "INR", "rs.": "INR", "rs": "INR", "rupees": "INR", "₱": "PHP", "pesos": "PHP",
    "¥": "JPY", "rmb": "CNY",
}  # fmt: skip
_BEFORE = (
    r"(?:USD?|CAD?|AUD?|C|A|S|SGD|HKD?|NZD?)\s?\$|\$|€|£|₹|₱|¥|USD|EUR|GBP|CHF|CAD|AUD|INR|JPY|RMB|CNY|SGD|HKD|NZD|SEK|NOK|DKK|PLN|PHP"
    r"|ZAR|Rs\.?(?=\s?\d)"
)
_AFTER = (
    r"(?:U\.?S\.?\s+)?dollars?|euros?|pounds(?:\s+sterling)?|rupees|pesos|USD|EUR|GBP|CHF|CAD|AUD|INR|JPY|RMB|SGD|SEK|NOK|DKK|PLN"
    r"|PHP|ZAR|€|£"
)
_SCALE = r"(?:\s*(?P<scale>thousand|lakhs?|crores?|million|billion|mn|bn|mio\.?|k|m)\b)?"
_AMOUNT = re.compile(
    rf"(?P<before>(?<![A-Za-z])(?:{_BEFORE}))\s*(?P<number>{_DIGITS}){_SCALE}"
    rf"|(?<![\w.,])(?P<number2>{_DIGITS})(?:\s*(?P<scale2>thousand|lakhs?|crores?|million|billion))?"
    rf"\s*(?P<after>{_AFTER})(?![A-Za-z])",
    re.IGNORECASE,
)
_WORD_AMOUNT = re.compile(
    rf"\b(?P<words>{_WORDS})\s+(?:and\s+(?:00|no)/100\s+)?(?P<after>{_AFTER})(?![A-Za-z])", re.IGNORECASE
)
_MULTIPLE = re.compile(
    rf"\b(?:(?P<words>{_WORDS})|(?P<digits>\d{{1,2}}(?:\.\d)?)(?=\s*(?:x\b|times|\()))\s*"
    rf"(?:\(\s*(?P<paren>\d{{1,2}}(?:\.\d)?)\s*x?\s*\)\s*)?"
    rf"(?:times|x\b)(?:\s*\(\s*(?P<after>\d{{1,2}}(?:\.\d)?)\s*x?\s*\))?|\b(?P<twice>twice|double|triple)\b"
    rf"|\b(?P<percent>\d{{2,3}})\s?(?:%|percent|per\s+cent)"
    rf"|\b(?P<parts>{_WORDS})\s+(?:percent|per\s+cent)\b(?:\s*\(\s*(?P<hundredths>\d{{2,3}})\s*%\s*\))?",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time at [start, end): value in its unit; `disagrees` where words and digits differ."""

    value: int
    unit: Unit
    start: int
    end: int
    disagrees: str = ""

    def days(self) -> int:
        """Calendar days; business days count as they stand."""
        factor = {
            "hours": 1 / 24,
            "minutes": 1 / 1440,
            "days": 1,
            "business_days": 1,
            "weeks": 7,
            "months": 30,
            "years": 365,
        }
        return round(self.value * factor[self.unit])

    def hours(self) -> int:
        if self.unit == "minutes":
            return max(1, round(self.value / 60))
        return self.value if self.unit == "hours" else self.days() * 24


@dataclass(frozen=True, slots=True)
class Amount:
    """Money at [start, end): exact value and ISO 4217 code."""

    value: Decimal
    currency: str
    start: int
    end: int
    disagrees: str = ""


@dataclass(frozen=True, slots=True)
class Multiple:
    """A multiple of fees at [start, end): "three times (3x)" is 3, "150 %" is 1.5."""

    value: Decimal
    start: int
    end: int
    disagrees: str = ""


def word_number(text: str) -> int | None:
    """The value of a number in words ("one hundred and eighty"), None where it is none."""
    total = current = 0
    seen = False
    for word in re.split(r"[\s-]+", text.lower().strip()):
        if word in ("and", ""):
            continue
        if word in ("a", "an"):
            current = 1
        elif word in _ONES:
            current += _ONES[word]
        elif word in _TENS:
            current += _TENS[word]
        elif word == "hundred":
            current = max(current, 1) * 100
        elif word in _SCALES:
            total += max(current, 1) * _SCALES[word]
            current = 0
        else:
            return None
        seen = True
    return total + current if seen else None


def parse_number(digits: str) -> Decimal:
    """The value of a number in US ("1,000,000.00") or European ("1.000.000,00") notation.

    A single separator before exactly three digits groups thousands, as no contract states
    thousandths of a currency.
    """
    plain = re.sub(r"[\s']", "", digits)
    marks = [c for c in plain if c in ".,"]
    if not marks:
        return Decimal(plain)
    last = max(plain.rfind("."), plain.rfind(","))
    decimals = plain[last + 1 :]
    if len(set(marks)) == 2 or (len(marks) == 1 and len(decimals) != 3):
        whole = re.sub(r"[.,]", "", plain[:last])
        return Decimal(f"{whole or '0'}.{decimals}")
    return Decimal(re.sub(r"[.,]", "", plain))


def _unit_of(text: str, pre: str) -> Unit:
    text = f"{pre} {text}".lower()
    if any(w in text for w in ("business", "working", "banking", "work ", "work-")):
        return "business_days" if "day" in text else "hours" if "hour" in text else "days"
    for name in ("hour", "minute", "week", "month", "year"):
        if name in text:
            return f"{name}s"  # type: ignore[return-value]
    return "hours" if "hr" in text else "days"


def find_periods(text: str, start: int = 0, end: int | None = None) -> Iterator[Period]:
    """All periods in [start, end), in text order."""
    for match in _PERIOD.finditer(text, start, len(text) if end is None else end):
        said: list[int] = []
        for group in ("words", "digits", "paren", "parenwords"):
            value = match.group(group)
            if value:
                number = int(value) if value.isdigit() else word_number(value)
                if number is not None:
                    said.append(number)
        if not said:
            continue
        disagrees = (
            f"{match.group().strip()!r} says both {said[0]} and {said[-1]}" if said[0] != said[-1] else ""
        )
        pre = f"{match.group('pre') or ''} {match.group('spoiled') or ''}"
        yield Period(said[0], _unit_of(match.group("unit"), pre), match.start(), match.end(), disagrees)


_FACTORS = {
    "thousand": 3, "k": 3, "lakh": 5, "million": 6, "m": 6, "mn": 6, "mio": 6, "crore": 7,
    "billion": 9, "bn": 9,
}  # fmt: skip


def _scaled(number: Decimal, scale: str | None) -> Decimal:
    scale = (scale or "").lower().rstrip(".s")
    return number.scaleb(_FACTORS.get(scale, 0))


def _code(mark: str) -> str:
    mark = re.sub(r"\s+", " ", mark.lower()).strip()
    return (
        _CURRENCY.get(mark) or _CURRENCY.get(mark.replace(" ", "")) or _CURRENCY.get(mark.split()[-1], "USD")
    )


def find_amounts(text: str, start: int = 0, end: int | None = None) -> Iterator[Amount]:
    """All sums of money in [start, end), in text order; "five million dollars ($5,000,000)" is one."""
    stop = len(text) if end is None else end
    spoken = [
        (m.start(), m.end(), Decimal(number), _code(m.group("after")))
        for m in _WORD_AMOUNT.finditer(text, start, stop)
        if (number := word_number(m.group("words"))) is not None
    ]
    used: set[int] = set()
    for match in _AMOUNT.finditer(text, start, stop):
        digits = match.group("number") or match.group("number2")
        value = _scaled(parse_number(digits), match.group("scale") or match.group("scale2"))
        currency = _code(match.group("before") or match.group("after"))
        disagrees = ""
        begin = match.start()
        for index, (a, b, words, _) in enumerate(spoken):
            if index not in used and 0 <= match.start() - b <= 4:
                used.add(index)
                begin = a
                if words != value:
                    disagrees = f"{text[a : match.end()]!r} says both {words} and {value}"
        yield Amount(value, currency, begin, match.end(), disagrees)
    for index, (a, b, words, currency) in enumerate(spoken):
        if index not in used:
            yield Amount(words, currency, a, b)


def find_multiples(text: str, start: int = 0, end: int | None = None) -> Iterator[Multiple]:
    """All multiples in [start, end), in text order."""
    for match in _MULTIPLE.finditer(text, start, len(text) if end is None else end):
        if match.group("twice"):
            times = Decimal(3 if match.group("twice").lower() == "triple" else 2)
            yield Multiple(times, match.start(), match.end())
            continue
        if match.group("percent"):
            yield Multiple(Decimal(match.group("percent")) / 100, match.start(), match.end())
            continue
        if match.group("parts"):
            parts = Decimal(word_number(match.group("parts")) or 0)
            digits = match.group("hundredths")
            disagrees = (
                f"{match.group()!r} says both {parts} and {digits}"
                if digits and Decimal(digits) != parts
                else ""
            )
            yield Multiple(parts / 100, match.start(), match.end(), disagrees)
            continue
        said = [
            Decimal(value) if value[0].isdigit() else Decimal(word_number(value) or 0)
            for group in ("words", "digits", "paren", "after")
            if (value := match.group(group))
        ]
        disagrees = f"{match.group()!r} says both {said[0]} and {said[-1]}" if said[0] != said[-1] else ""
        yield Multiple(said[0], match.start(), match.end(), disagrees)
