"""Parties seen in mail records and trust policies."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from lpo_secaudit.check.run import run_checks
from lpo_secaudit.model.check import Observation, Outcome
from lpo_secaudit_plugins.parties import plugin
from lpo_secaudit_plugins.parties.checks import operator_of
from tests.worlds import NOW, MemoryEvidence, record

ROLE = "arn:aws:iam::111122223333:role/app"


def seen(type_: str, id_: str, data: dict[str, Any], check: str = "") -> tuple[Observation, ...]:
    checks = [c for c in plugin().checks if c.evidence == type_ and c.id.startswith(check)]
    evidence = MemoryEvidence([record(id_, data, type=type_)])
    return run_checks(checks, evidence, evaluated_at=NOW, default_max_age=timedelta(days=90))


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("aspmx.l.google.com.", "Google"),
        ("acme-com.mail.protection.outlook.com", "Microsoft"),
        ("mxa.mailgun.org", "Mailgun"),
        ("mx1.sendalot.example", "sendalot.example"),
        ("notgoogle.com", "notgoogle.com"),
        ("ns-512.awsdns-00.net.", "Amazon Web Services"),
        ("ns-1707.awsdns-21.co.uk", "Amazon Web Services"),
        ("ns1.host-2.example", "host-2.example"),
        ("ns1.somebody.co.uk", "somebody.co.uk"),
    ],
)
def test_the_service_behind_a_host(host: str, name: str) -> None:
    assert operator_of(host) == name


def test_mail_services_are_named_and_the_domain_itself_is_not() -> None:
    spf = {"records": ["v=spf1 include:mail.zendesk.com include:_spf.acme.example -all"]}
    found = seen(
        "mail.domain",
        "acme.example",
        {"mx": ["10 aspmx.l.google.com.", "20 mx.acme.example."], "spf": spf},
        "party-mail",
    )
    parties = {o.subject.id for o in found if o.subject.type == "party"}
    assert parties == {"Google", "Zendesk"}
    assert {o.outcome for o in found} == {Outcome.NOT_APPLICABLE}


@pytest.mark.parametrize("mx", [[], ["0 ."]])
def test_a_domain_without_mail_names_nobody(mx: list[str]) -> None:
    found = seen("mail.domain", "acme.example", {"mx": mx, "spf": None}, "party-mail")
    assert [o.subject.type for o in found] == ["mail.domain"]


def test_trusted_accounts_are_named_and_the_own_account_is_not() -> None:
    statement = {
        "Effect": "Allow",
        "Principal": {
            "AWS": ["arn:aws:iam::444455556666:root", "111122223333", "arn:aws:iam::777788889999:role/x"]
        },
        "Action": "sts:AssumeRole",
    }
    found = seen("aws.iam.role", ROLE, {"AssumeRolePolicyDocument": {"Statement": [statement]}})
    assert {o.subject.id for o in found} == {"AWS account 444455556666", "AWS account 777788889999"}


@pytest.mark.parametrize(
    "document", [{}, {"Statement": []}, {"Statement": "x"}, {"Statement": [{"Effect": "Deny"}]}, "text", None]
)
def test_policies_of_odd_form_name_nobody(document: Any) -> None:
    found = seen("aws.iam.role", ROLE, {"AssumeRolePolicyDocument": document})
    assert [(o.subject.type, o.outcome) for o in found] == [("aws.iam.role", Outcome.NOT_APPLICABLE)]


def parties(observations: tuple[Observation, ...]) -> dict[str, str]:
    return {o.subject.id: o.message for o in observations if o.subject.type == "party"}


def test_name_servers_of_others_are_named() -> None:
    ns = ["ns-1.awsdns-45.com.", "ns-2.awsdns-46.org.", "ns.acme.example."]
    found = parties(seen("mail.domain", "acme.example", {"ns": ns}, "party-name"))
    assert found == {"Amazon Web Services": "names in acme.example are answered by ns-1.awsdns-45.com"}
    own = seen("mail.domain", "acme.example", {"ns": ["ns.acme.example."]}, "party-name")
    assert parties(own) == {}


@pytest.mark.parametrize(
    ("host", "leads_to", "name"),
    [
        ("portal.acme.example", "d111.cloudfront.net", "Amazon Web Services"),
        ("portal.acme.example:8443", "acme.azurewebsites.net.", "Microsoft"),
        ("portal.acme.example", "edge.hoster.example", "hoster.example"),
        ("portal.acme.example", "portal.acme.example", None),
        ("portal.acme.example", "", None),
    ],
)
def test_who_serves_a_host_is_told_by_where_its_name_leads(
    host: str, leads_to: str, name: str | None
) -> None:
    found = parties(seen("web.tls", host, {"canonical_name": leads_to}, "party-web"))
    assert list(found) == ([name] if name else [])


def test_the_cloud_and_the_directory_are_services_of_others() -> None:
    assert list(parties(seen("aws.iam.account", "111122223333", {}, "party-cloud"))) == [
        "Amazon Web Services"
    ]
    for kind, name in (("okta-users", "Okta"), ("entra-users", "Microsoft"), ("google-users-csv", "Google")):
        assert list(parties(seen("identity.export", "f|x", {"kind": kind}, "party-id"))) == [name]
    assert parties(seen("identity.export", "f|x", {"kind": "aws-credential-report"}, "party-id")) == {}
