"""The breach rules: every row is there, by the schema, and triggers where it should and nowhere else."""

from __future__ import annotations

import csv
import re
from datetime import timedelta
from pathlib import Path

import pytest

from lpo_secaudit.accountability import Status, assess, builtin_rules, load_rules, obligations, scope
from lpo_secaudit.accountability.conditions import leaves
from lpo_secaudit.errors import InputError
from tests.accountability.cases import AWARE, FACTS, NOW, incident, relationship
from tests.shared import need

RULES = builtin_rules()
JURISDICTIONS = sorted({rule.jurisdiction for rule in RULES.values()})
IN_FORCE = {
    j: {r.id for r in RULES.values() if r.jurisdiction == j and r.status == "in-force"} for j in JURISDICTIONS
}

# Rows that a plain incident of 12,000 persons, with high risk and without any special fact, leaves alone.
SPECIAL = {
    "AU": {"au-ransom-72h"},
    "CH": {"ch-isa-24h", "ch-fadp-individuals"},
    "DE": {"de-bsig-early", "de-bsig-notification", "de-bsig-final"},
    "EU": {
        "eu-dora-clients",
        "eu-dora-final",
        "eu-dora-initial-aware",
        "eu-dora-initial-classification",
        "eu-dora-intermediate",
        "eu-dora-provider",
        "eu-nis2-early",
        "eu-nis2-final",
        "eu-nis2-notification",
        "eu-nis2-recipients",
    },
    "IL": {"il-security-authority", "il-security-individuals"},
    "IN": {"in-dpdp-board-detail", "in-dpdp-board-initial", "in-dpdp-individuals", "in-dpdp-processor"},
    "IT": {"it-nis2-prenotification", "it-nis2-notification"},
    "NL": {"nl-cbw-early", "nl-cbw-notification", "nl-cbw-final"},
    "PT": {"pt-dl125-initial", "pt-dl125-final"},
    "UK": {"uk-nis-operator", "uk-sra-report"},
    "US": IN_FORCE["US"],
    "US-AK": {"us-ak-authority"},
    "US-CA": {"us-ca-health-facility", "us-ca-health-patients"},
    "US-GA": {"us-ga-cra", "us-ga-individuals", "us-ga-maintainer"},
    "US-ID": {"us-id-authority"},
    "US-IL": {"us-il-hipaa-ag"},
    "US-KY": {"us-ky-gov-authority"},
    "US-MA": {"us-ma-cra"},
    "US-MI": {"us-mi-insurance"},
    "US-MN": {"us-mn-insurance"},
    "US-MS": {"us-ms-maintainer"},
    "US-MT": {"us-mt-cra", "us-mt-state-contractor"},
    "US-NY": {
        "us-ny-hipaa-ag",
        "us-ny-no-harm-ag",
        "us-nydfs-72h",
        "us-nydfs-ransom-24h",
        "us-nydfs-ransom-30d",
    },
    "US-OR": {"us-or-subvendor"},
    "US-RI": {"us-ri-gov-individuals"},
    "US-SC": {"us-sc-insurance"},
    "US-UT": {"us-ut-gov-authority"},
}
# Rules of a wider place apply beside those of the narrower one.
WIDER = {
    **{
        key: {"eu-gdpr-authority", "eu-gdpr-individuals", "eu-gdpr-processor"}
        for key in ("DE", "IE", "IT", "NL", "PT")
    },
    **{key: {"ca-pipeda-authority", "ca-pipeda-individuals"} for key in ("CA-AB", "CA-QC")},
}
WITH_PARTS = ("AE", "CA", "US")  # places with parts that have a law of their own


def reached(place: str, persons: int = 12_000, **facts: object) -> dict[str, Status]:
    """Rule id to status of everything that an incident of one place does not leave alone."""
    found = assess(incident({place: persons}, **facts), obligations(relationship(place)), NOW)
    return {
        d.obligation.ref: d.status
        for d in found.duties
        if d.status is not Status.NOT_TRIGGERED or any("the clock starts" in why for why in d.because)
    }


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_a_plain_incident_triggers_the_rows_of_its_place_and_no_others(jurisdiction: str) -> None:
    place = "AT" if jurisdiction == "EU" else jurisdiction
    found = reached(place)
    expected = IN_FORCE[jurisdiction] - SPECIAL.get(jurisdiction, set()) | WIDER.get(jurisdiction, set())
    if jurisdiction in WITH_PARTS:
        # Persons somewhere in the country may live in one of its parts: that is open, never decided.
        parts = {i: s for i, s in found.items() if RULES[i].jurisdiction.startswith(f"{jurisdiction}-")}
        assert set(parts.values()) <= {Status.CANNOT_TELL}
        found = {i: s for i, s in found.items() if i not in parts}
    assert set(found) == expected


