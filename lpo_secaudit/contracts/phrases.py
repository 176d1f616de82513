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

__all__ = ["Hits", "PhraseBook", "compile_phrases", "concepts_of"]

MAX_GAP = 30
MAX_ELEMENTS = 24
_WORD = r"[=]?[^\W_]+(?:\.\d+)*@?\*?"
_PART = rf"(?:<[a-z0-9-]+>|@|{_WORD})"
_ELEMENT = re.compile(rf"(?:\.\.\d{{1,2}}|#|{_PART}(?:\|{_PART})*)\??\Z")
_CONCEPT = re.compile(r"<([a-z0-9-]+)>")


@dataclass(slots=True)
class _Node:
    # `groups` keys a child by its whole element ("a|b"), so that alternatives share one child.
    groups: dict[str, _Node] = field(default_factory=dict)
    edges: dict[str, list[_Node]] = field(default_factory=dict)
    concepts: dict[int, _Node] = field(default_factory=dict)
    gaps: dict[int, _Node] = field(default_factory=dict)
    accepts: list[int] = field(default_factory=list)
    # `edges` made ready for matching: what a word completes, and the children that go on after it.
    steps: dict[str, tuple[tuple[int, ...], tuple[_Node, ...]]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Hits:
    """All hits of a text: for each concept number its (start, end) word ranges in text order."""

    by_concept: tuple[tuple[tuple[int, int], ...], ...]


@dataclass(frozen=True, slots=True)
class PhraseBook:
    """Compiled phrases of all concepts.

    Attributes:
        names: concept names; the position is the concept number.
        layers: one trie per layer of concepts that use only lower layers, and the concepts it finds.
        inner: concepts that other concepts use.
        prefixes: word beginnings that some element asks for, longest first.
        external: concepts whose hits are given to `find` (the parties of the contract).
    """

    names: tuple[str, ...]
    layers: tuple[tuple[_Node, tuple[int, ...]], ...]
    inner: frozenset[int]
    prefixes: tuple[str, ...]
    external: frozenset[int]
    number_of: Mapping[str, int]

    def find(self, tokens: Tokens, given: Mapping[str, Iterable[tuple[int, int]]]) -> Hits:
        """All hits of all concepts; `given` holds the ranges of external concepts."""
        symbols = self._symbols(tokens)
        found: list[list[tuple[int, int]]] = [[] for _ in self.names]
        ends = _sentence_ends(tokens.breaks)
        text = _Text(symbols, ends, _sentences(symbols, ends), [None] * (len(symbols) + 1), found)
        for name, ranges in given.items():
            found[self.number_of[name]].extend(ranges)
            self._settle(text, (self.number_of[name],))
        for root, concepts in self.layers:
            # What a word leads to from the root is the same at each of its places.
            known: dict[str, tuple[tuple[int, ...], tuple[_Node, ...]]] = {}
            for position, word in enumerate(tokens.words):
                step = known.get(word)
                if step is None:
                    steps = [root.steps[s] for s in symbols[position] if s in root.steps]
                    step = known[word] = (
                        tuple(concept for accepts, _ in steps for concept in accepts),
                        tuple(child for _, children in steps for child in children),
                    )
                accepts, onward = step
                for concept in accepts:
                    found[concept].append((position, position + 1))
                for child in onward:
                    _walk(child, position + 1, position, text)
                if root.concepts:
                    _walk_concepts(root, position, position, text)
            self._settle(text, concepts)
        return Hits(tuple(map(tuple, found)))

    def _settle(self, text: _Text, concepts: Iterable[int]) -> None:
        """The hits of concepts in text order, each once; made known to the layers above that ask for them."""
        for concept in concepts:
            hits = text.found[concept] = sorted(set(text.found[concept]))
            if concept in self.inner:
                for start, end in hits:
                    here = text.starting[start]
                    if here is None:
                        text.starting[start] = [(concept, end)]
                    else:
                        here.append((concept, end))

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


@dataclass(frozen=True, slots=True)
class _Text:
    """What a walk needs of a text.

    Attributes:
        symbols: for each word what an element may ask of it.
        ends: for each word the next one after it that begins a sentence.
        near: for each word the symbols of its sentence.
        starting: for each word the (concept, word after the last) hits that begin there, of concepts
            that other concepts use.
        found: for each concept its hits so far, as (first word, word after the last).
    """

    symbols: Sequence[tuple[str, ...]]
    ends: Sequence[int]
    near: Sequence[set[str]]
    starting: list[list[tuple[int, int]] | None]
    found: list[list[tuple[int, int]]]


def _sentence_ends(breaks: Sequence[int]) -> list[int]:
    ends = [len(breaks)] * (len(breaks) + 1)
    after = len(breaks)
    for position in range(len(breaks) - 1, -1, -1):
        ends[position] = after
        if breaks[position] == 3:
            after = position
    return ends


def _sentences(symbols: Sequence[tuple[str, ...]], ends: Sequence[int]) -> list[set[str]]:
    near: list[set[str]] = []
    while len(near) < len(symbols):
        start, end = len(near), ends[len(near)]
        near.extend([{s for here in symbols[start:end] for s in here}] * (end - start))
    return near


def _walk(node: _Node, position: int, origin: int, text: _Text) -> None:
    """All hits that go on from `node`; what the node itself accepts was taken by the caller."""
    ends = text.ends
    if position >= ends[origin]:
        return
    symbols, starting, found = text.symbols, text.starting, text.found
    steps = node.steps
    if steps:
        for symbol in symbols[position]:
            step = steps.get(symbol)
            if step is not None:
                for accepted in step[0]:
                    found[accepted].append((origin, position + 1))
                for child in step[1]:
                    _walk(child, position + 1, origin, text)
    if node.concepts:
        _walk_concepts(node, position, origin, text)
    for longest, child in node.gaps.items():
        if not child.concepts and child.steps.keys().isdisjoint(text.near[origin]):
            continue
        edges, wanted = child.steps, child.concepts
        for here in range(position, min(position + longest + 1, ends[position])):
            # Most words after a gap lead nowhere; looking first spares the call.
            if (wanted and starting[here]) or not edges.keys().isdisjoint(symbols[here]):
                for accepted in child.accepts:
                    found[accepted].append((origin, here))
                _walk(child, here, origin, text)


def _walk_concepts(node: _Node, position: int, origin: int, text: _Text) -> None:
    """Go on over the hits of other concepts that begin at `position`."""
    for concept, end in text.starting[position] or ():
        inner = node.concepts.get(concept)
        if inner is not None and text.ends[position] >= end:
            for accepted in inner.accepts:
                text.found[accepted].append((origin, end))
            _walk(inner, end, origin, text)


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


def _seal(node: _Node) -> None:
    """Fill `steps` of a node and of all below it."""
    for symbol, children in node.edges.items():
        accepts = dict.fromkeys(concept for child in children for concept in child.accepts)
        onward = tuple(child for child in children if child.edges or child.concepts or child.gaps)
        node.steps[symbol] = tuple(accepts), onward
    # `edges` lead to the children of `groups`, each once for every one of its words.
    for child in (*node.groups.values(), *node.concepts.values(), *node.gaps.values()):
        _seal(child)


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
    for root in roots.values():
        _seal(root)
    return PhraseBook(
        names=names,
        layers=tuple(
            (roots[i], tuple(numbers[name] for name in concepts if depth[name] == i)) for i in sorted(roots)
        ),
        inner=frozenset(
            numbers[used] for phrases in concepts.values() for p in phrases for used in concepts_of(p)
        ),
        prefixes=tuple(sorted(prefixes, key=len, reverse=True)),
        external=frozenset(numbers[n] for n in outside),
        number_of=numbers,
    )
