"""The `mail-dns` collector: what the DNS says of a domain's mail and certificates."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lpo_secaudit.model.evidence import Evidence, Gap, GapReason, Listing, ListingStatus, Subject
from lpo_secaudit.plugins import CollectRequest, Sink

__all__ = ["COMMON_SELECTORS", "MailDnsCollector"]

DOMAIN = "mail.domain"
COMMON_SELECTORS = ("default", "selector1", "selector2", "google", "s1", "s2", "k1", "k2", "mail", "dkim")


class MailDnsCollector:
    """Asks a resolver about the named domains; the one page it fetches is the domain's MTA-STS policy."""

    name = "mail-dns"
    version = "1"
    produces: Mapping[str, str] = {
        DOMAIN: "mail and DNS policy of a domain: SPF, DKIM, DMARC, MTA-STS, CAA, DNSSEC"
    }
    options_schema: Mapping[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["domains"],
        "properties": {
            "domains": {
                "type": "array",
                "minItems": 1,
                "maxItems": 200,
                "uniqueItems": True,
                "items": {"type": "string", "pattern": r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)+$"},
                "description": "domains to ask about",
            },
            "selectors": {
                "type": "array",
                "items": {"type": "string", "pattern": r"^[A-Za-z0-9._-]+$"},
                "description": "the provider's DKIM selectors; without them common names are tried",
            },
            "resolver": {
                "type": "string",
                "description": "address[:port] of the resolver; default: the system's",
            },
            "trust_anchors": {
                "type": "array",
                "items": {"type": "string"},
                "description": "DS records `zone tag algorithm digest-type digest`; default: the root's",
            },
            "timeout_s": {
                "type": "number",
                "exclusiveMinimum": 0,
                "maximum": 60,
                "description": "for one question; 5",
            },
        },
    }
    reads: tuple[str, ...] = (
        "public DNS records of each named domain",
        "https://mta-sts.<domain>/.well-known/mta-sts.txt where the domain announces it",
    )

    def collect(self, request: CollectRequest, sink: Sink) -> None:
        """One record a domain; a facet that was asked and not answered is a gap."""
        from lpo_secaudit_plugins.mail_dns.lookup import Lookup

        lookup = Lookup.at(request.options.get("resolver"), float(request.options.get("timeout_s", 5.0)))
        domains = list(request.options["domains"])
        with ThreadPoolExecutor(min(16, len(domains)), thread_name_prefix="dns") as pool:
            asked = pool.map(lambda domain: self._facets(domain, lookup, request), domains)
            for done, (domain, (data, gaps)) in enumerate(zip(domains, asked, strict=True), 1):
                subject = Subject(DOMAIN, domain, request.source)
                sink.record(Evidence(subject, data, self.name, request.now, gaps))
                sink.progress(done, len(domains), "domains")
        sink.listing(Listing(DOMAIN, request.source, "", ListingStatus.COMPLETE, len(domains)))

    def permissions(self, request: CollectRequest) -> tuple[str, ...]:
        return tuple(f"ask the DNS about {domain}" for domain in request.options["domains"])

    def _facets(
        self, domain: str, lookup: Any, request: CollectRequest
    ) -> tuple[dict[str, Any], dict[str, Gap]]:
        from lpo_secaudit_plugins.mail_dns import dnssec, records
        from lpo_secaudit_plugins.mail_dns.lookup import GapError

        options = request.options
        selectors = tuple(options.get("selectors", COMMON_SELECTORS))
        anchors = tuple(options.get("trust_anchors", dnssec.ROOT_ANCHORS))
        questions: dict[str, Callable[[], Any]] = {
            "mx": lambda: lookup.ask(domain, "MX"),
            "ns": lambda: lookup.ask(domain, "NS"),
            "spf": lambda: records.spf(lookup, domain),
            "dkim": lambda: {
                "keys": records.dkim(lookup, domain, selectors),
                "asked": list(selectors),
                "named": "selectors" in options,
            },
            "dmarc": lambda: records.dmarc(lookup, domain),
            "mta_sts": lambda: _mta_sts(domain, lookup, float(options.get("timeout_s", 5.0))),
            "tls_rpt": lambda: records.tls_rpt(lookup, domain),
            "caa": lambda: records.caa(lookup, domain),
            "dnssec": lambda: dnssec.dnssec_state(lookup, domain, anchors),
        }
        data: dict[str, Any] = {}
        gaps: dict[str, Gap] = {}
        for facet in sorted(request.wanted.get(DOMAIN, frozenset())):
            try:
                data[facet] = questions[facet]()
            except GapError as error:
                gaps[facet] = error.gap
            except (ValueError, KeyError):
                gaps[facet] = Gap(GapReason.FAILED, "the record cannot be read")
        return data, gaps


def _mta_sts(domain: str, lookup: Any, timeout_s: float) -> dict[str, Any] | None:
    """The announced policy (RFC 8461 section 3.2); None where none is announced.

    Raises:
        GapError: the policy is announced and cannot be fetched over trusted HTTPS.
    """
    import http.client
    import ssl

    from lpo_secaudit_plugins.mail_dns.lookup import GapError
    from lpo_secaudit_plugins.mail_dns.records import mta_sts
    from lpo_secaudit_plugins.web.addresses import RefusedError, resolve
    from lpo_secaudit_plugins.web.failures import failure_in_words
    from lpo_secaudit_plugins.web.http import get

    identifier = mta_sts(lookup, domain)
    if identifier is None:
        return None
    operation = f"GET https://mta-sts.{domain}/.well-known/mta-sts.txt"
    try:
        endpoint = resolve(f"mta-sts.{domain}", 443, allow_private=False)
        context = ssl.create_default_context()
        status, _, _, body = get(endpoint, 443, "/.well-known/mta-sts.txt", timeout_s, context=context)
    except RefusedError as refused:
        raise GapError(refused.gap) from refused
    except (OSError, http.client.HTTPException) as error:
        raise GapError(Gap(GapReason.FAILED, failure_in_words(error), operation)) from error
    if status != 200:
        raise GapError(Gap(GapReason.FAILED, f"the policy page answers {status}", operation))
    fields: dict[str, list[str]] = {}
    for line in body.decode("utf-8", "replace").splitlines()[:200]:
        key, colon, value = line.partition(":")
        if colon:
            fields.setdefault(key.strip().lower(), []).append(value.strip()[:253])
    mode = next(iter(fields.get("mode", ())), None)
    return {"id": identifier, "mode": mode, "mx": sorted(fields.get("mx", []))}
