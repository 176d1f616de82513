"""The package's JSON Schemas, and validation that points at file, line and path."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema
import jsonschema_rs
from jsonschema.exceptions import ValidationError, best_match

from lpo_secaudit.errors import InputError, close_to
from lpo_secaudit.formats.yaml import YamlFile

__all__ = ["is_schema", "load_schema", "validate_file", "validate_value"]


@cache
def load_schema(name: str) -> dict[str, Any]:
    """The published schema `lpo_secaudit/schemas/<name>.schema.json`."""
    text = (files("lpo_secaudit") / "schemas" / f"{name}.schema.json").read_text(encoding="utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


@cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    return jsonschema.Draft202012Validator(load_schema(name))


@cache
def _quick_validator(name: str) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator(load_schema(name))


def _holds(validator: jsonschema_rs.Draft202012Validator, value: Any) -> bool:
    """Whether a value is valid beyond doubt, in a hundredth of the time that explaining takes."""
    try:
        return validator.is_valid(value)
    except ValueError:  # a value that it cannot represent
        return False


@cache
def _schema_validator() -> jsonschema_rs.Draft202012Validator:
    # As data against the meta-schema: what asks for it by its own `$schema` would fetch that address.
    return jsonschema_rs.Draft202012Validator({"$ref": "https://json-schema.org/draft/2020-12/schema"})


def is_schema(value: Any) -> bool:
    """Whether a value is, beyond doubt, a JSON Schema of draft 2020-12 whose patterns can be searched for."""
    try:
        # The meta-schema leaves the format of patterns open, and the search is Python's own.
        for pattern in _patterns(value):
            re.compile(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return _holds(_schema_validator(), value)


def _patterns(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        if isinstance(value.get("pattern"), str):
            yield value["pattern"]
        if isinstance(value.get("patternProperties"), Mapping):
            yield from value["patternProperties"]
        for part in value.values():
            yield from _patterns(part)
    elif isinstance(value, list):
        for part in value:
            yield from _patterns(part)


def _subschema(error: ValidationError) -> Mapping[str, Any]:
    return error.schema if isinstance(error.schema, Mapping) else {}


def _hint(error: ValidationError) -> str | None:
    schema = _subschema(error)
    if error.validator == "additionalProperties" and isinstance(error.instance, dict):
        known = list(schema.get("properties", {}))
        unknown = [k for k in error.instance if k not in known]
        return (close_to(unknown[0], known) if unknown else None) or f"known keys: {', '.join(known)}"
    if error.validator == "enum" and (close := close_to(str(error.instance), map(str, schema["enum"]))):
        return close
    description = schema.get("description")
    return f"expected: {description}" if description else None


def _deepest(error: ValidationError) -> ValidationError:
    return best_match([error]) if error.context else error


def validate_file(file: YamlFile, schema: str) -> None:
    """Check a parsed YAML file against a published schema.

    Raises:
        InputError: the first problem in file order, with how many more there are.
    """
    if _holds(_quick_validator(schema), file.value):
        return
    problems = [_deepest(e) for e in _validator(schema).iter_errors(file.value)]
    if not problems:
        return

    def place(error: ValidationError) -> tuple[str | int, ...]:
        path = tuple(error.absolute_path)
        if error.validator == "additionalProperties" and isinstance(error.instance, dict):
            known = _subschema(error).get("properties", {})
            return (*path, next((k for k in error.instance if k not in known), ""))
        return path

    def order(error: ValidationError) -> tuple[int, bool, str]:
        line = file.lines.get(place(error), file.lines.get(tuple(error.absolute_path), 0))
        # A misspelt key is both unknown and missing under its right name; the first of the two helps more.
        return line, error.validator != "additionalProperties", error.message

    problems.sort(key=order)
    first = problems[0]
    more = f" (and {len(problems) - 1} more)" if len(problems) > 1 else ""
    raise InputError(first.message[:400] + more, where=file.where(place(first)), hint=_hint(first))


def validate_value(value: Any, schema: str, where: str) -> None:
    """Check a JSON value (not from YAML) against a published schema.

    Raises:
        InputError: the first problem, with its JSON path.
    """
    if _holds(_quick_validator(schema), value):
        return
    error = best_match(_validator(schema).iter_errors(value))
    if error is not None:
        raise InputError(error.message[:400], where=f"{where}: {error.json_path}", hint=_hint(error))
