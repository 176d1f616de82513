"""Statements: what each source says on each topic, brought to one form. The three legs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from lpo_secaudit.evaluate.measures import (
    Measure,
    allowed_places,
    from_business_days,
    from_parameter,
    from_text,
    words_of,
)
from lpo_secaudit.model.check import Method, Observation, Outcome
from lpo_secaudit.model.evidence import Evidence
from lpo_secaudit.model.topic import Scale, Topic

if TYPE_CHECKING:
    from lpo_secaudit.catalog.places import Gazetteer
    from lpo_secaudit.catalog.topics import Topics

__all__ = ["Legs", "Practice", "Stance", "Statement", "claims", "practice", "promises", "section_of"]

CLAIM_MAX_AGE = timedelta(days=400)
"""Questionnaires and reports are renewed once a year; a month is left for the next round."""

MAX_QUOTE = 600

PARTY = "party"
"""Subject type of an observation that saw somebody else handle data; its id is the name."""


class Stance(StrEnum):
    """What a statement says of its topic."""

    HOLDS = "holds"  # promised, answered well
    WEAK = "weak"  # promised in words that bind little; answered "partial"
    LACKS = "lacks"  # the contract is silent; answered badly
    UNCLEAR = "unclear"  # not answered, or contradicting itself


@dataclass(frozen=True, slots=True)
class Statement:
    """One source's word on one topic: a clause in a document, or an answer.

    Attributes:
        about: clause label, or question id.
        document: the contract, or the questionnaire.
        kind: kind of contract ("dpa", "msa" ...), of questionnaire or of certificate.
        quote: the words.
        measure: the strength, where the topic's scale has one and the words fix it.
        parameters: of the clause.
        as_of: when it was said; None where it does not age (a contract in force).
        outdated: said too long ago, or past its own expiry.
        telling: [start, end) of the words in `quote` that speak of the topic; None where no part of it tells
            more than the rest.
    """

    topic: str
    stance: Stance
    source: str
    about: str
    document: str
    kind: str
    place: str
    quote: str
    evidence: tuple[str, ...]
    measure: Measure | None = None
    parameters: Mapping[str, Any] = field(default_factory=dict)
    as_of: datetime | None = None
    outdated: bool = False
    telling: tuple[int, int] | None = None


@dataclass(frozen=True)
class Practice:
    """What tests saw on one topic.

    Attributes:
        violations, satisfied, unseen, outdated: observations by outcome.
        parties: observations of others who handle data.
    """

    violations: tuple[Observation, ...] = ()
    satisfied: tuple[Observation, ...] = ()
    unseen: tuple[Observation, ...] = ()
    outdated: tuple[Observation, ...] = ()
    parties: tuple[Observation, ...] = ()

    @property
    def worst(self) -> Observation:
        """The violation to show first."""
        return max(self.violations, key=lambda o: (o.severity.rank, o.check, o.subject.source, o.subject.id))


@dataclass(frozen=True)
class Legs:
    """Everything said of one topic."""

    topic: Topic
    promises: tuple[Statement, ...] = ()
    claims: tuple[Statement, ...] = ()
    practice: Practice = Practice()

    def promised(self) -> list[Statement]:
        """What a contract binds the provider to, in whatever words."""
        return [s for s in self.promises if s.stance in (Stance.HOLDS, Stance.WEAK)]

    def held(self) -> list[Statement]:
        """What the provider claims today."""
        return [s for s in self.claims if s.stance is Stance.HOLDS and not s.outdated]


def promises(clauses: Iterable[Evidence], topics: Topics, gazetteer: Gazetteer) -> dict[str, list[Statement]]:
    """Statements of records of type `contract.clause`, by topic.

    A clause that binds the client promises nothing of the provider and is left out.
    """
    found: dict[str, list[Statement]] = {}
    for record in clauses:
        data = record.data
        if data.get("present") and data.get("bound") == "client":
            continue
        quotes = [q for q in data.get("quotes", ()) if isinstance(q, Mapping) and q.get("text")]
        label = str(data["clause"])
        for id_ in topics.for_clause(label, (str(q["text"]) for q in quotes)):
            statement = _promise(record, label, topics[id_], quotes, topics, gazetteer)
            found.setdefault(id_, []).append(statement)
    return {id_: sorted(said, key=_order) for id_, said in found.items()}


def _promise(
    record: Evidence,
    label: str,
    topic: Topic,
    quotes: list[Mapping[str, Any]],
    topics: Topics,
    gazetteer: Gazetteer,
) -> Statement:
    data = record.data
    document, parameters = str(data.get("document", "")), dict(data.get("parameters") or {})
    if not data.get("present"):
        quote = f"{document} holds no clause on {label.replace('-', ' ')}"
        stance, place, measure, telling = Stance.LACKS, document, None, None
    else:
        chosen = quotes[0] if quotes else {}
        if label in topics.general_clauses:
            chosen = next((q for q in quotes if topic.id in topics.for_text(str(q["text"]))), chosen)
        stance = Stance.WEAK if data.get("grade") == "weak" else Stance.HOLDS
        measure = None
        if label in topic.values:
            value = parameters.get(topic.values[label])
            measure = from_parameter(topic.scale, value, parameters.get("currency"))
            if measure is None and topic.scale.kind == "hours":
                measure = from_business_days(parameters.get("deadline_business_days"))
            # The reader looks for the number: of several quotes, the one that states it.
            chosen = next((q for q in quotes if _states(topic.scale, str(q["text"]), measure)), chosen)
        quote, place = str(chosen.get("text", "")), section_of(document, chosen)
        if measure is None and topic.scale.kind == "places" and label in topic.clauses:
            measure = allowed_places(" ".join(str(q["text"]) for q in quotes), gazetteer)
        if measure is None and topic.scale.kind == "versions":
            measure = from_text(topic.scale, quote)
        # Cut, not tidied: a reader must find these very words at their offsets.
        quote, telling = _cut(quote, _telling(topic, quote, measure, topics))
    return Statement(
        topic=topic.id,
        stance=stance,
        source=record.subject.source,
        about=label,
        document=document,
        kind=str(data.get("kind", "")),
        place=place,
        quote=quote,
        evidence=(record.digest,),
        measure=measure,
        parameters=parameters,
        telling=telling,
    )


def _telling(topic: Topic, text: str, measure: Measure | None, topics: Topics) -> tuple[int, int] | None:
    """The words that fix the strength on a topic, else those that name the topic."""
    found = None if measure is None else words_of(topic.scale, text, measure)
    return found or topics.telling(topic.id, text)


def _cut(text: str, telling: tuple[int, int] | None) -> tuple[str, tuple[int, int] | None]:
    """At most MAX_QUOTE characters of a text: its first, or those around words that stand further on."""
    start = 0
    if telling is not None:
        if telling[1] > MAX_QUOTE:
            around = text.find(" ", max(0, telling[1] - MAX_QUOTE // 2)) + 1
            start = around if 0 < around < telling[0] else telling[0]
        telling = (telling[0] - start, min(telling[1] - start, MAX_QUOTE))
    return text[start : start + MAX_QUOTE], telling


def _states(scale: Scale, text: str, measure: Measure | None) -> bool:
    return measure is not None and from_text(scale, text) == measure


def section_of(document: str, quote: Mapping[str, Any]) -> str:
    parts = [document]
    if quote.get("section"):
        parts.append(f"section {quote['section']}")
    if quote.get("page"):
        parts.append(f"page {quote['page']}")
    if len(parts) == 1 and quote.get("start") is not None:
        parts.append(f"offset {quote['start']}")
    return ", ".join(parts)


def claims(
    answers: Iterable[Evidence], topics: Topics, gazetteer: Gazetteer, evaluated_at: datetime
) -> dict[str, list[Statement]]:
    """Statements of records of type `questionnaire.answer`, by topic."""
    found: dict[str, list[Statement]] = {}
    for record in answers:
        for id_ in record.data.get("topics", ()):
            if id_ in topics.by_id:
                statement = _claim(record, topics[id_], topics, gazetteer, evaluated_at)
                if statement is not None:
                    found.setdefault(id_, []).append(statement)
    return {id_: sorted(said, key=_order) for id_, said in found.items()}


def _claim(
    record: Evidence, topic: Topic, topics: Topics, gazetteer: Gazetteer, evaluated_at: datetime
) -> Statement | None:
    data = record.data
    question, answer, comment = (str(data.get(k) or "") for k in ("question", "answer", "comment"))
    good = (data.get("good_answers") or {}).get(topic.id) or topics.polarity(topic.id, question)
    contradicted = any(str(p).startswith("contradiction") for p in data.get("problems", ()))
    stance = Stance.UNCLEAR
    if answer == "not-applicable" or (good == "neutral" and answer in ("yes", "no")):
        return None
    if not contradicted and answer in ("yes", "no"):
        stance = Stance.HOLDS if answer == good else Stance.LACKS
    elif not contradicted and answer == "partial":
        stance = Stance.WEAK
    said = f"{question} {answer}." + (f" {comment}" if comment else "")
    measure = None
    # Numbers of other topics ("new staff within 30 days") would be compared with nothing.
    if stance is Stance.HOLDS and (topic.values or topic.scale.kind == "versions"):
        words = [comment] + ([question] if answer == "yes" else [])
        measure = next((m for text in words if (m := _measured(topic, text, gazetteer)) is not None), None)
    quote = _short(said)
    return Statement(
        topic=topic.id,
        stance=stance,
        source=record.subject.source,
        about=str(data.get("question_id", "")),
        document=str(data.get("questionnaire", "")),
        kind="questionnaire",
        place=str(data.get("place", "")),
        quote=quote,
        evidence=(record.digest,),
        measure=measure,
        as_of=record.collected_at,
        outdated=evaluated_at - record.collected_at > CLAIM_MAX_AGE,
        telling=_telling(topic, quote, measure, topics),
    )


def _measured(topic: Topic, text: str, gazetteer: Gazetteer) -> Measure | None:
    if topic.scale.kind == "places":
        return allowed_places(text, gazetteer)
    return from_text(topic.scale, text)


def practice(observations: Iterable[Observation], topics: Topics) -> dict[str, Practice]:
    """Observations made by TEST, by topic. What does not apply says nothing of practice."""
    found: dict[str, dict[str, list[Observation]]] = {}
    for o in observations:
        id_ = topics.for_check(o.check, o.topic)
        if o.method is not Method.TEST or not id_ or not o.subject.source:
            continue  # no source: nobody was asked, so nothing was left unshown
        if o.subject.type == PARTY:
            kind = "parties"
        elif o.outcome is Outcome.NOT_SATISFIED:
            kind = "violations"
        elif o.outcome is Outcome.SATISFIED:
            kind = "satisfied"
        elif o.outcome is Outcome.STALE:
            kind = "outdated"
        elif o.outcome is Outcome.NOT_APPLICABLE:
            continue
        else:
            kind = "unseen"
        found.setdefault(id_, {}).setdefault(kind, []).append(o)
    return {
        id_: Practice(**{kind: tuple(sorted(seen, key=_observed)) for kind, seen in kinds.items()})
        for id_, kinds in found.items()
    }


def _order(s: Statement) -> tuple[str, ...]:
    return (s.source, s.document, s.about, s.place, s.quote, *s.evidence)


def _observed(o: Observation) -> tuple[str, ...]:
    return (o.check, o.subject.source, o.subject.region or "", o.subject.id, o.message)


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= MAX_QUOTE else text[: MAX_QUOTE - 1] + "…"
