"""Each type of conflict, where it arises and where it must not."""

from __future__ import annotations

import pytest

from lpo_secaudit.evaluate import Reconciliation
from lpo_secaudit.model.check import Method, Observation, Outcome, Severity
from lpo_secaudit.model.evidence import Evidence
from tests.evaluate.legs import answer, certificate, clause, control, held, observed

AT_REST = "Provider encrypts all Customer Data at rest with AES-256."
BAD, GOOD = Outcome.NOT_SATISFIED, Outcome.SATISFIED


def kinds(found: Reconciliation) -> list[tuple[str, str]]:
    return [(str(c.kind), c.topic) for c in found.conflicts]


def row(found: Reconciliation, topic: str) -> tuple[str, str, str, str]:
    match = next(r for r in found.matrix if r.topic == topic)
    return match.promise.state, match.claim.state, match.practice.state, match.verdict


def test_broken_promise_quotes_the_section_and_the_resource() -> None:
    found = held(
        [clause("security-measures-specific", AT_REST)],
        seen=[observed("encryption-at-rest", BAD, "vol-1"), observed("encryption-at-rest", BAD, "vol-0")],
    )
    assert kinds(found) == [("broken-promise", "encryption-at-rest")]
    (conflict,) = found.conflicts
    assert conflict.first.place == "dpa.pdf, section 5, page 2"
    assert conflict.first.quote == AT_REST
    assert conflict.second.place == "vol-1"
    assert "(and 1 more)" in conflict.second.quote
    assert conflict.severity is Severity.HIGH
    assert row(found, "encryption-at-rest") == ("promised", "none", "violated", "conflict")


def test_a_general_clause_promises_only_what_its_words_name() -> None:
    found = held(
        [clause("security-measures-specific", AT_REST)],
        seen=[observed("mfa", BAD)],
    )
    assert not found.conflicts


MANY = (
    "Provider shall encrypt all data at rest and in transit, require multi-factor authentication for every "
    "user, log access to them, and keep backups."
)


def telling(found: Reconciliation, topic: str) -> str:
    """The telling words of the first promise on a topic."""
    mention = next(r for r in found.matrix if r.topic == topic).promise.mentions[0]
    return "" if mention.telling is None else mention.quote[slice(*mention.telling)]


@pytest.mark.parametrize(
    ("topic", "words"),
    [("encryption-at-rest", "encrypt all data at rest"), ("mfa", "multi-factor"), ("backup", "backups")],
)
def test_a_quote_on_many_topics_has_the_telling_words_of_each(topic: str, words: str) -> None:
    found = held([clause("security-measures-specific", MANY)], seen=[observed(topic, BAD)])
    assert telling(found, topic) == words
    [conflict] = found.conflicts
    assert conflict.first.quote == MANY
    assert conflict.first.telling is not None
    assert MANY[slice(*conflict.first.telling)] == words


def test_the_number_is_what_tells_where_a_topic_has_one() -> None:
    text = "Provider notifies Client of each breach, without delay and within seventy-two (72) hours."
    found = held([clause("breach-notification", text, deadline_hours=72)])
    assert telling(found, "breach-notice") == "seventy-two (72) hours"


@pytest.mark.parametrize("before", ["x" * 900, "Also " * 200, ""])
def test_a_long_quote_is_cut_around_its_telling_words(before: str) -> None:
    text = f"{before} Data are encrypted at rest with care. {'And more. ' * 90}"
    found = held([clause("security-measures-specific", text)])
    [mention] = next(r for r in found.matrix if r.topic == "encryption-at-rest").promise.mentions
    assert telling(found, "encryption-at-rest") == "encrypted at rest"
    assert mention.quote in text
    assert len(mention.quote) == 600


def test_what_a_claim_says_of_its_topic_is_told() -> None:
    found = held(claimed=[answer("mfa", "yes", "In all your offices, is multi-factor authentication on?")])
    [mention] = next(r for r in found.matrix if r.topic == "mfa").claim.mentions
    assert mention.telling is not None
    assert mention.quote[slice(*mention.telling)] == "multi-factor"


