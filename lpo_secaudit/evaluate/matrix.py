"""The matrix: one row for each topic that somebody spoke of or a control asks about."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from lpo_secaudit.evaluate.parties import never_seen
from lpo_secaudit.evaluate.statements import Legs, Practice, Stance, Statement
from lpo_secaudit.model.check import Observation
from lpo_secaudit.model.finding import Conflict
from lpo_secaudit.model.matrix import Cell, MatrixRow, Mention, Verdict
from lpo_secaudit.model.topic import Scale

__all__ = ["MOST_MENTIONS", "matrix_row"]

MOST_MENTIONS = 5

_NOTHING = Cell("none", "")
_GOOD = {"promised", "yes", "seen"}
_BAD = {"absent", "no", "violated"}


def matrix_row(legs: Legs, conflicts: Sequence[Conflict], located: Sequence[Observation] = ()) -> MatrixRow:
    """The three legs of one topic side by side.

    Args:
        conflicts: those on the topic.
        located: things that hold client data, with their regions; the practice on places.
    """
    topic = legs.topic
    practice = _practice(legs.practice)
    if topic.scale.kind == "places" and located and practice is _NOTHING:
        practice = _places(located, conflicts)
    promise = _promise(legs)
    if absent := never_seen(legs):
        # Nobody is wrong where a named service was not seen; it may be gone, or work out of sight.
        promise = replace(promise, summary=f"{promise.summary}; named and not seen: {', '.join(absent)}")
    cells = (
        promise,
        _claim(legs.claims, topic.scale),
        practice,
    )
    own = tuple(c.fingerprint for c in conflicts if c.topic == topic.id)
    return MatrixRow(
        topic.id,
        topic.title,
        topic.group,
        topic.scale.unit or topic.scale.kind,
        *cells,
        _verdict(cells, own),
        own,
    )


def _verdict(cells: Sequence[Cell], conflicts: tuple[str, ...]) -> Verdict:
    spoken = [c.state for c in cells if c.state != "none"]
    if conflicts:
        return "conflict"
    if not spoken:
        return "none"
    agree = len(spoken) > 1 and (set(spoken) <= _GOOD or set(spoken) <= _BAD)
    return "agree" if agree else "open"


def _promise(legs: Legs) -> Cell:
    said, spoken = legs.promises, legs.promised()
    if not said:
        return _NOTHING
    if not spoken:
        return Cell("absent", f"no clause in {_documents(said)}", _mentions(said), len(said))
    state = "promised" if any(s.stance is Stance.HOLDS for s in spoken) else "weak"
    return Cell(
        state, _values(spoken, legs.topic.scale) or _documents(spoken), _mentions(spoken), len(spoken)
    )


def _claim(said: Sequence[Statement], scale: Scale) -> Cell:
    if not said:
        return _NOTHING
    fresh = [s for s in said if not s.outdated]
    if not fresh:
        return Cell("outdated", f"{len(said)} answers, all outdated", _mentions(said), len(said))
    held = [s for s in fresh if s.stance is Stance.HOLDS]
    lacking = [s for s in fresh if s.stance is Stance.LACKS]
    partial = [s for s in fresh if s.stance is Stance.WEAK]
    if held and not lacking and not partial:
        state = "yes"
    elif lacking and not held and not partial:
        state = "no"
    else:
        state = "partial" if held or lacking or partial else "unclear"
    # What speaks against the provider comes first: a reader sees only a few.
    told = [*lacking, *partial, *held, *(s for s in fresh if s.stance is Stance.UNCLEAR)]
    summary = ", ".join(
        f"{len(part)} {word}"
        for part, word in ((held, "well"), (partial, "partial"), (lacking, "badly"))
        if part
    )
    values = _values(held, scale)
    summary = f"answered: {summary}" if summary else "not answered"
    return Cell(state, f"{values}; {summary}" if values else summary, _mentions(told), len(fresh))


def _practice(seen: Practice) -> Cell:
    if seen.violations:
        count = len(seen.violations)
        summary = f"{count} of {count + len(seen.satisfied)} observations against"
        worst_first = sorted(seen.violations, key=lambda o: -o.severity.rank)
        return Cell("violated", summary, _observed(worst_first), count + len(seen.satisfied))
    if seen.satisfied and not seen.unseen:
        return Cell(
            "seen", f"{len(seen.satisfied)} observations", _observed(seen.satisfied), len(seen.satisfied)
        )
    if seen.parties:
        names = sorted({o.subject.id for o in seen.parties})
        shown = ", ".join(names[:MOST_MENTIONS]) + (
            f" and {len(names) - MOST_MENTIONS} more" if len(names) > MOST_MENTIONS else ""
        )
        return Cell("seen", shown, _observed(seen.parties), len(seen.parties))
    if seen.unseen:
        more = f", {len(seen.satisfied)} seen" if seen.satisfied else ""
        return Cell(
            "unseen",
            f"{len(seen.unseen)} facts could not be seen{more}",
            _observed(seen.unseen),
            len(seen.unseen),
        )
    if seen.outdated:
        return Cell(
            "outdated",
            f"{len(seen.outdated)} observations, all outdated",
            _observed(seen.outdated),
            len(seen.outdated),
        )
    return _NOTHING


def _places(located: Sequence[Observation], conflicts: Sequence[Conflict]) -> Cell:
    regions = sorted({o.subject.region for o in located if o.subject.region})
    strayed = any(c.second.leg == "practice" for c in conflicts)
    outside = {digest for c in conflicts if c.second.leg == "practice" for digest in c.second.evidence}
    first = sorted(located, key=lambda o: not outside & set(o.evidence))
    # Where a thing lies is the fact here, whatever the check that saw it was about.
    mentions = tuple(
        replace(m, quote=f"data lies in {o.subject.region}")
        for m, o in zip(_observed(first), first, strict=False)
    )
    return Cell("violated" if strayed else "seen", ", ".join(regions), mentions, len(located))


def _mentions(said: Sequence[Statement]) -> tuple[Mention, ...]:
    return tuple(Mention(s.source, s.place, s.quote, s.evidence, s.telling) for s in said[:MOST_MENTIONS])


def _observed(seen: Sequence[Observation]) -> tuple[Mention, ...]:
    return tuple(
        Mention(o.subject.source, o.subject.id.rsplit("|", 1)[-1], o.message, o.evidence[:MOST_MENTIONS])
        for o in seen[:MOST_MENTIONS]
    )


def _documents(said: Sequence[Statement]) -> str:
    return ", ".join(sorted({s.document for s in said}))


def _values(said: Sequence[Statement], scale: Scale) -> str:
    return " / ".join(dict.fromkeys(s.measure.text(scale) for s in said if s.measure is not None))
