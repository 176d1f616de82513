"""Small pure helpers: templates, ways into answers, and JSON that evidence may hold."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote

__all__ = ["MissingMemberError", "as_json", "fill", "fill_all", "find", "items_of", "parse_document"]

_SLOT = re.compile(r"\{([A-Za-z0-9_]+)(/-1)?\}")
_EXACT = 2**53 - 1
MAX_DEPTH = 64


class MissingMemberError(ValueError):
    """A template asks for a member that the answer does not have."""


def fill(template: str, values: Mapping[str, Any]) -> str:
    """`{Name}` becomes the value; `{Url/-1}` the last step of a path.

    Raises:
        MissingMemberError: a value is absent or not text.
    """

    def value(match: re.Match[str]) -> str:
        found = values.get(match[1])
        if not isinstance(found, str) or not found:
            raise MissingMemberError(match[1])
        return found.rsplit("/", 1)[-1] if match[2] else found

    return _SLOT.sub(value, template)


def fill_all(params: Any, values: Mapping[str, Any]) -> Any:
    """`fill` for every text within a parameter structure."""
    if isinstance(params, str):
        return fill(params, values) if "{" in params else params
    if isinstance(params, Mapping):
        return {k: fill_all(v, values) for k, v in params.items()}
    if isinstance(params, list):
        return [fill_all(v, values) for v in params]
    return params


def find(data: Any, path: str) -> Any:
    """The value at a dotted path; None where a step is absent; a list where a step ends in "[]"."""
    if path.endswith("[]"):
        return list(items_of(data, path))
    for step in path.split(".") if path else ():
        data = data.get(step) if isinstance(data, Mapping) else None
    return data


def items_of(data: Any, path: str) -> Iterator[Any]:
    """The items at a path such as "Reservations[].Instances[]"."""
    step, _, rest = path.partition(".")
    found = data.get(step.removesuffix("[]")) if isinstance(data, Mapping) else None
    if step.endswith("[]"):
        for item in found if isinstance(found, list) else ():
            if rest:
                yield from items_of(item, rest)
            else:
                yield item
    elif rest:
        yield from items_of(found, rest)


def as_json(value: Any, depth: int = 0) -> Any:
    """A copy that canonical JSON can hold: instants as text, bytes as base64, huge numbers as text."""
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, int):
        return value if -_EXACT <= value <= _EXACT else str(value)
    if isinstance(value, float):
        return value if value == value and abs(value) != float("inf") else str(value)
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(value, Mapping):
        return {str(k): as_json(v, depth + 1) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [as_json(v, depth + 1) for v in value]
    if isinstance(value, bytes | bytearray):
        return base64.b64encode(value).decode()
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat().replace("+00:00", "Z")
    return str(value)


def parse_document(text: Any) -> Any:
    """A policy or other JSON document; IAM's come percent-encoded. Empty text is None.

    Raises:
        ValueError: it is not JSON, or nested beyond all reason.
    """
    if not isinstance(text, str) or not text.strip():
        return None if not text else as_json(text)
    first = text.lstrip()[:1]
    if first == "%":
        text = unquote(text)
    try:
        return as_json(json.loads(text))
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
