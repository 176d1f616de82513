"""IAM, organisation, keys, secrets, certificates."""

from __future__ import annotations

from .case import EVERYONE, FOREIGN, IAM_ACCOUNT, OWN, Data, allow, row, whole
from .harness import ACCOUNT, ago, record

ADMIN, READER = allow("*"), allow("s3:GetObject")
ATTACHED = {"attached_to": [f"arn:aws:iam::{ACCOUNT}:role/r"]}
row(
    "iam-aws-attached-policy-no-administrative-privileges",
    {**ATTACHED, "aws_managed": True, "document": READER},
    {**ATTACHED, "aws_managed": True, "document": ADMIN},
)
row(
    "iam-customer-attached-policy-no-administrative-privileges",
    {**ATTACHED, "aws_managed": False, "document": READER},
    {**ATTACHED, "aws_managed": False, "document": ADMIN},
)
row(
    "iam-policy-no-wildcard-marketplace-subscribe",
    {**ATTACHED, "aws_managed": False, "document": READER},
    {**ATTACHED, "aws_managed": False, "document": allow("aws-marketplace:*")},
)
INLINE = {"principal": f"arn:aws:iam::{ACCOUNT}:role/one", "name": "in"}
row(
    "iam-inline-policy-no-administrative-privileges",
    {**INLINE, "document": READER},
    {**INLINE, "document": ADMIN},
)
row(
    "iam-inline-policy-no-wildcard-marketplace-subscribe",
    {**INLINE, "document": READER},
    {**INLINE, "document": allow("aws-marketplace:Sub*")},
)
MANAGED = record("aws.iam.policy", {"document": allow("iam:PutUserPolicy")})
HELD = [{"PolicyArn": f"arn:aws:iam::{ACCOUNT}:policy/one"}]
GROUP = record("aws.iam.group", {"AttachedManagedPolicies": HELD, "GroupName": "g"})
row(
    "iam-user-no-administrative-privileges",
    {"UserPolicyList": [{"PolicyDocument": READER}]},
    {"GroupList": ["g"]},
    MANAGED,
    GROUP,
)
row(
    "iam-role-no-administrative-privileges",
    {"RolePolicyList": [{"PolicyDocument": READER}], "Path": "/"},
    {"AttachedManagedPolicies": HELD, "RolePolicyList": [{"PolicyDocument": ADMIN}], "Path": "/"},
    MANAGED,
)
row(
    "iam-role-not-assumable-by-anyone",
    {"AssumeRolePolicyDocument": allow("sts:AssumeRole", **OWN)},
    {"AssumeRolePolicyDocument": allow("sts:AssumeRole", **EVERYONE)},
)
row(
    "iam-role-cross-account-trust-external-id",
    {
        "AssumeRolePolicyDocument": allow(
            "sts:AssumeRole", **FOREIGN, Condition={"StringEquals": {"sts:ExternalId": "x"}}
        )
    },
    {"AssumeRolePolicyDocument": allow("sts:AssumeRole", **FOREIGN)},
)
row(
    "iam-no-root-access-key",
    {"summary": {"AccountAccessKeysPresent": 0}},
    {"summary": {"AccountAccessKeysPresent": 1}},
)
row(
    "iam-root-mfa-enabled",
    {"summary": {"AccountMFAEnabled": 1}},
    {"summary": {"AccountMFAEnabled": 0, "AccountPasswordPresent": 1}},
)
VIRTUAL = [{"SerialNumber": "s", "User": {"Arn": f"arn:aws:iam::{ACCOUNT}:root"}}]
row(
    "iam-root-hardware-mfa-enabled",
    {"summary": {"AccountMFAEnabled": 1}, "virtual_mfa_devices": []},
    {"summary": {"AccountMFAEnabled": 1}, "virtual_mfa_devices": VIRTUAL},
)
ROOT = {"user": "<root_account>", "access_key_1_last_used_date": "N/A", "access_key_2_last_used_date": "N/A"}
row("iam-root-not-used", {**ROOT, "password_last_used": ago(200)}, {**ROOT, "password_last_used": ago(2)})
for name, member in (
    ("lowercase", "RequireLowercaseCharacters"),
    ("uppercase", "RequireUppercaseCharacters"),
    ("number", "RequireNumbers"),
    ("symbol", "RequireSymbols"),
):
    row(f"iam-password-policy-{name}", {"password_policy": {member: True}}, {"password_policy": None})
