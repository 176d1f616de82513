"""Mirrors and witnesses: a client or a court keeps its own copy, and says what it saw, and when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lpo_secaudit.errors import InputError, IntegrityError
from lpo_secaudit.ledger.log import Checkpoint, Ledger
from lpo_secaudit.ledger.note import NoteSigner, cosignature_line
from lpo_secaudit.ledger.proofs import parse_checkpoint, signed_by, witnessed_by
from lpo_secaudit.ledger.reader import open_copy

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lpo_secaudit.ledger.proofs import NoteKey
    from lpo_secaudit.ledger.reader import LogCopy

__all__ = ["add_cosignature", "mirror", "witness"]

TILE = 256


def mirror(
    source: str | Path, target: str | Path, keys: Sequence[tuple[NoteKey, bytes]]
) -> tuple[int, Checkpoint]:
    """Bring a copy of a log at `target` up to a source's newest checkpoint.

    Args:
        source: ledger or published log.
        target: ledger file or database URL of the copy; made where there is none.
        keys: keys of the log with their PEM, one of which must have signed the checkpoint.

    Returns the number of new entries, and the checkpoint, which the copy keeps.

    Raises:
        IntegrityError: the source is not signed by a given key, or does not continue the copy.
    """
    copy = open_copy(source)
    try:
        newest = None
        for stored in copy.checkpoints():
            newest = stored
        if newest is None:
            raise InputError("the source has no checkpoint yet", where=str(source))
        head = parse_checkpoint(newest.note, str(source))
        if head.origin != copy.origin:
            raise IntegrityError("the checkpoint is of another log", where=str(source))
        for key, pem in keys:
            if signed_by(head, key):
                signed = Checkpoint(head.size, str(getattr(key, "keyid", "")), pem, newest.note)
                break
        else:
            raise IntegrityError(
                "the newest checkpoint is not signed by a key that was given",
                where=str(source),
                hint="ask the firm for its public key",
            )
        with Ledger.open(target, create=True, origin=copy.origin) as own:
            have = own.size()
            if head.size < have:
                raise IntegrityError(
                    f"the source has gone back: {head.size} entries, and {have} were seen before",
                    where=str(source),
                )
            return own.take_over(_rest(copy, have, head.size), signed), signed
    finally:
        copy.close()


def _rest(copy: LogCopy, have: int, size: int) -> Iterator[list[bytes]]:
    start = have - have % TILE
    for batch in copy.batches(start):
        rest = batch[max(0, have - start) : max(0, size - start)]
        start += len(batch)
        if rest:
            yield rest


def witness(checkpoint: Checkpoint, name: str, seconds: int, signer: NoteSigner) -> Checkpoint:
    """Add a witness's line to a checkpoint that `mirror` has found to continue all seen before.

    Raises:
        InputError: see `cosignature_line`.
    """
    text = parse_checkpoint(checkpoint.note, name).text
    return replace(checkpoint, note=checkpoint.note + cosignature_line(name, text, seconds, signer))


def add_cosignature(checkpoint: Checkpoint, witnessed: bytes, name: str, key: NoteKey) -> Checkpoint:
    """Take a witness's line over from its copy of a checkpoint, after checking it.

    Raises:
        IntegrityError: it is of another checkpoint, or not that witness's.
    """
    ours, theirs = parse_checkpoint(checkpoint.note, "checkpoint"), parse_checkpoint(witnessed, name)
    if ours.text != theirs.text or not witnessed_by(theirs, name, key):
        raise IntegrityError("the witness's line is not one over this checkpoint", where=name)
    lines = set(checkpoint.note.decode().rpartition("\n\n")[2].splitlines())
    new = [line for line in witnessed.decode().rpartition("\n\n")[2].splitlines() if line not in lines]
    kept = [line for line in new if line.split(" ")[1] == name]
    return replace(checkpoint, note=checkpoint.note + "".join(line + "\n" for line in kept).encode())
