"""Breach rules: who must tell whom, by when, under which law; read from `controls/breach_rules`."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import Any

from lpo_secaudit.accountability.conditions import ALWAYS, Condition, leaves, parse_condition
from lpo_secaudit.errors import InputError
from lpo_secaudit.formats.schema import validate_file
from lpo_secaudit.formats.yaml import YamlFile, load_yaml

__all__ = [
    "METHODS",
    "BreachRule",
    "Counting",
    "Period",
    "RuleBook",
    "Variant",
    "builtin_rules",
    "check_data_class",
    "load_rules",
    "rules_folder",
]

SCHEMA = "breach-rules"

METHODS = {
    "hours": "elapsed-hours",
    "calendar_days": "calendar-days",
    "business_days": "business-days",
    "months": "months",
}
"""The way of counting that a unit has where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Period:
    """A length of time as a law or contract states it.

    Attributes:
        amount: how many units, 1 or more.
        unit: hours, calendar_days, business_days or months.
    """

    amount: int
    unit: str

    def __str__(self) -> str:
        name = self.unit.replace("_", " ")
        return f"{self.amount} {name[:-1] if self.amount == 1 else name}"


@dataclass(frozen=True, slots=True)
class Counting:
    """How the period of a rule runs.

    Attributes:
        method: elapsed-hours, calendar-days, business-days, months, year-end-days or none.
        calendar: holiday calendar of business days and of rolling; None to take the zone's country.
        day_one: the day of the event is day 1 (Japan); otherwise it is day 0.
        roll: none, noted (a later date that the law may allow is shown, not applied) or applied.
        roll_law: the provision that rolls a last day that is closed.
        second_reading: none, reg-1182-71 or weekend-relief; shown beside the date, not applied.
        note: the law's counting rule in words.
    """

    method: str
    calendar: str | None = None
    day_one: bool = False
    roll: str = "none"
    roll_law: str | None = None
    second_reading: str = "none"
    note: str = ""


@dataclass(frozen=True, slots=True)
class Variant:
    """Another period of the same rule, for some notifiers or incidents.

    Attributes:
        period: in place of the rule's.
        when: the condition under which it stands.
        citation: where it is said.
    """

    period: Period
    when: Condition
    citation: str


@dataclass(frozen=True, slots=True)
class BreachRule:
    """One duty of breach law.

    Attributes:
        id: stable identifier; those with `proposed-` are pending law and never set a deadline.
        jurisdiction: ISO code such as DE or US-CA, EU, UK, or AE-DIFC and AE-ADGM.
        law: name of the act.
        citation: article or section.
        notifier: controller, processor, owner or maintainer (the law's own role).
        recipient: authority, individuals, consumer_reporting_agencies, controller, processor, media, clients.
        period: None where the law gives a standard and no number.
        variants: other periods for some notifiers or incidents.
        standard: the law's measure of speed beside the number, as identifiers.
        note: what else the duty says, in words; may be empty.
        clock_starts: the kind of event that starts the clock.
        after: the reports that start the clock (rule ids or named reports), where `clock_starts` is
            `prior_report`.
        imputed_from: the role whose knowledge starts the clock too, or None.
        imputation: agency (only where that party is an agent) or always.
        counting: how the period runs.
        zone: IANA zone of the recipient, or None where the caller must say (EU rules).
        threshold: when the duty arises, in words.
        scope: condition on the engagement.
        trigger: condition on the incident.
        safe_harbour: none, exemption, or risk-factor: what encryption with a safe key does.
        harm_exception: the duty falls away when harm is shown to be unlikely.
        presumed: notice is due until the exception is shown (45 CFR 164.402(2)), so an open
            risk assessment does not leave it undecided.
        replaced_by: country of the notifier -> the national rule that stands in its place.
        content: key of the list of required notice content.
        target: own target for rules without a number; never law.
        held_by_law_enforcement: a documented request of law enforcement may postpone the notice.
        status: in-force or proposed.
        in_force_from, in_force_to: first and last day of force; None where not recorded.
        as_of: month or day of the newest source (text, as recorded).
        confidence: high or medium.
        source: where the facts come from.
        place: file and line of the row.
    """

    id: str
    jurisdiction: str
    law: str
    citation: str
    notifier: str
    recipient: str
    period: Period | None
    variants: tuple[Variant, ...]
    standard: tuple[str, ...]
    note: str
    clock_starts: str
    after: tuple[str, ...]
    imputed_from: str | None
    imputation: str | None
    counting: Counting
    zone: str | None
    threshold: str
    scope: Condition
    trigger: Condition
    safe_harbour: str
    harm_exception: bool
    presumed: bool
    replaced_by: tuple[tuple[str, str], ...]
    content: str | None
    target: Period | None
    held_by_law_enforcement: bool
    status: str
    in_force_from: date | None
    in_force_to: date | None
    as_of: str
    confidence: str
    source: str
    place: str

    def in_force_on(self, day: date) -> bool:
        """Whether the rule is law on that day; proposed rules never are."""
        if self.status != "in-force":
            return False
        if self.in_force_from is not None and day < self.in_force_from:
            return False
        return self.in_force_to is None or day <= self.in_force_to


