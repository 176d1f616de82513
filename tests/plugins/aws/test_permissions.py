"""`secaudit permissions`: the policy holds what is asked, no more, in both forms."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from lpo_secaudit.errors import InputError
from lpo_secaudit.plugins import CollectRequest
from lpo_secaudit_plugins.aws.collector import AwsCollector
from lpo_secaudit_plugins.aws.permissions import action_of, policy
from tests.plugins.aws.gathering import SMALL, gather


def request(wanted: Mapping[str, frozenset[str]], **options: Any) -> CollectRequest:
    return CollectRequest("aws", options, wanted, Path(), datetime.now(UTC))


def test_the_policy_allows_exactly_what_is_called(account: str) -> None:
    found = gather(account)
    allowed = set(AwsCollector().permissions(request(SMALL, regions=["us-east-1"])))
    called = {action_of(*name.split(":", 1)) for name in found.calls}
    assert called <= allowed
    # Asked for only where something else does not answer; see custom.py and conditions.py.
    assert allowed - called <= {
        "iam:GenerateCredentialReport",
        "lambda:GetFunctionUrlConfig",
        "securityhub:GetEnabledStandards",
    }


def test_one_question_needs_two_actions() -> None:
    wanted = {"aws.iam.account": frozenset({"password_policy"})}
    assert AwsCollector().permissions(request(wanted)) == (
        "iam:GetAccountPasswordPolicy",
        "sts:GetCallerIdentity",
    )


def test_finding_regions_and_accounts_is_permitted_where_it_is_done() -> None:
    wanted = {"aws.ec2.volume": frozenset({"Encrypted"})}
    assert "ec2:DescribeRegions" in AwsCollector().permissions(request(wanted))
    assert "ec2:DescribeRegions" not in AwsCollector().permissions(request(wanted, regions=["eu-west-1"]))
    actions = AwsCollector().permissions(request(wanted, organization=True, member_role="Audit"))
    assert {"organizations:ListAccounts", "sts:AssumeRole"} <= set(actions)
    document = policy(actions, {"member_role": "Audit"})
    enter = next(s for s in document["Statement"] if s["Sid"] == "EnterAccounts")
    assert enter["Resource"] == ["arn:aws:iam::*:role/Audit"]


def test_apis_are_held_to_what_is_read() -> None:
    wanted = {"aws.apigateway.stage": frozenset({"methodSettings"})}
    document = json.loads(AwsCollector().permission_document(request(wanted), "json"))
    statements = {s["Sid"]: s for s in document["Statement"]}
    assert statements["ReadApis"]["Action"] == ["apigateway:GET"]
    assert "*" not in statements["ReadApis"]["Resource"]
    assert "apigateway:GET" not in statements["ReadConfiguration"]["Action"]
    assert not [a for s in document["Statement"] for a in s["Action"] if a.endswith("*")]


def test_the_template_asks_for_an_external_id() -> None:
    template = json.loads(AwsCollector().permission_document(request(SMALL), "cloudformation"))
    role = template["Resources"]["AuditRole"]["Properties"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust["Condition"] == {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}}
    assert trust["Principal"] == {"AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AuditorAccountId}:root"}}
    assert role["Policies"][0]["PolicyDocument"]["Statement"][0]["Effect"] == "Allow"
    assert template["Parameters"]["ExternalId"]["MinLength"] >= 8


def test_other_forms_are_refused() -> None:
    with pytest.raises(InputError):
        AwsCollector().permission_document(request(SMALL), "terraform")


def test_the_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    from lpo_secaudit.cli.permissions import Format, permissions

    (tmp_path / "catalog.yaml").write_text(
        "catalog: own\nversion: '1'\ntitle: Own\nsource: the firm's own rules\ncontrols:\n"
        "  - {id: own-1, title: Password length, citation: Own rule 1, requirement: Passwords are long.,\n"
        "     severity: low, checks: [aws-iam-password-policy-minimum-length-14]}\n"
    )
    engagement = tmp_path / "engagement.yaml"
    engagement.write_text(
        "engagement: e\nclient: {name: Firm}\nprovider: {name: Provider}\n"
        "data: {classes: [eu-personal-data]}\ncatalogs: [./catalog.yaml]\n"
        "sources:\n  - {id: cloud, collector: aws, with: {regions: [eu-west-1]}}\n"
    )
    permissions(engagement, Format.JSON, None)
    document = json.loads(capsys.readouterr().out)
    assert document["Statement"][0]["Action"] == ["iam:GetAccountPasswordPolicy", "sts:GetCallerIdentity"]
    permissions(engagement, Format.CLOUDFORMATION, "cloud")
    assert "AWSTemplateFormatVersion" in capsys.readouterr().out
    with pytest.raises(InputError):
        permissions(engagement, Format.JSON, "other")
