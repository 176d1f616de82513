"""Names of sub-processors that a contract lists: in an annex, a table, or after a colon.

Only what stands in the place of a name is taken: the first cell of a row, the beginning of an item up to
its first mark, the members of "the following sub-processors: A, B and C".
"""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["named_subprocessors"]

MAX_NAMES = 200
_SUB = r"(?:sub[\s-]?processors?|sub[\s-]?contractors?|further\s+processors?)"
_HEAD_OF_TABLE = rf"^[\W\d]{{0,8}}(?:name\s+of\s+(?:the\s+)?)?{_SUB}(?:\s+name)?\s*(?:\||\t|\s{{3,}})"
# A heading, a table's head or a lead-in that announces names.
_ANNOUNCES = re.compile(
    rf"(?:\b(?:list|annex|schedule|appendix|exhibit|table|names?|approved|authori[sz]ed|current|existing|following|engaged|permitted)\b"
    rf"[^.;\n]{{0,60}}\b{_SUB}|\b{_SUB}\b[^.;\n]{{0,60}}\b(?:list|approved|authori[sz]ed|current(?:ly)?|following|engaged|used|below)\b"
    rf"|^[\W\d]{{0,12}}{_SUB}\W*$|{_HEAD_OF_TABLE})",
    re.IGNORECASE,
)
_LIST_WORD = re.compile(
    r"\b(?:list|names?|approved|authori[sz]ed|current(?:ly)?|existing|following|engaged|used|permitted)\b",
    re.IGNORECASE,
)
_HEAD_ROW = re.compile(_HEAD_OF_TABLE, re.IGNORECASE)
_LEGAL = (
    r"(?:Inc|Ltd|LLC|L\.L\.C|Limited|GmbH|Corp|Corporation|Co|Company|S\.?A|B\.?V|N\.?V|AG|SE|PLC|LLP"
    r"|Pty|Pte|Pvt|SAS|SARL|S\.?r\.?l|AB|Oy|ApS|KK|Group|Services)"
)
_MARKUP = re.compile(r"</?\w[^<>]{0,200}>|!?\[([^\[\]]{0,120})\]\([^()\s]{0,300}\)")
_NAME = re.compile(
    rf"(?P<name>[A-Z0-9][\w&+.'’/\-]*(?:[ \t]+(?:&|of|the|and|for|[A-Z0-9(][\w&+.'’/\-)]*)){{0,7}}"
    rf"(?:,?[ \t]+{_LEGAL}\.?)*)"
)
# What ends a name within its cell.
_AFTER_NAME = re.compile(
    r"\s[-–—]\s|:|;|\s\(|\s(?:Address|Location|Country|Purpose|Description)\s*:"
    rf"|,\s+(?!{_LEGAL}\b)"
)
_BULLET = re.compile(
    r"^[\s>]*(?:[-*+•·●▪◦‣–]|\(?(?:\d{1,3}(?:\.\d{1,3}){0,3}|[a-z]{1,2}|[ivx]{1,5})[.)]|\d{1,3}(?:\.\d{1,3}){1,3})\s+"
)
_HEAD = re.compile(
    r"^(?:no|nr|#|name|entity|company|vendor|provider|processor|sub[\s-]?processors?|sub[\s-]?contractors?|supplier|third\s+part|location|country|region"
    r"|address(?:es)?|purposes?|services?|functions?|description|activit|types?|safeguards?|subject|nature|duration|contact|data|role|category|date|annex|appendix|exhibit"
    r"|schedule|table|section|see|none|n/a|not\s+applicable|tbd|insert|option|the|this|each|any|all|in|for|if|by|list|last)\b",
    re.IGNORECASE,
)
_PROSE = re.compile(
    r"\b(?:shall|will|must|may|is|are|has|have|agrees?|means|which|that|where|when|processor|controller|customer|client|parties)\b"
)
_HEADING = re.compile(
    r"^\s*(?:#{1,6}\s|(?:annex|appendix|exhibit|schedule|section|part|article)\s+[\dA-Z])", re.IGNORECASE
)
_SEPARATOR = re.compile(r"^[\s|:\-=+_]*$")
_REACH = 80


