"""Checkpoints as C2SP signed notes, written. `ledger.proofs` reads them by other code.

c2sp.org/signed-note, c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature
"""

from __future__ import annotations

import base64
import hashlib
import struct
from typing import Protocol

from lpo_secaudit.errors import InputError

__all__ = [
    "NoteSigner",
    "checkpoint_text",
    "cosignature_line",
    "key_hash",
    "sign_checkpoint",
    "signature_line",
]

ED25519, ECDSA, COSIGNATURE = b"\x01", b"\x02", b"\x04"


class NoteSigner(Protocol):
    """The part of `attest.signers.Signer` that signing a note takes."""

    @property
    def algorithm(self) -> str: ...
    @property
    def public_key_pem(self) -> bytes: ...
    def sign(self, data: bytes) -> bytes: ...


def checkpoint_text(origin: str, size: int, root: bytes) -> bytes:
    """The three lines that a checkpoint's signatures cover."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n".encode()


def key_hash(name: str, algorithm: str, public_key_pem: bytes, kind: bytes | None = None) -> bytes:
    """The four-byte key id of a note signature.

    Ed25519 keys by the recommended rule; ECDSA (type 0x02) by SHA-256 of the DER key.
    """
    der = base64.b64decode(b"".join(public_key_pem.split(b"-----")[2].split()))
    if algorithm != "ed25519":
        return hashlib.sha256(der).digest()[:4]
    # The 32 key bytes end an Ed25519 SubjectPublicKeyInfo (RFC 8410, 4).
    return hashlib.sha256(name.encode() + b"\n" + (kind or ED25519) + der[-32:]).digest()[:4]


def signature_line(name: str, text: bytes, signer: NoteSigner) -> bytes:
    """One line of a note's signature block."""
    blob = key_hash(name, signer.algorithm, signer.public_key_pem) + signer.sign(text)
    return f"\u2014 {name} {base64.b64encode(blob).decode()}\n".encode()


def sign_checkpoint(origin: str, size: int, root: bytes, signer: NoteSigner) -> bytes:
    """A whole checkpoint, signed under the log's own name."""
    text = checkpoint_text(origin, size, root)
    return text + b"\n" + signature_line(origin, text, signer)


def cosignature_line(name: str, text: bytes, seconds: int, signer: NoteSigner) -> bytes:
    """A witness's line: that it saw this checkpoint, consistent with all it saw before, at a time.

    Args:
        name: the witness, a schema-less URL.
        seconds: POSIX time.

    Raises:
        InputError: the key is not Ed25519 (the only one that tlog-cosignature v1 knows), or the
            name has a space or a plus.
    """
    if signer.algorithm != "ed25519":
        raise InputError("a witness signs with Ed25519", hint="make a key with `secaudit keygen`")
    if not name or "+" in name or any(c.isspace() for c in name):
        raise InputError(
            f"{name!r} is not a name for a witness", hint="write for instance client.example/witness"
        )
    signed = signer.sign(f"cosignature/v1\ntime {seconds}\n".encode() + text)
    blob = key_hash(name, "ed25519", signer.public_key_pem, COSIGNATURE) + struct.pack(">Q", seconds) + signed
    return f"\u2014 {name} {base64.b64encode(blob).decode()}\n".encode()
