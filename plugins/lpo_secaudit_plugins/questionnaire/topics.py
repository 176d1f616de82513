"""Which topics a question is about, and which answer to it is the good one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files

from lpo_secaudit.catalog.topics import load_topics
from lpo_secaudit.formats.yaml import parse_yaml

from .answers import Answer
from .mapping import Mapping_, check_topics

__all__ = ["QuestionMap", "good_answers", "shipped_map", "topics_of"]


@dataclass(frozen=True)
class QuestionMap:
    """A file of controls/questionnaires/: topics of a questionnaire's questions, by their ids."""

    versions: tuple[str, ...] = ()
    topics: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reversed: frozenset[str] = frozenset()
    neutral: frozenset[str] = frozenset()


@cache
def shipped_map(kind: str) -> QuestionMap:
    """The map of a kind of questionnaire; an empty one where none is shipped.

    Raises:
        InputError: it names a topic that controls/topics.yaml does not have.
    """
    path = files("lpo_secaudit.controls") / "questionnaires" / f"{kind}.yaml"
    if not path.is_file():
        return QuestionMap()
    file = parse_yaml(path.read_bytes(), path.name)
    check_topics(file)
    return QuestionMap(
        tuple(file.value["versions"]),
        {question: tuple(topics) for question, topics in file.value["topics"].items()},
        frozenset(file.value.get("reversed", ())),
        frozenset(file.value.get("neutral", ())),
    )


def _map_of(kind: str, version: str) -> QuestionMap:
    found = shipped_map(kind)
    return found if version.startswith(found.versions) else QuestionMap()


def topics_of(answer: Answer, kind: str, version: str, mapping: Mapping_) -> tuple[str, ...]:
    """The user's mapping first, then the shipped map of the questionnaire, then the question's words."""
    for source in (mapping.topics, _map_of(kind, version).topics):
        if answer.question_id in source:
            return source[answer.question_id]
    return load_topics().for_question(answer.question, answer.question_id, kind)


def good_answers(answer: Answer, kind: str, version: str, mapping: Mapping_) -> dict[str, str]:
    """For each topic of an answer, which answer speaks for the provider: yes, no or neutral."""
    shipped = _map_of(kind, version)
    if answer.question_id in mapping.reversed | shipped.reversed:
        return dict.fromkeys(answer.topics, "no")
    if answer.question_id in shipped.neutral:
        return dict.fromkeys(answer.topics, "neutral")
    topics = load_topics()
    return {
        t: str(topics.polarity(t, answer.question)) if t in topics.by_id else "yes" for t in answer.topics
    }
