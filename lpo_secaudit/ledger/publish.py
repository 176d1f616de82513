"""Publishing a ledger as static files (c2sp.org/tlog-tiles): for clients, courts and witnesses to copy.

Files that never change are written once; the checkpoint comes last, so that whoever reads it finds
everything it speaks of.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from lpo_secaudit.errors import IntegrityError
from lpo_secaudit.ledger.proofs import parse_checkpoint
from lpo_secaudit.ledger.sites import entries_name, tile_name

if TYPE_CHECKING:
    from lpo_secaudit.ledger.log import Checkpoint, Ledger
    from lpo_secaudit.ledger.sites import WritableSite

__all__ = ["publish"]

TILE = 256


def publish(ledger: Ledger, site: WritableSite, checkpoint: Checkpoint) -> int:
    """Bring a site up to a checkpoint; returns the number of files written.

    Raises:
        IntegrityError: the site holds another log, or one that this ledger does not continue.
        InputError: the site cannot be written.
    """
    before = site.read("checkpoint")
    old_size = 0
    if before is not None:
        old = parse_checkpoint(before, f"{site.where}/checkpoint")
        if old.origin != ledger.origin:
            raise IntegrityError(f"another log is published there: {old.origin}", where=site.where)
        if old.size > checkpoint.size or ledger.root(old.size) != old.root:
            raise IntegrityError(
                f"the ledger does not continue what was published at size {old.size}: it was cut or changed",
                where=site.where,
                hint="`secaudit ledger check LEDGER --against PUBLISHED` says where they part",
            )
        old_size = old.size
    written = 0
    for index in range(old_size // TILE, -(-checkpoint.size // TILE)):
        start, stop = index * TILE, min((index + 1) * TILE, checkpoint.size)
        bundle = b"".join(struct.pack(">H", len(raw)) + raw for _, raw in ledger.raw_entries(start, stop))
        site.write(entries_name(index, stop - start), bundle, final=True)
        written += 1
    level, old_width, width = 0, old_size, checkpoint.size
    while width:
        for index in range(old_width // TILE, -(-width // TILE)):
            start, stop = index * TILE, min((index + 1) * TILE, width)
            site.write(
                tile_name(level, index, stop - start), b"".join(ledger.hashes(level, start, stop)), final=True
            )
            written += 1
        level, old_width, width = level + 1, old_width // TILE, width // TILE
    # Every published checkpoint stays: two of them that contradict each other convict the log.
    site.write(f"checkpoints/{checkpoint.size:012}", checkpoint.note, final=True)
    site.write(f"keys/{checkpoint.keyid}.pub", checkpoint.public_key_pem, final=True)
    site.write("checkpoint", checkpoint.note, final=False)
    return written + 3
