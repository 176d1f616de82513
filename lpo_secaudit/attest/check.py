"""What a sceptic checks of keys and envelopes. Shares no code with the modules that make them.

DSSE v1 (envelope.md, protocol.md); in-toto Statement v1; RFC 8032; FIPS 186-5 with P-256.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from lpo_secaudit.errors import InputError, IntegrityError

__all__ = ["Envelope", "VerifyingKey", "open_envelope", "parse_public_key", "read_statement", "strict_json"]

MAX_JSON_BYTES = 64 * 1024 * 1024
PAYLOAD_TYPE = "application/vnd.in-toto+json"
STATEMENT_TYPE = "https://in-toto.io/Statement/v1"


@dataclass(frozen=True)
class VerifyingKey:
    """A public key.

    Attributes:
        algorithm: "ed25519" or "ecdsa-p256-sha256".
        der: DER SubjectPublicKeyInfo.
        pem: the same as PEM, in the one form in which we write it.
    """

    algorithm: str
    der: bytes
    pem: bytes

    @property
    def keyid(self) -> str:
        """Lower-case hex SHA-256 of `der`."""
        return hashlib.sha256(self.der).hexdigest()

    def verify(self, signature: bytes, data: bytes) -> bool:
        """Whether the signature over `data` is this key's."""
        key = serialization.load_der_public_key(self.der)
        try:
            if isinstance(key, ed25519.Ed25519PublicKey):
                key.verify(signature, data)
            elif isinstance(key, ec.EllipticCurvePublicKey):
                key.verify(signature, data, ec.ECDSA(hashes.SHA256()))
            else:
                return False
        except InvalidSignature:
            return False
        return True


def parse_public_key(pem: bytes, where: str) -> VerifyingKey:
    """A public key from PEM SubjectPublicKeyInfo.

    Raises:
        InputError: not one, or neither Ed25519 nor ECDSA P-256.
    """
    try:
        key = serialization.load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InputError(
            "not a PEM public key", where=where, hint="`secaudit keygen` writes one as .pub"
        ) from error
    if isinstance(key, ed25519.Ed25519PublicKey):
        algorithm = "ed25519"
    elif isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        algorithm = "ecdsa-p256-sha256"
    else:
        raise InputError("the key is neither Ed25519 nor ECDSA P-256", where=where)
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    return VerifyingKey(
        algorithm,
        key.public_bytes(serialization.Encoding.DER, form),
        key.public_bytes(serialization.Encoding.PEM, form),
    )


def strict_json(raw: bytes, where: str) -> Any:
    """A JSON value whose bytes are the only ones it may have: sorted keys, no space, UTF-8.

    That form is RFC 8785 for values without fractions and with keys in the Basic Multilingual
    Plane, which all our signed and recorded files keep to.

    Raises:
        IntegrityError: not JSON, a key twice, or other bytes for the same value.
    """
    try:
        if len(raw) > MAX_JSON_BYTES:
            raise ValueError("too large")
        value = json.loads(raw)
        again = json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":"))
        if again.encode() != raw:
            raise ValueError("bytes are not in canonical form")
    except (ValueError, RecursionError) as error:
        raise IntegrityError(f"not canonical JSON: {error}", where=where) from error
    return value


def unbase64(text: object) -> bytes:
    """Bytes of canonical base64.

    Raises:
        ValueError: anything else.
    """
    if not isinstance(text, str):
        raise ValueError("not base64 text")
    data = base64.b64decode(text, validate=True)
    if base64.b64encode(data).decode() != text:
        raise ValueError("not canonical base64")
    return data


@dataclass(frozen=True)
class Envelope:
    """A DSSE envelope taken apart, before anybody has checked a signature.

    Attributes:
        signatures: key id to signature.
    """

    payload_type: str
    payload: bytes
    signatures: Mapping[str, bytes]

    def signed_by(self, key: VerifyingKey) -> bool:
        """Whether the signature under this key's id is the key's."""
        kind = self.payload_type.encode("utf-8")
        head = f"DSSEv1 {len(kind)} ".encode() + kind + f" {len(self.payload)} ".encode()
        signature = self.signatures.get(key.keyid)
        return signature is not None and key.verify(signature, head + self.payload)


def open_envelope(raw: bytes, where: str) -> Envelope:
    """Take an envelope apart.

    Raises:
        IntegrityError: it is none, has no signature, or two under one key id.
    """
    value = strict_json(raw, where)
    try:
        if set(value) != {"payload", "payloadType", "signatures"} or not isinstance(
            value["payloadType"], str
        ):
            raise ValueError("other members than an envelope's")
        signatures: dict[str, bytes] = {}
        for line in value["signatures"]:
            if (
                set(line) != {"keyid", "sig"}
                or not isinstance(line["keyid"], str)
                or line["keyid"] in signatures
            ):
                raise ValueError("not a signature, or two of one key")
            signatures[line["keyid"]] = unbase64(line["sig"])
        if not signatures:
            raise ValueError("no signature")
        return Envelope(value["payloadType"], unbase64(value["payload"]), signatures)
    except (ValueError, TypeError, KeyError, binascii.Error) as error:
        raise IntegrityError(f"not a DSSE envelope: {error}", where=where) from error


def read_statement(
    envelope: Envelope, predicate_type: str, where: str
) -> tuple[dict[str, str], dict[str, Any]]:
    """Subjects (name to hex SHA-256) and predicate of an envelope whose signature was checked.

    Raises:
        IntegrityError: another payload type, statement type or predicate type; malformed.
    """
    # The type decides how the payload is read, so it is looked at first.
    if envelope.payload_type != PAYLOAD_TYPE:
        raise IntegrityError(f"payload is {envelope.payload_type!r}, not {PAYLOAD_TYPE}", where=where)
    try:
        value = json.loads(envelope.payload)
        if value["_type"] != STATEMENT_TYPE or value["predicateType"] != predicate_type:
            raise ValueError(f"not a statement with predicate {predicate_type}")
        subjects: dict[str, str] = {}
        for subject in value["subject"]:
            name, digest = subject["name"], subject["digest"]["sha256"]
            if not isinstance(name, str) or not isinstance(digest, str) or name in subjects:
                raise ValueError("not a subject, or one that stands twice")
            subjects[name] = digest
        if not subjects or not isinstance(value["predicate"], dict):
            raise ValueError("no subject or no predicate")
        return subjects, value["predicate"]
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise IntegrityError(f"not an in-toto Statement v1: {error}", where=where) from error
