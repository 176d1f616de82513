"""One run of a clock: the period from its start to the due time or day, step by step."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from lpo_secaudit.accountability.clock import counting as count
from lpo_secaudit.accountability.clock.calendars import Calendar, calendar_of_zone
from lpo_secaudit.accountability.clock.results import Clock, SecondReading, Step
from lpo_secaudit.accountability.rules import Period
from lpo_secaudit.errors import InputError

__all__ = ["SAFE", "run_clock"]

REG = "Reg. (EEC, Euratom) 1182/71"
DORA_RELIEF = "Del. Reg. (EU) 2025/301 Art. 5(4)-(5)"
SAFE = "safe default"


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

    def step(self, text: str, *values: object, citation: str | None = None) -> None:
        self.steps.append(Step(text, citation or self.clock.citation, values))

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
            self.step(
                "The clock starts at {}, a day in {}", local, self.zone.key, citation="zone of the recipient"
            )
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
        self.step("The clock starts at {}", start.astimezone(self.zone))
        first = count.end_of_started_hour(start, self.zone)
        by_regulation = count.add_elapsed_hours(first, period.amount, self.zone)
        plain = count.add_elapsed_hours(start, period.amount, self.zone)
        if self.clock.reg_1182:
            self.step(
                "The hour of the event is not counted; the first counted hour begins {}",
                first,
                citation=f"{REG} Art. 3(1)",
            )
            self.step(
                "{} run without a break to {}", period, by_regulation, citation=f"{REG} Art. 3(2)(a), 3(3)"
            )
            return by_regulation
        self.step(
            "{} of elapsed time, through nights, weekends and holidays, end {}", period, plain, citation=SAFE
        )
        if plain.utcoffset() != start.astimezone(self.zone).utcoffset():
            self.step(
                "The clocks change in between, so the wall time differs by the change",
                citation="elapsed time in UTC",
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
                self.step("{} is a working day, so there is no relief", limit, citation=DORA_RELIEF)
            return limit
        open_day, _ = count.roll_forward(day, self.calendar)
        relief = count.noon(open_day, self.zone)
        why = (
            f"the limit falls on {reason}; an entity entitled to the relief may file by noon of the next "
            "working day"
        )
        if self.clock.relief:
            self.step(f"{why[0].upper()}{why[1:]}, {{}}", relief, citation=DORA_RELIEF)
            return relief
        self.seconds.append(SecondReading(relief, why, DORA_RELIEF))
        return limit

    def days(self, period: Period) -> datetime | date:
        day = self.day()
        if self.clock.counting.day_one:
            last = count.add_days(day, period.amount - 1)
            self.step(
                "{} is day 1, so day {} is {}", day, period.amount, last, citation=self.clock.counting.note
            )
        else:
            last = count.add_days(day, period.amount)
            self.step("{} is day 0, so day {} is {}", day, period.amount, last, citation=SAFE)
        return self.last_day(last)

    def after_year_end(self, period: Period) -> datetime | date:
        end = count.year_end(self.day())
        self.step("The period runs from the end of the calendar year, {}", end)
        last = count.add_days(end, period.amount)
        self.step("Day {} after it is {}", period.amount, last)
        return self.last_day(last)

    def months(self, period: Period) -> datetime | date:
        day = self.day()
        last = count.add_months(day, period.amount)
        missing = last.day != day.day
        self.step(
            "{} after {} is {}" + (", the last day of a month that lacks the date" if missing else ""),
            period,
            day,
            last,
            citation=f"{REG} Art. 3(2)(c)" if self.clock.reg_1182 else SAFE,
        )
        return self.last_day(last)

    def business_days(self, period: Period) -> datetime | date:
        day = self.received()
        last, skipped = count.add_business_days(day, period.amount, self.calendar)
        for holiday, name in skipped:
            self.step("{} is not counted: {}", holiday, name, citation=self.calendar.title)
        self.step(
            "{} is not counted; business day {} after it is {}",
            day,
            period.amount,
            last,
            citation=self.calendar.title,
        )
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
        self.step(
            "Received at {} on {}, it counts as received on {}",
            f"{local:%H:%M}",
            day,
            received,
            citation=f"receipt rule, {late:%H:%M}",
        )
        return received

    def last_day(self, last: date) -> datetime | date:
        """Roll or note the roll of a last day that is closed."""
        counting = self.clock.counting
        if self.clock.reg_1182:
            rolled, passed = count.roll_forward(last, self.calendar)
            if passed:
                self.step(
                    "{} is closed ({}), so the period ends on {}",
                    last,
                    passed[0][1],
                    rolled,
                    citation=f"{REG} Art. 3(4)",
                )
            return self.closing(rolled)
        if counting.roll == "applied":
            rolled, passed = count.roll_forward(last, self.calendar)
            if passed:
                law = counting.roll_law or f"{REG} Art. 3(4)"
                self.step(
                    "{} is closed ({}), so the last day is {}", last, passed[0][1], rolled, citation=law
                )
            return rolled
        if counting.roll == "noted" or counting.second_reading == "reg-1182-71":
            self.note_roll(last)
        return self.relieved(last)

    def note_roll(self, last: date) -> None:
        """A later date that a closed last day may give; without a calendar the earlier one stands alone."""
        try:
            rolled, passed = count.roll_forward(last, self.calendar)
        except InputError:
            self.step("Whether {} is closed is not known; it is relied on as it is", last, citation=SAFE)
            return
        if passed:
            self.step(
                "{} is closed ({}); a later last day is noted and not relied on",
                last,
                passed[0][1],
                citation=SAFE,
            )
            law = self.clock.counting.roll_law or f"{REG} Art. 3(4)"
            self.seconds.append(
                SecondReading(rolled, "a last day that is closed moves to the next open day", law)
            )

    def closing(self, last: date) -> datetime | date:
        """Under the Regulation the period ends with the last hour of its last day (Art. 3(2)(b), (c))."""
        if self.clock.reg_1182 and isinstance(self.start, datetime):
            end = count.end_of_day(last, self.zone)
            self.step("It ends with the last hour of that day, {}", end, citation=f"{REG} Art. 3(2)")
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
