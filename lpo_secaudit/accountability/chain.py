"""Whether a chain of promises can hold: the time each link may take against the time the last one has.

A notice travels provider -> firm -> client -> authority or persons. Every link may use its whole
period, so in the worst case the last duty starts with what is left. Periods are compared in elapsed
hours: a link counts with the longest time its period can last (a day ends at midnight, a business
day may wait for a long weekend), a budget with the shortest.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from lpo_secaudit.accountability.clock.calendars import calendar, calendar_of_zone
from lpo_secaudit.accountability.clock.counting import add_business_days
from lpo_secaudit.accountability.obligation import Obligation
from lpo_secaudit.accountability.rules import Counting, Period
from lpo_secaudit.errors import InputError

__all__ = ["Link", "Path", "Verdict", "chain", "span"]

_BELOW = {"client": "firm", "firm": "provider"}
_KNOWLEDGE = frozenset({"becoming_aware", "discovery", "reasonable_belief", "suspicion", "unspecified"})


@dataclass(frozen=True, slots=True)
class Link:
    """One notice on the way.

    Attributes:
        debtor, creditor: roles.
        obligation: the duty that bounds it; None where nothing does.
        longest: the longest it can take; None without a bound.
        why: where there is no bound, why not.
    """

    debtor: str
    creditor: str
    obligation: Obligation | None
    longest: timedelta | None
    why: str = ""


class Verdict:
    """What a path comes to."""

    HOLDS = "holds"
    BROKEN = "broken"
    UNBOUNDED = "unbounded"
    OWN_CLOCK = "own-clock"


@dataclass(frozen=True, slots=True)
class Path:
    """The way from the provider's knowledge to one last duty.

    Attributes:
        end: the last duty.
        links: the notices before it, the provider's first.
        budget: the shortest time that the last duty's period can last.
        used: the longest time the links take together; None where one has no bound.
        slack: budget less used, in the worst case; None where it has no bound, or the last duty's
            clock only starts once its debtor knows.
        verdict: holds, broken, unbounded, or own-clock where the last duty's clock waits for its
            debtor's own knowledge.
        counted_from: why the budget counts from the provider's knowledge, or why it does not.
    """

    end: Obligation
    links: tuple[Link, ...]
    budget: timedelta
    used: timedelta | None
    slack: timedelta | None
    verdict: str
    counted_from: str

    @property
    def words(self) -> str:
        """The path in one sentence."""
        way = ", ".join(
            f"{link.debtor} tells {link.creditor} within {hours(link.longest)}"
            if link.longest is not None
            else f"{link.debtor} tells {link.creditor} without a limit ({link.why})"
            for link in self.links
        )
        last = (
            f"{self.end.debtor} must tell {self.end.creditor.replace('_', ' ')} within {hours(self.budget)}"
        )
        match self.verdict:
            case Verdict.BROKEN:
                assert self.slack is not None  # noqa: S101  # a broken path has one
                return f"{way}; {last} of the same start: {hours(-self.slack)} too late in the worst case"
            case Verdict.HOLDS:
                assert self.slack is not None  # noqa: S101
                return f"{way}; {last} of the same start: {hours(self.slack)} left in the worst case"
            case Verdict.UNBOUNDED:
                return f"{way}; {last} of the same start: nothing shows that this can hold"
        return f"{way}; then {last} of its own knowledge"

    def to_json(self) -> dict[str, Any]:
        """The path as `secaudit obligations --format json` prints it; lengths in hours."""
        return {
            "end": self.end.id,
            "links": [
                {
                    "debtor": link.debtor,
                    "creditor": link.creditor,
                    "obligation": None if link.obligation is None else link.obligation.id,
                    "longest_hours": _number(link.longest),
                    "why": link.why,
                }
                for link in self.links
            ],
            "budget_hours": _number(self.budget),
            "used_hours": _number(self.used),
            "slack_hours": _number(self.slack),
            "verdict": self.verdict,
            "counted_from": self.counted_from,
            "words": self.words,
        }


def hours(length: timedelta) -> str:
    """A length in hours, as contracts write it."""
    number = length / timedelta(hours=1)
    return f"{number:g} h"


def _number(length: timedelta | None) -> float | None:
    return None if length is None else round(length / timedelta(hours=1), 2)


def chain(obligations: Iterable[Obligation]) -> tuple[Path, ...]:
    """Every path that ends in a duty with a number, the tightest first."""
    known = tuple(obligations)
    found = [
        path
        for end in known
        if end.period is not None and end.debtor in _BELOW and end.clock_starts in _KNOWLEDGE
        for path in [_path(end, known)]
    ]
    return tuple(sorted(found, key=lambda p: (_RANK[p.verdict], p.slack or timedelta(), p.end.id)))


_RANK = {Verdict.BROKEN: 0, Verdict.UNBOUNDED: 1, Verdict.HOLDS: 2, Verdict.OWN_CLOCK: 3}


def _path(end: Obligation, known: Sequence[Obligation]) -> Path:
    assert end.period is not None  # noqa: S101  # chosen so
    roles = [end.debtor]
    while roles[0] in _BELOW:
        roles.insert(0, _BELOW[roles[0]])
    links = tuple(_link(a, b, known, end) for a, b in itertools.pairwise(roles))
    budget, _ = span(end.period, end.counting, end.zone)
    lengths = [link.longest for link in links]
    used = None if None in lengths else sum((x for x in lengths if x is not None), timedelta())
    shared, why = _shared(end)
    if not shared:
        return Path(end, links, budget, used, None, Verdict.OWN_CLOCK, why)
    if used is None:
        return Path(end, links, budget, None, None, Verdict.UNBOUNDED, why)
    slack = budget - used
    return Path(
        end, links, budget, used, slack, Verdict.BROKEN if slack < timedelta() else Verdict.HOLDS, why
    )


def _shared(end: Obligation) -> tuple[bool, str]:
    """Whether the last duty's clock may run from the provider's knowledge already."""
    if end.source == "commitment":
        return True, "the promise counts from awareness, and the firm answers for its provider's"
    for role, certain in end.imputed:
        if role == "provider":
            return True, (
                f"the provider's knowledge counts as the {end.debtor}'s ({end.citation})"
                if certain
                else f"the provider's knowledge counts as the {end.debtor}'s if it is an agent: open "
                f"({end.citation})"
            )
    return False, f"the clock starts with the {end.debtor}'s own knowledge ({end.citation})"


def _link(debtor: str, creditor: str, known: Sequence[Obligation], end: Obligation) -> Link:
    """The tightest bound of a notice: every duty has to be kept, so the shortest period decides.

    A law bounds a link only on the way to a duty of the same law: HIPAA's 60 days say nothing about
    persons in the EU.
    """
    asked = [
        o
        for o in known
        if (o.debtor, o.creditor) == (debtor, creditor) and (o.source != "law" or o.law == end.law)
    ]
    best: Link | None = None
    why = "no duty sets a number"
    for o in asked:
        if o.period is None:
            continue
        if o.clock_starts not in _KNOWLEDGE:
            why = f"its {o.period} count from {o.clock_starts.replace('_', ' ')}, which nothing limits"
            continue
        _, longest = span(o.period, o.counting, o.zone)
        if best is None or best.longest is None or longest < best.longest:
            best = Link(debtor, creditor, o, longest)
    if best is not None:
        return best
    # A duty to cooperate or to contain is none to give notice: its words would say nothing of the time.
    notices = [o for o in asked if o.source == "contract" and not o.conduct]
    first = min(notices, key=lambda o: o.ref != "breach-notification", default=None)
    return Link(debtor, creditor, first, None, why)


@lru_cache(maxsize=1024)
def span(period: Period, counting: Counting, zone: str | None) -> tuple[timedelta, timedelta]:
    """The shortest and the longest elapsed time that a period can last, changes of clocks left out."""
    day = timedelta(days=1)
    match counting.method:
        case "elapsed-hours":
            length = timedelta(hours=period.amount)
            return length, length
        case "business-days":
            steps = _business_spans(period.amount, counting.calendar, zone)
            return min(steps) * day, (max(steps) + 1) * day
        case "months":
            return 28 * period.amount * day, (31 * period.amount + 1) * day
        case "year-end-days":
            return period.amount * day, (period.amount + 366) * day
    first = period.amount - 1 if counting.day_one else period.amount
    return first * day, (first + 1) * day


def _business_spans(amount: int, name: str | None, zone: str | None) -> list[int]:
    """Calendar days that a number of business days lasts, for each start of four years."""
    start = date(2026, 1, 1)
    days = [start + timedelta(days=n) for n in range(4 * 365 + 1)]
    try:
        where = calendar(name) if name else calendar_of_zone(zone or "")
        return [(add_business_days(d, amount, where)[0] - d).days for d in days]
    except InputError:
        # Without a calendar of those years only weekends are known; holidays would make it longer.
        return [amount, amount // 5 * 7 + amount % 5 + 2]
