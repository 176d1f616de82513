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
                                        medium where no order of precedence is read
    below the baseline                  that of the control, or high for law and own promises
    unknown party, place                high
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from lpo_secaudit.evaluate.contracts import baseline_conflicts, contract_conflicts
from lpo_secaudit.evaluate.measures import Measure, weaker
from lpo_secaudit.evaluate.statements import Legs, Practice, Stance, Statement
from lpo_secaudit.model.catalog import Control
from lpo_secaudit.model.check import Observation, Severity
from lpo_secaudit.model.evidence import Evidence
from lpo_secaudit.model.finding import Conflict, ConflictKind, Leg

if TYPE_CHECKING:
    from lpo_secaudit.catalog.places import Gazetteer

__all__ = ["Frame", "conflicts_of"]

Side = Literal["promise", "claim"]

_SAYS = {"promise": "The contract keeps", "claim": "The provider states that it keeps"}
MOST_EVIDENCE = 20
"""Digests kept with one side of a conflict: an account may break a promise ten thousand times."""

_PROMISED = (Stance.HOLDS, Stance.WEAK)


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
    """

    gazetteer: Gazetteer
    precedence: Sequence[Evidence] = ()
    controls: Sequence[Control] = ()
    examined: Sequence[Observation] = ()
    data_classes: tuple[str, ...] = ()
    located: Sequence[Observation] = ()


def conflicts_of(legs: Legs, frame: Frame) -> Iterator[Conflict]:
    """Every conflict on one topic."""
    if legs.topic.scale.kind == "places":
        yield from _places(legs, frame)
    else:
        yield from _against_practice(legs)
    yield from _admitted(legs, frame)
    yield from _unbacked(legs)
    yield from _over_claimed(legs, frame)
    yield from _expired(legs)
    yield from _unknown_parties(legs)
    yield from contract_conflicts(legs, frame.precedence, frame.gazetteer)
    yield from baseline_conflicts(legs, frame.controls, frame.examined, frame.data_classes, frame.gazetteer)


def _against_practice(legs: Legs) -> Iterator[Conflict]:
    """Broken promise, misstatement, and old claims that fresh tests contradict."""
    practice = legs.practice
    if not practice.violations:
        return
    second = _seen(practice)
    severity, fact = practice.worst.severity, _sentence(_named(practice.worst))
    count = len(practice.violations)
    see = f"{count} observation{'s show' if count > 1 else ' shows'} otherwise"
    for group in _grouped(
        (s for s in legs.promises if s.stance in _PROMISED), lambda s: (s.source, s.document)
    ):
        first = _leg("promise", group)
        yield Conflict(
            kind=ConflictKind.BROKEN_PROMISE,
            topic=legs.topic.id,
            severity=severity,
            first=first,
            second=second,
            message=f"The contract promises: {_low(legs.topic.title)} ({first.place}), but {see}",
            ask=f"How does {first.place} agree with this: {fact} By when is it cured?",
        )
    for group in _grouped(
        (s for s in legs.claims if s.stance is Stance.HOLDS), lambda s: (s.source, s.outdated)
    ):
        first = _leg("claim", group)
        if group[0].outdated:
            yield Conflict(
                kind=ConflictKind.STALE_EVIDENCE,
                topic=legs.topic.id,
                severity=_one_below(severity),
                first=first,
                second=second,
                message=f"What was said of {_low(legs.topic.title)} on {_day(group[0])} is outdated; "
                f"today {see}",
                ask=f"Since when is this so: {fact} Please answer {first.place} again.",
            )
        else:
            yield Conflict(
                kind=ConflictKind.MISSTATEMENT,
                topic=legs.topic.id,
                severity=severity,
                first=first,
                second=second,
                message=f"The provider states: {_low(legs.topic.title)} ({first.place}), but {see}",
                ask=f"On what did the answer in {first.place} rest? We see: {_named(practice.worst)}",
            )


def _admitted(legs: Legs, frame: Frame) -> Iterator[Conflict]:
    """What the contract promises and the provider's own answers deny."""
    kept = [s for s in legs.promises if s.stance in _PROMISED]
    measured = _strictest(legs, kept, frame.gazetteer)
    for source, answers in _by_source(s for s in legs.claims if not s.outdated):
        # Where some answers on the topic are good, the bad ones concern a part of it: no contradiction.
        good = any(s.stance is Stance.HOLDS for s in answers)
        bad = [s for stance in (Stance.LACKS, Stance.WEAK) for s in answers if s.stance is stance]
        denied = [] if good else bad
        short = [
            s
            for s in answers
            if measured is not None
            and s.measure is not None
            and measured.measure is not None
            and weaker(legs.topic.scale, s.measure, measured.measure, frame.gazetteer)
        ]
        if kept and denied:
            severity = Severity.MEDIUM if denied[0].stance is Stance.LACKS else Severity.LOW
            first, second = _leg("promise", kept), _leg("claim", denied)
        elif short and measured is not None:
            severity, first, second = Severity.MEDIUM, _leg("promise", [measured]), _leg("claim", short)
        else:
            continue
        yield Conflict(
            kind=ConflictKind.BROKEN_PROMISE,
            topic=legs.topic.id,
            severity=severity,
            first=first,
            second=second,
            message=f"The contract promises: {_low(legs.topic.title)} ({first.place}); "
            f"the provider's own answer ({source}, {second.place}) says less",
            ask=f"When will {second.place} be brought to what {first.place} promises?",
        )


