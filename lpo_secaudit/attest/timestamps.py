"""Trusted time: RFC 3161 timestamps over an envelope, asked for and renewed; `tokens` checks them.

    timestamps/0001.tsr     response over attestation.json
    timestamps/0002.json    renewal: SHA-512 digests of attestation.json, cosignatures and all before
    timestamps/0002.tsr     response over 0002.json

A renewal, made while the older token can still be checked, carries its time on under newer keys
and a longer digest (the idea of RFC 4998). Specified in docs/formats/timestamps.md.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path
from urllib.parse import urlsplit

from lpo_secaudit.attest.tokens import check_token, decode_response, need_client
from lpo_secaudit.errors import InputError, IntegrityError, UndecidableError
from lpo_secaudit.formats.canonical import canonical_json

__all__ = ["check_address", "next_timestamp", "renewal", "request_timestamp"]

RENEWAL_FORMAT = "lpo-secaudit-timestamp-renewal/1"
MAX_TOKEN_BYTES = 256 * 1024


def check_address(url: str | None) -> str | None:
    """An authority's address as it was given.

    Raises:
        InputError: it is none; said before anything else is done.
    """
    if url is not None and not (url.startswith(("http://", "https://")) and urlsplit(url).hostname):
        raise InputError(
            "not the address of a timestamp authority",
            where=url,
            hint="write for instance https://tsa.example/",
        )
    return url


def request_timestamp(data: bytes, url: str, timeout_s: float = 30.0) -> bytes:
    """Ask an authority for a timestamp over `data`; returns the response's bytes.

    Raises:
        UndecidableError: no answer, or the extra `timestamp` is not installed.
        IntegrityError: the answer is not a timestamp over `data`.
    """
    check_address(url)
    need_client()
    import requests
    from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

    query = TimestampRequestBuilder().data(data).hash_algorithm(HashAlgorithm.SHA512).build()
    try:
        with requests.post(
            url,
            data=query.as_bytes(),
            headers={"Content-Type": "application/timestamp-query"},
            timeout=timeout_s,
            allow_redirects=False,
            stream=True,
        ) as answer:
            raw = answer.raw.read(MAX_TOKEN_BYTES + 1, decode_content=True)
            status = answer.status_code
    except requests.RequestException as error:
        raise UndecidableError(
            f"the timestamp authority gives no answer: {type(error).__name__}", where=url
        ) from error
    if status != 200 or len(raw) > MAX_TOKEN_BYTES:
        raise UndecidableError(f"the timestamp authority answers {status}", where=url)
    response = decode_response(raw, url)
    if response.tst_info.nonce != query.nonce:
        raise IntegrityError("the timestamp answers another question (nonce)", where=url)
    check_token(raw, data, (), url)
    return bytes(raw)


def renewal(folder: Path, names: Sequence[str]) -> bytes:
    """The file that a renewing timestamp is over: digests of everything it carries on."""
    return canonical_json(
        {
            "format": RENEWAL_FORMAT,
            "sha512": {
                name: hashlib.sha512((folder / name).read_bytes()).hexdigest() for name in sorted(names)
            },
        }
    )


def next_timestamp(folder: Path, url: str, timeout_s: float = 30.0) -> tuple[str, dict[str, bytes]]:
    """Ask for the first or a renewing timestamp of an audit folder; writes nothing.

    Returns the token's file name, and all files to be added, by name.

    Raises:
        InputError: not an audit folder, or unreadable.
        UndecidableError, IntegrityError: see `request_timestamp`.
    """
    try:
        before = sorted(p.name for p in (folder / "timestamps").glob("*"))
        number = 1 + sum(name.endswith(".tsr") for name in before)
        if number == 1:
            covered = (folder / "attestation.json").read_bytes()
        else:
            signed = sorted((folder / "cosignatures").glob("*"))
            others = [f"cosignatures/{p.name}" for p in signed if p.name.endswith((".json", ".tsr"))]
            stamps = [f"timestamps/{name}" for name in before]
            covered = renewal(folder, ["attestation.json", *others, *stamps])
    except OSError as error:
        raise InputError(f"the audit folder cannot be read: {error.strerror}", where=str(folder)) from error
    stem = f"timestamps/{number:04}"
    files = {f"{stem}.tsr": request_timestamp(covered, url, timeout_s)}
    return f"{stem}.tsr", files | ({f"{stem}.json": covered} if number > 1 else {})
