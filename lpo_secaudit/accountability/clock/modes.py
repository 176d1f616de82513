"""Reading how a period is to be counted from a short text such as "Reg. 1182/71 month"."""

# The patterns of `_WORDS` read as a table, one a line.
# ruff: noqa: E501
from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import time

from lpo_secaudit.errors import InputError

__all__ = ["Reading", "read_mode"]


@dataclass(frozen=True, slots=True)
class Reading:
    """What a mode text says; None where it says nothing and the rule's own counting stands.

    Attributes:
        amount: number of units, instead of the rule's.
        unit: hours, calendar_days, business_days, months.
        reg_1182: count by Regulation (EEC, Euratom) 1182/71 Art. 3.
        relief: a limit on a closed day moves to noon of the next working day.
        day_one: the day of the event is day 1.
        roll: a last day that is closed moves to the next business day.
        year_end: count from 31 December of the year of the start.
        doubled: twice the period (small-scale processing agents in Brazil).
        contract: a contract's period: notices after `cut_off` count as received on the next business day.
        cut_off: local time of that receipt rule.
        calendar: holiday calendar, by name.
        imputation: what the text says about the start ("agent", "none").
        plain: the text asks for plain, conservative counting.
    """

    amount: int | None = None
    unit: str | None = None
    reg_1182: bool = False
    relief: bool | None = None
    day_one: bool | None = None
    roll: bool | None = None
    year_end: bool = False
    doubled: bool = False
    contract: bool = False
    cut_off: time | None = None
    calendar: str | None = None
    imputation: str | None = None
    plain: bool = False


_NUMBERS = {
    w: str(n)
    for n, w in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen"], 1
    )
} | {"twenty": "20", "twenty-four": "24", "thirty": "30", "forty-five": "45", "forty-eight": "48",
     "sixty": "60", "seventy-two": "72", "ninety": "90"}  # fmt: skip
_UNITS = {"h": "hours", "d": "calendar_days", "b": "business_days", "m": "months", "w": "weeks"}
_HOLIDAYS = r"(?:holidays?|days?|calendar|banks?|banking)"

