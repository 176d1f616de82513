"""Effective reachability from the internet: routes, security groups, network ACLs.

The arguments are what EC2's Describe operations return; a group may have `prefix_lists` as well, the
CIDRs of the lists that its rules name. A path is open when the subnet's own route
table sends internet traffic to an internet gateway, the ACL lets it in and the answers out, and a
group lets it in (Amazon VPC User Guide).
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from lpo_secaudit_plugins.aws.reasoning.addresses import EVERYWHERE, NOWHERE, AddressSet, public_addresses

__all__ = [
    "Ports",
    "acl_ports_open_to",
    "acl_rule_for_everything",
    "acl_sources",
    "group_ports_open_to_world",
    "group_sources",
    "internet_routes",
    "route_table_of",
    "unresolved_lists",
]

Item = Mapping[str, Any]

TCP, UDP = 6, 17
_PROTOCOLS = {"tcp": 6, "udp": 17, "icmp": 1, "icmpv6": 58}


@dataclass(frozen=True, slots=True)
class Ports:
    """An inclusive range of ports of one protocol number (6 TCP, 17 UDP)."""

    protocol: int
    low: int
    high: int

    def __str__(self) -> str:
        name = {TCP: "TCP", UDP: "UDP"}.get(self.protocol, f"protocol {self.protocol}")
        return f"{name} {self.low}" if self.low == self.high else f"{name} {self.low}-{self.high}"


def _protocol(value: object) -> int:
    """The protocol number; -1 for all of them."""
    text = str(value).lower()
    return _PROTOCOLS.get(text) or int(text)


def _cidrs(rule: Item, lists: Mapping[str, Sequence[str]]) -> AddressSet:
    cidrs = [r["CidrIp"] for r in rule.get("IpRanges") or ()]
    cidrs += [r["CidrIpv6"] for r in rule.get("Ipv6Ranges") or ()]
    for entry in rule.get("PrefixListIds") or ():
        cidrs += lists.get(entry["PrefixListId"], ())
    return AddressSet.of(*cidrs)


def _applies(rule: Item, ports: Ports) -> bool:
    """Whether a group's rule covers any of the ports."""
    protocol = _protocol(rule["IpProtocol"])
    if protocol == -1:
        return True
    if protocol != ports.protocol:
        return False
    low, high = rule.get("FromPort"), rule.get("ToPort")
    if low is None or low == -1:
        return True
    return int(low) <= ports.high and int(high if high is not None else low) >= ports.low


def group_sources(groups: Iterable[Item], ports: Ports) -> AddressSet:
    """From where any of the ports can be reached through any of the groups: the union of their rules."""
    found = NOWHERE
    for group in groups:
        for rule in group.get("IpPermissions") or ():
            if _applies(rule, ports):
                found |= _cidrs(rule, group.get("prefix_lists") or {})
    return found


def unresolved_lists(groups: Iterable[Item], ports: Ports) -> tuple[str, ...]:
    """Prefix lists that rules for these ports name and that the group's `prefix_lists` do not hold."""
    return tuple(
        sorted(
            {
                entry["PrefixListId"]
                for group in groups
                for rule in group.get("IpPermissions") or ()
                if _applies(rule, ports)
                for entry in rule.get("PrefixListIds") or ()
                if entry["PrefixListId"] not in (group.get("prefix_lists") or {})
            }
        )
    )


def group_ports_open_to_world(
    groups: Sequence[Item], protocols: Iterable[int] = (TCP, UDP)
) -> tuple[Ports, ...]:
    """The port ranges of which every port is open to a broad part of the internet."""
    found = []
    for protocol in protocols:
        edges = {0, 65536}
        for group in groups:
            for rule in group.get("IpPermissions") or ():
                if _protocol(rule["IpProtocol"]) == protocol and rule.get("FromPort") not in (None, -1):
                    edges |= {int(rule["FromPort"]), int(rule["ToPort"]) + 1}
        found.extend(_joined(protocol, edges, lambda ports: group_sources(groups, ports).is_broad))
    return tuple(found)


def _joined(protocol: int, edges: set[int], is_open: Any) -> list[Ports]:
    """Between two neighbouring edges no rule changes, so one port answers for all."""
    found: list[Ports] = []
    marks = sorted(e for e in edges if 0 <= e <= 65536)
    for low, after in pairwise(marks):
        if not is_open(Ports(protocol, low, low)):
            continue
        if found and found[-1].high + 1 == low:
            found[-1] = Ports(protocol, found[-1].low, after - 1)
        else:
            found.append(Ports(protocol, low, after - 1))
    return found


