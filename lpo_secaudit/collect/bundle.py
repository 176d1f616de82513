"""The evidence bundle: records, raw blobs and listings on disk, addressed by their content.

A bundle is a folder:

    manifest.json          canonical JSON; names every other file's digest; written last
    records.jsonl          one canonical JSON object a line, sorted by subject
    blobs/<aa>/<62 hex>    raw bytes as received, by their SHA-256

A folder without a manifest is not a bundle: collection was cut off, and nothing in it counts.
The format is specified in docs/formats/bundle.md.
"""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO

from lpo_secaudit.errors import InputError, IntegrityError, LimitExceededError
from lpo_secaudit.formats.canonical import canonical_json, digest_bytes, parse_canonical
from lpo_secaudit.formats.instants import format_instant, parse_utc
from lpo_secaudit.model.evidence import Evidence, Gap, Listing, Subject

__all__ = ["FORMAT", "Bundle", "BundleWriter", "SourceNote"]

FORMAT = "lpo-secaudit-bundle/1"
MAX_RECORD_BYTES = 16 * 1024 * 1024
MAX_BLOB_BYTES = 512 * 1024 * 1024
MAX_MANIFEST_BYTES = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class SourceNote:
    """Who collected one source: the collector's name and version, and what it was asked for."""

    source: str
    collector: str
    version: str
    wanted: Mapping[str, tuple[str, ...]]

    def to_json(self) -> dict[str, Any]:
        wanted = {type_: list(facets) for type_, facets in self.wanted.items()}
        return {"source": self.source, "collector": self.collector, "version": self.version, "wanted": wanted}


def encode_record(evidence: Evidence) -> bytes:
    """One line of records.jsonl, without its line end."""
    content = canonical_json(evidence.content())
    around = canonical_json(
        {
            "collected_at": format_instant(evidence.collected_at),
            "content": None,
            "digest": digest_bytes(content),
            "provenance": dict(evidence.provenance),
        }
    )
    # The content is what takes time; it is written once and serves the digest too. Keys are
    # in order, so "content" stands right after the instant, which holds no quotes.
    return around.replace(b'"content":null', b'"content":' + content, 1)


def decode_record(line: bytes, where: str) -> Evidence:
    """The record of one line; its digest is computed again, never taken on trust.

    Raises:
        IntegrityError: not a record, or the stored digest is not that of the content.
    """
    try:
        value = parse_canonical(line)
        content = value["content"]
        evidence = Evidence(
            subject=Subject.from_json(content["subject"]),
            data=content["data"],
            collector=content["collector"],
            collected_at=parse_utc(value["collected_at"]),
            gaps={facet: Gap.from_json(gap) for facet, gap in content["gaps"].items()},
            inputs=tuple(content["inputs"]),
            provenance=value["provenance"],
        )
        if evidence.digest != value["digest"]:
            raise IntegrityError("record does not match its digest", where=where)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InputError) as error:
        raise IntegrityError(
            f"not an evidence record: {type(error).__name__}: {error}", where=where
        ) from error
    return evidence


