"""Several files added to an audit folder as one: a process killed at any point leaves none of it half done.

An addition is a signed file with a key and a proof beside it, and perhaps an entry of the ledger. It
passes through a folder of its own in the audit folder:

    .adding-<12 hex digits>.new/     being written, or being taken away; nothing rests on it
    .adding-<stem, its / as ->/      on the disk whole, with fact.json where the ledger is to hold a fact

Once the second is there, the ledger gets the fact, the folder the proof of it; then its files are linked
to their places, and the folder goes. Whoever adds next brings to its end what a killed process left
(`complete`): by the ledger, which knows whether the fact was recorded.

Specified in docs/formats/audit-folder.md, "Unfinished additions".
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpo_secaudit.errors import InputError, IntegrityError
from lpo_secaudit.folder import proof_file, sync
from lpo_secaudit.formats.canonical import canonical_json

if TYPE_CHECKING:
    from lpo_secaudit.attest.signers import Signer
    from lpo_secaudit.ledger import Kind, Ledger

__all__ = ["Recording", "add", "complete"]

PREFIX = ".adding-"
FACT = "fact.json"
ENDINGS = (".json", ".pub", ".tsr", ".proof.json")
_TAKEN = {errno.EEXIST, errno.ENOTEMPTY}
_NO_LINKS = {errno.EPERM, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EMLINK}


@dataclass(frozen=True)
class Recording:
    """How an addition is recorded.

    Attributes:
        body: the entry's; its `keyid` is the signer's.
        signer: signs the checkpoint that the proof leads to.
        now: the entry's instant.
    """

    kind: Kind
    body: Mapping[str, Any]
    ledger: str | Path
    signer: Signer
    now: datetime


def add(root: Path, stem: str, files: Mapping[str, bytes], recording: Recording | None = None) -> None:
    """Add files to an audit folder, with the proof of their entry where they are recorded.

    Args:
        stem: their common name, such as `replies/0123456789abcdef`.
        files: name (the stem with one of ENDINGS) to content.

    Raises:
        InputError: a file of that stem is there already, another process was first, or the disk is full.
            Nothing was added; what was recorded stays to be completed.
        IntegrityError, UndecidableError: see `Ledger.append`.
    """
    with _writing(root), _alone(root):
        for ending in ENDINGS:
            if os.path.lexists(root / f"{stem}{ending}"):
                raise _there_already(root / f"{stem}{ending}")
        if recording is None:
            _place(root, _stage(root, stem, files))
            return
        from lpo_secaudit.ledger import Ledger

        with Ledger.open(recording.ledger, create=True) as log:
            fact = {"origin": log.origin, "kind": recording.kind, "body": dict(recording.body)}
            staged = _stage(root, stem, {**files, FACT: canonical_json(fact)})
            try:
                index = log.append(recording.kind, recording.body, recording.now)
            except (InputError, IntegrityError):
                _discard(staged)  # these say that nothing was recorded; others do not know
                raise
            _prove(log, index, staged / f"{stem}.proof.json", recording.signer)
        _place(root, staged)


def complete(root: Path, signer: Signer | None = None, ledger: str | Path | None = None) -> tuple[str, ...]:
    """Bring to its end what killed processes left in an audit folder; gives the stems of what is there now.

    An addition that neither the ledger nor the folder knows of is taken away: nobody was told of it.
    One that needs another key or ledger than those given is left as it is. On a system without file locks
    all is left: nobody can tell a killed process from one at work.

    Raises:
        InputError: the folder cannot be written.
        IntegrityError, UndecidableError: see `Ledger.open`.
    """
    done = []
    if any(root.glob(f"{PREFIX}*")):
        with _writing(root), _alone(root) as alone:
            # Without locks nobody can tell a killed process from one at work.
            for found in sorted(root.glob(f"{PREFIX}*")) if alone else ():
                if found.name.endswith(".new"):
                    shutil.rmtree(found, ignore_errors=True)
                    continue
                stem = found.name.removeprefix(PREFIX).replace("-", "/", 1)
                if _bring_to_its_end(root, found, stem, signer, ledger):
                    done.append(stem)
    return tuple(done)


def _bring_to_its_end(
    root: Path, staged: Path, stem: str, signer: Signer | None, ledger: str | Path | None
) -> bool:
    """Whether the addition is in its place now."""
    names = set(_names(staged))
    if not names <= {f"{stem}{ending}" for ending in ENDINGS} | {FACT}:
        return False  # none of ours
    if FACT not in names:
        if not any((root / name).exists() for name in names):
            _discard(staged)
            return False
    elif f"{stem}.proof.json" not in names:
        try:
            fact = json.loads((staged / FACT).read_bytes())
            origin, kind, body, keyid = fact["origin"], fact["kind"], fact["body"], fact["body"]["keyid"]
        except (ValueError, KeyError, TypeError, RecursionError):
            return False
        if signer is None or ledger is None or keyid != signer.keyid:
            return False
        from lpo_secaudit.ledger import Ledger

        with Ledger.open(ledger, create=True) as log:
            if log.origin != origin:
                return False
            index = next((entry.index for entry in log.entries(kind=kind) if entry.body == body), None)
            if index is None:
                _discard(staged)
                return False
            _prove(log, index, staged / f"{stem}.proof.json", signer)
    _place(root, staged)
    return True


def _names(staged: Path) -> list[str]:
    return sorted(p.relative_to(staged).as_posix() for p in staged.rglob("*") if not p.is_dir())


def _stage(root: Path, stem: str, files: Mapping[str, bytes]) -> Path:
    draft, staged = _draft(root, files), root / f"{PREFIX}{stem.replace('/', '-')}"
    try:
        draft.rename(staged)
    except OSError as error:
        shutil.rmtree(draft, ignore_errors=True)
        if error.errno not in _TAKEN:
            raise
        raise InputError(
            "was begun before and not finished",
            where=str(staged),
            hint="the key and the ledger of then complete it; to give it up, remove that folder",
        ) from error
    sync(root)
    return staged


def _draft(root: Path, files: Mapping[str, bytes]) -> Path:
    """A new folder with files that are on the disk."""
    draft = root / f"{PREFIX}{secrets.token_hex(6)}.new"
    try:
        for name, data in files.items():
            path = draft / name
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("xb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
        for folder in {(draft / name).parent for name in files} | {draft}:
            sync(folder)
    except BaseException:
        shutil.rmtree(draft, ignore_errors=True)
        raise
    return draft


def _put(root: Path, target: Path, data: bytes) -> None:
    """Write a file that is there whole or not at all."""
    draft = _draft(root, {"file": data})
    try:
        (draft / "file").rename(target)
        sync(target.parent)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def _prove(log: Ledger, index: int, target: Path, signer: Signer) -> None:
    proof = proof_file(log.prove(index, log.checkpoint(signer, signer.keyid)))
    _put(target.parents[2], target, proof)


def _place(root: Path, staged: Path) -> None:
    """Bring files to their places; again, where a killed process had begun to."""
    names = [name for name in _names(staged) if name != FACT]
    for name in names:
        made, target = staged / name, root / name
        target.parent.mkdir(exist_ok=True)
        try:
            os.link(made, target)
        except OSError as error:
            if target.exists():
                if target.read_bytes() != made.read_bytes():
                    raise _there_already(target) from error
            elif error.errno in _NO_LINKS:
                _put(root, target, made.read_bytes())
            else:
                raise
    for folder in {(root / name).parent for name in names} | {root}:
        sync(folder)
    _discard(staged)


def _discard(staged: Path) -> None:
    # In one step it is no longer whole, in many it is gone.
    gone = staged.with_name(f"{PREFIX}{secrets.token_hex(6)}.new")
    staged.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


@contextmanager
def _alone(root: Path) -> Iterator[bool]:
    """The only process that adds to the folder; False where this system has no locks."""
    try:
        import fcntl
    except ImportError:
        yield False
        return
    descriptor = os.open(root, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield True
    finally:
        os.close(descriptor)


@contextmanager
def _writing(root: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise InputError(
            f"cannot be written: {error.strerror}",
            where=str(root),
            hint="check the folder's permissions and the space on its disk",
        ) from error


def _there_already(path: Path) -> InputError:
    return InputError("is there already", where=str(path), hint="additions are never overwritten")
