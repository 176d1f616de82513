"""The deadline of one rule from one start: what is due when, and every step of how it was counted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from lpo_secaudit.accountability.clock import counting as count
from lpo_secaudit.accountability.clock.calendars import Calendar, calendar, calendar_of_zone, country_of_zone
from lpo_secaudit.accountability.clock.modes import Reading, read_mode
from lpo_secaudit.accountability.rules import BreachRule, Counting, Period, RuleBook, builtin_rules
from lpo_secaudit.errors import InputError

__all__ = ["Clock", "Deadline", "SecondReading", "Step", "deadline", "run_clock"]

REG = "Reg. (EEC, Euratom) 1182/71"
DORA_RELIEF = "Del. Reg. (EU) 2025/301 Art. 5(4)-(5)"
SAFE = "safe default"
_METHODS = {
    "hours": "elapsed-hours",
    "calendar_days": "calendar-days",
    "business_days": "business-days",
    "months": "months",
}

# A contract that fixes no number has none. This one is the worked example of the counting rules, used
# only where the caller asks for "contract business days" and names no number; the steps say so.
EXAMPLE_CONTRACT = Period(2, "business_days")
EXAMPLE_CUT_OFF = time(17)


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the count.

    Attributes:
        text: what was done, with the instant or day it led to.
        citation: the provision it rests on.
    """

    text: str
    citation: str

    def __str__(self) -> str:
        return f"{self.text} [{self.citation}]"


@dataclass(frozen=True, slots=True)
class SecondReading:
    """Another date that the law may allow; shown, never applied.

    Attributes:
        due: an aware datetime, or a date meaning the end of that day.
        why: the reading, in words.
        citation: where it stands.
    """

    due: datetime | date
    why: str
    citation: str


@dataclass(frozen=True, slots=True)
class Clock:
    """A period with its way of counting, ready to run.

    Attributes:
        period: what runs; None where the law gives no number.
        counting: how.
        citation: the provision that sets the period.
        reg_1182: apply Reg. 1182/71 Art. 3 instead of the safe reading.
        relief: apply the weekend relief of DORA reports.
        cut_off: local time after which a notice counts as received on the next business day.
    """

    period: Period | None
    counting: Counting
    citation: str
    reg_1182: bool = False
    relief: bool = False
    cut_off: time | None = None


@dataclass(frozen=True, slots=True)
class Deadline:
    """A computed deadline.

    Attributes:
        rule_id: the rule, or `contract`.
        start: as given.
        zone: IANA name in which days are counted and times shown.
        due: an aware datetime; or a date, which means the end of that day in `zone`; or None where the
            rule has no number or is not law.
        steps: the explanation, in order.
        second_readings: other dates, later than `due`, that are not relied on.
        target: for rules without a number, the internal target (aware datetime or date); not law.
        assumptions: what the caller did not say and was taken for granted.
    """

    rule_id: str
    start: datetime | date
    zone: str
    due: datetime | date | None
    steps: tuple[Step, ...]
    second_readings: tuple[SecondReading, ...] = ()
    target: datetime | date | None = None
    assumptions: tuple[str, ...] = ()

    def late_from(self) -> datetime | None:
        """The first instant (UTC) at which the duty is missed: just after a time, midnight after a day."""
        if self.due is None:
            return None
        return late_from(self.due, self.zone)

    def explain(self) -> str:
        """The steps as numbered lines."""
        return "\n".join(f"{n}. {step}" for n, step in enumerate(self.steps, 1))


def late_from(due: datetime | date, zone: str) -> datetime:
    """The first instant (UTC) after a due time, or after a due day in its zone."""
    if isinstance(due, datetime):
        return due.astimezone(UTC) + timedelta(microseconds=1)
    return count.start_of_next_day(due, count.zone_info(zone)).astimezone(UTC)


def show(moment: datetime | date) -> str:
    """A due time or day as a person reads it: weekday, ISO date, time with offset."""
    if isinstance(moment, datetime):
        return f"{moment:%a} {moment.isoformat(timespec='minutes')}"
    return f"{moment:%a} {moment.isoformat()}"


