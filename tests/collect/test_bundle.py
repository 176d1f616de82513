"""The evidence bundle: what goes in comes out, and nothing that is not whole is taken for whole."""

from __future__ import annotations

import random
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_secaudit.collect.bundle import Bundle, BundleWriter, SourceNote, decode_record, encode_record
from lpo_secaudit.errors import InputError, IntegrityError, LimitExceededError
from lpo_secaudit.model.evidence import Evidence
from tests.worlds import DENIED, NOW, listed, record

NOTE = SourceNote("store", "store", "1", {"store.box": ("locked",)})


def write(path: Path, records: list[Evidence], blobs: tuple[bytes, ...] = ()) -> Bundle:
    with BundleWriter(path) as writer:
        for blob in blobs:
            writer.blob(blob, "text/plain")
        for r in records:
            writer.record(r)
        writer.listing(listed(len(records)))
        writer.close((NOTE,), NOW, NOW + timedelta(seconds=1))
    return Bundle(path)


def boxes(count: int) -> list[Evidence]:
    return [record(f"box-{i:02}", {"locked": i % 2 == 0}, gaps={"colour": DENIED}) for i in range(count)]


def test_a_bundle_gives_back_what_it_was_given(tmp_path: Path) -> None:
    bundle = write(tmp_path / "b", boxes(5), (b"raw",))
    bundle.verify()
    assert [r.subject.id for r in bundle.records("store.box")] == [f"box-{i:02}" for i in range(5)]
    assert list(bundle.records("store.bag")) == []
    [name] = bundle.blobs
    assert bundle.blob(name) == b"raw"
    assert bundle.listings == (listed(5),)


def test_order_of_arrival_changes_no_byte(tmp_path: Path) -> None:
    shuffled = boxes(20)
    random.Random(7).shuffle(shuffled)
    first, second = write(tmp_path / "a", boxes(20)), write(tmp_path / "b", shuffled)
    assert first.manifest_digest == second.manifest_digest


def test_a_folder_without_a_manifest_is_no_bundle(tmp_path: Path) -> None:
    with BundleWriter(tmp_path / "b") as writer:
        writer.record(boxes(1)[0])
    with pytest.raises(IntegrityError, match="not a whole evidence bundle"):
        Bundle(tmp_path / "b")


def test_any_changed_byte_is_noticed_and_the_file_named(tmp_path: Path) -> None:
    bundle = write(tmp_path / "b", boxes(3), (b"raw bytes",))
    files = [p for p in bundle.path.rglob("*") if p.is_file()]
    chance = random.Random(11)
    for path in files:
        clean = path.read_bytes()
        for position in chance.sample(range(len(clean)), min(len(clean), 40)):
            path.write_bytes(clean[:position] + bytes([clean[position] ^ 0x20]) + clean[position + 1 :])
            if path.name == "manifest.json":
                changed = _digest_or_refusal(bundle.path)
                assert changed != bundle.manifest_digest
            else:
                with pytest.raises(IntegrityError) as caught:
                    Bundle(bundle.path).verify()
                assert path.name in str(caught.value.where)
        path.write_bytes(clean)
    Bundle(bundle.path).verify()


def _digest_or_refusal(path: Path) -> str:
    try:
        return Bundle(path).manifest_digest
    except IntegrityError as error:
        assert "manifest.json" in str(error.where)
        return "refused"


def test_a_stranger_in_the_folder_is_noticed(tmp_path: Path) -> None:
    bundle = write(tmp_path / "b", boxes(1))
    (bundle.path / "extra.txt").write_text("x")
    with pytest.raises(IntegrityError, match="does not name"):
        bundle.verify()


def test_a_scope_is_listed_once(tmp_path: Path) -> None:
    with BundleWriter(tmp_path / "b") as writer:
        writer.listing(listed(0))
        with pytest.raises(InputError, match="twice"):
            writer.listing(listed(0))


def test_an_oversized_record_is_refused(tmp_path: Path) -> None:
    with BundleWriter(tmp_path / "b") as writer, pytest.raises(LimitExceededError):
        writer.record(record("a", {"text": "x" * (17 * 1024 * 1024)}))


def test_a_used_folder_is_refused(tmp_path: Path) -> None:
    (tmp_path / "something").touch()
    with pytest.raises(InputError, match="not empty"):
        BundleWriter(tmp_path)


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text("abc", min_size=1), json_values, max_size=4))
def test_a_record_survives_its_encoding(data: dict[str, Any]) -> None:
    evidence = record("a", data, gaps={"x": DENIED})
    back = decode_record(encode_record(evidence), "here")
    assert back.digest == evidence.digest
    assert encode_record(back) == encode_record(evidence)


@given(st.binary(max_size=200))
def test_garbage_is_no_record(line: bytes) -> None:
    with pytest.raises(IntegrityError):
        decode_record(line, "here")
