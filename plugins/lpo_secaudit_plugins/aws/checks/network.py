"""What the internet can reach: groups, ACLs, instances, databases, warehouses."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from lpo_secaudit.check.wording import in_words
from lpo_secaudit.model.check import (
    CheckFunction,
    Record,
    UnavailableError,
    Verdict,
    World,
    not_applicable,
    not_satisfied,
    satisfied,
)
from lpo_secaudit_plugins.aws.checks.common import arn_beside, cannot_tell
from lpo_secaudit_plugins.aws.reasoning.addresses import AddressSet
from lpo_secaudit_plugins.aws.reasoning.network import (
    TCP,
    UDP,
    Ports,
    acl_ports_open_to,
    acl_rule_for_everything,
    group_ports_open_to_world,
    group_sources,
    internet_routes,
    is_public_ip,
    reachable_from,
    route_table_of,
    unresolved_lists,
)

__all__ = ["FUNCTIONS"]

_TABLE = ("VpcId", "Routes", "Associations")


def _item(record: Record, *facets: str) -> dict[str, Any]:
    return {facet: record[facet] for facet in facets}


def _group(record: Record) -> dict[str, Any]:
    """A group's rules, with what their prefix lists hold where that could be seen."""
    group = _item(record, "IpPermissions")
    with suppress(UnavailableError):
        group["prefix_lists"] = record["prefix_lists"] or {}
    return group


def _open_ports(record: Record, ports: Sequence[int]) -> Verdict:
    group = [_group(record)]
    for port in ports:
        sources = group_sources(group, Ports(TCP, port, port))
        if sources.is_broad:
            return not_satisfied(f"TCP {port} is open to {sources}")
    for port in ports:
        lists = unresolved_lists(group, Ports(TCP, port, port))
        if lists:
            raise cannot_tell(
                f"what prefix list {in_words(lists[0])} lets in to TCP {port} could not be seen"
            )
    return satisfied(f"TCP {', '.join(map(str, ports))} not open to the internet")


def _ssh(record: Record, world: World) -> Verdict:
    return _open_ports(record, (22,))


def _risky_ports(record: Record, world: World) -> Verdict:
    return _open_ports(record, [int(p) for p in world.parameters["ports"]])


def _acl(record: Record, world: World) -> Verdict:
    acl = _item(record, "Entries")
    wide = {protocol: acl_ports_open_to(acl, protocol) for protocol in (TCP, UDP)}
    if all((ports and (ports[0].low, ports[0].high) == (0, 65535)) for ports in wide.values()):
        return not_satisfied("every TCP and UDP port is open to the internet")
    number = acl_rule_for_everything(acl)
    still_open = sum(ports.high - ports.low + 1 for found in wide.values() for ports in found)
    if number is not None and still_open > 65536:
        # Closing a few ports first does not make it a choice of ports.
        return not_satisfied(
            f"rule {in_words(number)} opens all ports that no earlier rule closes to the internet"
        )
    return satisfied("not every port is open to the internet")


# --------------------------------------------------------------------------------------- instances


def _public_addresses(record: Record) -> list[str]:
    found = [record["PublicIpAddress"]]
    for interface in record["NetworkInterfaces"] or ():
        found.append((interface.get("Association") or {}).get("PublicIp"))
        for private in interface.get("PrivateIpAddresses") or ():
            found.append((private.get("Association") or {}).get("PublicIp"))
        found.extend(address.get("Ipv6Address") for address in interface.get("Ipv6Addresses") or ())
    return list(
        dict.fromkeys(in_words(a) for a in found if a and (":" not in str(a) or is_public_ip(str(a))))
    )


def _instance_public_ip(record: Record, world: World) -> Verdict:
    found = _public_addresses(record)
    return (
        not_satisfied(f"has the address {found[0]}") if found else satisfied("has no address on the internet")
    )


def _subnet_is_public(record: Record, subnet_id: str, world: World) -> bool:
    """Whether the subnet's own route table, or its VPC's main one, leads to an internet gateway."""
    return _internet(record, subnet_id, world).is_broad


def _internet(record: Record, subnet_id: str, world: World) -> AddressSet:
    region = record.subject.region
    place = arn_beside(record, "ec2", f"subnet/{subnet_id}")
    subnet = world.find("aws.ec2.subnet", place)
    if subnet is None:
        raise cannot_tell(f"the subnet {in_words(subnet_id, 'without an id')} was not listed")
    tables = [_item(t, *_TABLE) for t in world.all("aws.ec2.route-table", region)]
    table = route_table_of(_item(subnet, "SubnetId", "VpcId"), tables)
    if table is None:
        raise cannot_tell(f"no route table for subnet {in_words(subnet_id, 'without an id')} was listed")
    return internet_routes(table)


