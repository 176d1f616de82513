"""The catalogs that come with the package: complete against the law, and naming only what exists."""

from __future__ import annotations

import csv
import re
from functools import cache
from pathlib import Path

import pytest

from lpo_secaudit.catalog import bundled_catalogs, load_catalog, parameters_of
from lpo_secaudit.catalog.topics import load_topics
from lpo_secaudit.model.catalog import Catalog
from lpo_secaudit.plugins import PluginSet, load_plugins
from tests.shared import need

ROOT = Path(__file__).resolve().parents[2]
FIRST_PARTY = {
    "aws",
    "bundle",
    "certificate",
    "contract",
    "identity",
    "mail-dns",
    "parties",
    "questionnaire",
    "scanner",
    "web",
}
NAMES = ("gdpr", "hipaa", "lpo-accountability")


@cache
def catalog(name: str) -> Catalog:
    return load_catalog(name, ROOT)


@cache
def registry() -> PluginSet:
    return load_plugins()


@cache
def left_out() -> dict[str, str]:
    """Row id to reason, from the table in docs/catalogs.md."""
    text = (ROOT / "docs" / "catalogs.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z0-9-]+)` \| ([^|]+) \|$", text, re.MULTILINE)
    return {row: reason.strip() for row, reason in rows}


def law(name: str) -> dict[str, dict[str, str]]:
    with need("law", name).open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("name", ["gdpr", "hipaa"])
def test_every_row_of_the_law_is_a_control_or_left_out_with_a_reason(name: str) -> None:
    controls = {c.id for c in catalog(name).controls}
    rows = law(f"{name}.csv")
    absent = set(rows) - controls
    assert absent == {row for row in left_out() if row.startswith(f"{name}-")}
    assert not controls - set(rows)


def test_every_accountability_clause_is_a_control() -> None:
    assert {c.id for c in catalog("lpo-accountability").controls} == {
        f"lpo-{row}" for row in law("accountability_clauses.csv")
    }


@pytest.mark.parametrize("name", ["gdpr", "hipaa"])
def test_facts_agree_with_the_law_and_words_are_our_own(name: str) -> None:
    rows = law(f"{name}.csv")
    for control in catalog(name).controls:
        row = rows[control.id]
        assert control.citation == row["citation"]
        assert list(control.evidence_kinds) == row["evidence_kind"].split("|")
        assert control.requirement != row["obligation"]
        if name == "hipaa":
            assert control.obligation == row["required_or_addressable"]


@pytest.mark.parametrize("name", NAMES)
def test_every_control_cites_law_and_has_a_known_topic(name: str) -> None:
    topics = load_topics().by_id
    for control in catalog(name).controls:
        assert control.citation.startswith({"gdpr": "GDPR Art. ", "hipaa": "45 CFR 164"}.get(name, "")), (
            control.id
        )
        assert control.topic in topics, control.id
        assert control.checks or control.supporting_checks or control.residual or control.status == "proposed"


def test_proposed_law_is_marked_and_nothing_else_is() -> None:
    for control in catalog("hipaa").controls:
        assert (control.status == "proposed") == ("proposed" in control.id)
        assert control.status != "proposed" or not control.checks


@pytest.mark.parametrize("name", sorted(bundled_catalogs()))
def test_every_check_named_by_a_catalog_exists(name: str) -> None:
    named = {x for c in catalog(name).controls for x in (*c.checks, *c.supporting_checks)}
    own = {check.id for check in catalog(name).checks}
    assert not sorted(named - own - set(registry().checks))


@pytest.mark.parametrize("name", ["lpo-baseline", "law-firm-strict"])
def test_the_profiles_set_parameters_that_exist(name: str) -> None:
    loaded = catalog(name)
    assert parameters_of([loaded], registry().checks) == loaded.parameters != {}


def test_the_strict_profile_is_nowhere_laxer_than_the_baseline() -> None:
    strict, baseline = catalog("law-firm-strict"), catalog("lpo-baseline")
    assert {c.id for c in strict.controls} >= {c.id for c in baseline.controls}
    for check, values in baseline.parameters.items():
        for parameter, value in values.items():
            asked = strict.parameters[check][parameter]
            at_least = check in ("contract-insurance-minimum", "contract-subprocessor-notice-period")
            assert asked == value or (asked > value) is at_least


def test_every_check_named_by_a_topic_exists() -> None:
    named = {check for topic in load_topics().by_id.values() for check in topic.checks}
    assert not sorted(named - set(registry().checks))


# What no law asks for by itself, or cannot be judged without a place or person that the firm names.
UNCITED = {
    "aws-identity-center-mfa",
    "aws-macie-is-enabled",
    "aws-organizations-member",
    "aws-organizations-root-credentials-managed",
    "certificate-confirmed",
    "contract-governing-law",
}


def test_every_installed_check_is_named_by_a_control() -> None:
    """Else nobody would ever run it, and nobody would notice."""
    named = {x for n in NAMES for c in catalog(n).controls for x in (*c.checks, *c.supporting_checks)}
    # Scanner checks exist for every topic; data-location checks need the places that a profile sets.
    by_hand = ("scan-", "aws-data-location-")
    first_party = [c.id for c in registry().checks.values() if c.plugin in FIRST_PARTY]
    assert {c for c in first_party if c not in named and not c.startswith(by_hand)} == UNCITED


def test_every_check_has_a_known_topic() -> None:
    topics = load_topics()
    assert not sorted(c.id for c in registry().checks.values() if not topics.for_check(c.id, c.topic))


@pytest.mark.parametrize(("name", "column"), [("gdpr", "in_gdpr"), ("hipaa", "in_hipaa")])
def test_what_the_peer_maps_to_a_law_bears_on_a_control_of_it(name: str, column: str) -> None:
    with need("aws_world", "prowler_checks.csv").open(encoding="utf-8", newline="") as file:
        mapped = {"aws-" + r["check_id"].replace("_", "-") for r in csv.DictReader(file) if r[column] == "y"}
    named = {x for c in catalog(name).controls for x in (*c.checks, *c.supporting_checks)}
    assert not sorted(mapped - named)


def test_a_claim_is_expected_only_where_the_questionnaire_is_among_the_evidence() -> None:
    """Elsewhere an audit without a questionnaire could settle nothing (docs/adr/0010)."""
    for name in NAMES:
        for control in catalog(name).controls:
            if any(check.startswith("claim-") for check in control.checks):
                assert "questionnaire" in control.evidence_kinds, control.id
                assert all(check.startswith("claim-") for check in control.checks), control.id
