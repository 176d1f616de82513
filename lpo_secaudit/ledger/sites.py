"""Places where a published log lies: a folder, an S3 bucket, a web server.

Names are those of c2sp.org/tlog-tiles: `checkpoint`, `tile/0/x001/067`, `tile/0/067.p/12`,
`tile/entries/067`.
"""

from __future__ import annotations

import os
import secrets
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from lpo_secaudit.errors import InputError, LimitExceededError, UndecidableError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "FolderSite",
    "HttpSite",
    "S3Site",
    "Site",
    "WritableSite",
    "entries_name",
    "open_site",
    "tile_name",
]

MAX_FILE_BYTES = 32 * 1024 * 1024
"""An entry bundle holds at most 256 entries of 65535 bytes."""


def _number(index: int) -> str:
    groups = [f"{index % 1000:03}"]
    while index >= 1000:
        index //= 1000
        groups.insert(0, f"x{index % 1000:03}")
    return "/".join(groups)


def tile_name(level: int, index: int, width: int = 256) -> str:
    """Name of the tile with hashes of a level; `width` below 256 for a partial one."""
    return f"tile/{level}/{_number(index)}" + (f".p/{width}" if width < 256 else "")


def entries_name(index: int, width: int = 256) -> str:
    """Name of the bundle with 256 entries, or `width` at the log's end."""
    return f"tile/entries/{_number(index)}" + (f".p/{width}" if width < 256 else "")


class Site(Protocol):
    """A published log, for reading."""

    where: str

    def read(self, name: str) -> bytes | None:
        """A file's bytes; None where it does not exist.

        Raises:
            UndecidableError: no answer.
        """
        ...


class WritableSite(Site, Protocol):
    """A place to publish to."""

    def write(self, name: str, data: bytes, *, final: bool) -> None:
        """Store a file; it appears whole. `final` files never change again.

        Raises:
            InputError: it cannot be stored.
        """
        ...


class FolderSite:
    """A folder, to be served by any web server."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.where = str(path)

    def read(self, name: str) -> bytes | None:
        try:
            with (self.path / name).open("rb") as file:
                data = file.read(MAX_FILE_BYTES + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise UndecidableError(
                f"cannot be read: {error.strerror}", where=f"{self.where}/{name}"
            ) from error
        return _limited(data, f"{self.where}/{name}")

    def write(self, name: str, data: bytes, *, final: bool) -> None:
        target = self.path / name
        partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as file:
                file.write(data)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        except OSError as error:
            partial.unlink(missing_ok=True)
            raise InputError(f"cannot be written: {error.strerror}", where=str(target)) from error


class S3Site:
    """An S3 bucket; with Object Lock where a retention is given, so that not even its owner deletes."""

    def __init__(self, url: str, *, retain_days: int | None = None, mode: str = "COMPLIANCE") -> None:
        """Open `s3://bucket/prefix`.

        Args:
            retain_days: files that never change again are locked for so long; None: no lock.
            mode: "COMPLIANCE", or "GOVERNANCE" (which a privileged user may lift).

        Raises:
            InputError: not such a URL.
        """
        import boto3

        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        if not bucket:
            raise InputError(f"{url!r} names no bucket", hint="write s3://bucket/prefix")
        self.where = url.rstrip("/")
        self._bucket, self._prefix = bucket, prefix.strip("/")
        self._retain_days, self._mode = retain_days, mode
        self._client = boto3.client("s3")

    def _key(self, name: str) -> str:
        return f"{self._prefix}/{name}" if self._prefix else name

    def read(self, name: str) -> bytes | None:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._client.get_object(Bucket=self._bucket, Key=self._key(name))
            data = answer["Body"].read(MAX_FILE_BYTES + 1)
        except ClientError as error:
            if error.response["Error"]["Code"] in ("NoSuchKey", "404"):
                return None
            raise UndecidableError(
                f"S3 refuses: {error.response['Error']['Code']}", where=self.where
            ) from error
        except BotoCoreError as error:
            raise UndecidableError(f"S3 does not answer: {error}", where=self.where) from error
        return _limited(data, f"{self.where}/{name}")

    def write(self, name: str, data: bytes, *, final: bool) -> None:
        from botocore.exceptions import BotoCoreError, ClientError

        lock: dict[str, Any] = {}
        if final and self._retain_days is not None:
            until = datetime.now(UTC) + timedelta(days=self._retain_days)
            lock = {"ObjectLockMode": self._mode, "ObjectLockRetainUntilDate": until}
        try:
            self._client.put_object(
                Bucket=self._bucket, Key=self._key(name), Body=data, ChecksumAlgorithm="SHA256", **lock
            )
        except (BotoCoreError, ClientError) as error:
            raise InputError(
                f"S3 does not take it: {error}",
                where=f"{self.where}/{name}",
                hint="check bucket and permissions",
            ) from error


class HttpSite:
    """A web server; it is asked for nothing but the names of the layout, and follows no redirect."""

    def __init__(self, url: str, timeout_s: float = 30.0) -> None:
        import requests

        self.where = url.rstrip("/")
        self._timeout_s = timeout_s
        self._session = requests.Session()
        self._session.trust_env = False

    def read(self, name: str) -> bytes | None:
        import requests

        place = f"{self.where}/{name}"
        try:
            with self._session.get(
                place, timeout=self._timeout_s, allow_redirects=False, stream=True
            ) as answer:
                if answer.status_code in (404, 410):
                    return None
                if answer.status_code != 200:
                    raise UndecidableError(f"the server answers {answer.status_code}", where=place)
                data = b""
                for chunk in answer.iter_content(65536):
                    data += chunk
                    _limited(data, place)
        except requests.RequestException as error:
            raise UndecidableError(f"no answer: {type(error).__name__}", where=place) from error
        return data


def _limited(data: bytes, where: str) -> bytes:
    if len(data) > MAX_FILE_BYTES:
        raise LimitExceededError(f"larger than {MAX_FILE_BYTES} bytes", where=where)
    return data


def open_site(place: str | Path, options: Mapping[str, Any] | None = None) -> Site:
    """The site of a folder name, `s3://bucket/prefix` or `https://host/path`."""
    name = str(place)
    if name.startswith("s3://"):
        return S3Site(name, **(options or {}))
    if name.startswith(("https://", "http://")):
        return HttpSite(name)
    return FolderSite(Path(name))
