"""Identity exports: who has a second factor, who is an administrator, who is never seen."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lpo_secaudit.model.check import Outcome
from lpo_secaudit_plugins.identity import plugin
from lpo_secaudit_plugins.identity.account import Export
from lpo_secaudit_plugins.identity.collector import mask
from lpo_secaudit_plugins.identity.exports import read_export
from tests.plugins.collecting import collect_source, observe

S, N, NA, U = Outcome.SATISFIED, Outcome.NOT_SATISFIED, Outcome.NOT_APPLICABLE, Outcome.UNAVAILABLE


def read(content: Any) -> Export:
    text = content if isinstance(content, str) else json.dumps(content)
    found = read_export(text.encode(), "file")
    assert found is not None
    return found


def entra(**more: Any) -> dict[str, Any]:
    return {
        "userPrincipalName": "a@x.org",
        "isAdmin": False,
        "isMfaRegistered": True,
        "isMfaCapable": True,
    } | more


def test_entra_a_registered_method_is_not_a_usable_one() -> None:
    found = read({"value": [entra(), entra(isMfaCapable=False)]})
    assert (found.kind, found.counts()) == ("entra-registration", {"mfa": 1, "no-mfa": 1})


def test_entra_users_without_a_sign_in_were_never_used() -> None:
    rows = [
        {
            "userPrincipalName": "a",
            "accountEnabled": True,
            "signInActivity": {"lastSignInDateTime": "2026-01-01T00:00:00Z"},
        },
        {"userPrincipalName": "b", "accountEnabled": True, "signInActivity": {"lastSignInDateTime": None}},
        {"userPrincipalName": "c", "accountEnabled": False},
    ]
    a, b, c = read({"value": rows}).accounts
    assert (a.never_used, b.never_used, c.never_used, c.last_used) == (False, True, False, None)


OKTA = {
    "id": "00u1",
    "status": "ACTIVE",
    "created": "2025-01-01T00:00:00.000Z",
    "lastLogin": None,
    "profile": {"login": "a@x.org"},
    "credentials": {},
}
FACTOR = {
    "factorType": "token",
    "provider": "OKTA",
    "status": "ACTIVE",
    "_links": {"user": {"href": "https://x/users/00u1"}},
}


def test_okta_accounts_and_factors_are_joined_when_handed_over_together(tmp_path: Path) -> None:
    (tmp_path / "u.json").write_text(
        json.dumps([OKTA, OKTA | {"id": "00u2", "profile": {"login": "b@x.org"}}])
    )
    (tmp_path / "f.json").write_text(json.dumps([FACTOR, FACTOR | {"status": "PENDING_ACTIVATION"}]))
    bundle = collect_source(plugin(), tmp_path, {"files": ["u.json", "f.json"], "names": "keep"})
    told = {r.data["name"]: r.data.get("mfa", "unknown") for r in bundle.records("identity.account")}
    assert told == {"a@x.org": True, "b@x.org": "unknown"}
    assert len(list(bundle.records("identity.factor"))) == 2


@pytest.mark.parametrize("shape", ["page", "pages", "list"])
def test_google_one_page_or_several(shape: str) -> None:
    user = {
        "primaryEmail": "a@x.org",
        "isAdmin": False,
        "isDelegatedAdmin": True,
        "isEnrolledIn2Sv": False,
        "lastLoginTime": "1970-01-01T00:00:00.000Z",
    }
    pages: dict[str, Any] = {
        "page": {"users": [user]},
        "pages": [{"users": [user]}, {"users": []}],
        "list": [user],
    }
    (account,) = read(pages[shape]).accounts
    assert (account.admin, account.mfa, account.never_used, account.last_used) == (True, False, True, None)


def test_google_csv() -> None:
    header = (
        "First Name [Required],Email Address [Required],Status [READ ONLY],Last Sign In [READ "
        "ONLY],2sv Enrolled [READ ONLY],2sv Enforced [READ ONLY]\n"
    )
    rows = "A,a@x.org,Active,2026/10/01 10:00:00,True,True\nB,b@x.org,Suspended,Never logged in,False,False\n"
    a, b = read(header + rows).accounts
    assert (a.enabled, a.mfa, a.last_used is not None) == (True, True, True)
    assert (b.enabled, b.mfa, b.never_used) == (False, False, True)


def test_the_user_list_of_the_entra_console() -> None:
    header = "userPrincipalName,displayName,id,userType,accountEnabled,createdDateTime\n"
    rows = (
        "a@x.org,A,1,Member,True,2023-05-01T10:00:00Z\n"
        "g#EXT#@x.org,G,2,Guest,False,2023-05-01T10:00:00Z\n"
        "c@x.org,C,3,,,\n"
    )
    export = read(header + rows)
    a, guest, c = export.accounts
    assert export.kind == "entra-users-csv"
    assert (a.enabled, a.guest, a.mfa, a.status, a.ref) == (True, False, None, "enabled", "1")
    assert (guest.enabled, guest.guest) == (False, True)
    assert (c.enabled, c.guest, c.status) == (None, None, "")


@pytest.mark.parametrize(
    "header", ["id,login,status,created,lastLogin", "User Id,Username,Status,Created,Last login"]
)
def test_a_list_of_okta_users_is_told_by_its_states(header: str) -> None:
    rows = "\n00u1,a@x.org,ACTIVE,2023-01-01,2024-01-05\n00u2,b@x.org,Deprovisioned,2023-01-01,\n"
    export = read(header + rows)
    a, b = export.accounts
    assert (export.kind, a.enabled, a.ref, b.enabled, b.never_used) == (
        "okta-users-csv", True, "00u1", False, True)  # fmt: skip
    # The same columns with states that are not Okta's are of somebody else.
    assert read_export((header + rows.replace("ACTIVE", "ok")).encode(), "users.csv") is None


def test_duo_bypass() -> None:
    user = {"username": "a", "is_enrolled": True, "status": "bypass", "phones": [], "last_login": 1700000000}
    (account,) = read([user]).accounts
    assert (account.bypass, account.mfa) == (True, True)


AWS_HEADER = (
    "user,arn,user_creation_time,password_enabled,password_last_used,mfa_active,access_key"
    "_1_active,access_key_1_last_rotated,access_key_1_last_used_date,access_key_2_active,a"
    "ccess_key_2_last_rotated,access_key_2_last_used_date"
)
AWS_ROWS = (
    (
        "<root_account>,arn:aws:iam::1:root,2020-01-01T00:00:00+00:00,not_supported,2026-11-01"
        "T00:00:00+00:00,true,true,2020-01-01T00:00:00Z,N/A,false,N/A,N/A"
    ),
    "ann,arn:aws:iam::1:user/ann,2020-01-01T00:00:00Z,true,no_information,false,false,N/A,N/A,false,N/A,N/A",
    (
        "bot,arn:aws:iam::1:user/bot,2020-01-01T00:00:00Z,false,N/A,false,true,2026-11-01T00:0"
        "0:00Z,2026-11-20T00:00:00Z,false,N/A,N/A"
    ),
    "new,arn:aws:iam::1:user/new,2026-11-20T00:00:00Z,true,no_information,true,false,N/A,N/A,false,N/A,N/A",
    "off,arn:aws:iam::1:user/off,2020-01-01T00:00:00Z,false,N/A,false,false,N/A,N/A,false,N/A,N/A",
)


def aws_observations(tmp_path: Path) -> dict[tuple[str, str], Outcome]:
    (tmp_path / "r.csv").write_text("\n".join((AWS_HEADER, *AWS_ROWS)))
    bundle = collect_source(plugin(), tmp_path, {"file": "r.csv", "names": "keep"})
    found = observe(plugin(), bundle)
    return {
        (o.check.removeprefix("identity-"), o.subject.id.rsplit("/", 1)[-1].rsplit(":", 1)[-1]): o.outcome
        for o in found
    }


def test_the_aws_credential_report_is_judged(tmp_path: Path) -> None:
    found = aws_observations(tmp_path)
    assert {k: found[("mfa", k)] for k in ("root", "ann", "bot", "new", "off")} == {
        "root": S,
        "ann": N,
        "bot": NA,
        "new": S,
        "off": NA,
    }
    assert {k: found[("no-dormant-accounts", k)] for k in ("root", "ann", "bot", "new", "off")} == {
        "root": NA,
        "ann": N,
        "bot": S,
        "new": S,
        "off": NA,
    }
    assert found[("root-without-keys", "root")] is N
    assert (found[("keys-rotated", "root")], found[("keys-rotated", "bot")]) == (N, S)


def test_what_an_export_does_not_say_is_unavailable(tmp_path: Path) -> None:
    found = aws_observations(tmp_path)
    assert found[("admin-mfa", "ann")] is U  # the report does not say who is an administrator
    assert found[("admin-mfa", "root")] is S


def test_admins_coverage_and_passwords(tmp_path: Path) -> None:
    rows = [entra(userPrincipalName=f"u{n}@x.org", isAdmin=n < 8, isMfaCapable=n != 3) for n in range(20)]
    policy = {
        "type": "PASSWORD",
        "name": "p",
        "status": "ACTIVE",
        "priority": 1,
        "conditions": {},
        "settings": {"password": {"complexity": {"minLength": 8}}},
    }
    (tmp_path / "e.json").write_text(json.dumps({"value": rows}))
    (tmp_path / "p.json").write_text(json.dumps([policy]))
    bundle = collect_source(plugin(), tmp_path, {"files": ["e.json", "p.json"]})
    found = {(o.check, o.subject.id.split("|")[0]): o for o in observe(plugin(), bundle)}
    assert found["identity-few-admins", "e.json"].outcome is N
    assert "8 of 20" in found["identity-few-admins", "e.json"].message
    assert found["identity-mfa-coverage", "e.json"].outcome is N
    assert "19 of 20" in found["identity-mfa-coverage", "e.json"].message
    assert found["identity-password-length", "p.json"].outcome is N


def test_names_are_masked_and_the_raw_export_is_not_kept(tmp_path: Path) -> None:
    (tmp_path / "e.json").write_text(json.dumps({"value": [entra(userPrincipalName="marge.simpson@x.org")]}))
    bundle = collect_source(plugin(), tmp_path, {"file": "e.json"})
    text = (bundle.path / "records.jsonl").read_text()
    assert "marge" not in text and "m***@x.org" in text
    assert not bundle.blobs


def test_a_mask_follows_the_account_and_its_source() -> None:
    assert mask("Ann@x.org", b"k").lower() == mask("ann@x.org", b"k").lower()
    assert mask("ann@x.org", b"k") != mask("abe@x.org", b"k")
    assert mask("ann@x.org", b"k") != mask("ann@x.org", b"other")
    assert mask("arn:aws:iam::1:root", b"k") == "arn:aws:iam::1:root"


@pytest.mark.parametrize("content", ["", "{}", "[]", '{"value": []}', "a,b\n1,2", "<a/>", "[1]"])
def test_what_is_no_export_is_not_guessed(content: str) -> None:
    assert read_export(content.encode(), "file") is None
