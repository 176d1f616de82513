"""The clause library: what each clause means, which law asks for it, and how it is recognised.

Read from `controls/clauses/*.yaml`. A firm's own file may add clauses, with rules over the library's
concepts or with nothing but a few example sentences (`examples`), from which words that matter are
taken. See `lpo_secaudit/schemas/clauses.schema.json`.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any, Literal

from lpo_secaudit.contracts.phrases import PhraseBook, compile_phrases
from lpo_secaudit.errors import InputError
from lpo_secaudit.formats.schema import validate_file
from lpo_secaudit.formats.yaml import YamlFile, parse_yaml

__all__ = ["PARTY_CONCEPTS", "Clause", "ClauseLibrary", "Need", "Rule", "load_library", "standard_library"]

Bound = Literal["provider", "client", "any"]
# Concepts whose hits come from the parties of the contract, not from phrases.
PARTY_CONCEPTS = ("provider", "client", "either", "of-client", "of-provider")


@dataclass(frozen=True, slots=True)
class Need:
    """Something a rule asks for: a hit of any of these concepts.

    Attributes:
        concepts: concept numbers of the library's phrase book.
        context: True where the heading, the lead-in or the two sentences before may hold it.
        label: True where a heading or a short label further above may hold it too, as the head of a
            table does for its cells.
    """

    concepts: tuple[int, ...]
    context: bool = False
    label: bool = False


@dataclass(frozen=True, slots=True)
class Rule:
    """One way of wording a clause: all needs within some words of one sentence.

    Attributes:
        needs: the first one is the anchor, in general the verb; who is bound is read there.
        excluded: concepts that must not stand in the sentence (or, with `near`, in the matched words).
        within: the longest distance in words between the anchor and any other need.
        bound: who must bear the duty. "provider" excludes only the client and plain permissions.
        score: how far a match can be believed, 0 to 1.
        part: where a clause is made of several statements, the one this rule finds.
        weak: reason for the grade "weak" of what this rule finds; empty for none.
        loose: True where definitions and recitals count too (terms fixed in a definition).
        count, least: further concepts, of which so many must stand in the sentence or its items.
    """

    needs: tuple[Need, ...]
    excluded: tuple[int, ...] = ()
    within: int = 45
    bound: Bound = "provider"
    score: float = 0.9
    part: int = 0
    weak: str = ""
    loose: bool = False
    negated: bool = False
    count: tuple[int, ...] = ()
    least: int = 0


@dataclass(frozen=True, slots=True)
class Clause:
    """A clause of the library.

    Attributes:
        id, title, means, law: name, heading, meaning and the articles that ask for it.
        aliases: names in other vocabularies ("derecha:R34", "cuad:Insurance").
        parts: how many different statements must all be found.
        about: concept number without which, anywhere in the text, the clause is not looked for; -1 for none.
        distinct: how many different anchors must be found (two concrete measures, say).
        parameters: names of the values it carries.
        model: name of the trained model that helps to decide; empty for rules alone.
        examples: sentences of a firm's own clause.
        strong, weak: what makes the clause strong, and what makes it weak, in words.
    """

    id: str
    title: str
    means: str
    law: tuple[str, ...]
    aliases: tuple[str, ...]
    rules: tuple[Rule, ...]
    parts: int = 1
    distinct: int = 1
    about: int = -1
    parameters: tuple[str, ...] = ()
    model: str = ""
    examples: tuple[str, ...] = ()
    strong: str = ""
    weak: str = ""


@dataclass(frozen=True, slots=True)
class ClauseLibrary:
    """Compiled clauses with the phrase book that their rules refer to."""

    clauses: tuple[Clause, ...]
    book: PhraseBook

    def __getitem__(self, clause: str) -> Clause:
        return next(c for c in self.clauses if c.id == clause)

    def concept(self, name: str) -> int:
        return self.book.number_of[name]


def _library_files() -> list[Traversable]:
    try:
        root = files("lpo_secaudit.controls") / "clauses"
        found = [f for f in root.iterdir() if f.name.endswith(".yaml")]
    except (ModuleNotFoundError, FileNotFoundError):
        root = Path(__file__).resolve().parents[2] / "controls" / "clauses"
        found = [f for f in root.iterdir() if f.name.endswith(".yaml")]
    return sorted(found, key=lambda f: f.name)


@cache
def standard_library() -> ClauseLibrary:
    """The library that ships; read and compiled once."""
    return load_library(())


def load_library(own: Iterable[Path]) -> ClauseLibrary:
    """The library that ships with a firm's own files added; a clause of the same id replaces ours.

    Raises:
        InputError: a file that does not match the schema, an unknown concept, with file and line.
    """
    sources = [parse_yaml(f.read_bytes(), f.name) for f in _library_files()]
    sources.extend(parse_yaml(path.read_bytes(), str(path)) for path in own)
    return _compile(sources)


def _compile(sources: Sequence[YamlFile]) -> ClauseLibrary:
    concepts: dict[str, list[str]] = {}
    where: dict[str, str] = {}
    rows: dict[str, tuple[Mapping[str, Any], YamlFile, int]] = {}
    for file in sources:
        validate_file(file, "clauses")
        for name, phrases in (file.value.get("concepts") or {}).items():
            if name in PARTY_CONCEPTS:
                raise InputError(
                    f"the concept {name!r} is read from the contract", where=file.where(("concepts", name))
                )
            concepts[name] = list(phrases)
            where[name] = file.where(("concepts", name))
        for index, row in enumerate(file.value.get("clauses") or ()):
            rows[row["clause"]] = (row, file, index)
    known = frozenset(concepts) | frozenset(PARTY_CONCEPTS)
    for row, file, index in rows.values():
        for place, phrase in _inline_phrases(row, known):
            concepts.setdefault(phrase, [phrase])
            where.setdefault(phrase, file.where(("clauses", index, *place)))
    book = compile_phrases(concepts, PARTY_CONCEPTS, where)
    clauses = tuple(_clause(row, book) for row, _, _ in rows.values())
    return ClauseLibrary(clauses, book)


def _needs_of(rule: Mapping[str, Any]) -> list[str]:
    return [*rule["need"], *rule.get("not", ()), *rule.get("count", ())]


def _is_phrase(name: str, known: Container[str]) -> bool:
    # A misspelt concept has a hyphen in general, which no phrase may have, so it does not pass unseen.
    return not all(part in known for part in name.split("|"))


def _inline_phrases(
    row: Mapping[str, Any], known: Container[str]
) -> Iterable[tuple[tuple[str | int, ...], str]]:
    for index, rule in enumerate(row.get("rules") or ()):
        for need in _needs_of(rule):
            name = need.lstrip("~^")
            if _is_phrase(name, known):
                yield ("rules", index), name


def _numbers(name: str, book: PhraseBook) -> tuple[int, ...]:
    names = [name] if name in book.number_of else name.split("|")
    return tuple(book.number_of[n] for n in names)


def _rule(row: Mapping[str, Any], book: PhraseBook, parts: dict[str, int]) -> Rule:
    needs = tuple(
        Need(_numbers(n.lstrip("~^"), book), n.startswith(("~", "^")), n.startswith("^")) for n in row["need"]
    )
    return Rule(
        needs=needs,
        excluded=tuple(c for n in row.get("not", ()) for c in _numbers(n, book)),
        within=row.get("within", 45),
        bound=row.get("bound", "provider"),
        score=float(row.get("score", 0.9)),
        part=parts.setdefault(row.get("part", ""), len(parts)),
        weak=row.get("weak", ""),
        loose=row.get("loose", False),
        negated=row.get("negated", False),
        count=tuple(c for n in row.get("count", ()) for c in _numbers(n, book)),
        least=row.get("least", 0),
    )


def _clause(row: Mapping[str, Any], book: PhraseBook) -> Clause:
    parts: dict[str, int] = {}
    rules = tuple(_rule(r, book, parts) for r in row.get("rules") or ())
    if row.get("distinct", 1) > 1:
        # Each anchor is a statement of its own, also where one sentence holds several.
        rules = tuple(
            replace(rule, needs=(Need((concept,)), *rule.needs[1:]))
            for rule in rules
            for concept in rule.needs[0].concepts
        )
    return Clause(
        id=row["clause"],
        title=row["title"],
        means=row["means"],
        law=tuple(row.get("law", ())),
        aliases=tuple(row.get("aliases", ())),
        rules=rules,
        parts=max(1, len(parts)),
        distinct=row.get("distinct", 1),
        about=book.number_of[row["about"]] if "about" in row else -1,
        parameters=tuple(row.get("parameters", ())),
        model=row.get("model", ""),
        examples=tuple(row.get("examples", ())),
        strong=row.get("strong", ""),
        weak=row.get("weak", ""),
    )
