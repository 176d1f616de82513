"""controls/topics.yaml: load it, and tell which topics a question, a quote or a check is about.

Word patterns are sets of terms, not regular expressions, because the texts they meet come from
the other side: matching takes time linear in the text, whatever the text.

    encrypt* at_rest|stored !key      within one sentence: a word that begins with "encrypt", and
                                      "at rest" or "stored", and no "key"
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from lpo_secaudit.errors import InputError
from lpo_secaudit.formats.schema import validate_file
from lpo_secaudit.formats.yaml import YamlFile, parse_yaml
from lpo_secaudit.model.topic import Limit, Polarity, Scale, Topic

__all__ = ["Topics", "load_topics", "matches_words"]

MAX_TEXT = 20_000
"""Longer texts are cut before matching; a question or a quote is never that long."""

_SENTENCE = re.compile(r"[.;?!:\n]+(?=\s|\Z)")
_WORD = re.compile(r"[a-z0-9]+")


def load_topics(raw: bytes | None = None, name: str = "topics.yaml") -> Topics:
    """The topics of the package, or those of a file's bytes.

    Raises:
        InputError: the file is not valid; an id, a clause or a check stands in two topics.
    """
    return _bundled() if raw is None else _parse(parse_yaml(raw, name))


@cache
def _bundled() -> Topics:
    raw = (files("lpo_secaudit.controls") / "topics.yaml").read_bytes()
    return _parse(parse_yaml(raw, "topics.yaml"))


def _parse(file: YamlFile) -> Topics:
    validate_file(file, "topics")
    topics: dict[str, Topic] = {}
    owner: dict[tuple[str, str], str] = {}
    for index, row in enumerate(file.value["list"]):
        path = ("list", index)
        if row["id"] in topics:
            raise InputError(f"topic {row['id']!r} stands twice", where=file.where((*path, "id")))
        for kind in ("clauses", "checks", "caiq_v3", "caiq_v4"):
            for item in row.get(kind, ()):
                other = owner.setdefault((kind, item), row["id"])
                if other != row["id"]:
                    raise InputError(
                        f"{item!r} belongs to the topic {other!r} already", where=file.where((*path, kind))
                    )
        topics[row["id"]] = _topic(row)
    return Topics(
        topics,
        frozenset(file.value.get("general_clauses", ())),
        frozenset(file.value.get("storage_checks", ())),
        file.raw,
    )


def _topic(row: Mapping[str, Any]) -> Topic:
    scale = row["scale"]
    return Topic(
        id=row["id"],
        title=row["title"],
        group=row["group"],
        scale=Scale(scale["kind"], scale.get("better", ""), scale.get("unit", "")),
        clauses=tuple(row.get("clauses", ())),
        values=dict(row.get("values", {})),
        words=tuple(row["words"]),
        otherwise=tuple(row.get("otherwise", ())),
        reversed=tuple(row.get("reversed", ())),
        neutral=tuple(row.get("neutral", ())),
        caiq_v3=tuple(row.get("caiq_v3", ())),
        caiq_v4=tuple(row.get("caiq_v4", ())),
        checks=tuple(row.get("checks", ())),
        limits=tuple(Limit(**limit) for limit in row.get("limits", ())),
    )


@dataclass(frozen=True)
class Topics:
    """All topics, by id in file order.

    Attributes:
        by_id: the topics.
        general_clauses: labels of clauses that speak of many topics; their quotes are assigned
            to topics by their words.
        storage_checks: ids of checks whose subjects hold client data; where they lie is held
            against the places promised.
        raw: the bytes they were read from; recorded with an audit, for replay.
    """

    by_id: Mapping[str, Topic]
    general_clauses: frozenset[str] = frozenset()
    storage_checks: frozenset[str] = frozenset()
    raw: bytes = field(default=b"", repr=False)

    def __getitem__(self, id_: str) -> Topic:
        return self.by_id[id_]

    def for_text(self, text: str) -> tuple[str, ...]:
        """Ids of the topics that a text speaks of, in file order."""
        sentences = _sentences(text)
        return self._specific(sentences) or tuple(
            id_ for id_, topic in self.by_id.items() if _any(_compiled(topic.otherwise), sentences)
        )

    def _specific(self, sentences: tuple[_Sentence, ...]) -> tuple[str, ...]:
        return tuple(id_ for id_, patterns in self._words.items() if _any(patterns, sentences))

    def telling(self, id_: str, text: str) -> tuple[int, int] | None:
        """Where a text speaks of a topic: [start, end) of the fewest words that name it; None where none do.

        For a reader who has room for a part of the text; `for_text` decides what it speaks of.
        """
        topic = self.by_id[id_]
        sentences = tuple(_placed(text))
        for patterns in (self._words[id_], _compiled(topic.otherwise)):
            for sentence in sentences:
                for pattern in patterns:
                    if _holds(pattern, sentence):
                        return sentence.around(pattern)
        return None

    def for_question(self, text: str, question_id: str = "", questionnaire: str = "") -> tuple[str, ...]:
        """Ids of the topics of a question, by its id where the questionnaire is known, else by words.

        Args:
            text: the question.
            question_id: such as "CEK-03.1".
            questionnaire: kind; one that names CAIQ and a version 3 or 4 makes the id count.
        """
        exact, control, version = self._for_caiq(question_id, questionnaire)
        if exact:
            return exact
        if version == 3:
            # Version 3 puts questions of several topics under one control; their words tell more.
            return self._specific(_sentences(text)) or control or self.for_text(text)
        return control or self.for_text(text)

    def for_clause(self, label: str, quotes: Iterable[str] = ()) -> tuple[str, ...]:
        """Ids of the topics that a clause promises something on.

        A general clause ("appropriate measures, including ...") has the topics its quotes name.
        """
        if label in self.general_clauses:
            named = {id_ for quote in quotes for id_ in self.for_text(quote)}
            return tuple(id_ for id_ in self.by_id if id_ in named)
        return tuple(id_ for id_, topic in self.by_id.items() if label in topic.clauses)

    def for_check(self, check: str, own: str = "") -> str:
        """The topic of a check: the one that names it, else the check's own, else ""."""
        return self._checks.get(check) or (own if own in self.by_id else "")

    def polarity(self, id_: str, question: str) -> Polarity:
        """Which answer to a question is the good one on a topic."""
        topic = self.by_id[id_]
        sentences = _sentences(question)
        if _any(_compiled(topic.reversed), sentences):
            return "no"
        return "neutral" if _any(_compiled(topic.neutral), sentences) else "yes"

    @cached_property
    def _words(self) -> dict[str, tuple[_Pattern, ...]]:
        return {id_: _compiled(topic.words) for id_, topic in self.by_id.items()}

    @cached_property
    def _checks(self) -> dict[str, str]:
        return {check: id_ for id_, topic in self.by_id.items() for check in topic.checks}

    def _for_caiq(self, question_id: str, questionnaire: str) -> tuple[tuple[str, ...], tuple[str, ...], int]:
        """Topics of the very question, topics of its control, and the version; 0 for others."""
        kind = questionnaire.lower()
        if "caiq" not in kind or not question_id:
            return (), (), 0
        version = 3 if re.search(r"v?3(\b|[._])", kind.split("caiq", 1)[1]) else 4
        wanted = question_id.strip().upper()
        owners = {item: id_ for id_, t in self.by_id.items() for item in getattr(t, f"caiq_v{version}")}
        exact, control = (owners.get(key) for key in (wanted, wanted.split(".")[0]))
        return (exact,) if exact else (), (control,) if control else (), version


