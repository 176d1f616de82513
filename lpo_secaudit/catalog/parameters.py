"""Parameters that profiles set for checks, merged and checked against what the checks declare."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lpo_secaudit.errors import InputError, close_to
from lpo_secaudit.model.catalog import Catalog
from lpo_secaudit.model.check import Check

__all__ = ["parameters_of"]


def parameters_of(
    catalogs: Iterable[Catalog], checks: Mapping[str, Check], *, all_known: bool = True
) -> dict[str, dict[str, Any]]:
    """Check id to parameter values; of two catalogs that set one parameter the later wins.

    A parameter nobody reads would leave the firm with a weaker check than it wrote down, so a
    misspelt one is an error.

    Args:
        checks: every check that some plugin or catalog brings.
        all_known: False where a plugin could not be loaded; a check that it would have brought
            is then let pass, and its control is undetermined anyway.

    Raises:
        InputError: a profile sets an unknown check or parameter, or a value of another type.
    """
    merged: dict[str, dict[str, Any]] = {}
    for catalog in catalogs:
        for id_, values in catalog.parameters.items():
            where = f"{catalog.id}: set.{id_}"
            if id_ not in checks:
                if all_known:
                    raise InputError(f"there is no check {id_!r}", where=where, hint=close_to(id_, checks))
                continue
            declared = checks[id_].parameters
            for name, value in values.items():
                if name not in declared:
                    hint = close_to(name, declared) or f"it has: {', '.join(sorted(declared)) or 'none'}"
                    raise InputError(f"the check has no parameter {name!r}", where=where, hint=hint)
                if not _fits(value, declared[name]):
                    raise InputError(
                        f"{name} is {value!r}, not of the kind of its default {declared[name]!r}", where=where
                    )
            merged.setdefault(id_, {}).update(values)
    return merged


def _fits(value: Any, default: Any) -> bool:
    if default is None or value is None:
        return True
    if isinstance(default, bool) or isinstance(value, bool):
        return isinstance(value, bool) and isinstance(default, bool)
    if isinstance(default, int | float):
        return isinstance(value, int | float)
    return isinstance(value, type(default)) or (isinstance(default, list | tuple) and isinstance(value, list))
