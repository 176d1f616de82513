"""IAM and resource policies as values: every form the grammar allows, nothing guessed.

Grammar: AWS IAM User Guide, "Grammar of the IAM JSON policy language". What AWS would refuse to
store, or what this reader does not know, raises PolicyError; a caller treats that as "cannot tell".
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

__all__ = ["Condition", "Policy", "PolicyError", "Principals", "Statement", "parse_policy"]

MOST_BYTES = 200_000  # AWS's largest policy is 20 KB
MOST_STATEMENTS = 500
MOST_VALUES = 5_000

NEGATED = {
    "stringnotequals": "stringequals",
    "stringnotequalsignorecase": "stringequalsignorecase",
    "stringnotlike": "stringlike",
    "arnnotequals": "arnequals",
    "arnnotlike": "arnlike",
    "notipaddress": "ipaddress",
    "numericnotequals": "numericequals",
    "datenotequals": "dateequals",
}
POSITIVE = {
    *NEGATED.values(),
    "bool",
    "null",
    "binaryequals",
    *(
        kind + comparison
        for kind in ("numeric", "date")
        for comparison in ("lessthan", "lessthanequals", "greaterthan", "greaterthanequals")
    ),
}


class PolicyError(ValueError):
    """A policy document that cannot be understood; the message says where and why."""


@dataclass(frozen=True, slots=True)
class Principals:
    """Who a statement names; `everyone` for "*" or {"AWS": "*"}.

    Attributes:
        everyone: all callers, anonymous ones included.
        names: (kind, name) pairs, kind as in the document: AWS, Service, Federated, CanonicalUser.
        negated: the statement is about everybody but these (NotPrincipal).
    """

    everyone: bool
    names: tuple[tuple[str, str], ...] = ()
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Condition:
    """One key of one condition operator: true when any of the values matches.

    Attributes:
        operator: positive operator in lower case, without quantifier and IfExists.
        negated: StringNotEquals and its like: true when none of the values matches.
        if_exists: true as well where the request lacks the key.
        quantifier: "", "forallvalues" or "foranyvalue".
        key: in lower case, as keys do not distinguish case.
        values: as texts; true and false in lower case.
    """

    operator: str
    negated: bool
    if_exists: bool
    quantifier: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement; `actions` are in lower case.

    Attributes:
        label: the Sid, else "statement N" counted from 1.
        allow: whether the effect is Allow.
        principals: None in identity policies.
        actions, not_action: the patterns, and whether everything but these is meant.
        resources, not_resource: the same; without either element, every resource.
        conditions: all must hold.
        unknown: a condition operator that this reader does not know; "" where there is none.
    """

    label: str
    allow: bool
    principals: Principals | None
    actions: tuple[str, ...]
    not_action: bool
    resources: tuple[str, ...]
    not_resource: bool
    conditions: tuple[Condition, ...]
    unknown: str = ""


@dataclass(frozen=True, slots=True)
class Policy:
    """A policy document; no statement at all is the policy that says nothing."""

    statements: tuple[Statement, ...] = ()


def parse_policy(document: str | Mapping[str, Any] | None) -> Policy:
    """Read a policy document, as text or as parsed JSON; None and "" are the empty policy.

    Raises:
        PolicyError: it is not JSON, not a policy, or beyond the limits.
    """
    if document is None or document == "":
        return Policy()
    if isinstance(document, str):
        if len(document) > MOST_BYTES:
            raise PolicyError(f"the policy is longer than {MOST_BYTES} characters")
        try:
            document = json.loads(document)
        except (ValueError, RecursionError) as error:
            raise PolicyError("the policy is not JSON") from error
    if not isinstance(document, Mapping):
        raise PolicyError("the policy is not a JSON object")
    statements = document.get("Statement", [])
    if isinstance(statements, Mapping):
        statements = [statements]
    if not isinstance(statements, list):
        raise PolicyError("Statement is neither an object nor a list")
    if len(statements) > MOST_STATEMENTS:
        raise PolicyError(f"the policy has more than {MOST_STATEMENTS} statements")
    return Policy(tuple(_statement(s, f"statement {n}") for n, s in enumerate(statements, 1)))


