"""Statements and envelopes, written: in-toto Statement v1 in DSSE v1, all in canonical JSON.

Verification has code of its own (`attest.check`); this module only makes.
Specified in docs/formats/attestation.md.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from lpo_secaudit.formats.canonical import canonical_json

if TYPE_CHECKING:
    from lpo_secaudit.attest.signers import Signer

__all__ = ["PAYLOAD_TYPE", "STATEMENT_TYPE", "envelope", "pae", "statement"]

STATEMENT_TYPE = "https://in-toto.io/Statement/v1"
PAYLOAD_TYPE = "application/vnd.in-toto+json"


def statement(subjects: Mapping[str, str], predicate_type: str, predicate: Mapping[str, Any]) -> bytes:
    """The bytes of an in-toto Statement v1.

    Args:
        subjects: name to `sha256:<hex>`.
    """
    return canonical_json(
        {
            "_type": STATEMENT_TYPE,
            "subject": [
                {"name": name, "digest": {"sha256": digest.removeprefix("sha256:")}}
                for name, digest in sorted(subjects.items())
            ],
            "predicateType": predicate_type,
            "predicate": dict(predicate),
        }
    )


def pae(payload_type: str, payload: bytes) -> bytes:
    """Pre-Authentication Encoding (DSSE v1): what is signed. Lengths count bytes, not characters."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def envelope(payload: bytes, signer: Signer, payload_type: str = PAYLOAD_TYPE) -> bytes:
    """The bytes of a DSSE envelope with one signature."""
    return canonical_json(
        {
            "payload": base64.b64encode(payload).decode(),
            "payloadType": payload_type,
            "signatures": [
                {
                    "keyid": signer.keyid,
                    "sig": base64.b64encode(signer.sign(pae(payload_type, payload))).decode(),
                }
            ],
        }
    )
