"""Verification: what is whole passes, every kind of tampering is seen and named, nothing crashes."""

from __future__ import annotations

import base64
import json
import random
import shutil
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from lpo_secaudit.additions import cosign, reply
from lpo_secaudit.attest.signers import KeySigner
from lpo_secaudit.catalog.topics import load_topics
from lpo_secaudit.errors import InputError
from lpo_secaudit.formats.schema import validate_value
from lpo_secaudit.ledger import Ledger
from lpo_secaudit.ledger.publish import publish
from lpo_secaudit.ledger.sites import FolderSite
from lpo_secaudit.model.check import Check, Method, Severity
from lpo_secaudit.verification import verify
from tests.audits import fill, firm_key, make_audit, plugin_set
from tests.ledger.test_log import unguarded
from tests.sizes import sized
from tests.verified import World
from tests.worlds import NOW, box_check, box_plugin


def test_a_whole_audit_passes_every_step(world: World) -> None:
    report = world.verify(
        ledger=world.ledger, keys=[world.base / "auditor.pub"], replay=True, plugins=plugin_set()
    )
    assert report.verdict == "verified", report.problems
    assert report
    assert [(s.owner, s.role, s.state) for s in report.signatures] == [
        ("Auditor Roe", "auditor", "valid"),
        ("Reviewer Roe", "reviewer", "valid"),
    ]
    assert report.replay is not None
    assert report.replay.identical
    assert report.disputes == {world.fingerprint: ["disputed"]}
    json.dumps(report.to_json())


