"""Checks of web endpoints whose condition a schema cannot say: dates, header grammar, cipher names."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime, timedelta

from lpo_secaudit.check.wording import in_words
from lpo_secaudit.model.check import (
    CheckFunction,
    Record,
    Verdict,
    World,
    not_applicable,
    not_satisfied,
    satisfied,
)

__all__ = ["FUNCTIONS"]

# NULL and anonymous suites protect nothing; EXPORT, DES, RC4 and 3DES fall to known attacks (RFC 9325, 4.1).
WEAK = re.compile(r"_(NULL|anon|EXPORT|DES|DES40|RC4|3DES)_|_(NULL|RC4)\b|_MD5$")


def ciphers(host: Record, world: World) -> Verdict:
    weak = [c for c in host["ciphers"] if WEAK.search(c)]
    if weak:
        return not_satisfied(f"{host.subject.id} accepts {', '.join(weak[:5])}")
    if not host["ciphers"]:
        return not_satisfied(f"{host.subject.id} accepted no cipher that was offered")
    return satisfied(f"none of the {len(host['ciphers'])} ciphers that {host.subject.id} accepts is weak")


def expiry(host: Record, world: World) -> Verdict:
    days = int(world.parameters["days"])
    ends = datetime.fromisoformat(host["certificate"]["not_after"])
    begins = datetime.fromisoformat(host["certificate"]["not_before"])
    left = ends - world.evaluated_at
    if begins > world.evaluated_at:
        return not_satisfied(f"the certificate of {host.subject.id} is valid only from {begins:%Y-%m-%d}")
    if left < timedelta(0):
        return not_satisfied(f"the certificate of {host.subject.id} expired on {ends:%Y-%m-%d}")
    if left < timedelta(days=days):
        return not_satisfied(
            f"the certificate of {host.subject.id} expires in {left.days} days, on {ends:%Y-%m-%d}"
        )
    return satisfied(f"the certificate of {host.subject.id} is valid until {ends:%Y-%m-%d}")


def hsts(host: Record, world: World) -> Verdict:
    """RFC 6797 section 6.1."""
    header = host["headers"].get("strict-transport-security")
    if header is None:
        return not_satisfied(f"{host.subject.id} sends no Strict-Transport-Security")
    found = re.search(r"(?:^|;)\s*max-age\s*=\s*\"?(\d{1,12})\"?", header, re.IGNORECASE)
    age, least = int(found[1]) if found else 0, int(world.parameters["seconds"])
    if age < least:
        return not_satisfied(f"{host.subject.id} asks for HTTPS for {age} s only, {least} s are expected")
    return satisfied(f"{host.subject.id} asks for HTTPS for {age} s")


def headers(host: Record, world: World) -> Verdict:
    sent = host["headers"]
    missing = (
        []
        if sent.get("x-content-type-options", "").strip().lower() == "nosniff"
        else ["X-Content-Type-Options"]
    )
    policy = sent.get("content-security-policy", "")
    if not policy:
        missing.append("Content-Security-Policy")
    if "frame-ancestors" not in policy and "x-frame-options" not in sent:
        missing.append("X-Frame-Options or frame-ancestors")
    if missing:
        return not_satisfied(f"{host.subject.id} does not send {', '.join(missing)}")
    return satisfied(f"{host.subject.id} sends the expected security headers")


def cookies(host: Record, world: World) -> Iterable[Verdict]:
    """RFC 6265 sections 4.1.2.5 and 4.1.2.6."""
    if not host["cookies"]:
        yield not_applicable(f"{host.subject.id} sets no cookie on its first page")
        return
    loose = [c["name"] for c in host["cookies"] if not (c["secure"] and c["http_only"])]
    if loose:
        yield not_satisfied(f"{host.subject.id} sets {', '.join(loose[:5])} without Secure and HttpOnly")
    else:
        yield satisfied(f"all {len(host['cookies'])} cookies of {host.subject.id} are Secure and HttpOnly")


def security_txt(host: Record, world: World) -> Verdict:
    """RFC 9116 section 2.5."""
    found = host["security_txt"]
    if found is None or not found["contact"]:
        return not_satisfied(f"{host.subject.id} names no contact in /.well-known/security.txt")
    try:
        ends = datetime.fromisoformat(found["expires"] or "")
    except ValueError:
        return not_satisfied(f"the security.txt of {host.subject.id} has no valid Expires")
    if ends.tzinfo is None or ends < world.evaluated_at:
        return not_satisfied(f"the security.txt of {host.subject.id} expired on {in_words(found['expires'])}")
    return satisfied(f"{host.subject.id} names {in_words(found['contact'][0])} until {ends:%Y-%m-%d}")


FUNCTIONS: dict[str, CheckFunction] = {
    "web-tls-ciphers": ciphers,
    "web-certificate-expiry": expiry,
    "web-hsts": hsts,
    "web-security-headers": headers,
    "web-cookies": cookies,
    "web-security-txt": security_txt,
}
