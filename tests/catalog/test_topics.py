"""Topics: questions, quotes and checks find the topics they are about."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_secaudit.catalog.places import load_places
from lpo_secaudit.catalog.topics import load_topics, matches_words
from lpo_secaudit.errors import InputError
from lpo_secaudit.plugins import load_plugins

TOPICS = load_topics()


@pytest.mark.parametrize(
    ("question", "topic"),
    [
        ("Is customer data encrypted at rest?", "encryption-at-rest"),
        ("Do you use full disk encryption on servers?", "encryption-at-rest"),
        ("Describe how stored data in your databases is encrypted", "encryption-at-rest"),
        ("Is all data in transit encrypted with TLS 1.2 or better?", "encryption-in-transit"),
        ("Do you encrypt data transmitted over public networks?", "encryption-in-transit"),
        ("How often are encryption keys rotated?", "key-management"),
        ("Is multi-factor authentication enforced for remote access?", "mfa"),
        ("Do administrators log in with 2FA?", "mfa"),
        ("Is access granted on a need-to-know basis?", "access-control"),
        ("Are privileged accounts reviewed?", "privileged-access"),
        ("How soon is access revoked when an employee leaves?", "account-lifecycle"),
        ("Do you enforce password complexity?", "password-policy"),
        ("Are audit logs reviewed?", "logging"),
        ("How long are logs retained?", "log-retention"),
        ("Do you operate a SIEM?", "monitoring"),
        ("Are firewalls deployed at the perimeter?", "network-security"),
        ("Do you run vulnerability scans quarterly?", "vulnerability-management"),
        ("Are critical patches applied within 15 days?", "patch-management"),
        ("When was your last penetration test?", "penetration-testing"),
        ("Is anti-malware software installed on endpoints?", "malware-protection"),
        ("Are backups encrypted and tested?", "backup"),
        ("Do you have a disaster recovery plan?", "business-continuity"),
        ("Do you perform background checks on employees?", "staff-screening"),
        ("Is security awareness training given to all personnel yearly?", "training"),
        ("Do employees sign non-disclosure agreements?", "staff-confidentiality"),
        ("Do you notify customers of security breaches within 48 hours?", "breach-notice"),
        ("Do you have an incident response plan?", "incident-response"),
        ("Please list your sub-processors.", "sub-processors"),
        ("In which countries is data stored?", "data-location"),
        ("Is data deleted at the end of the contract?", "deletion"),
        ("Is there a data retention schedule?", "storage-limitation"),
        ("Are records kept no longer than necessary?", "storage-limitation"),
        ("Are access rights reviewed at least once a year?", "account-lifecycle"),
        ("Do you hold a SOC 2 Type II report?", "certification"),
        ("May clients audit your facilities?", "audit-right"),
        ("Do you carry cyber liability insurance?", "insurance"),
        ("Have you appointed a data protection officer?", "privacy-governance"),
        ("Is the data center guarded, with visitor badges?", "physical-security"),
        ("How are hard drives disposed of?", "media-disposal"),
        ("Is client data segregated from that of other clients?", "tenant-separation"),
    ],
)
def test_a_question_finds_its_topic(question: str, topic: str) -> None:
    assert topic in TOPICS.for_question(question)


@pytest.mark.parametrize(
    "question",
    ["What is your company's name?", "How many employees do you have?", "What year were you founded?"],
)
def test_other_questions_find_none(question: str) -> None:
    assert TOPICS.for_question(question) == ()


def test_ids_of_a_known_questionnaire_outrank_words() -> None:
    assert TOPICS.for_question("whatever", "CEK-03.1", "caiq-v4") == ("encryption-at-rest",)
    assert TOPICS.for_question("whatever", "IVS-01.4", "caiq-v3") == ("log-retention",)
    assert TOPICS.for_question("whatever", "IVS-01.1", "caiq-v3") == ("monitoring",)
    assert TOPICS.for_question("whatever", "IVS-01.1", "caiq-v4") == ("network-security",)
    assert TOPICS.for_question("Do you have backups?", "IVS-01.1", "sig") == ("backup",)
    # In version 3 the words outrank a control that covers several topics, not a question's own id.
    assert TOPICS.for_question("Is personnel trained yearly?", "HRS-03.5", "caiq-v3") == ("training",)
    assert TOPICS.for_question("Is personnel trained yearly?", "IVS-01.4", "caiq-v3") == ("log-retention",)


@pytest.mark.parametrize(
    ("topic", "question", "polarity"),
    [
        ("mfa", "Is MFA enforced?", "yes"),
        ("public-exposure", "Is any storage publicly accessible?", "no"),
        ("public-exposure", "Do you prevent public access to storage?", "yes"),
        ("data-use", "Do you sell client data?", "no"),
        ("data-location", "Is data processed offshore?", "no"),
        ("data-location", "Where is data stored?", "neutral"),
        ("sub-processors", "Do you use subcontractors?", "neutral"),
        ("sub-processors", "Do you require sub-processors to meet the same terms?", "yes"),
    ],
)
def test_which_answer_is_the_good_one(topic: str, question: str, polarity: str) -> None:
    assert TOPICS.polarity(topic, question) == polarity


def test_a_review_of_access_is_no_claim_of_least_privilege() -> None:
    """Nor is the expiry of stored objects evidence on a promise to delete at the contract's end."""
    assert "access-control" not in TOPICS.for_question("Are access rights reviewed at least once a year?")
    assert "deletion" not in TOPICS.for_question("Is there a data retention schedule?")
    own = {c.id: c.topic for c in load_plugins().checks.values()}
    for check in ("aws-s3-bucket-lifecycle-retention", "aws-cloudwatch-log-group-retention-bounded"):
        assert TOPICS.for_check(check, own[check]) == "storage-limitation"


