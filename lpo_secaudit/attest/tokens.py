"""Checking RFC 3161 timestamps; nothing here asks for one. Specified in docs/formats/timestamps.md."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lpo_secaudit.errors import InputError, IntegrityError, UndecidableError

__all__ = ["OtherBytesError", "Timestamp", "check_token", "decode_response", "need_client"]


@dataclass(frozen=True, slots=True)
class _Hash:
    oid: str
    name: str


_HASHES = (
    _Hash("2.16.840.1.101.3.4.2.1", "sha256"),
    _Hash("2.16.840.1.101.3.4.2.2", "sha384"),
    _Hash("2.16.840.1.101.3.4.2.3", "sha512"),
)


class OtherBytesError(IntegrityError):
    """A token that is well-formed and speaks of other bytes."""


@dataclass(frozen=True)
class Timestamp:
    """A checked token.

    Attributes:
        at: the authority's time, aware UTC (`genTime`).
        authority: the certificate's subject.
        trusted: its signature was checked up to a root that the caller gave.
    """

    at: datetime
    authority: str
    trusted: bool


def need_client() -> None:
    """Raise UndecidableError where the extra is not installed."""
    try:
        import rfc3161_client  # noqa: F401
    except ImportError as error:
        raise UndecidableError(
            "timestamps need the extra", hint="pip install 'lpo-secaudit[timestamp]'"
        ) from error


def decode_response(raw: bytes, where: str) -> Any:
    from rfc3161_client import decode_timestamp_response

    try:
        response = decode_timestamp_response(raw)
        if response.status != 0 or response.as_bytes() != raw:
            raise ValueError("not granted as asked, or not DER")
        return response
    except Exception as error:
        raise IntegrityError(f"not a granted RFC 3161 response: {error}", where=where) from error


def check_token(raw: bytes, data: bytes, roots: Sequence[bytes], where: str) -> Timestamp:
    """Check a response over `data`; the chain is judged at the token's own time.

    Args:
        roots: PEM certificates of authorities that are trusted. Without any, only what the token
            says it is over is checked, and its time is nobody's word.

    Raises:
        IntegrityError: it is wrong.
        UndecidableError: the extra is not installed, or the chain leads to none of `roots`.
    """
    need_client()
    try:
        return _check(decode_response(raw, where), data, roots, where)
    except (InputError, IntegrityError, UndecidableError):
        raise
    except Exception as error:  # parsers of certificates raise many kinds; all mean malformed bytes
        raise IntegrityError(f"the timestamp is malformed: {error}", where=where) from error


def _check(response: Any, data: bytes, roots: Sequence[bytes], where: str) -> Timestamp:
    from cryptography import x509
    from rfc3161_client import VerificationError, VerifierBuilder

    try:
        embedded = [x509.load_der_x509_certificate(c) for c in response.signed_data.certificates]
        tops = [x509.load_pem_x509_certificate(pem) for pem in roots]
    except ValueError as error:
        raise IntegrityError(f"a certificate is unreadable: {error}", where=where) from error
    if not embedded:
        raise IntegrityError("the token holds no certificate", where=where)
    _all_chained(embedded, tops, where)
    imprint = response.tst_info.message_imprint
    hashed = {h.oid: h for h in _HASHES}.get(imprint.hash_algorithm.dotted_string)
    if hashed is None or imprint.message != hashlib.new(hashed.name, data).digest():
        raise OtherBytesError("the timestamp is over other bytes", where=where)
    # RFC 5652: versions 3 and 1; no signature covers these two numbers.
    if response.signed_data.version != 3 or any(i.version != 1 for i in response.signed_data.signer_infos):
        raise IntegrityError("the token has other versions than RFC 3161 asks for", where=where)
    infos = [(i.issuer, i.serial_number) for i in response.signed_data.signer_infos]
    leaves = [c for c in embedded if (c.issuer, c.serial_number) in infos]
    if len(infos) != 1 or not leaves:
        raise IntegrityError("the token is not signed by the certificate in it", where=where)
    result = Timestamp(response.tst_info.gen_time, leaves[0].subject.rfc4514_string(), bool(tops))
    if tops:
        if not any(_issued_under(leaves[0], top, embedded) for top in tops):
            raise UndecidableError(
                f"the timestamp authority {result.authority} is not one that the policy trusts", where=where
            )
        builder = VerifierBuilder(roots=tops, intermediates=[c for c in embedded if c not in tops])
        try:
            builder.build().verify_message(response, data)
        except (VerificationError, ValueError) as error:
            raise IntegrityError(f"the timestamp does not hold: {error}", where=where) from error
    return result


def _issued_under(leaf: Any, top: Any, embedded: Sequence[Any]) -> bool:
    """Whether the names lead from a certificate to a root: else its authority is simply another one."""
    seen = leaf
    for _ in range(8):
        if seen == top or seen.issuer == top.subject:
            return True
        above = [c for c in embedded if c.subject == seen.issuer and c != seen]
        if not above:
            return False
        seen = above[0]
    return False


def _all_chained(embedded: Sequence[Any], tops: Sequence[Any], where: str) -> None:
    """Every certificate in the token must be signed by another one there, by itself, or by a root.

    Else a byte of a certificate that no path uses could be changed unseen.
    """
    everything = (*embedded, *tops)
    for certificate in embedded:
        issuers = [c for c in everything if c.subject == certificate.issuer]
        if issuers and not any(_directly_issued(certificate, issuer) for issuer in issuers):
            raise IntegrityError("a certificate in the token was changed", where=where)


def _directly_issued(certificate: Any, issuer: Any) -> bool:
    from cryptography.exceptions import InvalidSignature

    try:
        certificate.verify_directly_issued_by(issuer)
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True
