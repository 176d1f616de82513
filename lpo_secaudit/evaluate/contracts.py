"""Contract against contract, and contract against what the firm, its clients and the law ask."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from lpo_secaudit.evaluate.measures import Measure, weaker
from lpo_secaudit.evaluate.statements import Legs, Stance, Statement
from lpo_secaudit.model.catalog import Control
from lpo_secaudit.model.check import Observation, Severity
from lpo_secaudit.model.evidence import Evidence
from lpo_secaudit.model.finding import Conflict, ConflictKind, Leg
from lpo_secaudit.model.topic import Topic

if TYPE_CHECKING:
    from lpo_secaudit.catalog.places import Gazetteer

__all__ = ["PRECEDENCE_CLAUSES", "baseline_conflicts", "contract_conflicts", "prevailing"]

PRECEDENCE_CLAUSES = frozenset({"order-of-precedence", "precedence"})

_COMPARED = ("mode", "trigger")
"""Parameters that say what a clause means rather than how much; two contracts may not differ in them."""

_PREVAILS = re.compile(r"\b(prevails?|controls?|governs?|takes?\s+precedence|supersedes?)\b", re.IGNORECASE)
_KINDS = {
    "dpa": re.compile(
        r"\bdpa\b|data[\s-]+(processing|protection)\s+(agreement|addendum|terms)", re.IGNORECASE
    ),
    "baa": re.compile(r"\bbaa\b|business\s+associate\s+(agreement|addendum)", re.IGNORECASE),
    "msa": re.compile(
        r"\bmsa\b|\b(master|main|principal|underlying|services?)\s+(\w+\s+)?agreement", re.IGNORECASE
    ),
}
_THIS = re.compile(
    r"\bthis\s+(\w+\s+){0,3}?(agreement|addendum|annex|dpa|baa|contract|schedule)\b", re.IGNORECASE
)
_THE_AGREEMENT = re.compile(r"\bthe\s+agreement\b", re.IGNORECASE)


def contract_conflicts(
    legs: Legs, precedence: Sequence[Evidence], gazetteer: Gazetteer
) -> Iterator[Conflict]:
    """Two documents that promise different things by the same clause."""
    spoken = [s for s in legs.promises if s.stance is not Stance.LACKS]
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
    rule = prevailing(precedence, one, other)
    severity, settled = Severity.MEDIUM, "no order of precedence is read"
    evidence: tuple[str, ...] = ()
    if rule is not None:
        binding, yielding = (one, other) if rule[0] == one.document else (other, one)
        weak = (
            binding.measure is not None
            and yielding.measure is not None
            and weaker(topic.scale, binding.measure, yielding.measure, gazetteer)
        )
        one, other = binding, yielding
        severity = Severity.HIGH if weak else Severity.LOW
        settled = f"{binding.document} prevails" + (", the weaker of the two" if weak else "")
        evidence = (rule[1],)
    return Conflict(
        kind=ConflictKind.CONTRACT_CONFLICT,
        topic=topic.id,
        severity=severity,
        first=Leg("promise", one.source, one.place, one.quote, (*one.evidence, *evidence)),
        second=Leg("promise", other.source, other.place, other.quote, other.evidence),
        message=f"{one.document} and {other.document} differ on {topic.title.lower()}: "
        f"{difference}; {settled}",
        ask=f"Which holds, {one.place} or {other.place}? Please amend one of them.",
    )


def prevailing(precedence: Iterable[Evidence], one: Statement, other: Statement) -> tuple[str, str] | None:
    """Which of two documents prevails by a clause on the order of precedence, and the clause's digest.

    Reads "In case of conflict between this DPA and the Agreement, this DPA prevails" and its
    turns. None where no clause settles it, or two clauses settle it differently.
    """
    winners = set()
    for record in sorted(precedence, key=lambda r: r.digest):
        home = str(record.data.get("document", ""))
        for quote in record.data.get("quotes", ()):
            winner = _winner(str(quote.get("text", "")), home, one, other)
            if winner:
                winners.add((winner, record.digest))
    documents = {document for document, _ in winners}
    return min(winners) if len(documents) == 1 else None


def _winner(text: str, home: str, one: Statement, other: Statement) -> str | None:
    verb = _PREVAILS.search(text)
    if verb is None or home not in (one.document, other.document):
        return None
    away = other if one.document == home else one
    own = one if one.document == home else other
    # The subject of the verb is what stands between the last comma and the verb.
    subject = re.split(r"[,;:]", text[: verb.start()])[-1]
    if re.search(r"\bnot\b", subject, re.IGNORECASE):
        return None
    for statement in (away, own):
        told_apart = statement.kind in _KINDS and one.kind != other.kind
        if told_apart and _KINDS[statement.kind].search(subject):
            return statement.document
    if _THIS.search(subject):
        return home
    if _THE_AGREEMENT.search(subject) and away.kind not in ("dpa", "baa"):
        return away.document
    return None


def baseline_conflicts(
    legs: Legs,
    controls: Sequence[Control],
    examined: Sequence[Observation],
    data_classes: tuple[str, ...],
    gazetteer: Gazetteer,
) -> Iterator[Conflict]:
    """A clause that is there and gives less than the firm's profile or the law asks.

    Chains of notices (the firm's own promises against the provider's period) are the business of
    `lpo_secaudit.accountability`.
    """
    spoken = [s for s in legs.promises if s.stance is not Stance.LACKS]
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
        first=Leg("promise", statement.source, statement.place, statement.quote, statement.evidence),
        second=second,
        message=f"The contract ({statement.place}) gives less on {topic.title.lower()} "
        f"than {second.source} asks: {second.quote}",
        ask=f"Will you change {statement.place} so that it gives what {second.source} asks ({second.place})?",
    )
