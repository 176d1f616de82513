"""Conflicts: promise and claim held against practice, topic by topic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from lpo_secaudit.model.check import Method, Observation, Outcome, Severity
from lpo_secaudit.model.evidence import Evidence
from lpo_secaudit.model.finding import Conflict, ConflictKind, Leg

__all__ = ["find_conflicts"]


def find_conflicts(
    commitments: Iterable[Evidence], answers: Iterable[Evidence], observations: Sequence[Observation]
) -> tuple[Conflict, ...]:
    """Contradictions between what is promised or claimed and what a test saw.

    Args:
        commitments: records of type `contract.commitment`.
        answers: records of type `questionnaire.answer`.
        observations: all; only violations seen by TEST count as practice.

    Severity is that of the worst violation on the topic: the promise raises no fact above itself.
    """
    practice: dict[str, list[Observation]] = {}
    for observation in observations:
        if observation.method is Method.TEST and observation.outcome is Outcome.NOT_SATISFIED:
            practice.setdefault(observation.topic, []).append(observation)
    conflicts = []
    for record in commitments:
        topic = str(record.data["topic"])
        if topic in practice:
            quote = record.data["quote"]
            section = f"section {quote['section']}" if quote["section"] else f"offset {quote['start']}"
            place = f"{record.data['document']}, {section}"
            first = Leg("promise", record.subject.source, place, quote["text"], (record.digest,))
            conflicts.append(_against(ConflictKind.BROKEN_PROMISE, topic, first, practice[topic]))
    for record in answers:
        if record.data["answer"] != "yes":
            continue
        for topic in record.data["topics"]:
            if topic in practice:
                first = Leg(
                    "claim",
                    record.subject.source,
                    record.data["place"],
                    f"{record.data['question']}: yes",
                    (record.digest,),
                )
                conflicts.append(_against(ConflictKind.MISSTATEMENT, topic, first, practice[topic]))
    return tuple(sorted(conflicts, key=lambda c: (c.kind, c.topic, c.first.source, c.first.place)))


def _against(kind: ConflictKind, topic: str, first: Leg, violations: list[Observation]) -> Conflict:
    worst = max(violations, key=lambda o: (o.severity.rank, o.subject.id))
    named = f"{worst.subject.id}: {worst.message}"
    more = f" (and {len(violations) - 1} more)" if len(violations) > 1 else ""
    evidence = tuple(sorted({digest for o in violations for digest in o.evidence}))
    second = Leg("practice", worst.subject.source, worst.subject.id, named + more, evidence)
    verb = "The contract promises" if kind is ConflictKind.BROKEN_PROMISE else "The provider states"
    words = topic.replace("-", " ")
    return Conflict(
        kind=kind,
        topic=topic,
        severity=max((o.severity for o in violations), key=lambda s: s.rank, default=Severity.MEDIUM),
        first=first,
        second=second,
        message=f"{verb} {words} ({first.place}), but {len(violations)} observations show otherwise",
        ask=f"How does the provider explain {named}, given {first.place}? By when will it be cured?",
    )
