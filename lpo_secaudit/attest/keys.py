"""Key pairs: Ed25519 and ECDSA P-256, how they are named, made, written and read.

A key's id is the lower-case hex SHA-256 of its public key as DER SubjectPublicKeyInfo (RFC 5280,
4.1.2.7). Private keys lie in PKCS#8 PEM files (RFC 5958), encrypted unless the owner says otherwise.
Specified in docs/formats/keys.md.
"""

from __future__ import annotations

import hashlib
import os
import stat
from pathlib import Path
from typing import Literal

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from lpo_secaudit.errors import InputError

__all__ = [
    "ALGORITHMS",
    "Algorithm",
    "PrivateKey",
    "generate_key",
    "keyid_of",
    "read_private_key",
    "write_key_pair",
]

Algorithm = Literal["ed25519", "ecdsa-p256-sha256"]
ALGORITHMS: tuple[Algorithm, ...] = ("ed25519", "ecdsa-p256-sha256")
PrivateKey = ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
PublicKey = ed25519.Ed25519PublicKey | ec.EllipticCurvePublicKey

MAX_KEY_BYTES = 64 * 1024


def public_pem(key: PublicKey) -> bytes:
    """The key as PEM SubjectPublicKeyInfo: its one form in files."""
    return key.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)


def keyid_of(key: PublicKey) -> str:
    """SHA-256 of the DER SubjectPublicKeyInfo, 64 lower-case hex digits."""
    der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(der).hexdigest()


def algorithm_of(key: object, where: str) -> Algorithm:
    """Which of the two algorithms a public or private key is for.

    Raises:
        InputError: another kind of key or curve.
    """
    if isinstance(key, ed25519.Ed25519PrivateKey | ed25519.Ed25519PublicKey):
        return "ed25519"
    if isinstance(key, ec.EllipticCurvePrivateKey | ec.EllipticCurvePublicKey) and isinstance(
        key.curve, ec.SECP256R1
    ):
        return "ecdsa-p256-sha256"
    raise InputError(
        "the key is neither Ed25519 nor ECDSA P-256", where=where, hint="make one with `secaudit keygen`"
    )


def generate_key(algorithm: Algorithm = "ed25519") -> PrivateKey:
    """A new private key.

    Raises:
        InputError: no such algorithm.
    """
    if algorithm == "ed25519":
        return ed25519.Ed25519PrivateKey.generate()
    if algorithm == "ecdsa-p256-sha256":
        return ec.generate_private_key(ec.SECP256R1())
    raise InputError(f"there is no algorithm {algorithm!r}", hint=f"known: {', '.join(ALGORITHMS)}")


def write_key_pair(key: PrivateKey, path: Path, passphrase: str | None) -> Path:
    """Write `path` (private, mode 0600) and `path` with suffix .pub; returns the latter.

    Neither file may exist: a key that is overwritten is lost, and with it the right to sign by it.

    Args:
        passphrase: encrypts the private key; None leaves it readable to whoever has the file.

    Raises:
        InputError: a file exists or cannot be written, or the passphrase is empty.
    """
    if passphrase is not None and not passphrase:
        raise InputError("the passphrase is empty", where=str(path), hint="give one of several words")
    encryption: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if passphrase is not None:
        encryption = serialization.BestAvailableEncryption(passphrase.encode())
    secret = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption)
    public = path.with_name(path.name.removesuffix(".pem") + ".pub")
    if public == path or public.exists():
        raise InputError("the public key's file exists already", where=str(public), hint="name another file")
    _create(path, secret, 0o600)
    _create(public, public_pem(key.public_key()), 0o644)
    return public


def _create(path: Path, data: bytes, mode: int) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
        with os.fdopen(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise InputError("the file exists already", where=str(path), hint="name another file") from None
    except OSError as error:
        raise InputError(f"the key cannot be written: {error.strerror}", where=str(path)) from error


def read_private_key(path: Path) -> bytes:
    """The bytes of a private key file that only its owner can read.

    Raises:
        InputError: unreadable, too large, or open to others than its owner.
    """
    try:
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            data = file.read(MAX_KEY_BYTES + 1)
    except OSError as error:
        raise InputError(
            f"the key cannot be read: {error.strerror}",
            where=str(path),
            hint="make one with `secaudit keygen`",
        ) from error
    if len(data) > MAX_KEY_BYTES:
        raise InputError("the file is too large for a key", where=str(path))
    # A public key may be open to all; the parser says that it is the wrong file.
    if os.name == "posix" and b"PRIVATE KEY" in data and stat.S_IMODE(state.st_mode) & 0o077:
        raise InputError(
            "others than its owner may read the private key", where=str(path), hint=f"chmod 600 {path}"
        )
    return data


def parse_private_key(data: bytes, passphrase: str | None, where: str) -> PrivateKey:
    """A private key from PEM PKCS#8.

    Raises:
        InputError: not a private key, of another kind, or the passphrase is missing or wrong.
            No message holds anything of the key or the passphrase.
    """
    if b"PRIVATE KEY-----" not in data:
        what = "a public key" if b"PUBLIC KEY-----" in data else "not a PEM private key"
        raise InputError(f"the file is {what}", where=where, hint="name the private key's file")
    encrypted = b"ENCRYPTED" in data
    if encrypted and passphrase is None:
        raise InputError(
            "the key is encrypted and no passphrase was given",
            where=where,
            hint="set SECAUDIT_KEY_PASSPHRASE, or run on a terminal to be asked",
        )
    try:
        key = serialization.load_pem_private_key(
            data, passphrase.encode() if encrypted and passphrase else None
        )
    except (ValueError, TypeError, UnsupportedAlgorithm):
        if encrypted:
            raise InputError("the passphrase is wrong, or the key file is damaged", where=where) from None
        raise InputError("the private key is damaged or of an unknown form", where=where) from None
    algorithm_of(key, where)
    assert isinstance(key, ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey)  # noqa: S101  # for the type
    return key
