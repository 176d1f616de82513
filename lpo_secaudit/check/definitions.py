"""Check definitions from YAML rows, joined with the Python functions that stand beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from importlib.resources.abc import Traversable
from typing import Any

import jsonschema

from lpo_secaudit.errors import InputError, PluginError
from lpo_secaudit.formats.schema import is_schema, validate_file
from lpo_secaudit.formats.yaml import YamlFile, parse_yaml
from lpo_secaudit.model.check import Check, CheckFunction, Method, Severity
from lpo_secaudit.model.durations import parse_duration

__all__ = ["load_checks", "parse_checks", "schema_facets"]


def load_checks(
    plugin: str, definitions: Iterable[Traversable], functions: Mapping[str, CheckFunction] | None = None
) -> tuple[Check, ...]:
    """Read a plugin's check files and join each row without `expect` to its function by id.

    Args:
        plugin: the plugin's name, noted in each check.
        definitions: YAML files as `checks.schema.json` describes them.
        functions: check id to function.

    Raises:
        PluginError: a row with neither `expect` nor function, or with both; a function without
            a row; an id that stands twice.
        InputError: a file that is not valid, with line and hint.
    """
    functions = dict(functions or {})
    checks: dict[str, Check] = {}
    for definition in definitions:
        file = parse_yaml(definition.read_bytes(), definition.name)
        validate_file(file, "checks")
        for check in parse_checks(file, ("checks",), plugin, functions):
            if check.id in checks:
                raise PluginError(f"check {check.id!r} is defined twice", where=definition.name)
            checks[check.id] = check
    orphans = sorted(set(functions) - set(checks))
    if orphans:
        raise PluginError(f"functions without a definition: {', '.join(orphans)}", hint="add a row for each")
    return tuple(checks.values())


def parse_checks(
    file: YamlFile,
    path: tuple[str | int, ...],
    plugin: str,
    functions: Mapping[str, CheckFunction] | None = None,
) -> Iterator[Check]:
    """The checks of a schema-valid list at `path` of a file.

    Raises:
        InputError: with the line, where `expect` would pass on a missing value.
        PluginError: as `load_checks`.
    """
    rows = file.value
    for step in path:
        rows = rows[step]
    for index, row in enumerate(rows):
        yield _check(row, file, (*path, index), plugin, functions or {})


def _check(
    row: Mapping[str, Any],
    file: YamlFile,
    path: tuple[str | int, ...],
    plugin: str,
    functions: Mapping[str, CheckFunction],
) -> Check:
    where = file.where(path)
    function = functions.get(row["id"])
    if ("expect" in row) == (function is not None):
        both = "both an `expect` and a function" if function else "neither an `expect` nor a function"
        raise PluginError(
            f"check {row['id']!r} has {both}", where=where, hint="a check has exactly one of the two"
        )
    facets: set[str] = set()
    for part in ("select", "applies", "expect"):
        if part in row:
            _examine_schema(row[part], file, (*path, part), facets, strict=part == "expect")
    reads = {type_: tuple(sorted(names)) for type_, names in row.get("reads", {}).items()}
    own = facets | set(reads.get(row["evidence"], ()))
    reads[row["evidence"]] = tuple(sorted(own))
    return Check(
        id=row["id"],
        title=row["title"],
        rationale=row["rationale"],
        severity=Severity(row["severity"]),
        topic=row["topic"],
        method=Method(row["method"]),
        remediation=row["remediation"],
        evidence=row["evidence"],
        reads=reads,
        aliases=tuple(row.get("aliases", ())),
        select=row.get("select"),
        applies=row.get("applies"),
        expect=row.get("expect"),
        function=function,
        quantifier=row.get("quantifier", "each"),
        max_age=parse_duration(row["max_age"], where) if "max_age" in row else None,
        parameters=row.get("parameters", {}),
        messages=row.get("messages", {}),
        plugin=plugin,
    )


def schema_facets(schema: Mapping[str, Any]) -> set[str]:
    """The top-level properties of `data` that a schema looks at."""
    found: set[str] = set(schema.get("properties", {})) | set(schema.get("required", ()))
    for word in ("allOf", "anyOf", "oneOf"):
        for part in schema.get(word, ()):
            found |= schema_facets(part)
    for word in ("not", "if", "then", "else"):
        if word in schema:
            found |= schema_facets(schema[word])
    return found


def _examine_schema(
    schema: Mapping[str, Any], file: YamlFile, path: tuple[str | int, ...], facets: set[str], *, strict: bool
) -> None:
    plain = _without_parameters(schema)
    if not is_schema(plain):
        try:
            jsonschema.Draft202012Validator.check_schema(plain)
        except jsonschema.SchemaError as error:
            raise InputError(
                f"not a valid JSON Schema: {error.message}", where=file.where((*path, *error.absolute_path))
            ) from error
        except (OverflowError, RecursionError) as error:  # a pattern that `re` cannot count or nest
            raise InputError(f"not a valid JSON Schema: {error}", where=file.where(path)) from error
    if any(isinstance(v, str) and not v.startswith("#") for v in _references(schema)):
        raise InputError("a schema may not refer to another document", where=file.where(path))
    facets |= schema_facets(schema)
    if strict:
        _must_require(schema, file, path)


def _must_require(schema: Any, file: YamlFile, path: tuple[str | int, ...]) -> None:
    """JSON Schema lets a missing property pass; an expectation may not (DESIGN rule 1)."""
    if not isinstance(schema, Mapping):
        return
    named, required = set(schema.get("properties", {})), set(schema.get("required", ()))
    missing = sorted(named - required)
    if missing:
        raise InputError(
            f"`expect` looks at {missing[0]!r} without requiring it; a record without it would pass",
            where=file.where((*path, "properties", missing[0])),
            hint=f"add `required: [{', '.join(sorted(named))}]` beside `properties`",
        )
    for name, part in schema.get("properties", {}).items():
        _must_require(part, file, (*path, "properties", name))
    for word in ("items", "then", "else", "contains"):
        if word in schema:
            _must_require(schema[word], file, (*path, word))
    for word in ("allOf", "anyOf", "oneOf"):
        for index, part in enumerate(schema.get(word, ())):
            _must_require(part, file, (*path, word, index))


def _references(value: Any) -> Iterator[Any]:
    if isinstance(value, Mapping):
        for key, part in value.items():
            if key in ("$ref", "$dynamicRef"):
                yield part
            else:
                yield from _references(part)
    elif isinstance(value, list):
        for part in value:
            yield from _references(part)


def _without_parameters(value: Any) -> Any:
    """The schema with each {"$parameter": name} replaced by a number, to check its form."""
    if isinstance(value, Mapping):
        if set(value) == {"$parameter"}:
            return 1
        return {k: _without_parameters(v) for k, v in value.items()}
    if isinstance(value, list):
        return [_without_parameters(v) for v in value]
    return value
