"""Phrases: a small pattern language over word stems, all patterns matched in one linear pass.

A phrase is a sequence of elements between blanks:

    notify            any inflection of the word
    =notified         exactly this form
    notify|inform     one of several words (each may carry `=` or `*`)
    pseudonym*        any word that begins so
    the?              may be missing
    ..4               up to four words of any kind (not across a full stop)
    #                 a number in digits
    @                 an e-mail address (`privacy@*` one that begins so)
    <breach>          a concept: any phrase of the concept `breach`

A concept is a named set of phrases; concepts may use other concepts, not themselves. Matching
walks a trie from each word; the trie is finite and gaps are bounded, so time is linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lpo_secaudit.contracts.words import Tokens, stem
from lpo_secaudit.errors import InputError

__all__ = ["Hit", "Hits", "PhraseBook", "compile_phrases", "concepts_of"]

MAX_GAP = 30
MAX_ELEMENTS = 24
_WORD = r"[=]?[^\W_]+(?:\.\d+)*@?\*?"
_PART = rf"(?:<[a-z0-9-]+>|@|{_WORD})"
_ELEMENT = re.compile(rf"(?:\.\.\d{{1,2}}|#|{_PART}(?:\|{_PART})*)\??\Z")
_CONCEPT = re.compile(r"<([a-z0-9-]+)>")

# A hit: concept number, first word, word after the last.
Hit = tuple[int, int, int]


@dataclass(slots=True)
class _Node:
    # `groups` keys a child by its whole element ("a|b"), so that alternatives share one child.
    groups: dict[str, _Node] = field(default_factory=dict)
    edges: dict[str, list[_Node]] = field(default_factory=dict)
    concepts: dict[int, _Node] = field(default_factory=dict)
    gaps: dict[int, _Node] = field(default_factory=dict)
    accepts: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Hits:
    """All hits of a text: for each concept number its (start, end) word ranges in text order."""

    by_concept: tuple[tuple[tuple[int, int], ...], ...]


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """Compiled phrases of all concepts.

    Attributes:
        names: concept names; the position is the concept number.
        layers: one trie per layer of concepts that use only lower layers.
        prefixes: word beginnings that some element asks for, longest first.
        external: concepts whose hits are given to `find` (the parties of the contract).
    """

    names: tuple[str, ...]
    layers: tuple[_Node, ...]
    prefixes: tuple[str, ...]
    external: frozenset[int]
    number_of: Mapping[str, int]

    def find(self, tokens: Tokens, given: Mapping[str, Iterable[tuple[int, int]]]) -> Hits:
        """All hits of all concepts; `given` holds the ranges of external concepts."""
        symbols = self._symbols(tokens)
        found: list[set[tuple[int, int]]] = [set() for _ in self.names]
        starting: list[list[tuple[int, int]] | None] = [None] * (len(symbols) + 1)

        def add(concept: int, start: int, end: int) -> None:
            if end > start and (start, end) not in found[concept]:
                found[concept].add((start, end))
                here = starting[start]
                if here is None:
                    starting[start] = [(concept, end)]
                else:
                    here.append((concept, end))

        for name, ranges in given.items():
            for start, end in ranges:
                add(self.number_of[name], start, end)
        for root in self.layers:
            fresh: list[Hit] = []
            edges, wanted = root.edges, root.concepts
            for position, here in enumerate(symbols):
                if edges.keys().isdisjoint(here) and not (wanted and starting[position]):
                    continue
                _walk(root, position, position, symbols, tokens.breaks, starting, fresh)
            for concept, start, end in fresh:
                add(concept, start, end)
        return Hits(tuple(tuple(sorted(ranges)) for ranges in found))

    def _symbols(self, tokens: Tokens) -> list[tuple[str, ...]]:
        cache: dict[str, tuple[str, ...]] = {}
        result = []
        for word, base in zip(tokens.words, tokens.stems, strict=True):
            known = cache.get(word)
            if known is None:
                symbols = [base, "=" + word]
                symbols.extend(p for p in self.prefixes if word.startswith(p[:-1]))
                if word[0].isdigit():
                    symbols.append("#")
                if "@" in word:
                    symbols.append("@")
                known = cache[word] = tuple(symbols)
            result.append(known)
        return result


def _walk(
    node: _Node,
    position: int,
    origin: int,
    symbols: Sequence[tuple[str, ...]],
    breaks: Sequence[int],
    starting: Sequence[list[tuple[int, int]] | None],
    out: list[Hit],
) -> None:
    for concept in node.accepts:
        out.append((concept, origin, position))
    if position >= len(symbols) or (position > origin and breaks[position] == 3):
        return
    if node.edges:
        edges = node.edges
        for symbol in symbols[position]:
            for child in edges.get(symbol, ()):
                _walk(child, position + 1, origin, symbols, breaks, starting, out)
    if node.concepts:
        for concept, end in starting[position] or ():
            inner = node.concepts.get(concept)
            if inner is not None and not any(breaks[k] == 3 for k in range(position + 1, end)):
                _walk(inner, end, origin, symbols, breaks, starting, out)
    for longest, child in node.gaps.items():
        edges, wanted = child.edges, child.concepts
        for here in range(position, min(position + longest + 1, len(symbols))):
            if here > position and breaks[here] == 3:
                break
            # Most words after a gap lead nowhere; looking first spares the call.
            if (wanted and starting[here]) or not edges.keys().isdisjoint(symbols[here]):
                _walk(child, here, origin, symbols, breaks, starting, out)


def concepts_of(phrase: str) -> list[str]:
    """The concept names that a phrase uses."""
    return _CONCEPT.findall(phrase)


def _elements(phrase: str, where: str) -> list[str]:
    elements = phrase.split()
    if not elements or len(elements) > MAX_ELEMENTS:
        raise InputError(f"a phrase has 1 to {MAX_ELEMENTS} elements: {phrase[:60]!r}", where=where)
    for element in elements:
        if not _ELEMENT.match(element):
            raise InputError(
                f"not an element of a phrase: {element!r}",
                where=where,
                hint="words, =exact, begin*, a|b, optional?, ..4, #, @ or <concept>",
            )
        if element.startswith("..") and int(element[2:].rstrip("?")) > MAX_GAP:
            raise InputError(f"a gap is at most {MAX_GAP} words: {element}", where=where)
    if elements[0].startswith("..") or elements[-1].startswith(".."):
        raise InputError(f"a phrase neither begins nor ends with a gap: {phrase[:60]!r}", where=where)
    return elements


def _symbol(word: str, prefixes: set[str]) -> str:
    word = word.lower()
    if word.endswith("*"):
        prefixes.add(word)
        return word
    return word if word.startswith("=") or word in ("#", "@") else stem(word)


def _child(node: _Node, element: str, prefixes: set[str]) -> _Node:
    child = node.groups.get(element)
    if child is None:
        child = node.groups[element] = _Node()
        for symbol in {_symbol(word, prefixes) for word in element.split("|")}:
            node.edges.setdefault(symbol, []).append(child)
    return child


def _insert(
    root: _Node, elements: list[str], concept: int, numbers: Mapping[str, int], prefixes: set[str]
) -> None:
    ends = [root]
    for element in elements:
        optional = element.endswith("?")
        element = element.rstrip("?")
        new: list[_Node] = list(ends) if optional else []
        for node in ends:
            if element.startswith(".."):
                new.append(node.gaps.setdefault(int(element[2:]), _Node()))
                continue
            parts = element.split("|")
            for part in parts:
                if part.startswith("<"):
                    new.append(node.concepts.setdefault(numbers[part[1:-1]], _Node()))
            words = "|".join(part for part in parts if not part.startswith("<"))
            if words:
                new.append(_child(node, words, prefixes))
        ends = list({id(n): n for n in new}.values())
    for node in ends:
        if concept not in node.accepts:
            node.accepts.append(concept)


def compile_phrases(
    concepts: Mapping[str, Sequence[str]], external: Iterable[str], where: Mapping[str, str] | None = None
) -> PhraseBook:
    """Compile concepts.

    Args:
        concepts: name to phrases.
        external: names whose hits `PhraseBook.find` is given.
        where: name to the place of its definition, for messages.

    Raises:
        InputError: a phrase that is not well formed, a concept that is unknown or uses itself.
    """
    places = where or {}
    outside = tuple(external)
    names = (*outside, *(c for c in concepts if c not in outside))
    numbers = {name: i for i, name in enumerate(names)}
    depth: dict[str, int] = dict.fromkeys(outside, -1)

    def layer(name: str, above: tuple[str, ...]) -> int:
        if name in depth:
            return depth[name]
        place = places.get(above[-1] if above else name, "")
        if name in above:
            raise InputError(f"concept <{name}> uses itself: {' -> '.join((*above, name))}", where=place)
        if name not in concepts:
            raise InputError(f"unknown concept <{name}>", where=place)
        used = [c for phrase in concepts[name] for c in concepts_of(phrase)]
        depth[name] = max((layer(c, (*above, name)) + 1 for c in used), default=0)
        return depth[name]

    prefixes: set[str] = set()
    roots: dict[int, _Node] = {}
    for name, phrases in concepts.items():
        root = roots.setdefault(layer(name, ()), _Node())
        for phrase in phrases:
            _insert(root, _elements(phrase, places.get(name, "")), numbers[name], numbers, prefixes)
    return PhraseBook(
        names=names,
        layers=tuple(roots[i] for i in sorted(roots)),
        prefixes=tuple(sorted(prefixes, key=len, reverse=True)),
        external=frozenset(numbers[n] for n in outside),
        number_of=numbers,
    )
