"""The tree's hashes as the database keeps them: complete tiles of 256, and what entries give beyond."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from lpo_secaudit.errors import IntegrityError
from lpo_secaudit.ledger import tree
from lpo_secaudit.ledger.hashing import leaf_hash
from lpo_secaudit.ledger.store import ENTRY, TILE, TILES

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["complete_tile", "hashes", "nodes"]


def complete_tile(connection: Connection, index: int, where: str) -> None:
    """Store the tile over entries that has become complete, and those above that it completes."""
    level = 0
    while True:
        found = hashes(connection, level, index * TILE, (index + 1) * TILE, where)
        row = {"level": level, "idx": index, "root": tree.fold(found), "hashes": b"".join(found)}
        connection.execute(insert(TILES), [row])
        if (index + 1) % TILE:
            return
        level, index = level + 1, index // TILE


def hashes(connection: Connection, level: int, start: int, stop: int, where: str) -> list[bytes]:
    """Hashes `start` to `stop` of a tile level, none of them beyond the tree, within one tile.

    Raises:
        IntegrityError: some are missing.
    """
    stored = connection.execute(
        select(TILES.c.hashes).where(TILES.c.level == level, TILES.c.idx == start // TILE)
    ).scalar()
    if stored is not None:
        first = start % TILE * 32
        part = bytes(stored)[first : first + (stop - start) * 32]
        found = [part[i : i + 32] for i in range(0, len(part), 32)]
    elif level == 0:
        rows = connection.execute(
            select(ENTRY.c.data).where(ENTRY.c.idx >= start, ENTRY.c.idx < stop).order_by(ENTRY.c.idx)
        )
        found = [leaf_hash(bytes(data)) for (data,) in rows]
    else:
        below = TILES.c.level == level - 1
        rows = connection.execute(
            select(TILES.c.root).where(below, TILES.c.idx >= start, TILES.c.idx < stop).order_by(TILES.c.idx)
        )
        found = [bytes(root) for (root,) in rows]
    if len(found) != stop - start:
        raise IntegrityError(
            f"hashes {start} to {stop} of level {level} are not all there",
            where=where,
            hint="restore the ledger from a mirror",
        )
    return found


def nodes(connection: Connection, where: str) -> tree.Nodes:
    """The stored tree as `tree` sees it."""

    def node(height: int, index: int) -> bytes:
        level, within = divmod(height, 8)
        return tree.fold(hashes(connection, level, index << within, (index + 1) << within, where))

    return node