class RuleBook(Mapping[str, BreachRule]):
    """Rules by id, in file order."""

    def __init__(self, rules: tuple[BreachRule, ...], contents: Mapping[str, tuple[str, ...]]) -> None:
        self._rules = {rule.id: rule for rule in rules}
        self.contents = dict(contents)

    def __getitem__(self, key: str) -> BreachRule:
        return self._rules[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self._rules)

    def __len__(self) -> int:
        return len(self._rules)

    def get_rule(self, rule_id: str) -> BreachRule:
        """The rule of that id.

        Raises:
            InputError: no such rule; names the nearest ids.
        """
        found = self._rules.get(rule_id)
        if found is None:
            near = difflib.get_close_matches(str(rule_id), list(self._rules), 3)
            raise InputError(
                f"breach rule {rule_id!r} is not known",
                hint=f"did you mean {' or '.join(near)}?" if near else "see controls/breach_rules",
            )
        return found


def rules_folder() -> Traversable:
    """The folder of the rules that come with the package, installed or in a checkout."""
    try:
        return files("lpo_secaudit.controls") / "breach_rules"
    except ModuleNotFoundError:
        return Path(__file__).resolve().parents[2] / "controls" / "breach_rules"


def _day(value: str | None, where: str) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise InputError(f"{value!r} is not a date", where=where, hint="write YYYY-MM-DD") from None


def _period(value: Mapping[str, Any] | None) -> Period | None:
    return None if value is None else Period(value["amount"], value["unit"])


def _rule(row: Mapping[str, Any], place: str) -> BreachRule:
    imputed = row.get("imputed_from") or {}
    force = row.get("in_force") or {}
    exceptions = row["exceptions"]
    return BreachRule(
        id=row["id"],
        jurisdiction=row["jurisdiction"],
        law=row["law"],
        citation=row["citation"],
        notifier=row["notifier"],
        recipient=row["recipient"],
        period=_period(row.get("period")),
        variants=tuple(
            Variant(
                Period(**v["period"]), parse_condition(v["when"], f"{place}: variants[{i}]"), v["citation"]
            )
            for i, v in enumerate(row.get("variants", ()))
        ),
        standard=tuple(row.get("standard", ())),
        note=row.get("note", ""),
        clock_starts=row["clock_starts"],
        after=tuple(row.get("after", ())),
        imputed_from=imputed.get("role"),
        imputation=imputed.get("when"),
        counting=Counting(**row["counting"]),
        zone=row.get("zone"),
        threshold=row["threshold"],
        scope=parse_condition(row["scope"], f"{place}: scope"),
        trigger=parse_condition(row["trigger"], f"{place}: trigger") if "trigger" in row else ALWAYS,
        safe_harbour=exceptions["encryption"],
        harm_exception=exceptions["harm_unlikely"],
        presumed=exceptions.get("presumed_notifiable", False),
        replaced_by=tuple(sorted((row.get("replaced_by") or {}).items())),
        content=row.get("content"),
        target=_period(row.get("target")),
        held_by_law_enforcement=row.get("law_enforcement_hold", False),
        status=row["status"],
        in_force_from=_day(force.get("from"), f"{place}: in_force.from"),
        in_force_to=_day(force.get("to"), f"{place}: in_force.to"),
        as_of=str(row["as_of"]),
        confidence=row["confidence"],
        source=row["source"],
        place=place,
    )


