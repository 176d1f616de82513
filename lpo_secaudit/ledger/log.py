"""The ledger: an append-only log of what was concluded, waived, revoked, replied and reported.

Its entries are the leaves of a Merkle tree (RFC 9162); a checkpoint is a signed note of the tree's
size and root. Specified in docs/formats/ledger.md.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from sqlalchemy import Connection, func, insert, select

from lpo_secaudit.errors import InputError, IntegrityError
from lpo_secaudit.ledger import stored_tree, tree
from lpo_secaudit.ledger.entries import Entry, Kind, decode_entry, encode_entry
from lpo_secaudit.ledger.note import NoteSigner, sign_checkpoint
from lpo_secaudit.ledger.proofs import parse_checkpoint
from lpo_secaudit.ledger.store import CHECKPOINT, ENTRY, TILE, Store, size_of

__all__ = ["Checkpoint", "Ledger", "Proof"]


@dataclass(frozen=True)
class Checkpoint:
    """A stored checkpoint.

    Attributes:
        size: number of entries it covers.
        keyid: of the key that signed.
        public_key_pem: that key; whose it is, a trust policy says.
        note: the signed note, exact bytes.
    """

    size: int
    keyid: str
    public_key_pem: bytes
    note: bytes


@dataclass(frozen=True)
class Proof:
    """That an entry stands in the log.

    Attributes:
        entry: the entry's exact bytes.
        index: its position.
        path: sibling hashes from the leaf upwards.
        checkpoint: the signed note that the path leads to.
    """

    entry: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes


class Ledger:
    """An open ledger; several processes may append to one at the same time.

    Use as a context manager, or call `close()`.

        with Ledger.open("ledger.sqlite", create=True) as ledger:
            index = ledger.append("incident-event", {"incident": "2026-01", "state": "opened"})
    """

    def __init__(self, place: str | Path, *, create: bool = False, origin: str | None = None) -> None:
        """Open a ledger file or database URL; see `Ledger.open`."""

        self._store = Store(place, create=create, origin=origin)
        self._tail_checked = False
        self.origin = self._store.origin
        self.where = self._store.where

    @classmethod
    def open(cls, place: str | Path, *, create: bool = False, origin: str | None = None) -> Ledger:
        """Open a ledger.

        Args:
            place: file name, or `postgresql://user@host/database`.
            create: start it where there is none.
            origin: its name in checkpoints, a schema-less URL such as `firm.example/audits`;
                given for an existing ledger, it must be that one's. Default: a random one.

        Raises:
            InputError: there is none, it cannot be opened, or it has another name.
            IntegrityError: the database is damaged or holds something else.
        """
        return cls(place, create=create, origin=origin)

    def __enter__(self) -> Ledger:
        return self

    def __exit__(
        self, _: type[BaseException] | None, __: BaseException | None, ___: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the database."""
        self._store.close()

    def append(self, kind: Kind, body: Mapping[str, Any], recorded_at: datetime | None = None) -> int:
        """Add one entry; when this returns it is on disk. Returns its index.

        Raises:
            InputError: see `encode_entry`; or the disk is full, and nothing was recorded.
            IntegrityError: the end of the log does not verify, so nothing may be added to it.
            UndecidableError: others kept the ledger locked.
        """
        return self.append_all([(kind, body)], recorded_at)[0]

    def append_all(
        self, facts: Iterable[tuple[Kind, Mapping[str, Any]]], recorded_at: datetime | None = None
    ) -> range:
        """Add several entries at once, all or none; see `append`. Returns their indexes."""
        instant = recorded_at or datetime.now(UTC).replace(microsecond=0)
        return self.append_raw([encode_entry(kind, body, instant) for kind, body in facts])

    def append_raw(self, entries: Sequence[bytes]) -> range:
        """Add entries whose bytes exist already (a mirror's)."""
        with self._store.writing() as connection:
            added = self._add(connection, entries)
        self._tail_checked = True
        return added

    def _add(self, connection: Connection, entries: Sequence[bytes]) -> range:

        start = size_of(connection)
        if not self._tail_checked:
            self._check_tail(connection, start)
        if entries:
            rows = [{"idx": start + i, "data": raw} for i, raw in enumerate(entries)]
            connection.execute(insert(ENTRY), rows)
        stop = start + len(entries)
        for complete in range(start // TILE, stop // TILE):
            stored_tree.complete_tile(connection, complete, self.where)
        return range(start, stop)

    def take_over(self, batches: Iterable[Sequence[bytes]], checkpoint: Checkpoint) -> int:
        """Add another copy's entries up to its checkpoint, all or none. Returns how many.

        Raises:
            IntegrityError: with them, this log does not lead to the checkpoint's root: the other
                copy is not a continuation of this one.
        """

        head = parse_checkpoint(checkpoint.note, self.where)
        count = 0
        with self._store.writing() as connection:
            for batch in batches:
                count += len(self._add(connection, batch))
                self._tail_checked = True
            size = size_of(connection)
            if head.origin != self.origin or size < head.size:
                raise IntegrityError("not a checkpoint of this log", where=self.where)
            if tree.root(stored_tree.nodes(connection, self.where), head.size) != head.root:
                raise IntegrityError(
                    f"the other copy does not continue this one: at size {head.size} their roots differ",
                    where=self.where,
                    hint="keep both checkpoints: they show that the log was forked",
                )
            self._keep(connection, checkpoint)
        return count

    def keep(self, checkpoint: Checkpoint) -> None:
        """Keep a checkpoint of this log beside the others, such as one that a witness has signed.

        Raises:
            IntegrityError: it is of another log, or not what the entries lead to.
        """

        head = parse_checkpoint(checkpoint.note, self.where)
        if head.origin != self.origin or head.size > self.size() or head.root != self.root(head.size):
            raise IntegrityError("not a checkpoint of this log", where=self.where)
        with self._store.writing(lock=False) as connection:
            self._keep(connection, checkpoint)

    def _keep(self, connection: Connection, checkpoint: Checkpoint) -> None:

        row = {
            "size": checkpoint.size,
            "keyid": checkpoint.keyid,
            "public_key": checkpoint.public_key_pem.decode(),
            "note": checkpoint.note.decode(),
        }
        connection.execute(insert(CHECKPOINT), [row])

    def hashes(self, level: int, start: int, stop: int) -> list[bytes]:
        """Hashes `start` to `stop` of a tile level, within one tile (for publishing)."""
        with self._store.reading() as connection:
            return stored_tree.hashes(connection, level, start, stop, self.where)

    def _check_tail(self, connection: Connection, size: int) -> None:
        """Before anything is added: does the tree still lead to the last checkpoint's root?"""

        if connection.execute(
            select(func.count()).select_from(ENTRY).where(ENTRY.c.idx >= size - 256)
        ).scalar() != (min(size, 256)):
            raise IntegrityError("entries at the end of the ledger are missing", where=self.where)
        last = connection.execute(
            select(CHECKPOINT.c.size, CHECKPOINT.c.note).order_by(CHECKPOINT.c.size.desc()).limit(1)
        ).first()
        if last is None:
            return
        if last.size > size:
            raise IntegrityError(
                f"the ledger has {size} entries and a checkpoint over {last.size}: entries were removed",
                where=self.where,
                hint="restore the ledger from a mirror",
            )
        if parse_checkpoint(last.note.encode(), self.where).root != tree.root(
            stored_tree.nodes(connection, self.where), last.size
        ):
            raise IntegrityError(
                "the ledger's entries do not lead to its last checkpoint: they were changed",
                where=self.where,
                hint="restore the ledger from a mirror; `secaudit ledger check` says more",
            )

    def size(self) -> int:
        """Number of entries."""

        with self._store.reading() as connection:
            return size_of(connection)

    def root(self, size: int | None = None) -> bytes:
        """Root hash at a size; default: now.

        Raises:
            InputError: there are fewer entries.
        """
        with self._store.reading() as connection:
            return tree.root(stored_tree.nodes(connection, self.where), self._size(connection, size))

    def _size(self, connection: Connection, size: int | None) -> int:

        now = size_of(connection)
        if size is not None and not 0 <= size <= now:
            raise InputError(f"the ledger has {now} entries, not {size}", where=self.where)
        return now if size is None else size

    def entries(self, start: int = 0, stop: int | None = None, kind: Kind | None = None) -> Iterator[Entry]:
        """Entries in order, read as they are asked for.

        Raises:
            IntegrityError: stored bytes are no entry.
        """
        for index, raw in self.raw_entries(start, stop):
            if kind is None or f'"kind":"{kind}"'.encode() in raw:
                entry = decode_entry(index, raw, self.where)
                if kind is None or entry.kind == kind:
                    yield entry

    def raw_entries(self, start: int = 0, stop: int | None = None) -> Iterator[tuple[int, bytes]]:
        """Index and bytes of entries in order."""

        with self._store.reading() as connection:
            query = select(ENTRY.c.idx, ENTRY.c.data).where(ENTRY.c.idx >= start).order_by(ENTRY.c.idx)
            if stop is not None:
                query = query.where(ENTRY.c.idx < stop)
            result = connection.execution_options(yield_per=1024).execute(query)
            for index, data in result:
                yield index, bytes(data)

    def checkpoint(self, signer: NoteSigner, keyid: str = "") -> Checkpoint:
        """Sign the tree as it is now, and keep the note.

        Raises:
            IntegrityError: the log's end does not verify.
        """

        with self._store.reading() as connection:
            size = size_of(connection)
            root = tree.root(stored_tree.nodes(connection, self.where), size)
        note = sign_checkpoint(self.origin, size, root, signer)
        keyid = keyid or str(getattr(signer, "keyid", ""))
        made = Checkpoint(size, keyid, signer.public_key_pem, note)
        with self._store.writing(lock=False) as connection:
            self._keep(connection, made)
        return made

    def newest(self) -> Checkpoint:
        """The stored checkpoint over most entries.

        Raises:
            InputError: there is none yet.
        """

        query = select(
            CHECKPOINT.c.size, CHECKPOINT.c.keyid, CHECKPOINT.c.public_key, CHECKPOINT.c.note
        ).order_by(CHECKPOINT.c.size.desc(), CHECKPOINT.c.id.desc())
        with self._store.reading() as connection:
            row = connection.execute(query.limit(1)).first()
        if row is None:
            raise InputError("the ledger has no checkpoint yet", where=self.where, hint="sign one with --key")
        return Checkpoint(row[0], row[1], row[2].encode(), row[3].encode())

    def checkpoints(self) -> Iterator[Checkpoint]:
        """All stored checkpoints, smallest first."""

        with self._store.reading() as connection:
            query = select(
                CHECKPOINT.c.size, CHECKPOINT.c.keyid, CHECKPOINT.c.public_key, CHECKPOINT.c.note
            ).order_by(CHECKPOINT.c.size, CHECKPOINT.c.id)
            for size, keyid, public_key, note in connection.execution_options(yield_per=1024).execute(query):
                yield Checkpoint(size, keyid, public_key.encode(), note.encode())

    def inclusion(self, index: int, size: int | None = None) -> tuple[bytes, ...]:
        """The inclusion path of an entry in the tree of a size.

        Raises:
            InputError: the entry is not in it.
        """
        with self._store.reading() as connection:
            size = self._size(connection, size)
            if not 0 <= index < size:
                raise InputError(f"there is no entry {index} among the first {size}", where=self.where)
            return tuple(tree.inclusion(stored_tree.nodes(connection, self.where), index, size))

    def consistency(self, old: int, new: int | None = None) -> tuple[bytes, ...]:
        """The proof that the tree of size `new` continues the tree of size `old`.

        Raises:
            InputError: there are no such sizes.
        """
        with self._store.reading() as connection:
            new = self._size(connection, new)
            if not 0 <= old <= new:
                raise InputError(f"{old} is larger than {new}", where=self.where)
            return tuple(tree.consistency(stored_tree.nodes(connection, self.where), old, new))

    def prove(self, index: int, checkpoint: Checkpoint) -> Proof:
        """An entry's proof of inclusion under a checkpoint."""
        path = self.inclusion(index, checkpoint.size)
        raw = next(raw for _, raw in self.raw_entries(index, index + 1))
        return Proof(raw, index, path, checkpoint.note)