def test_a_clause_that_binds_the_client_promises_nothing() -> None:
    found = held(
        [clause("security-measures-specific", "Customer encrypts data at rest.", bound="client")],
        seen=[observed("encryption-at-rest", BAD)],
    )
    assert not found.conflicts


def test_misstatement_and_its_opposite_polarity() -> None:
    lies = answer("public-exposure", "no", "Is any data publicly accessible?")
    found = held(claimed=[lies], seen=[observed("public-exposure", BAD)])
    assert kinds(found) == [("misstatement", "public-exposure")]
    honest = answer("public-exposure", "yes", "Is any data publicly accessible?")
    assert not held(claimed=[honest], seen=[observed("public-exposure", BAD)]).conflicts


def test_an_old_claim_is_stale_not_a_misstatement() -> None:
    found = held(claimed=[answer("mfa", "yes", days_old=500)], seen=[observed("mfa", BAD)])
    assert kinds(found) == [("stale-evidence", "mfa")]
    assert found.conflicts[0].severity is Severity.MEDIUM
    assert row(found, "mfa")[1] == "outdated"


def test_unbacked_where_asked_and_unseen_but_not_where_nobody_asked() -> None:
    claim = answer("backup", "yes")
    assert kinds(held(claimed=[claim], seen=[observed("backup", Outcome.UNAVAILABLE)])) == [
        ("unbacked-claim", "backup")
    ]
    assert not held(claimed=[claim]).conflicts
    both = [observed("backup", Outcome.UNAVAILABLE), observed("backup", GOOD, "db-1")]
    assert not held(claimed=[claim], seen=both).conflicts


def test_over_claim_where_the_contract_is_silent() -> None:
    claim = answer("staff-screening", "yes", "Do you perform background checks?")
    found = held([clause("background-checks")], [claim])
    assert kinds(found) == [("over-claim", "staff-screening")]
    assert row(found, "staff-screening") == ("absent", "yes", "none", "conflict")
    one_speaks = [
        clause("background-checks"),
        clause("background-checks", "Staff is screened.", document="msa"),
    ]
    assert not held(one_speaks, [claim]).conflicts
    assert not held([], [claim]).conflicts


@pytest.mark.parametrize(
    ("comment", "expected"),
    [
        ("We notify within 24 hours.", [("over-claim", "breach-notice")]),
        ("We notify within three (3) days.", []),
        ("We notify within 5 days.", [("broken-promise", "breach-notice")]),
        ("We notify within 2 business days.", []),
        ("Our team is there 24 hours a day.", []),
    ],
)
def test_numbers_of_a_claim_are_held_against_the_contract(
    comment: str, expected: list[tuple[str, str]]
) -> None:
    promise = clause("breach-notification", "within 72 hours", deadline_hours=72)
    said = answer("breach-notice", "yes", "Do you notify clients of a breach?", comment=comment)
    assert kinds(held([promise], [said])) == expected


def test_a_denial_breaks_the_promise_unless_other_answers_hold() -> None:
    promise = clause("training", "Personnel is trained yearly.")
    no = answer("training", "no", "Is staff trained?")
    yes = answer("training", "yes", "Is staff trained in privacy?", place="Answers!C3")
    assert kinds(held([promise], [no])) == [("broken-promise", "training")]
    assert not held([promise], [no, yes]).conflicts
    assert held([promise], [answer("training", "partial")]).conflicts[0].severity is Severity.LOW


IN_24 = clause("breach-notification", "within 24 hours", deadline_hours=24)
IN_72 = clause(
    "breach-notification", "within 72 hours", deadline_hours=72, document="msa.pdf", kind="msa", source="msa"
)


def ranks(*order: str, document: str = "dpa.pdf", kind: str = "dpa") -> Evidence:
    text = f"{' over '.join(order)}"
    parameters = {"prevails": order[0], "order": list(order)} if order else {}
    return clause("order-of-precedence", text or "Nobody knows.", document=document, kind=kind, **parameters)