@dataclass(frozen=True, slots=True)
class _Term:
    """Alternatives; each a sequence of (word, is a prefix). `wanted` is False for a `!` term."""

    wanted: bool
    alternatives: tuple[tuple[tuple[str, bool], ...], ...]


_Pattern = tuple[_Term, ...]


class _Sentence:
    """The words of one sentence, and the distinct ones in order for quick looks.

    Attributes:
        places: [start, end) of each word in the text; empty where nobody asks for them.
    """

    __slots__ = ("distinct", "known", "places", "words")

    def __init__(self, words: tuple[str, ...], places: tuple[tuple[int, int], ...] = ()) -> None:
        self.words = words
        self.places = places
        self.known = frozenset(words)
        self.distinct = sorted(self.known)

    def has(self, word: str, prefix: bool) -> bool:
        if not prefix:
            return word in self.known
        at = bisect_left(self.distinct, word)
        return at < len(self.distinct) and self.distinct[at].startswith(word)

    def around(self, pattern: _Pattern) -> tuple[int, int] | None:
        """The shortest stretch of the text with something of each term; None where a term names nothing."""
        wanted = [term for term in pattern if term.wanted]
        found = sorted(
            (start, start + len(words), number)
            for number, term in enumerate(wanted)
            for words in term.alternatives
            for start in _starts(words, self)
            if words
        )
        latest: dict[int, tuple[int, int]] = {}
        best: tuple[int, int, int] | None = None
        for start, end, number in found:
            latest[number] = (start, end)
            if len(latest) == len(wanted):
                first, last = min(s for s, _ in latest.values()), max(e for _, e in latest.values())
                best = min(best or (last - first, first, last), (last - first, first, last))
        return None if best is None else (self.places[best[1]][0], self.places[best[2] - 1][1])


