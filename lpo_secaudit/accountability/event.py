"""Events of an incident's timeline: what happened to whom when, and timelines that contradict themselves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

from lpo_secaudit.accountability.clock.counting import check_instant, check_year
from lpo_secaudit.accountability.places import require_place
from lpo_secaudit.errors import InputError

__all__ = ["KINDS", "OTHERS", "PARTIES", "Event", "check_timeline", "earliest", "words_for"]

PARTIES = ("provider", "firm", "client")
OTHERS = ("authority", "individuals", "consumer_reporting_agencies", "media", "clients")
"""Who can be told beside the parties."""

KINDS = {
    "occurred": "the incident occurred",
    "ended": "the incident ended",
    "suspected": "{who} suspected it",
    "believed": "{who} had reason to believe it",
    "aware": "{who} became aware",
    "discovered": "{who} discovered it",
    "determined": "{who} determined that it is a breach",
    "confirmed": "{who} confirmed it",
    "classified": "{who} classified it",
    "materiality-determined": "{who} determined that it is material",
    "ransom-paid": "{who} paid a ransom",
    "notified": "{who} told {to}",
}
"""Events of a timeline. Each that can start a clock has an instant of its own."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened, or is known not to have happened yet.

    Attributes:
        what: a key of `KINDS`.
        at: aware instant, or the day where the time is not known; None with `not_by`.
        who: provider, firm or client; empty for `occurred` and `ended`.
        to: who was told, for `notified`: a party, authority, individuals, consumer_reporting_agencies,
            media or clients.
        under: for notices to authorities: the rules, laws or named reports that the notice serves.
        places: for notices to persons, agencies and media: where they live; `all` for everybody.
        not_by: it had not happened by this aware instant.
        note: free words.
        where: file and line, or the register's event, for messages.
    """

    what: str
    at: datetime | date | None = None
    who: str = ""
    to: str = ""
    under: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    not_by: datetime | None = None
    note: str = ""
    where: str = ""

    def __post_init__(self) -> None:
        """Refuse what would be counted wrongly: a naive time would be read in the machine's own zone.

        Raises:
            InputError: an unknown kind or party, a time that cannot be, fields that do not belong together.
        """
        for problem, hint in self._problems():
            raise InputError(problem, where=self.where or None, hint=hint)
        try:
            for moment in (self.at, self.not_by):
                if isinstance(moment, datetime):
                    check_instant(moment, self.what)
                elif moment is not None:
                    check_year(moment, self.what)
            for place in self.places:
                if place != "all":
                    require_place(place)
        except InputError as error:
            raise InputError(error.message, where=self.where or None, hint=error.hint) from error

    def _problems(self) -> Iterator[tuple[str, str | None]]:
        """(what is wrong, what to write instead), the first that counts first."""
        what, who, to = self.what, self.who, self.to
        if what not in KINDS:
            yield f"event {what!r} is not known", f"one of {', '.join(KINDS)}"
        if who not in ("", *PARTIES):
            yield f"event {what!r}: {who!r} is no party", "provider, firm or client"
        if to not in ("", *PARTIES, *OTHERS):
            yield f"event {what!r}: nobody is called {to!r}", f"one of {', '.join((*PARTIES, *OTHERS))}"
        if (what in ("occurred", "ended")) == bool(who):
            yield f"event {what!r} {'has no' if who else 'needs'} 'who'", "provider, firm or client"
        if (what == "notified") != bool(to):
            yield f"event {what!r} {'needs' if not to else 'has no'} 'to'", None
        if who and who == to:
            yield f"the {who} cannot tell itself", None
        if to == "authority" and not self.under:
            yield (
                "a notice to an authority says under which rule it was given",
                "under: [eu-gdpr-authority], or the name of the law",
            )
        if to in ("individuals", "consumer_reporting_agencies", "media") and not (self.under or self.places):
            yield f"a notice to {to} says where those told live", "places: [DE, US-CA], or [all]"
        if (self.at is None) == (self.not_by is None):
            yield "an event has either 'at' or 'not_by'", None
        for name, moment in (("at", self.at), ("not_by", self.not_by)):
            if moment is not None and not isinstance(moment, date if name == "at" else datetime):
                yield (
                    f"event {what!r}: {name} is {moment!r}, no aware datetime" + " or date" * (name == "at"),
                    "datetime.fromisoformat('2026-03-03T10:20:00+01:00')",
                )

    def words(self) -> str:
        """The event without its time, for a reader."""
        return words_for(self.what, self.who, self.to)

    def earliest(self) -> datetime:
        """The first instant at which it can have happened: a day begins at UTC+14."""
        assert self.at is not None  # noqa: S101  # asked only of events that happened
        return earliest(self.at)

    def latest(self) -> datetime:
        """The last instant at which it can have happened: a day ends at UTC-12."""
        assert self.at is not None  # noqa: S101
        if isinstance(self.at, datetime):
            return self.at.astimezone(UTC)
        return datetime(self.at.year, self.at.month, self.at.day, tzinfo=UTC) + timedelta(hours=36)


def earliest(at: datetime | date) -> datetime:
    """The first instant of a moment, in UTC: a day begins at UTC+14."""
    if isinstance(at, datetime):
        return at.astimezone(UTC)
    return datetime(at.year, at.month, at.day, tzinfo=UTC) - timedelta(hours=14)


@lru_cache(maxsize=1024)
def words_for(what: str, who: str, to: str) -> str:
    """An event without its time, for a reader."""
    return KINDS[what].format(who=f"the {who}", to=_TOLD.get(to, f"the {to}"))


_TOLD = {
    "individuals": "the persons affected",
    "consumer_reporting_agencies": "the consumer reporting agencies",
    "clients": "its clients",
}


_ORDER = (("suspected", "aware"), ("suspected", "confirmed"), ("suspected", "discovered"))
_KNOWS = ("suspected", "believed", "aware", "discovered", "determined", "confirmed")


def check_timeline(events: Iterable[Event]) -> None:
    """Refuse a timeline that contradicts itself, whatever the unknown times of day are.

    Raises:
        InputError: names both events.
    """
    known: dict[tuple[str, str], Event] = {}
    all_events = tuple(events)
    for event in all_events:
        if event.what == "notified" or event.at is None:
            continue
        before = known.setdefault((event.what, event.who), event)
        if before is not event:
            raise _contradiction(
                before, event, "stands twice", "keep one; in the register, correct the earlier event"
            )
    occurred = known.get(("occurred", ""))
    for event in all_events:
        if event.at is None:
            happened = known.get((event.what, event.who))
            if happened is not None and event.not_by and happened.latest() < event.not_by:
                raise _contradiction(
                    happened, event, "happened before the time by which it is said not to have happened", None
                )
            continue
        if occurred is not None and event.latest() < occurred.earliest():
            raise _contradiction(
                occurred, event, "is earlier than the incident itself", "correct one of the two times"
            )
        if event.what == "notified":
            _check_notice(event, known)
    for first, then in _ORDER:
        for who in PARTIES:
            one, two = known.get((first, who)), known.get((then, who))
            if one is not None and two is not None and two.latest() < one.earliest():
                raise _contradiction(one, two, f"is earlier than {one.what}", "correct one of the two times")


def _check_notice(notice: Event, known: Mapping[tuple[str, str], Event]) -> None:
    own = [known[(what, notice.who)] for what in _KNOWS if (what, notice.who) in known]
    if own and all(notice.latest() < event.earliest() for event in own):
        first = min(own, key=Event.earliest)
        raise _contradiction(
            first, notice, f"is earlier than the {notice.who}'s own knowledge", "correct one of the two times"
        )


def _contradiction(first: Event, second: Event, problem: str, hint: str | None) -> InputError:
    times = " and ".join(
        str(t.isoformat()) for t in (first.at or first.not_by, second.at or second.not_by) if t is not None
    )
    return InputError(
        f"event {second.what!r}{f' of the {second.who}' if second.who else ''} {problem} ({times})",
        where=second.where or None,
        hint=hint,
    )