def test_a_general_clause_has_the_topics_of_its_words() -> None:
    quotes = ["Supplier encrypts Customer Data at rest.", "Supplier requires multi-factor authentication."]
    assert TOPICS.for_clause("security-measures-specific", quotes) == ("encryption-at-rest", "mfa")
    assert TOPICS.for_clause("security-measures-specific") == ()
    assert TOPICS.for_clause("background-checks", ["We encrypt data at rest."]) == ("staff-screening",)
    assert TOPICS.for_clause("unheard-of") == ()


def test_the_topic_of_a_check() -> None:
    assert TOPICS.for_check("aws-s3-bucket-default-encryption", "backup") == "encryption-at-rest"
    assert TOPICS.for_check("web-tls-version", "encryption-in-transit") == "encryption-in-transit"
    assert TOPICS.for_check("web-tls-version", "unheard-of") == ""


def test_words_within_one_sentence_in_any_order() -> None:
    assert matches_words(["at_rest encrypt*"], "Encrypted: no. At rest? Data at rest is ENCRYPTED.")
    assert not matches_words(["at_rest encrypt*"], "Data is encrypted. It is at rest.")
    assert not matches_words(["encrypt* !key"], "The encryption key")
    assert matches_words(["sub_processor*"], "sub-processors")


@given(st.text(max_size=300))
def test_any_text_can_be_matched(text: str) -> None:
    for topic in TOPICS.for_text(text):
        assert topic in TOPICS.by_id


@pytest.mark.parametrize(
    ("topic", "words"),
    [
        ("encryption-at-rest", "encrypt all data at rest"),
        ("encryption-in-transit", "encrypt all data at rest and in transit"),
        ("mfa", "multi-factor"),
        ("logging", "log"),
        ("backup", "backups"),
    ],
)
def test_the_words_by_which_a_text_speaks_of_a_topic(topic: str, words: str) -> None:
    text = (
        "The ﬁrm’s data is protected. In particular Provider shall encrypt all data at rest and in transit, "
        "require multi-factor authentication, log access, and keep daily backups."
    )
    found = TOPICS.telling(topic, text)
    assert found is not None
    assert text[slice(*found)] == words


def test_a_text_that_does_not_speak_of_a_topic_has_no_such_words() -> None:
    assert TOPICS.telling("mfa", "Data is encrypted.") is None
    assert TOPICS.telling("encryption-at-rest", "The key. That encrypts. At rest.") is None


VOCABULARY = "encrypt encrypted data at rest in transit tls key log logs access mfa multi factor backup . not"


@given(st.lists(st.sampled_from(VOCABULARY.split()), max_size=30).map(" ".join))
def test_the_telling_words_alone_speak_of_the_topic(text: str) -> None:
    for id_ in TOPICS.for_text(text):
        found = TOPICS.telling(id_, text)
        assert found is not None
        topic = TOPICS[id_]
        assert matches_words((*topic.words, *topic.otherwise), text[slice(*found)])


def test_matching_a_huge_hostile_text_is_quick() -> None:
    started = time.perf_counter()
    TOPICS.for_text("encrypt at " * 500_000)
    TOPICS.telling("encryption-at-rest", "encrypt at " * 500_000 + "rest")
    load_places().find("united " * 500_000)
    assert time.perf_counter() - started < 5


def test_two_topics_may_not_share_a_clause() -> None:
    topic = "  - {id: %s, title: Own, group: own, scale: {kind: boolean}, words: [x], clauses: [training]}\n"
    text = 'topics: "1"\nlist:\n' + topic % "one" + topic % "two"
    with pytest.raises(InputError, match="belongs to the topic 'one'"):
        load_topics(text.encode(), "own.yaml")


def test_places_are_named_as_people_write_them() -> None:
    places = load_places()
    assert places.find("in the EU or the U.S.") == {"EU", "US"}
    assert places.find("tell us where") == set()
    assert places.find("Frankfurt, Germany; Manila") == {"DE", "PH"}
    assert places.lies_in("DE", {"EEA"}) and not places.lies_in("EU", {"DE"})
    assert places.of_region("ap-southeast-1") == "SG" and places.of_region("mars-1") is None
