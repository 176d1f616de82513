"""A handed-over bundle: whole ones are handed on, altered ones say nothing."""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519

from lpo_secaudit.attest.dsse import envelope, statement
from lpo_secaudit.attest.keys import public_pem
from lpo_secaudit.attest.signers import KeySigner
from lpo_secaudit.collect import Bundle, BundleWriter
from lpo_secaudit.collect.bundle import SourceNote
from lpo_secaudit.errors import IntegrityError
from lpo_secaudit.model.check import Outcome
from lpo_secaudit.model.evidence import ListingStatus
from lpo_secaudit_plugins.bundle import archive, plugin
from tests.plugins.collecting import collect_source, observe
from tests.worlds import NOW, listed, record

WANTED = ("store.box", "bundle.document")


def sealed(folder: Path) -> Path:
    """A bundle as a provider would hand it over."""
    with BundleWriter(folder) as writer:
        name = writer.blob(b"raw answer", "application/octet-stream")
        box = record("a", {"locked": True})
        writer.record(type(box)(box.subject, box.data, "store", NOW, inputs=(name,)))
        writer.record(record("b", {"locked": False}))
        writer.listing(listed(2))
        writer.close((SourceNote("store", "store", "1", {"store.box": ("locked",)}),), NOW, NOW)
    return folder


def test_records_are_handed_on_under_the_source_that_brought_them(tmp_path: Path) -> None:
    original = Bundle(sealed(tmp_path / "acme.bundle"))
    bundle = collect_source(plugin(), tmp_path, {"file": "acme.bundle"}, wanted=WANTED)
    handed = list(bundle.records("store.box"))
    assert [r.subject.source for r in handed] == ["src/store", "src/store"]
    assert [r.provenance["digest_in_bundle"] for r in handed] == [
        r.digest for r in original.records("store.box")
    ]
    assert bundle.blob(handed[0].inputs[0]) == b"raw answer"
    assert {(x.type, x.source, x.status) for x in bundle.listings} >= {
        ("store.box", "src/store", ListingStatus.COMPLETE)
    }


def test_only_what_is_wanted_is_handed_on(tmp_path: Path) -> None:
    sealed(tmp_path / "acme.bundle")
    bundle = collect_source(plugin(), tmp_path, {"file": "acme.bundle"}, wanted=("bundle.document",))
    assert bundle.types() == ("bundle.document",)


@pytest.mark.parametrize("name", ["manifest.json", "records.jsonl", "blobs"])
def test_one_altered_byte_makes_the_whole_source_unavailable(tmp_path: Path, name: str) -> None:
    folder = sealed(tmp_path / "acme.bundle")
    target = folder / name
    target = next(p for p in target.rglob("*") if p.is_file()) if target.is_dir() else target
    raw = bytearray(target.read_bytes())
    raw[len(raw) // 2] ^= 1
    target.write_bytes(bytes(raw))
    bundle = collect_source(plugin(), tmp_path, {"file": "acme.bundle"}, wanted=WANTED)
    assert bundle.count == 0
    assert {(x.type, x.status) for x in bundle.listings} == {
        (t, ListingStatus.UNAVAILABLE) for t in ("*", *WANTED)
    }
    assert bundle.listings[0].gap is not None and bundle.listings[0].gap.code == "IntegrityFailure"
    assert {o.outcome for o in observe(plugin(), bundle)} == {Outcome.UNAVAILABLE}


def test_an_added_file_is_seen(tmp_path: Path) -> None:
    (sealed(tmp_path / "acme.bundle") / "more.txt").write_text("x")
    bundle = collect_source(plugin(), tmp_path, {"file": "acme.bundle"}, wanted=WANTED)
    assert bundle.count == 0


def zipped(folder: Path, to: Path) -> None:
    with zipfile.ZipFile(to, "w", zipfile.ZIP_DEFLATED) as out:
        for path in sorted(folder.rglob("*")):
            out.write(path, f"acme/{path.relative_to(folder)}")


def tarred(folder: Path, to: Path) -> None:
    with tarfile.open(to, "w:gz") as out:
        out.add(folder, "acme")


@pytest.mark.parametrize(("pack", "name"), [(zipped, "b.zip"), (tarred, "b.tar.gz")])
def test_archives_are_opened(tmp_path: Path, pack: Callable[[Path, Path], None], name: str) -> None:
    pack(sealed(tmp_path / "folder"), tmp_path / name)
    bundle = collect_source(plugin(), tmp_path, {"file": name}, wanted=WANTED)
    assert len(list(bundle.records("store.box"))) == 2


def unavailable(tmp_path: Path, options: dict[str, Any]) -> str:
    bundle = collect_source(plugin(), tmp_path, options, wanted=WANTED)
    assert bundle.count == 0
    gap = bundle.listings[0].gap
    assert gap is not None
    return gap.message


def test_paths_that_lead_outside_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "evil.zip", "w") as out:
        out.writestr("../escaped.txt", "x")
    assert "leads outside" in unavailable(tmp_path, {"file": "evil.zip"})
    assert not (tmp_path.parent / "escaped.txt").exists()


