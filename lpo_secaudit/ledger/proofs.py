"""What a sceptic checks: checkpoints, inclusion and consistency. Shares only hashing with the writer.

RFC 9162, 2.1.3.2 and 2.1.4.2; c2sp.org/signed-note, tlog-checkpoint, tlog-cosignature.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from lpo_secaudit.errors import IntegrityError
from lpo_secaudit.ledger.hashing import EMPTY_ROOT, leaf_hash, node_hash

__all__ = [
    "CompactRange",
    "NoteKey",
    "NoteSignature",
    "ParsedCheckpoint",
    "consistent",
    "included",
    "parse_checkpoint",
    "signed_by",
    "witnessed_by",
]

MAX_NOTE_BYTES = 64 * 1024


class NoteKey(Protocol):
    """A public key that can check a signature; see `attest.check.VerifyingKey`."""

    @property
    def algorithm(self) -> str: ...
    @property
    def der(self) -> bytes: ...
    @property
    def pem(self) -> bytes: ...
    def verify(self, signature: bytes, data: bytes) -> bool: ...


@dataclass(frozen=True)
class NoteSignature:
    """One line of a note's signature block: key name, key id (4 bytes), signature."""

    name: str
    key_hash: bytes
    signature: bytes


@dataclass(frozen=True)
class ParsedCheckpoint:
    """A checkpoint's content, before anybody has checked a signature.

    Attributes:
        origin: the log's name.
        size: number of entries.
        root: 32 bytes.
        text: the bytes that signatures cover.
    """

    origin: str
    size: int
    root: bytes
    text: bytes
    signatures: tuple[NoteSignature, ...]


def _base64(text: str) -> bytes:
    data = base64.b64decode(text, validate=True)
    # Padding bits that are not zero would give one value several spellings.
    if base64.b64encode(data).decode() != text:
        raise ValueError("not canonical base64")
    return data


def parse_checkpoint(note: bytes, where: str) -> ParsedCheckpoint:
    """Take a signed checkpoint apart.

    Raises:
        IntegrityError: it is none.
    """
    try:
        if len(note) > MAX_NOTE_BYTES:
            raise ValueError("too large")
        text, separator, block = note.decode("utf-8").rpartition("\n\n")
        text += "\n"
        if not separator or not block.endswith("\n") or any(c < " " and c != "\n" for c in note.decode()):
            raise ValueError("not a signed note")
        signatures = []
        for line in block[:-1].split("\n"):
            dash, name, blob = line.split(" ")
            data = _base64(blob)
            if dash != "\u2014" or not name or "+" in name or len(data) < 5:
                raise ValueError("not a signature line")
            signatures.append(NoteSignature(name, data[:4], data[4:]))
        origin, size, root, *_ = text.split("\n")
        if not origin or str(int(size)) != size or int(size) < 0 or len(_base64(root)) != 32:
            raise ValueError("not a tree head")
        return ParsedCheckpoint(origin, int(size), _base64(root), text.encode(), tuple(signatures))
    except (ValueError, binascii.Error) as error:
        raise IntegrityError(f"not a signed checkpoint: {error}", where=where) from error


def _key_hash(name: str, key: NoteKey, kind: int) -> bytes:
    if key.algorithm == "ed25519":
        return hashlib.sha256(name.encode() + b"\n" + bytes([kind]) + key.der[-32:]).digest()[:4]
    return hashlib.sha256(key.der).digest()[:4]


def signed_by(checkpoint: ParsedCheckpoint, key: NoteKey) -> bool | None:
    """Whether the log's own signature by this key is right; None where it did not sign.

    A wrong signature that claims the key counts as wrong even beside a right one.
    """
    found = None
    for line in checkpoint.signatures:
        if line.name == checkpoint.origin and line.key_hash == _key_hash(line.name, key, 1):
            if not key.verify(line.signature, checkpoint.text):
                return False
            found = True
    return found


def witnessed_by(checkpoint: ParsedCheckpoint, name: str, key: NoteKey) -> int | bool | None:
    """POSIX time at which a witness saw the checkpoint; False where its line is wrong, None without one."""
    if key.algorithm != "ed25519":
        return None
    for line in checkpoint.signatures:
        if line.name == name and line.key_hash == _key_hash(name, key, 4):
            seconds = int.from_bytes(line.signature[:8], "big")
            signed = f"cosignature/v1\ntime {seconds}\n".encode() + checkpoint.text
            return seconds if seconds and key.verify(line.signature[8:], signed) else False
    return None


def included(entry: bytes, index: int, size: int, path: Sequence[bytes], root: bytes) -> bool:
    """Whether an inclusion path leads from an entry to a root (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    fn, sn, r = index, size - 1, leaf_hash(entry)
    for p in path:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            r = node_hash(p, r)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = node_hash(r, p)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and r == root


def consistent(old: int, old_root: bytes, new: int, new_root: bytes, path: Sequence[bytes]) -> bool:
    """Whether one tree continues another (RFC 9162, 2.1.4.2)."""
    if not 0 <= old <= new:
        return False
    if old == new:
        return not path and old_root == new_root
    if old == 0:
        return not path and old_root == EMPTY_ROOT
    hashes = list(path)
    if old & (old - 1) == 0:
        hashes.insert(0, old_root)
    if not hashes:
        return False
    fn, sn = old - 1, new - 1
    while fn & 1:
        fn, sn = fn >> 1, sn >> 1
    fr = sr = hashes[0]
    for c in hashes[1:]:
        if sn == 0:
            return False
        if fn & 1 or fn == sn:
            fr, sr = node_hash(c, fr), node_hash(c, sr)
            while not fn & 1 and fn:
                fn, sn = fn >> 1, sn >> 1
        else:
            sr = node_hash(sr, c)
        fn, sn = fn >> 1, sn >> 1
    return sn == 0 and fr == old_root and sr == new_root


class CompactRange:
    """The tree's right edge, from which the root follows: all that a full check keeps of a log."""

    def __init__(self) -> None:
        self.size = 0
        self._edge: list[tuple[int, bytes]] = []  # (height, hash), heights falling

    def add(self, hash_: bytes, height: int = 0) -> None:
        """Add the next leaf, or the next complete subtree of a height that the size is a multiple of."""
        self.size += 1 << height
        while self._edge and self._edge[-1][0] == height:
            hash_ = node_hash(self._edge.pop()[1], hash_)
            height += 1
        self._edge.append((height, hash_))

    def extended(self, hashes: Iterable[bytes]) -> bytes:
        """The root after some more leaves, leaving this range as it is."""
        copy = CompactRange()
        copy.size, copy._edge = self.size, list(self._edge)
        for hash_ in hashes:
            copy.add(hash_)
        return copy.root()

    def root(self) -> bytes:
        """The root hash of everything added."""
        if not self._edge:
            return EMPTY_ROOT
        result = self._edge[-1][1]
        for _, left in reversed(self._edge[:-1]):
            result = node_hash(left, result)
        return result
