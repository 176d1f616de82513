"""Checks on a questionnaire as a whole."""

from __future__ import annotations

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


def _none_of(facet: str, words: str) -> CheckFunction:
    def check(record: Record, world: World) -> Verdict:
        ids, total = record[facet], in_words(record["questions"])
        if not ids:
            return satisfied(f"none of {total} answers is {words}")
        return not_satisfied(
            f"{len(ids)} of {total} answers are {words}: {', '.join(map(in_words, ids[:10]))}"
        )

    return check


def dated(record: Record, world: World) -> Verdict:
    """A claim without a date cannot be held against anything later."""
    gap = record.gap("answered_on")
    if gap is not None:
        return unavailable("neither the engagement nor the file says when it was answered", gap=gap)
    return satisfied(f"answered on {in_words(record['answered_on'])}")


FUNCTIONS: dict[str, CheckFunction] = {
    "questionnaire-complete": _none_of("unanswered", "missing"),
    "questionnaire-plain": _none_of("evasive", "evasive"),
    "questionnaire-consistent": _none_of(
        "contradictions", "contradicted by their own comment or another answer"
    ),
    "questionnaire-dated": dated,
}
