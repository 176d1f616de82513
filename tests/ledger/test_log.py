"""The ledger as its users see it."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lpo_secaudit.errors import InputError, IntegrityError, LimitExceededError
from lpo_secaudit.ledger import Ledger
from lpo_secaudit.ledger.proofs import consistent, included, parse_checkpoint, signed_by
from tests.ledger.worlds import KEY, SIGNER, grow

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def test_what_is_appended_is_there_with_its_proof(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l.sqlite", create=True, origin="firm.example/audits") as ledger:
        first = ledger.append(
            "waiver",
            dict.fromkeys(("engagement", "check", "subject", "owner", "reason", "expires"), "ü"),
            NOW,
        )
        grow(ledger, 600)
        second = ledger.append("incident-event", {"incident": "x", "note": "naïve"}, NOW)
        checkpoint = ledger.checkpoint(SIGNER)
        assert (first, second, ledger.size()) == (0, 601, 602)
        [entry] = ledger.entries(kind="waiver")
        assert (entry.index, entry.kind, entry.recorded_at, entry.body["owner"]) == (0, "waiver", NOW, "ü")
        for index in (0, 255, 256, 511, 512, 601):
            proof = ledger.prove(index, checkpoint)
            head = parse_checkpoint(proof.checkpoint, "c")
            assert (head.origin, head.size, head.root) == ("firm.example/audits", 602, ledger.root())
            assert included(proof.entry, index, head.size, proof.path, head.root)
            assert signed_by(head, KEY) is True
        path = ledger.consistency(300)
        assert consistent(300, ledger.root(300), 602, ledger.root(), path)


def test_it_is_the_same_after_reopening(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l.sqlite", create=True) as ledger:
        grow(ledger, 300)
        origin, root = ledger.origin, ledger.root()
        ledger.checkpoint(SIGNER)
    with Ledger.open(tmp_path / "l.sqlite") as ledger:
        assert (ledger.origin, ledger.root(), ledger.newest().size) == (origin, root, 300)
    assert [p.name for p in tmp_path.iterdir()] == ["l.sqlite"]


def test_what_is_no_entry_is_not_taken(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l.sqlite", create=True) as ledger:
        with pytest.raises(InputError, match="no ledger entry of kind"):
            ledger.append("rumour", {})  # type: ignore[arg-type]
        with pytest.raises(InputError, match="needs keyid, reason, revoked_at"):
            ledger.append("revocation", {})
        with pytest.raises(LimitExceededError, match="at most 65535"):
            ledger.append("incident-event", {"incident": "x" * 70_000})
        with pytest.raises(InputError, match="no time zone"):
            ledger.append("incident-event", {"incident": "x"}, datetime(2026, 1, 1))  # noqa: DTZ001
        with pytest.raises(InputError):
            ledger.append_all([("incident-event", {"incident": "x"}), ("incident-event", {})])
        assert ledger.size() == 0


def test_questions_beyond_the_log_are_refused(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l.sqlite", create=True) as ledger:
        grow(ledger, 3)
        for question in (
            lambda: ledger.root(4),
            lambda: ledger.inclusion(3),
            lambda: ledger.inclusion(-1),
            lambda: ledger.consistency(4),
            lambda: ledger.consistency(2, 1),
            ledger.newest,
        ):
            with pytest.raises(InputError):
                question()


def test_opening_says_what_is_the_matter(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no ledger"):
        Ledger.open(tmp_path / "none.sqlite")
    noise = tmp_path / "noise.sqlite"
    noise.write_bytes(b"not a database" * 100)
    with pytest.raises(IntegrityError, match="damaged"):
        Ledger.open(noise)
    other = tmp_path / "other.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE x (y)")
    connection.close()
    with pytest.raises(InputError, match="holds no ledger"):
        Ledger.open(other)
    with pytest.raises(InputError, match="cannot lie in 'mysql'"):
        Ledger.open("mysql://host/db")
    Ledger.open(tmp_path / "l.sqlite", create=True, origin="a.example/log").close()
    with pytest.raises(InputError, match=r"name is 'a\.example/log'"):
        Ledger.open(tmp_path / "l.sqlite", origin="b.example/log")


def test_rows_can_be_neither_changed_nor_removed(tmp_path: Path) -> None:
    with Ledger.open(tmp_path / "l.sqlite", create=True) as ledger:
        grow(ledger, 257)
        ledger.checkpoint(SIGNER)
    connection = sqlite3.connect(tmp_path / "l.sqlite")
    for table, column in (("entry", "data"), ("tile", "root"), ("checkpoint", "note"), ("meta", "value")):
        for statement in (f"DELETE FROM {table}", f"UPDATE {table} SET {column} = 'x'"):
            with pytest.raises(sqlite3.IntegrityError, match="only grows"):
                connection.execute(statement)
    connection.close()


def unguarded(path: Path, *statements: str) -> None:
    """Change a ledger behind its back."""
    connection = sqlite3.connect(path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM entry WHERE idx = 299",
        "DELETE FROM entry WHERE idx = 270",
        "UPDATE entry SET data = x'7b7d' WHERE idx = 290",
        "UPDATE tile SET root = x'00' WHERE level = 0",
    ],
)
def test_nothing_is_added_to_a_log_whose_end_was_changed(tmp_path: Path, statement: str) -> None:
    path = tmp_path / "l.sqlite"
    with Ledger.open(path, create=True) as ledger:
        grow(ledger, 300)
        ledger.checkpoint(SIGNER)
    unguarded(path, statement)
    with Ledger.open(path) as ledger, pytest.raises(IntegrityError):
        ledger.append("incident-event", {"incident": "x"})
