"""Where a ledger's bytes lie: SQLite or PostgreSQL, through SQLAlchemy.

Three tables, to which rows are only ever added: `entry` holds the entries' bytes, `tile` the
hashes of every complete run of 256 entries (or 256 tiles of the level below) with their root, and
`checkpoint` the signed notes. Triggers refuse updates and deletes: a guard against accidents, not
against whoever owns the file; against those stand checkpoints, mirrors and witnesses.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    BigInteger,
    Column,
    Connection,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    create_engine,
    event,
    func,
    insert,
    inspect,
    select,
    text,
)
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError
from sqlalchemy.exc import IntegrityError as RowExistsError

from lpo_secaudit.errors import InputError, IntegrityError, SecauditError, UndecidableError

__all__ = ["FORMAT", "TILE", "Store"]

FORMAT = "lpo-secaudit-ledger/1"
TILE = 256
BUSY_S = 120

_metadata = MetaData()
META = Table("meta", _metadata, Column("key", Text, primary_key=True), Column("value", Text, nullable=False))
ENTRY = Table(
    "entry",
    _metadata,
    Column("idx", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=False),
    Column("data", LargeBinary, nullable=False),
)
TILES = Table(
    "tile",
    _metadata,
    Column("level", Integer, primary_key=True),
    Column("idx", BigInteger, primary_key=True),
    Column("root", LargeBinary, nullable=False),
    Column("hashes", LargeBinary, nullable=False),
)
CHECKPOINT = Table(
    "checkpoint",
    _metadata,
    Column("id", Integer, primary_key=True, autoincrement=True),
    Column("size", BigInteger, nullable=False, index=True),
    Column("keyid", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("note", Text, nullable=False),
)

_GUARDS = {
    "sqlite": (
        "CREATE TRIGGER {t}_no_{op} BEFORE {OP} ON {t} "
        "BEGIN SELECT RAISE(ABORT, 'the ledger only grows'); END",
    ),
    "postgresql": (
        "CREATE OR REPLACE FUNCTION secaudit_only_grows() RETURNS trigger LANGUAGE plpgsql AS "
        "$$ BEGIN RAISE EXCEPTION 'the ledger only grows'; END $$",
        "CREATE TRIGGER {t}_no_{op} BEFORE {OP} ON {t} FOR EACH STATEMENT "
        "EXECUTE FUNCTION secaudit_only_grows()",
    ),
}


def database_url(place: str | Path) -> str:
    """The SQLAlchemy URL of a file name or database URL.

    Raises:
        InputError: a database of another kind.
    """
    name = str(place)
    if "://" not in name:
        return f"sqlite:///{name}"
    scheme, rest = name.split("://", 1)
    if scheme in ("postgresql", "postgres", "postgresql+psycopg"):
        return f"postgresql+psycopg://{rest}"
    if scheme == "sqlite":
        return name
    raise InputError(
        f"a ledger cannot lie in {scheme!r}",
        where=scheme,
        hint="give a file name or postgresql://host/database",
    )


class Store:
    """One open ledger database. Every method runs in a transaction of its own."""

    def __init__(self, place: str | Path, *, create: bool, origin: str | None = None) -> None:
        url = database_url(place)
        # The password of a database URL must not reach a message.
        self.where = str(place) if "://" not in str(place) else url.split("://")[0] + " ledger"
        self._sqlite = url.startswith("sqlite")
        if self._sqlite:
            path = Path(url.removeprefix("sqlite:///"))
            if not create and not path.is_file():
                raise InputError("there is no ledger", where=str(path), hint="an audit starts one")
            if create:
                _parent(path)
        try:
            self._engine = create_engine(
                url, connect_args={"timeout": BUSY_S} if self._sqlite else {}, pool_pre_ping=not self._sqlite
            )
        except (ImportError, SQLAlchemyError) as error:
            raise InputError(
                f"the ledger's database cannot be used: {type(error).__name__}",
                where=self.where,
                hint="pip install 'lpo-secaudit[postgresql]'",
            ) from error
        if self._sqlite:
            event.listen(self._engine, "connect", _prepare_sqlite)
            event.listen(self._engine, "begin", _begin)
        with self._errors():
            self.origin = self._open(create, origin)

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()

    def _open(self, create: bool, origin: str | None) -> str:
        with self.reading() as connection:
            known = inspect(connection).has_table("meta")
            if known:
                stored: dict[str, str] = {row[0]: row[1] for row in connection.execute(select(META))}
        if not known:
            if not create:
                raise InputError("the database holds no ledger", where=self.where)
            stored = self._create(origin)
        if stored.get("format") != FORMAT or "origin" not in stored:
            raise IntegrityError(f"not a ledger of {FORMAT}", where=self.where)
        if origin is not None and stored["origin"] != origin:
            raise InputError(f"the ledger's name is {stored['origin']!r}, not {origin!r}", where=self.where)
        return stored["origin"]

    def _create(self, origin: str | None) -> dict[str, str]:
        with self.writing(lock=False) as connection:
            if not self._sqlite:
                # Two processes may come first at the same time; the second finds the table.
                connection.execute(text("SELECT pg_advisory_xact_lock(7308895129)"))
            if not inspect(connection).has_table("meta"):
                _metadata.create_all(connection)
                for table in ("meta", "entry", "tile", "checkpoint"):
                    for op in ("update", "delete"):
                        for statement in _GUARDS[connection.dialect.name]:
                            connection.exec_driver_sql(statement.format(t=table, op=op, OP=op.upper()))
                rows = {
                    "format": FORMAT,
                    "origin": origin or f"lpo-secaudit/{secrets.token_hex(16)}",
                }
                connection.execute(insert(META), [{"key": k, "value": v} for k, v in rows.items()])
            return {row[0]: row[1] for row in connection.execute(select(META))}

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except SecauditError:
            raise
        except SQLAlchemyError as error:
            raise _explain(error, self.where) from error
        except UnicodeDecodeError as error:
            raise IntegrityError("the ledger's database is damaged", where=self.where) from error

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A snapshot of the ledger: everything read within belongs to one state of it."""
        options: dict[str, Any] = {} if self._sqlite else {"isolation_level": "REPEATABLE READ"}
        with (
            self._errors(),
            self._engine.connect().execution_options(**options) as connection,
            connection.begin(),
        ):
            yield connection

    @contextmanager
    def writing(self, *, lock: bool = True) -> Iterator[Connection]:
        """The only writer, until the block ends; then everything is on disk, or nothing is."""
        with (
            self._errors(),
            self._engine.connect().execution_options(secaudit_write=True) as connection,
            connection.begin(),
        ):
            if lock and not self._sqlite:
                connection.execute(text("LOCK TABLE entry IN SHARE ROW EXCLUSIVE MODE"))
            yield connection


