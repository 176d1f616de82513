"""DNSSEC: whether a domain's records are signed by keys that the root, or a given anchor, vouches for.

Steps (RFC 4035 section 5), from the anchor's zone down to the domain's:

1. the zone's keys: one of them matches a DS record already trusted, and signs the key set;
2. the DS records of the next zone below, signed by the keys of this one; none means that the
   domain is unsigned from here on (its parent says so);
3. in the domain's own zone, the SOA record is signed by the zone's keys.

Proofs of non-existence (NSEC, NSEC3) are left to the resolver that is asked.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from lpo_secaudit.model.evidence import Gap, GapReason
from lpo_secaudit_plugins.mail_dns.lookup import GapError, Lookup
from lpo_secaudit_plugins.web.failures import failure_in_words

if TYPE_CHECKING:
    import dns.name
    import dns.rrset

__all__ = ["ROOT_ANCHORS", "dnssec_state"]

# IANA root trust anchors, KSK-2017 and KSK-2024 (https://data.iana.org/root-anchors/root-anchors.xml).
ROOT_ANCHORS = (
    ". 20326 8 2 E06D44B80B8F1D39A95C0B0D7C65D08458E880409BBC683457104237C7F8EC8D",
    ". 38696 8 2 683D2D0ACB8C9B712A1948B27F741219298D0A450D612C483AF444A4C0FB2B16",
)


class _BrokenChainError(Exception):
    """The chain of keys and signatures does not hold."""


def dnssec_state(lookup: Lookup, domain: str, anchors: tuple[str, ...] = ROOT_ANCHORS) -> dict[str, Any]:
    """`{"state": "secure" | "insecure" | "bogus", "reason": ...}` of a domain.

    Args:
        anchors: trusted DS records as `zone tag algorithm digest-type digest`.

    Raises:
        GapError: a question was not answered.
        ValueError: an anchor is not a DS record, or none is above the domain.
    """
    import dns.exception
    import dns.name
    import dns.rdata

    name = dns.name.from_text(domain)
    trusted: dict[dns.name.Name, list[Any]] = {}
    for anchor in anchors:
        owner, _, rest = anchor.partition(" ")
        try:
            trusted.setdefault(dns.name.from_text(owner), []).append(dns.rdata.from_text("IN", "DS", rest))
        except dns.exception.DNSException as error:
            raise ValueError(f"{anchor[:80]!r} is not a DS record: {error}") from error
    above = [owner for owner in trusted if name.is_subdomain(owner)]
    if not above:
        raise ValueError(f"no trust anchor is above {domain}")
    zone = max(above, key=len)
    below = [name.split(depth)[1] for depth in range(len(zone) + 1, len(name) + 1)]
    try:
        keys = _keys(lookup, zone, trusted[zone])
        for child in below:
            signed_ds = _signed(lookup, child, "DS", keys, zone)
            if signed_ds is not None:
                zone, keys = child, _keys(lookup, child, list(signed_ds))
            elif _is_zone(lookup, child):
                reason = f"{zone} holds no DS record for {child}"
                return {"state": "insecure", "reason": reason}
        if _signed(lookup, zone, "SOA", keys, zone) is None:
            return {"state": "bogus", "reason": f"{zone} has no SOA record"}
    except (_BrokenChainError, dns.exception.ValidationFailure) as error:
        return {"state": "bogus", "reason": str(error)[:200] or "a signature does not verify"}
    return {"state": "secure", "reason": None}


def _fetch(lookup: Lookup, name: dns.name.Name, type_: str) -> tuple[Any, Any]:
    """The records of a name and their signatures, each None where there is none."""
    import dns.exception
    import dns.flags
    import dns.message
    import dns.query
    import dns.rcode
    import dns.rdataclass
    import dns.rdatatype

    operation = f"dns:{type_} {name}"
    query = dns.message.make_query(name, type_, want_dnssec=True)
    # Checking is ours: a validating resolver would answer SERVFAIL and keep the reason to itself.
    query.flags |= dns.flags.CD
    server = str(lookup.resolver.nameservers[0])
    try:
        answer, _ = dns.query.udp_with_fallback(
            query, server, timeout=lookup.resolver.lifetime, port=lookup.resolver.port
        )
    except dns.exception.Timeout as error:
        raise GapError(Gap(GapReason.TIMEOUT, "the resolver did not answer in time", operation)) from error
    except (dns.exception.DNSException, OSError) as error:
        raise GapError(Gap(GapReason.FAILED, failure_in_words(error), operation)) from error
    if answer.rcode() not in (dns.rcode.NOERROR, dns.rcode.NXDOMAIN):
        code = dns.rcode.to_text(answer.rcode())
        raise GapError(Gap(GapReason.FAILED, f"the resolver answered {code}", operation, code))
    kind = dns.rdatatype.from_text(type_)
    records = answer.get_rrset(answer.answer, name, dns.rdataclass.IN, kind)
    signatures = answer.get_rrset(answer.answer, name, dns.rdataclass.IN, dns.rdatatype.RRSIG, kind)
    return records, signatures


def _signed(lookup: Lookup, name: dns.name.Name, type_: str, keys: Any, zone: dns.name.Name) -> Any:
    """The records, once their signature by the zone's keys verifies; None where there are none."""
    import dns.dnssec

    records, signatures = _fetch(lookup, name, type_)
    if records is None:
        return None
    if signatures is None:
        raise _BrokenChainError(f"{type_} of {name} is not signed")
    dns.dnssec.validate(records, signatures, {zone: keys})
    return records


def _keys(lookup: Lookup, zone: dns.name.Name, trusted: list[Any]) -> Any:
    import dns.dnssec
    import dns.exception

    records, signatures = _fetch(lookup, zone, "DNSKEY")
    if records is None or signatures is None:
        raise _BrokenChainError(f"{zone} should be signed and shows no keys")
    for ds in trusted:
        for key in records:
            try:
                match = dns.dnssec.make_ds(zone, key, ds.digest_type, validating=True) == ds
            except (dns.exception.UnsupportedAlgorithm, dns.exception.DeniedByPolicy):
                continue
            if match:
                # The trusted key has to sign the set, or anybody could add a key to it.
                single = type(records)(records.name, records.rdclass, records.rdtype)
                single.add(key, records.ttl)
                dns.dnssec.validate(records, signatures, {zone: single})
                return records
    raise _BrokenChainError(f"no key of {zone} matches what its parent vouches for")


def _is_zone(lookup: Lookup, name: dns.name.Name) -> bool:
    return _fetch(lookup, name, "SOA")[0] is not None