class _Run:
    """One run of a clock; collects the steps."""

    def __init__(
        self, clock: Clock, start: datetime | date, zone: ZoneInfo, calendar_: Calendar | None
    ) -> None:
        self.clock = clock
        self.start = start
        self.zone = zone
        self._calendar = calendar_
        self.steps: list[Step] = []
        self.seconds: list[SecondReading] = []

    def step(self, text: str, citation: str | None = None) -> None:
        self.steps.append(Step(text, citation or self.clock.citation))

    @property
    def calendar(self) -> Calendar:
        """The calendar that was named, or that of the zone's country, looked up when first needed."""
        if self._calendar is None:
            self._calendar = calendar_of_zone(self.zone.key)
        return self._calendar

    def instant(self) -> datetime:
        if not isinstance(self.start, datetime):
            raise InputError(
                f"a period in hours needs the time of the start, not only the day {self.start}",
                hint="give an aware datetime",
            )
        return self.start

    def day(self) -> date:
        if isinstance(self.start, datetime):
            local = self.start.astimezone(self.zone)
            self.step(f"The clock starts at {show(local)}, a day in {self.zone.key}", "zone of the recipient")
            return local.date()
        return self.start

    def run(self) -> datetime | date:
        period = self.clock.period
        if period is None:
            raise InputError("a clock without a period cannot run")
        match self.clock.counting.method:
            case "elapsed-hours":
                return self.hours(period)
            case "calendar-days":
                return self.days(period)
            case "business-days":
                return self.business_days(period)
            case "months":
                return self.months(period)
            case "year-end-days":
                return self.after_year_end(period)
        raise InputError(f"counting method {self.clock.counting.method!r} does not run")

    def hours(self, period: Period) -> datetime | date:
        start = self.instant()
        self.step(f"The clock starts at {show(start.astimezone(self.zone))}")
        first = count.end_of_started_hour(start, self.zone)
        by_regulation = count.add_elapsed_hours(first, period.amount, self.zone)
        plain = count.add_elapsed_hours(start, period.amount, self.zone)
        if self.clock.reg_1182:
            self.step(f"The hour of the event is not counted; the first counted hour begins {show(first)}",
                      f"{REG} Art. 3(1)")  # fmt: skip
            self.step(f"{period} run without a break to {show(by_regulation)}", f"{REG} Art. 3(2)(a), 3(3)")
            return by_regulation
        self.step(f"{period} of elapsed time, through nights, weekends and holidays, end {show(plain)}", SAFE)
        if plain.utcoffset() != start.astimezone(self.zone).utcoffset():
            self.step(
                "The clocks change in between, so the wall time differs by the change", "elapsed time in UTC"
            )
        if self.clock.counting.second_reading == "reg-1182-71":
            self.seconds.append(
                SecondReading(
                    by_regulation, "the hour of the event is not counted", f"{REG} Art. 3(1), 3(2)(a)"
                )
            )
        return self.relieved(plain)

    def relieved(self, limit: datetime | date) -> datetime | date:
        """A limit on a closed day, at noon of the next working day; shown or, where asked for, applied."""
        if not self.clock.relief and self.clock.counting.second_reading != "weekend-relief":
            return limit
        day = limit.date() if isinstance(limit, datetime) else limit
        reason = self.calendar.closed(day)
        if reason is None:
            if self.clock.relief:
                self.step(f"{show(limit)} is a working day, so there is no relief", DORA_RELIEF)
            return limit
        open_day, _ = count.roll_forward(day, self.calendar)
        relief = count.noon(open_day, self.zone)
        why = f"the limit falls on {reason}; an entity entitled to the relief may file by noon of the next working day"
        if self.clock.relief:
            self.step(f"{why[0].upper()}{why[1:]}, {show(relief)}", DORA_RELIEF)
            return relief
        self.seconds.append(SecondReading(relief, why, DORA_RELIEF))
        return limit

    def days(self, period: Period) -> datetime | date:
        day = self.day()
        if self.clock.counting.day_one:
            last = count.add_days(day, period.amount - 1)
            self.step(
                f"{show(day)} is day 1, so day {period.amount} is {show(last)}", self.clock.counting.note
            )
        else:
            last = count.add_days(day, period.amount)
            self.step(f"{show(day)} is day 0, so day {period.amount} is {show(last)}", SAFE)
        return self.last_day(last)

    def after_year_end(self, period: Period) -> datetime | date:
        end = count.year_end(self.day())
        self.step(f"The period runs from the end of the calendar year, {show(end)}")
        last = count.add_days(end, period.amount)
        self.step(f"Day {period.amount} after it is {show(last)}")
        return self.last_day(last)

    def months(self, period: Period) -> datetime | date:
        day = self.day()
        last = count.add_months(day, period.amount)
        missing = last.day != day.day
        self.step(
            f"{period} after {show(day)} is {show(last)}"
            + (", the last day of a month that lacks the date" if missing else ""),
            f"{REG} Art. 3(2)(c)" if self.clock.reg_1182 else SAFE,
        )
        return self.last_day(last)

    def business_days(self, period: Period) -> datetime | date:
        day = self.received()
        last, skipped = count.add_business_days(day, period.amount, self.calendar)
        for holiday, name in skipped:
            self.step(f"{show(holiday)} is not counted: {name}", self.calendar.title)
        self.step(f"{show(day)} is not counted; business day {period.amount} after it is {show(last)}",
                  self.calendar.title)  # fmt: skip
        return self.closing(last)

    def received(self) -> date:
        """Day 0; under a receipt rule, the business day on which a late notice counts as received."""
        day = self.day()
        late = self.clock.cut_off
        if late is None or not isinstance(self.start, datetime):
            return day
        local = self.start.astimezone(self.zone)
        if local.time() <= late and self.calendar.is_business_day(day):
            return day
        first = day if local.time() <= late else count.add_days(day, 1)
        received, _ = count.roll_forward(first, self.calendar)
        self.step(f"Received at {local:%H:%M} on {show(day)}, it counts as received on {show(received)}",
                  f"receipt rule, {late:%H:%M}")  # fmt: skip
        return received

    def last_day(self, last: date) -> datetime | date:
        """Roll or note the roll of a last day that is closed."""
        counting = self.clock.counting
        if self.clock.reg_1182:
            rolled, passed = count.roll_forward(last, self.calendar)
            if passed:
                self.step(f"{show(last)} is closed ({passed[0][1]}), so the period ends on {show(rolled)}",
                          f"{REG} Art. 3(4)")  # fmt: skip
            return self.closing(rolled)
        wants = counting.roll != "none" or counting.second_reading == "reg-1182-71"
        if wants:
            rolled, passed = count.roll_forward(last, self.calendar)
            law = counting.roll_law or f"{REG} Art. 3(4)"
            if passed and counting.roll == "applied":
                self.step(f"{show(last)} is closed ({passed[0][1]}), so the last day is {show(rolled)}", law)
                return rolled
            if passed:
                self.step(
                    f"{show(last)} is closed ({passed[0][1]}); a later last day is noted and not relied on",
                    SAFE,
                )
                self.seconds.append(
                    SecondReading(rolled, "a last day that is closed moves to the next open day", law)
                )
        return self.relieved(last)

    def closing(self, last: date) -> datetime | date:
        """Under the Regulation the period ends with the last hour of its last day (Art. 3(2)(b), (c))."""
        if self.clock.reg_1182 and isinstance(self.start, datetime):
            end = count.end_of_day(last, self.zone)
            self.step(f"It ends with the last hour of that day, {show(end)}", f"{REG} Art. 3(2)")
            return end
        return last


