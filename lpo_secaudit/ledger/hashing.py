"""The two hashes of the ledger's Merkle tree (RFC 9162, 2.1.1); all that writer and verifier share."""

from __future__ import annotations

from hashlib import sha256

__all__ = ["EMPTY_ROOT", "leaf_hash", "node_hash"]

EMPTY_ROOT = sha256(b"").digest()


def leaf_hash(entry: bytes) -> bytes:
    """Hash of an entry's bytes."""
    return sha256(b"\x00" + entry).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node."""
    return sha256(b"\x01" + left + right).digest()
