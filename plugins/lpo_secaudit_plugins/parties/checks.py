"""Parties seen in mail and name servers, hosts, cloud accounts, identity exports and trust policies."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from lpo_secaudit.check.wording import in_words
from lpo_secaudit.formats.yaml import parse_yaml
from lpo_secaudit.model.check import CheckFunction, Record, Verdict, World, not_applicable
from lpo_secaudit.model.evidence import Subject

__all__ = ["FUNCTIONS", "operator_of"]

PARTY = "party"
MAX_NAMES = 200

_ACCOUNT = re.compile(r"(?:arn:[a-z-]+:(?:iam|sts)::)?(\d{12})(?::|\Z)")
_INCLUDE = re.compile(r"(?:include:|redirect=)([a-z0-9._-]{1,253})", re.IGNORECASE)


_NUMBER = re.compile(r"-\d{1,3}\Z")
# Names under co.uk and its like are given out at the third label.
_SECOND_LEVEL = re.compile(r"\.(?:ac|co|com|edu|gov|net|org)\.[a-z]{2}\Z")


@cache
def _operators() -> Mapping[str, str]:
    raw = (files("lpo_secaudit_plugins.parties") / "operators.yaml").read_bytes()
    found: Mapping[str, str] = parse_yaml(raw, "operators.yaml").value["operators"]
    return found


def operator_of(host: str) -> str:
    """The name of the service behind a host; the domain it lies in where that is not known."""
    labels = host.rstrip(".").lower().split(".")
    for start in range(len(labels)):
        # Some services number their domains: awsdns-45.com.
        first = _NUMBER.sub("", labels[start])
        name = _operators().get(".".join((first, *labels[start + 1 :])))
        if name:
            return name
    return ".".join(labels[-3 if _SECOND_LEVEL.search(".".join(labels)) else -2 :])


def _host(entry: Any) -> str:
    """The host of an MX entry, as text "10 mx.example." or as an object."""
    if isinstance(entry, Mapping):
        entry = next((entry[k] for k in ("host", "exchange", "value") if k in entry), "")
    return entry.split()[-1] if isinstance(entry, str) and entry.split() else ""


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


def _names(record: Record, world: World) -> Iterator[Verdict]:
    domain = record.subject.id.rstrip(".").lower()
    hosts = [_host(entry) for entry in (record["ns"] or [])[:MAX_NAMES]]
    seen = {operator_of(host): host.rstrip(".") for host in reversed(hosts) if host.strip(".")}
    seen.pop(operator_of(domain), None)
    for name, host in sorted(seen.items()):
        words = f"names in {domain} are answered by {host}"
        yield not_applicable(words, Subject(PARTY, name, record.subject.source))
    if not seen:
        yield not_applicable(f"{domain} answers for its own names")


def _hosting(record: Record, world: World) -> Verdict:
    """Who a host's name leads to. Its address tells no name, so a host without an alias shows nobody."""
    host = record.subject.id.rpartition(":")[0] or record.subject.id
    leads_to = in_words(record["canonical_name"]).rstrip(".") if record["canonical_name"] else ""
    name = operator_of(leads_to) if leads_to else ""
    if not name or name == operator_of(host):
        return not_applicable(f"the name {host} leads to no other service")
    words = f"{host} is served by {leads_to}"
    return not_applicable(words, Subject(PARTY, name, record.subject.source))


def _cloud(record: Record, world: World) -> Verdict:
    words = f"the provider works in the AWS account {record.subject.id}"
    return not_applicable(words, Subject(PARTY, "Amazon Web Services", record.subject.source))


_DIRECTORIES = {"duo": "Cisco Duo", "entra": "Microsoft", "google": "Google", "okta": "Okta"}


def _identity(record: Record, world: World) -> Verdict:
    kind = str(record["kind"])
    name = _DIRECTORIES.get(kind.partition("-")[0])
    if name is None:
        return not_applicable(f"an export of kind {in_words(record['kind'])} names no service of its own")
    words = f"accounts are kept at {name} ({record.subject.id})"
    return not_applicable(words, Subject(PARTY, name, record.subject.source))


FUNCTIONS: Mapping[str, CheckFunction] = {
    "party-cloud-accounts": _cloud,
    "party-identity-services": _identity,
    "party-mail-services": _mail,
    "party-name-services": _names,
    "party-trusted-accounts": _trusted,
    "party-web-hosting": _hosting,
}