# (name, pattern), tried in this order; what a pattern matched is taken out of the text.
_WORDS: tuple[tuple[str, str], ...] = (
    ("art35", r"art\.? ?3 ?\(5\)"),
    ("reg", r"(?:reg(?:ulation)?\.?(?: ?\([^)]*\))? ?(?:no\.? ?)?)?1182 ?/ ?(?:19)?71(?:,? ?art\.? ?3(?: ?\([0-9a-d]\))*)?"),
    ("no_relief", r"(?:no|without)(?: (?:weekend|bank.?holiday))?(?: or (?:bank.?)?holiday)? relief"),
    ("relief", r"(?:weekend|bank.?holiday)(?: or (?:bank.?)?holiday)? relief(?: to noon(?: of (?:the )?next working day)?)?"),
    ("cut_off", r"(?:receipt|received|notices?|cut.?off)(?: rule)?(?: after| at)? ?(?P<hh>\d{1,2})[:.h](?P<mm>\d{2})"
                r"(?: (?:counts?|is deemed|deemed)(?: as| received)?(?: on)? (?:the )?next business day)?"),
    ("year_end", r"(?:calendar )?year.?end ?(?:\+|plus) ?(?P<ye>\d+)(?: (?:calendar )?days?)?"),
    ("year_end_bare", r"(?:after |from )?(?:the )?(?:end of (?:the )?)?(?:calendar )?year(?:.?end| end)?"
                      r"(?: of (?:the )?discovery)?(?= |$)"),
    ("doubled", r"doubled?(?: for)?|small(?:.scale)?(?: processing)? agents?"),
    ("no_agency", r"no(?:t an)? agen(?:cy|t)|independent contractor"),
    ("agency", r"agent imputation|imput(?:ed|ation)(?: from (?:the )?agent)?|agency|agent"),
    ("day_one", r"(?:japan(?:ese)? )?day (?:1|one)(?: ?(?:=|is|:)? ?(?:the )?(?:day|date)? ?(?:of )?[a-z]*)?"
                r"(?: (?:is )?(?:counts?|counted|included))?|japan(?:ese)?(?: counting| count)?"
                r"|(?:first|start|starting|event) day (?:is )?(?:counts?|counted|included)|day 0 (?:is )?(?:included|counted|counts)"
                r"|day of (?:the )?[a-z]+ (?:is )?(?:counts?|counted|included|not excluded|day (?:1|one))|inclusive|not excluded"),
    ("day_zero", r"day (?:0|zero)(?: ?(?:=|is|:) ?(?:the )?(?:day of )?(?:the )?[a-z]+(?: day)?)?(?: (?:is )?(?:not counted|excluded))?"
                 r"|(?:first|start|event|assessment) day (?:is )?(?:not counted|excluded)|exclusive"),
    ("no_roll", r"(?:no|not|without|never|un)[ -]?roll(?:ed|ing|s)?(?:[ -]?(?:over|forward))?|conservative(?:ly)?|hard"),
    ("roll", r"(?:with |statutory )?roll(?:ed|ing|s)?(?:[ -]?(?:over|forward|past))?(?: to)?(?: the)?(?: next)?"
             r"(?: (?:open|business|working))?(?: (?:closed )?days?)?"),
    ("fed", rf"(?:us|new york|ny|federal reserve|fed)(?: (?:banking|bank)){{1,2}} {_HOLIDAYS}|federal reserve {_HOLIDAYS}"),
    ("federal", r"(?:us )?federal holidays"),
    ("target", rf"target2?(?: {_HOLIDAYS})?"),
    ("calendar", r"(?:holiday )?calendar (?!days?\b|months?\b|years?\b)(?P<cal>(?:bank:)?[a-z]{2,5}(?:-[a-z0-9]+)?)(?= |$)"),
    ("negative", r"(?:(?<= )|^)- ?\d+"),
    ("number", r"(?P<n>\d+)[ -]?(?P<u>h(?:ou)?rs?|h|(?:elapsed|consecutive) hours?|(?:calendar |consecutive )?days?|d"
               r"|(?:business|working|banking)[ -]?days?|bd|(?:calendar )?months?|weeks?)(?= |$)"),
    ("contract", r"contract(?:ual)?"),
    ("business", r"(?:business|working|banking|work)[ -]?days?"),
    ("months", r"(?:calendar )?months?"),
    ("days", r"(?:calendar |consecutive )?days?"),
    ("hours", r"(?:elapsed|clock|continuous)?(?: |^)?hours?|elapsed(?: time)?"),
    ("plain", r"strict|plain|safe"),
)  # fmt: skip
_PATTERNS = tuple((name, re.compile(rf"(?<![a-z0-9]){pattern}")) for name, pattern in _WORDS)
# How tables of breach rules word their counting, in the words above.
_PHRASES: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(pattern), words)
    for pattern, words in (
        (
            r"\b(?:the |each )?(?:row|rule)'?s? own(?: counting)?(?: rule)?\b|\bown counting(?: rule)?\b|\bdefault\b",
            " by rule ",
        ),
        (r"\bno fixed period\b", " by rule "),
        (r"elapsed hours from the clock start", "elapsed hours"),
        (r"no roll-?over assumed(?: \(conservative\))?", "no roll-over"),
        (r"state computation rule[^;]*", ""),
        (r"saturdays?,? (?:and )?sundays?", ""),
        (r"\(rule gives no exclusion or roll-over; treat as hard\)", "conservative"),
        (r"counted from 31 december\b.*", "year end"),
        (
            r"last day on a weekend,? public holiday or 29 december to 3 january rolls to the next open day",
            "rolled",
        ),
        (r"\(guideline 3-5-3-4\)", ""),
        (r"same date next month,? last day if missing", "month"),
        (r";? ?national rule on weekends not read", ""),
        (r"guidance value,? weekends count", ""),
        (r"portuguese public holidays", "calendar pt"),
        (r"months; relief to noon", "months weekend relief to noon"),
        (r"relief,? (?:to )?noon,? (?:of )?(?:the )?next working day", "relief"),
        (r"(?:started )?hour (?:of the event )?(?:is )?not counted", "reg 1182/71"),
        (r"period begins on and includes (?:the )?next business day", ""),
        (r"(?:general )?instruction b\.1", ""),
        (r"last day (?:of (?:the )?month )?if missing", ""),
    )
)
_FILLER = re.compile(
    r"\b(?:a|an|and|the|of|in|is|as|by|from|after|on|at|to|with|for|only|same|date|next|last|under|count|counts|counted"
    r"|counting|period|rule|mode|reading|time|discovery|discovered|determination|knowledge|awareness|aware|assessment"
    r"|confirmation|notice|event|excluded|weekends?|holidays?|legal|national|public|federal|state|included|skip(?:ped)?"
    r"|guidance|value|arithmetic|outer|limit|eu|n|x)\b|[.,;:()+=/&-]"
)


_MOST = 100_000  # units of any kind; more is a slip, and beyond the calendar


