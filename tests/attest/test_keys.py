"""Keys: how they are written, and that nothing of them shows."""

from __future__ import annotations

import logging
import pickle
import stat
import traceback
from pathlib import Path

import pytest

from lpo_secaudit.attest.check import parse_public_key
from lpo_secaudit.attest.keys import ALGORITHMS, generate_key, keyid_of, write_key_pair
from lpo_secaudit.attest.signers import KeySigner, one_time_signer, open_signer
from lpo_secaudit.errors import InputError

PASSPHRASE = "correct horse, naïve staple"


def written(base: Path, algorithm: str = "ed25519", passphrase: str | None = PASSPHRASE) -> Path:
    path = base / "key.pem"
    write_key_pair(generate_key(algorithm), path, passphrase)  # type: ignore[arg-type]
    return path


@pytest.mark.parametrize("algorithm", ALGORITHMS)
def test_a_written_key_signs_and_its_public_half_verifies(tmp_path: Path, algorithm: str) -> None:
    path = written(tmp_path, algorithm)
    signer = open_signer(str(path), lambda _: PASSPHRASE)
    key = parse_public_key((tmp_path / "key.pub").read_bytes(), "key.pub")
    assert (key.algorithm, key.keyid) == (algorithm, signer.keyid)
    signature = signer.sign(b"data")
    assert key.verify(signature, b"data")
    assert not key.verify(signature, b"date")


def test_the_private_file_is_encrypted_and_for_its_owner_alone(tmp_path: Path) -> None:
    path = written(tmp_path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in path.read_bytes()


@pytest.mark.parametrize("mode", [0o604, 0o640, 0o660, 0o644])
def test_a_key_that_others_may_read_is_refused(tmp_path: Path, mode: int) -> None:
    path = written(tmp_path)
    path.chmod(mode)
    with pytest.raises(InputError, match="others than its owner") as caught:
        open_signer(str(path), lambda _: PASSPHRASE)
    assert "chmod 600" in str(caught.value)


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    before = written(tmp_path).read_bytes()
    (tmp_path / "key.pub").unlink()
    with pytest.raises(InputError, match="exists already"):
        written(tmp_path)
    assert (tmp_path / "key.pem").read_bytes() == before


def test_wrong_passphrase_wrong_file_and_no_file_are_told_apart(tmp_path: Path) -> None:
    path = written(tmp_path)
    noise = tmp_path / "noise.pem"
    noise.write_bytes(b"hello")
    broken = tmp_path / "broken.pem"
    broken.write_bytes(path.read_bytes()[:-60] + b"\n-----END ENCRYPTED PRIVATE KEY-----\n")
    broken.chmod(0o600)
    cases = [
        (str(path), "wrong", "passphrase is wrong"),
        (str(tmp_path / "key.pub"), PASSPHRASE, "is a public key"),
        (str(noise), PASSPHRASE, "not a PEM private key"),
        (str(broken), PASSPHRASE, "wrong, or the key file is damaged"),
        (str(tmp_path / "none.pem"), PASSPHRASE, "cannot be read"),
        ("env:SECAUDIT_NO_SUCH_KEY", PASSPHRASE, "not set"),
        ("vault:key", PASSPHRASE, "no way to a key called 'vault'"),
        ("pkcs11:token=x", PASSPHRASE, "names no token, object or module"),
    ]
    for uri, words, message in cases:
        with pytest.raises(InputError, match=message):
            open_signer(uri, lambda _, words=words: words)  # type: ignore[misc]
    with pytest.raises(InputError, match="no passphrase was given"):
        open_signer(str(path))


def test_no_message_log_or_text_shows_key_or_passphrase(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    path = written(tmp_path, passphrase=None)
    secret = "".join(path.read_text().splitlines()[1:-1])
    signer = open_signer(str(path))
    shown = [repr(signer), str(vars(signer).keys())]
    for uri, words in ((str(path), PASSPHRASE), (str(written(tmp_path / "b")), "wrong " + PASSPHRASE)):
        try:
            open_signer(uri, lambda _, words=words: words).sign(b"x")  # type: ignore[misc]
        except InputError:
            shown.append(traceback.format_exc())
    with pytest.raises(TypeError):
        pickle.dumps(signer)
    output = capsys.readouterr()
    for text in (*shown, caplog.text, output.out, output.err):
        assert secret not in text
        assert PASSPHRASE not in text


def test_the_environment_can_hold_the_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path)
    monkeypatch.setenv("FIRM_KEY", path.read_text())
    assert (
        open_signer("env:FIRM_KEY", lambda _: PASSPHRASE).keyid
        == open_signer(f"file:{path}", lambda _: PASSPHRASE).keyid
    )


def test_the_id_is_the_digest_of_the_public_key() -> None:
    key = generate_key()
    assert (
        keyid_of(key.public_key())
        == KeySigner(key).keyid
        == parse_public_key(KeySigner(key).public_key_pem, "").keyid
    )
    assert one_time_signer().keyid != one_time_signer().keyid
