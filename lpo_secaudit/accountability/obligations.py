"""The obligation register: duties from the contract's clauses, from law and from the firm's own promises."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from datetime import date

from lpo_secaudit.accountability.from_contract import from_clauses, from_commitments
from lpo_secaudit.accountability.from_law import from_law
from lpo_secaudit.accountability.incident import Incident
from lpo_secaudit.accountability.obligation import Obligation
from lpo_secaudit.accountability.relationship import Relationship
from lpo_secaudit.accountability.rules import RuleBook, builtin_rules

__all__ = ["obligations", "widen"]


def obligations(
    relationship: Relationship, *, rules: RuleBook | None = None, law_as_of: date | None = None
) -> tuple[Obligation, ...]:
    """Every duty of a relationship: from its contract, from the firm's promises, from law.

    A rule whose reach cannot be told stays in, with the open question in its condition; proposed
    rules never do.

    Args:
        relationship: parties, roles, data, clauses, promises.
        rules: breach rules; default those of the package.
        law_as_of: leave out law that is not in force on that day; None keeps it, and an assessment
            then judges it by the day on which its clock starts.

    Raises:
        InputError: a clause parameter or a place that cannot be what it says.
    """
    book = rules if rules is not None else builtin_rules()
    found = [*from_clauses(relationship), *from_commitments(relationship)]
    found.extend(from_law(relationship, book, law_as_of))
    numbers: Counter[str] = Counter()
    for position, obligation in enumerate(found):
        numbers[obligation.id] += 1
        if numbers[obligation.id] > 1:
            found[position] = replace(obligation, id=f"{obligation.id}#{numbers[obligation.id]}")
    return tuple(found)


def widen(relationship: Relationship, incident: Incident) -> Relationship:
    """The relationship with the places and data that an incident showed, whatever the engagement says.

    Persons of a place nobody thought of are protected by its law all the same.
    """
    places = [place for place, count in incident.affected.places.items() if count.low]
    return replace(
        relationship,
        subjects_in=_joined(relationship.subjects_in, places),
        data_classes=_joined(relationship.data_classes, incident.data or ()),
    )


def _joined(known: tuple[str, ...] | None, shown: Iterable[str]) -> tuple[str, ...] | None:
    return None if known is None else tuple(dict.fromkeys((*known, *shown)))
