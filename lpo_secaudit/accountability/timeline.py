"""What an incident's timeline says by an instant: who knew when, which clocks started, who told whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from lpo_secaudit.accountability.event import Event, earliest, words_for
from lpo_secaudit.accountability.incident import Incident
from lpo_secaudit.accountability.obligation import Obligation
from lpo_secaudit.accountability.places import lies_in

__all__ = ["Performance", "Start", "Starts", "Timeline"]

EDPB = "EDPB Guidelines 9/2022"
AGENCY = "45 CFR 164.404(a)(2)"


@dataclass(frozen=True, slots=True)
class Start:
    """A start of a clock.

    Attributes:
        at: aware instant, or a day.
        words: what started it.
        citation: what that rests on; empty for a plain event.
        note: why this event starts this clock, where that is not plain.
        question: what would have to be known to be sure of this start; empty where it is sure.
    """

    at: datetime | date
    words: str
    citation: str = ""
    question: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Starts:
    """The possible starts of an obligation's clock.

    Attributes:
        options: each start that may be the right one; none where the clock has not started.
        missing: facts without which no start is known.
        idle: why the clock has not started, where that is known.
        floor: no start can be earlier than this; None where nothing is known.
    """

    options: tuple[Start, ...] = ()
    missing: tuple[str, ...] = ()
    idle: str = ""
    floor: Start | None = None


@dataclass(frozen=True, slots=True)
class Performance:
    """When a duty was done: between two instants (equal where the time is known).

    Attributes:
        first, last: aware UTC instants.
        words: by which notice.
    """

    first: datetime
    last: datetime
    words: str


# The event that a clock waits for; then those that stand in for it where it is not recorded.
_CLOCKS: dict[str, tuple[str, tuple[str, ...]]] = {
    "becoming_aware": ("aware", ("discovered", "believed")),
    "discovery": ("discovered", ("aware", "believed")),
    "calendar_year_end": ("discovered", ("aware", "believed")),
    "reasonable_belief": ("believed", ("aware", "discovered")),
    "suspicion": ("suspected", ("believed", "aware", "discovered")),
    "determination": ("determined", ("confirmed",)),
    "confirmation": ("confirmed", ("determined",)),
    "classification": ("classified", ()),
    "materiality_determination": ("materiality-determined", ()),
    "payment": ("ransom-paid", ()),
}
_KNOWLEDGE = ("aware", "discovered", "believed")
# Clocks that knowledge starts: a notice received is knowledge. The others wait for an act of one's own.
_BY_KNOWLEDGE = frozenset(
    {"becoming_aware", "discovery", "calendar_year_end", "reasonable_belief", "suspicion", "unspecified"}
)


class Timeline:
    """The events of an incident that had happened by an instant."""

    def __init__(self, incident: Incident, as_of: datetime) -> None:
        self.incident = incident
        self.as_of = as_of
        happened = [e for e in incident.events if e.at is not None and e.earliest() <= as_of]
        self._events = {(e.what, e.who): e for e in happened if e.what != "notified"}
        self._notices = sorted((e for e in happened if e.what == "notified"), key=Event.earliest)
        self._not_by = {(e.what, e.who): e.not_by for e in incident.events if e.at is None}
        self._told: dict[str, Event] = {}
        self._starts: dict[tuple[str, str, bool, bool], Starts] = {}
        for notice in reversed(self._notices):
            self._told[notice.to] = notice
        self._hit = tuple(p for p, c in incident.affected.places.items() if c.high != 0)

    # --- starts

    def starts(self, o: Obligation) -> Starts:
        """Every start that the obligation's clock may have, the imputed ones among them."""
        if o.clock_starts == "notice_to_individuals":
            return self._after_individuals(o)
        if o.clock_starts == "prior_report":
            return self._after_report(o)
        own = self._start_for(o, o.starts_with)
        if not o.imputed or o.clock_starts not in _BY_KNOWLEDGE:
            return own
        return self._imputed(o, own)

    def _imputed(self, o: Obligation, own: Starts) -> Starts:
        options = list(own.options)
        missing = list(own.missing)
        for role, certain in o.imputed:
            for start in self._start_for(o, role).options:
                citation = AGENCY if o.ref.startswith("us-hipaa") else o.citation
                note = f"it counts as the {o.starts_with}'s own"
                ask = start.question or ("" if certain else f"Is the {role} an agent of the party above it?")
                options.append(Start(start.at, start.words, citation, ask, note))
        sure = [s for s in options if not s.question]
        if sure:
            # A certain start sets the latest the clock can have begun; later ones are moot.
            first = min(sure, key=lambda s: earliest(s.at))
            options = [first, *(s for s in options if s.question and earliest(s.at) < earliest(first.at))]
            missing = []
        return Starts(tuple(options), tuple(missing), "" if options else own.idle, own.floor)

    def _start_for(self, o: Obligation, who: str) -> Starts:
        key = (o.clock_starts, who, o.source == "law", o.law == "GDPR")
        found = self._starts.get(key)
        if found is None:
            found = self._starts[key] = self._find_start(o, who)
        return found

    def _find_start(self, o: Obligation, who: str) -> Starts:
        """The start of a clock, by what alone decides it: its kind, its debtor, the law's view of notices."""
        if o.clock_starts == "unspecified":
            return self._unspecified(who)
        kind, stand_ins = _CLOCKS[o.clock_starts]
        exact = self._events.get((kind, who))
        told = self._told.get(who) if o.clock_starts in _BY_KNOWLEDGE else None
        if exact is not None and (told is None or exact.earliest() <= told.earliest()):
            known = self._stand_in(who, stand_ins, kind) if o.source == "law" and kind != "aware" else None
            if (
                known is not None
                and o.clock_starts in _BY_KNOWLEDGE
                and earliest(known.at) < exact.earliest()
            ):
                # Whoever is aware has discovered: a later "discovery" does not stop a clock that may run.
                return Starts((known, _of(exact)))
            return Starts((_of(exact),))
        if told is not None:
            citation = f"{EDPB} on awareness" if o.law == "GDPR" else "a notice received is knowledge"
            notice = Start(told.at or self.as_of, told.words(), citation)
            earlier = self._stand_in(who, stand_ins, kind)
            if earlier is not None and earliest(earlier.at) < earliest(notice.at):
                return Starts((earlier, notice))
            return Starts((notice,))
        stand_in = self._stand_in(who, stand_ins, kind)
        if stand_in is not None:
            return Starts((stand_in,))
        known_open = self._not_by.get((kind, who))
        if known_open is not None and known_open >= self.as_of:
            return Starts(idle=f"the clock has not started: it is still to come that {_phrase(kind, who)}")
        return Starts(missing=(f"When was it that {_phrase(kind, who)}?",), floor=self._floor(who))

    def _stand_in(self, who: str, kinds: tuple[str, ...], wanted: str) -> Start | None:
        found = [self._events[k, who] for k in kinds if (k, who) in self._events]
        if not found:
            return None
        first = min(found, key=Event.earliest)
        ask = f"Was it earlier than {_phrase(first.what, who)} that {_phrase(wanted, who)}?"
        note = f"it is not recorded when {_phrase(wanted, who)}"
        return Start(first.at or self.as_of, first.words(), "", "" if wanted == "aware" else ask, note)

    def _unspecified(self, who: str) -> Starts:
        """A clause that names no start may mean the incident itself or the debtor's knowledge of it."""
        known = [self._events[k, who] for k in _KNOWLEDGE if (k, who) in self._events]
        occurred = self._events.get(("occurred", ""))
        ask = "What starts the period? The clause does not say."
        options = []
        if occurred is not None:
            options.append(
                Start(occurred.at or self.as_of, occurred.words(), "the clause names no start", ask)
            )
        if known:
            first = min(known, key=Event.earliest)
            options.append(Start(first.at or self.as_of, first.words(), "the clause names no start", ask))
        if options:
            return Starts(tuple(options))
        return Starts(missing=(f"When did the {who} become aware?",))

    def _floor(self, who: str) -> Start | None:
        """No determination, confirmation or classification is earlier than suspicion or the event."""
        found = [e for e in (self._events.get((k, who)) for k in ("suspected", *_KNOWLEDGE)) if e is not None]
        if not found:
            found = [e for e in (self._events.get(("occurred", "")),) if e is not None]
        return _of(min(found, key=Event.earliest)) if found else None

    def _after_individuals(self, o: Obligation) -> Starts:
        done = self.to_persons(o.debtor, "individuals", o.jurisdiction, o, every=False)
        if done is None:
            return Starts(
                idle="the clock starts when the persons affected are told, and no such notice is recorded"
            )
        return Starts((Start(done.first, done.words),))

    def _after_report(self, o: Obligation) -> Starts:
        for notice in self._notices:
            if set(notice.under) & set(o.after):
                return Starts(
                    (Start(notice.at or self.as_of, f"{notice.words()} ({', '.join(notice.under)})"),)
                )
        return Starts(
            idle=f"the clock starts with an earlier report ({' or '.join(o.after)}), and none is recorded"
        )

    # --- performance

    def performed(self, o: Obligation) -> Performance | None:
        """The first notice that does what the obligation asks; None where none is recorded."""
        if o.creditor in ("individuals", "consumer_reporting_agencies", "media"):
            return self.to_persons(o.debtor, o.creditor, o.jurisdiction, o, every=True)
        if o.conduct:
            return None
        told = (o.creditor, "client") if o.creditor == "clients" else (o.creditor,)
        for notice in self._notices:
            if notice.to in told and self._serves(notice, o):
                return Performance(notice.earliest(), notice.latest(), notice.words())
        return None

    def _serves(self, notice: Event, o: Obligation) -> bool:
        if notice.under:
            return notice.who == o.debtor and any(
                u in (o.ref, o.id) or u.lower() == o.law.lower() for u in notice.under
            )
        if o.creditor == "client":
            # What the provider owes the client is done when the firm passes it on.
            return notice.who in (o.debtor, "firm")
        return notice.who == o.debtor

    def to_persons(
        self, who: str, to: str, jurisdiction: str, o: Obligation, *, every: bool
    ) -> Performance | None:
        """The notice that reached the persons of a place: the first, or with `every` the last needed."""
        needed = [p for p in self._hit if lies_in(p, jurisdiction)] or [jurisdiction or "all"]
        reached: dict[str, Performance] = {}
        for notice in self._notices:
            if notice.who != who or notice.to != to:
                continue
            if notice.under and not self._serves(notice, o):
                continue
            done = Performance(notice.earliest(), notice.latest(), notice.words())
            for place in needed:
                covers = not notice.places or any(p == "all" or lies_in(place, p) for p in notice.places)
                if covers:
                    reached.setdefault(place, done)
        if not reached or (every and len(reached) < len(needed)):
            return None
        pick = max if every else min
        return pick(reached.values(), key=lambda p: p.last)


def _of(event: Event) -> Start:
    assert event.at is not None  # noqa: S101  # only events that happened are kept
    return Start(event.at, event.words())


def _phrase(kind: str, who: str) -> str:
    return words_for(kind, who, "")
