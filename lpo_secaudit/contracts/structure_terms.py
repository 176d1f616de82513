"""Defined terms, mentions of other places, and the language of a text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence

from lpo_secaudit.contracts.document import CrossReference, Definition, Section, Sentence

__all__ = ["definitions_of", "language_of", "references_of"]

_QUOTED = r"[“\"„«]([^“”\"„«»\n]{2,80})[”\"“»]"
_MEANS = re.compile(
    r"(?:"
    + _QUOTED
    + r"|\*\*([^*\n]{2,80})\*\*)\**(?:\s+or\s+[“\"][^”\"\n]{2,80}[”\"])?\**:?\s*(?:\([^()\n]{0,80}\)\s*)?"
    r"(?:shall\s+|will\s+)?(?:ha(?:s|ve)\s+the\s+(?:same\s+)?meanings?|means?\b|refers?\s+to|is\s+defined|are\s+defined|includes?\b|"
    r"bedeutet|bezeichnet|d[ée]signe|significa)",
    re.IGNORECASE,
)
_INLINE = re.compile(
    r"\((?:[^()“”\"\n]{0,80}?)(?:the\s+|an?\s+|each\s+|collectively,?\s+|hereinafter\s+)*"
    + _QUOTED
    + r"(?:[^()\n]{0,120})\)"
)
_PLACE = r"(?:\d{1,3}(?:\.\d{1,3}){0,5}|[IVXL]{1,6}|[A-Z](?:[-.]\d{1,2})?)(?:\s?\([a-zA-Z0-9]{1,4}\)){0,4}"
_REFERENCE = re.compile(
    r"\b(Sections?|Articles?|Arts?\.|Clauses?|Paragraphs?|Paras?\.|Annex(?:es)?|Appendi(?:x|ces)|Schedules?|Exhibits?|"
    r"Attachments?|Part|§{1,2})[\s\u00a0]{0,3}(" + _PLACE + r")(?![\w/])",
)
_MORE = re.compile(r"\s*(?:,|and|or|to|through|–|-|&|,\s*(?:and|or))\s*(" + _PLACE + r")(?![\w/%])")
_FOREIGN = re.compile(
    r"[^.;\n]{0,24}?\bof\s+(?:the\s+|that\s+)?(?:EU\s+|UK\s+)?(?:GDPR|General Data|Regulation|Directive|"
    r"Act\b|HIPAA|C\.?F\.?R|SCCs?|Standard Contractual|Privacy Rule|Treaty|Code\b)|"
    r"\s*(?:GDPR|DSGVO|C\.?F\.?R)",
)
_STOPWORDS = {
    "en": "the of and to in or any shall by for with be this that not",
    "de": "der die das und von den zu mit auf für ist des nicht eine dem",
    "fr": "le la les des et du en une est pour dans que par sur aux",
    "es": "el la los de que del las por con una para se en su como",
    "it": "il di che la del per una dei della le con in gli sono alla",
    "nl": "de het een van en in te dat op met voor is niet aan zijn",
    "pt": "de que do da em um para com uma os não dos as ou pelo",
    "pl": "w i na z do się nie jest o oraz lub przez dla od danych",
    "sv": "och att det som en på är av för med den till inte ska har",
}
_WORD = re.compile(r"[^\W\d_]+")


def definitions_of(text: str, sentences: Sequence[Sentence]) -> Iterator[Definition]:
    """Terms in quotation marks (or bold) that the text defines, with the sentence that does so."""
    starts = [s.start for s in sentences]
    found: dict[tuple[int, str], Definition] = {}
    for pattern in (_MEANS, _INLINE):
        for match in pattern.finditer(text):
            term = " ".join(next(g for g in match.groups() if g).split()).strip(" .,:;*_")
            index = bisect_right(starts, match.start()) - 1
            if not term or index < 0 or match.start() >= sentences[index].end:
                continue
            start = match.start() if pattern is _MEANS else sentences[index].start
            found.setdefault(
                (match.start(), term), Definition(term, start, max(match.end(), sentences[index].end))
            )
    yield from (found[key] for key in sorted(found))


def references_of(text: str, sections: Sequence[Section]) -> Iterator[CrossReference]:
    """Mentions of sections and annexes; those of a law have no target section."""
    by_path: dict[str, int] = {}
    for index, section in enumerate(sections):
        if section.path:
            by_path.setdefault(_key(section.path), index)
    for match in _REFERENCE.finditer(text):
        word = match[1].rstrip("s.").lower()
        annex = word.startswith(("annex", "append", "sched", "exhib", "attach"))
        spans = [(match.start(), match.end(), match[2])]
        at = match.end()
        for _ in range(8):
            more = _MORE.match(text, at)
            if more is None:
                break
            spans.append((more.start(1), more.end(), more[1]))
            at = more.end()
        foreign = _FOREIGN.match(text, at) is not None
        here = by_path.get(_key(text[match.start() : match.end()]))
        if here is not None and spans[0][0] == sections[here].start:
            continue  # the heading itself
        for start, end, number in spans:
            name = f"{match[1].title().rstrip('s') if annex else 'Section'} {number}"
            key = _key(f"{_annex_word(match[1])} {number}" if annex else number)
            target = -1 if foreign else by_path.get(key, by_path.get(_key(number) if not annex else "", -1))
            yield CrossReference(start, end, name if start != match.start() else text[start:end], target)


def _annex_word(word: str) -> str:
    low = word.lower()
    if low.startswith("append"):
        return "appendix"
    return "annex" if low.startswith("annex") else low.rstrip("s")


def _key(path: str) -> str:
    return re.sub(r"[\s,]+", "", path).lower()


def language_of(text: str, samples: int = 40_000) -> str:
    """ISO 639-1 code by the share of each language's small words; "und" where none is clear."""
    half = len(text) // 2
    words = [w.lower() for w in _WORD.findall(text[:samples] + " " + text[half : half + samples])]
    if len(words) < 20:
        return "und"
    counts = Counter(words)
    scores = sorted(
        ((sum(counts[w] for w in stop.split()) / len(words), code) for code, stop in _STOPWORDS.items()),
        reverse=True,
    )
    (best, code), (second, _) = scores[0], scores[1]
    return code if best > 0.10 and best > 1.25 * second else "und"