class BundleWriter:
    """Streams records and blobs into a new bundle folder; safe to call from several threads.

    Use as a context manager and call `close()` for a whole bundle; leaving without it leaves a
    folder without a manifest, which nothing takes for a bundle.
    """

    def __init__(self, path: Path) -> None:
        """Start a bundle in an empty or new folder.

        Raises:
            InputError: the folder exists and is not empty, or cannot be made.
        """
        try:
            path.mkdir(parents=True, exist_ok=True)
            if any(path.iterdir()):
                raise InputError("bundle folder is not empty", where=str(path), hint="name a new folder")
            self._spool: BinaryIO = (path / "records.partial").open("w+b")
        except OSError as error:
            raise InputError(f"bundle cannot be written: {error.strerror}", where=str(path)) from error
        self.path = path
        self._lock = threading.Lock()
        self._index: list[tuple[str, str, str, str, int, int]] = []
        self._blobs: dict[str, tuple[int, str]] = {}
        self._listings: dict[tuple[str, str, str], Listing] = {}
        self._offset = 0

    def __enter__(self) -> BundleWriter:
        return self

    def __exit__(self, *_: object) -> None:
        self._spool.close()

    def record(self, evidence: Evidence) -> None:
        """Write one record.

        Raises:
            LimitExceededError: the record is larger than 16 MiB.
            InputError: its data is not JSON, or its time has no zone.
        """
        line = encode_record(evidence)
        if len(line) > MAX_RECORD_BYTES:
            raise LimitExceededError(f"record of {len(line)} bytes", where=evidence.subject.id)
        subject = evidence.subject
        with self._lock:
            self._spool.write(line + b"\n")
            self._index.append(
                (subject.type, subject.source, subject.region or "", subject.id, self._offset, len(line) + 1)
            )
            self._offset += len(line) + 1

    def blob(self, data: bytes, media_type: str) -> str:
        """Keep raw bytes; returns `sha256:<hex>`. The same bytes are kept once.

        Raises:
            LimitExceededError: more than 512 MiB.
        """
        if len(data) > MAX_BLOB_BYTES:
            raise LimitExceededError(f"blob of {len(data)} bytes")
        name = digest_bytes(data)
        with self._lock:
            if name in self._blobs:
                return name
            self._blobs[name] = (len(data), media_type)
        target = _blob_path(self.path, name)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return name

    def listing(self, listing: Listing) -> None:
        """Note how far was looked for one type in one scope.

        Raises:
            InputError: the scope was listed before.
        """
        key = (listing.type, listing.source, listing.scope)
        with self._lock:
            if key in self._listings:
                raise InputError(f"listing of {listing.type} in {listing.source}/{listing.scope} given twice")
            self._listings[key] = listing

    def listed_types(self, source: str) -> set[str]:
        """The types that a source, or a part of it such as one of its accounts, has given a listing for."""
        with self._lock:
            return {
                type_
                for type_, listed, _ in self._listings
                if listed == source or listed.startswith(source + "/")
            }

    def emitted(self, source: str, type_: str) -> int:
        """How many records of a type a source has given."""
        with self._lock:
            return sum(1 for t, s, *_ in self._index if t == type_ and s == source)

    def close(self, sources: tuple[SourceNote, ...], started_at: datetime, ended_at: datetime) -> None:
        """Sort the records, write the manifest, and so make the folder a bundle.

        Two bundles of one unchanged world differ in times and request ids only, whatever order
        the threads delivered in.
        """
        records_hash = hashlib.sha256()
        size = 0
        self._spool.flush()
        lines = sorted(self._index)
        with (self.path / "records.jsonl").open("wb") as out:
            for *_, offset, length in lines:
                self._spool.seek(offset)
                line = self._spool.read(length)
                out.write(line)
                records_hash.update(line)
                size += length
            out.flush()
            os.fsync(out.fileno())
        self._spool.close()
        (self.path / "records.partial").unlink()
        manifest = {
            "format": FORMAT,
            "started_at": format_instant(started_at),
            "ended_at": format_instant(ended_at),
            "sources": [note.to_json() for note in sorted(sources, key=lambda n: n.source)],
            "listings": [self._listings[key].to_json() for key in sorted(self._listings)],
            "records": {"count": len(lines), "bytes": size, "sha256": records_hash.hexdigest()},
            "blobs": [
                {"sha256": name.removeprefix("sha256:"), "bytes": length, "media_type": media_type}
                for name, (length, media_type) in sorted(self._blobs.items())
            ],
        }
        partial = self.path / "manifest.partial"
        with partial.open("wb") as out:
            out.write(canonical_json(manifest))
            out.flush()
            os.fsync(out.fileno())
        partial.rename(self.path / "manifest.json")


def _blob_path(root: Path, name: str) -> Path:
    hex_ = name.removeprefix("sha256:")
    return root / "blobs" / hex_[:2] / hex_[2:]


