"""Reading a copy of a log to check it: a ledger database, or a published site.

For the verifier's use: it reads the stored bytes as they are, by code that the writer does not have.
"""

from __future__ import annotations

import sqlite3
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lpo_secaudit.errors import InputError, IntegrityError, UndecidableError
from lpo_secaudit.ledger.proofs import parse_checkpoint
from lpo_secaudit.ledger.sites import Site, entries_name, open_site, tile_name

if TYPE_CHECKING:
    from sqlalchemy import Engine

__all__ = ["LogCopy", "StoredCheckpoint", "open_copy"]

TILE = 256


@dataclass(frozen=True)
class StoredCheckpoint:
    """A checkpoint as a copy holds it, with what the copy says of its key; None where it says nothing."""

    note: bytes
    public_key_pem: bytes | None
    keyid: str | None = None


class LogCopy(Protocol):
    """A copy of a log.

    Attributes:
        origin: the log's name.
        size: how many entries there are.
        where: for messages.
        published: partial tiles are stored too.
    """

    origin: str
    size: int
    where: str
    published: bool

    def batches(self, start: int = 0) -> Iterator[list[bytes]]:
        """Entries from a multiple of 256 on, 256 at a time, fewer at the end."""
        ...

    def tile(self, level: int, index: int, width: int) -> tuple[bytes, bytes | None] | None:
        """Stored hashes of a tile, and their stored root where there is one; None without the tile."""
        ...

    def checkpoints(self) -> Iterator[StoredCheckpoint]:
        """Stored checkpoints, in order of size."""
        ...

    def close(self) -> None: ...


def entry_at(copy: LogCopy, index: int) -> bytes | None:
    """One entry's bytes; None beyond the end."""
    if not 0 <= index < copy.size:
        return None
    batch = next(copy.batches(index - index % TILE), [])
    return batch[index % TILE] if index % TILE < len(batch) else None


def open_copy(place: str | Path) -> LogCopy:
    """Open a copy of a log by file name, database URL, folder, `s3://` or `https://` address.

    Raises:
        InputError: there is none.
        IntegrityError: what is there is not a log.
        UndecidableError: no answer.
    """
    name = str(place)
    if name.startswith(("postgresql", "postgres:")):
        return _Database(name, _sqlalchemy(name))
    if name.startswith(("s3://", "https://", "http://")) or Path(name).is_dir():
        return _Published(open_site(place))
    if not Path(name).is_file():
        raise InputError("there is no ledger", where=name)
    return _Database(name, None)


_UNREADABLE = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_FULL, sqlite3.SQLITE_CANTOPEN)


