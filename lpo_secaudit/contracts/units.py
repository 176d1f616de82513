"""Units of a contract text: sentences, list items and headings, with what they depend on.

The text is the truth here, not the mark-up of one format: the same words as PDF, DOCX, HTML or
Markdown fall into the same units. Hard line breaks inside a sentence are joined; an item of an
enumeration knows the unit that leads into it ("Processor shall:"), and every unit its heading.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

__all__ = ["Unit", "UnitKind", "split_units"]

UnitKind = Literal["text", "item", "heading", "definition", "recital"]

# "9.1.2" at the beginning of a unit: what it depends on has a number that it begins with.
_DOTTED = re.compile(r"\W{0,6}(\d{1,3}(?:\.\d{1,3}){1,4})(?![\d.]*\w)")
# A sentence longer than this is cut at a blank; only text that is no prose reaches it.
MAX_UNIT_CHARS = 4_000
_ENUM = r"(?:\(?[a-z]{1,2}\)|\(?[ivxlIVXL]{1,5}\)|\(?\d{1,2}\)|[a-z]\.|[ivx]{1,4}\.|[A-Z]\.|\([A-Z]\))"
_ITEM = re.compile(
    rf"\s*(?:>\s*)?(?:(?P<bullet>[-*+•·●○▪◦‣–]|\\?-)\s+|(?:\*\*)?(?P<enum>{_ENUM})(?=[\s\*])"
    r"|(?:\*\*)?(?P<number>\d{1,3}(?:\.\d{1,3}){0,4}\.?\)?)(?=[\s\*]))"
)
_HASH = re.compile(r"\s*#{1,6}\s|<h[1-6]\b")
_END = re.compile(r"[.:;?!][\"”’)*_\]]*(?:</\w+>)?\s*$")
_ALL_BOLD = re.compile(r"\s*(?:[-\d.()a-zA-Z]{0,8}\s*)(\*\*|__)[^*]{2,120}\1[.:]?\s*$")
_SENTENCE_END = re.compile(
    r"[.?!][\"”’)*_\]]{0,4}(?:</\w{1,10}>)?(\s+)(?=(?:<\w[^<>]{0,80}>)?[\"“‘(\[*_]{0,4}[A-Z0-9])"
)
_ABBREVIATION = re.compile(
    r"(?:\b(?:No|Nos|Art|Arts|Inc|Ltd|Corp|Co|Sec|Sect|e\.g|i\.e|cf|v|vs|Mr|Mrs|Ms|Dr|St|para|paras|cl|approx|al|Rs|Attn"
    r"|Tel|Fla|Cal|Stat|Pub|Reg|Rev|Ed|Cir|Exh|incl|resp)|\b[A-Z]|\b[A-Z]\.[A-Z]|C\.F\.R|U\.S\.C?|\s\d{1,2}"
    r"|^\W*\d[\d.]*|^\W*[a-z])\.$"
)
# "thirty (30) days" enumerates nothing.
_INLINE_ENUM = re.compile(
    r"(?<=[\s;:,])(?P<enum>\((?:[a-z]|[ivx]{1,5}|\d{1,2})\))\s+(?=[\w\"“])(?!(?:business|calendar|working|consecutive|full"
    r"|days?|hours?|minutes?|weeks?|months?|years?|times|percent|per\s+cent|million)\b)"
)
_WORD = re.compile(r"\w+")
_TAG = re.compile(r"</?\w[^<>]{0,120}>")
_LETTERS = re.compile(r"[^\W\d_]{2}")
_LOWER_START = re.compile(r"[\s*_\"“(]*[a-z]")
_MODAL = re.compile(
    r"\b(?:shall|will|must|may|agrees?|is|are|has|have|means|can|should|does|do|be)\b", re.IGNORECASE
)
_DEFINITION = re.compile(
    r"[\W\d]{0,12}(?:\(?\w{1,3}[.)]\s*)?(?:<span[^>]{0,80}>)?[\"“*_‘']{1,4}[^\"”*_]{2,80}[\"”*_’':]{1,5}(?:</span>)?[:,]?\s*"
    r"(?:\([^)]{0,60}\)\s*)?(?:(?:shall|will)\s+)?(?:has|have|means?|refers?|includes?|is|are|shall|will)\b",
)
_MEANINGS = re.compile(
    r"\b(?:terms?|expressions?|words?)\b.{0,400}\b(?:have|has|bear)\s+the\s+(?:same\s+|respective\s+)?meanings?\b",
    re.DOTALL,
)
_RECITAL = re.compile(r"[\W\d]{0,6}(?:\(?[A-Za-z]\)\s*)?whereas\b", re.IGNORECASE)
_RECITAL_HEADING = re.compile(r"[\W\d]{0,8}(?:recitals?|background|whereas|preamble)\W*$", re.IGNORECASE)
_LEADS = re.compile(
    r"(?:[:—]|\b(?:shall|must|will|agrees? to|to|following|and|or))[\s*_]*$|:\s*(?:</\w+>)?\s*$",
    re.IGNORECASE,
)
_OPEN = re.compile(r"(?:[;,]|\b(?:and|or))[\s*_]*(?:</\w+>)?\s*$", re.IGNORECASE)
# A line that begins with a number goes on with a citation or a count that the line before began.
_CITES = re.compile(
    r"\b(?:sections?|articles?|arts?\.?|clauses?|annex|exhibit|schedule|paragraphs?|part|module|option|and|or|to|of|within|than|least"
    r"|the|in|by|for|with|under|cfr|§+)\s*$",
    re.IGNORECASE,
)
# Shorter lines are cells of a table, not lines of a paragraph, unless they end in the middle of a phrase.
_CELL = 42
_GOES_ON = re.compile(
    r"(?:[,;(\-–—&/]|\b(?:and|or|of|the|an?|to|in|on|by|for|with|from|its|any|all|each|such|this|that|under|shall|will|is|are|be))$",
    re.IGNORECASE,
)
# An enumeration inside a sentence is split only where the sentence is long enough to say several things.
_SPLIT_WORDS = 45


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, list item or heading: text range [start, end) without outer blanks.

    Attributes:
        kind: headings, definitions and recitals bind nobody.
        lead: index of the unit that leads into this one, -1 for none.
        heading: index of the heading above, -1 for none.
    """

    start: int
    end: int
    kind: UnitKind
    lead: int
    heading: int


