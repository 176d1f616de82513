"""Conditions of the table: when a call is worth making at all. Each reads facets seen before."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["CONDITIONS"]


def key_can_rotate(data: Mapping[str, Any]) -> bool:
    """AWS KMS rotates enabled symmetric encryption keys with its own material, nothing else."""
    return (
        data["KeyManager"] == "CUSTOMER"
        and data["KeyState"] == "Enabled"
        and data["KeySpec"] in ("SYMMETRIC_DEFAULT", None)
        and data["Origin"] == "AWS_KMS"
    )


def key_is_own(data: Mapping[str, Any]) -> bool:
    """AWS writes the policies of its own keys."""
    return bool(data["KeyManager"] == "CUSTOMER")


def snapshot_can_be_public(data: Mapping[str, Any]) -> bool:
    """RDS lets only unencrypted manual snapshots be restored by everybody."""
    encrypted = data.get("Encrypted", data.get("StorageEncrypted"))
    return encrypted is not True and data["SnapshotType"] not in ("automated", "awsbackup")


def hub_enabled(data: Mapping[str, Any]) -> bool:
    """There is a Security Hub to ask about."""
    return data["hub"] is not None


def names_prefix_lists(data: Mapping[str, Any]) -> bool:
    """A rule of the group lets in what a prefix list holds."""
    return any(rule.get("PrefixListIds") for rule in data["IpPermissions"] or ())


CONDITIONS: Mapping[str, Callable[[Mapping[str, Any]], bool]] = {
    check.__name__: check
    for check in (key_can_rotate, key_is_own, snapshot_can_be_public, hub_enabled, names_prefix_lists)
}
