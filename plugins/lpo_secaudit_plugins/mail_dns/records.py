"""Reading of mail policy records: SPF, DKIM, DMARC, MTA-STS, TLS-RPT, CAA."""

from __future__ import annotations

import base64
import binascii
from typing import Any

from lpo_secaudit_plugins.mail_dns.lookup import Lookup

__all__ = ["caa", "dkim", "dmarc", "mta_sts", "spf", "tags", "tls_rpt"]

MAX_LOOKUPS = 10
MAX_DEPTH = 10


def tags(text: str) -> dict[str, str]:
    """`name=value; name=value` of DKIM, DMARC and their kin (RFC 6376 section 3.2); names lower case."""
    found: dict[str, str] = {}
    for part in text.split(";"):
        name, equals, value = part.partition("=")
        if equals:
            found.setdefault(name.strip().lower(), value.strip())
    return found


def spf(lookup: Lookup, domain: str) -> dict[str, Any]:
    """The SPF policy of a domain (RFC 7208).

    Returns `records` (texts), `all` (qualifier of the `all` that ends it, "redirect", or None),
    `lookups` (DNS questions its evaluation costs; more than ten make it void, section 4.6.4) and
    `problems`.

    Raises:
        GapError: a question was not answered.
    """
    records = [t for t in lookup.texts(domain) if t.lower() == "v=spf1" or t.lower().startswith("v=spf1 ")]
    problems: list[str] = []
    cost = [0]
    ending = _spf_record(lookup, records[0], domain, cost, problems, 0) if len(records) == 1 else None
    if len(records) > 1:
        problems.append(f"{len(records)} SPF records, which makes all of them void (section 4.5)")
    if cost[0] > MAX_LOOKUPS:
        problems.append(f"more than {MAX_LOOKUPS} DNS lookups, which makes it void (section 4.6.4)")
    return {"records": records, "all": ending, "lookups": cost[0], "problems": problems}


def _spf_record(
    lookup: Lookup, record: str, domain: str, cost: list[int], problems: list[str], depth: int
) -> str | None:
    ending: str | None = None
    redirect: str | None = None
    for term in record.split()[1:]:
        lower = term.lower()
        qualifier = lower[0] if lower[0] in "+-~?" else "+"
        mechanism, _, value = lower.lstrip("+-~?").partition(":")
        if mechanism == "all":
            ending = qualifier
            break
        if lower.startswith("redirect="):
            redirect = lower.partition("=")[2]
            continue
        if mechanism.partition("/")[0] in ("a", "mx", "ptr", "exists", "include"):
            cost[0] += 1
        if mechanism == "ptr":
            problems.append("uses `ptr`, which should not be used (section 5.5)")
        if mechanism == "include" and cost[0] <= MAX_LOOKUPS:
            _nested(lookup, value, cost, problems, depth)
    if ending is None and redirect is not None:
        cost[0] += 1
        if cost[0] <= MAX_LOOKUPS:
            return _nested(lookup, redirect, cost, problems, depth)
    return ending


def _nested(lookup: Lookup, target: str, cost: list[int], problems: list[str], depth: int) -> str | None:
    if "%" in target or depth >= MAX_DEPTH:
        problems.append(f"{target[:100]} cannot be followed")
        return None
    found = [t for t in lookup.texts(target) if t.lower().startswith("v=spf1")]
    if len(found) != 1:
        problems.append(f"{target[:100]} has {len(found)} SPF records, one is needed")
        return None
    return _spf_record(lookup, found[0], target, cost, problems, depth + 1)


def dkim(lookup: Lookup, domain: str, selectors: tuple[str, ...]) -> list[dict[str, Any]]:
    """The keys found under the selectors (RFC 6376 section 3.6.1).

    Each with `selector`, `key` (rsa, ed25519 ...), `bits` (None where it cannot be read), `revoked`
    (an empty key) and `testing`.

    Raises:
        GapError: a question was not answered.
    """
    found = []
    for selector in selectors:
        for text in lookup.texts(f"{selector}._domainkey.{domain}"):
            read = tags(text)
            if "p" not in read:
                continue
            kind = read.get("k", "rsa").lower()
            raw = read["p"].replace(" ", "")
            found.append(
                {
                    "selector": selector,
                    "key": kind,
                    "bits": _bits(raw, kind) if raw else None,
                    "revoked": not raw,
                    "testing": "y" in read.get("t", "").split(":"),
                }
            )
    return found


def _bits(raw: str, kind: str) -> int | None:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
    from cryptography.hazmat.primitives.serialization import load_der_public_key

    try:
        der = base64.b64decode(raw, validate=True)
        if kind == "ed25519":
            return 256 if len(der) == 32 else None
        key = load_der_public_key(der)
    except (binascii.Error, ValueError):
        return None
    return key.key_size if isinstance(key, RSAPublicKey) else None


def dmarc(lookup: Lookup, domain: str) -> dict[str, Any] | None:
    """The DMARC policy at `_dmarc.<domain>` (RFC 7489 section 6.3); None where there is none.

    Raises:
        GapError: the question was not answered.
    """
    records = [
        t for t in lookup.texts(f"_dmarc.{domain}") if t.replace(" ", "").lower().startswith("v=dmarc1")
    ]
    if len(records) != 1:
        return (
            None if not records else {"records": len(records), "policy": None, "percent": None, "reports": []}
        )
    read = tags(records[0])
    percent = read.get("pct", "100")
    return {
        "records": 1,
        "policy": read.get("p", "").lower() or None,
        "subdomain_policy": read.get("sp", read.get("p", "")).lower() or None,
        "percent": int(percent) if percent.isdigit() and len(percent) < 4 else None,
        "reports": [r.strip()[:200] for r in read.get("rua", "").split(",") if r.strip()],
    }


def mta_sts(lookup: Lookup, domain: str) -> str | None:
    """The id of the MTA-STS record (RFC 8461 section 3.1); None where there is none.

    Raises:
        GapError: the question was not answered.
    """
    found = [
        t for t in lookup.texts(f"_mta-sts.{domain}") if t.replace(" ", "").lower().startswith("v=stsv1")
    ]
    return tags(found[0]).get("id", "") if len(found) == 1 else None


def tls_rpt(lookup: Lookup, domain: str) -> list[str] | None:
    """Where reports on failed TLS go (RFC 8460 section 3); None where there is no record.

    Raises:
        GapError: the question was not answered.
    """
    texts = lookup.texts(f"_smtp._tls.{domain}")
    found = [t for t in texts if t.replace(" ", "").lower().startswith("v=tlsrptv1")]
    if len(found) != 1:
        return None
    return [r.strip()[:200] for r in tags(found[0]).get("rua", "").split(",") if r.strip()]


def caa(lookup: Lookup, domain: str) -> list[str]:
    """The CAA records that bind the domain: its own or the nearest parent's (RFC 8659 section 3).

    Raises:
        GapError: a question was not answered.
    """
    labels = domain.split(".")
    for start in range(len(labels)):
        found = lookup.ask(".".join(labels[start:]), "CAA")
        if found:
            return found
    return []
