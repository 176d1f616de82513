"""Roots and proofs against a plain recursion, against pymerkle, and against what is wrong."""

from __future__ import annotations

from hashlib import sha256

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree, verify_consistency, verify_inclusion
from pymerkle.hasher import MerkleHasher

from lpo_secaudit.ledger import tree
from lpo_secaudit.ledger.hashing import EMPTY_ROOT, leaf_hash
from lpo_secaudit.ledger.proofs import CompactRange, consistent, included

ENTRIES = [b"entry %d" % i for i in range(130)]


def plain(entries: list[bytes]) -> bytes:
    """MTH of RFC 9162, 2.1.1, word for word."""
    if not entries:
        return sha256(b"").digest()
    if len(entries) == 1:
        return sha256(b"\x00" + entries[0]).digest()
    k = 1
    while k * 2 < len(entries):
        k *= 2
    return sha256(b"\x01" + plain(entries[:k]) + plain(entries[k:])).digest()


def node(height: int, index: int) -> bytes:
    return tree.fold([leaf_hash(e) for e in ENTRIES[index << height : (index + 1) << height]])


ROOTS = [plain(ENTRIES[:size]) for size in range(len(ENTRIES) + 1)]


def test_roots_are_those_of_the_definition() -> None:
    edge = CompactRange()
    for size, expected in enumerate(ROOTS):
        assert tree.root(node, size) == edge.root() == expected
        if size < len(ENTRIES):
            edge.add(leaf_hash(ENTRIES[size]))
    assert ROOTS[0] == EMPTY_ROOT


def test_every_entry_is_proven_in_every_tree_and_nowhere_else() -> None:
    for size in (1, 2, 3, 7, 8, 64, 65, 130):
        for index in range(size):
            path = tree.inclusion(node, index, size)
            assert included(ENTRIES[index], index, size, path, ROOTS[size])
            assert not included(ENTRIES[index] + b"x", index, size, path, ROOTS[size])
            assert not included(
                ENTRIES[index], (index + 1) % size if size > 1 else 1, size, path, ROOTS[size]
            )
            assert not included(ENTRIES[index], index, size, [*path, b"\x00" * 32], ROOTS[size])
            assert not included(ENTRIES[index], index, size, path[:-1] if path else [b""], ROOTS[size])
            assert not included(ENTRIES[index], index, size, path, ROOTS[size - 1])


def test_every_size_is_proven_to_continue_every_smaller_one() -> None:
    for new in (0, 1, 2, 3, 7, 8, 64, 65, 130):
        for old in range(new + 1):
            path = tree.consistency(node, old, new)
            assert consistent(old, ROOTS[old], new, ROOTS[new], path)
            assert not consistent(old, sha256(b"other").digest(), new, ROOTS[new], path)
            # Everything continues the empty tree.
            assert consistent(old, ROOTS[old], new, sha256(b"other").digest(), path) is (old == 0 < new)
            assert not consistent(old, ROOTS[old], new, ROOTS[new], [*path, b"\x00" * 32])
            if path:
                assert not consistent(old, ROOTS[old], new, ROOTS[new], path[:-1])
    assert not consistent(3, ROOTS[3], 2, ROOTS[2], [])
    assert not consistent(-1, ROOTS[0], 2, ROOTS[2], [])


@given(st.integers(1, 130), st.data())
def test_a_changed_hash_in_a_path_is_seen(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    path = tree.inclusion(node, index, size)
    if path:
        position = data.draw(st.integers(0, len(path) - 1))
        byte = data.draw(st.integers(0, 31))
        path[position] = (
            path[position][:byte] + bytes([path[position][byte] ^ 1]) + path[position][byte + 1 :]
        )
        assert not included(ENTRIES[index], index, size, path, ROOTS[size])


@given(st.lists(st.binary(max_size=8), max_size=6), st.integers(-2, 300), st.integers(-2, 300))
def test_no_input_makes_the_verifier_fail(path: list[bytes], a: int, b: int) -> None:
    assert not included(b"x", a, b, path, b"")
    assert not consistent(a, b"", b, b"y", path)


@pytest.fixture(scope="module")
def theirs() -> InmemoryTree:
    """Another implementation of RFC 9162, with the same entries."""
    made = InmemoryTree(algorithm="sha256")
    for entry in ENTRIES:
        made.append_entry(entry)
    return made


def test_pymerkle_has_the_same_roots(theirs: InmemoryTree) -> None:
    assert MerkleHasher("sha256").hash_buff(b"entry") == leaf_hash(b"entry")
    for size in range(1, len(ENTRIES) + 1):
        assert theirs.get_root(size) == ROOTS[size]


def test_pymerkle_accepts_our_proofs_and_we_its_roots(theirs: InmemoryTree) -> None:
    for size in (1, 2, 5, 64, 100, 130):
        for index in range(0, size, 7):
            proof = theirs.prove_inclusion(index + 1, size)
            verify_inclusion(leaf_hash(ENTRIES[index]), ROOTS[size], proof)
            assert set(tree.inclusion(node, index, size)) <= set(proof.path)
        for old in range(1, size + 1, 9):
            proof = theirs.prove_consistency(old, size)
            verify_consistency(ROOTS[old], ROOTS[size], proof)
            assert consistent(
                old, theirs.get_root(old), size, theirs.get_root(size), tree.consistency(node, old, size)
            )
