"""What a certificate says: dates, issuer, holder, scope, what it leaves out. Each with its words."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from itertools import islice
from typing import Any

from .._files.pages import Pages, Quote
from .dates import DAY, days_in, parse_day
from .kinds import Kind

__all__ = ["Fact", "read_facts"]


@dataclass(frozen=True, slots=True)
class Fact:
    """One value read from a document.

    Attributes:
        value: a JSON value; days as YYYY-MM-DD.
        quote: the words it was read from; None where a person gave it.
        sure: the words leave no other reading; False where it was picked among several.
    """

    value: Any
    quote: Quote | None
    sure: bool = True

    def to_json(self) -> dict[str, Any]:
        return {"value": self.value, "quote": self.quote.to_json() if self.quote else None, "sure": self.sure}


MOST_LABELS = 2_000
"""A document that says "issued" more often than this is not read to its end for it."""

_LABELS = {
    "expires": (
        r"expir(?:y|ation|es)(?: date)?(?: of (?:the )?certificate)?(?: on)?",
        r"certification expiration",
        r"valid (?:until|to|through|till)",
        r"(?:recertification|renewal|re-?certification) (?:due|date)",
        r"good through",
    ),
    "issued": (
        r"(?:original |initial |re-?)?(?:issued?|registration|certification|approval) date"
        r"(?: of certificate)?",
        r"date of (?:issue|certification|report|registration|test)",
        r"issued(?: on)?",
        r"certificate (?:granted|issued)",
        r"effective date",
        r"(?:self-)?assessment completion date",
        r"last updated",
        r"(?<![a-z] )dated?(?= ?:)",  # not the end of "expiry date:"
    ),
}
_OTHER_LABELS = ("certificate (?:number|no|id)", "status", "scope")


def _any_of(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


_PERIOD = re.compile(
    r"(?:(?:for|throughout|during|over) the period|period of|review period|period)[\s:]*"
    r"(?:from\s+|of\s+|,\s*)?"
    rf"({DAY})\s*(?:to|through|until|and|-|–|—)\s*({DAY})",
    re.IGNORECASE,
)
_FROM_TO = _any_of(rf"\bfrom\s+({DAY})\s*(?:to|through|until|-|–)\s*({DAY})")
_AS_OF = _any_of(rf"\bas (?:of|at)\s+({DAY})")
_OF_WHAT = r"(?: (?:of|for) (?:the )?(?:certificat(?:e|ion)|registration|assessment|report|examination))?"
_SCOPE = re.compile(
    r"(?:^|\n)[ \t]*(?:\d+(?:\.\d+)*\.?[ \t]*)?"
    rf"(scope{_OF_WHAT}[ \t]*(?=[:\n])|services? (?:included|covered)[^\n]{{0,60}}"
    r"|cloud service name|products?:)",
    re.IGNORECASE,
)
_INLINE_SCOPE = _any_of(
    r"(?:the )?scope of (?:this|the)[^.\n]{0,80}(?:includes?|covers?|comprises?|is)\b[^.]{5,400}\.",
)
_LEFT_OUT = "|".join(
    (
        r"carve[- ]?out method",
        r"carved[- ]out",
        r"subservice organi[sz]ations?[^.]{0,80}(?:exclud|not includ)",
        r"(?:is|are|was|were) (?:not included|excluded|out of scope)",
        r"(?:exclud(?:es|ing)|not included in) (?:the )?(?:scope|controls|services|description)",
        r"does not (?:include|extend to|cover)",
        r"outside (?:of )?the scope",
        r"services? not assessed",
    )
)
_EXCLUDED = _any_of(_LEFT_OUT)
_FAULTED = "|".join(
    (
        r"qualified opinion",
        r"except for the (?:matter|effect|possible)",
        r"adverse opinion",
        r"disclaimer of opinion",
        r"basis for (?:qualified|adverse)",
        r"(?:exceptions?|deviations?) (?:was |were )?noted",
    )
)
_EXCEPTIONS = _any_of(rf"\b(?:{_FAULTED})")
_NO_EXCEPTION = _any_of(r"\bno (?:exceptions?|deviations?)\b", r"\bunqualified opinion\b")
_NUMBER = _any_of(
    rf"(?:certificate|registration|cert\.?)\s*(?:number|no\.?|id|#)[\s:]*(?:{DAY}\s+)*(?!{DAY})"
    r"([A-Z0-9][A-Z0-9./_-]{3,40}\d[A-Z0-9./_-]*)"
)
_HOLDER = _any_of(
    r"(?:awarded to|issued to|this is to certify that|certify that the .{0,60} of|certificate name"
    r"|company name)"
    r"[\s:]+([^\n]{2,80})"
)
_FIRMS = "|".join(
    (
        r"ernst & young|deloitte|pricewaterhousecoopers|pwc|kpmg|a-lign|schellman|coalfire|moss adams|bdo",
        r"grant thornton|crowe|rsm|prescient assurance|insight assurance|sensiba|bsi|bureau veritas|dnv",
        r"t[uü]v \w+|dekra|lrqa|sgs|intertek|cadence assurance|cure53|ncc group|bishop fox|trail of bits",
        r"rapid7|nettitude|hackerone|bugcrowd|cobalt",
    )
)
_AUDITOR = _any_of(rf"\b((?:{_FIRMS})[^\n,|]{{0,20}}(?:,? (?:llp|llc|gmbh|ltd|inc|limited)\.?)?)")
_STANDARD = _any_of(
    r"ISO\s*/?\s*(?:IEC)?\s*(?:27001|27017|27018|27701|22301|9001|20000(?:-1)?)(?::\s?\d{4})?",
    r"PCI DSS(?: version)? v?\d(?:\.\d+)*",
    r"ACORD \d+ \(\d{4}/\d{2}\)",
    r"SOC\s*[123](?:®)?(?:,? type\s*(?:2|1|II|I)\b)?",
    r"type\s*(?:2|1|II|I)\b(?= report)",
    r"cyber essentials(?: plus)?",
    r"level \d certification",
    r"STAR level \d",
)
_SEVERITY = _any_of(r"\(\s*(critical|high|medium|low|info(?:rmational)?)\s*\)")


def read_facts(pages: Pages, kind: Kind) -> dict[str, Fact | list[Fact]]:
    """Everything of one document but the policies of an insurance certificate."""
    found: dict[str, Fact | list[Fact]] = {}
    _dates(pages, kind, found)
    for name, pattern in (
        ("number", _NUMBER),
        ("holder", _HOLDER),
        ("issuer", _AUDITOR),
        ("standard", _STANDARD),
    ):
        match = next(pages.find(pattern, 4), None)
        if match is not None and not (name == "holder" and kind.id == "insurance"):
            group = 1 if pattern.groups else 0
            found[name] = Fact(
                " ".join(match[group].split()).strip(" .,;:"),
                pages.quote(match.start(), match.end()),
                name != "issuer",
            )
    scope = _scope(pages)
    if scope is not None:
        found["scope"] = scope
    found["exclusions"] = _sentences(pages, _EXCLUDED, 12)
    if kind.id.startswith("soc"):
        found["exceptions"] = [
            f for f in _sentences(pages, _EXCEPTIONS, 20) if not _NO_EXCEPTION.search(str(f.value))
        ]
    if kind.id == "penetration-test":
        found["findings"] = _severities(pages)
    return found


def _dates(pages: Pages, kind: Kind, found: dict[str, Fact | list[Fact]]) -> None:
    month_first = not _writes_day_first(pages)
    if kind.id.startswith("soc") or kind.id == "bridge-letter":
        match = next(pages.find(_PERIOD, 6), None) or next(pages.find(_FROM_TO, 6), None)
        if match is not None:
            quote = pages.quote(match.start(), match.end())
            for name, group in (("period_from", 1), ("period_to", 2)):
                day = parse_day(match[group], month_first=month_first)
                if day is not None:
                    found[name] = Fact(day.isoformat(), quote)
        else:
            match = next(pages.find(_AS_OF, 6), None)
            if match is not None and (day := parse_day(match[1], month_first=month_first)):
                found["period_to"] = Fact(day.isoformat(), pages.quote(match.start(), match.end()))
    for name, labels in _LABELS.items():
        fact = _labelled(pages, labels, month_first)
        if fact is not None:
            found[name] = fact
    if kind.id == "penetration-test" and "issued" not in found:
        fact = _test_month(pages)
        if fact is not None:
            found["issued"] = fact


def _writes_day_first(pages: Pages) -> bool:
    """Whether a number above 12 stands first in some day of the form 31/12/2024."""
    return bool(re.search(r"\b(1[3-9]|2\d|3[01])/(0?[1-9]|1[0-2])/\d{4}\b", pages.text))


def _labelled(pages: Pages, labels: Iterable[str], month_first: bool) -> Fact | None:
    """The day that belongs to a label: the next one, no other label between. Of several the last."""
    every = [label for group in _LABELS.values() for label in group]
    dated = re.compile(r"\b(?:" + "|".join(every) + r")\b", re.IGNORECASE)
    other = re.compile(r"\b(?:" + "|".join((*every, *_OTHER_LABELS)) + r")\b", re.IGNORECASE)
    pattern = re.compile(r"\b(?:" + "|".join(labels) + r")\b[\s:]*", re.IGNORECASE)
    found: list[tuple[date, Quote]] = []
    for match in islice(pages.find(pattern), MOST_LABELS):
        rest = pages.text[match.end() : match.end() + 140]
        for day, start, end in days_in(rest, month_first=month_first):
            # Between label and day only blanks and a few words may stand.
            between = rest[:start]
            if len(between) <= 60 and not other.search(between):
                found.append((day, pages.quote(match.start(), match.end() + end)))
            break
    if not found:
        found = _columns(pages, pattern, dated, month_first)
    if not found:
        return None
    day, quote = max(found, key=lambda pair: pair[0])
    return Fact(day.isoformat(), quote, len({d for d, _ in found}) == 1)


def _columns(
    pages: Pages, pattern: re.Pattern[str], other: re.Pattern[str], month_first: bool
) -> list[tuple[date, Quote]]:
    """Labels in one row, their days in the next: the n-th day belongs to the n-th label."""
    for match in islice(pages.find(pattern), MOST_LABELS):
        block_start = max(0, match.start() - 160)
        block = pages.text[block_start : match.end() + 260]
        days = list(days_in(block, month_first=month_first))
        labels = [m for m in other.finditer(block) if days and m.end() <= days[0][1]]
        place = next((i for i, m in enumerate(labels) if block_start + m.start() == match.start()), None)
        if place is not None and len(labels) == len(days):
            day, start, end = days[place]
            return [(day, pages.quote(block_start + start, block_start + end))]
    return []


def _test_month(pages: Pages) -> Fact | None:
    """Pentest reports head their pages with "11.2018" or a printing day."""
    match = next(pages.find(re.compile(r"\b(0[1-9]|1[0-2])\.(20\d\d)\b"), 1), None)
    if match is not None:
        value = f"{match[2]}-{match[1]}-01"
        return Fact(value, pages.quote(match.start(), match.end()), sure=False)
    for day, start, end in days_in(pages.text[:20_000]):
        return Fact(day.isoformat(), pages.quote(start, end), sure=False)
    return None


def _scope(pages: Pages) -> Fact | None:
    inline = next(pages.find(_INLINE_SCOPE), None)
    if inline is not None:
        quote = pages.quote(inline.start(), inline.end() + 600)
        return Fact(" ".join(quote.text.split()), quote, sure=False)
    matches = list(islice(pages.find(_SCOPE), MOST_LABELS))
    if not matches:
        return None
    # A table of contents names the heading too; what counts is the one that sentences follow.
    match = next((m for m in matches if _reads_on(pages.text[m.end() : m.end() + 300])), matches[0])
    start = match.start(1)
    quote = pages.quote(start, start + 600)
    return Fact(" ".join(quote.text.split()), quote, sure=False)


def _reads_on(text: str) -> bool:
    return len(re.findall(r"[a-z]{3,}", text)) > 20 and not _SEVERITY.search(text)


def _sentences(pages: Pages, pattern: re.Pattern[str], most: int) -> list[Fact]:
    """The sentences that hold a match; the pattern itself stays short, so that time stays linear."""
    found: list[Fact] = []
    done = -1
    for match in pages.find(pattern):
        if match.start() < done:
            continue
        start, end = _sentence_around(pages.text, match.start(), match.end())
        done = end
        words = " ".join(pages.text[start:end].split())
        if len(words) > 25:
            found.append(Fact(words[:600], pages.quote(start, end)))
        if len(found) >= most:
            break
    return found


def _sentence_around(text: str, start: int, end: int) -> tuple[int, int]:
    """From the full stop, blank line or page before a match to the full stop after it."""
    before = text[max(0, start - 300) : start]
    left = max((m.end() for m in re.finditer(r"\.\s|\n[ \t]*\n|\f", before)), default=0)
    after = re.search(r"\.(?=\s|\Z)|\n[ \t]*\n|\f", text[end : end + 300])
    right = end + (after.end() if after else min(300, len(text) - end))
    start = start - len(before) + left
    while start < end and text[start].isspace():
        start += 1
    return start, right


def _severities(pages: Pages) -> Fact:
    """How many findings of each severity the table of contents lists; its titles end in "(High)"."""
    counts: dict[str, int] = {}
    seen: set[str] = set()
    first: Quote | None = None
    for match in islice(pages.find(_SEVERITY), MOST_LABELS):
        line_start = pages.text.rfind("\n", 0, match.start()) + 1
        title = " ".join(pages.text[line_start : match.end()].split()).lower()
        numbered = re.search(r"\b[a-z]{2,6}-\d{1,3}(?:-\d{1,4})?\b", title)
        title = numbered[0] if numbered else title
        if title in seen:
            continue
        seen.add(title)
        first = first or pages.quote(line_start, match.end())
        word = match[1].lower()
        word = "informational" if word.startswith("info") else word
        counts[word] = counts.get(word, 0) + 1
    return Fact(counts, first, sure=False)
