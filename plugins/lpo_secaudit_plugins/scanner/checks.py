"""The checks on scanner results: two for each topic, made from topics.yaml so that none is forgotten."""

from __future__ import annotations

from lpo_secaudit.catalog.topics import load_topics
from lpo_secaudit.check.wording import in_words
from lpo_secaudit.model.check import (
    Check,
    CheckFunction,
    Method,
    Record,
    Severity,
    Verdict,
    World,
    not_applicable,
    not_satisfied,
    satisfied,
    unavailable,
)
from lpo_secaudit.model.topic import Topic

__all__ = ["FUNCTIONS", "judge_result", "scan_checks"]

_READS = ("message", "outcome", "resource", "suppressed", "title", "tool", "topics", "verdict", "severity")
_SEVERE = ["critical", "high"]


def scan_checks() -> tuple[Check, ...]:
    """`scan-<topic>` for results of medium and lower severity, `scan-<topic>-severe` for the others."""
    topics = load_topics().by_id.values()
    return tuple(check for topic in topics for check in (_check(topic, True), _check(topic, False)))


def _check(topic: Topic, severe: bool) -> Check:
    title = topic.title[:1].lower() + topic.title[1:]
    level = {"enum": _SEVERE} if severe else {"not": {"enum": _SEVERE}}
    return Check(
        id=f"scan-{topic.id}-severe" if severe else f"scan-{topic.id}",
        title=f"Scanners found no {'severe ' if severe else ''}fault on: {title}",
        rationale="What a tool saw on the provider's systems shows whether its promises hold there.",
        severity=Severity.HIGH if severe else Severity.MEDIUM,
        topic=topic.id,
        method=Method.TEST,
        remediation="Have the provider cure the fault, scan again and hand over the new result.",
        evidence="scanner.result",
        reads={"scanner.result": _READS},
        select={
            "required": ["topics", "severity"],
            "properties": {"topics": {"contains": {"const": topic.id}}, "severity": level},
        },
        function=judge_result,
        plugin="scanner",
    )


def _file(record: Record) -> str:
    return in_words(record["file"], "the file")


def _tool(record: Record) -> str:
    return in_words(record["tool"], "the tool")


def judge_result(record: Record, world: World) -> Verdict:
    """The tool's verdict, as it stands; one that the provider muted is not better for it."""
    title = in_words(record["title"], record.subject.id)
    said = f"{_tool(record)}: {title}: {in_words(record['verdict'], 'no verdict')}"
    if record["resource"]:
        said += f" on {in_words(record['resource'])}"
    outcome = record["outcome"]
    if outcome == "satisfied":
        return satisfied(said[:400])
    if outcome == "not-satisfied":
        muted = " (muted on the provider's side)" if record["suppressed"] else ""
        detail = f": {in_words(record['message'], most=600)}" if record["message"] else ""
        return not_satisfied(f"{said}{muted}{detail}"[:600])
    if outcome == "not-applicable":
        return not_applicable(said[:400])
    return unavailable(f"{said}: the tool could not tell"[:400])


def dated(record: Record, world: World) -> Verdict:
    """Without its time a scan cannot be held against later changes."""
    gap = record.gap("scanned_at")
    if gap is not None:
        return unavailable(f"{_file(record)} does not say when the scan ran", gap=gap)
    return satisfied(f"{_file(record)}: scanned at {in_words(record['scanned_at'])}")


def complete(record: Record, world: World) -> Verdict:
    """What the scanner itself says it could not do."""
    if record["problems"]:
        return not_satisfied(f"{_file(record)}: {'; '.join(map(in_words, record['problems'][:5]))}")
    return satisfied(
        f"{_file(record)}: {in_words(record['results'])} results, no trouble reported by {_tool(record)}"
    )


def unmuted(record: Record, world: World) -> Verdict:
    """Faults that were muted before the file was handed over."""
    muted = record["suppressed"]
    if muted:
        return not_satisfied(
            f"{_file(record)}: {len(muted)} faults are muted: {', '.join(map(in_words, muted[:10]))}"
        )
    return satisfied(f"{_file(record)}: no fault is muted")


FUNCTIONS: dict[str, CheckFunction] = {
    "scanner-dated": dated,
    "scanner-complete": complete,
    "scanner-unmuted": unmuted,
}
