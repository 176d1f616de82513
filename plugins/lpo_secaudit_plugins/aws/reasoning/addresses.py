"""Sets of IP addresses, closed under union, intersection and complement; both families at once.

A set is a pair of sorted, disjoint, non-adjacent ranges of integers, so that 0.0.0.0/1 with
128.0.0.0/1 is the same value as 0.0.0.0/0.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

__all__ = ["EVERYWHERE", "NOWHERE", "AddressSet", "public_addresses"]

Ranges = tuple[tuple[int, int], ...]  # inclusive ends

_TOP = {4: 2**32 - 1, 6: 2**128 - 1}


@dataclass(frozen=True, slots=True)
class AddressSet:
    """A set of IPv4 and IPv6 addresses.

    Attributes:
        v4: inclusive integer ranges, sorted, disjoint, not touching.
        v6: the same for IPv6.
    """

    v4: Ranges = ()
    v6: Ranges = ()

    @classmethod
    def of(cls, *cidrs: str) -> AddressSet:
        """The union of networks or single addresses; host bits are allowed, as AWS allows them.

        Raises:
            ValueError: one of them is no address or network.
        """
        ranges: dict[int, list[tuple[int, int]]] = {4: [], 6: []}
        for cidr in cidrs:
            network = ipaddress.ip_network(cidr.strip(), strict=False)
            ranges[network.version].append((int(network.network_address), int(network.broadcast_address)))
        return cls(_normal(ranges[4]), _normal(ranges[6]))

    def __or__(self, other: AddressSet) -> AddressSet:
        return AddressSet(_normal((*self.v4, *other.v4)), _normal((*self.v6, *other.v6)))

    def __and__(self, other: AddressSet) -> AddressSet:
        return AddressSet(_common(self.v4, other.v4), _common(self.v6, other.v6))

    def __invert__(self) -> AddressSet:
        return AddressSet(_rest(self.v4, _TOP[4]), _rest(self.v6, _TOP[6]))

    def __sub__(self, other: AddressSet) -> AddressSet:
        return self & ~other

    def __le__(self, other: AddressSet) -> bool:
        return not self - other

    def __bool__(self) -> bool:
        return bool(self.v4 or self.v6)

    def __contains__(self, address: str) -> bool:
        return bool(AddressSet.of(address) & self)

    @property
    def size_v4(self) -> int:
        return sum(high - low + 1 for low, high in self.v4)

    @property
    def size_v6(self) -> int:
        return sum(high - low + 1 for low, high in self.v6)

    @property
    def is_broad(self) -> bool:
        """Whether it holds so many public addresses that nobody in particular is meant.

        More than a /8 of public IPv4 or a /32 of public IPv6 addresses: the line that AWS draws
        for public bucket policies (Amazon S3 User Guide, "The meaning of public").
        """
        public = self & public_addresses()
        return public.size_v4 > 2**24 or public.size_v6 > 2**96

    def __str__(self) -> str:
        parts = [
            str(network)
            for version, ranges in ((4, self.v4), (6, self.v6))
            for low, high in ranges[:8]
            for network in ipaddress.summarize_address_range(_address(low, version), _address(high, version))
        ]
        more = len(self.v4) + len(self.v6) > 8 or len(parts) > 8
        return (", ".join(parts[:8]) or "nowhere") + (", ..." if more else "")


def _address(value: int, version: int) -> ipaddress.IPv4Address:
    # summarize_address_range is typed for either family, but only one at a time.
    return ipaddress.IPv4Address(value) if version == 4 else ipaddress.IPv6Address(value)  # type: ignore[return-value]


def _normal(ranges: Iterable[tuple[int, int]]) -> Ranges:
    merged: list[tuple[int, int]] = []
    for low, high in sorted(ranges):
        if merged and low <= merged[-1][1] + 1:
            merged[-1] = (merged[-1][0], max(high, merged[-1][1]))
        else:
            merged.append((low, high))
    return tuple(merged)


def _common(left: Ranges, right: Ranges) -> Ranges:
    found, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        low, high = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if low <= high:
            found.append((low, high))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return tuple(found)


def _rest(ranges: Ranges, top: int) -> Ranges:
    found, start = [], 0
    for low, high in ranges:
        if start < low:
            found.append((start, low - 1))
        start = high + 1
    if start <= top:
        found.append((start, top))
    return tuple(found)


NOWHERE = AddressSet()
EVERYWHERE = ~NOWHERE


@cache
def public_addresses() -> AddressSet:
    """What can be a source on the internet: global unicast, less the special-purpose registries.

    IPv4: RFC 6890 and its updates, RFC 1918, RFC 6598; multicast and reserved space. IPv6: only
    2000::/3 is delegated for global unicast (RFC 4291 section 2.4), less documentation space.
    """
    special = AddressSet.of(
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/3",
    )
    return (AddressSet.of("0.0.0.0/0") - special) | (
        AddressSet.of("2000::/3") - AddressSet.of("2001:db8::/32")
    )