def test_random_tampering_is_always_seen(world: World, folder: Path) -> None:
    """One byte, a cut, a swap of two files' contents, a lost or an added file: each is found, and named."""
    files = sorted(p for p in folder.rglob("*") if p.is_file())
    rng, counts = random.Random(10), dict.fromkeys(("byte", "cut", "swap", "lost", "stranger"), 0)
    for _ in range(sized(250, 10_000)):
        kind = rng.choices(list(counts), weights=(80, 8, 6, 4, 2))[0]
        file = rng.choice(files)
        raw, named = file.read_bytes(), {file.relative_to(folder).as_posix()}
        undo = {file: raw}
        if kind == "byte":
            mutant = bytearray(raw)
            mutant[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
            file.write_bytes(mutant)
        elif kind == "cut":
            file.write_bytes(raw[: rng.randrange(len(raw))])
        elif kind == "swap":
            other = rng.choice([f for f in files if f.read_bytes() != raw])
            undo[other] = other.read_bytes()
            named.add(other.relative_to(folder).as_posix())
            file.write_bytes(undo[other])
            other.write_bytes(raw)
        elif kind == "lost":
            file.unlink()
        else:
            stranger = file.parent / f"{rng.randrange(1000)}.json"
            stranger.write_bytes(raw)
            named = {stranger.relative_to(folder).as_posix()}
        report = verify(folder, trust=world.trust)
        assert report.wrong, (kind, named)
        found = {p.file for p in report.wrong}
        if kind == "swap":  # of what belongs together, either may be the one that was exchanged
            named, found = ({name.split(".")[0] for name in names} for names in (named, found))
        assert named & found, (kind, named, report.wrong)
        counts[kind] += 1
        if kind == "stranger":
            stranger.unlink()
        for path, data in undo.items():
            path.write_bytes(data)
    assert verify(folder, trust=world.trust).verdict == "verified"
    print(f"detected and named: {counts}")


def test_order_of_records_links_and_folders_count_too(world: World, folder: Path) -> None:
    records = folder / "bundle/records.jsonl"
    lines = records.read_bytes().splitlines(keepends=True)
    records.write_bytes(b"".join(reversed(lines)))
    assert [p.file for p in verify(folder).wrong] == ["bundle/records.jsonl"]
    shutil.copy(records.parent.parent / "audit.json", folder.parent / "elsewhere.json")
    records.write_bytes(b"".join(lines))
    (folder / "audit.json").unlink()
    (folder / "audit.json").symlink_to(folder.parent / "elsewhere.json")
    assert ("audit.json", "not a plain file") in {(p.file, p.message) for p in verify(folder).wrong}


def test_an_earlier_audit_cannot_pass_for_a_later_one(tmp_path: Path) -> None:
    signer = firm_key()
    make_audit(tmp_path, "one", signer=signer)
    make_audit(tmp_path, "two", signer=signer, evaluated_at=NOW + timedelta(hours=1))
    report = verify(tmp_path / "one", ledger=tmp_path / "ledger.sqlite", now=NOW + timedelta(days=100))
    assert report.verdict == "verified"
    assert any("superseded: entry 1" in n for n in report.notices)
    assert any("outdated" in n for n in report.notices)
    for name in ("attestation.json", "ledger/proof.json"):
        shutil.copytree(tmp_path / "two", tmp_path / "mixed")
        shutil.copy(tmp_path / "one" / name, tmp_path / "mixed" / name)
        assert verify(tmp_path / "mixed").wrong
        shutil.rmtree(tmp_path / "mixed")


def test_a_folder_signed_again_by_a_stranger_is_not_the_firms(world: World, tmp_path: Path) -> None:
    make_audit(tmp_path)
    report = verify(tmp_path / "audit", keys=[world.base / "auditor.pub"])
    assert [p.message for p in report.wrong] == ["signed by another key than those given"]
    report = verify(tmp_path / "audit", trust=world.trust)
    assert report.verdict == "undecidable"
    assert report.signatures[0].state.startswith("unknown")
    assert any("made for this audit alone" in n for n in report.notices)


class TestLedger:
    def test_an_old_copy_a_fork_and_a_change(self, world: World, tmp_path: Path) -> None:
        old = tmp_path / "old.sqlite"
        shutil.copy(world.ledger, old)
        unguarded(old, "DELETE FROM entry", "DELETE FROM checkpoint")
        assert any("old copy, or entries were removed" in p.message for p in world.verify(ledger=old).wrong)
        changed = tmp_path / "changed.sqlite"
        shutil.copy(world.ledger, changed)
        unguarded(changed, "UPDATE entry SET data = replace(data, 'boxes', 'foxes') WHERE idx = 0")
        assert world.verify(ledger=changed).wrong
        fork = tmp_path / "fork.sqlite"
        with (
            Ledger.open(world.ledger) as ledger,
            Ledger.open(fork, create=True, origin=ledger.origin) as forked,
        ):
            forked.append("incident-event", {"incident": "never happened"})
            forked.append_raw([raw for _, raw in ledger.raw_entries(1)])
            forked.checkpoint(world.auditor)
        assert any("forked or changed" in p.message for p in world.verify(ledger=fork).wrong)
        other = tmp_path / "other.sqlite"
        Ledger.open(other, create=True).close()
        assert world.verify(ledger=other).verdict == "undecidable"

    def test_a_published_copy_does_as_well(self, world: World, tmp_path: Path) -> None:
        with Ledger.open(world.ledger) as ledger:
            publish(ledger, FolderSite(tmp_path / "site"), ledger.newest())
        assert world.verify(ledger=tmp_path / "site").verdict == "verified"
        with pytest.raises(InputError, match="there is no ledger"):
            world.verify(ledger=tmp_path / "none")

    def test_a_folder_where_a_token_should_be_is_passed_over(self, world: World, folder: Path) -> None:
        for name in ("0000.tsr", "9999.tsr"):
            (folder / "timestamps" / name).mkdir()
        assert verify(folder, trust=world.trust, ledger=world.ledger).verdict == "verified"
        for token in (folder / "timestamps").glob("000[12].*"):
            token.unlink()
        report = verify(folder, ledger=world.ledger)
        assert {p.message.split(":")[0] for p in report.wrong} == {"a timestamp is missing"}

    @pytest.mark.parametrize("lost", ["cosignatures", "replies", "timestamps"])
    def test_an_addition_that_was_recorded_cannot_vanish(self, world: World, folder: Path, lost: str) -> None:
        shutil.rmtree(folder / lost)
        report = verify(folder, ledger=world.ledger)
        assert [p.message for p in report.wrong if "is missing: entry" in p.message], report.problems


class TestReplay:
    def with_check(self, check: Check, digest: str = "0") -> object:
        plugins = plugin_set(box_plugin(fill, check))
        return replace(plugins, file_digests={"store": {"box.py": "sha256:" + digest * 64}})

    def test_other_code_explains_another_verdict(self, world: World) -> None:
        lenient = box_check(expect={"required": ["locked"]})
        report = world.verify(replay=True, plugins=self.with_check(lenient, "1"))
        assert report.verdict == "undecidable"
        assert report.replay is not None
        assert [
            (d.part, d.recorded, d.replayed) for d in report.replay.differences if d.part == "findings"
        ] == [("findings", "not-satisfied", "satisfied")]
        assert report.replay.changed_code == ("plugin store is 1 with other files, such as box.py",)

    def test_the_same_code_with_another_verdict_is_a_forgery(self, world: World) -> None:
        report = world.verify(
            replay=True, plugins=self.with_check(box_check(expect={"required": ["locked"]}))
        )
        assert report.verdict == "wrong"
        assert "with the same code" in report.wrong[0].message

    def test_a_missing_plugin_is_said(self, world: World) -> None:
        plugins = replace(plugin_set(), plugins={}, checks={}, collectors={})
        report = world.verify(replay=True, plugins=plugins)
        assert report.verdict == "undecidable"
        assert report.replay is not None
        assert "plugin store 1 is not installed" in report.replay.changed_code

    def test_plugins_installed_since_do_not_matter(self, world: World) -> None:
        other = replace(box_plugin(fill, box_check(id="box-new")), name="newcomer", collectors=())
        plugins = plugin_set()
        more = replace(
            plugins,
            plugins={**plugins.plugins, "newcomer": other},
            checks={**plugins.checks, "box-new": other.checks[0]},
        )
        assert world.verify(replay=True, plugins=more).verdict == "verified"

    def test_other_topics_are_named_and_the_recorded_ones_used(
        self, world: World, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        text = load_topics().raw.replace(b"title: Encryption at rest", b"title: Encryption of what lies")
        changed = load_topics(text, "topics.yaml")
        monkeypatch.setattr("lpo_secaudit.catalog.topics._bundled", lambda: changed)
        done = world.verify(replay=True, plugins=plugin_set()).replay
        assert done is not None
        assert done.identical
        assert done.changed_code == ("controls/topics.yaml is another than inputs/topics.yaml",)

    def test_a_spoiled_folder_is_not_replayed(self, folder: Path) -> None:
        (folder / "audit.json").write_bytes(b"{}")
        report = verify(folder, replay=True, plugins=plugin_set())
        assert report.replay is None
        assert [p.kind for p in report.problems] == ["wrong", "undecidable"]


class TestReplies:
    def test_only_the_firm_answers(self, world: World, folder: Path) -> None:
        from lpo_secaudit.additions import answer

        answer(folder, world.reply.stem, "accepted", "It is fine.", world.provider)
        report = verify(folder, trust=world.trust)
        assert report.disputes == {world.fingerprint: ["disputed"]}
        assert any("not the firm's" in n for n in report.notices)
        answer(folder, world.reply.stem, "rejected", "It is open.", world.auditor)
        for path in (folder / "replies").glob("*.json"):
            if not path.name.endswith(".proof.json"):
                payload = json.loads(base64.b64decode(json.loads(path.read_bytes())["payload"]))
                validate_value(payload["predicate"], "reply-predicate", path.name)
        for policy in (world.trust, None):
            assert verify(folder, trust=policy).disputes == {
                world.fingerprint: ["disputed, rejected by the firm"]
            }
        assert verify(folder).verdict == "verified"

    def test_a_cure_is_claimed_until_then(self, world: World, folder: Path, tmp_path: Path) -> None:
        (tmp_path / "photo.txt").write_text("locked")
        reply(
            folder,
            world.fingerprint,
            "cure",
            "Locked now.",
            world.provider,
            evidence=[tmp_path / "photo.txt"],
        )
        assert set(verify(folder).disputes[world.fingerprint]) == {"disputed", "cure-claimed"}
        finding = json.loads((folder / "audit.json").read_bytes())["findings"][0]
        assert finding["status"] == "not-satisfied"

    def test_what_is_no_reply_is_refused(self, world: World, folder: Path) -> None:
        key: KeySigner = world.provider
        for arguments in (
            ("0" * 32, "rebuttal", "x"),
            (world.fingerprint, "insult", "x"),
            (world.fingerprint, "cure", " "),
        ):
            with pytest.raises(InputError):
                reply(folder, *arguments, key)
        with pytest.raises(InputError, match="signed this audit already"):
            cosign(folder, world.reviewer, world.ledger)
        with pytest.raises(InputError, match="signed this audit already"):
            cosign(folder, world.auditor, world.ledger)


def test_nothing_there_is_an_input_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such audit folder"):
        verify(tmp_path / "none")
    report = verify(tmp_path)
    assert {p.file for p in report.wrong} == {"attestation.json", "ledger/proof.json"}


def test_the_verifier_imports_nothing_of_the_writer() -> None:
    import subprocess
    import sys

    code = (
        "import sys, lpo_secaudit.verification, lpo_secaudit.verification_later, lpo_secaudit.ledger.check, "
        "lpo_secaudit.verification_trust, "
        "lpo_secaudit.ledger.reader, lpo_secaudit.attest.check, lpo_secaudit.attest.trust; "
        "writers = ('folder', 'additions', 'sealing', 'staging', 'attest.dsse', 'attest.signers', "
        "'ledger.log', 'ledger.store', 'ledger.stored_tree', 'ledger.tree', 'ledger.note', "
        "'ledger.entries', 'ledger.publish'); "
        "print([m for m in sys.modules if m.removeprefix('lpo_secaudit.') in writers])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_severity_and_method_are_as_recorded(world: World) -> None:
    result = json.loads((world.folder / "audit.json").read_bytes())
    assert {o["severity"] for o in result["observations"]} == {str(Severity.HIGH)}
    assert {o["method"] for o in result["observations"]} == {str(Method.TEST)}