def _enclave_public_ip(record: Record, world: World) -> Verdict:
    found = _public_addresses(record)
    if found:
        return not_satisfied(f"has the address {found[0]}")
    subnet = record["SubnetId"]
    if not subnet or not isinstance(subnet, str):
        raise cannot_tell("the instance's subnet is not known")
    if _subnet_is_public(record, subnet, world):
        return not_satisfied(f"its subnet {subnet} has a route to an internet gateway")
    return satisfied("has no public address, in a private subnet")


def _groups(record: Record, ids: Sequence[str], world: World) -> list[dict[str, Any]]:
    found = []
    for group_id in ids:
        place = arn_beside(record, "ec2", f"security-group/{group_id}")
        group = world.find("aws.ec2.security-group", place)
        if group is None:
            raise cannot_tell(f"the security group {in_words(group_id, 'without an id')} was not listed")
        found.append(_group(group))
    return found


def _instance_groups(record: Record, world: World) -> list[dict[str, Any]]:
    ids = [g["GroupId"] for g in record["SecurityGroups"] or ()]
    for interface in record["NetworkInterfaces"] or ():
        ids.extend(g["GroupId"] for g in interface.get("Groups") or ())
    return _groups(record, list(dict.fromkeys(ids)), world)


def _enclave_ingress(record: Record, world: World) -> Verdict:
    allowed = {int(p) for p in world.parameters["allowed_ports"]}
    groups = _instance_groups(record, world)
    for ports in group_ports_open_to_world(groups):
        if any(
            port not in allowed for port in range(ports.low, min(ports.high, ports.low + len(allowed)) + 1)
        ):
            return not_satisfied(f"{ports} is open to the internet")
    _no_unseen_list(groups, *(Ports(protocol, 0, 65535) for protocol in (TCP, UDP)))
    return satisfied(f"no port but {', '.join(map(str, sorted(allowed)))} is open to the internet")


def _enclave_proxy(record: Record, world: World) -> Verdict:
    groups = _instance_groups(record, world)
    wide = [p for p in group_ports_open_to_world(groups) if p.protocol == TCP]
    for low, high in world.parameters["ports"]:
        for ports in wide:
            if ports.low <= int(high) and ports.high >= int(low):
                return not_satisfied(f"{ports} is open to the internet; enclave proxies use {low}-{high}")
    _no_unseen_list(groups, *(Ports(TCP, int(low), int(high)) for low, high in world.parameters["ports"]))
    return satisfied("the usual ports of enclave proxies are closed to the internet")


def _no_unseen_list(groups: Sequence[Mapping[str, Any]], *asked: Ports) -> None:
    for ports in asked:
        lists = unresolved_lists(groups, ports)
        if lists:
            raise cannot_tell(f"what prefix list {in_words(lists[0])} lets in could not be seen")


# ---------------------------------------------------------------------------- databases, warehouses


def _acl_of(record: Record, subnet_id: str, world: World) -> dict[str, Any] | None:
    for acl in world.all("aws.ec2.network-acl", record.subject.region):
        if any(a.get("SubnetId") == subnet_id for a in acl["Associations"] or ()):
            return _item(acl, "Entries")
    return None


def _exposed(record: Record, port: Any, group_ids: list[str], subnet_ids: list[str], world: World) -> Verdict:
    """Whether the port of something with a public address can be spoken to from the internet.

    Raises:
        UnavailableError: a part of the path was not seen, and the rest does not close it.
    """
    if not isinstance(port, int) or isinstance(port, bool) or port <= 0:
        raise cannot_tell("the port it listens on is not known")
    asked = Ports(TCP, port, port)
    groups = _groups(record, group_ids, world)
    if not group_sources(groups, asked).is_broad:
        _no_unseen_list(groups, asked)
        return satisfied(f"publicly addressable, but no group opens TCP {port} to the internet")
    if not subnet_ids:
        return _somewhere(record, group_ids, world)
    missing: UnavailableError | None = None
    for subnet in subnet_ids:
        try:
            routes = _internet(record, subnet, world)
            sources = reachable_from(
                routes=routes, groups=groups, acl=_acl_of(record, subnet, world), ports=asked
            )
        except UnavailableError as error:
            missing = error
            continue
        if sources.is_broad:
            return not_satisfied(f"the internet can reach TCP {port} through subnet {in_words(subnet)}")
    if missing:
        raise missing
    return satisfied("publicly addressable, but no path from the internet leads to its subnets")


def _somewhere(record: Record, group_ids: list[str], world: World) -> Verdict:
    """The verdict on something whose subnets are not told: it lies in one of its groups' VPC.

    Raises:
        UnavailableError: one of them has a way to the internet.
    """
    region = record.subject.region
    places = [arn_beside(record, "ec2", f"security-group/{group_id}") for group_id in group_ids]
    vpcs = {str(found["VpcId"]) for p in places if (found := world.find("aws.ec2.security-group", p))}
    subnets = [str(s["SubnetId"]) for s in world.all("aws.ec2.subnet", region) if s["VpcId"] in vpcs]
    if not subnets or any(_subnet_is_public(record, subnet, world) for subnet in subnets):
        raise cannot_tell("its subnets are not known")
    return satisfied("publicly addressable, but no subnet of its VPC has a route to the internet")