@pytest.mark.parametrize(
    ("precedence", "severity", "first", "why"),
    [
        ([], "medium", "dpa.pdf", "no order of precedence was found in either"),
        (
            [ranks("dpa", "msa")],
            "low",
            "dpa.pdf",
            'dpa.pdf prevails: dpa.pdf, section 5, page 2: "dpa over msa"',
        ),
        ([ranks("msa", "dpa")], "high", "msa.pdf", "msa.pdf prevails, the weaker of the two: "),
        # "this Addendum" is the document that speaks
        ([ranks("this", "msa")], "low", "dpa.pdf", "dpa.pdf prevails"),
        ([ranks("this", document="msa.pdf", kind="msa")], "high", "msa.pdf", "msa.pdf prevails"),
        # one that stands above all it may conflict with stands above what it does not name
        ([ranks("dpa")], "low", "dpa.pdf", "dpa.pdf prevails"),
        # the second of two is above nothing that is left out
        ([ranks("sccs", "dpa")], "medium", "dpa.pdf", "does not say which of these holds"),
        ([ranks("sccs", "dpa", "msa")], "low", "dpa.pdf", "dpa.pdf prevails"),
        ([ranks("stricter")], "low", "dpa.pdf", "dpa.pdf prevails"),
        ([ranks("latest")], "medium", "dpa.pdf", "does not say which of these holds"),
        ([ranks()], "medium", "dpa.pdf", "does not say which of these holds"),
        # both documents say the same, or each says itself
        (
            [ranks("dpa", "msa"), ranks("dpa", "this", document="msa.pdf", kind="msa")],
            "low",
            "dpa.pdf",
            "prevails",
        ),
        (
            [ranks("this", "msa"), ranks("this", document="msa.pdf", kind="msa")],
            "medium",
            "dpa.pdf",
            "two clauses on the order of precedence settle it differently",
        ),
        # a third document settles it only where it names both
        ([ranks("msa", "dpa", document="sow.pdf", kind="sow")], "high", "msa.pdf", "msa.pdf prevails"),
        ([ranks("dpa", document="sow.pdf", kind="sow")], "medium", "dpa.pdf", "no order of precedence"),
        ([ranks("this", document="sow.pdf", kind="sow")], "medium", "dpa.pdf", "no order of precedence"),
    ],
)
def test_contract_against_contract_with_its_order_of_precedence(
    precedence: list[Evidence], severity: str, first: str, why: str
) -> None:
    found = held([IN_24, IN_72, *precedence])
    assert kinds(found) == [("contract-conflict", "breach-notice")]
    (conflict,) = found.conflicts
    assert conflict.severity == severity
    assert conflict.first.place.startswith(first)
    assert "24 hours" in conflict.message and "72 hours" in conflict.message
    assert why in conflict.message
    if severity != "medium":
        assert precedence[0].digest in conflict.first.evidence


def test_the_stricter_of_two_that_cannot_be_compared_is_open() -> None:
    specific = clause("subprocessor-authorization", "only with consent", mode="specific")
    general = clause(
        "subprocessor-authorization", "in general", mode="general", document="msa.pdf", kind="msa"
    )
    [conflict] = held([specific, general, ranks("stricter")]).conflicts
    assert conflict.severity is Severity.MEDIUM


def test_business_days_are_counted_at_their_worst() -> None:
    promised = [
        clause("breach-notification", "within 72 hours", deadline_hours=72),
        clause(
            "breach-notification", "5 business days", deadline_business_days=5, document="msa.pdf", kind="msa"
        ),
    ]
    (conflict,) = held(promised).conflicts
    assert "72 hours against 5 business days" in conflict.message


def test_the_quote_that_states_the_number_is_shown() -> None:
    slow = clause("breach-notification", "Provider reports misuse.", deadline_hours=72)
    slow.data["quotes"].append({"text": "no later than 72 hours", "start": 90, "end": 112, "section": "6"})
    found = held([slow, clause("breach-notification", "24 hours", document="msa.pdf", deadline_hours=24)])
    [conflict] = [c for c in found.conflicts if c.kind == "contract-conflict"]
    assert (conflict.first.quote, conflict.first.place) == ("no later than 72 hours", "dpa.pdf, section 6")


