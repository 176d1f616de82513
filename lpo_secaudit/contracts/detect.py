"""Rules on a reading: where a clause stands, who it binds, and how far that can be believed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from lpo_secaudit.contracts.library import Clause, Need, Rule
from lpo_secaudit.contracts.reading import Duty, Reading

__all__ = ["Match", "belief_of", "matches_of"]


@dataclass(frozen=True, slots=True)
class Match:
    """A rule that holds in one unit.

    Attributes:
        unit: index of the unit.
        start, end: word range that decides it.
        anchor: concept number of the anchor that was found.
        score: belief, 0 to 1.
        rule: the rule.
        duty: who is bound.
    """

    unit: int
    start: int
    end: int
    anchor: int
    score: float
    rule: Rule
    duty: Duty


def matches_of(clause: Clause, reading: Reading) -> list[Match]:
    """All matches of a clause, in text order; the best rule for each unit and part."""
    best: dict[tuple[int, int, int], Match] = {}
    if clause.about >= 0 and not reading.hits.by_concept[clause.about]:
        return []
    for rule in clause.rules:
        for match in _rule_matches(rule, reading):
            key = (match.unit, rule.part, match.anchor if clause.distinct > 1 else -1)
            if key not in best or match.score > best[key].score:
                best[key] = match
    return sorted(best.values(), key=lambda m: (m.start, m.end, m.rule.part))


def _rule_matches(rule: Rule, reading: Reading) -> Iterator[Match]:
    rarest = min(
        (need for need in rule.needs if not need.context),
        key=lambda need: sum(len(reading.units_with[c]) for c in need.concepts),
        default=rule.needs[0],
    )
    candidates = {u for c in rarest.concepts for u in reading.units_with[c]}
    if len(rule.needs) > 1:
        # A need held by a lead-in holds for all its items.
        candidates |= {u for held in candidates for u in reading.items_of.get(held, ())}
    for unit in sorted(candidates):
        match = _match(rule, unit, reading)
        if match is not None:
            yield match


def _match(rule: Rule, unit: int, reading: Reading) -> Match | None:
    kind = reading.units[unit].kind
    if kind == "heading" or (kind in ("definition", "recital") and not rule.loose):
        return None
    own = reading.concepts[unit]
    if any(c in own for c in rule.excluded):
        return None
    chain: list[int] | None = None
    context: list[int] | None = None
    anchors: list[tuple[int, int, int]] = []
    others: list[list[tuple[int, int]]] = []
    held = 0
    for position, need in enumerate(rule.needs):
        hits = [(s, e, c) for c in need.concepts for s, e in own.get(c, ())]
        if hits:
            held += not need.context or position == 0
            if position == 0:
                anchors = hits
            else:
                others.append([(s, e) for s, e, _ in hits] if not need.context else [])
            continue
        if chain is None:
            chain = reading.chain(unit)
        if _holds(need, chain, reading):
            continue
        if need.context:
            if context is None:
                context = reading.context(unit)
            if _holds(need, context, reading):
                continue
            if need.label and reading.labelled(unit, need.concepts):
                continue
        return None
    if not held:
        return None
    if rule.least and _counted(rule, unit, reading) < rule.least:
        return None
    return _place(rule, unit, anchors, [o for o in others if o], reading)


def _holds(need: Need, units: list[int], reading: Reading) -> bool:
    return any(c in reading.concepts[u] for u in units for c in need.concepts)


def _counted(rule: Rule, unit: int, reading: Reading) -> int:
    near = [unit]
    for index in range(unit + 1, min(unit + 40, len(reading.units))):
        if reading.units[index].lead == unit or reading.units[index].lead == reading.units[unit].lead >= 0:
            near.append(index)
    return sum(any(c in reading.concepts[u] for u in near) for c in rule.count)


def _place(
    rule: Rule,
    unit: int,
    anchors: list[tuple[int, int, int]],
    others: list[list[tuple[int, int]]],
    reading: Reading,
) -> Match | None:
    best: Match | None = None
    begin, end = reading.bounds[unit]
    if not anchors:
        spans = [min(hits) for hits in others]
        start = min((s for s, _ in spans), default=begin)
        stop = max((e for _, e in spans), default=end)
        duty = reading.duty_at(unit, start)
        score = _believe(rule, duty)
        return Match(unit, start, stop, -1, score, rule, duty) if score > 0 else None
    for a, b, concept in anchors:
        start, stop = a, b
        fits = True
        for hits in others:
            s, e = min(hits, key=lambda h: max(h[0] - b, a - h[1], 0))
            if max(s - b, a - e) > rule.within:
                fits = False
                break
            start, stop = min(start, s), max(stop, e)
        if not fits:
            continue
        duty = reading.duty_at(unit, a)
        score = _believe(rule, duty)
        if score > 0 and (
            best is None
            or score > best.score
            or (score == best.score and stop - start < best.end - best.start)
        ):
            best = Match(unit, start, stop, concept, score, rule, duty)
    return best


def _believe(rule: Rule, duty: Duty) -> float:
    """The rule's score, less where the sentence does not show that the right party is bound."""
    score = rule.score
    if rule.bound == "any":
        return score
    if duty.negated and not rule.negated:
        return 0.0
    if rule.bound == "provider":
        if duty.role == "client":
            return 0.0
        if duty.modality == "may" and duty.role == "provider":
            return 0.0
    elif duty.role == "provider":
        return 0.0
    return score if duty.role != "none" else score * 0.95


def belief_of(clause: Clause, matches: Sequence[Match]) -> float:
    """How far the rules believe that the clause is there: the weakest of the statements that must all
    be found, each by its best match."""
    if clause.distinct > 1 and len({m.anchor for m in matches}) < clause.distinct:
        return 0.3 if matches else 0.03
    best: dict[int, float] = {}
    for match in matches:
        best[match.rule.part] = max(best.get(match.rule.part, 0.0), match.score)
    if len(best) < clause.parts:
        return 0.2 if best else 0.03
    return min(best.values())