def _rds(record: Record, world: World) -> Verdict:
    if record["PubliclyAccessible"] is False:
        return satisfied("not publicly accessible")
    port = (record["Endpoint"] or {}).get("Port") or record["DbInstancePort"]
    groups = [g["VpcSecurityGroupId"] for g in record["VpcSecurityGroups"] or ()]
    subnets = [s["SubnetIdentifier"] for s in (record["DBSubnetGroup"] or {}).get("Subnets") or ()]
    return _exposed(record, port, groups, subnets, world)


def _redshift(record: Record, world: World) -> Verdict:
    if record["PubliclyAccessible"] is False:
        return satisfied("not publicly accessible")
    port = (record["Endpoint"] or {}).get("Port")
    groups = [g["VpcSecurityGroupId"] for g in record["VpcSecurityGroups"] or ()]
    name = record["ClusterSubnetGroupName"]
    place = arn_beside(record, "redshift", f"subnetgroup:{name}")
    found = world.find("aws.redshift.subnet-group", place) if name else None
    subnets = [s["SubnetIdentifier"] for s in found["Subnets"] or ()] if found else []
    return _exposed(record, port, groups, subnets, world)


_PUBLIC_NAME = re.compile(r"ec2-(\d+)-(\d+)-(\d+)-(\d+)\.")
_PRIVATE_NAME = re.compile(r"(ip-\d+-\d+-\d+-\d+\.|i-[0-9a-f]+\.).*(internal|compute\.internal)$")


def _emr(record: Record, world: World) -> Verdict:
    name = record["MasterPublicDnsName"]
    if not name:
        raise cannot_tell("the master node has no name yet")
    match = _PUBLIC_NAME.match(str(name))
    if match:
        address = ".".join(match.groups())
        if is_public_ip(address):
            return not_satisfied(f"the master node has the address {address}")
        return satisfied(f"the master node has the private address {address}")
    if _PRIVATE_NAME.match(str(name)):
        return satisfied(f"the master node's name is {in_words(name)}")
    if re.fullmatch(r"[\d.]+|[0-9a-fA-F:]+", str(name)):
        return (
            not_satisfied(f"the address is {name}")
            if is_public_ip(str(name))
            else satisfied(f"the address is {name}")
        )
    raise cannot_tell(f"the name {in_words(name)} does not tell whether the address is public")


# --------------------------------------------------------------------------------------- flow logs


def _flow_logs(record: Record, world: World) -> Verdict:
    region, vpc = record.subject.region, record["VpcId"]
    if not any(i["VpcId"] == vpc for i in world.all("aws.ec2.network-interface", region)):
        return not_applicable("nothing is attached to the VPC")
    problems = []
    for log in world.seen("aws.ec2.flow-log", region):
        if log["ResourceId"] != vpc:
            continue
        if log["FlowLogStatus"] not in (None, "ACTIVE"):
            problems.append(f"{log.subject.id} is not active (status: {in_words(log['FlowLogStatus'])})")
        elif log["TrafficType"] == "ACCEPT":
            problems.append(f"{log.subject.id} records accepted traffic only")
        else:
            # Rejected traffic is what the CIS benchmark asks for: it shows what was tried.
            return satisfied(f"{log.subject.id} records {in_words(log['TrafficType'] or 'ALL')} traffic")
    world.all("aws.ec2.flow-log", region)
    return not_satisfied(problems[0] if problems else "the VPC has no flow log")


FUNCTIONS: Mapping[str, CheckFunction] = {
    "aws-ec2-securitygroup-allow-ingress-from-internet-to-tcp-port-22": _ssh,
    "aws-ec2-securitygroup-allow-ingress-from-internet-to-remote-desktop-or-database": _risky_ports,
    "aws-ec2-networkacl-allow-ingress-any-port": _acl,
    "aws-ec2-instance-public-ip": _instance_public_ip,
    "aws-ec2-confidential-workload-host-public-ip": _enclave_public_ip,
    "aws-ec2-confidential-workload-host-unrestricted-ingress": _enclave_ingress,
    "aws-ec2-confidential-workload-host-vsock-proxy-exposed": _enclave_proxy,
    "aws-rds-instance-no-public-access": _rds,
    "aws-redshift-cluster-public-access": _redshift,
    "aws-emr-cluster-master-nodes-no-public-ip": _emr,
    "aws-vpc-flow-logs-enabled": _flow_logs,
}
