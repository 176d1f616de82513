"""What the check functions share: reading policies, ages and names; asking who gets in from outside."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from lpo_secaudit.model.check import (
    CheckFunction,
    Record,
    UnavailableError,
    Verdict,
    World,
    not_satisfied,
    satisfied,
)
from lpo_secaudit.model.evidence import Gap, GapReason, Subject
from lpo_secaudit_plugins.aws.reasoning.access import Answer, Grant, Question, ask
from lpo_secaudit_plugins.aws.reasoning.callers import WORLD, CallerKind
from lpo_secaudit_plugins.aws.reasoning.conditions import Domain
from lpo_secaudit_plugins.aws.reasoning.policy import Policy, PolicyError, parse_policy

__all__ = [
    "account_of",
    "age_days",
    "arn_beside",
    "cannot_tell",
    "foreign_grants",
    "instant",
    "not_public",
    "partition_of",
    "past",
    "policy_of",
    "public_answer",
    "subject_like",
    "times_from",
]


def account_of(record: Record) -> str:
    """The account in a record's ARN; "" where the ARN has none."""
    return part(record.subject.id, 4)


def partition_of(record: Record) -> str:
    return part(record.subject.id, 1) or "aws"


def part(arn: str, index: int) -> str:
    parts = arn.split(":", 5)
    return parts[index] if len(parts) > index and parts[0] == "arn" else ""


def arn_beside(record: Record, service: str, rest: str) -> str:
    """The ARN of a thing in the record's partition, region and account."""
    return f"arn:{partition_of(record)}:{service}:{record.subject.region}:{account_of(record)}:{rest}"


def subject_like(record: Record, type_: str, id_: str, region: str | None = None) -> Subject:
    """A subject of the record's source: where a verdict is about something within the record."""
    return Subject(type_, id_, record.subject.source, region or record.subject.region)


def cannot_tell(message: str, reason: GapReason = GapReason.UNSUPPORTED) -> UnavailableError:
    """To be raised where what was seen does not settle the question."""
    return UnavailableError(Gap(reason, message))


def policy_of(document: Any) -> Policy:
    """The policy in a facet; the empty one where there is none.

    Raises:
        UnavailableError: it cannot be read, so that nothing can be said of it.
    """
    try:
        return parse_policy(document)
    except PolicyError as error:
        raise cannot_tell(f"the policy cannot be read: {error}") from error


def instant(text: Any) -> datetime | None:
    """An aware instant from what AWS reports; None for "N/A", "no_information" and their like."""
    if not isinstance(text, str):
        return None
    try:
        value = datetime.fromisoformat(text)
    except ValueError:
        return None
    return value if value.tzinfo else value.replace(tzinfo=UTC)


def age_days(text: Any, now: datetime) -> float | None:
    """Days between an instant and now; None where there is no instant."""
    found = instant(text)
    return None if found is None else (now - found) / timedelta(days=1)


def past(age: float, longest: float) -> bool:
    """Whether an age, in days, is above a limit: in whole days, so that the last day still counts."""
    return int(age) > longest


def times_from(now: datetime) -> Mapping[str, Domain]:
    """Keys of time: a window that has closed lets nobody in any more."""
    from fractions import Fraction

    seconds = Fraction(int(now.timestamp()))
    clock = Domain(absent=False, not_before=seconds)
    return {"aws:currenttime": clock, "aws:epochtime": clock}


def public_answer(
    policy: Policy | Sequence[Policy],
    actions: tuple[str, ...],
    resources: tuple[str, ...],
    own_account: str,
    now: datetime,
    keys: Mapping[str, Domain] | None = None,
) -> Answer:
    """What anybody at all may do: callers without credentials, and any AWS account."""
    question = Question(actions, resources, own_account, WORLD, {**times_from(now), **(keys or {})})
    return ask(policy, question)


def told(grants: Sequence[Grant]) -> str:
    """One grant in words, and how many more there are."""
    grant = grants[0]
    actions = ", ".join(grant.actions[:3]) + (" ..." if len(grant.actions) > 3 else "")
    return f"{grant.statement} lets {grant.caller} do {actions}"


def concluded(answer: Answer, good: str) -> Verdict:
    """The verdict where any grant is a violation.

    Raises:
        UnavailableError: no grant is certain, but some are possible.
    """
    if answer.grants:
        return not_satisfied(told(answer.grants))
    if answer.doubts:
        raise cannot_tell(answer.doubts[0])
    return satisfied(good)


def not_public(
    facet: str, actions: tuple[str, ...], resources: Callable[[Record], tuple[str, ...]] | None = None
) -> CheckFunction:
    """The check that a resource policy gives nothing to the world at large."""

    def check(record: Record, world: World) -> Verdict:
        policy = policy_of(record[facet])
        if not policy.statements:
            return satisfied("there is no resource policy")
        where = resources(record) if resources else (record.subject.id,)
        answer = public_answer(policy, actions, where, account_of(record), world.evaluated_at)
        return concluded(answer, "the policy lets in nobody at large")

    return check


def foreign_grants(
    policy: Policy,
    actions: tuple[str, ...],
    resources: tuple[str, ...],
    own_account: str,
    trusted: Sequence[str],
    now: datetime,
) -> Answer:
    """What named accounts of others may do, less the trusted ones.

    Args:
        trusted: account ids.
    """
    answer = ask(policy, Question(actions, resources, own_account, None, times_from(now)))
    grants = tuple(
        grant
        for grant in answer.grants
        if grant.caller.kind is CallerKind.ACCOUNT and grant.caller.name not in trusted
    )
    return Answer(grants, answer.doubts)