class _Database:
    published = False

    def __init__(self, name: str, engine: Engine | None) -> None:
        self.where = name if engine is None else "postgresql ledger"
        self._engine = engine
        try:
            if engine is None:
                # Read-only: checking must not change what is checked.
                uri = f"{Path(name).absolute().as_uri()}?mode=ro"
                self._connection: Any = sqlite3.connect(uri, uri=True, timeout=60, isolation_level=None)
                self._connection.execute("PRAGMA trusted_schema=OFF")
                self._connection.execute("BEGIN")
            else:
                self._connection = engine.raw_connection().driver_connection
            meta = dict(self._rows("SELECT key, value FROM meta"))
            if meta.get("format") != "lpo-secaudit-ledger/1" or set(meta) != {"format", "origin"}:
                raise IntegrityError("not a ledger of lpo-secaudit-ledger/1", where=self.where)
            self.origin = str(meta["origin"])
            [(last, count)] = self._rows("SELECT max(idx), count(*) FROM entry")
            self.size = int(count)
            if count and last != count - 1:
                raise IntegrityError(f"{last + 1 - count} entries are missing", where=self.where)
        except BaseException as error:
            self.close()
            if isinstance(error, KeyError):
                raise IntegrityError("the ledger has no name", where=self.where) from error
            raise

    def _rows(self, query: str, *values: Any, many: int = 0) -> Iterator[tuple[Any, ...]]:
        try:
            if self._engine is None:
                cursor = self._connection.cursor()
                cursor.execute(query, values)
            else:
                cursor = self._connection.cursor(name="secaudit_check" if many else "")
                if many:
                    cursor.itersize = many
                cursor.execute(query.replace("?", "%s"), values)
            # Not `yield from`: leaving early would close a cursor of a ledger that is closed already.
            while (row := cursor.fetchone()) is not None:
                yield row
            cursor.close()
        except sqlite3.OperationalError as error:
            if "locked" in str(error):
                raise UndecidableError("the ledger is locked", where=self.where, hint="try again") from error
            code = getattr(error, "sqlite_errorcode", 0)
            if code & 0xFF in _UNREADABLE and code != sqlite3.SQLITE_IOERR_SHORT_READ:
                # Even to read, SQLite makes a small file beside the ledger: a full disk is no damage.
                raise UndecidableError(
                    f"the ledger cannot be read: {error}",
                    where=self.where,
                    hint="check the disk and the space on it",
                ) from error
            raise IntegrityError(f"the ledger's database is damaged: {error}", where=self.where) from error
        except (sqlite3.DatabaseError, ValueError, OverflowError) as error:  # changed text need not be UTF-8
            raise IntegrityError(f"the ledger's database is damaged: {error}", where=self.where) from error

    def batches(self, start: int = 0) -> Iterator[list[bytes]]:
        batch: list[bytes] = []
        expected = start
        query = "SELECT idx, data FROM entry WHERE idx >= ? ORDER BY idx"
        for index, data in self._rows(query, start, many=4096):
            if index != expected or not isinstance(data, bytes):
                raise IntegrityError(f"entry {expected} is missing or no entry", where=self.where)
            expected += 1
            batch.append(data)
            if len(batch) == TILE:
                yield batch
                batch = []
        if batch:
            yield batch

    def tile(self, level: int, index: int, width: int) -> tuple[bytes, bytes | None] | None:
        if width < TILE:
            return None
        query = "SELECT hashes, root FROM tile WHERE level = ? AND idx = ?"
        found = list(self._rows(query, level, index))
        return (bytes(found[0][0]), bytes(found[0][1])) if found else None

    def tiles(self) -> int:
        """How many tiles are stored."""
        [(count,)] = self._rows("SELECT count(*) FROM tile")
        return int(count)

    def checkpoints(self) -> Iterator[StoredCheckpoint]:
        # `+ 0` keeps the index out of it: a damaged one would show some rows twice and others not.
        query = "SELECT size, note, public_key, keyid FROM checkpoint ORDER BY size + 0, id"
        for size, note, key, keyid in self._rows(query):
            made = StoredCheckpoint(str(note).encode(), str(key).encode(), str(keyid))
            if parse_checkpoint(made.note, self.where).size != size:
                raise IntegrityError(
                    f"a checkpoint is filed under size {size}, and is not of it", where=self.where
                )
            yield made

    def close(self) -> None:
        connection = getattr(self, "_connection", None)
        if connection is not None:
            connection.close()
        if self._engine is not None:
            self._engine.dispose()


def _sqlalchemy(url: str) -> Engine:
    from sqlalchemy import create_engine
    from sqlalchemy.exc import SQLAlchemyError

    try:
        engine = create_engine(
            f"postgresql+psycopg://{url.split('://', 1)[1]}", isolation_level="REPEATABLE READ"
        )
        engine.connect().close()
    except (ImportError, SQLAlchemyError) as error:
        raise InputError(f"the ledger's database cannot be opened: {type(error).__name__}") from error
    return engine


class _Published:
    published = True

    def __init__(self, site: Site) -> None:
        self._site = site
        self.where = site.where
        note = site.read("checkpoint")
        if note is None:
            raise InputError("no log is published there", where=self.where)
        head = parse_checkpoint(note, f"{self.where}/checkpoint")
        self.origin, self.size, self._note = head.origin, head.size, note

    def batches(self, start: int = 0) -> Iterator[list[bytes]]:
        for index in range(start // TILE, -(-self.size // TILE)):
            width = min(TILE, self.size - index * TILE)
            raw = self._read(entries_name(index), entries_name(index, width))
            name = f"{self.where}/{entries_name(index, width)}"
            if raw is None:
                raise IntegrityError("is missing", where=name)
            batch: list[bytes] = []
            offset = 0
            while offset < len(raw) and len(batch) < width:
                (length,) = struct.unpack_from(">H", raw, offset) if offset + 2 <= len(raw) else (1 << 20,)
                if offset + 2 + length > len(raw):
                    raise IntegrityError("is cut off", where=name)
                batch.append(raw[offset + 2 : offset + 2 + length])
                offset += 2 + length
            if len(batch) != width or (offset != len(raw) and width == TILE):
                raise IntegrityError("holds another number of entries than its name says", where=name)
            yield batch

    def _read(self, whole: str, partial: str) -> bytes | None:
        """A partial file may be gone once the whole one is there, and the other way round."""
        found = self._site.read(partial)
        return found if found is not None or whole == partial else self._site.read(whole)

    def tile(self, level: int, index: int, width: int) -> tuple[bytes, bytes | None] | None:
        found = self._read(tile_name(level, index), tile_name(level, index, width))
        return None if found is None else (found[: width * 32] if width < TILE else found, None)

    def checkpoints(self) -> Iterator[StoredCheckpoint]:
        yield StoredCheckpoint(self._note, None)

    def close(self) -> None:
        """Nothing is held open."""