def run_clock(
    clock: Clock, start: datetime | date, zone: ZoneInfo, calendar_: Calendar | None = None
) -> tuple[datetime | date, tuple[Step, ...], tuple[SecondReading, ...]]:
    """Run a clock with a period from a start that was already checked.

    Raises:
        InputError: hours from a bare date; a holiday calendar that cannot be found.
    """
    run = _Run(clock, start, zone, calendar_)
    due = run.run()
    return due, tuple(run.steps), tuple(run.seconds)


def clock_of(rule: BreachRule) -> Clock:
    """The rule's own clock: its period and counting, in the safe reading."""
    return Clock(rule.period, rule.counting, f"{rule.law}, {rule.citation}")


def _read(clock: Clock, reading: Reading, zone: ZoneInfo, contract: bool) -> tuple[Clock, list[str]]:
    """The clock with what a mode text changes."""
    assumptions: list[str] = []
    period = clock.period
    counting = clock.counting
    if reading.amount is not None and reading.unit is not None:
        period = Period(reading.amount, reading.unit)
    elif contract and period is None and reading.unit == "business_days":
        period = EXAMPLE_CONTRACT
        assumptions.append(f"the contract's number was not given; {period} of the worked example were taken")
    elif reading.unit is not None and period is not None and reading.unit != period.unit:
        period = Period(period.amount, reading.unit)
        assumptions.append(
            f"the rule's number was counted in {reading.unit.replace('_', ' ')} as the mode asks"
        )
    if reading.doubled and period is not None:
        period = Period(period.amount * 2, period.unit)
    if period is not None:
        method = "year-end-days" if reading.year_end else _METHODS[period.unit]
        if counting.method != "year-end-days" or period.unit != "calendar_days":
            counting = replace(counting, method=method)
    if reading.day_one is not None:
        counting = replace(counting, day_one=reading.day_one)
    if reading.roll is not None:
        law = counting.roll_law or "the law's rule on a last day that is closed"
        noted = "noted" if counting.roll != "none" else "none"
        counting = replace(counting, roll="applied" if reading.roll else noted, roll_law=law)
    if reading.calendar is not None:
        counting = replace(counting, calendar=reading.calendar)
    cut_off = reading.cut_off
    if contract and counting.method == "business-days":
        if cut_off is None:
            cut_off = EXAMPLE_CUT_OFF
            assumptions.append(
                "the receipt rule was not given; notices after 17:00 count on the next business day"
            )
        if counting.calendar is None and country_of_zone(zone.key) == "US":
            counting = replace(counting, calendar="bank:XFED")
    clock = replace(clock, period=period, counting=counting, cut_off=cut_off)
    return replace(clock, reg_1182=reading.reg_1182, relief=bool(reading.relief)), assumptions


