"""One result of a scanner, whatever the scanner: its own verdict kept, and mapped to an outcome."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

__all__ = ["Reader", "Result", "Scan", "at", "instant", "items", "outcome_of", "severity_of", "text"]

OUTCOMES = ("satisfied", "not-satisfied", "not-applicable", "unavailable", "error")
SEVERITIES = ("critical", "high", "medium", "low", "informational", "unknown")


@dataclass(frozen=True, slots=True)
class Result:
    """What a scanner said about one rule on one resource.

    Attributes:
        rule: the scanner's id of the rule, plugin or vulnerability.
        title: its name for a person.
        verdict: the scanner's own word, untouched.
        outcome: one of OUTCOMES; `not-applicable` also where the scanner only tells, without
            judging (an open port, an informational plugin); `unavailable` where it could not
            look or leaves the judgement to a person.
        severity: one of SEVERITIES.
        resource: what it looked at; "" where the file does not say.
        place: path or row within the file.
        references: controls of standards, CVE and CWE ids it names.
        suppressed: muted, waived or accepted on the provider's side; the verdict stays.
    """

    rule: str
    title: str
    verdict: str
    outcome: str
    severity: str
    resource: str
    place: str
    message: str = ""
    region: str | None = None
    resource_type: str = ""
    references: tuple[str, ...] = ()
    observed_at: datetime | None = None
    suppressed: bool = False


@dataclass(frozen=True, slots=True)
class Scan:
    """All results of one file.

    Attributes:
        kind: the format, e.g. "prowler-ocsf".
        tool: the scanner; version "" where the file does not say.
        scanned_at: when it ran, aware UTC; None where the file does not say.
        topics: topics of every result of this format, beside those its words name.
        problems: what the scanner could not do, and what the file lacks.
    """

    kind: str
    tool: str
    version: str
    results: tuple[Result, ...]
    scanned_at: datetime | None = None
    topics: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many results have each outcome."""
        return dict(sorted(Counter(r.outcome for r in self.results).items()))


@dataclass(frozen=True, slots=True)
class Reader:
    """One format: how it is recognised, and read. `form` is json, xml, table or text."""

    kind: str
    form: str
    recognise: Callable[[Any], bool]
    read: Callable[[Any], Scan]


_WORDS: Mapping[str, str] = {
    **dict.fromkeys(
        ("pass", "passed", "ok", "healthy", "compliant", "notafinding", "not_a_finding"), "satisfied"
    ),
    **dict.fromkeys(("success", "fixed", "resolved", "good"), "satisfied"),
    **dict.fromkeys(
        ("fail", "failed", "unhealthy", "noncompliant", "non_compliant", "open"), "not-satisfied"
    ),
    **dict.fromkeys(("critical", "high", "medium", "low", "bad", "active", "new"), "not-satisfied"),
    **dict.fromkeys(("notapplicable", "not_applicable", "not applicable", "na", "n/a"), "not-applicable"),
    **dict.fromkeys(("informational", "info", "notselected", "none", "log"), "not-applicable"),
    **dict.fromkeys(("manual", "warn", "warning", "unknown", "notchecked", "skipped", "skip"), "unavailable"),
    **dict.fromkeys(
        ("not_available", "not_reviewed", "notreviewed", "omitted", "not reviewed"), "unavailable"
    ),
    **dict.fromkeys(("error", "fatal", "failure"), "error"),
}


def outcome_of(verdict: str) -> str:
    """The outcome of a verdict in the words most scanners share; `unavailable` for unknown ones.

    An unknown word is never taken for a pass.
    """
    return _WORDS.get(verdict.strip().lower(), "unavailable")


def severity_of(word: Any) -> str:
    """A scanner's severity in this project's words; "unknown" where it says nothing usable."""
    plain = str(word or "").strip().lower()
    known = {
        "moderate": "medium", "important": "high", "info": "informational", "none": "informational",
        "negligible": "low", "error": "high", "warning": "medium", "note": "low", "danger": "high",
        "log": "informational", "minimal": "low", "serious": "high", "minor": "low", "fatal": "critical",
    }  # fmt: skip
    found = known.get(plain, plain)
    return found if found in SEVERITIES else "unknown"


def cvss_severity(score: Any) -> str:
    """The qualitative rating of a CVSS score (CVSS v3.1, section 5)."""
    try:
        number = float(str(score))
    except ValueError:
        return "unknown"
    for bound, word in ((9.0, "critical"), (7.0, "high"), (4.0, "medium"), (0.1, "low")):
        if number >= bound:
            return word
    return "informational"


def at(value: Any, *path: str | int) -> Any:
    """The value at a path of keys and indexes; None where a step is missing or of another type."""
    for step in path:
        if isinstance(step, int):
            value = value[step] if isinstance(value, list) and len(value) > step else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value


def text(value: Any, *path: str | int, limit: int = 1000) -> str:
    """The text at a path, without mark-up and needless blanks, cut to `limit`; "" for none."""
    found = at(value, *path) if path else value
    if found is None or isinstance(found, dict | list):
        return ""
    return " ".join(re.sub(r"<[^<>]{0,400}>", " ", str(found)).split())[:limit]


def items(value: Any, *path: str | int) -> list[Any]:
    """The list at a path; [] where there is none."""
    found = at(value, *path) if path else value
    return found if isinstance(found, list) else []


def dicts(value: Any, *path: str | int) -> list[dict[str, Any]]:
    """The objects of the list at a path; anything else in it is left out."""
    return [item for item in items(value, *path) if isinstance(item, dict)]


def instant(value: Any) -> datetime | None:
    """An instant as scanners write it: ISO 8601, or seconds or milliseconds since 1970.

    One without a zone is taken as UTC, which is what most write without saying so.
    """
    if isinstance(value, bool) or value in (None, ""):
        return None
    if isinstance(value, int | float) or (
        isinstance(value, str) and re.fullmatch(r"\d{9,14}", value.strip())
    ):
        number = float(value)
        try:
            return datetime.fromtimestamp(number / 1000 if number > 1e11 else number, UTC)
        except (OverflowError, ValueError, OSError):
            return None
    plain = str(value).strip().replace(" UTC", "+00:00")
    plain = re.sub(r"(\.\d{6})\d+", r"\1", plain)
    try:
        found = datetime.fromisoformat(plain)
    except ValueError:
        return _spelled(plain)
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _spelled(plain: str) -> datetime | None:
    for form in (
        "%a, %d %b %Y %H:%M:%S %Z", "%a, %d %b %Y %H:%M:%S", "%a %b %d %H:%M:%S %Y", "%b %d, %Y %I:%M %p",
        "%m/%d/%Y %H:%M:%S Coordinated Universal Time", "%d %b %Y %I:%M%p", "%m/%d/%Y %H:%M:%S",
    ):  # fmt: skip
        try:
            return datetime.strptime(plain[:60], form).replace(tzinfo=UTC)
        except ValueError:
            continue
    return None


def latest(results: Iterable[Result]) -> datetime | None:
    """When the last of the results was observed."""
    return max((r.observed_at for r in results if r.observed_at), default=None)
