"""Declarative checks: JSON Schemas over one record, with messages that name the values seen."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import jsonschema
from jsonschema.exceptions import best_match

from lpo_secaudit.check.definitions import schema_facets
from lpo_secaudit.check.view import RecordView
from lpo_secaudit.check.wording import in_words, problem_in_words
from lpo_secaudit.errors import InputError
from lpo_secaudit.model.check import (
    Check,
    Outcome,
    UnavailableError,
    Verdict,
    not_applicable,
    not_satisfied,
    satisfied,
)

__all__ = ["compile_check"]

_SLOT = re.compile(r"\{([A-Za-z0-9_.-]+)(?:\|([^{}|]+))?\}")
"""A value of the record or a parameter, and after a bar what stands where the value is absent."""

Judge = Callable[[RecordView], "Verdict | None"]


def compile_check(check: Check, parameters: Mapping[str, Any]) -> tuple[Judge, Judge | None]:
    """(`select`/`applies` stage, `expect` stage or None for checks with a function).

    The first returns None where the record goes on to be judged, `not-applicable` where `applies`
    fails, and a verdict with outcome None never; a record that `select` rejects raises Skip.

    Raises:
        InputError: a schema uses a parameter that the check does not declare.
    """
    select = _stage(check.select, parameters, check)
    applies = _stage(check.applies, parameters, check)
    expect = _stage(check.expect, parameters, check)

    def gate(record: RecordView) -> Verdict | None:
        if select is not None and select(record) is not None:
            raise SkipRecord
        if applies is not None and applies(record) is not None:
            return not_applicable(
                _message(check, Outcome.NOT_APPLICABLE, record, parameters) or "does not apply here"
            )
        return None

    if expect is None:
        return gate, None

    def judge(record: RecordView) -> Verdict:
        problem = expect(record)
        if problem is None:
            return satisfied(_message(check, Outcome.SATISFIED, record, parameters) or check.title)
        return not_satisfied(_message(check, Outcome.NOT_SATISFIED, record, parameters) or problem)

    return gate, judge


class SkipRecord(Exception):  # noqa: N818  # a signal, not an error
    """The record is none of this check's business."""


def _stage(
    schema: Mapping[str, Any] | None, parameters: Mapping[str, Any], check: Check
) -> Callable[[RecordView], str | None] | None:
    if schema is None:
        return None
    validator = jsonschema.Draft202012Validator(_bind(schema, parameters, check))
    facets = sorted(schema_facets(schema))

    def problem(record: RecordView) -> str | None:
        for facet in facets:
            gap = record.gap(facet)
            if gap is not None:
                raise UnavailableError(gap)
        error = best_match(validator.iter_errors(record.evidence.data))
        if error is None:
            return None
        return problem_in_words(error)[:300]

    return problem


def _bind(value: Any, parameters: Mapping[str, Any], check: Check) -> Any:
    if isinstance(value, Mapping):
        if set(value) == {"$parameter"}:
            name = value["$parameter"]
            if name not in parameters:
                raise InputError(f"check {check.id!r} uses parameter {name!r} without declaring it")
            return parameters[name]
        return {k: _bind(v, parameters, check) for k, v in value.items()}
    if isinstance(value, list):
        return [_bind(v, parameters, check) for v in value]
    return value


def _message(check: Check, outcome: Outcome, record: RecordView, parameters: Mapping[str, Any]) -> str | None:
    template = check.messages.get(str(outcome))
    if template is None:
        return None

    def value(match: re.Match[str]) -> str:
        name, *path = match[1].split(".")
        if name == "id":
            return record.subject.id
        found = parameters.get(name, record.evidence.data.get(name))
        for step in path:
            found = found.get(step) if isinstance(found, Mapping) else None
        return in_words(found, match[2] or "")

    return _SLOT.sub(value, template)
