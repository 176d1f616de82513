"""A strict, safe subset of YAML 1.2 that remembers the line of every value.

PyYAML resolves YAML 1.1 scalars, in which the country code NO is false and 12:30 is a number.
This loader keeps to the 1.2 core schema (true/false, null, decimal integers, floats), rejects
duplicate keys, tags, anchors with more than a few uses and deep nesting, and reports file and line.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from lpo_secaudit.errors import InputError, LimitExceededError

__all__ = ["YamlFile", "load_yaml", "parse_yaml"]

MAX_BYTES = 8 * 1024 * 1024
MAX_DEPTH = 60
MAX_NODES = 500_000

_NULL = {"", "~", "null", "Null", "NULL"}
_TRUE = {"true", "True", "TRUE"}
_FALSE = {"false", "False", "FALSE"}
_INT = re.compile(r"[-+]?[0-9]+\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")

Path_ = tuple[str | int, ...]


@dataclass(frozen=True)
class YamlFile:
    """A parsed file: its value, its bytes, and where each value stands.

    Attributes:
        name: how messages name the file.
        value: the JSON-like value (dict, list, str, int, float, bool, None).
        raw: the exact bytes parsed, for digests.
        lines: 1-based line of each value, by its path of keys and indexes.
    """

    name: str
    value: Any
    raw: bytes
    lines: dict[Path_, int]

    def where(self, path: Path_ = ()) -> str:
        """`file:line: path` of a value; of its nearest known parent where it is missing."""
        known = path
        while known and known not in self.lines:
            known = known[:-1]
        dotted = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in path).lstrip(".")
        place = f"{self.name}:{self.lines.get(known, 1)}"
        return f"{place}: {dotted}" if dotted else place


# libyaml where it is built in, for speed. Only its events are used: its own composer recurses on the C
# stack as deep as a hostile file nests.
_Events = getattr(yaml, "CSafeLoader", None) or yaml.SafeLoader
_TAGS = {None, "tag:yaml.org,2002:str", "tag:yaml.org,2002:seq", "tag:yaml.org,2002:map"}


def _scalar(node: yaml.ScalarEvent) -> Any:
    text: str = node.value
    if node.style in ("'", '"', "|", ">"):
        return text
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    if _INT.match(text) and len(text) < 20:
        return int(text)
    if _FLOAT.match(text) and len(text) < 40:
        return float(text)
    return text


class _Builder:
    """Builds the value of one document from the parser's events."""

    def __init__(self, name: str, next_event: Callable[[], Any]) -> None:
        self.name = name
        self.lines: dict[Path_, int] = {}
        self._next = next_event
        self._nodes = 0
        # Anchor to its value and the number of values in it.
        self._anchors: dict[str, tuple[Any, int]] = {}

    def document(self) -> Any:
        """The one document of the stream; None where there is none."""
        self._next()
        event = self._next()
        if isinstance(event, yaml.StreamEndEvent):
            return None
        value = self._build(self._next(), (), 0)
        self._next()
        after = self._next()
        if not isinstance(after, yaml.StreamEndEvent):
            raise InputError(
                "not valid YAML: more than one document",
                where=f"{self.name}:{after.start_mark.line + 1}",
                hint="keep one document a file",
            )
        return value

    def _build(self, event: Any, path: Path_, depth: int) -> Any:
        line = event.start_mark.line + 1
        self._count(1, depth, line)
        self.lines[path] = line
        if isinstance(event, yaml.AliasEvent):
            if event.anchor not in self._anchors:
                raise InputError(f"no anchor {event.anchor!r} stands before", where=f"{self.name}:{line}")
            value, size = self._anchors[event.anchor]
            # As if it stood here again, so that a "billion laughs" file meets the limit.
            self._count(size, depth, line)
            return value
        if event.tag not in _TAGS:
            raise InputError(
                f"tag {event.tag!r} is not allowed", where=f"{self.name}:{line}", hint="write a plain value"
            )
        before = self._nodes
        if isinstance(event, yaml.ScalarEvent):
            value = event.value if event.tag else _scalar(event)
        elif isinstance(event, yaml.SequenceStartEvent):
            value = self._sequence(path, depth)
        else:
            value = self._mapping(path, depth)
        if event.anchor:
            self._anchors[event.anchor] = (value, self._nodes - before)
        return value

    def _sequence(self, path: Path_, depth: int) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := self._next(), yaml.SequenceEndEvent):
            items.append(self._build(event, (*path, len(items)), depth + 1))
        return items

    def _mapping(self, path: Path_, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        while not isinstance(event := self._next(), yaml.MappingEndEvent):
            line = event.start_mark.line + 1
            if not isinstance(event, yaml.ScalarEvent):
                raise InputError("a key must be plain text", where=f"{self.name}:{line}")
            key = str(event.value)
            if key in result:
                raise InputError(
                    f"key {key!r} stands twice in one mapping",
                    where=f"{self.name}:{line}",
                    hint="remove one of the two; the second would silently win",
                )
            result[key] = self._build(self._next(), (*path, key), depth + 1)
            self.lines[(*path, key)] = line
        return result

    def _count(self, more: int, depth: int, line: int) -> None:
        self._nodes += more
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            raise LimitExceededError(
                f"YAML has more than {MAX_NODES} values or nests deeper than {MAX_DEPTH}",
                where=f"{self.name}:{line}",
            )


def parse_yaml(raw: bytes, name: str) -> YamlFile:
    """Parse bytes of one YAML document.

    Raises:
        InputError: not UTF-8, not YAML, more than one document, a duplicate key, a tag.
        LimitExceededError: larger or deeper than the limits at the head of this module.
    """
    if len(raw) > MAX_BYTES:
        raise LimitExceededError(f"YAML file is larger than {MAX_BYTES} bytes", where=name)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise InputError(
            f"file is not UTF-8 (byte {error.start})", where=name, hint="save it as UTF-8"
        ) from error
    try:
        builder = _Builder(name, _Events(text).get_event)
        value = builder.document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        if "nesting depth" in str(error.problem):  # libyaml has a limit of its own
            raise LimitExceededError(f"YAML nests deeper than {MAX_DEPTH}", where=f"{name}:{line}") from error
        raise InputError(
            f"not valid YAML: {error.problem or error.context}",
            where=f"{name}:{line}",
            hint="check indentation, colons and quotes near this line",
        ) from error
    except yaml.YAMLError as error:
        raise InputError(f"not valid YAML: {error}", where=f"{name}:1") from error
    return YamlFile(name=name, value=value, raw=raw, lines=builder.lines)


def load_yaml(path: Path, name: str | None = None) -> YamlFile:
    """Read and parse a file; `name` replaces the path in messages.

    Raises:
        InputError: the file cannot be read, or as `parse_yaml`.
    """
    shown = name or str(path)
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(
            f"file cannot be read: {error.strerror or error}",
            where=shown,
            hint="check the path and its permissions",
        ) from error
    return parse_yaml(raw, shown)
