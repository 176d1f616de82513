"""How the cases of the checks are written: an account that satisfies, and one that does not.

A case is (good, bad) where each is a list of records, or the data of the one record judged.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lpo_secaudit.model.evidence import Evidence

from .harness import ACCOUNT, CHECKS, OTHER, REGION, record

Data = dict[str, Any]


@dataclass(frozen=True)
class Case:
    good: list[Evidence]
    bad: list[Evidence]
    parameters: Mapping[str, Any] = field(default_factory=dict)


CASES: dict[str, Case] = {}


def row(check: str, good: Data, bad: Data, *more: Evidence, **parameters: Any) -> None:
    """A check on one record; `more` is there both times."""
    type_ = CHECKS["aws-" + check].evidence
    CASES["aws-" + check] = Case([record(type_, good), *more], [record(type_, bad), *more], parameters)


def whole(check: str, good: list[Evidence], bad: list[Evidence], **parameters: Any) -> None:
    CASES["aws-" + check] = Case(good, bad, parameters)


def allow(action: Any, resource: Any = "*", **more: Any) -> Data:
    return {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": action, "Resource": resource, **more}],
    }


def place(service: str, rest: str) -> str:
    return f"arn:aws:{service}:{REGION}:{ACCOUNT}:{rest}"


EVERYONE = {"Principal": "*"}
FOREIGN = {"Principal": {"AWS": f"arn:aws:iam::{OTHER}:root"}}
OWN = {"Principal": {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}}


SUBNET = record("aws.ec2.subnet", {"SubnetId": "subnet-1", "VpcId": "vpc-1"}, place("ec2", "subnet/subnet-1"))


def table(gateway: str) -> Evidence:
    routes = [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": gateway}]
    return record(
        "aws.ec2.route-table", {"VpcId": "vpc-1", "Routes": routes, "Associations": [{"Main": True}]}
    )


def group(port: int, cidr: str = "0.0.0.0/0") -> Evidence:
    rule = {"IpProtocol": "tcp", "FromPort": port, "ToPort": port, "IpRanges": [{"CidrIp": cidr}]}
    return record(
        "aws.ec2.security-group",
        {"GroupId": "sg-1", "IpPermissions": [rule]},
        place("ec2", "security-group/sg-1"),
    )


IAM_ACCOUNT = record("aws.iam.account", {})


S3_ACCOUNT = record("aws.s3.account", {"public_access_block": None})