def size_of(connection: Connection) -> int:
    """How many entries there are."""
    last = connection.execute(select(func.max(ENTRY.c.idx))).scalar()
    return 0 if last is None else int(last) + 1


def _prepare_sqlite(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _begin, and nobody else
    cursor = connection.cursor()
    for pragma in (
        "journal_mode=WAL",
        "synchronous=FULL",
        "trusted_schema=OFF",
        f"busy_timeout={BUSY_S * 1000}",
    ):
        try:
            cursor.execute(f"PRAGMA {pragma}")
        except Exception:  # noqa: S112  # a read-only medium keeps its journal mode
            continue
    cursor.close()


def _begin(connection: Connection) -> None:
    write = connection.get_execution_options().get("secaudit_write")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")


def _parent(path: Path) -> None:
    try:
        path.absolute().parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(f"the ledger's folder cannot be made: {error.strerror}", where=str(path)) from error


def _explain(error: SQLAlchemyError, where: str) -> SecauditError:
    """A database error in our words; the database's own may hold values or a password."""
    words = str(error.orig).lower() if isinstance(error, DBAPIError) else ""
    if isinstance(error, RowExistsError):
        return UndecidableError("another writer was faster", where=where, hint="try again")
    if "locked" in words or "busy" in words:
        return UndecidableError(
            f"the ledger stayed locked for {BUSY_S} s", where=where, hint="try again later"
        )
    if "full" in words or "no space" in words:
        return InputError(
            "the disk is full; nothing was recorded", where=where, hint=f"free space beside {where}"
        )
    if "malformed" in words or "not a database" in words or "disk image" in words:
        return IntegrityError(
            "the ledger's database is damaged", where=where, hint="restore it from a mirror"
        )
    if "only grows" in words:
        return IntegrityError("the ledger only grows", where=where)
    if isinstance(error, OperationalError):
        reason = "" if os.sep in words and "://" in words else f": {words[:200]}"
        return InputError(f"the ledger cannot be opened{reason}", where=where)
    return IntegrityError(
        f"the ledger's database does not answer as a ledger: {type(error).__name__}", where=where
    )
