"""Publishing, mirroring, witnessing; and a second implementation that checks what is published."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from http.server import HTTPServer, SimpleHTTPRequestHandler
from pathlib import Path
from threading import Thread

import boto3
import pytest
from moto import mock_aws

from lpo_secaudit.attest.check import parse_public_key
from lpo_secaudit.attest.keys import generate_key
from lpo_secaudit.attest.signers import KeySigner, one_time_signer
from lpo_secaudit.errors import InputError, IntegrityError
from lpo_secaudit.folder import proof_file
from lpo_secaudit.ledger import Ledger
from lpo_secaudit.ledger.mirror import add_cosignature, mirror, witness
from lpo_secaudit.ledger.proofs import parse_checkpoint, witnessed_by
from lpo_secaudit.ledger.publish import publish
from lpo_secaudit.ledger.sites import FolderSite, S3Site, tile_name
from tests.ledger.worlds import KEY, SIGNER, checked, grow

KEYS = [(KEY, SIGNER.public_key_pem)]
SCRIPT = Path(__file__).with_name("verify.mjs")


def firm(base: Path, count: int = 300) -> Ledger:
    ledger = Ledger.open(base / "l.sqlite", create=True, origin="firm.example/log")
    grow(ledger, count)
    return ledger


def test_names_of_tiles() -> None:
    assert tile_name(0, 5) == "tile/0/005"
    assert tile_name(1, 1234067, 12) == "tile/1/x001/x234/067.p/12"


def test_a_mirror_follows_the_published_log(tmp_path: Path) -> None:
    with firm(tmp_path) as ledger:
        for more in (0, 1, 255, 400):
            grow(ledger, more)
            publish(ledger, FolderSite(tmp_path / "site"), ledger.checkpoint(SIGNER))
            mirror(tmp_path / "site", tmp_path / "m.sqlite", KEYS)
            assert checked(tmp_path / "m.sqlite", keys=[KEY]).size == ledger.size()
        with Ledger.open(tmp_path / "m.sqlite") as copy:
            assert copy.root() == ledger.root()


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    class Quiet(SimpleHTTPRequestHandler):
        timeout = 5

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    (tmp_path / "site").mkdir()
    server = HTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(tmp_path / "site")))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()
    thread.join(5)


def test_any_web_server_will_do(tmp_path: Path, served: str) -> None:
    with pytest.raises(InputError, match="no log is published there"):
        mirror(served, tmp_path / "m.sqlite", KEYS)
    with firm(tmp_path) as ledger:
        publish(ledger, FolderSite(tmp_path / "site"), ledger.checkpoint(SIGNER))
    assert mirror(served, tmp_path / "m.sqlite", KEYS)[0] == 300
    assert checked(served, keys=[KEY])


def test_a_log_that_is_not_continued_is_neither_published_nor_mirrored(tmp_path: Path) -> None:
    with firm(tmp_path) as ledger:
        publish(ledger, FolderSite(tmp_path / "site"), ledger.checkpoint(SIGNER))
    mirror(tmp_path / "site", tmp_path / "m.sqlite", KEYS)
    before = (tmp_path / "m.sqlite").read_bytes()
    (tmp_path / "fork").mkdir()
    with Ledger.open(tmp_path / "fork/l.sqlite", create=True, origin="firm.example/log") as fork:
        grow(fork, 400, word="other")
        checkpoint = fork.checkpoint(SIGNER)
        with pytest.raises(IntegrityError, match="does not continue what was published"):
            publish(fork, FolderSite(tmp_path / "site"), checkpoint)
    with pytest.raises(IntegrityError, match="does not continue this one"):
        mirror(tmp_path / "fork/l.sqlite", tmp_path / "m.sqlite", KEYS)
    (tmp_path / "old").mkdir()
    with firm(tmp_path / "old", 200) as old:
        old.checkpoint(SIGNER)
    with pytest.raises(IntegrityError, match="gone back"):
        mirror(tmp_path / "old/l.sqlite", tmp_path / "m.sqlite", KEYS)
    assert (tmp_path / "m.sqlite").read_bytes() == before
    stranger = one_time_signer()
    with pytest.raises(IntegrityError, match="not signed by a key that was given"):
        mirror(
            tmp_path / "site",
            tmp_path / "n.sqlite",
            [(parse_public_key(stranger.public_key_pem, "k"), stranger.public_key_pem)],
        )


def test_a_witness_signs_what_it_saw_and_the_firm_takes_the_line_over(tmp_path: Path) -> None:
    eye = KeySigner(generate_key())
    eye_key = parse_public_key(eye.public_key_pem, "eye")
    with firm(tmp_path) as ledger:
        ours = ledger.checkpoint(SIGNER)
        publish(ledger, FolderSite(tmp_path / "site"), ours)
    _, seen = mirror(tmp_path / "site", tmp_path / "m.sqlite", KEYS)
    witnessed = witness(seen, "client.example/w", 1_790_000_000, eye)
    both = add_cosignature(ours, witnessed.note, "client.example/w", eye_key)
    head = parse_checkpoint(both.note, "c")
    assert witnessed_by(head, "client.example/w", eye_key) == 1_790_000_000
    assert witnessed_by(head, "client.example/other", eye_key) is None
    later = witnessed.note.replace(b"client.example/w ", b"client.example/w ", 1)
    blob = later.rstrip().split(b" ")[-1]
    forged = later.replace(blob, blob[:-8] + b"AAAAAAA=" if blob.endswith(b"=") else blob[:-4] + b"AAAA")
    with pytest.raises(IntegrityError):
        add_cosignature(ours, forged, "client.example/w", eye_key)
    with pytest.raises(InputError, match="not a name for a witness"):
        witness(seen, "two words", 1, eye)
    with pytest.raises(InputError, match="signs with Ed25519"):
        witness(seen, "w", 1, KeySigner(generate_key("ecdsa-p256-sha256")))


def test_a_bucket_with_object_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        client = boto3.client("s3")
        client.create_bucket(Bucket="archive", ObjectLockEnabledForBucket=True)
        site = S3Site("s3://archive/firm", retain_days=365)
        with firm(tmp_path) as ledger:
            publish(ledger, site, ledger.checkpoint(SIGNER))
            grow(ledger, 10)
            publish(ledger, site, ledger.checkpoint(SIGNER))
        assert checked("s3://archive/firm", keys=[KEY]).size == 310
        stored = client.head_object(Bucket="archive", Key="firm/tile/0/000")
        assert stored["ObjectLockMode"] == "COMPLIANCE"
        assert stored["ObjectLockRetainUntilDate"] > datetime.now(UTC) + timedelta(days=364)
        versions = client.list_object_versions(Bucket="archive", Prefix="firm/tile/0/000")["Versions"]
        assert len(versions) == 1
        with pytest.raises(client.exceptions.ClientError, match="AccessDenied"):
            client.delete_object(Bucket="archive", Key="firm/tile/0/000", VersionId=versions[0]["VersionId"])
        assert mirror("s3://archive/firm", tmp_path / "m.sqlite", KEYS)[0] == 310
        with pytest.raises(InputError, match="S3 does not take it"):
            S3Site("s3://none").write("checkpoint", b"", final=False)


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 600])
def test_a_second_implementation_agrees(tmp_path: Path, size: int) -> None:
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed")
    with firm(tmp_path, size) as ledger:
        checkpoint = ledger.checkpoint(SIGNER)
        publish(ledger, FolderSite(tmp_path / "site"), checkpoint)
        (tmp_path / "proof.json").write_bytes(proof_file(ledger.prove(size // 2, checkpoint)))
    (tmp_path / "key.pub").write_bytes(SIGNER.public_key_pem)
    command = [node, SCRIPT, tmp_path / "site", tmp_path / "key.pub", tmp_path / "proof.json"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert done.stdout == f"firm.example/log {size} entries, entry {size // 2} proven\n", done.stderr
    entries = next((tmp_path / "site/tile/entries").rglob("*[0-9]"))
    entries = entries if entries.is_file() else next(entries.iterdir())
    raw = bytearray(entries.read_bytes())
    raw[5] ^= 1
    entries.write_bytes(raw)
    assert subprocess.run(command, capture_output=True, timeout=30, check=False).returncode == 1
