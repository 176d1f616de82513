"""RFC 3161 timestamps, from a real authority and checked by openssl too."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from lpo_secaudit.attest.timestamps import next_timestamp, request_timestamp
from lpo_secaudit.attest.tokens import check_token
from lpo_secaudit.errors import IntegrityError, SecauditError, UndecidableError
from tests.attest.tsa import Authority, make_authority, openssl, serving

pytest.importorskip("rfc3161_client", reason="the extra timestamp is not installed")


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return make_authority(tmp_path_factory.mktemp("tsa") / "a")


@pytest.fixture(scope="module")
def url(authority: Authority) -> Iterator[str]:
    with serving(authority) as address:
        yield address


def timestamp_folder(folder: Path, url: str) -> tuple[str, bytes]:
    name, files = next_timestamp(folder, url)
    (folder / "timestamps").mkdir(exist_ok=True)
    for file, data in files.items():
        (folder / file).write_bytes(data)
    return name, files[name]


def test_openssl_verifies_what_we_ask_for(tmp_path: Path, authority: Authority, url: str) -> None:
    (tmp_path / "attestation.json").write_bytes(b'{"na\xc3\xafve":1}')
    name, token = timestamp_folder(tmp_path, url)
    answer = openssl(
        "ts",
        "-verify",
        "-data",
        tmp_path / "attestation.json",
        "-in",
        tmp_path / name,
        "-CAfile",
        authority.root,
    )
    assert b"Verification: OK" in answer
    made = check_token(
        token, (tmp_path / "attestation.json").read_bytes(), [authority.root.read_bytes()], name
    )
    assert made.trusted
    assert made.authority == "CN=Test TSA"


def test_a_renewal_covers_everything_before_it(tmp_path: Path, authority: Authority, url: str) -> None:
    (tmp_path / "attestation.json").write_bytes(b"{}")
    first, _ = timestamp_folder(tmp_path, url)
    second, token = timestamp_folder(tmp_path, url)
    covered = json.loads((tmp_path / "timestamps/0002.json").read_bytes())["sha512"]
    assert covered == {
        name: hashlib.sha512((tmp_path / name).read_bytes()).hexdigest()
        for name in ("attestation.json", first)
    }
    data = tmp_path / "timestamps/0002.json"
    assert b"OK" in openssl(
        "ts", "-verify", "-data", data, "-in", tmp_path / second, "-CAfile", authority.root
    )
    assert check_token(token, data.read_bytes(), [authority.root.read_bytes()], second).trusted


def test_a_token_over_other_bytes_is_wrong(authority: Authority, url: str) -> None:
    token = request_timestamp(b"one", url)
    for roots in ([], [authority.root.read_bytes()]):
        with pytest.raises(IntegrityError, match="over other bytes"):
            check_token(token, b"other", roots, "t")


def test_another_authority_is_undecidable(tmp_path: Path, url: str) -> None:
    other = make_authority(tmp_path / "b")
    (other.base / "x.cnf").write_text("[req]\ndistinguished_name=dn\n[dn]\n")
    openssl(
        "req", "-new", "-x509", "-key", other.base / "root.key", "-subj", "/CN=Another root",
        "-config", other.base / "x.cnf", "-days", "30", "-out", other.root,
    )  # fmt: skip
    token = request_timestamp(b"one", url)
    with pytest.raises(UndecidableError, match=r"not one that the policy trusts|no trusted root"):
        check_token(token, b"one", [other.root.read_bytes()], "t")


def test_a_root_of_the_same_name_with_another_key_is_not_taken(tmp_path: Path, url: str) -> None:
    token = request_timestamp(b"one", url)
    impostor = make_authority(tmp_path / "c")
    with pytest.raises(IntegrityError):
        check_token(token, b"one", [impostor.root.read_bytes()], "t")


def test_no_answer_is_undecidable() -> None:
    with pytest.raises(UndecidableError, match="no answer"):
        request_timestamp(b"one", "http://127.0.0.1:9/", timeout_s=2)


def test_changed_tokens_are_detected_and_none_crashes(authority: Authority, url: str) -> None:
    """Every byte but the name of the signature's algorithm, which the key decides and not the name."""
    token, roots = request_timestamp(b"one", url), [authority.root.read_bytes()]
    unseen = []
    for index in random.Random(1).sample(range(len(token)), 250):
        mutant = bytearray(token)
        mutant[index] ^= 1 << random.Random(index).randrange(8)
        try:
            check_token(bytes(mutant), b"one", roots, "t")
            unseen.append(index)
        except (IntegrityError, UndecidableError):
            continue
    name = token.rfind(bytes.fromhex("06082a8648ce3d0403"))
    assert [i for i in unseen if not name <= i < name + 10] == []
    for cut in range(0, len(token), 37):
        with pytest.raises(SecauditError):
            check_token(token[:cut], b"one", roots, "t")