def test_contracts_that_differ_in_kind_conflict_too() -> None:
    promised = [
        clause("subprocessor-authorization", "prior specific consent", mode="specific"),
        clause("subprocessor-authorization", "may appoint", mode="general", document="msa.pdf", kind="msa"),
    ]
    assert kinds(held(promised)) == [("contract-conflict", "sub-processors")]


def test_below_baseline_quotes_the_control_that_asks() -> None:
    promise = clause("breach-notification", "within 72 hours", deadline_hours=72)
    failed = observed(
        "breach-notice",
        BAD,
        "dpa.pdf",
        check="contract-breach-notification",
        method=Method.EXAMINE,
        evidence=(promise.digest,),
    )
    asks = control("own-notice", "breach-notice", "contract-breach-notification", severity=Severity.CRITICAL)
    found = held([promise], seen=[failed], controls=[asks])
    assert kinds(found) == [("below-baseline", "breach-notice")]
    assert found.conflicts[0].second.place == "Own rule 1"
    assert found.conflicts[0].severity is Severity.CRITICAL
    assert not held([promise], seen=[failed]).conflicts


def test_below_the_law_only_for_the_data_it_governs() -> None:
    promise = clause("breach-notification", "within 90 days", deadline_hours=2160)
    assert kinds(held([promise], data_classes=("phi",))) == [("below-baseline", "breach-notice")]
    assert not held([promise], data_classes=("eu-personal-data",)).conflicts


def party(name: str, severity: Severity = Severity.MEDIUM) -> Observation:
    return observed(
        "sub-processors", Outcome.NOT_APPLICABLE, name, type_="party", source="mail", severity=severity
    )


@pytest.mark.parametrize(
    ("text", "parameters", "severity"),
    [
        ("only those in Annex III", {"named": ["Mailgun Inc."]}, "high"),
        ("those in Annex III, others after notice", {"named": ["Mailgun Inc."], "mode": "general"}, "medium"),
        ("nobody but Mailgun without consent", {"mode": "specific"}, "high"),
        ("nobody but Mailgun without consent", {"mode": "specific", "named": ["Mailgun Inc."]}, "high"),
        ("Provider may appoint sub-processors, such as Mailgun", {"mode": "general"}, "low"),
    ],
)
def test_unknown_party_by_what_the_contract_authorises(
    text: str, parameters: dict[str, object], severity: str
) -> None:
    promise = clause("subprocessor-authorization", text, **parameters)
    found = held([promise], seen=[party("Mailgun Inc"), party("Sendalot")])
    [conflict] = found.conflicts
    assert (str(conflict.kind), conflict.second.place) == ("unknown-party", "Sendalot")
    assert conflict.severity == severity
    assert conflict.first.quote == text


def test_a_service_that_may_not_touch_data_weighs_less() -> None:
    promise = clause("subprocessor-authorization", "nobody without consent", mode="specific")
    [conflict] = held([promise], seen=[party("Okta", Severity.LOW)]).conflicts
    assert conflict.severity is Severity.MEDIUM


def test_without_a_clause_on_sub_processors_nobody_is_unknown() -> None:
    silent = clause("subprocessor-authorization")
    assert not held([silent], seen=[party("Sendalot")]).conflicts
    assert not held([], seen=[party("Sendalot")]).conflicts


@pytest.mark.parametrize(
    ("listed", "seen", "same"),
    [
        ("Amazon Web Services EMEA SARL", "Amazon Web Services", True),
        ("AWS", "Amazon Web Services", True),
        ("Google Ireland Limited", "Google", True),
        ("Google Cloud", "Google", True),
        ("Azure", "Microsoft", True),
        ("Microsoft Azure", "Microsoft", True),
        ("Twilio SendGrid", "SendGrid", True),
        ("CloudFront", "Amazon Web Services", True),
        ("Sendalot", "sendalot.example", True),
        ("Microsoft Corporation", "Google", False),
        ("Zoho", "Zendesk", False),
        ("Limited Ltd.", "Zendesk", False),
    ],
)
def test_names_of_one_party(listed: str, seen: str, same: bool) -> None:
    promise = clause("subprocessor-authorization", "the listed ones", named=[listed])
    assert bool(held([promise], seen=[party(seen)]).conflicts) != same


