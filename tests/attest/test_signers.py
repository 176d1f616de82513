"""Keys that never leave their home: AWS KMS (moto) and a PKCS#11 token (SoftHSM)."""

from __future__ import annotations

import subprocess
from pathlib import Path

import boto3
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from moto import mock_aws

from lpo_secaudit.attest.check import open_envelope, parse_public_key
from lpo_secaudit.attest.dsse import envelope, pae
from lpo_secaudit.attest.kms import KmsSigner
from lpo_secaudit.attest.signers import Signer, open_signer
from lpo_secaudit.errors import InputError
from lpo_secaudit.verification import verify
from tests.audits import make_audit, plugin_set


def verified_by_cryptography_alone(signer: Signer, data: bytes) -> None:
    """Raises where the signature is not this key's ECDSA over SHA-256."""
    key = serialization.load_pem_public_key(signer.public_key_pem)
    assert isinstance(key, ec.EllipticCurvePublicKey)
    key.verify(signer.sign(data), data, ec.ECDSA(hashes.SHA256()))


@pytest.fixture
def aws(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)


def test_kms_signs_an_audit(tmp_path: Path, aws: None) -> None:
    with mock_aws():
        client = boto3.client("kms")
        arn = client.create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"]
        signer = open_signer(f"awskms:{arn}")
        verified_by_cryptography_alone(signer, "naïve".encode())
        make_audit(tmp_path, signer=signer)
    report = verify(tmp_path / "audit", replay=True, plugins=plugin_set())
    assert report.verdict == "verified", report.problems
    assert report.signatures[0].keyid == signer.keyid


class DigestKms:
    """The part of KMS that moto lacks: a digest is signed as it is (AWS KMS API, Sign, MessageType)."""

    def __init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.types: list[str] = []

    def get_public_key(self, **_: str) -> dict[str, object]:
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        der = self.key.public_key().public_bytes(serialization.Encoding.DER, form)
        return {"PublicKey": der, "KeyUsage": "SIGN_VERIFY"}

    def sign(self, Message: bytes, MessageType: str, **_: str) -> dict[str, bytes]:  # noqa: N803
        self.types.append(MessageType)
        kind = Prehashed(hashes.SHA256()) if MessageType == "DIGEST" else hashes.SHA256()
        return {"Signature": self.key.sign(Message, ec.ECDSA(kind))}


def test_kms_gets_long_data_as_a_digest() -> None:
    client = DigestKms()
    for size in (4096, 4097):
        verified_by_cryptography_alone(KmsSigner("k", client), b"x" * size)
    assert client.types == ["RAW", "DIGEST"]


def test_kms_keys_of_another_kind_and_unknown_ones_are_refused(aws: None) -> None:
    with mock_aws():
        client = boto3.client("kms")
        rsa = client.create_key(KeySpec="RSA_2048", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["KeyId"]
        with pytest.raises(InputError, match="does not sign with ECDSA P-256"):
            KmsSigner(rsa)
        with pytest.raises(InputError, match="KMS refuses get_public_key: NotFoundException"):
            KmsSigner("1234abcd-12ab-34cd-56ef-1234567890ab")


def test_a_token_signs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pkcs11 = pytest.importorskip("pkcs11", reason="the extra pkcs11 is not installed")
    module = next(
        (
            p
            for p in ("/usr/lib/softhsm/libsofthsm2.so", "/usr/lib64/softhsm/libsofthsm2.so")
            if Path(p).exists()
        ),
        None,
    )
    if module is None:
        pytest.skip("SoftHSM2 is not installed")
    (tmp_path / "tokens").mkdir()
    (tmp_path / "softhsm2.conf").write_text(f"directories.tokendir = {tmp_path}/tokens\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "softhsm2.conf"))
    tool = ["softhsm2-util", "--init-token", "--free", "--label", "firm", "--so-pin", "1234", "--pin", "5678"]
    subprocess.run(tool, check=True, capture_output=True, timeout=30)
    with pkcs11.lib(str(module)).get_token(token_label="firm").open(rw=True, user_pin="5678") as session:
        curve = pkcs11.util.ec.encode_named_curve_parameters("secp256r1")
        session.create_domain_parameters(
            pkcs11.KeyType.EC, {pkcs11.Attribute.EC_PARAMS: curve}, local=True
        ).generate_keypair(store=True, label="audit")
    uri = f"pkcs11:token=firm;object=audit?module-path={module}"
    signer = open_signer(uri, lambda _: "5678")
    verified_by_cryptography_alone(signer, b"data")
    opened = open_envelope(envelope(b"{}", signer), "e")
    assert opened.signed_by(parse_public_key(signer.public_key_pem, "k"))
    assert pae("t", b"") == b"DSSEv1 1 t 0 "
    with pytest.raises(InputError, match="the token needs its PIN"):
        open_signer(uri)
