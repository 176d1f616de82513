"""Signing with a key in a token or HSM through PKCS#11 (ECDSA P-256); extra `pkcs11`.

pkcs11:token=firm;object=audit?module-path=/usr/lib/softhsm/libsofthsm2.so     (RFC 7512)
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from lpo_secaudit.attest.keys import Algorithm, keyid_of, public_pem
from lpo_secaudit.errors import InputError, UndecidableError

if TYPE_CHECKING:
    from lpo_secaudit.attest.signers import Passphrase

__all__ = ["Pkcs11Signer", "open_pkcs11"]


def _attributes(text: str, separator: str) -> dict[str, str]:
    pairs = (part.partition("=") for part in text.split(separator) if part)
    return {name: unquote(value) for name, _, value in pairs}


class Pkcs11Signer:
    """Signs in a token; the private key never leaves it."""

    algorithm: Algorithm = "ecdsa-p256-sha256"

    def __init__(self, session: Any, private: Any, public: ec.EllipticCurvePublicKey, where: str) -> None:
        self._session, self._private, self._where = session, private, where
        self.public_key_pem = public_pem(public)
        self.keyid = keyid_of(public)

    def sign(self, data: bytes) -> bytes:
        import pkcs11

        try:
            raw = self._private.sign(hashlib.sha256(data).digest(), mechanism=pkcs11.Mechanism.ECDSA)
        except pkcs11.exceptions.PKCS11Error as error:
            raise UndecidableError(
                f"the token does not sign: {type(error).__name__}", where=self._where
            ) from error
        half = len(raw) // 2
        return encode_dss_signature(int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big"))


def open_pkcs11(uri: str, passphrase: Passphrase | None) -> Pkcs11Signer:
    """The signer of a PKCS#11 URI; the PIN is asked for as a passphrase is.

    Raises:
        InputError: an incomplete URI, no such token or key, a wrong PIN, the extra is not installed.
    """
    path, _, query = uri.removeprefix("pkcs11:").partition("?")
    named, more = _attributes(path, ";"), _attributes(query, "&")
    if "token" not in named or "object" not in named or "module-path" not in more:
        raise InputError(
            "the URI names no token, object or module",
            where=uri,
            hint="pkcs11:token=...;object=...?module-path=...",
        )
    try:
        import pkcs11
        from pkcs11.util.ec import encode_ec_public_key
    except ImportError as error:
        raise InputError(
            "PKCS#11 needs the extra", where=uri, hint="pip install 'lpo-secaudit[pkcs11]'"
        ) from error
    where = f"pkcs11:token={named['token']};object={named['object']}"
    if passphrase is None:
        raise InputError("the token needs its PIN", where=where, hint="set SECAUDIT_KEY_PASSPHRASE")
    try:
        token = pkcs11.lib(more["module-path"]).get_token(token_label=named["token"])
        session = token.open(user_pin=passphrase(where))
        private = session.get_key(object_class=pkcs11.ObjectClass.PRIVATE_KEY, label=named["object"])
        public: Any = session.get_key(object_class=pkcs11.ObjectClass.PUBLIC_KEY, label=named["object"])
        key = serialization.load_der_public_key(encode_ec_public_key(public))
    except (pkcs11.exceptions.PKCS11Error, RuntimeError, ValueError, OSError) as error:
        raise InputError(
            f"the token cannot be used: {type(error).__name__}",
            where=where,
            hint="check token, object and PIN",
        ) from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise InputError("the token's key is not ECDSA P-256", where=where)
    return Pkcs11Signer(session, private, key, where)
