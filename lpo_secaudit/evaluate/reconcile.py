"""Reconciliation: the three legs held against one another, topic by topic."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from lpo_secaudit.evaluate.certificates import certificate_claims
from lpo_secaudit.evaluate.conflicts import Frame, conflicts_of
from lpo_secaudit.evaluate.matrix import matrix_row
from lpo_secaudit.evaluate.precedence import PRECEDENCE
from lpo_secaudit.evaluate.statements import Legs, Practice, claims, practice, promises
from lpo_secaudit.model.catalog import Control
from lpo_secaudit.model.check import Method, Observation, Outcome
from lpo_secaudit.model.evidence import Evidence
from lpo_secaudit.model.finding import Conflict
from lpo_secaudit.model.matrix import MatrixRow

if TYPE_CHECKING:
    from lpo_secaudit.catalog.places import Gazetteer
    from lpo_secaudit.catalog.topics import Topics

__all__ = ["Reconciliation", "reconcile"]


@dataclass(frozen=True)
class Reconciliation:
    """Rows in the order of topics.yaml, and conflicts, worst first."""

    matrix: tuple[MatrixRow, ...]
    conflicts: tuple[Conflict, ...]


def reconcile(
    topics: Topics,
    gazetteer: Gazetteer,
    *,
    clauses: Iterable[Evidence] = (),
    answers: Iterable[Evidence] = (),
    certificates: Iterable[Evidence] = (),
    observations: Sequence[Observation] = (),
    controls: Sequence[Control] = (),
    evaluated_at: datetime,
    data_classes: tuple[str, ...] = (),
    contracts: Iterable[str] = (),
    further: Iterable[Conflict] = (),
) -> Reconciliation:
    """Hold promise, claim and practice against one another. Pure; the order of inputs is of no matter.

    Args:
        topics, gazetteer: from `lpo_secaudit.catalog`.
        clauses: records of type `contract.clause`: the promises.
        answers: records of type `questionnaire.answer`: the claims.
        certificates: records of type `certificate.document`: claims too.
        observations: of all checks. Those made by TEST are the practice; those made by EXAMINE
            tell which clauses fall below the baseline.
        controls: those in scope; they say which topics have a row, and what the baseline is.
        evaluated_at: aware instant that ages are counted to.
        data_classes: of the engagement; they say which limits of law bind.
        contracts: whole texts of the contracts read; names in their annexes count.
        further: conflicts found elsewhere (chains of notices); they join the rows of their topics.
    """
    records = list(clauses)
    promised = promises(records, topics, gazetteer)
    claimed = claims(answers, topics, gazetteer, evaluated_at)
    for id_, said in certificate_claims(certificates, topics, evaluated_at).items():
        claimed.setdefault(id_, []).extend(said)
    seen = practice(observations, topics)
    frame = Frame(
        gazetteer=gazetteer,
        precedence=[r for r in records if r.data.get("clause") == PRECEDENCE and r.data.get("present")],
        controls=controls,
        examined=sorted(
            (o for o in observations if o.method is Method.EXAMINE and o.outcome is Outcome.NOT_SATISFIED),
            key=lambda o: (o.check, o.subject.source, o.subject.id, o.message),
        ),
        data_classes=data_classes,
        located=_located(observations, topics),
        contracts=tuple(contracts),
    )
    asked = {c.topic for c in controls}
    more = list(further)
    rows, found = [], []
    for id_, topic in topics.by_id.items():
        legs = Legs(
            topic, tuple(promised.get(id_, ())), tuple(claimed.get(id_, ())), seen.get(id_, Practice())
        )
        own = sorted({*conflicts_of(legs, frame), *(c for c in more if c.topic == id_)}, key=_order)
        found.extend(own)
        if id_ in asked or legs.promises or legs.claims or id_ in seen or own:
            rows.append(matrix_row(legs, own, frame.located))
    found.extend(c for c in more if c.topic not in topics.by_id)
    return Reconciliation(tuple(rows), tuple(sorted(found, key=_order)))


def _located(observations: Iterable[Observation], topics: Topics) -> list[Observation]:
    """One observation for each thing that holds client data and lies in a region."""
    things: dict[tuple[str, str, str, str], Observation] = {}
    for o in observations:
        if (
            o.method is Method.TEST
            and o.check in topics.storage_checks
            and o.subject.region
            and o.subject.id != "*"
            and o.outcome in (Outcome.SATISFIED, Outcome.NOT_SATISFIED)
        ):
            key = (o.subject.source, o.subject.type, o.subject.region, o.subject.id)
            if key not in things or o.check < things[key].check:
                things[key] = o
    return [things[key] for key in sorted(things)]


def _order(c: Conflict) -> tuple[object, ...]:
    sides = (c.first.source, c.first.place, c.first.quote, c.second.source, c.second.place, c.second.quote)
    return (-c.severity.rank, str(c.kind), c.topic, *sides)
