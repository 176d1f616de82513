"""TLS of one host: versions and ciphers it accepts, its certificate, and whether a client trusts it."""

from __future__ import annotations

import socket
import ssl
from datetime import UTC
from pathlib import Path
from typing import Any

from lpo_secaudit.model.evidence import Gap
from lpo_secaudit_plugins.web.addresses import Endpoint
from lpo_secaudit_plugins.web.failures import gap_of
from lpo_secaudit_plugins.web.hello import CIPHERS, VERSIONS, ask

__all__ = ["observe_tls"]

MAX_CIPHERS = 60
TLS13 = tuple(c for c in CIPHERS if c >> 8 == 0x13)
OLDER = tuple(c for c in CIPHERS if c >> 8 != 0x13)


def observe_tls(
    endpoint: Endpoint, *, ca_file: Path | None, timeout_s: float
) -> tuple[dict[str, Any], dict[str, Gap]]:
    """Facets of the host, such as `versions` and `trust`; a facet that could not be seen is a gap."""
    data: dict[str, Any] = {"canonical_name": endpoint.canonical_name}
    gaps: dict[str, Gap] = {}
    address = endpoint.addresses[0]
    try:
        versions, ciphers = _accepted(endpoint, address, timeout_s)
        data["versions"], data["ciphers"] = versions, ciphers
    except (OSError, ValueError) as error:
        gaps["versions"] = gaps["ciphers"] = gap_of(error, "tls:ClientHello")
    try:
        data["certificate"] = _certificate(_leaf(endpoint, address, timeout_s))
    except (OSError, ValueError) as error:
        gaps["certificate"] = gap_of(error, "tls:handshake")
    try:
        data["trust"] = _trust(endpoint, address, ca_file, timeout_s)
    except (OSError, ValueError) as error:
        gaps["trust"] = gap_of(error, "tls:verify")
    return data, gaps


def _accepted(endpoint: Endpoint, address: str, timeout_s: float) -> tuple[list[str], list[str]]:
    """Versions accepted, oldest first, and ciphers accepted under any of them, in the registry's names."""
    numbers = {name: code for code, name in CIPHERS.items()}
    versions, ciphers = [], dict[str, None]()
    for name, version in VERSIONS.items():
        left = list(TLS13 if version == 0x0304 else OLDER)
        for _ in range(MAX_CIPHERS):
            answer = ask(address, endpoint.port, endpoint.host, version, tuple(left), timeout_s)
            if answer.version != version or answer.cipher is None:
                break
            if name not in versions:
                versions.append(name)
            ciphers[answer.cipher] = None
            chosen = numbers.get(answer.cipher)
            if chosen not in left:
                break
            left.remove(chosen)
            if not left:
                break
    return versions, sorted(ciphers)


def _context(*, verify: bool, ca_file: Path | None = None) -> ssl.SSLContext:
    context = ssl.create_default_context(cafile=str(ca_file) if ca_file else None)
    if not verify:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
        # An old server shall show its certificate too; nothing secret is said on this connection.
        context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
        context.set_ciphers("ALL:@SECLEVEL=0")
    return context


def _leaf(endpoint: Endpoint, address: str, timeout_s: float) -> bytes:
    with (
        socket.create_connection((address, endpoint.port), timeout_s) as raw,
        _context(verify=False).wrap_socket(raw, server_hostname=endpoint.host) as secured,
    ):
        found = secured.getpeercert(binary_form=True)
    if not found:
        raise ValueError("the host shows no certificate")
    return found


def _certificate(der: bytes) -> dict[str, Any]:
    from cryptography import x509
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    certificate = x509.load_der_x509_certificate(der)
    key = certificate.public_key()
    bits = key.key_size if isinstance(key, rsa.RSAPublicKey | ec.EllipticCurvePublicKey) else None
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        hosts = sorted(names.get_values_for_type(x509.DNSName))
    except x509.ExtensionNotFound:
        hosts = []
    algorithm = certificate.signature_hash_algorithm
    return {
        "subject": certificate.subject.rfc4514_string()[:500],
        "issuer": certificate.issuer.rfc4514_string()[:500],
        "names": hosts[:200],
        "not_before": certificate.not_valid_before_utc.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "not_after": certificate.not_valid_after_utc.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "key": type(key).__name__.removeprefix("_").removesuffix("PublicKey"),
        "key_bits": bits,
        "signature_hash": algorithm.name if algorithm else None,
        "self_issued": certificate.issuer == certificate.subject,
    }


def _trust(endpoint: Endpoint, address: str, ca_file: Path | None, timeout_s: float) -> dict[str, Any]:
    context = _context(verify=True, ca_file=ca_file)
    # What is asked is whether the chain holds, not whether the version is modern: `versions` says that.
    context.minimum_version = ssl.TLSVersion.MINIMUM_SUPPORTED
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    try:
        with (
            socket.create_connection((address, endpoint.port), timeout_s) as raw,
            context.wrap_socket(raw, server_hostname=endpoint.host),
        ):
            return {"trusted": True, "reason": None}
    except ssl.SSLCertVerificationError as error:
        return {"trusted": False, "reason": error.verify_message}