@dataclass(slots=True)
class _Block:
    start: int
    end: int
    style: str  # "", "heading", "bullet", "enum", "number"


def split_units(text: str) -> tuple[Unit, ...]:
    """All units of a text in order. Runs in time linear in its length."""
    units: list[Unit] = []
    heading = -1
    recitals = False
    leads: list[tuple[int, str]] = []  # open lead-ins, outermost first: (unit, style of its items)
    for block in _blocks(text):
        if block.style == "heading":
            heading = len(units)
            recitals = bool(_RECITAL_HEADING.match(text[block.start : block.end]))
            units.append(Unit(block.start, block.end, "heading", -1, -1))
            leads.clear()
            continue
        first = True
        for start, end, inner_lead in _pieces(text, block.start, block.end):
            body = text[start:end]
            if not _LETTERS.search(body):
                continue
            if first and _is_inline_heading(body, block.end - end):
                heading = len(units)
                units.append(Unit(start, end, "heading", -1, -1))
                recitals = bool(_RECITAL_HEADING.match(body))
                if block.style in ("number", ""):
                    leads.clear()
                continue
            lead = -1
            if inner_lead >= 0:
                lead = len(units) - inner_lead
            elif leads:
                lead = _lead_of(leads, block.style if first else "follow", body, text, units)
            kind: UnitKind = "item" if lead >= 0 else "text"
            if _DEFINITION.match(body) or _MEANINGS.search(body):
                kind = "definition"
            elif recitals or _RECITAL.match(body):
                kind = "recital"
            if inner_lead < 0 and _LEADS.search(body[-40:]) and kind != "recital":
                leads.append((len(units), ""))
                del leads[:-4]
            units.append(Unit(start, end, kind, lead, heading))
            first = False
    return tuple(units)


def _lead_of(leads: list[tuple[int, str]], style: str, body: str, text: str, units: list[Unit]) -> int:
    """The lead-in a unit depends on; closes those that ended."""
    while leads:
        unit, wanted = leads[-1]
        if _numbered_elsewhere(text, units[unit], body):
            leads.pop()
            continue
        fresh = unit == len(units) - 1
        before = text[units[-1].start : units[-1].end][-30:] if units else ""
        if (
            fresh
            and not wanted
            and (style in ("bullet", "enum", "number") or _LOWER_START.match(body) or ":" in before[-4:])
        ):
            leads[-1] = (unit, style or "plain")
            return unit
        if wanted and style == wanted:
            return unit
        if (
            wanted == "plain"
            and (_LOWER_START.match(body) or _OPEN.search(before))
            and style in ("", "plain")
        ):
            return unit
        if style == "follow":
            return -1
        leads.pop()
    return -1


def _numbered_elsewhere(text: str, lead: Unit, body: str) -> bool:
    """Whether dotted numbers say that a unit stands beside a lead-in, not under it: 9.2 after 9.1."""
    own, above = _DOTTED.match(body), _DOTTED.match(text, lead.start, lead.end)
    return own is not None and above is not None and not own[1].startswith(above[1] + ".")


def _is_inline_heading(body: str, rest: int) -> bool:
    """A short opening without a verb, with the operative text behind it: "Security. Provider will..."."""
    if rest <= 0 or len(body) > 150:
        return False
    bare = _TAG.sub("", body)
    words = _WORD.findall(bare)
    return (
        0 < len(words) <= 9
        and not _MODAL.search(bare)
        and bare.rstrip(" *_").endswith((".", ":"))
        and any(c.isupper() for c in bare)
        # "Purpose: payroll." says something; "Purpose:" only announces it.
        and not re.search(r":\s+\S", bare)
    )


