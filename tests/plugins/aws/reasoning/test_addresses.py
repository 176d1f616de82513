"""Address sets against membership, address by address."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_secaudit_plugins.aws.reasoning.addresses import EVERYWHERE, NOWHERE, AddressSet

v4 = st.tuples(st.integers(0, 2**32 - 1), st.integers(0, 32)).map(
    lambda p: str(ipaddress.ip_network((p[0], p[1]), strict=False))
)
v6 = st.tuples(st.integers(0, 2**128 - 1), st.integers(0, 128)).map(
    lambda p: str(ipaddress.IPv6Network((p[0], p[1]), strict=False))
)
cidrs = st.lists(st.one_of(v4, v6), max_size=5)


def probes(networks: list[str]) -> list[ipaddress.IPv4Address | ipaddress.IPv6Address]:
    """Addresses at and beside every edge: nothing changes between them."""
    found: set[ipaddress.IPv4Address | ipaddress.IPv6Address] = set()
    for text in networks:
        network = ipaddress.ip_network(text)
        for edge in (int(network.network_address), int(network.broadcast_address)):
            for value in (edge - 1, edge, edge + 1):
                if 0 <= value < 2**network.max_prefixlen:
                    found.add(type(network.network_address)(value))
    return sorted(found, key=lambda a: (a.version, int(a)))


def inside(address: ipaddress.IPv4Address | ipaddress.IPv6Address, networks: list[str]) -> bool:
    return any(
        address.version == n.version and address in n
        for n in (ipaddress.ip_network(text) for text in networks)
    )


@given(left=cidrs, right=cidrs)
def test_algebra_is_that_of_membership(left: list[str], right: list[str]) -> None:
    a, b = AddressSet.of(*left), AddressSet.of(*right)
    for address in probes(left + right):
        text, in_a, in_b = str(address), inside(address, left), inside(address, right)
        assert (text in a | b) is (in_a or in_b)
        assert (text in a & b) is (in_a and in_b)
        assert (text in a - b) is (in_a and not in_b)
        assert (text in ~a) is (not in_a)
    assert ~~a == a
    assert (a <= b) is (not a - b)


@given(networks=cidrs)
def test_equal_sets_are_equal_values(networks: list[str]) -> None:
    halves = [
        str(half)
        for text in networks
        for half in (
            ipaddress.ip_network(text).subnets()
            if ipaddress.ip_network(text).prefixlen < ipaddress.ip_network(text).max_prefixlen
            else [ipaddress.ip_network(text)]
        )
    ]
    assert AddressSet.of(*reversed(halves)) == AddressSet.of(*networks)


@pytest.mark.parametrize(
    ("networks", "broad"),
    [
        (["0.0.0.0/0"], True),
        (["0.0.0.0/1", "128.0.0.0/1"], True),
        (["0.0.0.0/1"], True),
        (["::/0"], True),
        (["2000::/3"], True),
        ([f"{n}.0.0.0/8" for n in range(20, 24)], True),
        (["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10"], False),
        (["198.51.100.0/24"], False),
        (["52.0.0.0/8"], False),
        (["fc00::/7", "fe80::/10"], False),
        (["2a00:1450::/32"], False),
        ([], False),
    ],
)
def test_broad_is_more_than_anybody_in_particular(networks: list[str], broad: bool) -> None:
    assert AddressSet.of(*networks).is_broad is broad


def test_everything_and_nothing() -> None:
    assert not NOWHERE
    assert AddressSet.of("0.0.0.0/1", "128.0.0.0/1", "::/0") == EVERYWHERE
    assert str(AddressSet.of("128.0.0.0/1", "0.0.0.0/1")) == "0.0.0.0/0"
    with pytest.raises(ValueError, match="does not appear"):
        AddressSet.of("300.0.0.0/8")
