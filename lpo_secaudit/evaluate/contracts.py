"""Contract against contract, and contract against what the firm, its clients and the law ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from lpo_secaudit.evaluate.measures import Measure, weaker
from lpo_secaudit.evaluate.precedence import settle
from lpo_secaudit.evaluate.sides import told, weaker_than
from lpo_secaudit.evaluate.statements import Legs, Statement
from lpo_secaudit.model.catalog import Control
from lpo_secaudit.model.check import Observation, Severity
from lpo_secaudit.model.evidence import Evidence
from lpo_secaudit.model.finding import Conflict, ConflictKind, Leg
from lpo_secaudit.model.topic import Topic

if TYPE_CHECKING:
    from lpo_secaudit.catalog.places import Gazetteer

__all__ = ["baseline_conflicts", "contract_conflicts"]

_COMPARED = ("mode", "trigger")
"""Parameters that say what a clause means rather than how much; two contracts may not differ in them."""


def contract_conflicts(
    legs: Legs, precedence: Sequence[Evidence], gazetteer: Gazetteer
) -> Iterator[Conflict]:
    """Two documents that promise different things by the same clause."""
    spoken = legs.promised()
    for index, one in enumerate(spoken):
        for other in spoken[index + 1 :]:
            if one.about != other.about or (one.source, one.document) == (other.source, other.document):
                continue
            difference = _difference(legs.topic, one, other, gazetteer)
            if difference:
                yield _contract_conflict(legs.topic, one, other, difference, precedence, gazetteer)


def _difference(topic: Topic, one: Statement, other: Statement, gazetteer: Gazetteer) -> str:
    if one.measure is not None and other.measure is not None:
        a, b = one.measure, other.measure
        if weaker(topic.scale, a, b, gazetteer) or weaker(topic.scale, b, a, gazetteer):
            return f"{a.text(topic.scale)} against {b.text(topic.scale)}"
    for name in _COMPARED:
        first, second = one.parameters.get(name), other.parameters.get(name)
        if first is not None and second is not None and first != second:
            return f"{name} {first} against {second}"
    return ""


def _contract_conflict(
    topic: Topic,
    one: Statement,
    other: Statement,
    difference: str,
    precedence: Sequence[Evidence],
    gazetteer: Gazetteer,
) -> Conflict:
    pairs = ((one, other), (other, one))
    stronger = next((a for a, b in pairs if weaker_than(b, a, topic.scale, gazetteer)), None)
    ruling = settle(precedence, one, other, stronger)
    severity = Severity.MEDIUM
    settled = ruling.why
    if ruling.winner is not None:
        one, other = ruling.winner, one if ruling.winner is other else other
        weak = weaker_than(one, other, topic.scale, gazetteer)
        severity = Severity.HIGH if weak else Severity.LOW
        settled = f"{one.document} prevails{', the weaker of the two' if weak else ''}: {ruling.why}"
    first = told("promise", [one])
    return Conflict(
        kind=ConflictKind.CONTRACT_CONFLICT,
        topic=topic.id,
        severity=severity,
        first=replace(first, evidence=(*first.evidence, *ruling.evidence)),
        second=told("promise", [other]),
        message=f"{one.document} and {other.document} differ on {topic.title.lower()}: "
        f"{difference}; {settled}",
        ask=f"Which holds, {one.place} or {other.place}? Please amend one of them.",
    )


def baseline_conflicts(
    legs: Legs,
    controls: Sequence[Control],
    examined: Sequence[Observation],
    data_classes: tuple[str, ...],
    gazetteer: Gazetteer,
) -> Iterator[Conflict]:
    """A clause that is there and gives less than the firm's profile or the law asks.

    Chains of notices (the firm's own promises against the provider's period) are the business of
    `lpo_secaudit.chains`.
    """
    spoken = legs.promised()
    for statement in spoken:
        yield from _below_controls(legs.topic, statement, controls, examined)
        for limit in legs.topic.limits:
            number = limit.at_most if limit.at_most is not None else limit.at_least
            if limit.data_class in data_classes and _below(legs.topic, statement, number, gazetteer):
                second = Leg("baseline", "law", limit.citation, limit.says, ())
                yield _below_baseline(legs.topic, statement, second, Severity.HIGH)


def _below(topic: Topic, statement: Statement, number: float | None, gazetteer: Gazetteer) -> bool:
    return (
        number is not None
        and statement.measure is not None
        and weaker(topic.scale, statement.measure, Measure(number), gazetteer)
    )


def _below_controls(
    topic: Topic, statement: Statement, controls: Sequence[Control], examined: Sequence[Observation]
) -> Iterator[Conflict]:
    """One conflict for each control that asks more, whichever of its checks the clause fails."""
    failed: dict[str, tuple[Control, list[Observation]]] = {}
    for observation in examined:
        if not set(observation.evidence) & set(statement.evidence):
            continue
        asking = [c for c in controls if observation.check in (*c.checks, *c.supporting_checks)]
        own = [c for c in asking if c.topic == topic.id]
        if not own and statement.about in topic.clauses:
            own = asking  # no control of the topic asks, but the clause belongs to no other topic either
        if own:
            control = max(own, key=lambda c: (c.severity.rank, c.id))
            failed.setdefault(control.id, (control, []))[1].append(observation)
    for control, observations in failed.values():
        words = "; ".join(dict.fromkeys(o.message for o in observations))
        second = Leg(
            "baseline",
            control.catalog,
            control.citation,
            f"{control.requirement} Seen: {words}",
            tuple(sorted({digest for o in observations for digest in o.evidence})),
        )
        yield _below_baseline(topic, statement, second, control.severity)


def _below_baseline(topic: Topic, statement: Statement, second: Leg, severity: Severity) -> Conflict:
    return Conflict(
        kind=ConflictKind.BELOW_BASELINE,
        topic=topic.id,
        severity=severity,
        first=told("promise", [statement]),
        second=second,
        message=f"The contract ({statement.place}) gives less on {topic.title.lower()} "
        f"than {second.source} asks: {second.quote}",
        ask=f"Will you change {statement.place} so that it gives what {second.source} asks ({second.place})?",
    )