def _statement(value: Any, number: str) -> Statement:
    if not isinstance(value, Mapping):
        raise PolicyError(f"{number} is not an object")
    sid = value.get("Sid")
    label = sid if isinstance(sid, str) and sid else number
    effect = value.get("Effect")
    if effect not in ("Allow", "Deny"):
        raise PolicyError(f"{label}: Effect is neither Allow nor Deny")
    actions, not_action = _either(value, "Action", label)
    if actions is None:
        raise PolicyError(f"{label}: neither Action nor NotAction")
    resources, not_resource = _either(value, "Resource", label)
    principals = None
    for word in ("Principal", "NotPrincipal"):
        if word in value:
            principals = _principals(value[word], word == "NotPrincipal", effect == "Allow", label)
    conditions, unknown = _conditions(value.get("Condition"), label)
    return Statement(
        label=label,
        allow=effect == "Allow",
        principals=principals,
        actions=tuple(a.lower() for a in actions),
        not_action=not_action,
        resources=("*",) if resources is None else resources,
        not_resource=not_resource,
        conditions=conditions,
        unknown=unknown,
    )


def _either(value: Mapping[str, Any], word: str, label: str) -> tuple[tuple[str, ...] | None, bool]:
    if word in value and "Not" + word in value:
        raise PolicyError(f"{label}: both {word} and Not{word}")
    if word in value:
        return _texts(value[word], f"{label}: {word}"), False
    if "Not" + word in value:
        return _texts(value["Not" + word], f"{label}: Not{word}"), True
    return None, False


def _texts(value: Any, where: str) -> tuple[str, ...]:
    values = value if isinstance(value, list) else [value]
    if len(values) > MOST_VALUES:
        raise PolicyError(f"{where} has more than {MOST_VALUES} values")
    found = []
    for item in values:
        if isinstance(item, bool):
            found.append("true" if item else "false")
        elif isinstance(item, (str, int, float)):
            found.append(str(item))
        else:
            raise PolicyError(f"{where} is neither a text nor a list of texts")
    return tuple(found)


def _principals(value: Any, negated: bool, allow: bool, label: str) -> Principals:
    if value == "*":
        return Principals(True, negated=negated)
    if isinstance(value, str):
        # Some services hand back the bare name that a permission was added for.
        if re.fullmatch(r"\d{12}|arn:[^:]*:(iam|sts):.*", value):
            value = {"AWS": value}
        elif re.fullmatch(r"[\w.-]+\.(amazonaws\.com(\.cn)?|amazon\.com)", value):
            value = {"Service": value}
    if not isinstance(value, Mapping):
        raise PolicyError(f"{label}: Principal is neither an object nor *")
    names = [(kind, name) for kind, names in value.items() for name in _texts(names, f"{label}: {kind}")]
    everyone = ("AWS", "*") in names
    if allow and not negated:
        # AWS stores no wildcard but "*" itself. Should one turn up, the widest reading is the safe one.
        everyone = everyone or any(_is_wild(kind, name) for kind, name in names)
    return Principals(everyone, tuple(n for n in names if n != ("AWS", "*")), negated)


def _is_wild(kind: str, name: str) -> bool:
    if kind == "AWS":
        name = (name.split(":", 5) + [""] * 5)[4]  # the account
    return "*" in name or "?" in name


def _conditions(value: Any, label: str) -> tuple[tuple[Condition, ...], str]:
    if value is None:
        return (), ""
    if not isinstance(value, Mapping):
        raise PolicyError(f"{label}: Condition is not an object")
    found: list[Condition] = []
    unknown = ""
    for name, keys in value.items():
        if not isinstance(keys, Mapping):
            raise PolicyError(f"{label}: Condition {name} is not an object")
        operator, quantifier, if_exists = name.lower(), "", False
        for word in ("forallvalues", "foranyvalue"):
            if operator.startswith(word + ":"):
                operator, quantifier = operator[len(word) + 1 :], word
        if operator.endswith("ifexists"):
            operator, if_exists = operator.removesuffix("ifexists"), True
        negated = operator in NEGATED
        operator = NEGATED.get(operator, operator)
        if operator not in POSITIVE:
            unknown = unknown or name
            continue
        found.extend(
            Condition(operator, negated, if_exists, quantifier, key.lower(), values)
            for key, values in _values(keys, f"{label}: {name}")
        )
    return tuple(found), unknown


def _values(keys: Mapping[str, Any], where: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    for key, values in keys.items():
        yield key, _texts(values, f"{where} {key}")
