"""The `web` collector: asks named hosts how they speak TLS and HTTP. It follows no redirect."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from lpo_secaudit.model.evidence import Evidence, Gap, Listing, ListingStatus, Subject
from lpo_secaudit.plugins import CollectRequest, Sink

__all__ = ["WebCollector"]

TLS, HTTP = "web.tls", "web.http"
FACETS = {
    TLS: ("versions", "ciphers", "certificate", "trust", "canonical_name"),
    HTTP: ("status", "headers", "cookies", "security_txt", "plain"),
}
MAX_HOSTS = 200


class WebCollector:
    """Asks the named hosts, each at the address its name resolves to, and no other."""

    name = "web"
    version = "1"
    produces: Mapping[str, str] = {
        TLS: "how a host speaks TLS: versions, ciphers, certificate, trust",
        HTTP: "what a host says over HTTP: headers, cookies, security.txt, plain HTTP",
    }
    options_schema: Mapping[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["hosts"],
        "properties": {
            "hosts": {
                "type": "array",
                "minItems": 1,
                "maxItems": MAX_HOSTS,
                "uniqueItems": True,
                "items": {"type": "string", "pattern": r"^[A-Za-z0-9.-]+(:\d{1,5})?$"},
                "description": "hosts to ask, with :port where it is not 443; nothing else is asked",
            },
            "allow_private": {
                "type": "boolean",
                "description": "also ask hosts at private or loopback addresses",
            },
            "ca_file": {
                "type": "string",
                "description": "PEM file of authorities to trust instead of the system's",
            },
            "plain_port": {
                "type": "integer",
                "minimum": 1,
                "maximum": 65535,
                "description": "port of plain HTTP; 80",
            },
            "timeout_s": {
                "type": "number",
                "exclusiveMinimum": 0,
                "maximum": 120,
                "description": "for one answer; 10",
            },
        },
    }
    reads: tuple[str, ...] = (
        "TLS handshakes and two HTTPS pages of each named host",
        "one plain HTTP answer of each named host",
    )

    def collect(self, request: CollectRequest, sink: Sink) -> None:
        """One record a host and type; a host that cannot be reached is an unavailable listing of its own."""
        hosts = list(dict.fromkeys(request.options["hosts"]))
        with ThreadPoolExecutor(min(16, len(hosts)), thread_name_prefix="web") as pool:
            for done, _ in enumerate(pool.map(lambda host: self._host(host, request, sink), hosts), 1):
                sink.progress(done, len(hosts), "hosts")

    def permissions(self, request: CollectRequest) -> tuple[str, ...]:
        return tuple(f"connect to {host}" for host in request.options["hosts"])

    def _host(self, host: str, request: CollectRequest, sink: Sink) -> None:
        from lpo_secaudit_plugins.web.addresses import RefusedError, parse_endpoint, resolve
        from lpo_secaudit_plugins.web.http import observe_http
        from lpo_secaudit_plugins.web.tls import observe_tls

        options = request.options
        timeout_s = float(options.get("timeout_s", 10.0))
        wanted = [type_ for type_ in FACETS if type_ in request.wanted]
        try:
            name, port = parse_endpoint(host)
            endpoint = resolve(name, port, allow_private=bool(options.get("allow_private", False)))
        except RefusedError as refused:
            for type_ in wanted:
                sink.listing(Listing(type_, request.source, host, ListingStatus.UNAVAILABLE, 0, refused.gap))
            return
        for type_ in wanted:
            if type_ == TLS:
                ca_file = request.base / options["ca_file"] if "ca_file" in options else None
                data, gaps = observe_tls(endpoint, ca_file=ca_file, timeout_s=timeout_s)
            else:
                data, gaps = observe_http(endpoint, int(options.get("plain_port", 80)), timeout_s)
            self._record(type_, host, data, gaps, request, sink)

    def _record(
        self,
        type_: str,
        host: str,
        data: Mapping[str, Any],
        gaps: Mapping[str, Gap],
        request: CollectRequest,
        sink: Sink,
    ) -> None:
        read = request.wanted[type_]
        sink.record(
            Evidence(
                Subject(type_, host, request.source),
                {facet: value for facet, value in data.items() if facet in read},
                self.name,
                request.now,
                {facet: gap for facet, gap in gaps.items() if facet in read},
            )
        )
        sink.listing(Listing(type_, request.source, host, ListingStatus.COMPLETE, 1))