def _unbacked(legs: Legs) -> Iterator[Conflict]:
    """A yes where the question was put to the system itself, and nothing could be seen."""
    practice = legs.practice
    blind = practice.unseen or practice.outdated
    if not blind or practice.satisfied or practice.violations:
        return
    second = Leg(
        "practice",
        blind[0].subject.source,
        _thing(blind[0]),
        f"could not tell: {blind[0].message}" + _more(len(blind)),
        _digests(blind),
    )
    for _source, answers in _by_source(s for s in legs.claims if s.stance is Stance.HOLDS and not s.outdated):
        first = _leg("claim", answers)
        yield Conflict(
            kind=ConflictKind.UNBACKED_CLAIM,
            topic=legs.topic.id,
            severity=Severity.LOW,
            first=first,
            second=second,
            message=f"The provider states: {_low(legs.topic.title)} ({first.place}); "
            "nothing that could be seen shows it",
            ask=f"What shows the answer in {first.place}? Please send it, or grant the access refused.",
        )


def _over_claimed(legs: Legs, frame: Frame) -> Iterator[Conflict]:
    """A claim that goes beyond what the contract binds the provider to.

    Fewer places than the contract allows are no such claim: they keep to it.
    """
    silent = [s for s in legs.promises if s.stance is Stance.LACKS]
    spoken = [s for s in legs.promises if s.stance in _PROMISED]
    strictest = _strictest(legs, spoken, frame.gazetteer)
    for _source, answers in _by_source(s for s in legs.claims if s.stance is Stance.HOLDS and not s.outdated):
        if silent and not spoken:
            # The silence of several documents counts only where all of them are silent.
            first, second = _leg("promise", silent), _leg("claim", answers)
            severity, what = Severity.LOW, "the contract does not bind it to that"
        else:
            beyond = [
                s
                for s in answers
                if s.measure is not None
                and strictest is not None
                and strictest.measure is not None
                and legs.topic.scale.kind != "places"
                and weaker(legs.topic.scale, strictest.measure, s.measure)
            ]
            if not beyond or strictest is None or strictest.measure is None:
                continue
            first, second = _leg("promise", [strictest]), _leg("claim", beyond)
            severity = Severity.MEDIUM
            what = f"the contract binds it only to {strictest.measure.text(legs.topic.scale)}"
        yield Conflict(
            kind=ConflictKind.OVER_CLAIM,
            topic=legs.topic.id,
            severity=severity,
            first=first,
            second=second,
            message=f"The provider states: {_low(legs.topic.title)} ({second.place}); {what}",
            ask=f"Will you put what {second.place} states into the contract?",
        )


def _expired(legs: Legs) -> Iterator[Conflict]:
    """A claim that rests on a certificate or report that has run out."""
    current = [s for s in legs.claims if s.kind.startswith("certificate") and not s.outdated]
    expired = [s for s in legs.claims if s.kind.startswith("certificate") and s.outdated]
    if not expired or current:
        return
    for _source, answers in _by_source(
        s for s in legs.claims if s.kind == "questionnaire" and s.stance is Stance.HOLDS and not s.outdated
    ):
        first, second = _leg("claim", answers), _leg("claim", expired)
        yield Conflict(
            kind=ConflictKind.STALE_EVIDENCE,
            topic=legs.topic.id,
            severity=Severity.MEDIUM,
            first=first,
            second=second,
            message=f"The provider states: {_low(legs.topic.title)} ({first.place}); "
            f"its document ({second.place}) has run out",
            ask=f"Please send the document that follows {second.place}.",
        )


def _unknown_parties(legs: Legs) -> Iterator[Conflict]:
    """Somebody seen to handle data whom the contract does not name."""
    seen = legs.practice.parties
    spoken = [s for s in legs.promises if s.stance in _PROMISED]
    named = " ".join(_plain(s.quote) for s in spoken)
    lists = [s for s in spoken if s.parameters.get("named")]
    named += " " + " ".join(_plain(str(n)) for s in lists for n in s.parameters["named"])
    # Without a list, a general authorisation leaves open who is meant; a specific one names nobody else.
    binding = lists or [s for s in spoken if s.parameters.get("mode") == "specific"]
    if not binding:
        return
    for name in sorted({o.subject.id for o in seen if o.subject.id != "*"}):
        if f" {_plain(name)} " in f" {named} ":
            continue
        where = [o for o in seen if o.subject.id == name]
        first = _leg("promise", binding)
        second = Leg(
            "practice", where[0].subject.source, name, where[0].message + _more(len(where)), _digests(where)
        )
        yield Conflict(
            kind=ConflictKind.UNKNOWN_PARTY,
            topic=legs.topic.id,
            severity=Severity.HIGH,
            first=first,
            second=second,
            message=f"{name} handles data for the provider; the contract ({first.place}) does not name it",
            ask=f"What does {name} do with client data, since when, under which contract, and where?",
        )


