"""Envelopes: their exact bytes, their reading by others, and what is not one."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from securesystemslib.dsse import Envelope as TheirEnvelope
from securesystemslib.signer import SSlibKey

from lpo_secaudit.attest.check import Envelope, open_envelope, parse_public_key, read_statement, strict_json
from lpo_secaudit.attest.dsse import PAYLOAD_TYPE, envelope, pae, statement
from lpo_secaudit.attest.keys import ALGORITHMS, Algorithm, generate_key
from lpo_secaudit.attest.signers import KeySigner
from lpo_secaudit.errors import IntegrityError
from lpo_secaudit.formats.canonical import canonical_json

TYPE = "urn:example:v1"


def test_lengths_count_bytes() -> None:
    assert pae("tÿpe", "naïve".encode()) == "DSSEv1 5 tÿpe 6 naïve".encode()


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_securesystemslib_verifies_our_envelope(algorithm: Algorithm) -> None:
    signer = KeySigner(generate_key(algorithm))
    raw = envelope(statement({"naïve.json": "sha256:" + "0" * 64}, TYPE, {"who": "Müller & Søn"}), signer)
    theirs = TheirEnvelope.from_dict(json.loads(raw))
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    key = SSlibKey.from_crypto(load_pem_public_key(signer.public_key_pem), keyid=signer.keyid)  # type: ignore[arg-type]
    assert set(theirs.verify([key], 1)) == {signer.keyid}
    other = KeySigner(generate_key(algorithm))
    stranger = SSlibKey.from_crypto(load_pem_public_key(other.public_key_pem), keyid=signer.keyid)  # type: ignore[arg-type]
    with pytest.raises(Exception, match="Accepted signatures"):
        theirs.verify([stranger], 1)


@given(st.text(max_size=30), st.binary(max_size=200))
def test_writer_and_verifier_agree_on_what_is_signed(kind: str, payload: bytes) -> None:
    class Echo:
        algorithm = "ed25519"
        der = b""
        pem = b""
        keyid = "k"

        def verify(self, signature: bytes, data: bytes) -> bool:
            return data == pae(kind, payload)

    assert Envelope(kind, payload, {"k": b""}).signed_by(Echo())  # type: ignore[arg-type]


def test_a_statement_is_read_only_where_all_its_types_fit() -> None:
    signer = KeySigner(generate_key())
    good = open_envelope(envelope(statement({"a": "sha256:00"}, TYPE, {"x": 1}), signer), "e")
    assert read_statement(good, TYPE, "e") == ({"a": "00"}, {"x": 1})
    with pytest.raises(IntegrityError, match="predicate"):
        read_statement(good, "urn:example:v2", "e")
    other = open_envelope(envelope(b"{}", signer, "text/plain"), "e")
    with pytest.raises(IntegrityError, match="not application/vnd"):
        read_statement(other, TYPE, "e")
    with pytest.raises(IntegrityError, match="no subject"):
        read_statement(open_envelope(envelope(statement({}, TYPE, {}), signer), "e"), TYPE, "e")


def changed(**more: object) -> bytes:
    value: dict[str, object] = {
        "payload": base64.b64encode(b"{}").decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": "a", "sig": "AAAA"}],
    }
    return canonical_json(value | more)


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"[]",
        b"null",
        b"{" * 100_000,
        b'{"payload":"e30="}',
        changed(payload="e30"),
        changed(payload="e31="),  # padding bits that are not zero
        changed(payload="e3\n0="),
        changed(payload=7),
        changed(payloadType=7),
        changed(signatures=[]),
        changed(signatures=[{"keyid": "a", "sig": "AAAA"}] * 2),
        changed(signatures=[{"keyid": "a"}]),
        changed(signatures=[[]]),
        changed(extra=1),
        changed() + b"\n",
        changed().replace(b":", b": ", 1),
        changed()[:-1],
        b"\xff" + changed(),
    ],
)
def test_what_is_no_envelope_is_refused(raw: bytes) -> None:
    with pytest.raises(IntegrityError):
        open_envelope(raw, "e")


def test_the_verifiers_json_form_is_rfc_8785_for_our_files() -> None:
    value = {"b": [1, None, True, 'é \u2028 \\ " \x07 😀'], "a": {"z": "", "Z": -5}}
    assert strict_json(canonical_json(value), "v") == value
    with pytest.raises(IntegrityError, match="canonical"):
        strict_json(b'{"a":1,"a":1}', "v")


def test_keys_of_other_kinds_are_refused() -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec, rsa

    from lpo_secaudit.errors import InputError

    for key in (rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())):
        pem = key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        with pytest.raises(InputError, match="neither Ed25519 nor ECDSA P-256"):
            parse_public_key(pem, "k")
