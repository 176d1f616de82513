"""Which address a named host may be reached at: never one inside our own network, unless allowed.

A name that the provider controls may resolve to the auditor's metadata service or printer, and to
another address the second time it is asked. So a name is resolved once, every address is judged, and
the connection goes to the address that was judged.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass

from lpo_secaudit.model.evidence import Gap, GapReason

__all__ = ["Endpoint", "RefusedError", "parse_endpoint", "resolve"]


class RefusedError(Exception):
    """The host cannot or may not be reached; carries the gap to record."""

    def __init__(self, gap: Gap) -> None:
        super().__init__(gap.message)
        self.gap = gap


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A named host and port, the addresses it may be reached at, and the name its aliases lead to."""

    host: str
    port: int
    addresses: tuple[str, ...]
    canonical_name: str = ""

    @property
    def label(self) -> str:
        return self.host if self.port == 443 else f"{self.host}:{self.port}"


def parse_endpoint(text: str) -> tuple[str, int]:
    """`host` or `host:port` from the engagement.

    Raises:
        ValueError: not that form.
    """
    host, colon, port = text.rpartition(":") if text.count(":") == 1 else (text, "", "")
    if not colon:
        return text.strip("[]"), 443
    number = int(port)
    if not host or not 0 < number < 65536:
        raise ValueError(f"{text!r} is not a host with a port")
    return host, number


def _inside(address: str) -> bool:
    ip = ipaddress.ip_address(address)
    # An IPv4 address may hide in an IPv6 one (RFC 4291 2.5.5.2; RFC 6052).
    if isinstance(ip, ipaddress.IPv6Address):
        if ip.ipv4_mapped is not None:
            ip = ip.ipv4_mapped
        elif ip in ipaddress.ip_network("64:ff9b::/96"):
            ip = ipaddress.ip_address(int(ip) & 0xFFFFFFFF)
    return not ip.is_global or ip.is_multicast


def resolve(host: str, port: int, *, allow_private: bool) -> Endpoint:
    """Resolve a name once and judge its addresses.

    Raises:
        RefusedError: no address, or one that lies inside and is not allowed.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_CANONNAME)
    except (OSError, UnicodeError) as error:
        message = f"{host} does not resolve: {getattr(error, 'strerror', None) or error}"
        raise RefusedError(Gap(GapReason.FAILED, message, "resolve")) from error
    addresses = tuple(dict.fromkeys(str(info[4][0]).partition("%")[0] for info in found))
    inside = [a for a in addresses if _inside(a)]
    if inside and not allow_private:
        message = f"{host} resolves to {inside[0]}, which is not a public address"
        raise RefusedError(Gap(GapReason.REFUSED, message, "resolve"))
    canonical = next((str(info[3]) for info in found if info[3]), "")[:253].lower()
    return Endpoint(host, port, addresses, canonical)
