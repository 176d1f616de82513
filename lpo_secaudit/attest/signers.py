"""Who signs: the one interface, and the ways to a private key.

file:key.pem, key.pem     encrypted PKCS#8 file that only its owner can read
env:NAME                  the PEM itself in an environment variable
awskms:<key id or ARN>    ECDSA P-256 key that never leaves AWS KMS
pkcs11:...                key in a token or HSM (RFC 7512 URI; extra `pkcs11`)
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from lpo_secaudit.attest.keys import (
    Algorithm,
    PrivateKey,
    algorithm_of,
    generate_key,
    keyid_of,
    parse_private_key,
    public_pem,
    read_private_key,
)
from lpo_secaudit.errors import InputError

__all__ = ["KeySigner", "Passphrase", "Signer", "one_time_signer", "open_signer"]

Passphrase = Callable[[str], str]
"""Asked only where a key is encrypted; gets the key's name, gives its passphrase."""


class Signer(Protocol):
    """Something that signs bytes.

    Attributes:
        keyid: see `attest.keys`.
        algorithm: "ed25519" (RFC 8032, 64 bytes) or "ecdsa-p256-sha256" (DER, RFC 3279 2.2.3).
        public_key_pem: PEM SubjectPublicKeyInfo.
    """

    @property
    def keyid(self) -> str: ...
    @property
    def algorithm(self) -> Algorithm: ...
    @property
    def public_key_pem(self) -> bytes: ...
    def sign(self, data: bytes) -> bytes:
        """The signature over `data`.

        Raises:
            UndecidableError: the device or service that holds the key gave no answer.
            InputError: it refused.
        """
        ...


class KeySigner:
    """Signs with a private key in memory; shows nothing of it."""

    def __init__(self, key: PrivateKey) -> None:
        self._key = key
        self.algorithm = algorithm_of(key, "key")
        self.public_key_pem = public_pem(key.public_key())
        self.keyid = keyid_of(key.public_key())

    def __repr__(self) -> str:
        return f"KeySigner({self.algorithm}, {self.keyid[:16]})"

    def sign(self, data: bytes) -> bytes:
        if isinstance(self._key, ed25519.Ed25519PrivateKey):
            return self._key.sign(data)
        return self._key.sign(data, ec.ECDSA(hashes.SHA256()))

    def __reduce__(self) -> str:
        raise TypeError("a signer is not written anywhere")


def one_time_signer() -> KeySigner:
    """A key that is forgotten with this object: it shows integrity, and says nothing of who signed."""
    return KeySigner(generate_key())


def open_signer(uri: str, passphrase: Passphrase | None = None) -> Signer:
    """The signer behind a URI or file name; see the head of this module.

    Args:
        passphrase: asked where the key is encrypted; None where nobody can be asked.

    Raises:
        InputError: no such key, wrong passphrase, a file that others can read, an unknown scheme.
        UndecidableError: the service that holds the key gave no answer.
    """
    scheme, _, rest = uri.partition(":")
    match scheme:
        case "env":
            pem = os.environ.get(rest)
            if not pem:
                raise InputError("the environment variable is not set", where=uri)
            return KeySigner(_parsed(pem.encode(), uri, passphrase))
        case "awskms":
            from lpo_secaudit.attest.kms import KmsSigner

            return KmsSigner(rest.lstrip("/"))
        case "pkcs11":
            from lpo_secaudit.attest.pkcs11 import open_pkcs11

            return open_pkcs11(uri, passphrase)
        case "file":
            path = Path(rest.removeprefix("//"))
        case _ if len(scheme) > 1 and rest and not Path(uri).exists():
            raise InputError(
                f"there is no way to a key called {scheme!r}",
                where=uri,
                hint="known: file, env, awskms, pkcs11",
            )
        case _:
            path = Path(uri)
    return KeySigner(_parsed(read_private_key(path), str(path), passphrase))


def _parsed(data: bytes, where: str, passphrase: Passphrase | None) -> PrivateKey:
    words = passphrase(where) if passphrase is not None and b"ENCRYPTED" in data else None
    return parse_private_key(data, words, where)
