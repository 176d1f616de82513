"""Who can do what to a resource: policies evaluated for whole classes of requests at once.

A request is a caller, an action, a resource and the keys of its context. For each class of callers
the actions and resources fall into finitely many cases that the statements tell apart; in each case
one Allow must hold and every Deny that applies must fail in one of its conditions. If the
constraints that this puts on the request's keys can be met, the access exists, and the answer
names the statement that gives it (AWS IAM User Guide, "Policy evaluation logic").

What cannot be computed - unknown operators, policy variables compared with, limits - never makes an
answer by itself: it is "cannot tell" unless another statement settles the question.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from lpo_secaudit_plugins.aws.reasoning.callers import Caller, CallerKind, domains_of, outsiders, reaches
from lpo_secaudit_plugins.aws.reasoning.conditions import (
    Constraint,
    Domain,
    UnknownConditionError,
    can_hold,
    constraint_of,
)
from lpo_secaudit_plugins.aws.reasoning.policy import Policy, Statement
from lpo_secaudit_plugins.aws.reasoning.wildcards import (
    Budget,
    Pattern,
    TooComplexError,
    matches,
    pattern,
    signatures,
)

__all__ = ["ANYTHING", "Answer", "Grant", "Question", "ask"]


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked of one or more policies that together govern a resource.

    Attributes:
        actions: concrete action names in lower case, "s3:getobject".
        resources: patterns; access to any resource in their union counts.
        own_account: account that owns the resource; "" where unknown.
        callers: None for every outsider that the policies can tell apart.
        keys: overrides of what request keys can hold.
        all_allowed: start from everything allowed, so that only Denies decide.
    """

    actions: tuple[str, ...]
    resources: tuple[str, ...]
    own_account: str = ""
    callers: tuple[Caller, ...] | None = None
    keys: Mapping[str, Domain] = field(default_factory=dict)
    all_allowed: bool = False


