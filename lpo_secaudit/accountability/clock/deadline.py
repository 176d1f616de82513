"""The deadline of one rule from one start: what is due when, and every step of how it was counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from lpo_secaudit.accountability.clock import counting as count
from lpo_secaudit.accountability.clock.calendars import calendar, country_of_zone
from lpo_secaudit.accountability.clock.modes import Reading, read_mode
from lpo_secaudit.accountability.clock.results import Clock, Deadline, SecondReading, Step, show
from lpo_secaudit.accountability.clock.run import run_clock
from lpo_secaudit.accountability.rules import METHODS, BreachRule, Counting, Period, RuleBook, builtin_rules
from lpo_secaudit.errors import InputError

__all__ = ["Deadline", "SecondReading", "Step", "deadline", "internal_target"]

# A contract that fixes no number has none. This one is the worked example of the counting rules, used
# only where the caller asks for "contract business days" and names no number; the steps say so.
EXAMPLE_CONTRACT = Period(2, "business_days")
EXAMPLE_CUT_OFF = time(17)


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
        method = "year-end-days" if reading.year_end else METHODS[period.unit]
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
        count.check_year(start)
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
    for name, text in (("rule_id", rule_id), ("mode", mode or "")):
        if not isinstance(text, str):
            raise InputError(f"{name} must be a text, not {type(text).__name__}")
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
        found.append(
            Step(
                "The discovery of an agent counts as the principal's own, so the clock starts with it",
                "45 CFR 164.404(a)(2)",
            )
        )
    elif reading.imputation == "none":
        found.append(
            Step(
                "An independent contractor's discovery is not imputed; the clock starts when it tells",
                "45 CFR 164.404(a)(2), 164.410",
            )
        )
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
