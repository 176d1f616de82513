"""A strict, safe subset of YAML 1.2 that remembers the line of every value.

PyYAML resolves YAML 1.1 scalars, in which the country code NO is false and 12:30 is a number.
This loader keeps to the 1.2 core schema (true/false, null, decimal integers, floats), rejects
duplicate keys, tags, anchors with more than a few uses and deep nesting, and reports file and line.
"""

from __future__ import annotations

import re
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


class _PlainLoader(yaml.SafeLoader):
    """The event and node layers of PyYAML without its YAML 1.1 scalar resolvers."""

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012  # the type PyYAML declares


def _scalar(node: yaml.ScalarNode) -> Any:
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
    def __init__(self, name: str) -> None:
        self.name = name
        self.lines: dict[Path_, int] = {}
        self.nodes = 0

    def build(self, node: yaml.Node, path: Path_, depth: int) -> Any:
        line = node.start_mark.line + 1
        self.nodes += 1
        # Aliases are expanded by building their node again, so a "billion laughs" file meets this limit.
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise LimitExceededError(
                f"YAML has more than {MAX_NODES} values or nests deeper than {MAX_DEPTH}",
                where=f"{self.name}:{line}",
            )
        self.lines[path] = line
        if not node.tag.startswith("tag:yaml.org,2002:") or node.tag.rsplit(":", 1)[1] not in (
            "str",
            "seq",
            "map",
        ):
            raise InputError(
                f"tag {node.tag!r} is not allowed", where=f"{self.name}:{line}", hint="write a plain value"
            )
        if isinstance(node, yaml.ScalarNode):
            return _scalar(node)
        if isinstance(node, yaml.SequenceNode):
            return [self.build(child, (*path, i), depth + 1) for i, child in enumerate(node.value)]
        result: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key_line = key_node.start_mark.line + 1
            if not isinstance(key_node, yaml.ScalarNode):
                raise InputError("a key must be plain text", where=f"{self.name}:{key_line}")
            key = str(key_node.value)
            if key in result:
                raise InputError(
                    f"key {key!r} stands twice in one mapping",
                    where=f"{self.name}:{key_line}",
                    hint="remove one of the two; the second would silently win",
                )
            result[key] = self.build(value_node, (*path, key), depth + 1)
            self.lines[(*path, key)] = key_line
        return result


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
    loader = None
    try:
        loader = _PlainLoader(text)
        node = loader.get_single_node()
        builder = _Builder(name)
        value = None if node is None else builder.build(node, (), 0)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        raise InputError(
            f"not valid YAML: {error.problem or error.context}",
            where=f"{name}:{line}",
            hint="check indentation, colons and quotes near this line",
        ) from error
    except yaml.YAMLError as error:
        raise InputError(f"not valid YAML: {error}", where=f"{name}:1") from error
    except RecursionError:
        raise LimitExceededError(f"YAML nests deeper than {MAX_DEPTH}", where=name) from None
    finally:
        if loader is not None:
            loader.dispose()
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
