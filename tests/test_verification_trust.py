"""Verification with a trust policy: whose keys, at which time, who is missing, which witness saw the log."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lpo_secaudit.additions import add_timestamp, cosign
from lpo_secaudit.attest.signers import KeySigner
from lpo_secaudit.errors import IntegrityError, UndecidableError
from lpo_secaudit.ledger import Ledger
from lpo_secaudit.ledger.note import cosignature_line
from lpo_secaudit.ledger.proofs import parse_checkpoint
from lpo_secaudit.ledger.publish import publish
from lpo_secaudit.ledger.sites import FolderSite
from lpo_secaudit.verification import verify
from tests.attest.tsa import Authority, serving
from tests.audits import firm_key
from tests.verified import World


def test_who_is_missing_is_named(world: World, folder: Path) -> None:
    shutil.rmtree(folder / "cosignatures")
    # The second timestamp covers the cosignature, so that it is gone is known.
    lost = f"cosignatures/{world.reviewer.keyid}.json"
    assert [p.file for p in verify(folder, trust=world.trust).wrong] == [lost]
    for left in (folder / "timestamps").glob("0002.*"):
        left.unlink()
    report = verify(folder, trust=world.trust)
    assert report.verdict == "undecidable"
    assert [p.message for p in report.problems] == [
        "1 signature of role reviewer missing (could be: Reviewer Roe)"
    ]
    with pytest.raises(UndecidableError, match="role reviewer missing"):
        report.raise_for_problems()


def test_a_key_outside_its_window_is_wrong(world: World) -> None:
    ended = world.policy("ended.yaml", auditor=', valid_to: "2020-01-01T00:00:00Z"')
    report = world.verify(trust=ended)
    assert [p.file for p in report.wrong] == ["attestation.json"]
    assert "ceased to be valid on 2020-01-01" in report.wrong[0].message
    with pytest.raises(IntegrityError, match="Auditor Roe: signed after"):
        report.raise_for_problems()


def test_a_key_revoked_later_counts_with_trusted_time_alone(world: World, folder: Path) -> None:
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds").replace("+00:00", "Z")
    revoked = world.policy("revoked.yaml", auditor=f', revoked: {{at: "{later}", reason: stolen}}')
    year_on = datetime.now(UTC) + timedelta(days=30)
    assert world.verify(trust=revoked, now=year_on).verdict == "verified"
    shutil.rmtree(folder / "timestamps")
    report = verify(folder, trust=revoked, now=year_on)
    assert report.verdict == "undecidable"
    assert any("no trusted time is before that" in p.message for p in report.problems)


def test_each_signature_says_on_which_time_it_rests(world: World, folder: Path, tmp_path: Path) -> None:
    signatures = world.verify().signatures
    assert [(s.role, s.time) for s in signatures] == [("auditor", "trusted"), ("reviewer", "trusted")]
    assert all(s.proven_at and s.claimed_at and s.proven_at >= s.claimed_at for s in signatures)
    assert [s.time for s in verify(folder).signatures] == ["claimed", "claimed"]
    assert world.verify().to_json()["signatures"][1]["time"] == "trusted"
    # A cosignature without a token of its own has the time of the renewal that covers it.
    later = firm_key()
    (world.base / "later.pub").write_bytes(later.public_key_pem)
    shutil.copy(world.ledger, tmp_path / "l.sqlite")
    cosign(folder, later, tmp_path / "l.sqlite")
    strict = world.policy("strict.yaml")
    strict.write_text(
        strict.read_text()
        .replace("req", "  - {id: l, owner: Late Roe, role: reviewer, public_key: later.pub}\nreq", 1)
        .replace("role: reviewer}]", "role: reviewer, count: 2}]")
        + "require_trusted_time: true\n"
    )  # fmt: skip
    report = verify(folder, trust=strict)
    assert report.verdict == "undecidable"
    assert {p.message for p in report.problems} == {
        "Late Roe: when it signed is its own word, and the policy asks for a trusted time",
        "1 signature of role reviewer missing (could be: Late Roe, Reviewer Roe)",
    }
    with serving(Authority(world.base / "tsa")) as url:
        add_timestamp(folder, url)
    report = verify(folder, trust=strict)
    assert report.verdict == "verified", report.problems
    assert {s.time for s in report.signatures} == {"trusted"}


def test_a_cosigners_key_revoked_later_counts_with_trusted_time(world: World, folder: Path) -> None:
    later = (datetime.now(UTC) + timedelta(hours=1)).isoformat(timespec="seconds").replace("+00:00", "Z")
    revoked = world.policy("left.yaml", reviewer=f', revoked: {{at: "{later}", reason: left}}')
    year_on = datetime.now(UTC) + timedelta(days=30)
    assert world.verify(trust=revoked, now=year_on).verdict == "verified"
    shutil.rmtree(folder / "cosignatures")
    shutil.rmtree(folder / "timestamps")
    cosign(folder, world.reviewer, folder.parent / "other.sqlite")
    report = verify(folder, trust=revoked, now=year_on)
    assert any("Reviewer Roe: the key was revoked (left)" in p.message for p in report.undecidable)


def test_the_token_of_a_cosignature_cannot_vanish_or_be_put_there_later(
    world: World, folder: Path, tmp_path: Path
) -> None:
    token = folder / f"cosignatures/{world.reviewer.keyid}.tsr"
    raw = token.read_bytes()
    for left in (folder / "timestamps").glob("0002.*"):
        left.unlink()
    token.unlink()
    assert token.relative_to(folder).as_posix() in {p.file for p in verify(folder).wrong}
    shutil.rmtree(folder / "cosignatures")
    cosign(folder, world.reviewer, tmp_path / "l.sqlite")
    token.write_bytes(raw)
    assert [p.file for p in verify(folder).wrong] == [token.relative_to(folder).as_posix()]


def test_without_an_answer_nothing_is_cosigned(folder: Path, tmp_path: Path) -> None:
    before = sorted(folder.rglob("*"))
    with pytest.raises(UndecidableError, match="gives no answer"):
        cosign(folder, firm_key(), tmp_path / "l.sqlite", tsa="http://127.0.0.1:9")
    assert sorted(folder.rglob("*")) == before
    assert not (tmp_path / "l.sqlite").exists()


def test_witnesses_of_the_log_are_counted(world: World, tmp_path: Path) -> None:
    court, stranger = firm_key(), firm_key()
    (world.base / "court.pub").write_bytes(court.public_key_pem)
    policy = world.policy("witnessed.yaml")
    text = policy.read_text().replace(
        "require: [", "  - {id: court.example/w, owner: Court, role: witness, public_key: court.pub}\n"
        "require: [{role: witness}, ",
    )  # fmt: skip
    policy.write_text(text)
    missing = "1 signature of role witness missing (could be: Court)"
    report = world.verify(trust=policy)
    assert [p.message for p in report.undecidable] == [missing]
    assert any("give one by --ledger" in n for n in report.notices)
    with Ledger.open(world.ledger) as ledger:
        publish(ledger, FolderSite(tmp_path / "site"), ledger.newest())
    assert [p.message for p in world.verify(trust=policy, ledger=tmp_path / "site").undecidable] == [missing]
    note = tmp_path / "site/checkpoint"
    bare = note.read_bytes()

    def line(key: KeySigner, seconds: int) -> bytes:
        made = parse_checkpoint(bare, "checkpoint").text
        return bare + cosignature_line("court.example/w", made, seconds, key)

    now = int(datetime.now(UTC).timestamp())
    note.write_bytes(line(court, now))
    assert world.verify(trust=policy, ledger=tmp_path / "site").verdict == "verified"
    policy.write_text(text.replace("court.pub}", 'court.pub, valid_to: "2020-01-01T00:00:00Z"}'))
    report = world.verify(trust=policy, ledger=tmp_path / "site")
    assert report.verdict == "undecidable"
    assert any("Court does not count: signed after" in n for n in report.notices)
    policy.write_text(text)
    forged = bytearray(line(court, now))
    for spoiled in (line(court, 1 << 62), bytes(forged[:-12] + b"AAAA" + forged[-8:])):
        note.write_bytes(spoiled)
        assert world.verify(trust=policy, ledger=tmp_path / "site").verdict == "wrong"
    note.write_bytes(line(stranger, now))
    assert world.verify(trust=policy, ledger=tmp_path / "site").verdict == "undecidable"


def test_a_witness_who_signs_an_audit_fills_no_seat(world: World) -> None:
    policy = world.policy("roles.yaml")
    policy.write_text(policy.read_text().replace("role: reviewer, public", "role: witness, public"))
    report = world.verify(trust=policy)
    assert [p.message for p in report.undecidable] == [
        "1 signature of role reviewer missing (could be: nobody)"
    ]
    assert any("whose word is on checkpoints" in n for n in report.notices)


def test_the_ledger_can_revoke(world: World, tmp_path: Path) -> None:
    ledger = tmp_path / "l.sqlite"
    shutil.copy(world.ledger, ledger)
    with Ledger.open(ledger) as log:
        log.append(
            "revocation",
            {"keyid": world.reviewer.keyid, "revoked_at": "2020-01-01T00:00:00Z", "reason": "left"},
        )
        log.checkpoint(world.auditor)
    report = world.verify(ledger=ledger)
    assert any("signed after the key was revoked" in p.message for p in report.wrong)
