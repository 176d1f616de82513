"""Writing a dossier: the page, the JSON, drafts, tables and calendar in one signed folder."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import lpo_secaudit
from lpo_secaudit.accountability.dossier import Dossier
from lpo_secaudit.accountability.exports import calendar_of, duties_csv, items_of, obligations_csv
from lpo_secaudit.attest import envelope, one_time_signer, statement
from lpo_secaudit.attest.check import open_envelope, parse_public_key, read_statement
from lpo_secaudit.errors import InputError, IntegrityError
from lpo_secaudit.formats.canonical import canonical_json, digest_bytes
from lpo_secaudit.formats.instants import format_instant

if TYPE_CHECKING:
    from lpo_secaudit.attest import Signer

__all__ = ["PREDICATE_TYPE", "dossier_files", "verify_dossier", "write_dossier"]

PREDICATE_TYPE = "https://lpo-secaudit.example/dossier/v1"


def dossier_files(dossier: Dossier) -> Mapping[str, bytes]:
    """The files of a dossier by name, without signature; equal dossiers give equal bytes but for DOCX."""
    from lpo_secaudit.accountability.dossier.docx import draft_docx
    from lpo_secaudit.accountability.dossier.page import render_page

    a = dossier.assessment
    calendar = calendar_of(items_of(a), a.as_of, f"Incident {a.incident.id}")
    files = {
        "dossier.html": render_page(dossier).encode(),
        "dossier.json": canonical_json(dossier.to_json()),
        "duties.csv": duties_csv(a).encode(),
        "obligations.csv": obligations_csv(dossier.obligations).encode(),
        "deadlines.ics": calendar.encode(),
    }
    for draft in dossier.notices:
        files[f"notices/{draft.name}.md"] = draft.markdown().encode()
        files[f"notices/{draft.name}.docx"] = draft_docx(draft, a.as_of)
    return files


def write_dossier(dossier: Dossier, folder: str | Path, signer: Signer | None = None) -> Path:
    """Write a dossier into a new folder, whole or not at all, with a signed statement over every file.

    Args:
        dossier: what to write.
        folder: must not exist or be empty.
        signer: who signs; None makes a key for this dossier alone, which proves integrity, not identity.

    Raises:
        InputError: the folder is taken or cannot be written.
    """
    target = Path(folder)
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise InputError("the dossier's folder is not empty", where=str(target), hint="name a new folder")
    by = signer or one_time_signer()
    files = dict(dossier_files(dossier))
    a = dossier.assessment
    predicate = {
        "tool": {"name": "lpo_secaudit", "version": lpo_secaudit.__version__},
        "incident": a.incident.id,
        "as_of": format_instant(a.as_of),
        "one_time_key": signer is None,
    }
    digests = {name: digest_bytes(data) for name, data in files.items()}
    files["attestation.json"] = envelope(statement(digests, PREDICATE_TYPE, predicate), by)
    files["signer.pub"] = by.public_key_pem
    _write(files, target)
    return target


def verify_dossier(folder: str | Path, key: str | Path | None = None) -> str:
    """Check a dossier's signature and every file; returns the id of the key that signed.

    Args:
        folder: of `write_dossier`.
        key: public key that has to have signed; None takes the one in the folder, which shows that
            nothing was changed since, and not by whom it was made.

    Raises:
        IntegrityError: names the file that is changed, missing, or not covered by the signature.
        InputError: the key or folder cannot be read.
    """
    root = Path(folder)
    pem = _bytes(Path(key) if key is not None else root / "signer.pub")
    signer = parse_public_key(pem, str(key or root / "signer.pub"))
    where = str(root / "attestation.json")
    opened = open_envelope(_bytes(root / "attestation.json"), where)
    if not opened.signed_by(signer):
        raise IntegrityError("the dossier is not signed by that key", where=where)
    subjects, _ = read_statement(opened, PREDICATE_TYPE, where)
    beside = {"attestation.json", "signer.pub"}
    found = {p.relative_to(root).as_posix() for p in root.rglob("*") if not p.is_dir()}
    for name in sorted(found - set(subjects) - beside):
        raise IntegrityError("a file that the signature does not cover", where=str(root / name))
    for name, digest in subjects.items():
        if name not in found:
            raise IntegrityError("a signed file is missing", where=str(root / name))
        if digest_bytes(_bytes(root / name)).removeprefix("sha256:") != digest:
            raise IntegrityError("a file was changed after signing", where=str(root / name))
    if (root / "signer.pub").is_file() and parse_public_key(
        _bytes(root / "signer.pub"), str(root / "signer.pub")
    ).keyid not in opened.signatures:
        raise IntegrityError(
            "the key in the folder is not the one that signed", where=str(root / "signer.pub")
        )
    return signer.keyid


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"file cannot be read: {error.strerror}", where=str(path)) from error


def _write(files: Mapping[str, bytes], target: Path) -> None:
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        partial = Path(tempfile.mkdtemp(prefix=f".{target.name}-", dir=target.parent))
    except OSError as error:
        raise InputError(f"the dossier cannot be written: {error.strerror}", where=str(target)) from error
    try:
        for name, data in files.items():
            path = partial / name
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(data)
        partial.chmod(0o755)
        if target.exists():
            target.rmdir()
        partial.replace(target)
    except OSError as error:
        shutil.rmtree(partial, ignore_errors=True)
        raise InputError(f"the dossier cannot be written: {error.strerror}", where=str(target)) from error