row(
    "iam-password-policy-minimum-length-14",
    {"password_policy": {"MinimumPasswordLength": 14}},
    {"password_policy": {"MinimumPasswordLength": 13}},
)
row(
    "iam-password-policy-reuse-24",
    {"password_policy": {"PasswordReusePrevention": 24}},
    {"password_policy": {"PasswordReusePrevention": 5}},
)
KEY = {
    "user": "one",
    "access_key_1_active": "true",
    "access_key_2_active": "false",
    "access_key_1_last_used_date": "N/A",
}
row(
    "iam-rotate-access-key-90-days",
    {**KEY, "access_key_1_last_rotated": ago(89)},
    {**KEY, "access_key_1_last_rotated": ago(91)},
)
row(
    "iam-user-accesskey-unused",
    {**KEY, "access_key_1_last_rotated": ago(300), "access_key_1_last_used_date": ago(3)},
    {**KEY, "access_key_1_last_rotated": ago(200)},
)
PASSWORD = {
    "user": "one",
    "password_enabled": "true",
    "password_last_changed": ago(300),
    "user_creation_time": ago(300),
}
row(
    "iam-user-console-access-unused",
    {**PASSWORD, "password_last_used": ago(3)},
    {**PASSWORD, "password_last_used": "no_information"},
)
row(
    "iam-user-mfa-enabled-console-access",
    {"user": "one", "password_enabled": "true", "mfa_active": "true"},
    {"user": "one", "password_enabled": "true", "mfa_active": "false"},
)
SUPPORT = "arn:aws:iam::aws:policy/AWSSupportAccess"

whole(
    "iam-support-role-created",
    [IAM_ACCOUNT, record("aws.iam.policy", ATTACHED, SUPPORT)],
    [IAM_ACCOUNT, record("aws.iam.policy", {"attached_to": [f"arn:aws:iam::{ACCOUNT}:user/u"]}, SUPPORT)],
)
row("organizations-member", {"organization": {"Id": "o-1", "FeatureSet": "ALL"}}, {"organization": None})
row(
    "organizations-root-credentials-managed",
    {"organizations_features": ["RootCredentialsManagement"]},
    {"organizations_features": []},
)
row(
    "access-analyzer-enabled",
    {"analyzers": [{"status": "ACTIVE", "type": "ACCOUNT"}]},
    {"analyzers": [{"status": "ACTIVE", "type": "ACCOUNT_UNUSED_ACCESS"}]},
)

OWN_KEY = {"KeyManager": "CUSTOMER", "KeyState": "Enabled", "KeySpec": "SYMMETRIC_DEFAULT"}
row(
    "kms-cmk-rotation-enabled",
    {**OWN_KEY, "rotation": {"KeyRotationEnabled": True}},
    {**OWN_KEY, "rotation": None},
)
row(
    "kms-key-policy-not-public",
    {**OWN_KEY, "policy": allow("kms:*", **OWN)},
    {**OWN_KEY, "policy": allow("kms:Decrypt", **EVERYONE)},
)
row(
    "kms-key-policy-cross-account",
    {**OWN_KEY, "policy": allow("kms:*", **OWN)},
    {**OWN_KEY, "policy": allow("kms:Decrypt", **FOREIGN)},
)
ENCLAVE_KEY = {**OWN_KEY, "Description": "key of the enclave", "tags": []}
PCR = "a" * 96
ATTESTED = allow(
    "kms:Decrypt", **OWN, Condition={"StringEqualsIgnoreCase": {"kms:RecipientAttestation:PCR0": PCR}}
)
for name in ("not-enforced", "bypassable-path"):
    row(
        f"kms-key-enclave-attestation-{name}",
        {**ENCLAVE_KEY, "policy": ATTESTED},
        {**ENCLAVE_KEY, "policy": allow("kms:*", **OWN)},
    )
row(
    "kms-key-enclave-attestation-pcr-mismatch",
    {**ENCLAVE_KEY, "policy": ATTESTED},
    {
        **ENCLAVE_KEY,
        "policy": allow(
            "kms:Decrypt", **OWN, Condition={"StringEquals": {"kms:RecipientAttestation:PCR0": "b" * 96}}
        ),
    },
    known_pcrs=[PCR],
)


def attested(digest: str) -> Data:
    return {
        "kms_events": [
            {
                "EventId": "e",
                "EventName": "Decrypt",
                "attestation": {"attestationDocumentEnclaveImageDigest": digest},
            }
        ]
    }


row("kms-key-enclave-attestation-unknown-image", attested(PCR), attested("b" * 96), known_pcrs=[PCR])
row("kms-key-enclave-debug-attestation-detected", attested(PCR), attested("0" * 96))
ROTATING = {"RotationEnabled": True, "RotationRules": {"AutomaticallyAfterDays": 30}}
row(
    "secretsmanager-automatic-rotation-enabled",
    {**ROTATING, "LastRotatedDate": ago(20)},
    {**ROTATING, "LastRotatedDate": ago(200)},
)
row(
    "secretsmanager-secret-not-public",
    {"policy": allow("secretsmanager:GetSecretValue", **OWN)},
    {"policy": allow("secretsmanager:Get*", **EVERYONE)},
)
row(
    "acm-certificates-expiration-check",
    {"InUse": True, "NotAfter": ago(-30)},
    {"InUse": True, "NotAfter": ago(-5)},
)
