"""Places promised or claimed against the regions in which client data are seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from lpo_secaudit.evaluate.measures import Measure
from lpo_secaudit.evaluate.sides import Side, named, seen, thing, told
from lpo_secaudit.evaluate.statements import Legs, Statement
from lpo_secaudit.model.check import Observation, Severity
from lpo_secaudit.model.finding import Conflict, ConflictKind

if TYPE_CHECKING:
    from lpo_secaudit.catalog.places import Gazetteer

__all__ = ["place_conflicts"]

_SAYS = {"promise": "The contract keeps", "claim": "The provider states that it keeps"}


def place_conflicts(legs: Legs, located: Sequence[Observation], gazetteer: Gazetteer) -> Iterator[Conflict]:
    """Data seen, or admitted by a failed check, outside the places promised or claimed.

    Args:
        located: observations of things that hold client data, with their regions.
    """
    sides: list[tuple[Side, Statement]] = [
        *(("promise", s) for s in legs.promised()),
        *(("claim", s) for s in legs.held()),
    ]
    done = set()
    for side, statement in sides:
        key = (side, statement.source, statement.document if side == "promise" else "")
        strays = list(legs.practice.violations)
        if statement.measure is not None:
            strays += _outside(statement.measure, located, gazetteer)
        if not strays or key in done:
            continue
        done.add(key)
        regions = ", ".join(sorted({o.subject.region for o in strays if o.subject.region}))
        held = f"data lies in {regions}: {thing(strays[0])}" if regions else named(strays[0])
        count = len({(o.subject.source, o.subject.type, o.subject.id) for o in strays})
        first = told(side, [statement])
        where = statement.measure.text(legs.topic.scale) if statement.measure else "named places"
        yield Conflict(
            kind=ConflictKind.PLACE if side == "promise" else ConflictKind.MISSTATEMENT,
            topic=legs.topic.id,
            severity=Severity.HIGH,
            first=first,
            second=seen(strays, held, strays[0], count),
            message=f"{_SAYS[side]} data in {where} ({first.place}), but {held}",
            ask=f"Which client data lies in {regions or thing(strays[0])}, and since when?",
        )


def _outside(allowed: Measure, located: Sequence[Observation], gazetteer: Gazetteer) -> Iterator[Observation]:
    for o in located:
        code = gazetteer.of_region(o.subject.region)
        if code and not gazetteer.lies_in(code, allowed.places):
            yield o