class Bundle:
    """A whole bundle, opened for reading; records are read from disk as they are asked for."""

    def __init__(self, path: Path) -> None:
        """Open a bundle and check its manifest; `verify()` checks the rest.

        Raises:
            IntegrityError: there is no manifest (collection was cut off), or it is malformed.
            LimitExceededError: the manifest is larger than 256 MiB.
        """
        self.path = path
        manifest_path = path / "manifest.json"
        try:
            if manifest_path.stat().st_size > MAX_MANIFEST_BYTES:
                raise LimitExceededError("bundle manifest is too large", where=str(manifest_path))
            raw = manifest_path.read_bytes()
        except OSError as error:
            raise IntegrityError(
                "not a whole evidence bundle: it has no readable manifest",
                where=str(manifest_path),
                hint="collection was cut off, or this is another folder; collect again",
            ) from error
        try:
            manifest = parse_canonical(raw)
            if manifest["format"] != FORMAT or canonical_json(manifest) != raw:
                raise IntegrityError(f"manifest is not canonical {FORMAT}", where=str(manifest_path))
            self.listings = tuple(Listing.from_json(value) for value in manifest["listings"])
            self.sources: tuple[Mapping[str, Any], ...] = tuple(manifest["sources"])
            self.started_at = parse_utc(manifest["started_at"])
            self.ended_at = parse_utc(manifest["ended_at"])
            self.blobs: dict[str, tuple[int, str]] = {
                "sha256:" + blob["sha256"]: (blob["bytes"], blob["media_type"]) for blob in manifest["blobs"]
            }
            self.count = int(manifest["records"]["count"])
            self._size = int(manifest["records"]["bytes"])
            self._sha256 = str(manifest["records"]["sha256"])
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, InputError) as error:
            raise IntegrityError(f"manifest is malformed: {error}", where=str(manifest_path)) from error
        self.manifest_digest = digest_bytes(raw)
        self._places: dict[str, list[tuple[int, int]]] | None = None

    @property
    def _records_path(self) -> Path:
        return self.path / "records.jsonl"

    def types(self) -> tuple[str, ...]:
        """Evidence types with at least one record, sorted."""
        return tuple(sorted(self._index()))

    def records(self, type_: str) -> Iterator[Evidence]:
        """The records of a type, sorted by source, region and id.

        Raises:
            IntegrityError: a record does not match its digest.
        """
        places = self._index().get(type_, [])
        if not places:
            return
        with self._records_path.open("rb") as file:
            for offset, length in places:
                file.seek(offset)
                yield decode_record(file.read(length), f"{self._records_path}@{offset}")

    def blob(self, name: str) -> bytes:
        """Raw bytes by `sha256:<hex>`.

        Raises:
            IntegrityError: the blob is missing or not what its name says.
        """
        path = _blob_path(self.path, name)
        if name not in self.blobs:
            raise IntegrityError(f"the bundle names no blob {name}", where=str(path))
        try:
            data = path.read_bytes()
        except OSError as error:
            raise IntegrityError("a blob of the bundle is missing", where=str(path)) from error
        if digest_bytes(data) != name:
            raise IntegrityError("blob does not match its name", where=str(path))
        return data

    def verify(self) -> None:
        """Check every byte: records against the manifest, blobs against their names, no strangers.

        Raises:
            IntegrityError: names the first file that does not match.
        """
        try:
            with self._records_path.open("rb") as file:
                actual = hashlib.file_digest(file, "sha256").hexdigest()
        except OSError as error:
            raise IntegrityError("records are missing", where=str(self._records_path)) from error
        if actual != self._sha256 or self._records_path.stat().st_size != self._size:
            raise IntegrityError("records do not match the manifest", where=str(self._records_path))
        if sum(len(places) for places in self._index().values()) != self.count:
            raise IntegrityError("number of records is not the manifest's", where=str(self._records_path))
        for name in self.blobs:
            self.blob(name)
        expected = {self.path / "manifest.json", self._records_path} | {
            _blob_path(self.path, n) for n in self.blobs
        }
        for found in sorted(self.path.rglob("*")):
            if not found.is_dir() and found not in expected:
                raise IntegrityError("a file that the manifest does not name", where=str(found))

    def _index(self) -> dict[str, list[tuple[int, int]]]:
        """Where each type's records lie: lines are sorted, so this needs only the types."""
        if self._places is None:
            places: dict[str, list[tuple[int, int]]] = {}
            offset = 0
            try:
                with self._records_path.open("rb") as file:
                    for line in file:
                        places.setdefault(_type_of(line, offset, self._records_path), []).append(
                            (offset, len(line))
                        )
                        offset += len(line)
            except OSError as error:
                raise IntegrityError("records are missing", where=str(self._records_path)) from error
            self._places = places
        return self._places


def _type_of(line: bytes, offset: int, path: Path) -> str:
    try:
        return str(json.loads(line)["content"]["subject"]["type"])
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise IntegrityError("not an evidence record", where=f"{path}@{offset}") from error


def now_utc() -> datetime:
    """The present, aware; only stages at the edge may ask."""
    return datetime.now(UTC)
