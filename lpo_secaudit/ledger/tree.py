"""Merkle tree roots and proofs, made (RFC 9162, 2.1). `ledger.proofs` checks them by other code.

The tree is seen through one function: `node(height, index)` gives the hash of the complete
subtree over entries `index * 2**height` up to, not including, `(index + 1) * 2**height`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lpo_secaudit.ledger.hashing import EMPTY_ROOT, node_hash

__all__ = ["Nodes", "consistency", "fold", "inclusion", "root"]

Nodes = Callable[[int, int], bytes]


def fold(hashes: Sequence[bytes]) -> bytes:
    """The hash over a power of two of sibling hashes."""
    level = list(hashes)
    while len(level) > 1:
        level = [node_hash(level[i], level[i + 1]) for i in range(0, len(level), 2)]
    return level[0]


def _split(size: int) -> int:
    """Largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _range(node: Nodes, start: int, stop: int) -> bytes:
    size = stop - start
    if size & (size - 1) == 0:
        height = size.bit_length() - 1
        return node(height, start >> height)
    middle = start + _split(size)
    return node_hash(_range(node, start, middle), _range(node, middle, stop))


def root(node: Nodes, size: int) -> bytes:
    """The tree's root hash at a size."""
    return _range(node, 0, size) if size else EMPTY_ROOT


def inclusion(node: Nodes, index: int, size: int) -> list[bytes]:
    """PATH of RFC 9162, 2.1.3.1: siblings from the leaf upwards."""
    path: list[bytes] = []
    start, stop = 0, size
    while stop - start > 1:
        middle = start + _split(stop - start)
        if index < middle:
            path.append(_range(node, middle, stop))
            stop = middle
        else:
            path.append(_range(node, start, middle))
            start = middle
    return path[::-1]


def consistency(node: Nodes, old: int, new: int) -> list[bytes]:
    """PROOF of RFC 9162, 2.1.4.1 between two sizes; empty where old is 0 or equals new."""
    path: list[bytes] = []
    start, stop = 0, new
    if old in (0, new):
        return path
    whole = True  # the old tree's part of [start, stop) is still a root that the verifier knows
    while old != stop:
        middle = start + _split(stop - start)
        if old <= middle:
            path.append(_range(node, middle, stop))
            stop = middle
        else:
            path.append(_range(node, start, middle))
            start = middle
            whole = False
    if not whole:
        path.append(_range(node, start, stop))
    return path[::-1]
