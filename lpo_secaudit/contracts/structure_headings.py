"""Headings, recitals, signature blocks and tables of contents: what binds nobody, seen from its form."""

from __future__ import annotations

import re

from lpo_secaudit.contracts.structure_blocks import Block
from lpo_secaudit.contracts.structure_numbers import word_set

__all__ = [
    "guess_heading",
    "heading_within",
    "is_contents_line",
    "is_signature",
    "plain_heading",
    "recital_change",
]

_MARKUP = re.compile(r"<[^<>]{0,200}>|[*_#`\\]+|\]\([^()\s]{0,300}\)|[\[\]]")
_DUTY = re.compile(
    r"\b(?:shall|must|will|may|agrees?|warrants?|undertakes?|is|are|has|have|means|was|were|applies|apply|includes?)\b"
)
_SMALL = word_set(
    "a an and as at by de der des die du en et for from in into is la le nor of on or per the to und upon "
    "via von with within y & / - –"
)
_TERMINAL = (".", ";", ",", ":", "?", "!")
_LEADERS = re.compile(r"(?:\.{4,}|(?:\. ){4,}|…{2,}|_{4,}|\t)\s*(?:\d{1,4}|[ivx]{1,6})\s*\Z")
_CONTENTS = re.compile(r"(?:table of )?contents\W*\Z", re.IGNORECASE)
_SIGNATURE = re.compile(
    r"(?:in witness (?:whereof|thereof)|(?:authori[sz]ed )?signature\s*[:_|]|signed\s+(?:for|by)\b|"
    r"by\s*:\s*_{2,}|"
    r"signatur(?:e|es)(?: page| blocks?)?\W*\Z|executed (?:as a deed|by the parties)|/s/)",
    re.IGNORECASE,
)
_RECITALS = re.compile(r"(?:recitals?|whereas|background|preamble|witnesseth)\W*\Z", re.IGNORECASE)
_WHEREAS = re.compile(r"whereas\b[\s,:]", re.IGNORECASE)
_OPERATIVE = re.compile(
    r"(?:now,?\s*therefore|it is (?:hereby )?agreed|the parties (?:hereby )?agree|therefore,? the parties|"
    r"in consideration of|agreed terms\W*\Z|operative provisions)",
    re.IGNORECASE,
)
_RUN_IN_END = re.compile(
    r"[.:](?:[*_]{1,3}|</[a-z]+>|\s|[”\"])|(?:\*\*|__|</(?:b|strong|u|span|em|i)>)[\s.:]|\s[–—-]\s"
)
_MOST = 110


def plain_heading(text: str) -> str:
    """The words of a heading without mark-up."""
    return " ".join(_MARKUP.sub("", text).split()).strip(" .:–—-")


def _titled(words: list[str]) -> bool:
    """Whether every word that matters begins with a capital (or a figure)."""
    weighty = [w for w in (w.strip("“”\"'’()[],.;:") for w in words) if w and w.lower() not in _SMALL]
    return bool(weighty) and all(not w[0].islower() for w in weighty) and any(w[0].isalpha() for w in weighty)


def guess_heading(text: str, block: Block) -> bool:
    """Whether a block without a number looks like a heading: short, in capitals, no duty in it."""
    raw = text[block.start : block.end]
    if block.end - block.start > _MOST or not block.after_blank or "|" in raw or "___" in raw or "@" in raw:
        return False
    words = plain_heading(raw).split()
    if not words or len(words) > 12 or raw.rstrip("*_ ").endswith(_TERMINAL) or _DUTY.search(raw):
        return False
    bold = raw.startswith(("**", "__", "<b", "<strong")) and raw.endswith(("**", "__", "</b>", "</strong>"))
    letters = [c for c in raw if c.isalpha()]
    upper = len(letters) > 3 and all(not c.islower() for c in letters)
    return bold or upper or (len(words) >= 2 and len(letters) > 6 and _titled(words) and "[" not in raw)


def heading_within(text: str, start: int, end: int, *, whole_block: bool = True) -> int:
    """Where the heading of a numbered block ends; `start` where it has none.

    "Definitions. In this ..." gives the offset after "Definitions."; a block that is nothing but
    a heading gives `end`.

    Args:
        whole_block: False for lettered items, which are rarely headings as a whole ("(a) Names").
    """
    window = text[start : min(end, start + _MOST + 60)]
    whole = len(window) == end - start
    match = _RUN_IN_END.search(window)
    marked = window.startswith(("**", "__", "<"))
    while match is not None and match.start() < _MOST:
        title = window[: match.start()]
        words = plain_heading(title).split()
        rest = window[match.end() :].lstrip(' *_”"')
        closes = match.group()[0] in "*_<"
        inner = not marked and any(mark in title for mark in ("**", "__", "<"))
        if closes and (inner or rest[:1].islower() or rest[:1] in (",", ";", "(")):
            match = _RUN_IN_END.search(window, match.end())
            continue
        if words and len(words) <= 12 and not _DUTY.search(title) and _is_title(title, words):
            if rest:
                return start + match.end()
            return end if whole and whole_block else start
        if match.group()[0] in ".:":
            break
        match = _RUN_IN_END.search(window, match.end())
    if whole and whole_block and len(window) <= _MOST:
        words = plain_heading(window).split()
        closed = window.rstrip("*_ ").endswith((";", ",", ":", "?"))
        if (
            words
            and len(words) <= 12
            and not closed
            and not _DUTY.search(window)
            and _is_title(window, words)
        ):
            return end
    return start


def _is_title(raw: str, words: list[str]) -> bool:
    if raw.lstrip(" ").startswith(("“", '"')):
        return False
    if raw.startswith(("**", "__", "<")) or all(not c.islower() for c in raw):
        return True
    # "Data processing" is a heading as well as "Data Processing", but "each" alone is not.
    return _titled(words) or (words[0][0].isupper() and len(words) <= 5)


def is_contents_line(text: str, block: Block) -> bool:
    """Whether a block is a line of a table of contents, or its heading."""
    raw = text[block.start : block.end]
    if raw[-1].isalnum() and _LEADERS.search(raw[-40:]):
        return len(raw) < 300
    return len(raw) < 60 and _CONTENTS.match(plain_heading(raw)) is not None


def is_signature(text: str, block: Block) -> bool:
    """Whether a block opens the place for signatures."""
    return bool(_SIGNATURE.match(_MARKUP.sub("", text[block.start : block.start + 80]).lstrip()))


def recital_change(text: str, block: Block) -> bool | None:
    """True where recitals begin, False where the operative part begins, None elsewhere."""
    head = text[block.start : min(block.end, block.start + 90)]
    short = plain_heading(head)
    if block.end - block.start <= 60 and _RECITALS.match(short.lstrip("0123456789.() ")):
        return True
    if _WHEREAS.match(short):
        return True
    return False if _OPERATIVE.match(short) else None


def running_key(text: str, block: Block) -> str:
    """What a short block says apart from figures; the same on each page for running headers."""
    if block.end - block.start > 90 or block.end - block.start < 8:
        return ""
    raw = text[block.start : block.end]
    if (
        not block.after_blank
        or raw.rstrip().endswith((".", ";", ":", ","))
        or raw.startswith(("#", "|", "*", "-"))
    ):
        return ""
    return raw.strip("0123456789 \t-–|")