def test_links_in_an_archive_are_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "evil.tar", "w") as out:
        link = tarfile.TarInfo("manifest.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        out.addfile(link)
    assert "no plain file" in unavailable(tmp_path, {"file": "evil.tar"})


def test_an_archive_that_unpacks_to_too_much_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archive, "MAX_BYTES", 1000)
    with tarfile.open(tmp_path / "bomb.tar.gz", "w:gz") as out:
        member = tarfile.TarInfo("zeros")
        member.size = 5_000_000
        out.addfile(member, io.BytesIO(bytes(5_000_000)))
    assert "unpacks to more" in unavailable(tmp_path, {"file": "bomb.tar.gz"})


@pytest.mark.parametrize("content", [b"", b"no archive", b"PK\x03\x04broken"])
def test_what_is_no_archive_is_said(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.zip").write_bytes(content)
    assert unavailable(tmp_path, {"file": "x.zip"})
    assert "no such bundle" in unavailable_in(tmp_path / "other", {"file": "absent.zip"})


def unavailable_in(folder: Path, options: dict[str, Any]) -> str:
    folder.mkdir()
    return unavailable(folder, options)


class TestSignature:
    def signed(self, tmp_path: Path, over: str = "") -> ed25519.Ed25519PrivateKey:
        folder = sealed(tmp_path / "acme.bundle")
        key = ed25519.Ed25519PrivateKey.generate()
        payload = statement(
            {"manifest.json": over or Bundle(folder).manifest_digest}, "https://example.org/seal", {}
        )
        (tmp_path / "acme.bundle.dsse.json").write_bytes(envelope(payload, KeySigner(key)))
        (tmp_path / "ciso.pem").write_bytes(public_pem(key.public_key()))
        return key

    options = {"file": "acme.bundle", "signed_by": "acme-ciso", "key": "ciso.pem"}  # noqa: RUF012

    def test_a_signed_bundle_says_by_whom(self, tmp_path: Path) -> None:
        self.signed(tmp_path)
        bundle = collect_source(plugin(), tmp_path, self.options, wanted=WANTED)
        assert next(iter(bundle.records("bundle.document"))).data["signed_by"] == "acme-ciso"
        assert [o.outcome for o in observe(plugin(), bundle)] == [Outcome.SATISFIED]

    def test_an_unsigned_bundle_is_a_finding(self, tmp_path: Path) -> None:
        sealed(tmp_path / "acme.bundle")
        bundle = collect_source(plugin(), tmp_path, {"file": "acme.bundle"}, wanted=WANTED)
        assert [o.outcome for o in observe(plugin(), bundle)] == [Outcome.NOT_SATISFIED]

    def test_another_key_is_refused(self, tmp_path: Path) -> None:
        self.signed(tmp_path)
        other = ed25519.Ed25519PrivateKey.generate()
        (tmp_path / "ciso.pem").write_bytes(public_pem(other.public_key()))
        assert "no valid signature" in unavailable(tmp_path, self.options)

    def test_a_signature_over_another_bundle_is_refused(self, tmp_path: Path) -> None:
        self.signed(tmp_path, over="sha256:" + "0" * 64)
        assert "another bundle" in unavailable(tmp_path, self.options)

    def test_a_missing_signature_or_key_is_refused(self, tmp_path: Path) -> None:
        sealed(tmp_path / "acme.bundle")
        assert "no key of theirs" in unavailable(tmp_path, {"file": "acme.bundle", "signed_by": "acme-ciso"})
        self.signed_elsewhere(tmp_path / "second")

    def signed_elsewhere(self, tmp_path: Path) -> None:
        tmp_path.mkdir()
        self.signed(tmp_path)
        (tmp_path / "acme.bundle.dsse.json").unlink()
        assert "cannot be read" in unavailable(tmp_path, self.options)


class TestSurvey:
    @pytest.mark.parametrize("form", ["folder", "b.zip", "b.tar.gz"])
    def test_a_bundle_says_what_it_holds(self, tmp_path: Path, form: str) -> None:
        folder = sealed(tmp_path / "folder")
        if form != "folder":
            (zipped if form.endswith("zip") else tarred)(folder, tmp_path / form)
        found = plugin().collectors[0].survey(tmp_path / form)  # type: ignore[attr-defined]
        assert (found.kind, found.records, dict(found.counts)) == ("evidence-bundle", 2, {"store.box": 2})

    def test_a_broken_one_is_an_error_and_another_file_is_none(self, tmp_path: Path) -> None:
        folder = sealed(tmp_path / "folder")
        (folder / "records.jsonl").write_bytes(b"{}")
        with pytest.raises(IntegrityError):
            plugin().collectors[0].survey(folder)  # type: ignore[attr-defined]
        (tmp_path / "x.txt").write_text("x")
        assert plugin().collectors[0].survey(tmp_path / "x.txt") is None  # type: ignore[attr-defined]
