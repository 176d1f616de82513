"""The full check of a copy of a log, and the comparison of two copies.

Everything is computed again from the entries' bytes; memory does not grow with the log.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from lpo_secaudit.errors import IntegrityError, SecauditError
from lpo_secaudit.ledger.proofs import CompactRange, NoteKey, ParsedCheckpoint, parse_checkpoint, signed_by

if TYPE_CHECKING:
    from collections.abc import Callable

    from lpo_secaudit.ledger.reader import LogCopy, StoredCheckpoint

__all__ = ["CheckReport", "Comparison", "check_copy", "compare_copies"]

TILE = 256


@dataclass
class CheckReport:
    """What a full check found; true in a condition where nothing is wrong.

    Attributes:
        size: entries read.
        root: root hash over them.
        checkpoints: how many checkpoints were compared with the tree.
        signatures: how many of them were checked with a key.
        problems: what is wrong, one line each.
    """

    origin: str = ""
    size: int = 0
    root: bytes = b""
    checkpoints: int = 0
    signatures: int = 0
    problems: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return not self.problems


class _Tiles:
    """Compares stored tiles with what the entries give, level by level."""

    def __init__(self, copy: LogCopy, report: CheckReport) -> None:
        self._copy, self._report = copy, report
        self._levels: list[list[bytes]] = []
        self._counts: list[int] = []
        self.complete = 0

    def add(self, level: int, hashes: list[bytes]) -> bytes | None:
        """Take up to 256 new hashes of level 0, or one of a level above; the root of a full tile."""
        if len(self._levels) == level:
            self._levels.append([])
            self._counts.append(0)
        waiting = self._levels[level]
        waiting.extend(hashes)
        if len(waiting) < TILE:
            return None
        root = self._compare(level, waiting, TILE)
        self._levels[level] = []
        self._counts[level] += 1
        self.complete += 1
        self.add(level + 1, [root])
        return root

    def _compare(self, level: int, hashes: list[bytes], width: int) -> bytes:
        joined = b"".join(hashes)
        root = _fold(hashes) if width == TILE else b""
        stored = self._copy.tile(level, self._counts[level], width)
        name = f"tile {level}/{self._counts[level]}"
        if stored is None:
            if width == TILE or self._copy.published:
                self._report.problems.append(f"{name} is missing")
        elif stored[0] != joined or (stored[1] is not None and stored[1] != root):
            self._report.problems.append(f"{name} is not what the entries give")
        return root

    def finish(self) -> None:
        """Compare the partial tiles at the right edge."""
        for level, waiting in enumerate(self._levels):
            if waiting:
                self._compare(level, waiting, len(waiting))


def _fold(hashes: Sequence[bytes]) -> bytes:
    """Root over a power of two of hashes; written out for speed, it is most of a full check."""
    level = hashes
    while len(level) > 1:
        level = [sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level), 2)]
    return level[0]


def check_copy(
    copy: LogCopy, keys: Sequence[NoteKey] = (), parse_key: Callable[[bytes, str], NoteKey] | None = None
) -> CheckReport:
    """Check every entry, tile and checkpoint of a copy.

    Args:
        keys: keys whose owner is known; where given, at least one checkpoint must be theirs.
        parse_key: reads the keys that the copy itself holds; None leaves those unread.

    Never raises for what the copy holds: that becomes a problem of the report.
    """
    report = CheckReport(copy.origin)
    try:
        _check(copy, keys, parse_key, report)
    except SecauditError as error:
        report.problems.append(f"{error.where}: {error.message}" if error.where else error.message)
    return report


def _check(
    copy: LogCopy,
    keys: Sequence[NoteKey],
    parse_key: Callable[[bytes, str], NoteKey] | None,
    report: CheckReport,
) -> None:
    tiles, edge = _Tiles(copy, report), CompactRange()
    heads = _Heads(copy, keys, parse_key, report)
    for batch in copy.batches():
        leaves = [sha256(b"\x00" + entry).digest() for entry in batch]
        heads.within(edge, leaves)
        root = tiles.add(0, leaves)
        if root is not None:
            edge.add(root, 8)
        else:
            for leaf in leaves:
                edge.add(leaf)
        report.size = edge.size
    heads.within(edge, [])
    tiles.finish()
    stored = getattr(copy, "tiles", None)
    if stored is not None and stored() != tiles.complete:
        report.problems.append(f"{stored()} tiles are stored, and the entries give {tiles.complete}")
    report.root = edge.root()
    heads.finish(report.size)
    if report.size != copy.size:
        report.problems.append(f"{report.size} entries were read where {copy.size} are counted")


class _Heads:
    """Compares the stored checkpoints with the tree as it grows, and checks their signatures."""

    def __init__(
        self,
        copy: LogCopy,
        keys: Sequence[NoteKey],
        parse_key: Callable[[bytes, str], NoteKey] | None,
        report: CheckReport,
    ) -> None:
        self._copy, self._keys, self._parse_key, self._report = copy, keys, parse_key, report
        self._known: dict[bytes, NoteKey] = {}
        self._trusted = 0
        self._stored = self._parsed(copy.checkpoints())
        self._next = next(self._stored, None)

    def _parsed(self, stored: Iterator[StoredCheckpoint]) -> Iterator[ParsedCheckpoint]:
        for checkpoint in stored:
            head = parse_checkpoint(checkpoint.note, f"{self._copy.where}: checkpoint")
            self._signatures(head, checkpoint.public_key_pem, checkpoint.keyid)
            yield head

    def _signatures(self, head: ParsedCheckpoint, pem: bytes | None, keyid: str | None) -> None:
        name = f"checkpoint at size {head.size}"
        own: list[NoteKey] = []
        if pem is not None and self._parse_key is not None:
            if pem not in self._known:
                self._known[pem] = self._parse_key(pem, name)
            own = [self._known[pem]]
        results = [signed_by(head, key) for key in own]
        if own and (own[0].pem, sha256(own[0].der).hexdigest()) != (pem, keyid):
            self._report.problems.append(f"{name}: is filed under another key's id or form")
        if own and not results[0]:
            self._report.problems.append(f"{name}: its signature is not by the key filed with it")
        trusted = [signed_by(head, key) for key in self._keys]
        if False in trusted:
            self._report.problems.append(f"{name}: a signature in the name of a known key is wrong")
        self._trusted += True in trusted
        self._report.signatures += sum(r is not None for r in (*results, *trusted))

    def within(self, edge: CompactRange, leaves: Sequence[bytes]) -> None:
        """Compare the checkpoints of sizes up to here; `leaves` follow the edge."""
        while self._next is not None and self._next.size <= edge.size + len(leaves):
            head = self._next
            if head.origin != self._copy.origin:
                self._report.problems.append(f"checkpoint at size {head.size} is of another log")
            elif head.size < edge.size:
                self._report.problems.append(f"checkpoint at size {head.size} is out of order")
            elif edge.extended(leaves[: head.size - edge.size]) != head.root:
                self._report.problems.append(f"the entries do not lead to the checkpoint at size {head.size}")
            self._report.checkpoints += 1
            self._next = next(self._stored, None)

    def finish(self, size: int) -> None:
        """What is left are checkpoints beyond the end."""
        while self._next is not None:
            self._report.problems.append(
                f"a checkpoint covers {self._next.size} entries and there are {size}: entries were removed"
            )
            self._next = next(self._stored, None)
        if self._keys and not self._trusted:
            self._report.problems.append("no checkpoint is signed by a key that was given")


@dataclass(frozen=True)
class Comparison:
    """Two copies of a log side by side.

    Attributes:
        same_log: they have one name.
        consistent: the longer continues the shorter.
        sizes: of both.
        first_difference: index of the first entry that differs; None where none does.
    """

    same_log: bool
    consistent: bool
    sizes: tuple[int, int]
    first_difference: int | None


def compare_copies(one: LogCopy, other: LogCopy) -> Comparison:
    """The gossip check: whether two parties were shown one history.

    Raises:
        IntegrityError: a copy is damaged in itself.
    """
    sizes = (one.size, other.size)
    if one.origin != other.origin:
        return Comparison(False, False, sizes, None)
    index = 0
    for left, right in zip(one.batches(), other.batches(), strict=False):
        if left[: len(right)] != right[: len(left)]:
            for a, b in zip(left, right, strict=False):
                if a != b:
                    return Comparison(True, False, sizes, index)
                index += 1
        index += min(len(left), len(right))
    if index != min(sizes):
        raise IntegrityError(f"only {index} of {min(sizes)} entries could be read", where=one.where)
    return Comparison(True, True, sizes, None)
