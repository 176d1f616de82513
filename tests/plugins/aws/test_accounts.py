"""Many accounts in one run: role chaining, one result each, one for the organisation, flat memory."""

from __future__ import annotations

import resource
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lpo_secaudit.collect import Bundle
from lpo_secaudit.collect.plan import Plan, PlannedSource
from lpo_secaudit.collect.run import collect
from lpo_secaudit.model.engagement import Source
from lpo_secaudit.model.evidence import ListingStatus
from lpo_secaudit_plugins.aws.collector import AwsCollector
from tests.plugins.aws.gathering import REGIONS, Gathered, gather
from tests.plugins.aws.servers import ACCOUNT, Asked, Fault, Faulty

WANTED = {
    "aws.s3.bucket": frozenset({"Name", "policy"}),
    "aws.iam.account": frozenset({"password_policy"}),
    "aws.ec2.volume": frozenset({"Encrypted"}),
}


@pytest.fixture(scope="module")
def members(account: str) -> Iterator[list[str]]:
    """Nineteen further accounts with a volume and a role each, in an organisation."""
    import boto3

    def client(name: str, keys: Any = None) -> Any:
        keys = keys or {"AccessKeyId": "testing", "SecretAccessKey": "testing", "SessionToken": None}
        return boto3.client(
            name,
            region_name="us-east-1",
            endpoint_url=account,
            aws_access_key_id=keys["AccessKeyId"],
            aws_secret_access_key=keys["SecretAccessKey"],
            aws_session_token=keys["SessionToken"],
        )

    organizations, sts = client("organizations"), client("sts")
    organizations.create_organization(FeatureSet="ALL")
    found = []
    for number in range(19):
        made = organizations.create_account(AccountName=f"a{number}", Email=f"a{number}@example.org")
        id_ = made["CreateAccountStatus"]["AccountId"]
        role = f"arn:aws:iam::{id_}:role/Audit"
        keys = sts.assume_role(RoleArn=role, RoleSessionName="seed")["Credentials"]
        if number < 3:
            client("s3", keys).create_bucket(Bucket=f"bucket-of-{id_}")
        found.append(id_)
    yield found
    for id_ in found:
        organizations.remove_account_from_organization(AccountId=id_)
    organizations.delete_organization()


@pytest.fixture(scope="module")
def found(account: str, members: list[str]) -> Gathered:
    return gather(account, WANTED, organization=True, member_role="Audit")


def test_each_account_has_its_own_source(found: Gathered, members: list[str]) -> None:
    sources = {x.source for x in found.listings}
    assert sources == {f"aws/{id_}" for id_ in [ACCOUNT, *members]}
    for source in sources:
        mine = [x for x in found.listings if x.source == source]
        assert {(x.type, x.scope) for x in mine} == {
            ("aws.s3.bucket", ""),
            ("aws.iam.account", ""),
            *(("aws.ec2.volume", region) for region in REGIONS),
        }
        assert all(x.status is ListingStatus.COMPLETE for x in mine)
    buckets = {r.data["Name"]: r.subject.source for r in found.of("aws.s3.bucket")}
    for id_ in members[:3]:
        assert buckets[f"bucket-of-{id_}"] == f"aws/{id_}"
    assert buckets["bare"] == f"aws/{ACCOUNT}"


def test_roles_are_assumed_once_each_and_not_for_the_own_account(found: Gathered) -> None:
    assert found.calls["sts:AssumeRole"] == 19
    assert found.calls["organizations:ListAccounts"] >= 1


def test_a_member_that_lets_nobody_in_is_unavailable_alone(
    members: list[str], faulty: tuple[Faulty, str]
) -> None:
    proxy, url = faulty
    refused: list[int] = []

    def decide(asked: Asked) -> Fault | None:
        if asked.operation == "sts:AssumeRole" and not refused:
            refused.append(asked.number)
            return Fault(403, "AccessDenied")
        return None

    proxy.decide = decide
    found = gather(url, WANTED, accounts=members[:3], member_role="Audit", connections=1)
    bad = {x.source for x in found.listings if x.status is not ListingStatus.COMPLETE}
    assert bad == {f"aws/{min(members[:3])}"}
    lost = [x for x in found.listings if x.source in bad]
    assert {x.type for x in lost} == set(WANTED)
    assert {x.gap.operation for x in lost if x.gap} == {"sts:AssumeRole"}


def test_an_organisation_that_may_not_be_listed(members: list[str], faulty: tuple[Faulty, str]) -> None:
    proxy, url = faulty
    denied = "organizations:ListAccounts"
    proxy.decide = lambda asked: Fault(400, "AccessDeniedException") if asked.operation == denied else None
    found = gather(url, WANTED, organization=True)
    assert set(found.incomplete().values()) == {"organizations:ListAccounts AccessDeniedException"}
    assert not found.records


def test_a_first_role_with_external_id(account: str, members: list[str]) -> None:
    found = gather(
        account, WANTED, role_arn=f"arn:aws:iam::{members[0]}:role/Audit", external_id="agreed-2026"
    )
    assert found.calls["sts:AssumeRole"] == 1
    assert {r.provenance["account"] for r in found.records} == {members[0]}
    assert {r.subject.source for r in found.records} == {"aws"}


def test_into_a_bundle_with_flat_memory(account: str, members: list[str], tmp_path: Path) -> None:
    """The core neither adds listings for accounts' sake nor loses any; peak memory stays put."""
    options = {
        "endpoint_url": account,
        "regions": REGIONS,
        "organization": True,
        "member_role": "Audit",
    }
    source = Source(id="aws", collector="aws", options=options)
    plan = Plan((PlannedSource(source, AwsCollector(), WANTED),))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    collect(plan, tmp_path / "b", base=tmp_path, clock=lambda: datetime.now(UTC), timeout_s=60)
    grown_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    bundle = Bundle(tmp_path / "b")
    bundle.verify()
    assert {x.source for x in bundle.listings} == {f"aws/{id_}" for id_ in [ACCOUNT, *members]}
    assert all(x.status is ListingStatus.COMPLETE for x in bundle.listings)
    assert grown_mb < 40
