"""The sidecar: a YAML file beside a certificate in which a person confirms or corrects what was read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jsonschema
from jsonschema.exceptions import best_match

from lpo_secaudit.errors import InputError
from lpo_secaudit.formats.yaml import load_yaml

from .kinds import KINDS

__all__ = ["SCHEMA", "Sidecar", "load_sidecar"]

_DAY = {"type": "string", "pattern": r"^\d{4}-\d{2}-\d{2}$", "description": "a day such as 2026-11-25"}
_TEXT = {"type": "string"}
_TEXTS = {"type": "array", "items": {"type": "string", "minLength": 1}}
SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "required": ["confirmed_by", "confirmed_on"],
    "properties": {
        "kind": {"enum": [kind.id for kind in KINDS]},
        "confirmed_by": {"type": "string", "minLength": 1},
        "confirmed_on": _DAY,
        "values": {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                **dict.fromkeys(("issued", "expires", "period_from", "period_to"), _DAY),
                **dict.fromkeys(("number", "holder", "issuer", "standard", "scope"), _TEXT),
                "exclusions": _TEXTS,
                "exceptions": _TEXTS,
                "findings": {"type": "object", "additionalProperties": {"type": "integer", "minimum": 0}},
                "policies": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "required": ["type", "effective", "expires", "limit"],
                        "properties": {
                            "type": {"type": "string"},
                            "effective": _DAY,
                            "expires": _DAY,
                            "limit": {"type": "integer", "minimum": 0},
                            "insurer": {"type": "string"},
                        },
                    },
                },
            },
        },
    },
}


@dataclass(frozen=True)
class Sidecar:
    """What a person confirmed: by whom, on which day, and the values that replace those read."""

    confirmed_by: str
    confirmed_on: str
    kind: str | None = None
    values: Mapping[str, Any] = field(default_factory=dict)


def load_sidecar(certificate: Path, shown: str) -> Sidecar | None:
    """The file `<certificate>.yaml`; None where there is none.

    Raises:
        InputError: it is not as SCHEMA says; with line and hint.
    """
    path = certificate.with_name(certificate.name + ".yaml")
    if not path.exists():
        return None
    file = load_yaml(path, f"{shown}.yaml")
    error = best_match(jsonschema.Draft202012Validator(dict(SCHEMA)).iter_errors(file.value))
    if error is not None:
        raise InputError(
            error.message[:300],
            where=file.where(tuple(error.absolute_path)),
            hint="a sidecar has confirmed_by, confirmed_on, and values that replace those read",
        )
    value = file.value
    return Sidecar(value["confirmed_by"], value["confirmed_on"], value.get("kind"), value.get("values", {}))
