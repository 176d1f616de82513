"""The audit folder: what an audit leaves behind, written whole or not at all.

    audit.json            the result, canonical JSON
    report.html           the same for a reader
    bundle/               the evidence
    inputs/               engagement, catalogs, topics and places as read, for replay
    attestation.json      DSSE envelope over the in-toto Statement; its subjects are the above
    signer.pub            the public key of the envelope and the checkpoint
    ledger/proof.json     where the envelope stands in the ledger, with the signed checkpoint

timestamps/ come with the audit or later, cosignatures/ and replies/ later; each file there shows its
own integrity.
Specified in docs/formats/audit-folder.md.
"""

from __future__ import annotations

import base64
import errno
import hashlib
import os
import re
import secrets
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any

from lpo_secaudit.errors import InputError, IntegrityError, UndecidableError
from lpo_secaudit.formats.canonical import canonical_json, digest, digest_bytes
from lpo_secaudit.formats.instants import format_instant
from lpo_secaudit.model.catalog import Catalog
from lpo_secaudit.model.finding import AppliedWaiver
from lpo_secaudit.model.result import AuditResult
from lpo_secaudit.plugins import PluginSet

if TYPE_CHECKING:
    from lpo_secaudit.attest.signers import Signer
    from lpo_secaudit.ledger import Kind, Proof

__all__ = ["PREDICATE_TYPE", "AuditFolder", "proof_file", "sync", "tool_digest"]

PREDICATE_TYPE = "urn:lpo-secaudit:audit:v1"
PROOF_FORMAT = "lpo-secaudit-proof/1"
_NO_ROOM = {errno.ENOSPC, errno.EFBIG, errno.EIO, errno.EROFS, getattr(errno, "EDQUOT", errno.ENOSPC)}


@cache
def tool_digest() -> str:
    """One digest over every code and data file of the library and `controls/`, by name; for the predicate.

    The same for an editable install, where `controls/` lies beside the package, and a plain one.
    """
    import lpo_secaudit

    # `controls` becomes a part of the package only when it is installed.
    controls = import_module("lpo_secaudit.controls")
    found: dict[str, str] = {}
    for module, prefix in ((lpo_secaudit, ""), (controls, "controls/")):
        root = Path(str(module.__file__)).parent
        for path in root.rglob("*"):
            name = prefix + path.relative_to(root).as_posix()
            if path.is_file() and "__pycache__" not in path.parts and not name.startswith("examples/"):
                found[name] = digest_bytes(path.read_bytes())
    return digest(found)


def proof_file(proof: Proof) -> bytes:
    """The bytes of a proof file (docs/formats/ledger.md, "Proof")."""
    return canonical_json(
        {
            "format": PROOF_FORMAT,
            "index": proof.index,
            "entry": base64.b64encode(proof.entry).decode(),
            "path": [base64.b64encode(hash_).decode() for hash_ in proof.path],
            "checkpoint": proof.checkpoint.decode(),
        }
    )


@dataclass(frozen=True)
class Signed:
    """How an audit was signed.

    Attributes:
        keyid: of the key.
        one_time: it was made for this audit alone.
        timestamp_problem: why a timestamp that was asked for is not there; "" where it is, or none was.
    """

    keyid: str
    one_time: bool
    timestamp_problem: str = ""


def _token(envelope: bytes, tsa: str | None) -> tuple[bytes | None, str]:
    """A timestamp over an envelope; without it, why there is none."""
    if tsa is None:
        return None, ""
    from lpo_secaudit.attest.timestamps import request_timestamp

    try:
        return request_timestamp(envelope, tsa), ""
    except (UndecidableError, IntegrityError) as error:
        return None, str(error)


