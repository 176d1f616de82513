"""IAM, Organizations, Identity Center, KMS, secrets, certificates: who may, and by which keys."""

from __future__ import annotations

from lpo_secaudit_plugins.aws.table.model import Facet, Scope, Type, call

__all__ = ["TYPES"]

_DETAILS = call("iam:GetAccountAuthorizationDetails", MaxItems=1000)

TYPES = (
    Type(
        "aws.iam.credential",
        "a row of the credential report: each user and, where it is reported, root; all values are the "
        'report\'s own text ("true", "false", "N/A", "no_information", "not_supported", instants)',
        "{arn}",
        scope=Scope.ACCOUNT,
        list=call("iam:GetCredentialReport", "Content"),
        custom="credentials",
        extra={
            "user": '"<root_account>" for root',
            "arn": "text",
            "user_creation_time": "text",
            "password_enabled": "text",
            "password_last_used": "text",
            "password_last_changed": "text",
            "password_next_rotation": "text",
            "mfa_active": "text",
            **{f"access_key_{n}_{f}": "text" for n in (1, 2) for f in ("active", "last_rotated")},
            **{
                f"access_key_{n}_last_used_{f}": "text" for n in (1, 2) for f in ("date", "region", "service")
            },
            **{f"cert_{n}_{f}": "text" for n in (1, 2) for f in ("active", "last_rotated")},
        },
    ),
    Type(
        "aws.iam.user",
        "an IAM user; members of UserDetail, policy documents parsed",
        "{Arn}",
        scope=Scope.ACCOUNT,
        list=_DETAILS,
        items="UserDetailList[]",
        custom="iam",
    ),
    Type(
        "aws.iam.group",
        "an IAM group; members of GroupDetail, policy documents parsed",
        "{Arn}",
        scope=Scope.ACCOUNT,
        list=_DETAILS,
        items="GroupDetailList[]",
        custom="iam",
    ),
    Type(
        "aws.iam.role",
        "an IAM role; members of RoleDetail, AssumeRolePolicyDocument and policy documents parsed",
        "{Arn}",
        scope=Scope.ACCOUNT,
        list=_DETAILS,
        items="RoleDetailList[]",
        custom="iam",
    ),
    Type(
        "aws.iam.policy",
        "a managed policy: every one of the account's own, and each of AWS's that something has attached; "
        "members of ManagedPolicyDetail",
        "{Arn}",
        scope=Scope.ACCOUNT,
        list=_DETAILS,
        items="Policies[]",
        custom="iam",
        extra={
            "document": "the default version's document",
            "aws_managed": "true for AWS's own",
            "attached_to": "sorted ARNs of users, groups, roles that have it attached",
            "boundary_of": "sorted ARNs of users and roles whose permissions boundary it is",
        },
    ),
    Type(
        "aws.iam.inline-policy",
        "a policy that lies within a user, group or role",
        "{principal}/{name}",
        scope=Scope.ACCOUNT,
        list=_DETAILS,
        items="InlinePolicies[]",
        custom="iam",
        extra={
            "principal": "ARN of the user, group or role",
            "name": "text",
            "document": "the policy document, parsed",
        },
    ),
    Type(
        "aws.iam.account",
        "IAM settings of the account; one record",
        "arn:{partition}:iam::{account}:root",
        scope=Scope.ACCOUNT,
        facets={
            "summary": Facet(
                call("iam:GetAccountSummary", "SummaryMap"),
                "{AccountMFAEnabled, AccountAccessKeysPresent, AccountPasswordPresent ...: number}",
            ),
            "password_policy": Facet(
                call("iam:GetAccountPasswordPolicy", "PasswordPolicy", none_on=("NoSuchEntity",)),
                "{MinimumPasswordLength, RequireSymbols ...}, or null where none is set",
            ),
            "virtual_mfa_devices": Facet(
                call(
                    "iam:ListVirtualMFADevices",
                    "VirtualMFADevices[]",
                    AssignmentStatus="Assigned",
                    MaxItems=1000,
                ),
                "[{SerialNumber, EnableDate, User{Arn, UserName}}]; the assigned ones",
                redact=("Base32StringSeed", "QRCodePNG"),
            ),
            "aliases": Facet(call("iam:ListAccountAliases", "AccountAliases[]"), "[text]"),
            "saml_providers": Facet(
                call("iam:ListSAMLProviders", "SAMLProviderList[]"), "[{Arn, ValidUntil}]"
            ),
            "server_certificates": Facet(
                call("iam:ListServerCertificates", "ServerCertificateMetadataList[]", MaxItems=1000),
                "[{Arn, ServerCertificateName, Expiration}]",
            ),
            "organizations_features": Facet(
                call(
                    "iam:ListOrganizationsFeatures",
                    "EnabledFeatures",
                    none_on=(
                        "OrganizationNotFoundException",
                        "AccountNotManagementOrDelegatedAdministratorException",
                    ),
                ),
                '["RootCredentialsManagement", "RootSessions"]: central root access; null where this account '
                "does not manage an organisation",
            ),
        },
    ),
    Type(
        "aws.organizations.organization",
        "the organisation as this account sees it; one record",
        "arn:{partition}:organizations::{account}:organization",
        scope=Scope.ACCOUNT,
        facets={
            "organization": Facet(
                call(
                    "organizations:DescribeOrganization",
                    "Organization",
                    none_on=("AWSOrganizationsNotInUseException",),
                ),
                "{Id, MasterAccountId, FeatureSet}, or null",
                redact=("MasterAccountEmail",),
            ),
            "service_control_policies": Facet(
                call(
                    "organizations:ListPolicies",
                    "Policies[]",
                    none_on=("AWSOrganizationsNotInUseException",),
                    Filter="SERVICE_CONTROL_POLICY",
                ),
                "[{Id, Name, AwsManaged}], or null",
            ),
        },
    ),
    Type(
        "aws.organizations.account",
        "an account of the organisation",
        "{Arn}",
        scope=Scope.ACCOUNT,
        list=call("organizations:ListAccounts", none_on=("AWSOrganizationsNotInUseException",)),
        items="Accounts[]",
        redact=("Email",),
    ),
    Type(
        "aws.sso.instance",
        "an IAM Identity Center instance; AWS offers no operation that reads its MFA settings",
        "{InstanceArn}",
        list=call("sso-admin:ListInstances", MaxResults=100),
        items="Instances[]",
    ),
    Type(
        "aws.access-analyzer.region",
        "IAM Access Analyzer in a region; one record a region",
        "arn:{partition}:access-analyzer:{region}:{account}:region",
        facets={
            "analyzers": Facet(
                call("accessanalyzer:ListAnalyzers", "analyzers[]", maxResults=100),
                "[{arn, name, type, status}]",
            ),
        },
    ),
    Type(
        "aws.kms.key",
        "a KMS key, AWS managed ones included (`KeyManager`); members of KeyMetadata",
        "{KeyArn}",
        list=call("kms:ListKeys", Limit=1000),
        items="Keys[]",
        summary=("KeyId", "KeyArn"),
        detail=call("kms:DescribeKey", "KeyMetadata", KeyId="{KeyArn}"),
        facets={
            "rotation": Facet(
                call("kms:GetKeyRotationStatus", KeyId="{KeyArn}"),
                "{KeyRotationEnabled, RotationPeriodInDays}; null where the key cannot rotate by itself: not "
                "enabled, asymmetric, HMAC, imported, in a custom store, or AWS managed",
                when="key_can_rotate",
                needs=("KeyManager", "KeyState", "KeySpec", "Origin"),
            ),
            "policy": Facet(
                call("kms:GetKeyPolicy", "Policy", KeyId="{KeyArn}", PolicyName="default"),
                "policy document; null for AWS managed keys",
                json=True,
                when="key_is_own",
                needs=("KeyManager",),
            ),
            "tags": Facet(
                call(
                    "resourcegroupstaggingapi:GetResources",
                    "ResourceTagMappingList[]",
                    ResourceTypeFilters=["kms:key"],
                    ResourcesPerPage=100,
                ),
                "[{Key, Value}]",
                bulk="ResourceARN=KeyArn:Tags",
                otherwise=[],
            ),
            "aliases": Facet(
                call("kms:ListAliases", "Aliases[]", Limit=100),
                "names of the key's aliases",
                bulk="TargetKeyId=KeyId:AliasName[]",
                otherwise=[],
            ),
        },
    ),
    Type(
        "aws.secretsmanager.secret",
        "a secret's description, never its value",
        "{ARN}",
        list=call("secretsmanager:ListSecrets", MaxResults=100),
        items="SecretList[]",
        facets={
            "policy": Facet(
                call("secretsmanager:GetResourcePolicy", "ResourcePolicy", SecretId="{ARN}"),
                "policy document, or null",
                json=True,
            ),
        },
    ),
    Type(
        "aws.acm.certificate",
        "a certificate; the listing has InUse, NotAfter, Status, KeyAlgorithm, DomainName",
        "{CertificateArn}",
        list=call(
            "acm:ListCertificates",
            MaxItems=1000,
            # Without this AWS lists RSA keys of 1024 and 2048 bits only.
            Includes={
                "keyTypes": [
                    "RSA_1024",
                    "RSA_2048",
                    "RSA_3072",
                    "RSA_4096",
                    "EC_prime256v1",
                    "EC_secp384r1",
                    "EC_secp521r1",
                ]
            },
        ),
        items="CertificateSummaryList[]",
    ),
)
