"""Routes, groups and ACLs against packet-by-packet reading."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_secaudit_plugins.aws.reasoning.addresses import AddressSet
from lpo_secaudit_plugins.aws.reasoning.network import (
    TCP,
    UDP,
    Ports,
    acl_ports_open_to,
    acl_sources,
    group_ports_open_to_world,
    group_sources,
    internet_routes,
    is_public_ip,
    reachable_from,
    route_table_of,
    unresolved_lists,
)

CIDRS = [
    "0.0.0.0/0",
    "0.0.0.0/1",
    "128.0.0.0/1",
    "8.0.0.0/8",
    "8.8.0.0/16",
    "8.8.8.8/32",
    "10.0.0.0/8",
    "130.0.0.0/8",
]
SAMPLES = ["8.8.8.8", "8.8.9.9", "8.9.9.9", "9.9.9.9", "10.1.1.1", "130.1.1.1", "200.1.1.1"]
PORTS = [0, 21, 22, 23, 80, 443, 1024, 65535]


def within(address: str, cidr: str) -> bool:
    return ipaddress.ip_address(address) in ipaddress.ip_network(cidr)


spans = st.tuples(st.sampled_from(PORTS), st.sampled_from(PORTS)).map(sorted)


@st.composite
def acl_entries(draw: st.DrawFn) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "RuleNumber": draw(st.integers(1, 32767)),
        "Protocol": draw(st.sampled_from(["-1", "6", "17"])),
        "RuleAction": draw(st.sampled_from(["allow", "deny"])),
        "Egress": draw(st.booleans()),
        "CidrBlock": draw(st.sampled_from(CIDRS)),
    }
    if entry["Protocol"] != "-1":
        low, high = draw(spans)
        entry["PortRange"] = {"From": low, "To": high}
    return entry


@settings(deadline=None)
@given(entries=st.lists(acl_entries(), max_size=6, unique_by=lambda e: e["RuleNumber"]), egress=st.booleans())
def test_an_acl_decides_by_its_first_matching_rule(entries: list[dict[str, Any]], egress: bool) -> None:
    for protocol in (TCP, UDP):
        for port in PORTS:
            found = acl_sources({"Entries": entries}, Ports(protocol, port, port), egress=egress)
            for address in SAMPLES:
                decision = "deny"
                for entry in sorted(entries, key=lambda e: e["RuleNumber"]):
                    span = entry.get("PortRange", {"From": 0, "To": 65535})
                    if (
                        entry["Egress"] is egress
                        and entry["Protocol"] in ("-1", str(protocol))
                        and span["From"] <= port <= span["To"]
                        and within(address, entry["CidrBlock"])
                    ):
                        decision = entry["RuleAction"]
                        break
                assert (address in found) is (decision == "allow")


@st.composite
def permissions(draw: st.DrawFn) -> dict[str, Any]:
    rule: dict[str, Any] = {"IpProtocol": draw(st.sampled_from(["-1", "tcp", "udp", "6", "icmp"]))}
    rule["IpRanges"] = [{"CidrIp": c} for c in draw(st.lists(st.sampled_from(CIDRS), max_size=2))]
    if rule["IpProtocol"] != "-1":
        rule["FromPort"], rule["ToPort"] = draw(spans)
    return rule


@settings(deadline=None)
@given(groups=st.lists(st.lists(permissions(), max_size=3), max_size=3))
def test_groups_add_up(groups: list[list[dict[str, Any]]]) -> None:
    items = [{"IpPermissions": rules} for rules in groups]
    world = group_ports_open_to_world(items)
    for protocol, words in ((TCP, ("-1", "tcp", "6")), (UDP, ("-1", "udp"))):
        for port in PORTS:
            found = group_sources(items, Ports(protocol, port, port))
            for address in SAMPLES:
                assert (address in found) is any(
                    rule["IpProtocol"] in words
                    and rule.get("FromPort", 0) <= port <= rule.get("ToPort", 65535)
                    and any(within(address, r["CidrIp"]) for r in rule["IpRanges"])
                    for rules in groups
                    for rule in rules
                )
            assert found.is_broad is any(p.protocol == protocol and p.low <= port <= p.high for p in world)


TARGETS = st.sampled_from(
    [
        {"GatewayId": "igw-1"},
        {"GatewayId": "local"},
        {"NatGatewayId": "nat-1"},
        {"State": "blackhole", "GatewayId": "igw-1"},
    ]
)


@settings(deadline=None)
@given(routes=st.dictionaries(st.sampled_from(CIDRS), TARGETS, max_size=6))
def test_the_longest_prefix_wins(routes: dict[str, dict[str, str]]) -> None:
    table = {"Routes": [{"DestinationCidrBlock": cidr, **target} for cidr, target in routes.items()]}
    found = internet_routes(table)
    for address in SAMPLES:
        matching = [c for c in routes if within(address, c)]
        best = max(matching, key=lambda c: ipaddress.ip_network(c).prefixlen, default=None)
        expected = best is not None and routes[best] == {"GatewayId": "igw-1"} and is_public_ip(address)
        assert (address in found) is expected


MAIN = {"VpcId": "vpc-1", "Associations": [{"Main": True}], "Routes": []}
OTHER_MAIN = {
    "VpcId": "vpc-2",
    "Associations": [{"Main": True}],
    "Routes": [{"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": "igw-2"}],
}
OWN = {"VpcId": "vpc-1", "Associations": [{"SubnetId": "subnet-1", "Main": False}], "Routes": []}


def test_a_subnet_without_a_table_follows_the_main_one_of_its_own_vpc() -> None:
    tables = [OTHER_MAIN, MAIN, OWN]
    assert route_table_of({"SubnetId": "subnet-9", "VpcId": "vpc-1"}, tables) is MAIN
    assert route_table_of({"SubnetId": "subnet-1", "VpcId": "vpc-1"}, tables) is OWN
    assert route_table_of({"SubnetId": "subnet-9", "VpcId": "vpc-3"}, tables) is None


def test_reaching_needs_a_way_in_and_a_way_back() -> None:
    routes = AddressSet.of("0.0.0.0/0")
    group = [
        {
            "IpPermissions": [
                {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
            ]
        }
    ]
    ssh = Ports(TCP, 22, 22)
    way_in = {
        "RuleNumber": 1,
        "Protocol": "6",
        "RuleAction": "allow",
        "Egress": False,
        "CidrBlock": "0.0.0.0/0",
        "PortRange": {"From": 22, "To": 22},
    }
    way_back = {**way_in, "Egress": True, "PortRange": {"From": 1024, "To": 65535}}
    assert reachable_from(routes=routes, groups=group, acl=None, ports=ssh).is_broad
    assert reachable_from(
        routes=routes, groups=group, acl={"Entries": [way_in, way_back]}, ports=ssh
    ).is_broad
    assert not reachable_from(routes=routes, groups=group, acl={"Entries": [way_in]}, ports=ssh)
    assert not reachable_from(routes=AddressSet(), groups=group, acl=None, ports=ssh)
    assert not reachable_from(routes=routes, groups=group, acl=None, ports=ssh, versions=(6,))
    assert acl_ports_open_to({"Entries": [way_in]}, TCP) == (ssh,)


def test_what_lies_in_prefix_lists_is_not_guessed() -> None:
    group = {"IpPermissions": [{"IpProtocol": "-1", "PrefixListIds": [{"PrefixListId": "pl-1"}]}]}
    assert unresolved_lists([group], Ports(TCP, 22, 22)) == ("pl-1",)
    assert not group_sources([group], Ports(TCP, 22, 22))


def test_known_prefix_lists_count_like_ranges() -> None:
    rule = {"IpProtocol": "tcp", "FromPort": 22, "ToPort": 22, "PrefixListIds": [{"PrefixListId": "pl-1"}]}
    group = {"IpPermissions": [rule], "prefix_lists": {"pl-1": ["0.0.0.0/1", "128.0.0.0/1"]}}
    assert not unresolved_lists([group], Ports(TCP, 22, 22))
    assert group_sources([group], Ports(TCP, 22, 22)) == AddressSet.of("0.0.0.0/0")


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("8.8.8.8", True),
        ("10.0.0.1", False),
        ("2a00::1", True),
        ("fd00::1", False),
        ("fe80::1", False),
        (None, False),
    ],
)
def test_public_addresses(address: str | None, public: bool) -> None:
    assert is_public_ip(address) is public
