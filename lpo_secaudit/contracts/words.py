"""Words of legal English: their tokens in a text, and one stem for all inflections of a word."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

__all__ = ["Tokens", "normal_word", "stem", "tokenize", "word_set"]


def word_set(text: str) -> frozenset[str]:
    """The words of a blank-separated list."""
    return frozenset(text.split())


# Mark-up stands between words, never inside one; HTML tags and Markdown link targets are skipped whole.
_TOKEN = re.compile(
    r"<(?P<tag>/?[A-Za-z][^<>]{0,200}|!--[^>]{0,400}--)>"
    r"|(?P<link>\]\([^()\s]{1,300}\))"
    r"|(?P<address>[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}|https?://[^\s<>()\"']{1,300})"
    r"|(?P<number>\d+(?:[.,]\d+)*(?![^\W_]))"
    r"|(?P<word>[^\W_]+(?:['’](?=[^\W\d_])[^\W\d_]+)?)"
    r"|(?P<stop>[.;:,()\[\]{}!?\"“”—–])"
)
# How strongly a mark separates the words around it; a bracket opens an aside.
_BREAK = {",": 1, "(": 1, ")": 1, "[": 1, "]": 1, "—": 1, "–": 1, ";": 2, ":": 2, ".": 3, "!": 3, "?": 3}

_IRREGULAR = {
    form: base
    for base, forms in {
        "be": "is are was were been being am",
        "become": "became becomes becoming",
        "use": "uses used using",
        "bind": "bound binds binding",
        "keep": "kept keeps keeping",
        "send": "sent sends sending",
        "hold": "held holds holding",
        "make": "made makes making",
        "give": "gave given gives giving",
        "bear": "bore borne bears bearing",
        "pay": "paid pays paying",
        "take": "took taken takes taking",
        "undertake": "undertook undertaken undertakes undertaking",
        "tell": "told tells telling",
        "know": "knew known knows knowing",
        "choose": "chose chosen chooses choosing",
        "seek": "sought seeks seeking",
        "meet": "met meets meeting",
        "have": "has had having",
        "do": "does did done doing",
        "go": "goes went gone going",
        "find": "found finds finding",
        "lose": "lost loses losing",
        "person": "persons people",
        "enter": "enters entered entering",
        "fulfil": "fulfill fulfills fulfilled fulfilling fulfils fulfillment fulfilment",
        "license": "licence licences licenses licensed",
        "program": "programme programmes programs",
        "judgment": "judgement judgements judgments",
        "favor": "favour favours favors",
        "honor": "honour honours honors",
        "agree": "agrees agreed agreeing",
        "process": "processes processed processing",
        "party": "parties",
        "dispose": "disposes disposed disposing",
        "index": "indices indexes",
        "not": "won't don't doesn't can't isn't aren't mustn't shouldn't",
    }.items()
    for form in (base, *forms.split())
}
_KEEP = word_set("this his its thus us as has is was whereas always news data dr less business")
_BRITISH = re.compile("is(?=(ation|ational|er|e)?$)")
_VOWEL = re.compile("[aeiouy]")


@lru_cache(maxsize=50_000)
def stem(word: str) -> str:
    """One form for the inflections of a lower-case word; British spellings become American.

    Only endings of inflection go ("notifies", "notified" -> "notify"); "processor" and "process"
    stay apart. The stem need not be a word: both sides of every comparison pass through here.
    """
    known = _IRREGULAR.get(word)
    if known is not None:
        return known
    if len(word) < 4 or word in _KEEP:
        return word
    if word.endswith(("'s", "’s")):
        return stem(word[:-2])
    base = _without_ending(word)
    if len(base) > 5 and not base.endswith("sis"):
        base = _BRITISH.sub("iz", base)
    if base.endswith("ll"):
        return base[:-1]
    return base[:-1] if base.endswith("e") and len(base) > 4 else base


def _without_ending(word: str) -> str:
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith("ied") and len(word) > 4:
        return word[:-3] + "y"
    if word.endswith(("sses", "ches", "shes", "xes", "zzes")):
        return word[:-2]
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "'s")):
        return word[:-1]
    for ending in ("ing", "ed"):
        if word.endswith(ending):
            rest = word[: -len(ending)]
            if len(rest) < 3 or not _VOWEL.search(rest) or (ending == "ed" and rest.endswith("e")):
                return word
            return rest[:-1] if rest[-1] == rest[-2] and rest[-1] not in "sz" else rest
    return word


def normal_word(raw: str) -> tuple[str, bool]:
    """The lower-case word without a possessive ending, and whether it had one."""
    word = raw.lower().replace("’", "'")
    if word.endswith("'s"):
        return word[:-2], True
    return word, False


@dataclass(frozen=True, slots=True)
class Tokens:
    """The words of a text as parallel tuples, in text order.

    Attributes:
        words: lower case, without possessive ending.
        stems: as `stem` gives them.
        starts, ends: character range in the text.
        breaks: the strongest mark before the word: 0 none, 1 comma or bracket, 2 semicolon or
            colon, 3 full stop.
        flags: 1 possessive, 2 capitalised, 4 all capitals, 8 in quotation marks.
    """

    words: tuple[str, ...]
    stems: tuple[str, ...]
    starts: tuple[int, ...]
    ends: tuple[int, ...]
    breaks: tuple[int, ...]
    flags: tuple[int, ...]


POSSESSIVE, CAPITAL, UPPER, QUOTED = 1, 2, 4, 8


def _word(raw: str) -> tuple[str, str, int]:
    """Word, stem and flags of a word as written."""
    word, possessive = normal_word(raw)
    flag = POSSESSIVE * possessive
    if raw[0].isupper():
        flag |= CAPITAL | (UPPER if len(raw) > 1 and raw.isupper() else 0)
    return word, stem(word), flag


def tokenize(text: str) -> Tokens:
    """The words of a text. Runs in time linear in its length."""
    words: list[str] = []
    stems: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    breaks: list[int] = []
    flags: list[int] = []
    pending, quoted = 0, False
    known: dict[str, tuple[str, str, int]] = {}
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup
        if kind == "word":
            raw = match.group()
            start, end = match.span()
            made = known.get(raw)
            if made is None:
                made = known[raw] = _word(raw)
            word, base, flag = made
            if word[-1:] == "s" and text[end : end + 1] in ("'", "’"):
                flag |= POSSESSIVE
        elif kind == "stop":
            raw = match.group()
            if raw in '"“”':
                quoted = raw != "”" and not (raw == '"' and quoted)
            else:
                pending = max(pending, _BREAK.get(raw, 0))
            continue
        elif kind in ("tag", "link"):
            continue
        else:
            start, end = match.span()
            word = base = match.group().lower()
            flag = 0
        words.append(word)
        stems.append(base)
        starts.append(start)
        ends.append(end)
        breaks.append(pending)
        flags.append(flag | QUOTED if quoted else flag)
        pending = 0
    return Tokens(tuple(words), tuple(stems), tuple(starts), tuple(ends), tuple(breaks), tuple(flags))
