"""Parameters of clauses: deadlines, triggers, notice and cure periods, caps; normalised to plain values."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lpo_secaudit.contracts.detect import Match
from lpo_secaudit.contracts.liability import cap, carve_out, insured
from lpo_secaudit.contracts.named import named_subprocessors
from lpo_secaudit.contracts.numbers import Period, find_periods
from lpo_secaudit.contracts.passages import plain_text, units_near, with_leads
from lpo_secaudit.contracts.precedence import ranking
from lpo_secaudit.contracts.reading import Reading

__all__ = ["Parameters", "parameters_of"]


@dataclass(frozen=True, slots=True)
class Parameters:
    """Values by name, and places where words and digits of one value disagree."""

    values: Mapping[str, Any]
    disagreements: tuple[str, ...] = ()


_UNDUE = re.compile(
    r"\bwithout\s+(?:any\s+)?(?:undue|undo|unreasonable|unnecessary|unjustified|culpable)\s+(?:or\s+\w+\s+)?delay|\bwithout\s+delay\b"
    r"|\bprompt(?:ly)?\b|\bimmediate(?:ly)?\b|\bforthwith\b|\bas\s+soon\s+as\s+(?:is\s+)?(?:reasonably\s+)?(?:possible|practicable|practical|feasible|reasonably)"
    r"|\bexpeditiously\b",
    re.IGNORECASE,
)
_DISCOVERY = re.compile(
    r"\bdiscover(?:y|ed|s|ing|ies)?\b|\bdetect(?:ed|ion|s|ing)?\b|\b(?:is|are|was|been)\s+(?:first\s+)?identified\b",
    re.IGNORECASE,
)
_AWARE = re.compile(
    r"\baware(?:ness)?\b|\blearn(?:s|ed|ing)?\s+of\b|\bobtain(?:s|ed|ing)?\s+knowledge|\bknowledge\s+of\b|\bbecomes?\s+known\b",
    re.IGNORECASE,
)
_SUSPECTED = re.compile(
    r"\bsuspect(?:ed|s|ing)?\b|\breason(?:able|ably)?\s+(?:grounds?\s+)?(?:to\s+)?(?:believes?|suspects?)\b|\breasonably\s+believes?\b",
    re.IGNORECASE,
)
_CLAUSE_NINE = re.compile(r"\bclause\s+9\s?(?:\(?a\)?)?(?=[^.]{0,160}\bperiod\b)", re.IGNORECASE)
_OBJECT = re.compile(r"\bobject|\boppos|\breject|\bterminat", re.IGNORECASE)
_GENERAL = re.compile(
    r"\bgeneral(?:ly)?\b|\bhereby\b|\balready\b|\blist\b|\bconsents?\s+to\b|\backnowledges?\b|\bmay\b|\bagrees\b",
    re.IGNORECASE,
)
_GENERAL_STRONG = re.compile(
    r"\bgeneral(?:ly)?\b[^.]{0,40}\b(?:authori[sz]|consent|approv|permi|prior|written)|\bauthori[sz]\w*[^.]{0,30}\bgeneral|\boption\s+2\b"
    r"|\boption\s+b\b",
    re.IGNORECASE,
)
_SPECIFIC = re.compile(
    r"\bspecific\b[^.]{0,30}\b(?:authori[sz]|consent|approv)|\bwithout\s+(?:the\s+)?[^.;]{0,60}\b(?:prior|express|written)\b[^.;]{0,40}"
    r"\b(?:consent|approval|authori[sz]ation|permission|agreement)|\bonly\s+with\b[^.]{0,40}\b(?:permission|consent|approval)"
    r"|\bonly\s+(?:\w+\s+)?(?:if|where|when|after|once)\b[^.;]{0,60}\b(?:consent|approv|authori[sz]|permission)"
    r"|\b(?:consent|approval|authori[sz]ation|permission)\s+(?:of\s+[^.;]{0,30})?(?:before|prior\s+to)"
    r"\s+(?:subcontract|sub-contract|engag|appoint|us)\w*"
    r"|\b(?:obtain|obtains|seek|seeks|secure|requires?)\b[^.;]{0,40}\bprior\b[^.;]{0,20}\b(?:consent|approval|permission)"
    r"|\boption\s+1\b|\bspecific\s+prior\b",
    re.IGNORECASE,
)
_ONCE = re.compile(
    r"\b(?:once|one(?:\s*\(1\))?(?:\s+(?:time|audit|inspection))?|1)\s+(?:(?:audit|inspection|time)s?\s+)?(?:in\s+)?(?:per|a|every|each|any|in\s+any)"
    r"\s+(?:\w+\s+){0,2}?(?:year|annum|(?:twelve|12)(?:\s*\(12\))?[\s-]+month)|\bonce\s+(?:annually|yearly)|\bmore\s+(?:often\s+|frequently\s+)?than"
    r"\s+(?:once|one(?:\s*\(1\))?)(?:\s+\w+){0,4}?\s+(?:(?:per|a|in|each|every|during)\s+)?(?:any\s+|each\s+|a\s+)?(?:\w+\s+){0,2}?(?:year|annum|month)"
    r"|\bannual(?:ly)?\b[^.]{0,30}\baudit|\baudit[^.]{0,60}\bannually\b",
    re.IGNORECASE,
)
_TWICE = re.compile(
    r"\b(?:twice|two(?:\s*\(2\))?(?:\s+times)?)\s+(?:per|a|every|each|in\s+any)\s+(?:\w+\s+){0,2}?year",
    re.IGNORECASE,
)


def _around(text: str, period: Period, reach: int = 60) -> str:
    begin = max(text.rfind(". ", 0, period.start), text.rfind(";", 0, period.start), period.start - reach, 0)
    return text[begin : period.end + reach]


def _breach_notification(reading: Reading, matches: list[Match], notes: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    ordered = sorted(matches, key=lambda m: (-m.score, m.start))
    best = max(m.score for m in ordered)
    units = [m.unit for m in ordered if m.score >= best - 0.12]
    texts = [with_leads(reading, u) for u in dict.fromkeys(units)]
    follow = [
        plain_text(reading, u)
        for u in units_near(reading, [m for m in ordered if m.unit in units], 2)
        if u not in units
    ]
    follow = [
        t
        for t in follow
        if re.search(
            r"\b(?:such|the|this)\s+(?:\w+\s+)?(?:report|notice|notification)|\bnotif|\breport",
            t,
            re.IGNORECASE,
        )
    ]
    candidates: list[tuple[int, int, Period, str]] = []
    for text in (*texts, *follow):
        for period in find_periods(text):
            before = text[max(0, period.start - 70) : period.start].lower()
            after = text[period.end : period.end + 80].lower()
            if not re.search(
                r"within|later than|less than|exceed|event|than|at most|maximum|not more|under|latest|of\b",
                before[-40:] + after[:25],
            ) or re.search(r"retain|keep|insur|period of", before[-30:]):
                continue
            data = bool(re.search(r"breach|discover|aware|incident|detect|confirm|learn", before + after))
            minor = bool(
                re.search(r"unsuccessful|quarter|security incidents involving", text[: period.start].lower())
            )
            candidates.append((minor, 0 if data else 1, period, text))
    hourly = sorted(candidates, key=lambda c: (c[0], c[1], 0 if c[2].unit == "hours" else 1))
    chosen_text = ""
    for _, _, period, text in hourly:
        if period.unit == "business_days":
            values.setdefault("deadline_business_days", period.value)
        elif "deadline_hours" not in values and period.unit in ("hours", "days", "weeks", "minutes"):
            values["deadline_hours"] = period.hours()
        else:
            continue
        chosen_text = chosen_text or text
        if period.disagrees:
            notes.append(period.disagrees)
        break
    body = " ".join(texts)
    if _UNDUE.search(body) or any(_UNDUE.search(t) for t in follow[:1] if chosen_text == t):
        values["without_undue_delay"] = True
    for text in dict.fromkeys([chosen_text, *texts]):
        trigger = _trigger(text) if text else None
        if trigger:
            values["trigger"] = trigger
            break
    return values


def _trigger(text: str) -> str | None:
    if re.search(
        r"confirm\w*\s+(?:\w+\s+){0,3}(?:breach|incident|unauthori|personal|security)|(?:confirm\w*)\s+(?:that|the|of)|upon\s+confirm|after\s+confirm",
        text,
        re.IGNORECASE,
    ):
        return "confirmed"
    discovery = _DISCOVERY.search(text)
    aware = _AWARE.search(text)
    if aware and discovery:
        return "aware" if aware.start() < discovery.start() else "discovery"
    if aware:
        return "aware"
    if discovery:
        return "discovery"
    return "suspected" if _SUSPECTED.search(text) else None


def _authorization(reading: Reading, matches: list[Match], notes: list[str]) -> dict[str, Any]:
    named = named_subprocessors(reading.text)
    return _mode(reading, matches) | ({"named": named} if named else {})


def _mode(reading: Reading, matches: list[Match]) -> dict[str, Any]:
    best = max(m.score for m in matches)
    strong = [m for m in matches if m.score >= best - 0.15]
    texts = [with_leads(reading, m.unit) for m in strong]
    if any(_GENERAL_STRONG.search(t) for t in texts):
        return {"mode": "general"}
    general = sum(bool(_GENERAL.search(t)) for t in texts)
    specific = sum(bool(_SPECIFIC.search(t)) for t in texts)
    if specific and specific >= general:
        return {"mode": "specific"}
    if any(_OBJECT.search(plain_text(reading, u)) for u in units_near(reading, strong, 6, 2)):
        return {"mode": "general"}
    return {"mode": "specific" if specific else "general"}


def _notice_days(reading: Reading, matches: list[Match], notes: list[str]) -> dict[str, Any]:
    """The advance notice of a change, not the window for objecting."""
    best: tuple[int, Period] | None = None
    for unit in units_near(reading, matches, 4):
        text = plain_text(reading, unit)
        for period in find_periods(text):
            if period.unit not in ("days", "business_days", "weeks", "months"):
                continue
            before = text[max(0, period.start - 110) : period.start].lower()
            after = text[period.end : period.end + 60].lower()
            points = 0
            if re.search(r"\bprior|\badvance|\bbefore|\bahead", after[:40]) or re.search(
                r"at least|no(?:t)? (?:later|less) than|minimum", before[-30:]
            ):
                points += 2
            if re.search(r"notic|notif|inform|updat", before + after):
                points += 1
            if re.search(r"object|oppos|reject|receiv|receipt", before[-90:]) and not re.search(
                r"prior|advance|before", after[:30]
            ):
                points -= 3
            if re.search(
                r"^\W*(?:of|after|from|following)\b[^.]{0,30}(?:receiv|receipt|notice|notif|date|such|being|the)",
                after,
            ):
                points -= 2
            if re.search(r"terminat", before[-40:]):
                points -= 2
            if points > 0 and (best is None or points > best[0]):
                best = (points, period)
    found = best[1] if best is not None else _clause_nine(reading)
    if found is None:
        return {}
    if found.disagrees:
        notes.append(found.disagrees)
    return {"notice_days": found.days()}


def _clause_nine(reading: Reading) -> Period | None:
    """The time period that the parties fill in for Clause 9(a) of the Standard Contractual Clauses
    (Commission Implementing Decision (EU) 2021/914): how long before a change it is announced."""
    for unit in range(len(reading.units)):
        text = plain_text(reading, unit)
        place = _CLAUSE_NINE.search(text)
        period = next(find_periods(text, place.end(), place.end() + 240), None) if place else None
        if period is not None:
            return period
    return None


def _deletion(reading: Reading, matches: list[Match], notes: list[str]) -> dict[str, Any]:
    units = units_near(reading, matches, 2)
    # What runs from the end of the contract, before what runs from a request.
    units.sort(
        key=lambda u: (
            not re.search(
                r"days?\W+(?:of|after|following|from)\W+(?:\w+\W+){0,4}(?:terminat|expir|end\b)",
                plain_text(reading, u),
                re.IGNORECASE,
            )
        )
    )
    for unit in units:
        text = plain_text(reading, unit)
        for period in find_periods(text):
            before = text[max(0, period.start - 60) : period.start].lower()
            after = text[period.end : period.end + 60].lower()
            if period.unit == "hours" or not re.search(
                r"within|later than|in at most|after|less than|exceed", before[-25:]
            ):
                continue
            if re.search(
                r"request(?:s|ed)?\b[^.]{0,20}$|retain|notif|object|accessible|backup|back-up|retention|certif",
                before[-60:] + after[:20],
            ) and not re.search(r"delet|destr|eras|return", text.lower()):
                continue
            if not re.search(r"delet|destr|eras|return|purg|remov|dispos", text.lower()):
                continue
            if period.disagrees:
                notes.append(period.disagrees)
            return {"deadline_days": period.days()}
    return {}


def _audit(reading: Reading, matches: list[Match], notes: list[str]) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for unit in units_near(reading, matches, 6, 3):
        text = plain_text(reading, unit)
        if not re.search(r"audit|inspect|request|notice|review|report", text, re.IGNORECASE):
            continue
        if "notice_days" not in values:
            for period in find_periods(text):
                near = text[max(0, period.start - 60) : period.end + 60].lower()
                if period.unit not in ("hours", "months", "years") and re.search(
                    r"notic|prior|advance|before", near
                ):
                    values["notice_days"] = period.days()
                    if period.disagrees:
                        notes.append(period.disagrees)
                    break
        if "per_year" not in values:
            if _ONCE.search(text):
                values["per_year"] = 1
            elif _TWICE.search(text):
                values["per_year"] = 2
    if "per_year" not in values:
        first, last = min(m.unit for m in matches), max(m.unit for m in matches)
        for unit in range(max(0, first - 8), min(last + 15, len(reading.units))):
            text = plain_text(reading, unit)
            if (
                (once := _ONCE.search(text))
                and "annual" not in once.group().lower()
                and re.search(r"audit|inspect|request|review|report", text, re.IGNORECASE)
            ):
                values["per_year"] = 1
                break
    return values


def _cure(reading: Reading, matches: list[Match], notes: list[str]) -> dict[str, Any]:
    for unit in units_near(reading, matches, 2, 3):
        text = plain_text(reading, unit)
        for period in find_periods(text):
            around = _around(text, period, 90)
            if re.search(r"\bcure|\bremed|\brectif|\bcorrect", around, re.IGNORECASE) and period.unit not in (
                "hours",
            ):
                if period.disagrees:
                    notes.append(period.disagrees)
                return {"cure_days": period.days()}
    return {}


def _precedence(reading: Reading, matches: list[Match], notes: list[str]) -> dict[str, Any]:
    # An order in items: the lead-in and all its items are one sentence.
    units = dict.fromkeys(
        (reading.chain(m.unit) or [m.unit])[-1] for m in sorted(matches, key=lambda m: m.start)
    )
    texts = [
        " ".join(plain_text(reading, u) for u in (unit, *reading.items_of.get(unit, ()))) for unit in units
    ]
    order = ranking(texts)
    return {"prevails": order[0], "order": list(order)} if order else {}


_READERS: dict[str, Callable[[Reading, list[Match], list[str]], dict[str, Any]]] = {
    "breach-notification": _breach_notification,
    "subprocessor-authorization": _authorization,
    "subprocessor-change-notice": _notice_days,
    "return-or-deletion": _deletion,
    "audit-right": _audit,
    "liability-cap": cap,
    "liability-carve-out": carve_out,
    "cyber-insurance": insured,
    "termination-for-breach": _cure,
    "order-of-precedence": _precedence,
}


def parameters_of(clause: str, reading: Reading, matches: list[Match]) -> Parameters:
    """The parameters that the text fixes for a clause; nothing is guessed where it is silent."""
    reader = _READERS.get(clause)
    if reader is None or not matches:
        return Parameters({})
    notes: list[str] = []
    values = reader(reading, matches, notes)
    return Parameters(values, tuple(dict.fromkeys(notes)))
