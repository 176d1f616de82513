"""Policies on a certificate of insurance (ACORD 25), read from the rows of the form."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

from .._files.pages import Pages
from .dates import parse_day

__all__ = ["InsurancePolicy", "read_insured", "read_policies"]

_DAY = re.compile(r"\b\d{1,2}/\d{1,2}/\d{4}\b")
_MONEY = re.compile(r"(?:USD|GBP|EUR|[$£€])\s?\d{1,3}(?:,\d{3})+(?:\.\d\d)?|[$£€]\s?\d{4,}")
_INSURER = re.compile(
    r"INSURER\s+([A-F])\s*:\s*([^\n]{3,70}?)(?:\s{2,}|\s(?=[A-Z]{0,2}\d{4,}\b)|$)", re.MULTILINE
)


def _type(name: str, *parts: str) -> tuple[str, re.Pattern[str]]:
    return name, re.compile("|".join(parts), re.IGNORECASE)


_TYPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    _type("cyber", r"\bcyber\b", r"privacy (?:liability|& network)", r"network security", r"data breach"),
    _type(
        "professional",
        r"professional (?:liab|indemn)",
        r"errors? (?:&|and) omissions",
        r"\bE ?& ?O\b",
        r"tech(?:nology)? e",
    ),
    _type("crime", r"\bcrime\b", r"fidelity"),
    _type("umbrella", r"umbrella", r"excess liab"),
    _type("workers-compensation", r"workers.? compensation", r"employers.? liability"),
    _type("automobile", r"automobile", r"combined single limit"),
    _type("general", r"commercial general", r"each occurrence", r"general liability"),
    _type("property", r"\bproperty\b(?! damage)"),
)


@dataclass(frozen=True, slots=True)
class InsurancePolicy:
    """One policy of the form.

    Attributes:
        type: one of the kinds above.
        effective, expires: of the policy.
        limits: the amounts printed in and around its row, in the form's own currency sign; the
            one in the row itself counts as the limit.
        insurer: name of the insurer whose letter stands in the row.
        row: the row it was read from.
    """

    type: str
    effective: date
    expires: date
    limits: tuple[str, ...]
    insurer: str
    row: str
    page: int

    def to_json(self) -> dict[str, Any]:
        return {
            "type": self.type,
            "effective": self.effective.isoformat(),
            "expires": self.expires.isoformat(),
            "limits": list(self.limits),
            "limit": max((amount(x) for x in _MONEY.findall(self.row) or self.limits), default=None),
            "insurer": self.insurer,
            "row": self.row,
            "page": self.page,
        }


def amount(text: str) -> int:
    """$5,000,000 -> 5000000; the currency is not converted."""
    return int(re.sub(r"\D", "", text.split(".")[0]) or 0)


def read_policies(pages: Pages) -> list[InsurancePolicy]:
    """Every row with the two days of a policy period, with the words and amounts around it.

    The printed form names the kinds of cover it foresees; cyber is typed into a free row.
    """
    insurers = {m[1]: " ".join(m[2].split()) for m in _INSURER.finditer(_joined(pages))}
    found = []
    for page, rows in enumerate(pages.rows, 1):
        marks = [i for i, row in enumerate(rows) if len(_DAY.findall(row)) >= 2]
        for number, index in enumerate(marks):
            above = marks[number - 1] + 1 if number else max(0, index - 4)
            below = marks[number + 1] if number + 1 < len(marks) else min(len(rows), index + 5)
            policy = _policy(rows, index, above, below, page, insurers)
            if policy is not None:
                found.append(policy)
    return found


def _joined(pages: Pages) -> str:
    return "\n".join(row for rows in pages.rows for row in rows)


def _policy(
    rows: tuple[str, ...], index: int, above: int, below: int, page: int, insurers: dict[str, str]
) -> InsurancePolicy | None:
    row = rows[index]
    days = [parse_day(d) for d in _DAY.findall(row)[:2]]
    if days[0] is None or days[1] is None:
        return None
    near = [row, *rows[index + 1 : min(below, index + 3)], *reversed(rows[max(above, index - 2) : index])]
    kind = next((name for line in near for name, pattern in _TYPES if pattern.search(line)), "other")
    limits: list[str] = []
    for line in (*rows[max(above, index - 1) : index], row, *rows[index + 1 : below]):
        limits.extend(_MONEY.findall(line))
    letter = re.match(r"\s*([A-F])\s", row) or re.search(r"(?:^|\s)([A-F])\s{1,3}[A-Z]", row)
    return InsurancePolicy(
        kind,
        days[0],
        days[1],
        tuple(limits[:8]),
        insurers.get(letter[1], "") if letter else "",
        row[:300],
        page,
    )


def read_insured(pages: Pages) -> tuple[str, int] | None:
    """(name, page) of the insured: the form prints it beside or below the word INSURED."""
    for page, rows in enumerate(pages.rows, 1):
        for index, row in enumerate(rows):
            match = re.match(r"\s*INSURED\b\s*(?P<same>.*)", row)
            if match is None:
                continue
            for line in (match["same"], *rows[index + 1 : index + 4]):
                name = re.split(r"\s*INSURER\s+[A-F]", line)[0].strip(" :")
                if len(name) > 2:
                    return name, page
    return None
