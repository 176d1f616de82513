"""Records spoiled in every way, and what no message may show of them."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping
from typing import Any

__all__ = ["CODE", "spoiled"]

# What a reader of a report must not see: null, Python's words, braces and brackets, and quoted keys.
CODE = re.compile(r"\b(?:null|None|NoneType|True|False)\b|[{}\[\]]|'\w+':|\"\w+\":")

_DROPPED = object()
_WRONG = (
    None,
    "",
    [],
    {},
    {"Name": None, "Inner": {"Deep": [1, {"x": None}]}},
    [None, {"Status": None, "Tags": []}, [[]]],
    _DROPPED,
)


def spoiled(data: Mapping[str, Any], *more: Any) -> Iterator[dict[str, Any]]:
    """Copies in which one value, at any depth, is absent, empty or nested where it was plain.

    Args:
        more: other values to put into every place.

    No facet is dropped as a whole: a record without it is a gap, and says so.
    """
    for path in _places(data):
        for value in (*_WRONG, *more):
            found = copy.deepcopy(dict(data))
            *way, last = path
            holder: Any = found
            for step in way:
                holder = holder[step]
            if value is not _DROPPED:
                holder[last] = value
            elif way:
                del holder[last]
            yield found


def _places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    if path:
        yield path
    if isinstance(value, Mapping):
        for key, child in value.items():
            yield from _places(child, (*path, key))
    elif isinstance(value, list):
        for index, child in enumerate(value):
            yield from _places(child, (*path, index))
