"""Checks on certificates and reports: do they still stand, and do they cover what is audited."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

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

__all__ = ["FUNCTIONS"]


def _today(world: World) -> date:
    return world.evaluated_at.date()


def _file(record: Record) -> str:
    return in_words(record["file"], "a document")


def current(record: Record, world: World) -> Verdict:
    """It had not run out on the day of the audit."""
    until = date.fromisoformat(record["stands_until"])
    name = f"{_file(record)} ({in_words(record['title'])})"
    if until < _today(world):
        return not_satisfied(f"{name} ran out on {until}, {(_today(world) - until).days} days ago")
    return satisfied(f"{name} stands until {until}")


def no_gap(record: Record, world: World) -> Iterator[Verdict]:
    """The time since a SOC report's period is short, or a bridge letter covers it."""
    if not str(record["kind"]).startswith("soc"):
        return
    days = int(world.parameters["days"])
    end = date.fromisoformat(record["period_to"])
    covered = end
    for letter in world.all("certificate.document"):
        if letter["kind"] == "bridge-letter" and letter.gap("period_to") is None:
            start = letter["period_from"] if letter.gap("period_from") is None else None
            # A letter that begins long after the report ended leaves the same hole before it.
            if start is None or date.fromisoformat(start) <= end + timedelta(days=31):
                covered = max(covered, date.fromisoformat(letter["period_to"]))
    open_days = (_today(world) - covered).days
    said = f"{_file(record)}: its period ended on {end}"
    if covered > end:
        said += f", a bridge letter reaches to {covered}"
    if open_days > days:
        yield not_satisfied(f"{said}; nothing covers the {open_days} days since, more than {days}")
    else:
        yield satisfied(f"{said}; {max(open_days, 0)} days are not covered")


def scope(record: Record, world: World) -> Iterator[Verdict]:
    """The scope names the service that is audited."""
    if record["kind"] in ("insurance", "bridge-letter", "iso27001-soa"):
        return
    if not record["services"]:
        yield unavailable(f"{_file(record)}: the engagement names no service to look for (option `service`)")
    for service in record["services"]:
        name = f"{_file(record)}: {in_words(service['name'])}"
        if service["excluded"]:
            yield not_satisfied(f"{name} stands among what the scope leaves out")
        elif service["in_scope"]:
            yield satisfied(f"{name} is named in the scope")
        elif service["page"] is not None:
            yield unavailable(
                f"{name} is named on page {in_words(service['page'])}, but not in the words read as its scope"
            )
        elif record["recognised"]:
            yield unavailable(f"{name} was not found, but the document was read from an image")
        else:
            yield not_satisfied(f"{name} is named nowhere in the document")


def carve_outs(record: Record, world: World) -> Verdict:
    """Nothing is left out of the scope that a reader would expect in it."""
    left_out = record["exclusions"]
    if left_out:
        return not_satisfied(
            f"{_file(record)} leaves out: {in_words(left_out[0], most=300)} ({len(left_out)} such passages)"
        )
    return _nothing_found(record, "passage that leaves something out")


def _nothing_found(record: Record, what: str) -> Verdict:
    """That a machine found no such words is no proof that there are none; a person's reading is."""
    if record["confirmed_by"]:
        return satisfied(f"{_file(record)}: no {what}, confirmed by {in_words(record['confirmed_by'])}")
    return unavailable(f"{_file(record)}: no {what} was found by machine; no person has confirmed it")


def no_exceptions(record: Record, world: World) -> Iterator[Verdict]:
    """The auditor noted no exception and did not qualify the opinion."""
    if str(record["kind"]).startswith("soc"):
        noted = record["exceptions"]
        if noted:
            yield not_satisfied(
                f"{_file(record)}: {in_words(noted[0], most=300)} ({len(noted)} such passages)"
            )
        else:
            yield _nothing_found(record, "exception or qualification")


def cyber_cover(record: Record, world: World) -> Iterator[Verdict]:
    """A cyber policy in force covers at least `at_least`, in the certificate's own currency."""
    if record["kind"] != "insurance":
        return
    least = int(world.parameters["at_least"])
    cyber = [p for p in record["policies"] if p["type"] == "cyber"]
    if not cyber:
        yield not_satisfied(f"{_file(record)} lists no cyber policy among {len(record['policies'])} policies")
        return
    standing = [p for p in cyber if date.fromisoformat(p["expires"]) >= _today(world)]
    if not standing:
        ended = max(p["expires"] for p in cyber)
        yield not_satisfied(f"{_file(record)}: the cyber policy ended on {ended}")
        return
    limits = [p["limit"] for p in standing if p["limit"] is not None]
    if not limits:
        yield unavailable(f"{_file(record)}: no limit was found for the cyber policy")
    elif max(limits) < least:
        yield not_satisfied(f"{_file(record)}: cyber cover of {max(limits):,} is below {least:,}")
    else:
        yield satisfied(f"{_file(record)}: cyber cover of {max(limits):,}")


def pentest(record: Record, world: World) -> Iterator[Verdict]:
    """The penetration test left no severe finding in its report."""
    if record["kind"] != "penetration-test":
        return
    severe = {k: v for k, v in record["findings"].items() if k in ("critical", "high") and v}
    if severe:
        told = ", ".join(f"{in_words(n)} {word}" for word, n in sorted(severe.items()))
        yield not_satisfied(f"{_file(record)} reports {told} findings; whether they are cured is not shown")
    elif record["findings"]:
        yield satisfied(f"{_file(record)} reports no critical or high finding")
    else:
        yield unavailable(f"{_file(record)}: no finding with a severity was recognised")


def confirmed(record: Record, world: World) -> Verdict:
    """A person compared what was read with the document."""
    if record["confirmed_by"]:
        by, on = in_words(record["confirmed_by"]), in_words(record["confirmed_on"], "a day not told")
        return satisfied(f"{_file(record)}: confirmed by {by} on {on}")
    unsure = f"; unsure: {in_words(record['unsure'])}" if record["unsure"] else ""
    return not_satisfied(f"{_file(record)} was read by machine only{unsure}")


FUNCTIONS: dict[str, CheckFunction] = {
    "certificate-current": current,
    "certificate-no-gap": no_gap,
    "certificate-scope": scope,
    "certificate-carve-outs": carve_outs,
    "certificate-no-exceptions": no_exceptions,
    "certificate-cyber-cover": cyber_cover,
    "certificate-pentest-findings": pentest,
    "certificate-confirmed": confirmed,
}
