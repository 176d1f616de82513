"""Exports as tables: the AWS credential report, downloads of the Google and Entra consoles."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from .._files.tables import Sheet, as_dicts
from .account import Account, Export
from .values import flag, state, when

__all__ = ["OKTA_ENABLED", "from_table"]

OKTA_ENABLED = frozenset({"ACTIVE", "RECOVERY", "PASSWORD_EXPIRED", "LOCKED_OUT", "PROVISIONED", "STAGED"})
OKTA_STATES = OKTA_ENABLED | {"SUSPENDED", "DEPROVISIONED", "PASSWORD_RESET", "PENDING_USER_ACTION"}

_NAMES_ONLY = "the list does not say who has a second factor, nor who is an administrator"


def from_table(sheet: Sheet) -> Export | None:
    if not sheet.rows:
        return None
    header = {" ".join(v.split()).lower() for v in sheet.rows[0].cells.values()}
    rows = [(sheet.place(n, 0), {k.lower(): v for k, v in row.items()}) for n, row in as_dicts(sheet)]
    for needs, read in _TABLE_KINDS:
        if needs <= header:
            found = read(rows)
            if found is not None:
                return found
    return None


_Placed = list[tuple[str, dict[str, str]]]


def _aws_report(rows: _Placed) -> Export:
    """AWS IAM credential report (iam:GenerateCredentialReport)."""
    accounts = []
    for place, row in rows:
        root = row["user"] == "<root_account>"
        password = flag(row.get("password_enabled"))
        used = [
            when(row.get(key))
            for key in ("password_last_used", "access_key_1_last_used_date", "access_key_2_last_used_date")
        ]
        keys = [
            when(row.get(f"access_key_{i}_last_rotated"))
            for i in (1, 2)
            if flag(row.get(f"access_key_{i}_active")) is True
        ]
        accounts.append(
            Account(
                name=row.get("arn") or row["user"],
                place=place,
                enabled=root or password is True or bool(keys),
                admin=True if root else None,
                # The root's password field says "not_supported", yet it always can sign in.
                interactive=True if root else password,
                mfa=flag(row.get("mfa_active")),
                bypass=False,  # IAM knows no such thing
                created=when(row.get("user_creation_time")),
                last_used=max((u for u in used if u), default=None),
                never_used=not any(used),
                keys=tuple(k for k in keys if k),
                status="root" if root else "",
                root=root,
            )
        )
    return Export(
        "aws-credential-report",
        tuple(accounts),
        (),
        (),
        None,
        ("the report says nothing of roles and policies",),
    )


def _google_table(rows: _Placed) -> Export:
    """The user download of the Google Admin console."""
    accounts = []
    for place, row in rows:
        status, last = row.get("status [read only]", ""), row.get("last sign in [read only]", "")
        accounts.append(
            Account(
                name=row.get("email address [required]", ""),
                place=place,
                enabled=status.lower() == "active" if status else None,
                mfa=flag(row.get("2sv enrolled [read only]")),
                mfa_enforced=flag(row.get("2sv enforced [read only]")),
                last_used=when(last),
                never_used=last.lower().startswith("never"),
                status=status,
            )
        )
    note = "the download does not say who is an administrator"
    return Export("google-users-csv", tuple(accounts), (), (), None, (note,))


def _entra_table(rows: _Placed) -> Export:
    """The registration details as the Entra admin centre downloads them."""

    def cell(row: Mapping[str, str], *names: str) -> str:
        return next((row[n] for n in names if row.get(n)), "")

    def capable(text: str) -> bool | None:
        plain = text.lower()
        return False if plain.startswith("not") else True if plain == "capable" else flag(text)

    accounts = tuple(
        Account(
            name=cell(row, "userprincipalname", "user principal name", "user"),
            place=place,
            admin=flag(cell(row, "isadmin", "is admin")) if cell(row, "isadmin", "is admin") else None,
            mfa=capable(cell(row, "ismfacapable", "multifactor authentication capable", "mfa capable")),
            methods=tuple(m for m in cell(row, "methodsregistered", "methods registered").split(",") if m),
        )
        for place, row in rows
    )
    return Export("entra-registration-csv", accounts)


def _entra_users_table(rows: _Placed) -> Export:
    """The list of users as the Entra admin centre downloads it."""
    accounts = tuple(
        Account(
            name=row["userprincipalname"],
            place=place,
            enabled=flag(row.get("accountenabled")),
            guest=row["usertype"].lower() == "guest" if row.get("usertype") else None,
            created=when(row.get("createddatetime")),
            status=state(flag(row.get("accountenabled"))),
            ref=row.get("id") or row.get("objectid", ""),
        )
        for place, row in rows
    )
    return Export("entra-users-csv", accounts, (), (), None, (_NAMES_ONLY,))


def _okta_table(rows: _Placed) -> Export | None:
    """A list of Okta's users, as its console and common tools download it; told by Okta's own states."""

    def okta_state(row: Mapping[str, str]) -> str:
        return row.get("status", "").upper().replace(" ", "_")

    if not rows or any(okta_state(row) not in OKTA_STATES for _, row in rows):
        return None

    def used(row: Mapping[str, str]) -> str:
        return row.get("lastlogin") or row.get("last login", "")

    accounts = tuple(
        Account(
            name=row.get("login") or row.get("username", ""),
            place=place,
            enabled=okta_state(row) in OKTA_ENABLED,
            created=when(row.get("created")),
            last_used=when(used(row)),
            never_used=not used(row),
            status=row["status"],
            ref=row.get("id") or row.get("user id", ""),
        )
        for place, row in rows
    )
    return Export("okta-users-csv", accounts, (), (), None, (_NAMES_ONLY,))


_TABLE_KINDS: tuple[tuple[frozenset[str], Callable[[_Placed], Export | None]], ...] = (
    (frozenset({"user", "arn", "mfa_active", "password_last_used"}), _aws_report),
    (frozenset({"email address [required]", "status [read only]"}), _google_table),
    (frozenset({"userprincipalname", "ismfacapable"}), _entra_table),
    (frozenset({"user principal name", "multifactor authentication capable"}), _entra_table),
    (frozenset({"user principal name", "mfa capable"}), _entra_table),
    (frozenset({"userprincipalname", "usertype", "accountenabled"}), _entra_users_table),
    (frozenset({"login", "status", "lastlogin"}), _okta_table),
    (frozenset({"username", "status", "last login"}), _okta_table),
)
