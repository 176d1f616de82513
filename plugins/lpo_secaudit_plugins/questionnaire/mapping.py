"""The mapping file: how to read a questionnaire whose layout is its own."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema
from jsonschema.exceptions import best_match

from lpo_secaudit.catalog.topics import load_topics
from lpo_secaudit.errors import InputError, close_to
from lpo_secaudit.formats.yaml import YamlFile, load_yaml

from .._files.tables import Row, Sheet
from .answers import Answer
from .columns import SEARCHED_ROWS, Columns
from .kinds import Questionnaire, finish
from .read import table_answers

__all__ = ["Mapping_", "check_topics", "load_mapping", "read_mapped"]

_LETTERS = re.compile(r"[A-Z]{1,3}\Z")


@dataclass(frozen=True)
class Mapping_:  # noqa: N801  # `Mapping` is the collection's name
    """A mapping file, as mapping.schema.json describes it.

    Attributes:
        columns: role to a column letter or the header's words.
        words: the questionnaire's own answer words, lower-case, to the six answers.
        topics: question id to topic ids; these outrank what the words of the question say.
        reversed: ids of questions to which "no" is the good answer.
    """

    name: str = ""
    sheets: tuple[str, ...] = ()
    first_row: int | None = None
    columns: Mapping[str, str] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)
    topics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reversed: frozenset[str] = frozenset()
    answered_on: date | None = None


def load_mapping(path: Path, shown: str) -> Mapping_:
    """Read a mapping file.

    Raises:
        InputError: unreadable, or not as mapping.schema.json says; with line and hint.
    """
    file = load_yaml(path, shown)
    schema: dict[str, Any] = json.loads(
        (files(__package__ or "") / "mapping.schema.json").read_text(encoding="utf-8")
    )
    error = best_match(jsonschema.Draft202012Validator(schema).iter_errors(file.value))
    if error is not None:
        raise InputError(
            error.message[:300],
            where=file.where(tuple(error.absolute_path)),
            hint="docs/reference/evidence.md says what a mapping may hold",
        )
    value = file.value
    check_topics(file)
    words = {" ".join(w.lower().split()): a for a, ws in value.get("answers", {}).items() for w in ws}
    on = value.get("answered_on")
    try:
        day = date.fromisoformat(on) if on else None
    except ValueError:
        raise InputError(f"{on!r} is not a date", where=file.where(("answered_on",))) from None
    return Mapping_(
        name=value.get("questionnaire", ""),
        sheets=tuple(value.get("sheets", ())),
        first_row=value.get("first_row"),
        columns=value.get("columns", {}),
        words=words,
        topics={k: tuple(v) for k, v in value.get("topics", {}).items()},
        reversed=frozenset(value.get("reversed", ())),
        answered_on=day,
    )


def check_topics(file: YamlFile) -> None:
    """See that the topics which a file gives to questions are topics.

    Raises:
        InputError: the first that is none.
    """
    known = load_topics().by_id
    for question, topics in file.value.get("topics", {}).items():
        for topic in topics:
            if topic not in known:
                raise InputError(
                    f"no topic {topic!r}",
                    where=file.where(("topics", question)),
                    hint=close_to(topic, sorted(known)) or "see controls/topics.yaml",
                )


def read_mapped(sheets: tuple[Sheet, ...], mapping: Mapping_, where: str) -> Questionnaire:
    """Read the sheets a mapping names, by the columns it names.

    Raises:
        InputError: no such sheet, or a header that stands nowhere.
    """
    chosen = [s for s in sheets if not mapping.sheets or any(fnmatchcase(s.name, p) for p in mapping.sheets)]
    if not chosen:
        raise InputError(
            f"no sheet is called {' or '.join(mapping.sheets)}",
            where=where,
            hint=f"the file has: {', '.join(s.name for s in sheets) or 'one table without a name'}",
        )
    found: list[Answer] = []
    for sheet in chosen:
        found.extend(table_answers(sheet, _resolve(sheet, mapping, where), mapping.words))
    return finish("questionnaire", "", found, mapping.answered_on)


def _resolve(sheet: Sheet, mapping: Mapping_, where: str) -> Columns:
    header: Row | None = None
    wanted = {role: text for role, text in mapping.columns.items() if not _LETTERS.match(text)}
    if wanted:
        header = next((r for r in sheet.rows[:SEARCHED_ROWS] if _holds_all(r, wanted.values())), None)
        if header is None:
            raise InputError(
                f"none of the first {SEARCHED_ROWS} rows has the headers "
                f"{', '.join(map(repr, wanted.values()))}",
                where=f"{where}: {sheet.name}".rstrip(": "),
                hint="name the columns by letter instead, with first_row",
            )
    place: dict[str, int] = {}
    for role, text in mapping.columns.items():
        place[role] = _column_number(text) if _LETTERS.match(text) else _header_column(header, text)
    marks: dict[str, int] = {
        role: place[role] for role in ("yes", "no", "partial", "not-applicable") if role in place
    }
    first = mapping.first_row or (header.number + 1 if header else 1)
    return Columns(
        question=place["question"],
        answer=None if marks else place.get("answer"),
        first_row=first,
        id=place.get("id"),
        comment=place.get("comment"),
        section=place.get("section"),
        marks=marks,
    )


def _plain(text: str) -> str:
    return " ".join(text.split()).lower()


def _holds_all(row: Row, wanted: Any) -> bool:
    there = {_plain(value) for value in row.cells.values()}
    return all(_plain(text) in there for text in wanted)


def _header_column(header: Row | None, text: str) -> int:
    cells = header.cells if header else {}
    return next(column for column, value in sorted(cells.items()) if _plain(value) == _plain(text))


def _column_number(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
