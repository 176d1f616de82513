"""Sums and multiples of fees that limit or widen liability, and sums insured."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from lpo_secaudit.contracts.detect import Match
from lpo_secaudit.contracts.numbers import find_amounts, find_multiples, find_periods
from lpo_secaudit.contracts.passages import plain_text, units_near, with_leads
from lpo_secaudit.contracts.reading import Reading

__all__ = ["cap", "carve_out", "insured"]

_FEES = re.compile(
    r"\bfees?\b|\bpaid\b|\bpayable\b|\bcharges\b|\bcompensation\b|\bcap\b|\bamounts?\b|\bconsideration\b|\binvoiced\b",
    re.IGNORECASE,
)
_CAP_IS = re.compile(
    r"\b(?:cap|limit of liability|liability limit)\b[\W_]{0,4}(?:is|means|equals|shall be)\b", re.IGNORECASE
)
_LIABILITY = re.compile(r"\bliab|\bcap\b|\bexceed|\bdamages\b|\blimit", re.IGNORECASE)
_AGGREGATE_NOT = re.compile(r"\binsur|\bpremium", re.IGNORECASE)


def cap(reading: Reading, matches: list[Match], notes: list[str]) -> dict[str, Any]:
    """The sum, the months of fees or the multiple of fees that liability is limited to."""
    values: dict[str, Any] = {}
    units = units_near(reading, matches, 2)
    defined = []
    for u, where in enumerate(reading.units):
        head = plain_text(reading, u)[:90]
        named = where.kind == "definition" and re.search(r"\bcap\b", head[:60], re.IGNORECASE)
        if named or _CAP_IS.search(head):
            defined.append(u)
    for unit in (*units, *defined):
        text = plain_text(reading, unit)
        if re.search(r"enhanced|super|increased", text[:60], re.IGNORECASE) or _AGGREGATE_NOT.search(text):
            continue
        if not _LIABILITY.search(with_leads(reading, unit)):
            continue
        if "fee_months" not in values and _FEES.search(text):
            for period in find_periods(text):
                if period.unit in ("months", "years") and re.search(
                    r"paid|payable|fees|amount|preced|prior|due", text, re.IGNORECASE
                ):
                    values["fee_months"] = period.value * (12 if period.unit == "years" else 1)
                    if period.disagrees:
                        notes.append(period.disagrees)
                    break
        _fee_multiple(text, values, notes)
        _amount(text, values, notes)
    return values


def _fee_multiple(text: str, values: dict[str, Any], notes: list[str]) -> None:
    if "fee_multiple" in values:
        return
    for multiple in find_multiples(text):
        after = text[multiple.end : multiple.end + 80]
        if _FEES.search(after):
            monthly = re.match(r"\W*(?:\w+\s+){0,2}?monthly\b", after, re.IGNORECASE)
            values["fee_months" if monthly else "fee_multiple"] = _plain(multiple.value)
            if multiple.disagrees:
                notes.append(multiple.disagrees)
            return


def _amount(text: str, values: dict[str, Any], notes: list[str]) -> None:
    if "amount" in values:
        return
    for amount in find_amounts(text):
        values["amount"], values["currency"] = _plain(amount.value), amount.currency
        if amount.disagrees:
            notes.append(amount.disagrees)
        return


def _plain(value: Decimal) -> int | float:
    return int(value) if value == value.to_integral_value() else float(value)


def carve_out(reading: Reading, matches: list[Match], notes: list[str]) -> dict[str, Any]:
    """The higher limit of what stands outside the general one."""
    values: dict[str, Any] = {}
    defined = [
        u
        for u, unit in enumerate(reading.units)
        if unit.kind == "definition"
        and re.search(r"enhanced|super|increased", plain_text(reading, u)[:60], re.IGNORECASE)
    ]
    for unit in (*dict.fromkeys(m.unit for m in matches), *defined):
        _fee_multiple(plain_text(reading, unit), values, notes)
        _amount(plain_text(reading, unit), values, notes)
    return values


def insured(reading: Reading, matches: list[Match], notes: list[str]) -> dict[str, Any]:
    """The sum insured."""
    values: dict[str, Any] = {}
    for unit in units_near(reading, matches, 1):
        _amount(plain_text(reading, unit), values, notes)
    return values
