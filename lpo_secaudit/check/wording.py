"""Values in the words of a message, for a reader who knows neither JSON nor Python."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, cast

from jsonschema.exceptions import ValidationError

__all__ = ["in_words", "is_absent", "problem_in_words"]

NOT_SET = "not set"
MOST_CHARACTERS = 200
MOST_LISTED = 4
MOST_DEPTH = 2

_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+")
_PLAIN_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}\Z")
# What names a thing, the best first; what says how it stands; what says little to a reader.
_NAMES = ("name", "id", "arn")
_STATES = ("status", "state", "type", "enabled", "mode", "reason")
_LAST = ("arn", "id", "at", "date", "time", "timestamp")
_TYPES = {
    "string": "a text",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "yes or no",
    "array": "a list",
    "object": "settings",
    "null": "nothing",
}


def is_absent(value: Any, depth: int = 0) -> bool:
    """Whether a value says nothing: null, blank text, or what holds nothing but such values."""
    if isinstance(value, str):
        return not value.strip()
    if isinstance(value, Mapping | list | tuple):
        members = value.values() if isinstance(value, Mapping) else value
        return depth <= MOST_DEPTH and all(is_absent(m, depth + 1) for m in members)
    return value is None


def in_words(value: Any, absent: str = "", most: int = MOST_CHARACTERS) -> str:
    """A value as it can stand in a sentence, of at most `most` characters; `absent` where there is none.

    Without `absent`, absent values read "not set" and empty lists "none". True and false, also as texts,
    as in some of AWS's answers, read "yes" and "no", lists "a, b, c and 3 more". Of an object stand its
    name and the few members that tell most.
    """
    text = absent if absent and is_absent(value) else _words(value, 0)
    return text if len(text) <= most else text[: most - 1].rstrip() + "…"


def _words(value: Any, depth: int) -> str:
    if isinstance(value, list | tuple):
        return _list([v for v in value if not is_absent(v)], depth)
    if is_absent(value):
        return NOT_SET
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return _object(value, depth)
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    text = " ".join(str(value).split())
    return {"true": "yes", "false": "no"}.get(text, text)


def _list(items: Sequence[Any], depth: int) -> str:
    if not items:
        return "none"
    if depth >= MOST_DEPTH:
        return _counted(len(items), "entry", "entries")
    # Those that are not shown are only counted.
    shown = [_words(v, depth + 1) for v in items[:MOST_LISTED]]
    return _joined(shown, len(items))


def _joined(shown: list[str], total: int) -> str:
    """The first of `total` texts, of which at most MOST_LISTED are handed in."""
    if total > MOST_LISTED:
        shown = [*shown[: MOST_LISTED - 1], f"{total - MOST_LISTED + 1} more"]
    return " and ".join([", ".join(shown[:-1]), shown[-1]]) if len(shown) > 1 else shown[0]


def _object(value: Mapping[Any, Any], depth: int) -> str:
    told = {str(k): v for k, v in value.items() if not is_absent(v)}
    if depth >= MOST_DEPTH:
        return _counted(len(told), "setting", "settings")
    name = next(_naming(told), None)
    lead = _words(told.pop(name), depth + 1) if name else ""
    ranked = sorted(told, key=lambda k: _rank(k, told[k]))
    members = [f"{_key(k)}: {_words(told[k], depth + 1)}" for k in ranked[:MOST_LISTED]]
    if not members:
        return lead
    more = f" and {len(ranked) - len(members)} more" if len(ranked) > len(members) else ""
    rest = ", ".join(members) + more
    return f"{lead} ({rest})" if lead else rest


def _naming(told: Mapping[str, Any]) -> Iterator[str]:
    """The members that name the object, the best first."""
    texts = [k for k, v in told.items() if isinstance(v, str)]
    for name in _NAMES:
        yield from (k for k in texts if k.lower() == name)
    for name in _NAMES:
        yield from (k for k in texts if _last_word(k) == name)


def _rank(key: str, value: Any) -> int:
    if isinstance(value, Mapping | list | tuple):
        return 3
    word = _last_word(key)
    return 0 if word in _STATES else 2 if word in _LAST else 1


def _last_word(key: str) -> str:
    words: list[str] = _WORD.findall(key) or [key]
    return words[-1].lower()


def _key(key: str) -> str:
    """`BlockPublicAcls` and `block_public_acls` as words; what is no such name as it stands."""
    if not _PLAIN_KEY.match(key):
        return " ".join(key.split())[:60]
    words = _WORD.findall(key)
    return " ".join(w if len(w) > 1 and w.isupper() else w.lower() for w in words) or key


def _counted(number: int, one: str, many: str) -> str:
    return f"{number} {one if number == 1 else many}"


def problem_in_words(error: ValidationError) -> str:
    """Why a record fails a schema, for checks that bring no message of their own."""
    steps = [_key(str(step)) for step in error.absolute_path if isinstance(step, str)]
    rule, asked = str(error.validator), cast("Any", error.validator_value)
    if rule == "required" and isinstance(error.instance, Mapping):
        lacking = [_key(str(name)) for name in asked if name not in error.instance]
        return ", ".join([*steps, f"{_joined(lacking[:MOST_LISTED], len(lacking))}: {NOT_SET}"])
    place = ", ".join(steps) or "the record"
    expected = _expected(rule, asked)
    return f"{place}: {in_words(error.instance)}" + (f"; expected: {expected}" if expected else "")


def _expected(rule: str, asked: Any) -> str:
    """What a rule of JSON Schema asks for; "" where that cannot be said in a few words."""
    if rule == "const":
        return in_words(asked)
    if rule == "enum":
        return f"one of {in_words(asked)}"
    if rule == "type":
        return " or ".join(_TYPES[t] for t in ([asked] if isinstance(asked, str) else asked))
    if rule in ("minimum", "maximum"):
        return f"at {'least' if rule == 'minimum' else 'most'} {in_words(asked)}"
    if rule in ("minItems", "minLength"):
        return f"at least {in_words(asked)} {'entries' if rule == 'minItems' else 'characters'}"
    return ""
