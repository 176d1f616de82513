"""Topics of questions: the user's word first, then the shipped map, then the question's own words."""

from __future__ import annotations

from importlib.resources import files

import pytest

from lpo_secaudit_plugins.questionnaire.answers import Answer
from lpo_secaudit_plugins.questionnaire.mapping import Mapping_
from lpo_secaudit_plugins.questionnaire.topics import good_answers, shipped_map, topics_of

KINDS = [
    entry.name.removesuffix(".yaml")
    for entry in (files("lpo_secaudit.controls") / "questionnaires").iterdir()
    if entry.name.endswith(".yaml")
]


def question(id_: str, text: str = "Is it done?", topics: tuple[str, ...] = ()) -> Answer:
    return Answer(id_, text, "yes", "Yes", "", "A1", topics=topics)


@pytest.mark.parametrize("kind", KINDS)
def test_a_shipped_map_names_known_topics_only(kind: str) -> None:
    found = shipped_map(kind)
    assert found.topics and found.versions
    assert not found.reversed & found.neutral


def test_the_users_mapping_outranks_the_shipped_one_and_that_the_words() -> None:
    asked = question("DATA-03", "Are backups made?")
    assert topics_of(asked, "hecvat", "3.04", Mapping_(topics={"DATA-03": ("mfa",)})) == ("mfa",)
    assert topics_of(asked, "hecvat", "3.04", Mapping_()) == ("encryption-in-transit",)
    assert "backup" in topics_of(asked, "hecvat", "4.1.4", Mapping_())
    assert "backup" in topics_of(asked, "questionnaire", "", Mapping_())


def test_which_answer_is_the_good_one() -> None:
    plaintext = question("AAAI-15", "Are you storing any passwords in plaintext?", ("password-policy",))
    assert good_answers(plaintext, "hecvat", "3.04", Mapping_()) == {"password-policy": "no"}
    neutral = question("DATA-01", topics=("tenant-separation",))
    assert good_answers(neutral, "hecvat", "3.04", Mapping_()) == {"tenant-separation": "neutral"}
    own = question("7", topics=("backup", "own-topic"))
    assert good_answers(own, "questionnaire", "", Mapping_()) == {"backup": "yes", "own-topic": "yes"}