class AuditFolder:
    """Builds an audit folder beside its final place and moves it there when it is whole.

    Use as a context manager; leaving before `finish()` removes what was built. A process that is
    killed leaves a hidden folder, which the next audit to the same place removes.

    Attributes:
        bundle: where the evidence bundle is to be written.
    """

    def __init__(self, path: Path) -> None:
        """Plan a folder at `path`, which must not exist or be empty.

        Raises:
            InputError: it is something else, or its parent cannot be written.
        """
        self.path = path
        self._lock: int | None = None
        try:
            if path.exists() and (not path.is_dir() or any(path.iterdir())):
                raise InputError(
                    "the output folder exists and is not empty", where=str(path), hint="name another one"
                )
            path.absolute().parent.mkdir(parents=True, exist_ok=True)
            self._remove_left_over()
            self._root = path.absolute().parent / f".{path.name}.partial-{secrets.token_hex(6)}"
            self._root.mkdir()
            self._lock = _lock(self._root)
        except OSError as error:
            raise _cannot_write(path, error) from error
        self.bundle = self._root / "bundle"
        self._result_digest = ""
        self._waivers: Sequence[AppliedWaiver] = ()
        self._predicate: dict[str, Any] = {}

    def __enter__(self) -> AuditFolder:
        return self

    def __exit__(
        self, _: type[BaseException] | None, error: BaseException | None, __: TracebackType | None
    ) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None
        shutil.rmtree(self._root, ignore_errors=True)
        if isinstance(error, OSError) and error.errno in _NO_ROOM:
            # Whoever wrote into the folder when the disk gave out, the words are the same.
            raise _cannot_write(self.path, error) from error

    def _remove_left_over(self) -> None:
        for found in self.path.absolute().parent.glob(f".{self.path.name}.partial-*"):
            # Whoever still builds holds the lock; the lock of a killed process is free.
            lock = _lock(found)
            if lock is not None:
                shutil.rmtree(found, ignore_errors=True)
                os.close(lock)

    def _write(self, name: str, data: bytes) -> None:
        target = self._root / name
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
        except OSError as error:
            raise _cannot_write(self.path / name, error) from error

    def write_result(self, result: AuditResult, plugins: PluginSet, catalogs: Sequence[Catalog]) -> None:
        """Write audit.json, report.html and inputs/.

        Raises:
            InputError: the folder cannot be written.
        """
        from lpo_secaudit.catalog.places import load_places
        from lpo_secaudit.catalog.topics import load_topics
        from lpo_secaudit.report.html import render

        value = result.to_json()
        raw = canonical_json(value)
        self._result_digest, self._waivers = digest_bytes(raw), result.waivers
        self._write("audit.json", raw)
        del raw  # tens of megabytes for a large account
        self._write("report.html", render(value).encode())
        del value
        self._write("inputs/engagement.yaml", result.engagement.raw)
        recorded: dict[str, str] = {}
        for catalog in catalogs:
            for name, raw in catalog.files.items():
                # A catalog's name may be a path out of here; the file's name must not be.
                safe = re.sub(r"[^A-Za-z0-9._-]+", "-", Path(name).stem)[:60].strip(".-") or "catalog"
                recorded[name] = f"inputs/catalogs/{safe}-{hashlib.sha256(raw).hexdigest()[:12]}.yaml"
                self._write(recorded[name], raw)
        for name, raw in (("topics", load_topics().raw), ("places", load_places().raw)):
            self._write(f"inputs/{name}.yaml", raw)
        self._predicate = {
            "tool": {"name": "lpo_secaudit", "version": result.tool_version, "digest": tool_digest()},
            "engagement": result.engagement.id,
            "evaluated_at": format_instant(result.evaluated_at),
            "law_as_of": result.law_as_of.isoformat(),
            "valid_until": format_instant(result.evaluated_at + result.engagement.cadence),
            "inputs": {
                "engagement": {"name": result.engagement.name, "file": "inputs/engagement.yaml"},
                "catalogs": recorded,
                "topics": "inputs/topics.yaml",
                "places": "inputs/places.yaml",
            },
            "plugins": [
                {"name": name, "version": plugin.version, "files": dict(plugins.file_digests.get(name, {}))}
                for name, plugin in sorted(plugins.plugins.items())
            ],
        }

    def sign_and_record(
        self,
        signer: Signer | None,
        ledger: str | Path,
        engagement_id: str,
        *,
        tsa: str | None = None,
        signed_at: datetime | None = None,
    ) -> Signed:
        """Sign everything written, record the envelope in the ledger, keep the proof.

        Args:
            tsa: address of a timestamp authority, asked before anything is recorded; an audit without
                its answer is recorded all the same.

        Raises:
            IntegrityError: the ledger does not verify, so nothing was added to it.
            InputError, UndecidableError: the signer or the ledger cannot be used.
        """
        from lpo_secaudit.attest import envelope, one_time_signer, statement
        from lpo_secaudit.ledger import Ledger

        if not self._result_digest:
            raise InputError("there is no result to sign", hint="call write_result first")
        one_time = signer is None
        signer = signer or one_time_signer()
        now = (signed_at or datetime.now(UTC)).replace(microsecond=0)
        predicate = self._predicate | {
            "signed_at": format_instant(now),
            "signers": [{"keyid": signer.keyid, "algorithm": signer.algorithm, "one_time": one_time}],
        }
        payload = statement(dict(self._subjects()), PREDICATE_TYPE, predicate)
        sealed = envelope(payload, signer)
        body: Mapping[str, Any] = {
            "engagement": engagement_id,
            "envelope": digest_bytes(sealed),
            "statement": digest_bytes(payload),
            "result": self._result_digest,
            "keyid": signer.keyid,
        }
        self._write("attestation.json", sealed)
        self._write("signer.pub", signer.public_key_pem)
        token, problem = _token(sealed, tsa)
        with Ledger.open(ledger, create=True) as log:
            facts: list[tuple[Kind, Mapping[str, Any]]] = [("audit", body)]
            facts += [
                ("waiver", {"engagement": engagement_id, "envelope": body["envelope"], **waiver.to_json()})
                for waiver in self._waivers
                if waiver.state == "active"
            ]
            if token is not None:
                stamped = {key: body[key] for key in ("envelope", "keyid")} | {"token": digest_bytes(token)}
                facts.append(("timestamp", stamped))
            indexes = log.append_all(facts, now)
            checkpoint = log.checkpoint(signer, signer.keyid)
            self._write("ledger/proof.json", proof_file(log.prove(indexes[0], checkpoint)))
            if token is not None:
                self._write("timestamps/0001.tsr", token)
                self._write("timestamps/0001.pub", signer.public_key_pem)
                self._write("timestamps/0001.proof.json", proof_file(log.prove(indexes[-1], checkpoint)))
        return Signed(signer.keyid, one_time, problem)

    def _subjects(self) -> Iterator[tuple[str, str]]:
        yield "bundle/manifest.json", digest_bytes((self.bundle / "manifest.json").read_bytes())
        for file in sorted(self._root.rglob("*")):
            name = file.relative_to(self._root).as_posix()
            # The manifest stands for the rest of the bundle, file by file.
            if file.is_file() and not name.startswith("bundle/"):
                yield name, digest_bytes(file.read_bytes())

    def finish(self) -> None:
        """Bring everything to the disk and move the folder to its place.

        Raises:
            InputError: the place was taken meanwhile, or the disk failed.
        """
        try:
            for found in sorted(self._root.rglob("*"), reverse=True):
                sync(found)
            sync(self._root)
            if self.path.is_dir():
                self.path.rmdir()
            self._root.rename(self.path.absolute())
            sync(self.path.absolute().parent)
        except OSError as error:
            raise _cannot_write(self.path, error) from error


def _lock(folder: Path) -> int | None:
    """A lock on a folder that dies with its process; None where another process holds it."""
    try:
        import fcntl
    except ImportError:  # no such locks on this system: nothing is known to be left over
        return None
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        return None
    return descriptor


def sync(path: Path) -> None:
    """Bring a file or the names in a folder to the disk."""
    if os.name != "posix" and path.is_dir():
        return
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _cannot_write(path: Path, error: OSError) -> InputError:
    return InputError(
        f"the audit folder cannot be written: {error.strerror or error}",
        where=str(path),
        hint="check the folder's permissions and the space on its disk",
    )
