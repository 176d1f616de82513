"""Conflicts: two statements on one topic that contradict each other, typed, with what to ask.

A conflict always stands on two statements that are there. Silence is a finding, not a conflict:
so taking a leg away creates none. The one exception proves the rule: a claim beyond a contract
that was read and is silent; there the reading itself is the second statement.

Severity by rule:

    broken promise, misstatement        that of the worst violation
    broken promise, admitted            medium; "partial" low
    stale evidence                      one below the worst violation; medium without one
    unbacked claim                      low
    over-claim                          medium where numbers differ, low where the contract is silent
    contract against contract           high where the weaker prevails, low where the stronger does,
                                        medium where no order of precedence settles it
    below the baseline                  that of the control, or high for law and own promises
    unknown party                       by the contract's authorisation, see `evaluate.parties`
    place                               high
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from lpo_secaudit.evaluate.contracts import baseline_conflicts, contract_conflicts
from lpo_secaudit.evaluate.locations import place_conflicts
from lpo_secaudit.evaluate.parties import unknown_parties
from lpo_secaudit.evaluate.sides import by_source, grouped, low, named, one_below, seen, told, weaker_than
from lpo_secaudit.evaluate.statements import Legs, Stance, Statement
from lpo_secaudit.model.catalog import Control
from lpo_secaudit.model.check import Observation, Severity
from lpo_secaudit.model.evidence import Evidence
from lpo_secaudit.model.finding import Conflict, ConflictKind

if TYPE_CHECKING:
    from lpo_secaudit.catalog.places import Gazetteer

__all__ = ["Frame", "conflicts_of"]


@dataclass(frozen=True)
class Frame:
    """What the rules need beside the legs.

    Attributes:
        gazetteer: names of places and what lies in what.
        precedence: records of clauses on the order of precedence.
        controls: those in scope.
        examined: observations made by EXAMINE, for the baseline.
        data_classes: of the engagement, for the limits of law.
        located: observations of things that hold client data, for the places seen.
        contracts: whole texts of the contracts, for names that stand in an annex.
    """

    gazetteer: Gazetteer
    precedence: Sequence[Evidence] = ()
    controls: Sequence[Control] = ()
    examined: Sequence[Observation] = ()
    data_classes: tuple[str, ...] = ()
    located: Sequence[Observation] = ()
    contracts: Sequence[str] = ()


def conflicts_of(legs: Legs, frame: Frame) -> Iterator[Conflict]:
    """Every conflict on one topic."""
    if legs.topic.scale.kind == "places":
        yield from place_conflicts(legs, frame.located, frame.gazetteer)
    else:
        yield from _against_practice(legs)
    yield from _admitted(legs, frame.gazetteer)
    yield from _unbacked(legs)
    yield from _over_claimed(legs, frame.gazetteer)
    yield from _expired(legs)
    yield from unknown_parties(legs, frame.contracts)
    yield from contract_conflicts(legs, frame.precedence, frame.gazetteer)
    yield from baseline_conflicts(legs, frame.controls, frame.examined, frame.data_classes, frame.gazetteer)


def _against_practice(legs: Legs) -> Iterator[Conflict]:
    """Broken promise, misstatement, and old claims that fresh tests contradict."""
    violations = legs.practice.violations
    if not violations:
        return
    worst = legs.practice.worst
    second, title = seen(violations, named(worst), worst), low(legs.topic.title)
    fact = second.quote if second.quote.endswith((".", "!", "?")) else second.quote + "."
    count = len(violations)
    see = f"{count} observation{'s show' if count > 1 else ' shows'} otherwise"
    conflict = partial(Conflict, topic=legs.topic.id, second=second)
    for group in grouped(legs.promised(), lambda s: (s.source, s.document)):
        first = told("promise", group)
        yield conflict(
            kind=ConflictKind.BROKEN_PROMISE,
            severity=worst.severity,
            first=first,
            message=f"The contract promises: {title} ({first.place}), but {see}",
            ask=f"How does {first.place} agree with this: {fact} By when is it cured?",
        )
    held = (s for s in legs.claims if s.stance is Stance.HOLDS)
    for group in grouped(held, lambda s: (s.source, s.outdated)):
        first = told("claim", group)
        if group[0].outdated:
            day = group[0].as_of.date().isoformat() if group[0].as_of else "an unknown day"
            yield conflict(
                kind=ConflictKind.STALE_EVIDENCE,
                severity=one_below(worst.severity),
                first=first,
                message=f"What was said of {title} on {day} is outdated; today {see}",
                ask=f"Since when is this so: {fact} Please answer {first.place} again.",
            )
        else:
            yield conflict(
                kind=ConflictKind.MISSTATEMENT,
                severity=worst.severity,
                first=first,
                message=f"The provider states: {title} ({first.place}), but {see}",
                ask=f"On what did the answer in {first.place} rest? We see: {named(worst)}",
            )


def _admitted(legs: Legs, gazetteer: Gazetteer) -> Iterator[Conflict]:
    """What the contract promises and the provider's own answers deny."""
    kept = legs.promised()
    measured = _strictest(legs, kept, gazetteer)
    for source, answers in by_source(s for s in legs.claims if not s.outdated):
        # Where some answers on the topic are good, the bad ones concern a part of it: no contradiction.
        good = any(s.stance is Stance.HOLDS for s in answers)
        bad = [s for stance in (Stance.LACKS, Stance.WEAK) for s in answers if s.stance is stance]
        denied = [] if good else bad
        short = [
            s
            for s in answers
            if measured is not None and weaker_than(s, measured, legs.topic.scale, gazetteer)
        ]
        if kept and denied:
            severity = Severity.MEDIUM if denied[0].stance is Stance.LACKS else Severity.LOW
            first, second = told("promise", kept), told("claim", denied)
        elif short and measured is not None:
            severity, first, second = Severity.MEDIUM, told("promise", [measured]), told("claim", short)
        else:
            continue
        yield Conflict(
            kind=ConflictKind.BROKEN_PROMISE,
            topic=legs.topic.id,
            severity=severity,
            first=first,
            second=second,
            message=f"The contract promises: {low(legs.topic.title)} ({first.place}); "
            f"the provider's own answer ({source}, {second.place}) says less",
            ask=f"When will {second.place} be brought to what {first.place} promises?",
        )


