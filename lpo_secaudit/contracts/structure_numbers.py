"""Numbers at the beginning of blocks: "8.2", "(a)", "iv.", "Annex II"; and how they follow one another."""

from __future__ import annotations

import re
from dataclasses import dataclass

__all__ = ["ANNEX_WORDS", "BULLET", "Enumerator", "enumerators", "ordinals", "starts_item", "word_set"]


def word_set(text: str) -> frozenset[str]:
    """The words of a text."""
    return frozenset(text.split())


BULLET = re.compile(r"(?:[*+•●◦▪■‣⁃·○□➢✓o\uf0b7\uf0a7]|[-–—])[ \t\u00a0]+(?=\S)|[•●▪■‣○➢\uf0b7\uf0a7](?=\S)")
ANNEX_WORDS = word_set("annex annexe appendix schedule exhibit attachment anlage anhang annexure")

_ROMAN = re.compile(r"(?=[ivxlc])(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})\Z")
_ROMAN_VALUES = {"i": 1, "v": 5, "x": 10, "l": 50, "c": 100}

_DECIMAL = re.compile(r"(\d{1,3}(?:\.\d{1,3}){1,6})(?:\.(?!\d)|\)|(?=[\s(\u00a0*_]|\Z))")
_NUMBER = re.compile(r"(\d{1,3})[.)](?=[\s\u00a0*_<(\[]|\Z|[A-Z“\"])")
_BARE = re.compile(r"(\d{1,2})(?:[ \t\u00a0]+(?=[A-Z“\"])|\Z)")
_PAREN = re.compile(r"\(([a-z]{1,5}|[A-Z]{1,5}|\d{1,2})\)")
_LETTER = re.compile(r"([a-z]{1,5}|[A-Z]{1,5})[.)](?=[\s\u00a0*_<]|\Z)")
_WORD = re.compile(
    r"(section|article|clause|paragraph|annexe?|annexure|appendix|schedule|exhibit|attachment|part|module|anlage|anhang|artikel|§)"
    r"[\s\u00a0]*[#№]?[\s\u00a0]*(\d{1,3}(?:\.\d{1,3}){0,4}|[IVXLivx]{1,6}|[A-Z](?:[-.]?\d{1,2})?)(?![\w/])",
    re.IGNORECASE,
)
_WORD_ALONE = re.compile(
    r"(annex|appendix|schedule|exhibit|attachment)(?:es)?\s*(?:\Z|[:–—-])", re.IGNORECASE
)
_LEADING_MARKUP = re.compile(
    r"(?:[#>]+[ \t]+|<[A-Za-z/][^<>]{0,200}>\s*|\*{1,3}(?=\S)|_{1,3}(?=\S)|\\(?=\S)|\[(?=[^\]]{1,80}\]\())*"
)
_REFERS = re.compile(
    r"\b(?:sections?|articles?|clauses?|paragraphs?|annex|schedule|exhibit|appendix|part|art\.)\W{0,2}\Z",
    re.IGNORECASE,
)
_CONTINUES = re.compile(r"(?:[.;:,!?)”\"—–-]|\b(?:and|or))\W{0,3}\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Enumerator:
    """One number or letter in front of a block.

    Attributes:
        style: "N1", "N2" ... for 8, 8.2 ...; "(a)", "(A)", "(i)", "(I)", "(1)", "a", "A", "i",
            "I"; "section" and "annex" where a word stands before the number.
        value: its place in its list, from 1.
        parts: the numbers of a dotted number; empty for others.
        label: as it is cited.
        start, end: range in the text, the word before the number included.
        other: for letters that are Roman numbers too, the value as the other kind; else 0.
    """

    style: str
    value: int
    parts: tuple[int, ...]
    label: str
    start: int
    end: int
    other: int = 0


def ordinals(token: str) -> tuple[int, int]:
    """(value as letter, value as Roman number) of a token of letters; 0 where it is none."""
    low = token.lower()
    letter = 0
    if len(low) == 1:
        letter = ord(low) - 96
    elif len(low) <= 3 and len(set(low)) == 1:
        letter = ord(low[0]) - 96 + 26 * (len(low) - 1)  # "aa" follows "z"
    roman = 0
    if _ROMAN.match(low):
        values = [_ROMAN_VALUES[c] for c in low]
        roman = sum(-v if v < max(values[i:], default=0) else v for i, v in enumerate(values))
    return letter, roman


def _lettered(token: str, start: int, end: int, *, brackets: bool) -> Enumerator | None:
    if token.isdigit():
        return Enumerator("(1)", int(token), (), f"({token})", start, end)
    letter, roman = ordinals(token)
    if not letter and not roman:
        return None
    upper = token[0].isupper()
    kinds = ("A", "I") if upper else ("a", "i")
    style = kinds[0] if letter else kinds[1]
    value, other = (letter, 0) if letter else (roman, 0)
    if roman and (token.lower() == "i" or len(token) > 1):
        # "(i)" opens a Roman list far more often than it follows "(h)"; the caller knows the list.
        style, value, other = kinds[1], roman, letter
    elif roman:
        other = roman
    return Enumerator(f"({style})" if brackets else style, value, (), f"({token})", start, end, other)


def enumerators(text: str, start: int, end: int) -> tuple[Enumerator, ...]:
    """The numbers a block begins with, outermost first: "8.2 (a)" gives two.

    Args:
        text: the whole text.
        start, end: range of the block; mark-up at its beginning is passed over.
    """
    found: list[Enumerator] = []
    at = start
    for _ in range(3):
        at = _skip(text, at, end)
        one = _one(text, at, end, first=not found)
        if one is None:
            break
        found.append(one)
        at = one.end
        if one.style in ("annex", "section"):
            break
    return tuple(found)


def _skip(text: str, at: int, end: int) -> int:
    while at < end and text[at] in " \t\u00a0":
        at += 1
    markup = _LEADING_MARKUP.match(text, at, end)
    return markup.end() if markup else at


def _one(text: str, at: int, end: int, *, first: bool) -> Enumerator | None:
    if first:
        word = _word(text, at, end)
        if word is not None:
            return word
        if match := _DECIMAL.match(text, at, end):
            parts = tuple(int(p) for p in match[1].split("."))
            return Enumerator(f"N{len(parts)}", parts[-1], parts, match[1], match.start(), match.end())
        if match := _NUMBER.match(text, at, end):
            return Enumerator("N1", int(match[1]), (int(match[1]),), match[1], match.start(), match.end())
        if match := _BARE.match(text, at, end):
            number = int(match[1])
            return Enumerator("bare", number, (number,), match[1], match.start(), match.end())
    if match := _PAREN.match(text, at, end):
        return _lettered(match[1], match.start(), match.end(), brackets=True)
    if match := _LETTER.match(text, at, end):
        return _lettered(match[1], match.start(), match.end(), brackets=False)
    return None


def _word(text: str, at: int, end: int) -> Enumerator | None:
    match = _WORD.match(text, at, end)
    if match is None:
        alone = _WORD_ALONE.match(text, at, min(end, at + 40))
        if alone is None or end - at > 160:
            return None
        return Enumerator("annex", 1, (), alone[1].capitalize(), at, alone.end(1))
    word, number = match[1].lower(), match[2]
    rest = text[match.end() : min(end, match.end() + 40)].lstrip(" \t\u00a0*_")
    whole = end - at
    # "Section 8 of this Agreement applies ..." is a sentence, not a heading.
    if (
        rest
        and not rest.startswith((".", ":", "–", "—", "-", "(", "|", "<", "]"))
        and not (rest[0].isupper() and whole < 160)
    ):
        return None
    if rest.startswith(("(", "-")) and whole > 200:
        return None
    if word in ANNEX_WORDS:
        if whole > 240:
            return None
        return Enumerator("annex", 1, (), f"{match[1].capitalize()} {number}", at, match.end())
    if word in ("part", "module", "paragraph") and whole > 120:
        return None
    parts = tuple(int(p) for p in number.split(".")) if number[0].isdigit() else ()
    if not parts:
        letter, roman = ordinals(number)
        value = roman or letter
        if not value:
            return None
        parts = (value,)
    dot = 1 if text[match.end() : match.end() + 1] in (".", ":") else 0
    label = (
        number
        if word in ("section", "article", "clause", "paragraph", "§", "artikel")
        else f"{match[1].capitalize()} {number}"
    )
    return Enumerator("section", parts[-1], parts, label, at, match.end() + dot)


def starts_item(line: str, before: str, *, short: bool) -> bool:
    """Whether a line opens a new block, given the line before it in the same paragraph.

    A number at the beginning of a line may be the rest of "Section\\n8.2": it opens a block only
    where the line before could have ended one.

    Args:
        short: the line before ends well before the margin.
    """
    if BULLET.match(line):
        return True
    found = enumerators(line, 0, len(line))
    if not found or found[0].style == "bare":
        return False
    if _REFERS.search(before[-16:]):
        return False
    if found[0].style == "(1)" and before and not _CONTINUES.search(before[-12:]):
        return False  # "thirty" at the end of a line, "(30) days" on the next
    if not before or short or _CONTINUES.search(before[-12:]):
        return True
    return bool(enumerators(before, 0, len(before))) and len(before) < 12