def _places(legs: Legs, frame: Frame) -> Iterator[Conflict]:
    """Data seen, or admitted by a failed check, outside the places promised or claimed."""

    def outside(allowed: Measure) -> list[Observation]:
        found = []
        for o in frame.located:
            code = frame.gazetteer.of_region(o.subject.region)
            if code and not frame.gazetteer.lies_in(code, allowed.places):
                found.append(o)
        return found

    sides: list[tuple[Side, Statement]] = [("promise", s) for s in legs.promises if s.stance in _PROMISED]
    sides += [("claim", s) for s in legs.claims if s.stance is Stance.HOLDS and not s.outdated]
    done = set()
    for side, statement in sides:
        key = (side, statement.source, statement.document if side == "promise" else "")
        strays = [*legs.practice.violations]
        if statement.measure is not None:
            strays += outside(statement.measure)
        if not strays or key in done:
            continue
        done.add(key)
        regions = sorted({o.subject.region for o in strays if o.subject.region})
        subject = strays[0].subject
        held = f"data lies in {', '.join(regions)}: {_thing(strays[0])}" if regions else _named(strays[0])
        count = len({(o.subject.source, o.subject.type, o.subject.id) for o in strays})
        first = _leg(side, [statement])
        second = Leg(
            "practice",
            subject.source,
            _thing(strays[0]),
            held + _more(count),
            _digests(strays),
        )
        yield Conflict(
            kind=ConflictKind.PLACE if side == "promise" else ConflictKind.MISSTATEMENT,
            topic=legs.topic.id,
            severity=Severity.HIGH,
            first=first,
            second=second,
            message=f"{_SAYS[side]} data in {_where(statement, legs)} ({first.place}), but {held}",
            ask=f"Which client data lies in {', '.join(regions) or _thing(strays[0])}, and since when?",
        )


def _where(statement: Statement, legs: Legs) -> str:
    return statement.measure.text(legs.topic.scale) if statement.measure else "named places"


def _strictest(legs: Legs, said: Iterable[Statement], gazetteer: Gazetteer) -> Statement | None:
    """The statement with the strongest measure; the first of equals."""
    best: Statement | None = None
    for s in said:
        if s.measure is None:
            continue
        if (
            best is None
            or best.measure is None
            or weaker(legs.topic.scale, best.measure, s.measure, gazetteer)
        ):
            best = s
    return best


def _leg(side: Side, said: Sequence[Statement]) -> Leg:
    first = said[0]
    digests = tuple(sorted({digest for s in said for digest in s.evidence}))
    return Leg(side, first.source, first.place, first.quote, digests)


def _seen(practice: Practice) -> Leg:
    worst = practice.worst
    text = _named(worst) + _more(len(practice.violations))
    return Leg("practice", worst.subject.source, _thing(worst), text, _digests(practice.violations))


def _named(o: Observation) -> str:
    thing = _thing(o)
    return o.message if thing in o.message else f"{thing}: {o.message}"


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?")) else text + "."


def _thing(o: Observation) -> str:
    """The subject's id without what collectors put before it ("file|rule|resource")."""
    return o.subject.id.rsplit("|", 1)[-1]


def _more(count: int) -> str:
    return f" (and {count - 1} more)" if count > 1 else ""


def _digests(seen: Sequence[Observation]) -> tuple[str, ...]:
    """Digests behind the observation that is quoted, and some of the others; the findings have all."""
    quoted = max(seen, key=lambda o: (o.severity.rank, o.check, o.subject.source, o.subject.id))
    others = sorted({digest for o in seen for digest in o.evidence} - set(quoted.evidence))
    return (*quoted.evidence, *others)[:MOST_EVIDENCE]


def _one_below(severity: Severity) -> Severity:
    return list(Severity)[max(0, severity.rank - 1)]


def _low(title: str) -> str:
    return title[:1].lower() + title[1:] if not title[:2].isupper() else title


def _day(s: Statement) -> str:
    return s.as_of.date().isoformat() if s.as_of else "an unknown day"


def _plain(text: str) -> str:
    return " ".join("".join(c if c.isalnum() else " " for c in text.lower()).split())


def _grouped(
    said: Iterable[Statement], key: Callable[[Statement], tuple[object, ...]]
) -> Iterator[list[Statement]]:
    groups: dict[tuple[object, ...], list[Statement]] = {}
    for s in said:
        groups.setdefault(key(s), []).append(s)
    yield from groups.values()


def _by_source(said: Iterable[Statement]) -> Iterator[tuple[str, list[Statement]]]:
    for group in _grouped(said, lambda s: (s.source,)):
        yield group[0].source, group