def test_a_name_in_an_annex_is_a_name() -> None:
    promise = clause("subprocessor-authorization", "only those in Annex 3", mode="specific")
    annex = "Annex 3\n| Sub-processor | Service |\n| Amazon Web Services, Inc. | hosting |"
    assert held([promise], seen=[party("Amazon Web Services")]).conflicts
    assert not held([promise], seen=[party("Amazon Web Services")], contracts=[annex]).conflicts


def test_named_and_not_seen_is_told_and_no_conflict() -> None:
    promise = clause("subprocessor-authorization", "the listed ones", named=["Mailgun Inc.", "Zendesk"])
    found = held([promise], seen=[party("Mailgun")])
    assert not found.conflicts
    [line] = [r for r in found.matrix if r.topic == "sub-processors"]
    assert line.promise.summary.endswith("named and not seen: Zendesk")
    [unlooked] = [r for r in held([promise]).matrix if r.topic == "sub-processors"]
    assert "not seen" not in unlooked.promise.summary


def test_place_against_the_regions_seen() -> None:
    def bucket(region: str) -> object:
        return observed(
            "encryption-at-rest",
            GOOD,
            f"bucket-{region}",
            check="aws-s3-bucket-default-encryption",
            region=region,
        )

    promise = clause("data-location", "Data is stored only within the EEA.")
    inside, outside = bucket("eu-central-1"), bucket("us-east-1")
    agreed = held([promise], seen=[inside])  # type: ignore[list-item]
    assert not agreed.conflicts
    assert row(agreed, "data-location") == ("promised", "none", "seen", "agree")
    found = held([promise], seen=[inside, outside])  # type: ignore[list-item]
    assert kinds(found) == [("place", "data-location")]
    assert found.conflicts[0].second.place == "bucket-us-east-1"
    assert row(found, "data-location") == ("promised", "none", "violated", "conflict")
    [line] = [r for r in found.matrix if r.topic == "data-location"]
    said = {m.quote for m in line.practice.mentions}
    assert said == {"data lies in us-east-1", "data lies in eu-central-1"}
    says = answer("data-location", "yes", "Is all data hosted in Germany or Ireland only?")
    assert kinds(held(claimed=[says], seen=[outside])) == [("misstatement", "data-location")]  # type: ignore[list-item]
    vague = clause("data-location", "Data shall not be stored in China.")
    assert not held([vague], seen=[outside]).conflicts  # type: ignore[list-item]


def test_expired_certificate_behind_a_claim() -> None:
    claim = answer("certification", "yes", "Are you ISO 27001 certified?")
    expired, current = certificate("iso-27001", until="2026-01-31"), certificate("soc-2", until="2027-01-31")
    assert kinds(held(claimed=[claim], papers=[expired])) == [("stale-evidence", "certification")]
    assert not held(claimed=[claim], papers=[expired, current]).conflicts
    assert not held(papers=[expired]).conflicts


def test_matrix_has_a_row_for_every_topic_asked_about() -> None:
    found = held(controls=[control("own-mfa", "mfa")])
    assert [r.topic for r in found.matrix] == ["mfa"]
    assert row(found, "mfa") == ("none", "none", "none", "none")


def test_agreement_needs_two_legs() -> None:
    claim, seen = answer("mfa", "yes"), observed("mfa", GOOD)
    assert row(held(claimed=[claim], seen=[seen]), "mfa") == ("none", "yes", "seen", "agree")
    assert row(held(claimed=[claim]), "mfa")[3] == "open"
    assert row(held(claimed=[answer("mfa", "no")], seen=[observed("mfa", BAD)]), "mfa")[3] == "agree"