def _start(start: object) -> datetime | date:
    if isinstance(start, datetime):
        return count.check_instant(start)
    if isinstance(start, date):
        return start
    raise InputError(
        f"start must be an aware datetime or a date, not {type(start).__name__}",
        hint="datetime.fromisoformat('2026-03-03T10:20:00+01:00')",
    )


def _zone(zone: str | None, rule: BreachRule | None, start: datetime | date) -> ZoneInfo:
    if zone is not None:
        return count.zone_info(zone)
    if rule is not None and rule.zone is not None:
        return count.zone_info(rule.zone)
    if isinstance(start, datetime) and isinstance(start.tzinfo, ZoneInfo):
        return start.tzinfo
    raise InputError(
        "the zone of the recipient is not known",
        hint="pass zone='Europe/Berlin' or the place of the recipient",
    )


def deadline(
    rule_id: str,
    start: datetime | date,
    *,
    zone: str | None = None,
    mode: str | None = None,
    rules: RuleBook | None = None,
) -> Deadline:
    """When a duty is due.

    Args:
        rule_id: an id of the breach rules; or `contract`, also with terms after a colon
            ("contract: 3 Business Days, receipt after 18:00 counts as next Business Day").
        start: the instant at which the clock starts (aware), or the day where the period is in days.
        zone: IANA zone in which days are counted and times are shown; the rule's own by default.
        mode: how to count (see `clock.modes.read_mode`); the rule's own counting by default.
        rules: other rules than those of the package.

    Raises:
        InputError: unknown rule, zone or mode; a naive or impossible start; hours from a bare date;
            a contract without terms.
    """
    begin = _start(start)
    contract = rule_id == "contract" or rule_id.startswith(("contract:", "contract "))
    rule: BreachRule | None = None
    if contract:
        text = f"{rule_id} {mode or ''}"
        clock = Clock(None, Counting("none"), "contract")
    else:
        rule = (rules if rules is not None else builtin_rules()).get_rule(rule_id)
        text = mode or ""
        clock = clock_of(rule)
    where = _zone(zone, rule, begin)
    reading = read_mode(text) if text.strip() else Reading()
    clock, assumptions = _read(clock, reading, where, contract)
    notes = list(_notes(rule, reading, begin))
    if rule is not None and rule.status == "proposed":
        notes.append(Step("The rule is proposed and not law, so nothing is due", rule.law))
        return Deadline(rule_id, begin, where.key, None, tuple(notes))
    if clock.period is None:
        if contract:
            raise InputError(
                "the contract's period was not given", hint="mode='contract 3 business days' or 'strict 24 h'"
            )
        return _without_number(rule, begin, where, notes)
    named = calendar(clock.counting.calendar) if clock.counting.calendar else None
    due, steps, seconds = run_clock(clock, begin, where, named)
    return Deadline(rule_id, begin, where.key, due, (*notes, *steps), seconds, None, tuple(assumptions))


