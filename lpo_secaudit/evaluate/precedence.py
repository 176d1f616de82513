"""Which of two contracts prevails, by the clauses on the order of precedence that were found."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from lpo_secaudit.evaluate.statements import Statement, section_of
from lpo_secaudit.model.evidence import Evidence

__all__ = ["PRECEDENCE", "Ruling", "settle"]

PRECEDENCE = "order-of-precedence"

# Kinds of contract in the engagement file to the kinds that the clause reader ranks.
_RANKED_AS = {"sow": "order", "order-form": "order", "scc": "sccs"}
_MAIN = frozenset({"msa", "", "other", "agreement", "terms"})


@dataclass(frozen=True)
class Ruling:
    """What the clauses on precedence say of two documents.

    Attributes:
        winner: the statement whose document prevails; None where that is open.
        why: the clause with its place and words, or why it is open.
        evidence: digests of the clauses that decide it.
    """

    winner: Statement | None
    why: str
    evidence: tuple[str, ...] = ()


def settle(
    precedence: Iterable[Evidence], one: Statement, other: Statement, stronger: Statement | None
) -> Ruling:
    """Apply every clause on precedence to two statements of different documents.

    Args:
        precedence: records of the clause that is there.
        stronger: the statement that protects more, for clauses by which the stricter prevails; None
            where they cannot be compared.
    """
    records = sorted(precedence, key=lambda r: (str(r.data.get("document", "")), r.digest))
    ruled = [(record, winner) for record in records if (winner := _ruled(record, one, other, stronger))]
    winners = {winner.document for _, winner in ruled}
    if len(winners) == 1:
        record, winner = ruled[0]
        return Ruling(winner, _words(record), tuple(dict.fromkeys(r.digest for r, _ in ruled)))
    if winners:
        return Ruling(
            None,
            "two clauses on the order of precedence settle it differently: "
            + " against ".join(_words(record) for record, _ in ruled[:2]),
            tuple(r.digest for r, _ in ruled),
        )
    own = [r for r in records if r.data.get("document") in (one.document, other.document)]
    if own:
        return Ruling(None, f"the order of precedence does not say which of these holds ({_words(own[0])})")
    return Ruling(None, "no order of precedence was found in either")


def _ruled(
    record: Evidence, one: Statement, other: Statement, stronger: Statement | None
) -> Statement | None:
    """The statement that one clause lets prevail; None where it ranks others, or not these two."""
    parameters = record.data.get("parameters") or {}
    order = [str(kind) for kind in parameters.get("order") or [parameters.get("prevails")] if kind]
    home = str(record.data.get("document", ""))
    if not order or home not in (one.document, other.document):
        # A clause of a third document may rank these two, but only by naming both kinds.
        places = (_place(order, one, ""), _place(order, other, ""))
        if None in places or places[0] == places[1]:
            return None
    if order[0] == "stricter":
        return stronger
    ranks = _place(order, one, home), _place(order, other, home)
    match ranks:
        case (None, None):
            return None
        case (int(first), int(second)):
            return None if first == second else one if first < second else other
        case (int(first), None):
            # What stands above everything it could conflict with stands above this too; the second
            # of three ranked documents is above none that the clause leaves out.
            return one if first == 0 else None
        case (None, int(second)):
            return other if second == 0 else None
    return None


def _place(order: Sequence[str], statement: Statement, home: str) -> int | None:
    """Where a clause ranks a document: by its kind, or as "this document" where it speaks itself."""
    kind = _RANKED_AS.get(statement.kind, statement.kind)
    names = {"msa" if kind in _MAIN else kind} | ({"this"} if statement.document == home else set())
    return min((order.index(name) for name in names if name in order), default=None)


def _words(record: Evidence) -> str:
    quotes = record.data.get("quotes") or [{}]
    said = " ".join(str(quotes[0].get("text", "")).split())[:200]
    return f'{section_of(str(record.data.get("document", "")), quotes[0])}: "{said}"'
