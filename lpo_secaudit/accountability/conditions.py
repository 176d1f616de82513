"""Conditions on facts in three values: holds, does not hold, or cannot tell and which fact is missing.

Kleene's strong three-valued logic: a conjunction with one false part is false whatever the unknown
parts are, so a missing fact only leaves open what it could change.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from lpo_secaudit.errors import InputError

__all__ = [
    "ALWAYS",
    "AllOf",
    "AnyOf",
    "Condition",
    "FactSource",
    "Leaf",
    "Not",
    "Verdict",
    "evaluate",
    "leaves",
    "parse_condition",
    "question",
    "simplify",
]


@dataclass(frozen=True, slots=True)
class Verdict:
    """The answer to a condition.

    Attributes:
        value: True, False, or None when it cannot be told.
        missing: the facts that would decide it, as questions; empty unless `value` is None.
        because: the facts that decided it, in words.
    """

    value: bool | None
    missing: tuple[str, ...] = ()
    because: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Leaf:
    """One question to the facts.

    Attributes:
        kind: always, subjects_in, established_in, regime, data, affected, fact, risk, contract_governs.
        values: names the question is about (places, regimes, data classes, a fact, a risk level).
        where: place or party the question is about.
        compare: more_than, at_least or fewer_than, for counts.
        number: the count compared with.
        of_data: count only persons whose data of this class were affected.
        if_unknown: what an unknown count stands for (Or. Rev. Stat. § 646A.604(2)(c)); None leaves it open.
    """

    kind: str
    values: tuple[str, ...] = ()
    where: str = ""
    compare: str = ""
    number: int = 0
    of_data: str | None = None
    if_unknown: bool | None = None


@dataclass(frozen=True, slots=True)
class AllOf:
    """Every part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """At least one part holds."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    """The part does not hold."""

    part: Condition


Condition = Leaf | AllOf | AnyOf | Not

ALWAYS = Leaf("always")
_YES = Verdict(True)
_NEVER: Condition = Not(ALWAYS)


_COMPARED = {"more_than": "more than {n}", "at_least": "at least {n}", "fewer_than": "fewer than {n}"}


def question(leaf: Leaf) -> str:
    """What would have to be known to answer a leaf, as a question to a person."""
    names = " or ".join(leaf.values)
    match leaf.kind:
        case "affected":
            where = {"total": "in all", "one-state": "in any one State"}.get(leaf.where, f"in {leaf.where}")
            of = f" whose {leaf.of_data} data were hit" if leaf.of_data else ""
            how = _COMPARED[leaf.compare].format(n=leaf.number)
            return f"How many persons{of} are affected {where} ({how})?"
        case "fact":
            return f"Does this hold: {names.replace('-', ' ')}?"
        case "risk":
            return "Is harm to the persons unlikely, likely or high?"
        case "data":
            return f"Were data of class {names} hit?"
        case "subjects_in":
            return f"Do persons in {names} stand in the data?"
        case "regime":
            return f"Is the controller under the regime {names}?"
        case "established_in":
            return f"Is the {leaf.where} established in {names}?"
        case "firm_role":
            return "Is the firm controller or processor of the data?"
        case "contract_governs":
            return "Does the contract with the provider govern breach notices?"
    return f"{leaf.kind} {names}?"


class FactSource(Protocol):
    """Whoever knows facts: an engagement, or an incident of one."""

    def ask(self, leaf: Leaf) -> Verdict:
        """Answer one question; never raises for a fact that is merely unknown."""
        ...


def evaluate(condition: Condition, facts: FactSource) -> Verdict:
    """Whether a condition holds by these facts."""
    match condition:
        case Leaf(kind="always"):
            return _YES
        case Leaf():
            return facts.ask(condition)
        case Not(part):
            inner = evaluate(part, facts)
            return Verdict(None if inner.value is None else not inner.value, inner.missing, inner.because)
        case AllOf(parts):
            return _join((evaluate(part, facts) for part in parts), decisive=False)
        case AnyOf(parts):
            return _join((evaluate(part, facts) for part in parts), decisive=True)


def _join(verdicts: Iterable[Verdict], *, decisive: bool) -> Verdict:
    """All or any of the parts; nothing is asked after the part that decides."""
    because: list[str] = []
    missing: dict[str, None] = {}
    unknown = False
    for verdict in verdicts:
        if verdict.value is decisive:
            return Verdict(decisive, (), verdict.because)
        if verdict.value is None:
            unknown = True
            missing.update(dict.fromkeys(verdict.missing))
        because.extend(verdict.because)
    return Verdict(None if unknown else not decisive, tuple(missing), tuple(dict.fromkeys(because)))


def simplify(condition: Condition, facts: FactSource) -> Condition:
    """The condition with the parts that these facts already decide put in, for evaluating it often."""
    match condition:
        case Leaf():
            value = evaluate(condition, facts).value
            return condition if value is None else ALWAYS if value else _NEVER
        case Not(part):
            inner = simplify(part, facts)
            return ALWAYS if inner == _NEVER else _NEVER if inner == ALWAYS else Not(inner)
        case AllOf(parts):
            left = tuple(p for p in (simplify(part, facts) for part in parts) if p != ALWAYS)
            if _NEVER in left:
                return _NEVER
            return ALWAYS if not left else left[0] if len(left) == 1 else AllOf(left)
        case AnyOf(parts):
            left = tuple(p for p in (simplify(part, facts) for part in parts) if p != _NEVER)
            if ALWAYS in left:
                return ALWAYS
            return _NEVER if not left else left[0] if len(left) == 1 else AnyOf(left)


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Every question in a condition."""
    match condition:
        case Leaf():
            yield condition
        case Not(part):
            yield from leaves(part)
        case AllOf(parts) | AnyOf(parts):
            for part in parts:
                yield from leaves(part)


_COMPARE = ("more_than", "at_least", "fewer_than")


def parse_condition(value: Mapping[str, Any], where: str) -> Condition:
    """Read a condition from its YAML form, a mapping with one key (the schema's `condition`).

    Raises:
        InputError: not that form.
    """
    if not isinstance(value, Mapping) or len(value) != 1:
        raise InputError("a condition is a mapping with exactly one key", where=where)
    [(kind, body)] = value.items()
    try:
        match kind:
            case "all":
                return AllOf(tuple(parse_condition(part, f"{where}.all[{i}]") for i, part in enumerate(body)))
            case "any":
                return AnyOf(tuple(parse_condition(part, f"{where}.any[{i}]") for i, part in enumerate(body)))
            case "not":
                return Not(parse_condition(body, f"{where}.not"))
            case "always":
                return ALWAYS
            case "subjects_in" | "data":
                return Leaf(kind, tuple(body))
            case "regime" | "fact" | "risk":
                return Leaf(kind, (body,))
            case "contract_governs":
                return Leaf(kind)
            case "established_in":
                return Leaf(kind, tuple(body["places"]), where=body["party"])
            case "affected":
                compare = next(name for name in _COMPARE if name in body)
                unknown = {"triggers": True}.get(body.get("unknown", ""))
                return Leaf(kind, (), body["in"], compare, body[compare], body.get("data"), unknown)
    except (KeyError, StopIteration, TypeError) as error:
        raise InputError(f"condition {kind!r} is not complete: {error}", where=where) from error
    raise InputError(f"condition {kind!r} is not known", where=where)