def _unbacked(legs: Legs) -> Iterator[Conflict]:
    """A yes where the question was put to the system itself, and nothing could be seen."""
    practice = legs.practice
    blind = practice.unseen or practice.outdated
    if not blind or practice.satisfied or practice.violations or practice.parties:
        return
    second = seen(blind, f"could not tell: {blind[0].message}", blind[0])
    for _source, answers in by_source(legs.held()):
        first = told("claim", answers)
        yield Conflict(
            kind=ConflictKind.UNBACKED_CLAIM,
            topic=legs.topic.id,
            severity=Severity.LOW,
            first=first,
            second=second,
            message=f"The provider states: {low(legs.topic.title)} ({first.place}); "
            "nothing that could be seen shows it",
            ask=f"What shows the answer in {first.place}? Please send it, or grant the access refused.",
        )


def _over_claimed(legs: Legs, gazetteer: Gazetteer) -> Iterator[Conflict]:
    """A claim that goes beyond what the contract binds the provider to.

    Fewer places than the contract allows are no such claim: they keep to it.
    """
    silent = [s for s in legs.promises if s.stance is Stance.LACKS]
    spoken = legs.promised()
    strictest = _strictest(legs, spoken, gazetteer)
    for _source, answers in by_source(legs.held()):
        if silent and not spoken:
            # The silence of several documents counts only where all of them are silent.
            first, second = told("promise", silent), told("claim", answers)
            severity, what = Severity.LOW, "the contract does not bind it to that"
        elif strictest is not None and strictest.measure is not None and legs.topic.scale.kind != "places":
            beyond = [s for s in answers if weaker_than(strictest, s, legs.topic.scale, gazetteer)]
            if not beyond:
                continue
            first, second = told("promise", [strictest]), told("claim", beyond)
            severity = Severity.MEDIUM
            what = f"the contract binds it only to {strictest.measure.text(legs.topic.scale)}"
        else:
            continue
        yield Conflict(
            kind=ConflictKind.OVER_CLAIM,
            topic=legs.topic.id,
            severity=severity,
            first=first,
            second=second,
            message=f"The provider states: {low(legs.topic.title)} ({second.place}); {what}",
            ask=f"Will you put what {second.place} states into the contract?",
        )


def _expired(legs: Legs) -> Iterator[Conflict]:
    """A claim that rests on a certificate or report that has run out."""
    papers = [s for s in legs.claims if s.kind.startswith("certificate")]
    expired = [s for s in papers if s.outdated]
    if not expired or len(expired) < len(papers):
        return
    for _source, answers in by_source(s for s in legs.held() if s.kind == "questionnaire"):
        first, second = told("claim", answers), told("claim", expired)
        yield Conflict(
            kind=ConflictKind.STALE_EVIDENCE,
            topic=legs.topic.id,
            severity=Severity.MEDIUM,
            first=first,
            second=second,
            message=f"The provider states: {low(legs.topic.title)} ({first.place}); "
            f"its document ({second.place}) has run out",
            ask=f"Please send the document that follows {second.place}.",
        )


def _strictest(legs: Legs, said: Iterable[Statement], gazetteer: Gazetteer) -> Statement | None:
    """The statement with the strongest measure; the first of equals."""
    best: Statement | None = None
    for s in said:
        if s.measure is not None and (best is None or weaker_than(best, s, legs.topic.scale, gazetteer)):
            best = s
    return best