def _notes(rule: BreachRule | None, reading: Reading, start: datetime | date) -> list[Step]:
    found: list[Step] = []
    if reading.imputation == "agent":
        found.append(Step("The discovery of an agent counts as the principal's own, so the clock starts with it",
                          "45 CFR 164.404(a)(2)"))  # fmt: skip
    elif reading.imputation == "none":
        found.append(Step("An independent contractor's discovery is not imputed; the clock starts when it tells",
                          "45 CFR 164.404(a)(2), 164.410"))  # fmt: skip
    if rule is not None:
        day = start.date() if isinstance(start, datetime) else start
        if rule.in_force_from is not None and day < rule.in_force_from:
            found.append(
                Step(f"The rule is in force from {rule.in_force_from}; it was not law on {day}", rule.law)
            )
        if reading.amount is not None and rule.period is not None and reading.amount != rule.period.amount:
            found.append(
                Step(f"The mode asks for {reading.amount} where the rule says {rule.period}", rule.citation)
            )
    return found


def _without_number(
    rule: BreachRule | None, start: datetime | date, zone: ZoneInfo, notes: list[Step]
) -> Deadline:
    assert rule is not None  # noqa: S101  # a contract without a number was refused before
    standard = ", ".join(rule.standard).replace("-", " ") or "no fixed period"
    notes.append(Step(f"No number of hours or days is set: {standard}", f"{rule.law}, {rule.citation}"))
    target = internal_target(rule, start, zone)
    if target is not None:
        notes.append(Step(f"Internal target, not law: {rule.target}, {show(target)}", "own target"))
    return Deadline(rule.id, start, zone.key, None, tuple(notes), target=target)


def internal_target(rule: BreachRule, start: datetime | date, zone: ZoneInfo) -> datetime | date | None:
    """The own target of a rule without a number; None where there is none or only the day is known."""
    if rule.target is None:
        return None
    if rule.target.unit == "hours":
        if not isinstance(start, datetime):
            return count.add_days(start, max(1, rule.target.amount // 24))
        return count.add_elapsed_hours(start, rule.target.amount, zone)
    day = start.astimezone(zone).date() if isinstance(start, datetime) else start
    return count.add_days(day, rule.target.amount)


def describe(rules: Mapping[str, BreachRule], rule_id: str) -> str:
    """One line on a rule: law, citation, period and standard."""
    rule = rules[rule_id]
    speed = ", ".join(rule.standard).replace("-", " ")
    return f"{rule.law}, {rule.citation}: {rule.period or 'no number'}{f' ({speed})' if speed else ''}"
