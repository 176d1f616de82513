"""The checks on answers: one for each topic, made from topics.yaml so that none is forgotten."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

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

__all__ = ["claim_checks", "judge_claim"]

CLAIM_MAX_AGE = timedelta(days=400)
"""Questionnaires are answered once a year; a month is left for the next round."""

_READS = ("answer", "as_written", "good_answers", "place", "problems", "question", "topics")
_SEVERE = frozenset({"encryption-at-rest", "encryption-in-transit", "mfa", "breach-notice", "backup"})


def claim_checks() -> tuple[Check, ...]:
    """`claim-<topic>` for every topic."""
    return tuple(_check(topic) for topic in load_topics().by_id.values())


def _check(topic: Topic) -> Check:
    title = topic.title[:1].lower() + topic.title[1:]
    return Check(
        id=f"claim-{topic.id}",
        title=f"The provider answers well on: {title}",
        rationale="What the provider says of itself is the first thing to hold against what it "
        "signed and what is seen; a no, a partial or a missing answer is a question to put to it.",
        severity=Severity.MEDIUM if topic.id in _SEVERE else Severity.LOW,
        topic=topic.id,
        method=Method.INTERVIEW,
        remediation=f"Ask the provider what it does on {title}, when the gap is closed, and what shows it.",
        evidence="questionnaire.answer",
        reads={"questionnaire.answer": _READS},
        select={"required": ["topics"], "properties": {"topics": {"contains": {"const": topic.id}}}},
        function=judge_claim(topic.id),
        max_age=CLAIM_MAX_AGE,
        plugin="questionnaire",
    )


def judge_claim(topic: str) -> CheckFunction:
    """The check function of one topic."""

    def check(record: Record, world: World) -> Iterator[Verdict]:
        yield _verdict(topic, record)

    return check


def _verdict(topic: str, record: Record) -> Verdict:
    answer, good = record["answer"], record["good_answers"].get(topic, "yes")
    place, question = in_words(record["place"]), in_words(record["question"])[:160]
    said = f"{place}: {question}: {in_words(answer, 'no answer')}"
    if answer == "not-applicable":
        return not_applicable(f"{said}: the provider says it does not apply")
    if answer in ("unanswered", "text"):
        return unavailable(f"{said}: no yes or no was given")
    contradiction = next((p for p in record["problems"] if p.startswith("contradiction")), None)
    if contradiction:
        # Which half is true cannot be told from the questionnaire alone.
        return unavailable(f"{said}: {in_words(contradiction)}")
    if good == "neutral":
        return not_applicable(f"{said}: neither answer claims anything on this topic")
    return satisfied(said) if answer == good else not_satisfied(said)
