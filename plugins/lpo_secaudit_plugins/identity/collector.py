"""Reading identity exports into evidence; imported when a source is collected."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from lpo_secaudit.formats.instants import format_instant
from lpo_secaudit.model.evidence import Evidence, Gap, GapReason, Listing, ListingStatus, Subject
from lpo_secaudit.model.survey import FileSurvey
from lpo_secaudit.plugins import CollectRequest, Sink

from .._files.collector import each_file
from .._files.raw import read_bytes
from .account import Account, Export, Factor, Policy
from .exports import read_export

__all__ = ["collect", "mask", "survey"]

ACCOUNT = "identity.account"
EXPORT = "identity.export"
POLICY = "identity.policy"
FACTOR = "identity.factor"
TYPES = (ACCOUNT, EXPORT, POLICY, FACTOR)


def survey(path: Path) -> FileSurvey | None:
    """What identity export a file is; None where it is none."""
    export = read_export(read_bytes(path, path.name), path.name)
    if export is None:
        return None
    return FileSurvey(export.kind, "identity", export.records, export.counts(), export.problems)


def mask(name: str, key: bytes) -> str:
    """A name that tells accounts apart without telling who: first letter, domain, keyed digest.

    The same account has the same mask in every audit of the source, so findings can be followed.
    """
    digest = hmac.new(key, name.strip().lower().encode(), hashlib.sha256).hexdigest()[:10]
    local, at, domain = name.rpartition("@")
    if at:
        return f"{local[:1]}***@{domain} [{digest}]"
    prefix, slash, last = name.rpartition("/")
    if name.startswith("arn:"):
        return f"{prefix}/{last[:1]}*** [{digest}]" if slash else name  # arn:...:root names no person
    return f"{name[:1]}*** [{digest}]"


def collect(request: CollectRequest, sink: Sink) -> None:
    """Read every file; one that cannot be read leaves its scope unavailable, the others count."""
    unknown = "no identity export is recognised in the file"
    exports = [
        (name, export, hashlib.sha256(raw).hexdigest())
        for name, raw, export in each_file(request, sink, TYPES, read_export, unknown)
    ]
    factors = [f for _, export, _ in exports for f in export.factors]
    for name, export, digest in exports:
        _emit(request, sink, name, _with_factors(export, factors), digest)


def _with_factors(export: Export, factors: list[Factor]) -> Export:
    """Okta keeps accounts and their factors in two answers; handed over together they are joined."""
    owners = {f.owner for f in factors}
    if not owners:
        return export
    joined = []
    for account in export.accounts:
        mine = [f.kind for f in factors if f.owner == account.ref and f.status.upper() == "ACTIVE"]
        if account.mfa is None and account.ref in owners:
            account = replace(account, mfa=bool(mine), methods=tuple(mine))
        joined.append(account)
    return replace(export, accounts=tuple(joined))


def _emit(request: CollectRequest, sink: Sink, file: str, export: Export, digest: str) -> None:
    stated = request.options.get("exported_on")
    day = datetime.combine(datetime.fromisoformat(stated).date(), time(23, 59, 59), UTC) if stated else None
    seen_at = min(export.taken_at or day or request.now, request.now)
    show = _shower(request)
    seen: dict[str, int] = {}

    def put(type_: str, id_: str, data: dict[str, Any], gaps: dict[str, Gap]) -> None:
        key = f"{file}|{id_}"
        seen[key] = seen.get(key, 0) + 1
        unique = key if seen[key] == 1 else f"{key}#{seen[key]}"
        subject = Subject(type_, unique, request.source)
        # The raw export holds names and addresses of people, so only its digest is kept.
        told = {"file": file, "kind": export.kind, "file_sha256": digest, **data}
        sink.record(Evidence(subject, told, "identity", seen_at, gaps))

    if ACCOUNT in request.wanted:
        for account in export.accounts:
            put(ACCOUNT, show(account.name), *_account(account, show(account.name)))
    if POLICY in request.wanted:
        for policy in export.policies:
            put(POLICY, policy.name, *_policy(policy))
    if FACTOR in request.wanted:
        for factor in export.factors:
            facets = {
                "owner": factor.owner,
                "factor": factor.kind,
                "status": factor.status,
                "place": factor.place,
            }
            put(FACTOR, f"{factor.owner}|{factor.kind}", facets, {})
    if EXPORT in request.wanted:
        put(EXPORT, export.kind, *_export(export))
    counts = {
        ACCOUNT: len(export.accounts),
        POLICY: len(export.policies),
        FACTOR: len(export.factors),
        EXPORT: 1,
    }
    for type_, count in counts.items():
        if type_ in request.wanted:
            sink.listing(Listing(type_, request.source, file, ListingStatus.COMPLETE, count))


def _shower(request: CollectRequest) -> Callable[[str], str]:
    if request.options.get("names") == "keep":
        return lambda name: name
    # Bound to the source, so that masks of two engagements cannot be joined by themselves.
    key = hashlib.sha256(f"lpo-secaudit identity mask\x00{request.source}".encode()).digest()
    return lambda name: mask(name, key)


def _facets(values: Mapping[str, Any], why: str) -> tuple[dict[str, Any], dict[str, Gap]]:
    """Facets that are told, and a gap for each that is None."""
    data = {k: v for k, v in values.items() if v is not None}
    gaps = {k: Gap(GapReason.MISSING, f"the export does not say {why}: {k}") for k in values if k not in data}
    return data, gaps


def _account(account: Account, name: str) -> tuple[dict[str, Any], dict[str, Gap]]:
    def told(instant: datetime | None) -> str | None:
        return format_instant(instant.replace(microsecond=0)) if instant else None

    data, gaps = _facets(
        {
            "enabled": account.enabled,
            "admin": account.admin,
            "interactive": account.interactive,
            "mfa": account.mfa,
            "mfa_enforced": account.mfa_enforced,
            "bypass": account.bypass,
            "guest": account.guest,
            "created": told(account.created),
        },
        "of this account",
    )
    data |= {
        "name": name,
        "never_used": account.never_used,
        "keys": [told(k) for k in account.keys],
        "methods": list(account.methods),
        "status": account.status,
        "root": account.root,
        "place": account.place,
    }
    if account.last_used is not None:
        data["last_used"] = told(account.last_used)
    elif not account.never_used:
        gaps["last_used"] = Gap(GapReason.MISSING, "the export does not say when the account was last used")
        del data["never_used"]
        gaps["never_used"] = gaps["last_used"]
    else:
        data["last_used"] = None
    return data, gaps


def _policy(policy: Policy) -> tuple[dict[str, Any], dict[str, Gap]]:
    data, gaps = _facets(
        {
            "active": policy.active,
            "min_length": policy.min_length,
            "history": policy.history,
            "max_age_days": policy.max_age_days,
            "max_attempts": policy.max_attempts,
            "common_excluded": policy.common_excluded,
        },
        "of this policy",
    )
    return data | {"name": policy.name, "place": policy.place}, gaps


def _export(export: Export) -> tuple[dict[str, Any], dict[str, Gap]]:
    live = [a for a in export.accounts if a.enabled is not False and a.interactive is not False]
    data: dict[str, Any] = {
        "accounts": len(export.accounts),
        "counts": export.counts(),
        "problems": list(export.problems),
    }
    gaps: dict[str, Gap] = {}
    if any(a.mfa is None for a in live) or not export.accounts:
        gap = Gap(GapReason.MISSING, "the export does not say who has a second factor")
        gaps |= {"mfa_told": gap, "mfa_having": gap}
    else:
        data |= {"mfa_told": len(live), "mfa_having": sum(bool(a.mfa) for a in live)}
    if any(a.admin is None for a in export.accounts) or not export.accounts:
        gaps["admins"] = Gap(GapReason.MISSING, "the export does not say who is an administrator")
    else:
        data["admins"] = sum(bool(a.admin) for a in export.accounts)
    return data, gaps
