"""Checks of mail and DNS policy whose condition a schema cannot say."""

from __future__ import annotations

from lpo_secaudit.check.wording import in_words
from lpo_secaudit.model.check import (
    CheckFunction,
    Record,
    Verdict,
    World,
    not_applicable,
    not_satisfied,
    satisfied,
    unavailable,
)

__all__ = ["FUNCTIONS"]


def spf(domain: Record, world: World) -> Verdict:
    """RFC 7208."""
    found = domain["spf"]
    name = domain.subject.id
    if not found["records"]:
        return not_satisfied(f"{name} has no SPF record")
    if found["problems"]:
        return not_satisfied(f"SPF of {name}: {'; '.join(map(in_words, found['problems'][:3]))}")
    if found["all"] not in ("-", "~"):
        ending = {"+": "lets everybody send", "?": "says nothing of others"}.get(
            found["all"], "has no ending `all`"
        )
        return not_satisfied(f"SPF of {name} {ending}")
    return satisfied(
        f"SPF of {name} ends in {found['all']}all and costs {in_words(found['lookups'])} lookups"
    )


def dkim(domain: Record, world: World) -> Verdict:
    """RFC 8301 section 3.2: at least 1024 bits, 2048 recommended."""
    name, found, bits = domain.subject.id, domain["dkim"], int(world.parameters["bits"])
    if not domain["mx"]:
        return not_applicable(f"{name} takes no mail")
    keys = [k for k in found["keys"] if not k["revoked"]]
    if not keys and not found["named"]:
        # Selectors cannot be listed in the DNS, so not finding common ones shows nothing.
        return unavailable(
            f"no DKIM key of {name} under common selectors; name its selectors in the engagement"
        )
    if not keys:
        return not_satisfied(f"{name} publishes no DKIM key under {in_words(found['asked'])}")
    weak = [k for k in keys if k["key"] == "rsa" and (k["bits"] or 0) < bits]
    if weak:
        key, seen = in_words(weak[0]["selector"]), in_words(weak[0]["bits"], "not readable")
        return not_satisfied(
            f"DKIM key {key} of {name} is too weak (bits: {seen}; asked for: at least {bits})"
        )
    return satisfied(f"{name} publishes {len(keys)} DKIM keys of at least {bits} bits")


def dmarc(domain: Record, world: World) -> Verdict:
    """RFC 7489 section 6.3."""
    name, found = domain.subject.id, domain["dmarc"]
    if found is None:
        return not_satisfied(f"{name} has no DMARC policy")
    if found["records"] != 1:
        return not_satisfied(
            f"{name} has {in_words(found['records'], 'several')} DMARC records, which makes all of them void"
        )
    if found["policy"] not in ("quarantine", "reject"):
        return not_satisfied(f"DMARC of {name} only watches (policy: {in_words(found['policy'])})")
    if found["percent"] != 100:
        share = in_words(found["percent"], "not readable")
        return not_satisfied(f"DMARC of {name} does not cover all mail (percent: {share})")
    return satisfied(f"DMARC of {name} asks for {found['policy']}")


def mta_sts(domain: Record, world: World) -> Verdict:
    """RFC 8461."""
    name = domain.subject.id
    if not domain["mx"]:
        return not_applicable(f"{name} takes no mail")
    found = domain["mta_sts"]
    if found is None:
        return not_satisfied(f"{name} announces no MTA-STS policy")
    if found["mode"] != "enforce":
        return not_satisfied(f"MTA-STS of {name} is not enforced (mode: {in_words(found['mode'])})")
    return satisfied(f"MTA-STS of {name} is enforced")


FUNCTIONS: dict[str, CheckFunction] = {
    "mail-spf": spf,
    "mail-dkim": dkim,
    "mail-dmarc": dmarc,
    "mail-mta-sts": mta_sts,
}
