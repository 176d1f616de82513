"""The least rights for a plan, as IAM actions, a policy, and a CloudFormation template."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from lpo_secaudit_plugins.aws.plan import Plan

__all__ = ["action_of", "cloudformation", "permitted_actions", "policy"]

# Where IAM's prefix is not botocore's name of the service (Service Authorization Reference).
_PREFIX = {
    "accessanalyzer": "access-analyzer",
    "apigatewayv2": "apigateway",
    "efs": "elasticfilesystem",
    "elb": "elasticloadbalancing",
    "elbv2": "elasticloadbalancing",
    "emr": "elasticmapreduce",
    "opensearch": "es",
    "s3control": "s3",
    "sso-admin": "sso",
}
# Where IAM's action is not the operation.
_ACTION = {
    ("s3", "GetBucketEncryption"): "s3:GetEncryptionConfiguration",
    ("s3", "GetBucketLifecycleConfiguration"): "s3:GetLifecycleConfiguration",
    ("s3", "GetBucketReplication"): "s3:GetReplicationConfiguration",
    ("s3", "GetObjectLockConfiguration"): "s3:GetBucketObjectLockConfiguration",
    ("s3", "GetPublicAccessBlock"): "s3:GetBucketPublicAccessBlock",
    ("s3", "GetBucketNotificationConfiguration"): "s3:GetBucketNotification",
    ("s3", "GetBucketCors"): "s3:GetBucketCORS",
    ("s3", "HeadBucket"): "s3:ListBucket",
    ("s3", "ListBuckets"): "s3:ListAllMyBuckets",
    ("s3control", "GetPublicAccessBlock"): "s3:GetAccountPublicAccessBlock",
    ("resourcegroupstaggingapi", "GetResources"): "tag:GetResources",
    ("apigateway", "GetRestApis"): "apigateway:GET",
    ("apigateway", "GetStages"): "apigateway:GET",
    ("apigatewayv2", "GetApis"): "apigateway:GET",
    ("apigatewayv2", "GetStages"): "apigateway:GET",
    ("apigatewayv2", "GetRoutes"): "apigateway:GET",
}


def action_of(service: str, operation: str) -> str:
    """The IAM action that allows an operation."""
    return _ACTION.get((service, operation)) or f"{_PREFIX.get(service, service)}:{operation}"


def permitted_actions(planned: Plan, options: Mapping[str, Any]) -> tuple[str, ...]:
    """Sorted IAM actions for a plan, with what finding regions and accounts takes."""
    operations = set(planned.operations)
    if planned.regional and not options.get("regions"):
        operations.add(("ec2", "DescribeRegions"))
    if options.get("organization"):
        operations.add(("organizations", "ListAccounts"))
    if options.get("accounts") or options.get("organization"):
        operations.add(("sts", "AssumeRole"))
    # Any identity may ask who it is; IAM has an action for it all the same.
    return tuple(sorted({action_of(*operation) for operation in operations}))


def _partition(options: Mapping[str, Any]) -> str:
    """IAM takes no wildcard for a partition."""
    role = str(options.get("role_arn", ""))
    if role:
        return role.split(":")[1]
    first = str((options.get("regions") or ["us-east-1"])[0])
    return "aws-cn" if first.startswith("cn-") else "aws-us-gov" if first.startswith("us-gov-") else "aws"


def policy(actions: Iterable[str], options: Mapping[str, Any]) -> dict[str, Any]:
    """An IAM policy document that allows the actions and nothing else.

    API Gateway's GET and the assumed roles are held to the resources that are read; the others
    are listings and descriptions of everything, for which AWS takes `*`.
    """
    partition = _partition(options)
    plain = sorted(set(actions) - {"apigateway:GET", "sts:AssumeRole"})
    statements: list[dict[str, Any]] = [
        {"Sid": "ReadConfiguration", "Effect": "Allow", "Action": plain, "Resource": "*"}
    ]
    if "apigateway:GET" in actions:
        statements.append(
            {
                "Sid": "ReadApis",
                "Effect": "Allow",
                "Action": ["apigateway:GET"],
                "Resource": [
                    f"arn:{partition}:apigateway:*::/{path}"
                    for path in ("restapis", "restapis/*/stages", "apis", "apis/*/stages", "apis/*/routes")
                ],
            }
        )
    if "sts:AssumeRole" in actions:
        role = options.get("member_role", "OrganizationAccountAccessRole")
        accounts = options.get("accounts") or ["*"]
        statements.append(
            {
                "Sid": "EnterAccounts",
                "Effect": "Allow",
                "Action": ["sts:AssumeRole"],
                "Resource": [f"arn:{partition}:iam::{account}:role/{role}" for account in accounts],
            }
        )
    return {"Version": "2012-10-17", "Statement": statements}


def cloudformation(document: Mapping[str, Any], source: str) -> dict[str, Any]:
    """A template of a role that the firm's account may assume with an external id."""
    return {
        "AWSTemplateFormatVersion": "2010-09-09",
        "Description": f"Read-only role for the data security audit, source {source}",
        "Parameters": {
            "AuditorAccountId": {
                "Type": "String",
                "AllowedPattern": "^[0-9]{12}$",
                "Description": "account of the firm that audits",
            },
            "ExternalId": {
                "Type": "String",
                "MinLength": 8,
                "NoEcho": True,
                "Description": "agreed with the firm; keeps others from using its access (confused deputy)",
            },
            "RoleName": {"Type": "String", "Default": "lpo-secaudit"},
        },
        "Resources": {
            "AuditRole": {
                "Type": "AWS::IAM::Role",
                "Properties": {
                    "RoleName": {"Ref": "RoleName"},
                    "MaxSessionDuration": 3600,
                    "AssumeRolePolicyDocument": {
                        "Version": "2012-10-17",
                        "Statement": [
                            {
                                "Effect": "Allow",
                                "Principal": {
                                    "AWS": {"Fn::Sub": "arn:${AWS::Partition}:iam::${AuditorAccountId}:root"}
                                },
                                "Action": "sts:AssumeRole",
                                "Condition": {"StringEquals": {"sts:ExternalId": {"Ref": "ExternalId"}}},
                            }
                        ],
                    },
                    "Policies": [{"PolicyName": "read-configuration", "PolicyDocument": dict(document)}],
                },
            }
        },
        "Outputs": {"RoleArn": {"Value": {"Fn::GetAtt": ["AuditRole", "Arn"]}}},
    }