def acl_sources(acl: Item, ports: Ports, *, egress: bool = False) -> AddressSet:
    """The addresses an ACL lets through for one port (`ports.low`): rules in order, first match decides."""
    allowed, decided = NOWHERE, NOWHERE
    for entry in sorted(acl.get("Entries") or (), key=lambda e: int(e["RuleNumber"])):
        if bool(entry.get("Egress")) is not egress or not _entry_applies(entry, ports):
            continue
        cidr = entry.get("CidrBlock") or entry.get("Ipv6CidrBlock")
        if not cidr:
            continue
        here = AddressSet.of(cidr) - decided
        if entry.get("RuleAction") == "allow":
            allowed |= here
        decided |= here
    return allowed


def _entry_applies(entry: Item, ports: Ports) -> bool:
    protocol = _protocol(entry["Protocol"])
    if protocol == -1:
        return True
    if protocol != ports.protocol:
        return False
    span = entry.get("PortRange")
    return span is None or int(span["From"]) <= ports.low <= int(span["To"])


def acl_ports_open_to(acl: Item, protocol: int) -> tuple[Ports, ...]:
    """The port ranges that an ACL lets a broad part of the internet in to."""
    edges = {0, 65536}
    for entry in acl.get("Entries") or ():
        span = entry.get("PortRange")
        if span:
            edges |= {int(span["From"]), int(span["To"]) + 1}
    return tuple(_joined(protocol, edges, lambda ports: acl_sources(acl, ports).is_broad))


def acl_rule_for_everything(acl: Item) -> int | None:
    """The number of a rule that lets a broad part of the internet in by every protocol and port."""
    for entry in acl.get("Entries") or ():
        cidr = entry.get("CidrBlock") or entry.get("Ipv6CidrBlock")
        if (
            not entry.get("Egress")
            and entry.get("RuleAction") == "allow"
            and _protocol(entry["Protocol"]) == -1
            and cidr
            and AddressSet.of(cidr).is_broad
        ):
            return int(entry["RuleNumber"])
    return None


def route_table_of(subnet: Item, tables: Iterable[Item]) -> Item | None:
    """The route table in force: the subnet's own, else the main table of its own VPC."""
    main = None
    for table in tables:
        if table.get("VpcId") != subnet["VpcId"]:
            continue
        for association in table.get("Associations") or ():
            if association.get("SubnetId") == subnet["SubnetId"]:
                return table
            if association.get("Main"):
                main = table
    return main


def internet_routes(table: Item) -> AddressSet:
    """The public addresses that traffic goes to through an internet gateway: longest prefix wins."""
    routes = []
    for route in table.get("Routes") or ():
        cidr = route.get("DestinationCidrBlock") or route.get("DestinationIpv6CidrBlock")
        if cidr:
            to_internet = str(route.get("GatewayId") or "").startswith("igw-")
            routes.append(
                (ipaddress.ip_network(cidr, strict=False), to_internet and route.get("State") != "blackhole")
            )
    found, decided = NOWHERE, NOWHERE
    for network, to_internet in sorted(routes, key=lambda r: -r[0].prefixlen):
        here = AddressSet.of(str(network)) - decided
        if to_internet:
            found |= here
        decided |= here
    return found & public_addresses()


def reachable_from(
    *,
    routes: AddressSet,
    groups: Sequence[Item],
    acl: Item | None,
    ports: Ports,
    versions: Sequence[int] = (4, 6),
) -> AddressSet:
    """From where one port can be spoken to: sources that may come in and can be answered.

    Args:
        routes: of the subnet, from `internet_routes`.
        acl: of the subnet; None where it is not known, which lets everything through.
        ports: one port (`ports.low` is asked for).
        versions: IP versions in which the thing has a public address.
    """
    found = routes & group_sources(groups, ports)
    if acl is not None:
        back = Ports(ports.protocol, 1024, 1024)  # answers go to the client's ephemeral ports
        found &= acl_sources(acl, ports) & acl_sources(acl, back, egress=True)
    return AddressSet(found.v4 if 4 in versions else (), found.v6 if 6 in versions else ())


def is_public_ip(address: str | None) -> bool:
    """Whether an address, given as text, can be reached from the internet."""
    return bool(address) and bool(AddressSet.of(str(address)) & public_addresses() & EVERYWHERE)