@cache
def _compiled(patterns: tuple[str, ...]) -> tuple[_Pattern, ...]:
    return tuple(tuple(_term(word) for word in pattern.split()) for pattern in patterns)


def _term(text: str) -> _Term:
    alternatives = []
    for choice in text.removeprefix("!").split("|"):
        words = [w for w in choice.split("_") if w]
        alternatives.append(tuple((w.removesuffix("*"), w.endswith("*")) for w in words))
    return _Term(not text.startswith("!"), tuple(alternatives))


def _sentences(text: str) -> tuple[_Sentence, ...]:
    plain = unicodedata.normalize("NFKC", text[:MAX_TEXT]).lower()
    return tuple(_Sentence(words) for part in _SENTENCE.split(plain) if (words := tuple(_WORD.findall(part))))


def _placed(text: str) -> Iterator[_Sentence]:
    """The sentences of a text with the places of their words in it."""
    plain: list[str] = []
    origin: list[int] = []
    for at, character in enumerate(text[:MAX_TEXT]):
        for part in unicodedata.normalize("NFKC", character).lower():
            plain.append(part)
            origin.append(at)
    whole, begun = "".join(plain), 0
    for end in (*(m.start() for m in _SENTENCE.finditer(whole)), len(whole)):
        found = list(_WORD.finditer(whole, begun, end))
        begun = end
        if found:
            yield _Sentence(
                tuple(m[0] for m in found),
                tuple((origin[m.start()], origin[m.end() - 1] + 1) for m in found),
            )


def _any(patterns: Iterable[_Pattern], sentences: tuple[_Sentence, ...]) -> bool:
    return any(_holds(pattern, sentence) for pattern in patterns for sentence in sentences)


def _holds(pattern: _Pattern, sentence: _Sentence) -> bool:
    return all(
        any(_occurs(alternative, sentence) for alternative in term.alternatives) is term.wanted
        for term in pattern
    )


def _occurs(words: tuple[tuple[str, bool], ...], sentence: _Sentence) -> bool:
    if not all(sentence.has(word, prefix) for word, prefix in words):
        return False
    return len(words) == 1 or any(True for _ in _starts(words, sentence))


def _starts(words: tuple[tuple[str, bool], ...], sentence: _Sentence) -> Iterator[int]:
    """The numbers of the words at which an alternative begins."""
    said = sentence.words
    for start in range(len(said) - len(words) + 1):
        if all(
            said[start + i].startswith(word) if prefix else said[start + i] == word
            for i, (word, prefix) in enumerate(words)
        ):
            yield start


def matches_words(patterns: Iterable[str], text: str) -> bool:
    """Whether one of the patterns holds in one sentence of a text."""
    return _any(_compiled(tuple(patterns)), _sentences(text))
