"""What a source of the collector `aws` takes in `with`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["OPTIONS_SCHEMA"]

_ACCOUNT = {"type": "string", "pattern": "^[0-9]{12}$"}

OPTIONS_SCHEMA: Mapping[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "regions": {
            "type": "array",
            "items": {"type": "string", "pattern": "^[a-z]{2}(-[a-z]+)+-[0-9]+$"},
            "minItems": 1,
            "uniqueItems": True,
            "description": "regions to look at; default: all that the account has opted into",
        },
        "profile": {"type": "string", "description": "profile of the AWS configuration files"},
        "role_arn": {
            "type": "string",
            "pattern": "^arn:[a-z-]+:iam::[0-9]{12}:role/.+$",
            "description": "role to assume first",
        },
        "external_id": {"type": "string", "minLength": 2, "maxLength": 1224},
        "session_name": {"type": "string", "pattern": "^[A-Za-z0-9+=,.@-]{2,64}$"},
        "accounts": {
            "type": "array",
            "items": _ACCOUNT,
            "minItems": 1,
            "uniqueItems": True,
            "description": "accounts to look at, each through `member_role`",
        },
        "organization": {
            "type": "boolean",
            "description": "look at every active account of the organisation, each through `member_role`",
        },
        "exclude_accounts": {"type": "array", "items": _ACCOUNT, "uniqueItems": True},
        "member_role": {
            "type": "string",
            "pattern": "^[A-Za-z0-9+=,.@_/-]{1,512}$",
            "description": "name of the role in each account; default OrganizationAccountAccessRole",
        },
        "endpoint_url": {
            "type": "string",
            "pattern": "^https?://",
            "description": "default: AWS_ENDPOINT_URL",
        },
        "connections": {"type": "integer", "minimum": 1, "maximum": 256},
        "request_timeout_s": {"type": "number", "exclusiveMinimum": 0, "maximum": 600},
        "answers": {
            "enum": ["keep", "drop"],
            "description": "keep what every call returned, less its secrets, beside the records (default)",
        },
        "redaction_key_file": {
            "type": "string",
            "description": "key for the digests that stand for redacted values; default: lengths only",
        },
    },
}