@pytest.mark.parametrize("jurisdiction", JURISDICTIONS)
def test_nobody_affected_and_other_places_trigger_nothing(jurisdiction: str) -> None:
    place = "AT" if jurisdiction == "EU" else jurisdiction
    elsewhere = "BO"
    found = assess(
        incident({elsewhere: 12_000}),
        obligations(relationship(elsewhere, subjects_in=(elsewhere, place))),
        NOW,
    )
    open_ = {d.obligation.ref for d in found.duties if d.status is not Status.NOT_TRIGGERED}
    assert not open_ & IN_FORCE[jurisdiction]


def test_every_row_of_the_source_is_there_and_says_the_same() -> None:
    with need("law", "breach_rules.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {row["id"] for row in rows} == set(RULES)
    assert len(JURISDICTIONS) == 83
    for row in rows:
        rule = RULES[row["id"]]
        period = (str(rule.period.amount), rule.period.unit) if rule.period else ("", "none")
        assert (row["deadline_amount"], row["deadline_unit"]) == period, rule.id
        for column in (
            "jurisdiction",
            "citation",
            "notifier",
            "recipient",
            "clock_starts",
            "confidence",
            "as_of",
        ):
            assert row[column] == getattr(rule, column), (rule.id, column)
        assert (row["encryption_safe_harbor"] == "y") == (rule.safe_harbour != "none"), rule.id
        assert (row["risk_of_harm_exception"] == "y") == rule.harm_exception, rule.id
        assert rule.id.startswith("proposed-") == (rule.status == "proposed"), rule.id


def test_every_threshold_is_compared_as_the_source_writes_it() -> None:
    with need("law", "breach_rules.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    sign = {">": "more_than", ">=": "at_least", "<": "fewer_than"}
    checked = 0
    for row in rows:
        written = {
            (sign[s], int(n.replace(",", "")))
            for s, n in re.findall(r"(>=|>|<)\s*(\d[\d,]*)", row["threshold"])
        }
        if not written or "often" in row["threshold"] or row["id"] == "us-fcc-authority":
            continue
        numbers = {
            (x.compare, x.number)
            for x in leaves(RULES[row["id"]].trigger)
            if x.kind == "affected" and x.number > 1
        }
        assert numbers == written, row["id"]
        checked += 1
    assert checked >= 65


COUNTED = [
    (rule.id, leaf.number + (leaf.compare == "more_than"))
    for rule in RULES.values()
    for leaf in leaves(rule.trigger)
    if leaf.kind == "affected"
    and leaf.compare != "fewer_than"
    and leaf.number > 1
    and leaf.where == rule.jurisdiction
    and rule.id.count("-") == 2
    and rule.id.startswith("us-")
    and not SPECIAL.get(rule.jurisdiction, set()) & {rule.id}
    and rule.id != "us-ok-authority"
]


def test_each_threshold_turns_on_the_exact_number() -> None:
    assert len(COUNTED) >= 45
    for rule, least in COUNTED:
        place = RULES[rule].jurisdiction
        assert rule in reached(place, least), rule
        assert rule not in reached(place, least - 1), rule


def test_hipaa_thresholds_differ_by_one() -> None:
    phi = relationship("US-CA", data_classes=("phi",))

    def triggered(persons: int) -> set[str]:
        found = assess(incident({"US-CA": persons}, data=("phi",)), obligations(phi), NOW)
        return {d.obligation.ref for d in found.duties if d.status is not Status.NOT_TRIGGERED}

    assert "us-hipaa-hhs-small" in triggered(499)
    assert "us-hipaa-hhs-large" not in triggered(499)
    assert {"us-hipaa-hhs-large"} == {
        i for i in triggered(500) if i in ("us-hipaa-hhs-large", "us-hipaa-media")
    }
    assert {"us-hipaa-hhs-large", "us-hipaa-media"} <= triggered(501)


def test_encryption_and_small_risk_take_duties_away_only_where_the_law_says() -> None:
    plain = set(reached("US-CA"))
    encrypted = set(reached("US-CA", encrypted=True, key_safe=True))
    assert "us-ca-individuals" in plain - encrypted
    assert set(reached("AT", encrypted=True, key_safe=True)) >= {"eu-gdpr-authority", "eu-gdpr-processor"}
    assert "eu-gdpr-individuals" not in reached("AT", encrypted=True, key_safe=True)
    assert set(reached("AT", risk="unlikely")) == {"eu-gdpr-processor"}
    assert set(reached("AT", risk="likely")) == {"eu-gdpr-authority", "eu-gdpr-processor"}
    lost_key = reached("US-CA", encrypted=True, key_safe=False)
    assert set(lost_key) == plain


def test_an_open_fact_is_asked_for_and_never_a_pass() -> None:
    for change in ({"encrypted": None, "key_safe": None}, {"risk": None}):
        found = assess(incident({"US-TX": 12_000}, **change), obligations(relationship("US-TX")), NOW)
        for duty in found.duties:
            assert duty.status is not Status.MET
            if duty.status is Status.CANNOT_TELL:
                assert duty.missing, duty.obligation.id


def test_proposed_law_never_makes_an_obligation() -> None:
    everywhere = tuple(sorted({r.jurisdiction for r in RULES.values() if r.jurisdiction != "EU"} | {"AT"}))
    regimes = tuple(
        sorted({x.values[0] for r in RULES.values() for x in leaves(r.scope) if x.kind == "regime"})
    )
    found = obligations(relationship("UK", subjects_in=everywhere, regimes=regimes, data_classes=("phi",)))
    assert not [o.id for o in found if RULES[o.ref].status == "proposed"]
    proposed = [
        d for d in scope(relationship("UK", regimes=regimes)) if RULES[d.rule_id].status == "proposed"
    ]
    assert proposed
    assert all(d.applies is False and d.because == ("proposed, not law",) for d in proposed)


def test_law_counts_from_the_day_it_is_in_force() -> None:
    india = obligations(relationship("IN"))
    later = timedelta(days=400)
    moved = incident({"IN": 12_000})
    moved = incident(
        {"IN": 12_000},
        events=tuple(type(e)(e.what, e.at + later, e.who) for e in moved.events if e.at is not None),
    )
    before = {d.obligation.ref for d in assess(incident({"IN": 12_000}), india, NOW).of(Status.RUNNING)}
    after = {d.obligation.ref for d in assess(moved, india, NOW + later).of(Status.RUNNING)}
    assert "in-dpdp-board-detail" not in before
    assert "in-dpdp-board-detail" in after
    assert "in-dpdp-board-detail" not in {
        o.ref for o in obligations(relationship("IN"), law_as_of=AWARE.date())
    }


def test_facts_of_the_schema_are_all_asked_for() -> None:
    asked = {
        x.values[0]
        for r in RULES.values()
        for c in (r.trigger, *(v.when for v in r.variants))
        for x in leaves(c)
        if x.kind == "fact"
    }
    assert asked == set(FACTS)


ROW = """
  - id: xx-test
    jurisdiction: DE
    law: Test Act
    citation: s. 1
    notifier: controller
    recipient: authority
    period: {amount: 72, unit: hours}
    clock_starts: becoming_aware
    counting: {method: elapsed-hours}
    threshold: any
    scope: {subjects_in: [DE]}
    exceptions: {encryption: none, harm_unlikely: false}
    status: in-force
    as_of: "2026-01"
    confidence: high
    source: test
"""


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (("amount: 72", "amount: 0"), "0 is less than"),
        (("elapsed-hours", "calendar-days"), "does not count its period"),
        (("jurisdiction: DE", "jurisdiction: Germany"), "does not match"),
        (("status: in-force", "status: proposed"), "belong together"),
        (("becoming_aware", "prior_report"), "'after' names the report"),
        (("notifier: controller", "notifier: owner-ish"), "is not one of"),
        (("source: test", "source: test\n    sauce: test"), "sauce"),
        (("recipient: authority", "recipient: authority\n    content: nowhere"), "unknown content"),
    ],
)
def test_a_broken_rule_file_is_refused_with_its_line(
    tmp_path: Path, change: tuple[str, str], words: str
) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("rules:" + ROW.replace(*change), encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load_rules((path,))
    assert words in str(caught.value)
    assert "rules.yaml:" in str(caught.value)


def test_an_own_rule_file_is_used_like_the_packages(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text("rules:" + ROW, encoding="utf-8")
    found = obligations(relationship("DE"), rules=load_rules((path,)))
    assert [o.ref for o in found] == ["xx-test"]