def _lines(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    while start < len(text):
        end = text.find("\n", start)
        end = len(text) if end < 0 else end
        yield start, end
        start = end + 1


def _style(line: str) -> str:
    if _HASH.match(line) or _ALL_BOLD.match(line):
        return "heading"
    match = _ITEM.match(line)
    if match:
        style = match.lastgroup or "bullet"
        rest = _TAG.sub("", line[match.end() :]).strip(" *_\t")
        words = _WORD.findall(rest)
        if (
            style == "number"
            and 0 < len(words) <= 9
            and not _END.search(line)
            and rest[:1].isupper()
            and not _MODAL.search(rest)
        ):
            return "heading"
        return style
    bare = _TAG.sub("", line).strip(" *_|\t\r")
    words = bare.split()
    if 0 < len(words) <= 10 and not _END.search(bare) and not _MODAL.search(bare):
        capitals = sum(w[0].isupper() or len(w) < 4 for w in words)
        if bare[0].isalpha() and bare[0].isupper() and capitals >= 0.8 * len(words) and "," not in bare:
            return "heading"
    return ""


def _blocks(text: str) -> Iterator[_Block]:
    """Paragraphs: lines joined where a sentence runs on."""
    current: _Block | None = None
    blank = False
    for start, end in _lines(text):
        # A byte order mark is no part of the first line.
        start += text.startswith("\ufeff", start)
        line = text[start:end]
        if not line.strip():
            blank = True
            continue
        style = _style(line)
        if current is not None:
            tail = text[max(current.start, current.end - 30) : current.end]
            ended = bool(_END.search(tail))
            lower = bool(_LOWER_START.match(line))
            table = line.lstrip().startswith("|") or tail.rstrip().endswith("|")
            joins = (
                not style and not table and current.style != "heading" and not ended and (not blank or lower)
            )
            joins = joins and not _is_cell(text, current, line)
            joins = joins or (
                style == "heading" and not blank and not ended and current.style == "" and lower
            )
            # A line that only looks like a heading, in the middle of hard-wrapped prose.
            joins = joins or (
                style == "heading"
                and not blank
                and not ended
                and current.style not in ("heading",)
                and current.end - text.rfind("\n", 0, current.end) > 60
                and not _HASH.match(line)
                and not _ITEM.match(line)
            )
            if joins and end - current.start < 20_000:
                current.end = end
                blank = False
                continue
            yield current
        lead = len(line) - len(line.lstrip())
        current = _Block(start + lead, start + len(line.rstrip()), style)
        blank = False
    if current is not None:
        yield current


def _is_cell(text: str, current: _Block, line: str) -> bool:
    """Whether a block ends with a short line that the next does not continue: cells of a table, one a line.

    In wrapped prose a line is full before the next one begins.
    """
    first = text.rfind("\n", current.start, current.end) + 1
    last = text[max(first, current.start) : current.end].strip()
    return len(last) < _CELL and line.lstrip()[:1].isupper() and not _GOES_ON.search(last)


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int, int]]:
    """Sentences of a block: (start, end, distance back to the unit that leads in, or -1)."""
    for a, b in _sentences(text, start, end):
        marks = list(_INLINE_ENUM.finditer(text, a, b)) if b - a > 200 else []
        marks = [m for m in marks if m.start() - a > 8]
        if len(marks) >= 2 and len(text[a:b].split()) > _SPLIT_WORDS:
            yield a, _rstrip(text, a, marks[0].start()), -1
            cuts = [m.start() for m in marks] + [b]
            for number in range(len(marks)):
                yield cuts[number], _rstrip(text, cuts[number], cuts[number + 1]), number + 1
        else:
            yield a, b, -1


def _rstrip(text: str, start: int, end: int) -> int:
    while end > start and text[end - 1].isspace():
        end -= 1
    return end


def _sentences(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    begin = start
    for match in _SENTENCE_END.finditer(text, start, end):
        stop = match.start(1)
        head = text[max(begin, stop - 14) : stop]
        if head.endswith(".") and _ABBREVIATION.search(head):
            continue
        if _rstrip(text, begin, stop) > begin:
            yield from _cut(text, begin, _rstrip(text, begin, stop))
        begin = match.end()
    if _rstrip(text, begin, end) > begin:
        yield from _cut(text, begin, _rstrip(text, begin, end))


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > MAX_UNIT_CHARS:
        stop = text.rfind(" ", start + MAX_UNIT_CHARS // 2, start + MAX_UNIT_CHARS)
        stop = stop if stop > 0 else start + MAX_UNIT_CHARS
        yield start, stop
        start = stop
    if end > start:
        yield start, end
