"""Checks on the numbers of clauses, against what a firm asks for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import ceil
from typing import Any

from lpo_secaudit.check.wording import in_words
from lpo_secaudit.model.check import (
    CheckFunction,
    Record,
    Verdict,
    World,
    not_satisfied,
    satisfied,
    unavailable,
)

__all__ = ["FUNCTIONS", "calendar_hours"]

_CERTIFICATE = re.compile(
    r"certif|confirm\w*(?:\s+\w+){0,3}\s+in\s+writing|written\s+confirmation", re.IGNORECASE
)
_UNSETTLED = re.compile(
    r"tracked changes|hidden|invisible|not read|cannot be read|direction of writing|look-alikes"
)


def calendar_hours(parameters: Mapping[str, Any]) -> float | None:
    """The longest time in hours that a deadline allows; None where no number is fixed.

    Business days are counted as they can fall at worst: every five of them hold a weekend, and
    one more may stand at the beginning. Public holidays come on top and are not counted.
    """
    hours = parameters.get("deadline_hours")
    days = parameters.get("deadline_business_days")
    found = [float(hours)] if hours is not None else []
    if days is not None:
        found.append(24.0 * (float(days) + 2 * ceil(float(days) / 5)))
    return min(found, default=None)


def _document(record: Record) -> str:
    return in_words(record["document"], "the contract")


def _base(record: Record) -> Verdict | None:
    """What can be said without the number: the clause is missing."""
    if record["present"]:
        return None
    return not_satisfied(f"{_document(record)}: {in_words(record['reason'], 'no such clause was found')}")


def _section(record: Record) -> str:
    quotes = record["quotes"]
    place = quotes[0].get("section") if quotes else None
    return f"{_document(record)}{f', section {in_words(place)}' if place else ''}"


def _breach_deadline(record: Record, world: World) -> Verdict:
    missing = _base(record)
    if missing:
        return missing
    asked = world.parameters["hours"]
    hours = calendar_hours(record["parameters"])
    place = _section(record)
    if hours is None:
        return not_satisfied(f"{place}: notice without a number of hours; {asked} are asked for")
    days = record["parameters"].get("deadline_business_days")
    words = (
        f"{days} business days, up to {hours:g} hours"
        if days and "deadline_hours" not in record["parameters"]
        else f"{hours:g} hours"
    )
    if hours > asked:
        return not_satisfied(f"{place}: notice within {words}; {asked} hours are asked for")
    return satisfied(f"{place}: notice within {words}, at most {asked} hours are asked for")


def _breach_trigger(record: Record, world: World) -> Verdict:
    missing = _base(record)
    if missing:
        return missing
    trigger = record["parameters"].get("trigger")
    place = _section(record)
    if trigger is None:
        return not_satisfied(f"{place}: nothing says when the time for the notice begins")
    if trigger not in world.parameters["triggers"]:
        return not_satisfied(f"{place}: the time begins only when the breach is {in_words(trigger)}")
    return satisfied(f"{place}: the time begins with {in_words(trigger)}")


def _at_most(key: str, what: str, *, silent: bool) -> CheckFunction:
    """A number of days that must not be larger; `silent` is the verdict where none is fixed."""

    def check(record: Record, world: World) -> Verdict:
        missing = _base(record)
        if missing:
            return missing
        asked, days = world.parameters["days"], record["parameters"].get(key)
        place = _section(record)
        if days is None:
            text = f"{place}: no {what} is fixed"
            return satisfied(text) if silent else not_satisfied(f"{text}; at most {asked} days are asked for")
        if days > asked:
            return not_satisfied(f"{place}: {what} of {days} days; at most {asked} are asked for")
        return satisfied(f"{place}: {what} of {days} days, at most {asked} are asked for")

    return check


def _subprocessor_notice(record: Record, world: World) -> Verdict:
    missing = _base(record)
    if missing:
        return missing
    asked, days = world.parameters["days"], record["parameters"].get("notice_days")
    place = _section(record)
    if days is None:
        return not_satisfied(f"{place}: no period of notice is fixed; {asked} days are asked for")
    if days < asked:
        return not_satisfied(f"{place}: {days} days of notice; {asked} are asked for")
    return satisfied(f"{place}: {days} days of notice, {asked} are asked for")


def _certificate(record: Record, world: World) -> Verdict:
    missing = _base(record)
    if missing:
        return missing
    place = _section(record)
    if any(_CERTIFICATE.search(quote["text"]) for quote in record["quotes"]):
        return satisfied(f"{place}: deletion is certified")
    return not_satisfied(f"{place}: deletion need not be certified")


def _insurance(record: Record, world: World) -> Verdict:
    missing = _base(record)
    if missing:
        return missing
    return _amount(record, world, f"{_section(record)}: cyber insurance") or not_satisfied(
        f"{_section(record)}: no amount of cyber insurance is fixed; {_asked(world)} is asked for"
    )


def _asked(world: World) -> str:
    return f"{world.parameters['amount']:,} {world.parameters['currency']}"


def _amount(record: Record, world: World, what: str) -> Verdict | None:
    """Compare amounts; None where the clause fixes none."""
    amount, currency = record["parameters"].get("amount"), record["parameters"].get("currency")
    if amount is None:
        return None
    asked_in = world.parameters["currency"]
    if currency != asked_in:
        seen = f"{amount:,} {in_words(currency, 'without currency')}"
        return unavailable(f"{what} of {seen} cannot be compared with {_asked(world)}")
    if amount < world.parameters["amount"]:
        return not_satisfied(f"{what} of {amount:,} {currency}; {_asked(world)} is asked for")
    return satisfied(f"{what} of {amount:,} {currency}, {_asked(world)} is asked for")


def _super_cap(record: Record, world: World) -> Verdict:
    missing = _base(record)
    if missing:
        return missing
    place, parameters = _section(record), record["parameters"]
    multiple, asked = parameters.get("fee_multiple"), world.parameters["fee_multiple"]
    if multiple is not None and multiple >= asked:
        return satisfied(f"{place}: own cap of {multiple:g} times the fees, {asked:g} are asked for")
    by_amount = _amount(record, world, f"{place}: own cap")
    if by_amount is not None:
        return by_amount
    if multiple is not None:
        return not_satisfied(f"{place}: own cap of {multiple:g} times the fees; {asked:g} are asked for")
    if record["grade"] == "weak":
        return not_satisfied(f"{place}: {in_words(record['reason'])}")
    return satisfied(f"{place}: data-protection liability stands outside the cap")


def _settled(record: Record, world: World) -> Verdict:
    open_ = [note for note in record["notes"] if _UNSETTLED.search(note)]
    if open_:
        return not_satisfied(f"{_document(record)}: {in_words(open_[0])}")
    if record["ocr"]:
        return not_satisfied(f"{_document(record)}: read from pictures; the text may hold errors of reading")
    return satisfied(f"{_document(record)}: nothing hidden, open or unread was found")


FUNCTIONS: Mapping[str, CheckFunction] = {
    "contract-breach-notification-deadline": _breach_deadline,
    "contract-breach-notification-trigger": _breach_trigger,
    "contract-deletion-deadline": _at_most("deadline_days", "time limit for deletion", silent=False),
    "contract-deletion-certificate": _certificate,
    "contract-subprocessor-notice-period": _subprocessor_notice,
    "contract-audit-notice-period": _at_most("notice_days", "notice before an audit", silent=True),
    "contract-cure-period": _at_most("cure_days", "time to cure", silent=True),
    "contract-insurance-minimum": _insurance,
    "contract-super-cap-minimum": _super_cap,
    "contract-text-settled": _settled,
}
