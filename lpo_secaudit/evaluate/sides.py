"""The sides of a conflict: statements and observations brought to legs, with words for a reader."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Literal

from lpo_secaudit.evaluate.measures import weaker
from lpo_secaudit.evaluate.statements import Statement
from lpo_secaudit.model.check import Observation, Severity
from lpo_secaudit.model.finding import Leg
from lpo_secaudit.model.topic import Scale

if TYPE_CHECKING:
    from lpo_secaudit.catalog.places import Gazetteer

__all__ = [
    "MOST_EVIDENCE",
    "Side",
    "by_source",
    "grouped",
    "low",
    "more",
    "named",
    "one_below",
    "seen",
    "thing",
    "told",
    "weaker_than",
]

Side = Literal["promise", "claim"]

MOST_EVIDENCE = 20
"""Digests kept with one side of a conflict: an account may break a promise ten thousand times."""


def told(side: Side, said: Sequence[Statement]) -> Leg:
    """What was said, in the words of the first statement."""
    first = said[0]
    digests = tuple(sorted({digest for s in said for digest in s.evidence}))
    return Leg(side, first.source, first.place, first.quote, digests, first.telling)


def seen(observations: Sequence[Observation], text: str, shown: Observation, count: int | None = None) -> Leg:
    """What was seen: one observation in words, the number of the others, the digests of both.

    Args:
        count: of what `text` names; default: the number of observations.
    """
    others = sorted({digest for o in observations for digest in o.evidence} - set(shown.evidence))
    return Leg(
        "practice",
        shown.subject.source,
        thing(shown),
        text + more(len(observations) if count is None else count),
        (*shown.evidence, *others)[:MOST_EVIDENCE],
    )


def thing(o: Observation) -> str:
    """The subject's id without what collectors put before it ("file|rule|resource")."""
    return o.subject.id.rsplit("|", 1)[-1]


def named(o: Observation) -> str:
    """The message, with the thing it is about."""
    return o.message if thing(o) in o.message else f"{thing(o)}: {o.message}"


def more(count: int) -> str:
    """ " (and 3 more)" behind the first of four."""
    return f" (and {count - 1} more)" if count > 1 else ""


def low(title: str) -> str:
    """A title inside a sentence."""
    return title[:1].lower() + title[1:] if not title[:2].isupper() else title


def one_below(severity: Severity) -> Severity:
    return list(Severity)[max(0, severity.rank - 1)]


def grouped(said: Iterable[Statement], key: Callable[[Statement], Hashable]) -> Iterator[list[Statement]]:
    """Statements with one key together, in the order in which the keys first appear."""
    groups: dict[Hashable, list[Statement]] = {}
    for s in said:
        groups.setdefault(key(s), []).append(s)
    yield from groups.values()


def by_source(said: Iterable[Statement]) -> Iterator[tuple[str, list[Statement]]]:
    for group in grouped(said, lambda s: s.source):
        yield group[0].source, group


def weaker_than(one: Statement, other: Statement, scale: Scale, gazetteer: Gazetteer) -> bool:
    """Whether `one` is by its measure less than `other`; False where either has none."""
    if one.measure is None or other.measure is None:
        return False
    return weaker(scale, one.measure, other.measure, gazetteer)
