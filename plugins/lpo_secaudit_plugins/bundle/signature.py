"""Whether somebody signed a bundle: a DSSE envelope whose statement names the manifest's digest.

A verifier of its own: it shares nothing with the code that signs but the encoding of what is signed.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lpo_secaudit.errors import InputError, IntegrityError, UndecidableError

from .._files.json_strict import parse_json
from .._files.raw import decode_text, read_bytes

__all__ = ["Signed", "verify_signature"]

PAYLOAD_TYPE = "application/vnd.in-toto+json"
MAX_ENVELOPE = 4 * 1024 * 1024


@dataclass(frozen=True)
class Signed:
    """A signature that holds.

    Attributes:
        keyid: SHA-256 of the key's DER SubjectPublicKeyInfo, in hex.
        envelope: the bytes that were checked.
    """

    keyid: str
    envelope: bytes


def verify_signature(envelope: Path, key: Path, manifest_digest: str, shown: str) -> Signed:
    """Check the envelope; returns it with the id of the key that signed.

    Steps:
        1. read the key and the envelope;
        2. find a signature by this key over the pre-authentication encoding (DSSE 1.0.2);
        3. only then read the payload, and look for the manifest's digest among its subjects.

    Raises:
        UndecidableError: the key or the envelope is missing or unreadable.
        IntegrityError: no valid signature by this key, or it is over another bundle.
    """
    public, keyid = _read_key(key)
    try:
        raw = read_bytes(envelope, shown, MAX_ENVELOPE)
        value = parse_json(decode_text(raw), shown)
    except InputError as error:
        raise UndecidableError(
            f"the bundle's signature cannot be read: {error.message}",
            where=shown,
            hint="ask the provider for the envelope that belongs to the bundle",
        ) from error
    try:
        payload = base64.b64decode(value["payload"], validate=True)
        payload_type = str(value["payloadType"])
        signatures = [base64.b64decode(s["sig"], validate=True) for s in value["signatures"]]
    except (KeyError, TypeError, binascii.Error, ValueError) as error:
        raise IntegrityError(f"not a DSSE envelope: {error}", where=shown) from error
    if payload_type != PAYLOAD_TYPE:
        raise IntegrityError(f"signed payload is of type {payload_type[:80]!r}", where=shown)
    signed = b"DSSEv1 %d %s %d %s" % (
        len(payload_type.encode()),
        payload_type.encode(),
        len(payload),
        payload,
    )
    if not any(_valid(public, signature, signed) for signature in signatures[:64]):
        raise IntegrityError("no valid signature by the named key", where=shown)
    _names_manifest(payload, manifest_digest, shown)
    return Signed(keyid, raw)


def _read_key(key: Path) -> tuple[Any, str]:
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives import serialization

    try:
        public = serialization.load_pem_public_key(read_bytes(key, str(key), 65536))
    except (InputError, ValueError, UnsupportedAlgorithm) as error:
        raise UndecidableError(f"public key cannot be read: {error}", where=str(key)) from error
    der = public.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return public, hashlib.sha256(der).hexdigest()


def _valid(public: Any, signature: bytes, signed: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec, ed25519

    try:
        if isinstance(public, ed25519.Ed25519PublicKey):
            public.verify(signature, signed)
        elif isinstance(public, ec.EllipticCurvePublicKey):
            public.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
        else:
            return False
    except InvalidSignature:
        return False
    return True


def _names_manifest(payload: bytes, manifest_digest: str, shown: str) -> None:
    statement = parse_json(decode_text(payload), shown)
    wanted = manifest_digest.removeprefix("sha256:")
    subjects = statement.get("subject") if isinstance(statement, dict) else None
    for subject in subjects if isinstance(subjects, list) else ():
        digests = subject.get("digest") if isinstance(subject, dict) else None
        if isinstance(digests, dict) and digests.get("sha256") == wanted:
            return
    raise IntegrityError("the signature is over another bundle", where=shown)
