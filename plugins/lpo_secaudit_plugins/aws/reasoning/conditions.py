"""Condition blocks as constraints on the values of a request's keys, and whether they can be met.

Every condition of the policy language, on one key, says one of two things of that key's values:

    All(S)   every value lies in S; so also true where the request lacks the key
    Some(S)  at least one value lies in S; so false where the request lacks the key

StringEquals is Some(S), StringEqualsIfExists All(S), StringNotEquals All(not S), Null true
All(nothing), Null false Some(anything), ForAllValues: All(S), ForAnyValue: Some(S). The two are each
other's negation, so that a Deny that must not apply is a choice of one constraint. Semantics: AWS
IAM User Guide, "IAM JSON policy elements: Condition operators" and "Multi-valued context keys".
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from fractions import Fraction
from itertools import pairwise

from lpo_secaudit_plugins.aws.reasoning.addresses import EVERYWHERE, AddressSet
from lpo_secaudit_plugins.aws.reasoning.policy import Condition
from lpo_secaudit_plugins.aws.reasoning.wildcards import Budget, Pattern, pattern, some_member

__all__ = ["Constraint", "Domain", "UnknownConditionError", "can_hold", "constraint_of"]


class UnknownConditionError(Exception):
    """A condition whose meaning cannot be computed here; the question stays open."""


@dataclass(frozen=True, slots=True)
class Constraint:
    """All(S) or Some(S) on one key; S is a set of one kind, or its complement.

    Attributes:
        key: in lower case.
        some: Some(S); else All(S).
        kind: "text", "address", "number", or "" where S is everything or nothing.
        negated: S is the complement of what the further attributes describe.
        patterns: for texts.
        addresses: for addresses.
        comparison, numbers: for numbers: "equals", "lessthan" ...; any of the numbers suffices.
    """

    key: str
    some: bool
    kind: str = ""
    negated: bool = False
    patterns: tuple[Pattern, ...] = ()
    addresses: AddressSet = EVERYWHERE
    comparison: str = ""
    numbers: tuple[Fraction, ...] = ()

    def opposite(self) -> Constraint:
        """The constraint that holds exactly where this one does not."""
        return Constraint(
            self.key,
            not self.some,
            self.kind,
            not self.negated,
            self.patterns,
            self.addresses,
            self.comparison,
            self.numbers,
        )

    def admits_number(self, value: Fraction) -> bool:
        return any(_compare(value, self.comparison, n) for n in self.numbers) is not self.negated

    @property
    def address_set(self) -> AddressSet:
        return ~self.addresses if self.negated else self.addresses


@dataclass(frozen=True)
class Domain:
    """What values a key can take in the requests a question is about.

    Attributes:
        text: patterns whose union holds every possible value.
        excluded: patterns of values that it cannot take, for a stranger's own identifiers: those
            that a policy names are by that not the stranger's.
        absent: the request may lack the key.
        present: the request may have it.
        broad: for addresses: only a broad set (see AddressSet.is_broad) lets just anybody in.
        addresses: possible addresses.
        not_before: for times: no earlier instant counts, in seconds since 1970.
    """

    text: tuple[Pattern, ...] = (("**",),)
    excluded: tuple[Pattern, ...] = ()
    absent: bool = True
    present: bool = True
    broad: bool = False
    addresses: AddressSet = EVERYWHERE
    not_before: Fraction | None = field(default=None)


def _compare(value: Fraction, comparison: str, bound: Fraction) -> bool:
    match comparison:
        case "equals":
            return value == bound
        case "lessthan":
            return value < bound
        case "lessthanequals":
            return value <= bound
        case "greaterthan":
            return value > bound
        case _:
            return value >= bound


def constraint_of(condition: Condition) -> Constraint:
    """The constraint that a condition puts on its key.

    Raises:
        UnknownConditionError: a value that its operator cannot read, or a policy variable in it.
    """
    operator, key = condition.operator, condition.key
    if operator == "null":
        values = {v.lower() for v in condition.values}
        if values <= {"true", "false"} and len(values) == 1:
            # Null true: no value at all. Null false: some value, whatever it is.
            return Constraint(key, some="false" in values, negated="true" in values)
        raise UnknownConditionError(f"Null with {', '.join(condition.values)}")
    if condition.quantifier:
        some = condition.quantifier == "foranyvalue"
    else:
        # A negated operator is true for a missing key, a positive one is not; IfExists makes it so.
        some = not (condition.negated or condition.if_exists)
    if any("${" in value for value in condition.values):
        raise UnknownConditionError(f"{key} is compared with a policy variable")
    if operator == "ipaddress":
        try:
            addresses = AddressSet.of(*condition.values)
        except ValueError as error:
            raise UnknownConditionError(f"{key}: {error}") from error
        return Constraint(key, some, "address", condition.negated, addresses=addresses)
    for family in ("numeric", "date"):
        if operator.startswith(family):
            numbers = tuple(_number(value, family, key) for value in condition.values)
            comparison = operator.removeprefix(family)
            return Constraint(key, some, "number", condition.negated, comparison=comparison, numbers=numbers)
    return Constraint(key, some, "text", condition.negated, patterns=_patterns(operator, condition.values))


def _patterns(operator: str, values: Iterable[str]) -> tuple[Pattern, ...]:
    if operator == "bool":
        return tuple(pattern(value.lower(), literal=True) for value in values)
    # ArnEquals and ArnLike are the same operator. Their six colon-delimited parts may each hold
    # wildcards; a star that runs over a colon can only make a set look larger than it is.
    literal = operator in ("stringequals", "stringequalsignorecase", "binaryequals")
    fold = operator == "stringequalsignorecase"
    return tuple(pattern(value, literal=literal, fold_case=fold) for value in values)


def _number(value: str, family: str, key: str) -> Fraction:
    try:
        if family == "numeric":
            return Fraction(value)
        if value.lstrip("-").isdigit():
            return Fraction(value)
        instant = datetime.fromisoformat(value)
        return Fraction(
            instant.timestamp() if instant.tzinfo else datetime.fromisoformat(value + "+00:00").timestamp()
        )
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise UnknownConditionError(f"{key}: {value!r} is no {family} value") from error


MULTI_VALUED = frozenset(
    {
        "aws:tagkeys",
        "aws:principalorgpaths",
        "aws:sourceorgpaths",
        "aws:resourceorgpaths",
        "aws:principalservicenameslist",
    }
)


def can_hold(
    constraints: Sequence[Constraint],
    domains: Mapping[str, Domain],
    quantified: frozenset[str] = frozenset(),
    budget: Budget | None = None,
) -> bool:
    """Whether one request can meet all constraints at once.

    Args:
        domains: what each key's values can be; "" is the domain of keys not named.
        quantified: keys that stand under ForAllValues or ForAnyValue, so may have several values.

    Raises:
        UnknownConditionError: constraints of different kinds on one key.
        TooComplexError: a set of patterns outgrew its limit.
    """
    budget = budget or Budget()
    budget.spend(5 * len(constraints) + sum(len(c.patterns) + len(c.numbers) for c in constraints))
    by_key: dict[str, list[Constraint]] = {}
    for constraint in constraints:
        by_key.setdefault(constraint.key, []).append(constraint)
    return all(
        _key_can_hold(parts, _domain(key, domains), key in quantified, budget)
        for key, parts in by_key.items()
    )


def _domain(key: str, domains: Mapping[str, Domain]) -> Domain:
    found = domains.get(key)
    if found is None and "/" in key:
        found = domains.get(key.partition("/")[0] + "/")
    return found or domains.get("") or Domain()


def _key_can_hold(constraints: list[Constraint], domain: Domain, many: bool, budget: Budget) -> bool:
    required = [c for c in constraints if c.some]
    if domain.absent and not required:
        return True
    if not domain.present:
        return False
    every = [c for c in constraints if not c.some]
    if not many and constraints[0].key not in MULTI_VALUED:
        return _some_value([*every, *required], domain, budget)
    if not required:
        return _some_value(every, domain, budget)
    return all(_some_value([*every, one], domain, budget) for one in required)


def _some_value(constraints: list[Constraint], domain: Domain, budget: Budget) -> bool:
    """Whether a value of the domain lies in every set."""
    if any(not c.kind and c.negated for c in constraints):
        return False
    typed = [c for c in constraints if c.kind]
    kinds = {c.kind for c in typed}
    if len(kinds) > 1:
        raise UnknownConditionError(f"{typed[0].key} is compared as {' and '.join(sorted(kinds))}")
    if kinds == {"address"} or (not kinds and domain.broad):
        left = domain.addresses
        for c in typed:
            left &= c.address_set
        return left.is_broad if domain.broad else bool(left)
    if kinds == {"number"}:
        return _some_number(typed, domain)
    inside = [c.patterns for c in typed if not c.negated]
    outside = [c.patterns for c in typed if c.negated]
    if domain.excluded:
        outside.append(domain.excluded)
    return any(some_member(base, inside, outside, budget) is not None for base in domain.text)


def _some_number(constraints: list[Constraint], domain: Domain) -> bool:
    """Order is all that counts, so the bounds, what lies between and beyond them are all the cases."""
    bounds = sorted(
        {n for c in constraints for n in c.numbers}
        | ({domain.not_before} if domain.not_before is not None else set())
    )
    if not bounds:
        return True
    cases = [
        bounds[0] - 1,
        *bounds,
        *((a + b) / 2 for a, b in pairwise(bounds)),
        bounds[-1] + 1,
    ]
    if domain.not_before is not None:
        cases = [case for case in cases if case >= domain.not_before]
    return any(all(c.admits_number(case) for c in constraints) for case in cases)