def _number(reading: Reading, count: str, unit: str) -> Reading:
    if not 0 < int(count) <= _MOST:
        raise InputError(f"{count} {unit} is no period", hint=f"1 to {_MOST:,} of a unit")
    short = unit.replace("calendar ", "").replace("consecutive ", "").replace("elapsed ", "")[0]
    name = _UNITS["b" if short in "bw" and short + unit[1:4] != "week" else short]
    if unit.startswith("week"):
        return replace(reading, amount=int(count) * 7, unit="calendar_days")
    if reading.amount is not None:
        raise InputError(f"two periods in one mode ({reading.amount} and {count})")
    return replace(reading, amount=int(count), unit=name)


def _apply(reading: Reading, name: str, found: re.Match[str]) -> Reading:
    match name:
        case "art35":
            raise InputError(
                "the two-working-day minimum of Reg. 1182/71 Art. 3(5) is disputed for hours and is not offered",
                hint="use 'strict 72 h' or 'Reg. 1182/71'",
            )
        case "reg":
            return replace(reading, reg_1182=True)
        case "relief" | "no_relief":
            return replace(reading, relief=name == "relief")
        case "cut_off":
            return replace(reading, cut_off=_clock_time(found["hh"], found["mm"]))
        case "year_end":
            return replace(_number(reading, found["ye"], "days"), year_end=True)
        case "year_end_bare":
            return replace(reading, year_end=True)
        case "agency" | "no_agency":
            return replace(reading, imputation="agent" if name == "agency" else "none")
        case "day_one" | "day_zero":
            return replace(reading, day_one=name == "day_one")
        case "roll" | "no_roll":
            return replace(reading, roll=name == "roll", plain=reading.plain or name == "no_roll")
        case "doubled":
            return replace(reading, doubled=True)
        case "fed":
            return replace(reading, calendar="bank:XFED", unit=reading.unit or "business_days")
        case "federal":
            return replace(reading, calendar="US")
        case "target":
            return replace(reading, calendar="bank:XECB")
        case "calendar":
            return replace(reading, calendar=found["cal"].upper().replace("BANK:", "bank:"))
        case "number":
            return _number(reading, found["n"], found["u"])
        case "negative":
            raise InputError(f"{found[0]} is no number of hours or days", hint="write 1 or more")
        case "contract":
            return replace(reading, contract=True)
        case "plain":
            return replace(reading, plain=True)
    unit = {"business": "business_days", "months": "months", "days": "calendar_days", "hours": "hours"}[name]
    return replace(reading, unit=reading.unit or unit)


def _clock_time(hour: str, minute: str) -> time:
    try:
        return time(int(hour), int(minute))
    except ValueError:
        raise InputError(f"{hour}:{minute} is no time of day") from None


def read_mode(text: str) -> Reading:
    """Read a mode text; letter case, commas and order do not matter.

    Examples: "strict 72 h", "Reg. 1182/71", "Reg. 1182/71 month", "weekend relief", "business days",
    "calendar days, day 0 excluded", "calendar days, rolled", "day 1 = day of knowledge",
    "agent imputation", "year end + 60", "contract 2 business days, receipt after 17:00".

    Raises:
        InputError: the text holds a word that is not understood, so it might ask for another date.
    """
    if not isinstance(text, str) or len(text) > 300:
        raise InputError("a mode is a text of at most 300 characters")
    own = text.lower()
    for phrase, words in _PHRASES:
        own = phrase.sub(words, own)
    rest = " ".join(re.sub(r"[,;]", " ", own.replace("\N{EN DASH}", "-")).split())
    for word, digits in sorted(_NUMBERS.items(), key=lambda item: -len(item[0])):
        rest = re.sub(
            rf"(?<!day )\b{word}\b(?= \(?\d|[ -](?:hour|h\b|day|calendar|business|working|month|week))",
            digits,
            rest,
        )
    reading = Reading()
    for name, pattern in _PATTERNS:
        while found := pattern.search(rest):
            reading = _apply(reading, name, found)
            rest = " ".join(f"{rest[: found.start()]} {rest[found.end() :]}".split())
    left = _FILLER.sub(" ", rest).split()
    if left:
        raise InputError(
            f"mode {text!r} is not understood at {' '.join(left)!r}",
            hint="for instance: strict 72 h; Reg. 1182/71; calendar days, day 0 excluded; business days",
        )
    if reading == Reading() and text.strip() and " by rule " not in own:
        raise InputError(f"mode {text!r} says nothing about counting")
    return reading
