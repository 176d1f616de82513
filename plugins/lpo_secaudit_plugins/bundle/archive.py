"""Unpacking an archive of the other side: plain files only, inside one folder, within limits."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from typing import IO

from lpo_secaudit.errors import InputError, IntegrityError, LimitExceededError

__all__ = ["MAX_BYTES", "MAX_MEMBERS", "holds_manifest", "unpacked"]

MAX_BYTES = 2 * 1024**3
MAX_MEMBERS = 200_000


@contextmanager
def unpacked(path: Path, shown: str) -> Iterator[Path]:
    """The bundle folder of a path: the folder itself, or a temporary one that an archive fills.

    Raises:
        InputError: neither a folder nor an archive, or the archive is broken.
        IntegrityError: the archive holds links, devices or paths that lead outside.
        LimitExceededError: it unpacks to more than 2 GiB or 200 000 files.
    """
    if path.is_dir():
        yield _bundle_in(path, shown)
        return
    if not path.is_file():
        raise InputError("no such bundle", where=shown, hint="name the bundle's folder or archive")
    with TemporaryDirectory(prefix="secaudit-bundle-") as folder:
        target = Path(folder)
        try:
            if zipfile.is_zipfile(path):
                _unzip(path, target, shown)
            elif tarfile.is_tarfile(path):
                _untar(path, target, shown)
            else:
                raise InputError("neither a folder nor a .zip or .tar archive", where=shown)
        except (
            zipfile.BadZipFile,
            tarfile.TarError,
            EOFError,
            OSError,
            RuntimeError,
            NotImplementedError,
        ) as error:
            raise InputError(f"archive cannot be unpacked: {error}", where=shown) from error
        yield _bundle_in(target, shown)


def holds_manifest(path: Path) -> bool:
    """Whether a folder or archive looks like a bundle, told without unpacking it."""
    try:
        if path.is_dir():
            return (path / "manifest.json").is_file() and (path / "records.jsonl").is_file()
        if zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()[:MAX_MEMBERS]
        elif path.is_file() and tarfile.is_tarfile(path):
            with tarfile.open(path, "r:*") as tar:
                names = [member.name for member, _ in zip(tar, range(1000), strict=False)]
        else:
            return False
    except (OSError, EOFError, zipfile.BadZipFile, tarfile.TarError, ValueError):
        return False
    last = {PurePosixPath(name).name for name in names}
    return {"manifest.json", "records.jsonl"} <= last


def _bundle_in(folder: Path, shown: str) -> Path:
    """The folder with the manifest: the one given, or its only subfolder."""
    if (folder / "manifest.json").exists():
        return folder
    inner = [p for p in sorted(folder.iterdir()) if p.is_dir() and (p / "manifest.json").exists()]
    if len(inner) != 1:
        raise IntegrityError(
            "not a whole evidence bundle: it has no manifest",
            where=shown,
            hint="collection was cut off; ask again",
        )
    return inner[0]


class _Budget:
    def __init__(self, shown: str) -> None:
        self.shown = shown
        self.left = MAX_BYTES
        self.members = 0

    def place(self, target: Path, name: str) -> Path:
        """Where a member goes; refuses names that lead outside."""
        self.members += 1
        if self.members > MAX_MEMBERS:
            raise LimitExceededError(f"archive has more than {MAX_MEMBERS} members", where=self.shown)
        pure = PurePosixPath(name.replace("\\", "/"))
        if pure.is_absolute() or ".." in pure.parts or ":" in name or "\x00" in name:
            raise IntegrityError(f"archive member {name[:100]!r} leads outside the archive", where=self.shown)
        return target / pure

    def write(self, source: IO[bytes], to: Path) -> None:
        to.parent.mkdir(parents=True, exist_ok=True)
        with to.open("xb") as out:
            while chunk := source.read(1 << 20):
                self.left -= len(chunk)
                if self.left < 0:
                    raise LimitExceededError(
                        f"archive unpacks to more than {MAX_BYTES} bytes", where=self.shown
                    )
                out.write(chunk)


def _unzip(path: Path, target: Path, shown: str) -> None:
    budget = _Budget(shown)
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            to = budget.place(target, member.filename)
            if member.is_dir():
                continue
            if (member.external_attr >> 16) & 0o170000 == 0o120000:
                raise IntegrityError(f"archive member {member.filename[:100]!r} is a link", where=shown)
            with archive.open(member) as source:
                budget.write(source, to)


def _untar(path: Path, target: Path, shown: str) -> None:
    budget = _Budget(shown)
    with tarfile.open(path, "r:*") as archive:
        for member in archive:
            to = budget.place(target, member.name)
            if member.isdir():
                continue
            source = archive.extractfile(member) if member.isreg() else None
            if source is None:
                raise IntegrityError(f"archive member {member.name[:100]!r} is no plain file", where=shown)
            with source:
                budget.write(source, to)
