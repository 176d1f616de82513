"""Parties seen in mail records and trust policies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from lpo_secaudit.formats.yaml import parse_yaml
from lpo_secaudit.model.check import CheckFunction, Record, Verdict, World, not_applicable
from lpo_secaudit.model.evidence import Subject

__all__ = ["FUNCTIONS", "operator_of"]

PARTY = "party"
MAX_NAMES = 200

_ACCOUNT = re.compile(r"(?:arn:[a-z-]+:(?:iam|sts)::)?(\d{12})(?::|\Z)")
_INCLUDE = re.compile(r"(?:include:|redirect=)([a-z0-9._-]{1,253})", re.IGNORECASE)


@cache
def _operators() -> Mapping[str, str]:
    raw = (files("lpo_secaudit_plugins.parties") / "operators.yaml").read_bytes()
    found: Mapping[str, str] = parse_yaml(raw, "operators.yaml").value["operators"]
    return found


def operator_of(host: str) -> str:
    """The name of a mail host's service; the host's last two labels where it is not known."""
    labels = host.rstrip(".").lower().split(".")
    for start in range(len(labels)):
        name = _operators().get(".".join(labels[start:]))
        if name:
            return name
    return ".".join(labels[-2:])


def _host(entry: Any) -> str:
    """The host of an MX entry, as text "10 mx.example." or as an object."""
    if isinstance(entry, Mapping):
        entry = next((entry[k] for k in ("host", "exchange", "value") if k in entry), "")
    return str(entry).split()[-1] if str(entry).split() else ""


def _mail(record: Record, world: World) -> Iterator[Verdict]:
    domain = record.subject.id.rstrip(".").lower()
    seen: dict[str, str] = {}
    for host in map(_host, (record["mx"] or [])[:MAX_NAMES]):
        if host.strip("."):
            seen.setdefault(host, f"mail for {domain} is received by {host.rstrip('.')}")
    for text in ((record["spf"] or {}).get("records") or [])[:MAX_NAMES]:
        for host in _INCLUDE.findall(str(text))[:MAX_NAMES]:
            seen.setdefault(host, f"mail from {domain} may be sent by {host} (SPF)")
    for host, words in seen.items():
        name = operator_of(host)
        if name != operator_of(domain):
            yield not_applicable(words, Subject(PARTY, name, record.subject.source))
    if not seen:
        yield not_applicable(f"{domain} names no mail service")


def _trusted(record: Record, world: World) -> Iterator[Verdict]:
    own = _ACCOUNT.match(record.subject.id)
    found = set()
    document = record["AssumeRolePolicyDocument"]
    statements = document.get("Statement", []) if isinstance(document, Mapping) else []
    for statement in statements if isinstance(statements, list) else [statements]:
        if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow":
            continue
        principal = statement.get("Principal")
        named = principal.get("AWS", []) if isinstance(principal, Mapping) else []
        for arn in named if isinstance(named, list) else [named]:
            match = _ACCOUNT.match(str(arn))
            if match and (own is None or match[1] != own[1]):
                found.add(match[1])
    for account in sorted(found)[:MAX_NAMES]:
        words = f"role {record.subject.id} may be assumed by AWS account {account}"
        yield not_applicable(words, Subject(PARTY, f"AWS account {account}", record.subject.source))
    if not found:
        yield not_applicable("the role trusts no other account")


FUNCTIONS: Mapping[str, CheckFunction] = {
    "party-mail-services": _mail,
    "party-trusted-accounts": _trusted,
}
