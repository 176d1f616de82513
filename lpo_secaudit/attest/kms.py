"""Signing with a key that never leaves AWS KMS (ECDSA P-256)."""

from __future__ import annotations

import hashlib
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from lpo_secaudit.attest.keys import Algorithm, keyid_of, public_pem
from lpo_secaudit.errors import InputError, UndecidableError

__all__ = ["KmsSigner"]

MAX_RAW_BYTES = 4096


class KmsSigner:
    """Signs through KMS; needs kms:GetPublicKey and kms:Sign on the key, and nothing else."""

    algorithm: Algorithm = "ecdsa-p256-sha256"

    def __init__(self, key: str, client: Any = None) -> None:
        """Look a key up by id, alias or ARN.

        Args:
            client: a boto3 KMS client; default: one from the environment, in the ARN's region.

        Raises:
            InputError: no such key, no access, or not an ECC_NIST_P256 key for signing.
            UndecidableError: KMS does not answer.
        """
        if client is None:
            import boto3

            region = key.split(":")[3] if key.startswith("arn:") else None
            client = boto3.client("kms", region_name=region)
        self._client, self._key = client, key
        answer = self._call("get_public_key", KeyId=key)
        public = serialization.load_der_public_key(answer["PublicKey"])
        if (
            not isinstance(public, ec.EllipticCurvePublicKey)
            or not isinstance(public.curve, ec.SECP256R1)
            or answer.get("KeyUsage") != "SIGN_VERIFY"
        ):
            raise InputError(
                "the KMS key does not sign with ECDSA P-256",
                where=f"awskms:{key}",
                hint="make one with KeySpec=ECC_NIST_P256 and KeyUsage=SIGN_VERIFY",
            )
        self._public = public
        self.public_key_pem = public_pem(public)
        self.keyid = keyid_of(public)

    def sign(self, data: bytes) -> bytes:
        # KMS hashes up to 4096 bytes itself; of more, it takes the digest.
        raw = len(data) <= MAX_RAW_BYTES
        answer = self._call(
            "sign",
            KeyId=self._key,
            Message=data if raw else hashlib.sha256(data).digest(),
            MessageType="RAW" if raw else "DIGEST",
            SigningAlgorithm="ECDSA_SHA_256",
        )
        signature = bytes(answer["Signature"])
        try:
            self._public.verify(signature, data, ec.ECDSA(hashes.SHA256()))
        except InvalidSignature as error:
            raise UndecidableError(
                "KMS gave a signature that does not verify", where=f"awskms:{self._key}"
            ) from error
        return signature

    def _call(self, name: str, **arguments: Any) -> dict[str, Any]:
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer: dict[str, Any] = getattr(self._client, name)(**arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            raise InputError(
                f"KMS refuses {name}: {code}",
                where=f"awskms:{self._key}",
                hint="check the key's id and policy",
            ) from error
        except BotoCoreError as error:
            raise UndecidableError(
                f"KMS does not answer: {type(error).__name__}", where=f"awskms:{self._key}"
            ) from error
        return answer
