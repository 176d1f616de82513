"""The collector over HTTP against moto: values, absences, economy, determinism."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpo_secaudit.model.evidence import ListingStatus
from lpo_secaudit_plugins.aws.permissions import permitted_actions
from lpo_secaudit_plugins.aws.plan import plan
from tests.plugins.aws.gathering import SMALL, Gathered, gather
from tests.plugins.aws.servers import ACCOUNT, REGIONS


@pytest.fixture(scope="module")
def found(account: str) -> Gathered:
    return gather(account)


def test_every_listing_is_complete_and_counts_its_records(found: Gathered) -> None:
    assert found.incomplete() == {}
    for type_ in SMALL:
        counted = sum(x.count for x in found.listings if x.type == type_)
        assert counted == len(found.of(type_)), type_
        assert len({r.subject for r in found.of(type_)}) == counted


def test_no_gaps_where_everything_answers(found: Gathered) -> None:
    assert found.gaps() == {}


def test_none_is_a_value_and_not_a_gap(found: Gathered) -> None:
    bare, full = found.of("aws.s3.bucket")
    assert (bare.subject.id, bare.subject.region) == ("arn:aws:s3:::bare", "us-east-1")
    assert (full.subject.id, full.subject.region) == ("arn:aws:s3:::full", "eu-west-1")
    assert bare.data["policy"] is None and bare.data["public_access_block"] is None
    assert full.data["policy"]["Statement"]["Effect"] == "Deny"
    assert full.data["public_access_block"]["BlockPublicAcls"] is True
    assert full.data["versioning"] == {"Status": "Enabled"}
    assert bare.data["versioning"] == {}


def test_iam_is_joined_from_one_answer(found: Gathered) -> None:
    (user,) = found.of("aws.iam.user")
    assert user.data["UserPolicyList"][0]["PolicyDocument"]["Statement"][0]["Action"] == "*"
    (policy,) = found.of("aws.iam.policy")
    assert policy.data["attached_to"] == [f"arn:aws:iam::{ACCOUNT}:user/amara"]
    assert policy.data["aws_managed"] is False
    assert policy.data["document"]["Statement"][0]["Resource"] == "*"
    assert found.calls["iam:GetAccountAuthorizationDetails"] == 1
    credentials = {r.data["user"]: r.data for r in found.of("aws.iam.credential")}
    assert credentials["amara"]["password_enabled"] == "true"
    (settings,) = found.of("aws.iam.account")
    assert settings.data["password_policy"]["MinimumPasswordLength"] == 14


def test_a_trail_of_all_regions_is_one_record_in_its_home(found: Gathered) -> None:
    (trail,) = found.of("aws.cloudtrail.trail")
    assert trail.subject.region == "us-east-1"
    assert trail.data["status"]["IsLogging"] is True
    counts = {x.scope: x.count for x in found.listings if x.type == "aws.cloudtrail.trail"}
    assert counts == {"us-east-1": 1, "eu-west-1": 0}


def test_public_snapshots_are_confirmed(found: Gathered) -> None:
    by_region: dict[str | None, list[bool]] = {}
    for snapshot in found.of("aws.ec2.snapshot"):
        by_region.setdefault(snapshot.subject.region, []).append(snapshot.data["public"])
    assert {region: sorted(values) for region, values in by_region.items()} == {
        r: [False, True] for r in REGIONS
    }


def test_joined_and_conditional_facets(found: Gathered) -> None:
    own = [key for key in found.of("aws.kms.key") if key.data["Description"] == "data"]
    assert len(own) == 2
    for key in own:
        assert key.data["tags"] == [{"Key": "Matter", "Value": "m"}]
        assert key.data["rotation"]["KeyRotationEnabled"] is True
        assert key.data["policy"]["Statement"]
        # Needed by the condition, but not asked for by a check.
        assert "KeyManager" not in key.data
    for hub in found.of("aws.securityhub.region"):
        assert hub.data == {"hub": None, "standards": []}
    assert found.calls["securityhub:GetEnabledStandards"] == 0


def test_values_of_environment_variables_stay_out(found: Gathered, account: str, tmp_path: Path) -> None:
    (function,) = found.of("aws.lambda.function")
    shown = function.data["Environment"]["Variables"]["DB_PASSWORD"]
    assert shown == {"redacted": True, "length": len("correct horse battery")}
    assert b"correct horse" not in found.bytes()
    (tmp_path / "key").write_text("k" * 32)
    wanted = {"aws.lambda.function": frozenset({"Environment"})}
    keyed = gather(account, wanted, base=tmp_path, redaction_key_file="key")
    (function,) = keyed.of("aws.lambda.function")
    assert len(function.data["Environment"]["Variables"]["DB_PASSWORD"]["hmac_sha256"]) == 64


def test_an_unknown_member_is_a_gap_and_not_a_null(account: str) -> None:
    found = gather(account, {"aws.ec2.volume": frozenset({"Encrypted", "Encyrpted"})})
    for record in found.of("aws.ec2.volume"):
        assert record.gaps["Encyrpted"].code == "UnknownMember"
        assert set(record.data) == {"Encrypted"}


@pytest.mark.parametrize("threads", [1, 7])
def test_results_do_not_depend_on_threads(found: Gathered, account: str, threads: int) -> None:
    assert gather(account, connections=threads).bytes() == found.bytes()


def test_one_question_costs_one_request(account: str) -> None:
    found = gather(account, {"aws.iam.account": frozenset({"password_policy"})})
    assert found.calls == {"sts:GetCallerIdentity": 1, "iam:GetAccountPasswordPolicy": 1}


def test_each_operation_is_made_once_per_thing(found: Gathered) -> None:
    expected = {
        "iam:GetAccountAuthorizationDetails": 1,
        "s3:GetBucketPolicy": 2,
        "kms:DescribeKey": len(found.of("aws.kms.key")),
        "resourcegroupstaggingapi:GetResources": 2,
        "cloudtrail:GetTrailStatus": 1,
        "ec2:DescribeVolumes": 2,
        "dynamodb:DescribeTable": 2,
    }
    assert {name: found.calls[name] for name in expected} == expected


def test_what_is_called_is_what_is_permitted(found: Gathered) -> None:
    planned = plan(SMALL)
    called = {tuple(name.split(":", 1)) for name in found.calls}
    # Asked for only where AWS has no fresh report; where there is a hub; where URLs cannot be listed.
    optional = {
        ("iam", "GenerateCredentialReport"),
        ("securityhub", "GetEnabledStandards"),
        ("lambda", "GetFunctionUrlConfig"),
    }
    assert called <= planned.operations
    assert planned.operations - called <= optional
    assert permitted_actions(planned, {"regions": ["us-east-1"]})


def test_regions_are_discovered(account: str) -> None:
    wanted = {"aws.ec2.region": frozenset({"ebs_encryption_by_default"})}
    found = gather(account, wanted, regions=None)
    assert found.calls["ec2:DescribeRegions"] == 1
    assert {"us-east-1", "eu-west-1"} < {r.subject.region for r in found.records}


def test_regions_are_listed_apart(account: str) -> None:
    wanted = {"aws.ec2.volume": frozenset({"Encrypted"})}
    found = gather(account, wanted, regions=["us-east-1", "xx-nowhere-9"])
    by_scope = {x.scope: x.status for x in found.listings}
    assert by_scope["us-east-1"] is ListingStatus.COMPLETE
    assert set(by_scope) == {"us-east-1", "xx-nowhere-9"}


def test_provenance_names_requests(found: Gathered) -> None:
    bare, _ = found.of("aws.s3.bucket")
    assert set(bare.provenance["requests"]) >= {"s3:ListBuckets", "s3:GetBucketPolicy"} - {
        "s3:GetBucketPolicy"
    }
    assert bare.provenance["account"] == ACCOUNT
    assert bare.collected_at.tzinfo is not None
