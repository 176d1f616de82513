"""Bytes of a file within limits, unpacked where it is gzip, and text in the encodings people use."""

from __future__ import annotations

import zlib
from pathlib import Path

from lpo_secaudit.errors import InputError, LimitExceededError

__all__ = ["MAX_BYTES", "decode_text", "read_bytes"]

MAX_BYTES = 128 * 1024 * 1024
"""Largest file read, before and after unpacking: results of a fleet-wide scan stay below it."""


def read_bytes(path: Path, name: str, limit: int = MAX_BYTES) -> bytes:
    """The bytes of a file; gzip is unpacked (ARF results are commonly handed over so).

    Raises:
        InputError: the file cannot be read, or its gzip is broken.
        LimitExceededError: larger than `limit`, packed or unpacked.
    """
    try:
        if not path.is_file():
            raise InputError(
                "no such file" if not path.exists() else "not a regular file",
                where=name,
                hint="check the path; a folder or pipe is not read",
            )
        with path.open("rb") as file:
            raw = file.read(limit + 1)
    except OSError as error:
        raise InputError(f"file cannot be read: {error.strerror or error}", where=name) from error
    if len(raw) > limit:
        raise LimitExceededError(f"file is larger than {limit} bytes", where=name)
    if raw[:2] == b"\x1f\x8b":
        return _gunzip(raw, name, limit)
    return raw


def _gunzip(raw: bytes, name: str, limit: int) -> bytes:
    parts: list[bytes] = []
    size = 0
    rest = raw
    try:
        while rest[:2] == b"\x1f\x8b":  # members may follow one another (RFC 1952, 2.2)
            unpacker = zlib.decompressobj(wbits=31)
            part = unpacker.decompress(rest, limit + 1 - size)
            size += len(part)
            if size > limit:
                raise LimitExceededError(f"unpacks to more than {limit} bytes", where=name)
            if not unpacker.eof:
                raise InputError(
                    "gzip data ends early", where=name, hint="the file was cut off; ask for it again"
                )
            parts.append(part)
            rest = unpacker.unused_data
    except zlib.error as error:
        raise InputError(f"not readable as gzip: {error}", where=name) from error
    return b"".join(parts)


def decode_text(raw: bytes) -> str:
    """UTF-8 with or without BOM, UTF-16 with one, else Windows-1252 (what Excel writes in the West)."""
    if raw[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1252", errors="replace")