@dataclass(frozen=True, slots=True)
class Grant:
    """One access that exists.

    Attributes:
        caller: who has it.
        actions: the actions of this case that were asked for, sorted.
        resource: an example of a resource it reaches.
        statement: label of the statement that gives it.
    """

    caller: Caller
    actions: tuple[str, ...]
    resource: str
    statement: str


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found out.

    Attributes:
        grants: accesses that certainly exist.
        doubts: why further accesses may exist; empty where the answer is exact.
    """

    grants: tuple[Grant, ...]
    doubts: tuple[str, ...]

    @property
    def none(self) -> bool:
        """Whether it is certain that there is no such access."""
        return not self.grants and not self.doubts


ANYTHING = Statement("everything", True, None, ("*",), False, ("*",), False, ())


def ask(policies: Policy | Sequence[Policy], question: Question) -> Answer:
    """Find every access that a question asks for.

    Several policies are taken together: an Allow of one may be cancelled by a Deny of another.
    """
    given = (policies,) if isinstance(policies, Policy) else tuple(policies)
    statements = tuple(s for p in given for s in p.statements)
    if question.all_allowed:
        statements = (ANYTHING, *(s for s in statements if not s.allow))
    callers = question.callers
    if callers is None:
        callers = tuple(dict.fromkeys(c for p in given for c in outsiders(p, question.own_account)))
    grants: list[Grant] = []
    doubts: dict[str, None] = {}
    budget = Budget()
    try:
        for caller in callers:
            budget.spend(20 * len(statements))
            reaching = [s for s in statements if reaches(s, caller)]
            if not any(s.allow for s in reaching):
                continue
            domains = {**domains_of(caller, given, question.own_account), **question.keys}
            for actions, relevant in _cases(reaching, question.actions, budget):
                grants.extend(_by_resource(caller, actions, relevant, question, domains, doubts, budget))
    except TooComplexError as error:
        doubts[str(error)] = None
    return Answer(tuple(grants), tuple(doubts))


def _cases(
    statements: Sequence[Statement], actions: tuple[str, ...], budget: Budget
) -> Iterable[tuple[tuple[str, ...], list[Statement]]]:
    """Actions that the same statements apply to, with those statements; only where one allows."""
    cases: dict[tuple[bool, ...], list[str]] = {}
    budget.spend(sum(len(s.actions) for s in statements) * len(actions))
    table = [_acting(s.actions, s.not_action, actions) for s in statements]
    for action, *found_bits in zip(actions, *table, strict=True):
        bits = tuple(found_bits)
        if any(bit and s.allow for bit, s in zip(bits, statements, strict=True)):
            cases.setdefault(bits, []).append(action)
    for bits, found in cases.items():
        yield tuple(sorted(found)), [s for bit, s in zip(bits, statements, strict=True) if bit]


@lru_cache(maxsize=2048)
def _acting(wilds: tuple[str, ...], negated: bool, actions: tuple[str, ...]) -> tuple[bool, ...]:
    """Which actions a statement is about; statements of many policies name the same ones."""
    return tuple(any(matches(action, wild) for wild in wilds) is not negated for action in actions)


def _by_resource(
    caller: Caller,
    actions: tuple[str, ...],
    statements: list[Statement],
    question: Question,
    domains: Mapping[str, Domain],
    doubts: dict[str, None],
    budget: Budget,
) -> Iterable[Grant]:
    groups = tuple(_resources(s, caller) for s in statements)
    for base in question.resources:
        found = signatures(pattern(base), groups, budget)
        for signature, example in sorted(found.items()):
            applying = [
                s for index, s in enumerate(statements) if bool(signature >> index & 1) is not s.not_resource
            ]
            denies = [s for s in applying if not s.allow]
            for allow in (s for s in applying if s.allow):
                if _possible(allow, denies, domains, doubts, budget):
                    yield Grant(caller, actions, example, allow.label)
                    break


def _resources(statement: Statement, caller: Caller) -> tuple[Pattern, ...]:
    found = []
    for text in statement.resources:
        if "${" in text:
            wild = _without_variables(text)
            # An outsider may have any name, so an Allow by name reaches whatever bears one; the
            # account's own people are asked about things that bear other names. A Deny by name
            # leaves everybody else's, and so covers nothing of a class of callers.
            own_allow = statement.allow and caller.kind is CallerKind.OWN
            if statement.allow is not statement.not_resource and not own_allow:
                found.append(pattern(wild))
            continue
        found.append(pattern(text))
    return tuple(found)


def _without_variables(text: str) -> str:
    """`${*}`, `${?}` and `${$}` are the characters themselves; they widen to `*` as the others do."""
    parts, rest = [], text
    while "${" in rest:
        before, _, after = rest.partition("${")
        parts.append(before + "*")
        rest = after.partition("}")[2]
    return "".join(parts) + rest


def _possible(
    allow: Statement,
    denies: list[Statement],
    domains: Mapping[str, Domain],
    doubts: dict[str, None],
    budget: Budget,
) -> bool:
    """Whether a request exists that the Allow covers and none of the Denies."""
    if any(not d.conditions and not d.unknown for d in denies):
        return False
    quantified = frozenset(c.key for s in (allow, *denies) for c in s.conditions if c.quantifier)
    doubt = ""
    needed: list[Constraint] = []
    if allow.unknown:
        doubt = f"{allow.label}: condition operator {allow.unknown} is not known"
    for condition in allow.conditions:
        try:
            needed.append(constraint_of(condition))
        except UnknownConditionError as error:
            doubt = f"{allow.label}: {error}"
    choices: list[list[Constraint]] = []
    for deny in denies:
        escapes: list[Constraint] = []
        if deny.unknown:
            doubt = f"{deny.label}: condition operator {deny.unknown} is not known"
        for condition in deny.conditions:
            try:
                escapes.append(constraint_of(condition).opposite())
            except UnknownConditionError as error:
                doubt = f"{deny.label}: {error}"
        choices.append(escapes)
    try:
        if doubt:
            # The unknown parts may or may not hold. Without them the Allow is widest and a Deny
            # whose escape is unknown narrowest: if even that gives nothing, there is nothing.
            widest = [
                c
                for c, d in zip(choices, denies, strict=True)
                if len(c) == len(d.conditions) and not d.unknown
            ]
            if _search(needed, widest, domains, quantified, budget):
                doubts[doubt] = None
            return False
        return _search(needed, choices, domains, quantified, budget)
    except UnknownConditionError as error:
        doubts[f"{allow.label}: {error}"] = None
        return False


def _search(
    needed: list[Constraint],
    choices: list[list[Constraint]],
    domains: Mapping[str, Domain],
    quantified: frozenset[str],
    budget: Budget,
) -> bool:
    """Depth first over one escape per Deny, giving up a branch as soon as it cannot hold."""
    if not can_hold(needed, domains, quantified, budget):
        return False
    # Denies that an already needed constraint lets fail need no choice of their own.
    order = sorted((c for c in choices if not any(e in needed for e in c)), key=len)

    def descend(chosen: list[Constraint], depth: int) -> bool:
        if depth == len(order):
            return True
        if any(escape in chosen for escape in order[depth]):
            return descend(chosen, depth + 1)
        for escape in order[depth]:
            further = [*chosen, escape]
            if can_hold(further, domains, quantified, budget) and descend(further, depth + 1):
                return True
        return False

    return descend(needed, 0)