def named_subprocessors(text: str) -> list[str]:
    """Names in text order, each once; empty where the text lists none. Linear in its length."""
    lines = _MARKUP.sub(lambda m: m.group(1) or " ", text).replace("**", "").split("\n")
    found: dict[str, None] = {}
    read_to = 0
    for number, line in enumerate(lines):
        if len(line) > 4_000 or not _ANNOUNCES.search(line):
            continue
        found.update(dict.fromkeys(_after_colon(line)))
        if _announces_lines(line) and number >= read_to:
            read_to = number + 1
            strong = bool(_LIST_WORD.search(line)) or line.rstrip().endswith(":")
            for name, after in _listed(lines, number + 1, strong=strong):
                found[name], read_to = None, after
        if len(found) >= MAX_NAMES:
            break
    return list(found)[:MAX_NAMES]


def _announces_lines(line: str) -> bool:
    """Whether names may stand in the lines below: a heading, a head row, a lead-in; not a sentence."""
    plain = line.strip().rstrip("*_ ")
    if "|" in plain or "\t" in plain:
        return bool(_HEAD_ROW.match(plain))
    return plain.endswith(":") or (len(plain.split()) <= 12 and not plain.endswith("."))


def _listed(lines: list[str], start: int, *, strong: bool) -> Iterator[tuple[str, int]]:
    misses = 0
    for number in range(start, min(len(lines), start + _REACH)):
        line = lines[number]
        if not line.strip() or _SEPARATOR.match(line):
            continue
        if _HEADING.match(line) and not line.lstrip().startswith("|"):
            return
        cells = [c.strip(' *_`"“”') for c in re.split(r"\||\t|\s{3,}", line) if c.strip(" *_")]
        cells = cells[1:] if len(cells) > 1 and re.fullmatch(r"\d{1,3}\.?", cells[0]) else cells
        name = (
            _name(_BULLET.sub("", cells[0]), table=len(cells) > 1 or (strong and bool(_BULLET.match(line))))
            if cells
            else ""
        )
        if name:
            misses = 0
            yield name, number + 1
        elif len(cells) < 2 and not _BULLET.match(line):
            misses += 1
            # Prose: what was announced has ended, or stands elsewhere.
            if misses >= 3 or len(line.split()) > 12:
                return
        elif len(cells) < 2 and len(line.split()) > 25:
            return


def _name(cell: str, *, table: bool) -> str:
    cell = _AFTER_NAME.split(cell, maxsplit=1)[0].strip(" .,*_\"“”'")
    if (
        not _NAME.fullmatch(cell)
        or len(cell) < 2
        or len(cell) > 80
        or _HEAD.match(cell)
        or _PROSE.search(cell)
        or not re.search(r"[A-Za-z]{2}", cell)
    ):
        return ""
    if not table and not re.search(rf"\b{_LEGAL}\b", cell):
        return ""
    return cell


def _after_colon(line: str) -> Iterator[str]:
    """The members of an enumeration in one sentence: "the following sub-processors: A Inc., B GmbH and C"."""
    match = re.search(
        rf"\b{_SUB}\b[^:.;]{{0,40}}:\s*(?P<rest>[A-Z0-9][^;:|\n]{{2,600}})", line, re.IGNORECASE
    )
    if match is None or "|" in line:
        return
    rest = re.sub(r"\([^()]{0,120}\)", "", match["rest"])
    for part in re.split(r",\s+(?!" + _LEGAL + r"\b)|\s+and\s+|\s+&\s+(?=[A-Z])", rest):
        name = _name(re.split(r"\.\s", part.strip(" ."))[0].removeprefix("and "), table=True)
        if name:
            yield name
