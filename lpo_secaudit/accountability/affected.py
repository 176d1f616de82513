"""How many persons were hit, where, and with which data; numbers may be open on either side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lpo_secaudit.accountability.conditions import Leaf
from lpo_secaudit.accountability.places import check_place, lies_in, require_place
from lpo_secaudit.errors import InputError

__all__ = ["UNKNOWN", "Affected", "Count"]


@dataclass(frozen=True, slots=True)
class Count:
    """A number of persons, known to lie between two bounds.

    Attributes:
        low: at least so many.
        high: at most so many; None where no upper bound is known.
    """

    low: int = 0
    high: int | None = None

    def __post_init__(self) -> None:
        if self.low < 0 or (self.high is not None and self.high < self.low):
            raise InputError(f"a count cannot lie between {self.low} and {self.high}")

    def compare(self, how: str, number: int) -> bool | None:
        """Whether it is more_than, at_least or fewer_than a number; None where the bounds allow either."""
        threshold = number + 1 if how == "more_than" else number
        if self.low >= threshold:
            reached: bool | None = True
        else:
            reached = False if self.high is not None and self.high < threshold else None
        if how == "fewer_than":
            return None if reached is None else not reached
        return reached

    @property
    def exact(self) -> bool:
        """Both bounds are one number."""
        return self.low == self.high

    def __str__(self) -> str:
        if self.exact:
            return f"{self.low:,}"
        if self.high is None:
            return f"{self.low:,} or more" if self.low else "an unknown number"
        return f"{self.low:,} to {self.high:,}"

    def to_json(self) -> int | dict[str, int]:
        """A number, or its bounds."""
        if self.exact:
            return self.low
        return {"at_least": self.low} if self.high is None else {"at_least": self.low, "at_most": self.high}

    @classmethod
    def from_json(cls, value: int | Mapping[str, int]) -> Count:
        """Read `to_json`.

        Raises:
            InputError: bounds that contradict each other.
        """
        if isinstance(value, int):
            return cls(value, value)
        return cls(value.get("at_least", 0), value.get("at_most"))


UNKNOWN = Count()


@dataclass(frozen=True, slots=True)
class Affected:
    """The persons hit.

    A place stands for everybody who lives in it: with `US: 500` and `US-CA: 200`, 300 of the 500 live
    elsewhere in the United States. Persons that `total` counts and no place names may live anywhere.

    Attributes:
        total: everybody.
        places: residents of a place.
        data: the same for persons whose data of one class were hit.
    """

    total: Count = UNKNOWN
    places: Mapping[str, Count] = field(default_factory=dict)
    data: Mapping[str, Affected] = field(default_factory=dict)
    # Many rules ask about one place with thresholds of their own; an area is counted once.
    _counted: dict[str, Count] = field(default_factory=dict, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        for place in self.places:
            require_place(place)
        inside = self._held(self.places)
        if self.total.high is not None and inside > self.total.high:
            raise InputError(f"the places hold {inside} persons, the total only {self.total}")
        for place, count in self.places.items():
            held = self._held(p for p in self.places if p != place and lies_in(p, place))
            if count.high is not None and held > count.high:
                raise InputError(f"the parts of {place} hold {held} persons, {place} itself only {count}")

    def in_place(self, area: str) -> Count:
        """The residents of an area: `total`, `one-state` (the most in any one State of the US) or a place."""
        found = self._counted.get(area)
        if found is None:
            found = self._counted[area] = self._count(area)
        return found

    def _count(self, area: str) -> Count:
        if area == "total":
            return self._total()
        if area == "one-state":
            return self._one_state()
        if area in self.places:
            own = self.places[area]
            parts = 0 if own.exact else self._held(p for p in self.places if p != area and lies_in(p, area))
            return own if own.low >= parts else Count(parts, own.high)
        low = self._held(p for p in self.places if lies_in(p, area))
        wider = [(p, self.places[p].high) for p in self.places if p != area and lies_in(area, p)]
        highs = [
            high - self._held(q for q in self.places if q != outer and lies_in(q, outer) and _apart(q, area))
            for outer, high in wider
            if high is not None
        ]
        if self.total.high is not None:
            highs.append(self.total.high - self._held(q for q in self.places if _apart(q, area)))
        return Count(low, max(low, min(highs)) if highs else None)

    def _held(self, places: Iterable[str]) -> int:
        return sum(self.places[p].low for p in _outermost(places))

    def _total(self) -> Count:
        return Count(max(self.total.low, self._held(self.places)), self.total.high)

    def _one_state(self) -> Count:
        states = [p for p in self.places if p.startswith("US-")]
        low = max((self.places[p].low for p in states), default=0)
        anywhere = self.in_place("US-ZZZZ").high  # a State that nothing is said about
        named = [self.places[p].high for p in states]
        if anywhere is None or None in named:
            return Count(low, None)
        return Count(low, max([anywhere, *(high for high in named if high is not None)]))

    def count(self, leaf: Leaf, classes: tuple[str, ...] | None) -> Count:
        """The number that a condition asks for.

        Args:
            leaf: a question of kind `affected`.
            classes: data classes hit; None where not known.
        """
        everybody = self.in_place(leaf.where)
        if leaf.of_data is None:
            return everybody
        known = self.data.get(leaf.of_data)
        if known is not None:
            part = known.in_place(leaf.where)
            high = part.high if everybody.high is None else min(everybody.high, part.high or everybody.high)
            return part if part.high is not None else Count(part.low, high)
        if classes is not None and leaf.of_data not in classes:
            return Count(0, 0)
        if classes == (leaf.of_data,):
            return everybody
        return Count(0, everybody.high)

    def to_json(self) -> dict[str, Any]:
        """The form of the incident file."""
        return {
            "total": self.total.to_json(),
            "places": {place: count.to_json() for place, count in self.places.items()},
            "data": {
                name: {k: v for k, v in part.to_json().items() if k != "data"}
                for name, part in self.data.items()
            },
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Affected:
        """Read the form of the incident file.

        Raises:
            InputError: an unknown place, numbers that contradict each other.
        """
        return cls(
            Count.from_json(value["total"]) if "total" in value else UNKNOWN,
            {check_place(p): Count.from_json(c) for p, c in value.get("places", {}).items()},
            {name: cls.from_json(part) for name, part in value.get("data", {}).items()},
        )


def _outermost(places: Iterable[str]) -> list[str]:
    """The places that lie in none of the others, so that nobody is counted twice."""
    known = list(places)
    whole = {p for p in known if "-" not in p}
    if "EU" not in whole and not any(p[:2] in whole for p in known if "-" in p):
        return known  # nothing can lie in anything else
    return [p for p in known if not any(q != p and lies_in(p, q) for q in known)]


def _apart(place: str, area: str) -> bool:
    return not lies_in(place, area) and not lies_in(area, place)
