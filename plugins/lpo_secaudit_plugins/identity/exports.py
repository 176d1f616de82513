"""Exports of identity providers: which one a file is, told by its fields, and what it says."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from lpo_secaudit.errors import InputError

from .._files.json_strict import MISSHAPEN, parse_json, parse_json_lines
from .._files.raw import decode_text
from .._files.tables import read_csv, read_xlsx, xlsx_mentions
from .account import Account, Export, Factor, Policy
from .exports_csv import OKTA_ENABLED, from_table
from .values import flag, state, when

__all__ = ["read_export"]

Row = Mapping[str, Any]


def read_export(raw: bytes, name: str) -> Export | None:
    """Recognise and read an export; None where the file is none.

    Raises:
        InputError, LimitExceededError: it begins like JSON or a workbook and is broken or hostile.
    """
    if raw[:4] == b"PK\x03\x04":
        if not xlsx_mentions(raw, name, "mfa_active", "2sv Enrolled", "rincipal", "isMfaCapable", "astLogin"):
            return None
        return next((e for s in read_xlsx(raw, name) if (e := from_table(s)) is not None), None)
    if raw[:2] not in (b"\xff\xfe", b"\xfe\xff") and (raw[:5] == b"%PDF-" or b"\x00" in raw[:1024]):
        return None
    text = decode_text(raw)
    start = text.lstrip()[:1]
    if start == "<":
        return None
    if start in ("{", "["):
        return _from_json(text, name)
    return from_table(read_csv(raw, name))


def _from_json(text: str, name: str) -> Export | None:
    try:
        value = parse_json(text, name)
    except InputError as error:
        if "Extra data" not in error.message:
            raise
        value = parse_json_lines(text, name)
    report = _wrapped_report(value, name)
    if report is not None:
        return report
    rows = _rows(value)
    if not rows:
        return None
    first = rows[0]
    for needs, read in _JSON_KINDS:
        if needs <= set(first):
            try:
                return read(rows)
            except MISSHAPEN as error:
                raise InputError(
                    f"looks like an identity export, but a field is of another type: {error}"[:300],
                    where=name,
                    hint="ask for the provider's own export, as it was written",
                ) from error
    return None


def _wrapped_report(value: Any, name: str) -> Export | None:
    """The answer of iam:GetCredentialReport, which holds the CSV in base64."""
    if not (isinstance(value, dict) and isinstance(value.get("Content"), str) and "GeneratedTime" in value):
        return None
    try:
        raw = base64.b64decode(value["Content"], validate=True)
    except (binascii.Error, ValueError):
        return None
    found = from_table(read_csv(raw, name))
    return None if found is None else replace(found, taken_at=when(value["GeneratedTime"]))


def _rows(value: Any) -> list[Row]:
    """The objects of a file: a list, a page of an API, or several pages after one another."""
    if isinstance(value, dict):
        for key in ("value", "users", "response", "Users"):
            if isinstance(value.get(key), list):
                return _rows(value[key])
        return [value]
    rows: list[Row] = []
    for item in value if isinstance(value, list) else ():
        if isinstance(item, dict):
            page = item.get("users", item.get("value"))
            rows.extend(r for r in page if isinstance(r, dict)) if isinstance(page, list) else rows.append(
                item
            )
    return rows


def _entra_registration(rows: list[Row]) -> Export:
    """Microsoft Graph reports/authenticationMethods/userRegistrationDetails."""
    accounts = tuple(
        Account(
            name=str(row.get("userPrincipalName", "")),
            place=f"$.value[{n}]",
            admin=flag(row.get("isAdmin")),
            # Registered is not capable: a registered method may be barred by policy.
            mfa=flag(row.get("isMfaCapable")),
            guest=None if "userType" not in row else str(row["userType"]).lower() == "guest",
            methods=tuple(str(m) for m in row.get("methodsRegistered") or ()),
            status=str(row.get("userType", "")),
        )
        for n, row in enumerate(rows)
    )
    taken = max((t for r in rows if (t := when(r.get("lastUpdatedDateTime")))), default=None)
    note = "the report says neither when accounts were last used nor whether they are enabled"
    return Export("entra-registration", accounts, (), (), taken, (note,))


def _entra_users(rows: list[Row]) -> Export:
    """Microsoft Graph /users with signInActivity."""
    accounts = []
    for n, row in enumerate(rows):
        activity = row.get("signInActivity")
        used = (
            [when(v) for k, v in activity.items() if k.endswith("DateTime")]
            if isinstance(activity, dict)
            else []
        )
        accounts.append(
            Account(
                name=str(row.get("userPrincipalName", "")),
                place=f"$.value[{n}]",
                enabled=flag(row.get("accountEnabled")),
                guest=None if not row.get("userType") else str(row["userType"]).lower() == "guest",
                created=when(row.get("createdDateTime")),
                last_used=max((u for u in used if u), default=None),
                # Graph leaves the property out for accounts without a sign-in since April 2020.
                never_used=isinstance(activity, dict) and not any(used),
                status=state(flag(row.get("accountEnabled"))),
            )
        )
    note = "the list does not say who has a second factor; add the userRegistrationDetails report"
    return Export("entra-users", tuple(accounts), (), (), None, (note,))


def _okta_users(rows: list[Row]) -> Export:
    """Okta GET /api/v1/users."""
    accounts = []
    for n, row in enumerate(rows):
        profile = row.get("profile") if isinstance(row.get("profile"), dict) else {}
        embedded = row.get("_embedded")
        factors = embedded.get("factors") if isinstance(embedded, dict) else None
        status = str(row.get("status", ""))
        active = (
            [f for f in factors if isinstance(f, dict) and f.get("status") == "ACTIVE"]
            if isinstance(factors, list)
            else None
        )
        accounts.append(
            Account(
                name=str((profile or {}).get("login") or row.get("id", "")),
                place=f"$[{n}]",
                enabled=status in OKTA_ENABLED,
                mfa=None if active is None else bool(active),
                methods=tuple(str(f.get("factorType")) for f in active or ()),
                created=when(row.get("created")),
                last_used=when(row.get("lastLogin")),
                never_used="lastLogin" in row and row["lastLogin"] is None,
                status=status,
                ref=str(row.get("id", "")),
            )
        )
    note = () if any(a.mfa is not None for a in accounts) else (
        "the list does not say who has a second factor; ask for /users/{id}/factors or the factor report",
    )  # fmt: skip
    return Export(
        "okta-users", tuple(accounts), (), (), None, (*note, "the list does not say who is an administrator")
    )


def _okta_factors(rows: list[Row]) -> Export:
    """Okta GET /api/v1/users/{id}/factors: the second factors of one user."""
    factors = tuple(
        Factor(_factor_owner(row), f"$[{n}]", str(row.get("factorType", "")), str(row.get("status", "")))
        for n, row in enumerate(rows)
    )
    return Export("okta-factors", factors=factors)


def _factor_owner(row: Row) -> str:
    links = row.get("_links")
    user = links.get("user") if isinstance(links, dict) else None
    href = str(user.get("href", "")) if isinstance(user, dict) else ""
    return href.rsplit("/", 1)[-1]


def _okta_policies(rows: list[Row]) -> Export:
    """Okta GET /api/v1/policies?type=PASSWORD."""

    def number(value: Any) -> int | None:
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    policies = []
    for n, row in enumerate(rows):
        settings = row.get("settings")
        password = (settings.get("password") if isinstance(settings, dict) else None) or {}
        complexity, age = password.get("complexity") or {}, password.get("age") or {}
        common = (complexity.get("dictionary") or {}).get("common") or {}
        policies.append(
            Policy(
                name=str(row.get("name", row.get("id", ""))),
                place=f"$[{n}]",
                active=str(row.get("status", "")).upper() == "ACTIVE",
                min_length=number(complexity.get("minLength")),
                history=number(age.get("historyCount")),
                max_age_days=number(age.get("maxAgeDays")),
                max_attempts=number((password.get("lockout") or {}).get("maxAttempts")),
                common_excluded=flag(common.get("exclude")),
            )
        )
    return Export("okta-policies", (), tuple(policies))


def _google_users(rows: list[Row]) -> Export:
    """Google Admin SDK directory users.list, one page or several."""
    accounts = tuple(
        Account(
            name=str(row.get("primaryEmail", "")),
            place=f"users[{n}]",
            enabled=not (row.get("suspended") is True or row.get("archived") is True),
            admin=_either(row.get("isAdmin"), row.get("isDelegatedAdmin")),
            mfa=flag(row.get("isEnrolledIn2Sv")),
            mfa_enforced=flag(row.get("isEnforcedIn2Sv")),
            created=when(row.get("creationTime")),
            last_used=when(row.get("lastLoginTime")),
            never_used=str(row.get("lastLoginTime", "")).startswith("1970-01-01"),
            status="suspended" if row.get("suspended") else "archived" if row.get("archived") else "active",
        )
        for n, row in enumerate(rows)
    )
    return Export("google-users", accounts)


def _either(*values: Any) -> bool | None:
    flags = [flag(v) for v in values]
    return True if True in flags else None if None in flags else False


def _duo_users(rows: list[Row]) -> Export:
    """Duo Admin API users."""
    accounts = tuple(
        Account(
            name=str(row.get("username") or row.get("email", "")),
            place=f"$[{n}]",
            enabled=str(row.get("status", "")).lower() not in ("disabled", "pending deletion"),
            mfa=flag(row.get("is_enrolled")),
            bypass=str(row.get("status", "")).lower() == "bypass",
            created=when(row.get("created")),
            last_used=when(row.get("last_login")),
            never_used="last_login" in row and row["last_login"] is None,
            methods=_duo_methods(row),
            status=str(row.get("status", "")),
        )
        for n, row in enumerate(rows)
    )
    return Export("duo-users", accounts)


def _duo_methods(row: Row) -> tuple[str, ...]:
    kinds = ("phones", "tokens", "u2ftokens", "webauthncredentials", "desktoptokens")
    return tuple(kind for kind in kinds if row.get(kind))


_JSON_KINDS: tuple[tuple[frozenset[str], Callable[[list[Row]], Export]], ...] = (
    (frozenset({"userPrincipalName", "isMfaCapable"}), _entra_registration),
    (frozenset({"userPrincipalName", "accountEnabled"}), _entra_users),
    (frozenset({"userPrincipalName", "signInActivity"}), _entra_users),
    (frozenset({"factorType", "provider", "status"}), _okta_factors),
    (frozenset({"status", "profile", "credentials"}), _okta_users),
    (frozenset({"id", "status", "profile", "lastLogin"}), _okta_users),
    (frozenset({"type", "conditions", "priority", "status"}), _okta_policies),
    (frozenset({"primaryEmail", "isAdmin"}), _google_users),
    (frozenset({"is_enrolled", "status", "phones"}), _duo_users),
)
