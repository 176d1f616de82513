"""Topics: what promise, claim and practice are compared on, and on which scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

__all__ = ["Limit", "Polarity", "Scale", "Topic"]

ScaleKind = Literal["boolean", "minutes", "hours", "days", "months", "places", "versions", "amount"]

Polarity = Literal["yes", "no", "neutral"]
"""Which answer to a question is the good one; "neutral" where neither claims any strength."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How strength is compared on a topic.

    Attributes:
        kind: boolean (there or not), or what the number counts.
        better: "lower", "higher", or "subset" (fewer places); "" for boolean.
        unit: what the number means, for a reader.
    """

    kind: ScaleKind
    better: Literal["", "lower", "higher", "subset"] = ""
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """The weakest value that a law allows on a topic.

    Attributes:
        citation: "45 CFR 164.410(b)".
        data_class: the limit binds where the engagement has this class.
        at_most, at_least: in the scale's unit; one of the two.
        says: the rule, in own words.
    """

    citation: str
    data_class: str
    says: str
    at_most: float | None = None
    at_least: float | None = None


@dataclass(frozen=True)
class Topic:
    """One row of controls/topics.yaml.

    Attributes:
        clauses: labels of contract clauses that promise something on it.
        values: clause label to the parameter that carries the number of the scale.
        words, otherwise, reversed, neutral: word patterns; see `lpo_secaudit.catalog.topics`.
        caiq_v3, caiq_v4: control ids of the CSA questionnaire (prefixes of question ids).
        checks: ids of the checks that see the practice.
        limits: what law demands at least.
    """

    id: str
    title: str
    group: str
    scale: Scale
    clauses: tuple[str, ...] = ()
    values: Mapping[str, str] = field(default_factory=dict)
    words: tuple[str, ...] = ()
    otherwise: tuple[str, ...] = ()
    reversed: tuple[str, ...] = ()
    neutral: tuple[str, ...] = ()
    caiq_v3: tuple[str, ...] = ()
    caiq_v4: tuple[str, ...] = ()
    checks: tuple[str, ...] = ()
    limits: tuple[Limit, ...] = ()