def _check(rule: BreachRule) -> None:
    def wrong(message: str, hint: str | None = None) -> InputError:
        return InputError(f"rule {rule.id!r}: {message}", where=rule.place, hint=hint)

    unit = {
        "elapsed-hours": "hours",
        "calendar-days": "calendar_days",
        "year-end-days": "calendar_days",
        "business-days": "business_days",
        "months": "months",
        "none": None,
    }[rule.counting.method]
    if (rule.period.unit if rule.period else None) != unit:
        raise wrong(f"counting method {rule.counting.method!r} does not count its period ({rule.period})")
    if ("proposed-" in rule.id) != (rule.status == "proposed"):
        raise wrong("an id with 'proposed-' and the status 'proposed' belong together")
    if (rule.clock_starts == "prior_report") != bool(rule.after):
        raise wrong(
            "'after' names the report that starts the clock, and only stands with clock_starts: prior_report"
        )


def load_rules(paths: tuple[Path, ...]) -> RuleBook:
    """Read rule files (schema `breach-rules`) of a user or of the package.

    Raises:
        InputError: not YAML, not by the schema, an id twice, a method that does not fit its unit.
    """
    found: dict[str, BreachRule] = {}
    contents: dict[str, tuple[str, ...]] = {}
    for file in (load_yaml(path) for path in paths):
        validate_file(file, SCHEMA)
        for index, row in enumerate(file.value.get("rules", ())):
            rule = _rule(row, file.where(("rules", index)))
            _check(rule)
            if rule.id in found:
                raise InputError(
                    f"rule {rule.id!r} stands twice", where=rule.place, hint=found[rule.id].place
                )
            found[rule.id] = rule
        contents.update(_contents(file))
    for rule in found.values():
        if rule.content is not None and rule.content not in contents:
            raise InputError(f"rule {rule.id!r} names unknown content {rule.content!r}", where=rule.place)
    return RuleBook(tuple(found.values()), contents)


def _contents(file: YamlFile) -> dict[str, tuple[str, ...]]:
    return {key: tuple(items) for key, items in file.value.get("contents", {}).items()}


@cache
def builtin_rules() -> RuleBook:
    """The rules that come with the package, read once."""
    folder = rules_folder()
    names = sorted(item.name for item in folder.iterdir() if item.name.endswith(".yaml"))
    if not names:
        raise InputError("the package holds no breach rules", where=str(folder), hint="reinstall the package")
    return load_rules(tuple(Path(str(folder / name)) for name in names))


@cache
def _data_classes() -> frozenset[str]:
    asked = [x for r in builtin_rules().values() for c in (r.scope, r.trigger) for x in leaves(c)]
    named = {name for leaf in asked if leaf.kind == "data" for name in leaf.values}
    return frozenset(named | {leaf.of_data for leaf in asked if leaf.of_data})


@cache
def check_data_class(name: str) -> None:
    """Refuse a data class that no rule asks for and that is one slip away from one that rules do.

    A firm's own classes are welcome; a slip would silently leave out every duty of the real class.

    Raises:
        InputError: names the class that was probably meant.
    """
    if name not in _data_classes():
        alike = sorted(c for c in _data_classes() if abs(len(c) - len(name)) <= 1)
        near = difflib.get_close_matches(name, alike, 1, cutoff=0.82)
        if near:
            raise InputError(f"no rule asks for data of class {name!r}", hint=f"did you mean {near[0]!r}?")
