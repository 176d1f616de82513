"""Redaction by rule: values of a record replaced by keyed digests, so that they can be opened later.

    redact:
      - {type: "aws.iam.*", path: "tags.*"}
      - {type: "questionnaire.answer", path: "comment"}
    blobs: drop

A path names a value within a record's data, part by part; `*` stands for every key or index.
"""

from __future__ import annotations

import copy
import hashlib
import hmac
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Any

from lpo_secaudit.errors import InputError
from lpo_secaudit.formats.canonical import canonical_json
from lpo_secaudit.formats.yaml import load_yaml

__all__ = ["Redaction", "Rule", "load_redaction", "redact", "redaction_from"]

PREFIX = "redacted:hmac-sha256:"


@dataclass(frozen=True, slots=True)
class Rule:
    """Which values of which records: an evidence type pattern, and a path of parts."""

    type: str
    path: tuple[str, ...]


@dataclass(frozen=True)
class Redaction:
    """All rules; and whether raw blobs are handed over."""

    rules: tuple[Rule, ...] = ()
    keep_blobs: bool = False

    def to_json(self) -> dict[str, Any]:
        return {
            "redact": [{"type": r.type, "path": ".".join(r.path)} for r in self.rules],
            "blobs": "keep" if self.keep_blobs else "drop",
        }


def load_redaction(path: Path) -> Redaction:
    """Read a rule file.

    Raises:
        InputError: unreadable or not of this form.
    """
    file = load_yaml(path)
    return redaction_from(file.value, file.name)


def redaction_from(value: Any, where: str) -> Redaction:
    """The rules of a parsed file.

    Raises:
        InputError: not of this form.
    """
    hint = 'write redact: [{type: "aws.iam.*", path: "tags.*"}], blobs: drop or keep'
    if not isinstance(value, Mapping) or set(value) - {"redact", "blobs"}:
        raise InputError("not a redaction file", where=where, hint=hint)
    if value.get("blobs", "drop") not in ("drop", "keep"):
        raise InputError("`blobs` is drop or keep", where=where)
    rules = []
    for row in value.get("redact") or ():
        if not isinstance(row, Mapping) or set(row) != {"type", "path"}:
            raise InputError("a rule has a type and a path", where=where, hint=hint)
        if not all(isinstance(v, str) and v for v in row.values()):
            raise InputError("type and path are text", where=where, hint=hint)
        rules.append(Rule(row["type"], tuple(row["path"].split("."))))
    return Redaction(tuple(rules), value.get("blobs", "drop") == "keep")


def redact(type_: str, data: Mapping[str, Any], rules: Iterable[Rule], key: bytes) -> dict[str, Any]:
    """A record's data with the named values replaced; the same value under one key gives one digest."""
    result: dict[str, Any] = copy.deepcopy(dict(data))
    for rule in rules:
        if fnmatchcase(type_, rule.type):
            _apply(result, rule.path, (), key)
    return result


def _apply(node: Any, path: Sequence[str], done: tuple[str, ...], key: bytes) -> None:
    part, rest = path[0], path[1:]
    if isinstance(node, dict):
        places: list[Any] = list(node) if part == "*" else [part] if part in node else []
    elif isinstance(node, list):
        places = list(range(len(node))) if part == "*" else []
    else:
        return
    for place in places:
        at = (*done, str(place))
        if rest:
            _apply(node[place], rest, at, key)
        elif not (isinstance(node[place], str) and node[place].startswith(PREFIX)):
            mac = hmac.new(key, canonical_json([list(at), node[place]]), hashlib.sha256)
            node[place] = PREFIX + mac.hexdigest()
