"""The full check sees every kind of tampering, in a database and in a published copy."""

from __future__ import annotations

import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from lpo_secaudit.errors import SecauditError
from lpo_secaudit.ledger import Ledger
from lpo_secaudit.ledger.check import compare_copies
from lpo_secaudit.ledger.publish import publish
from lpo_secaudit.ledger.reader import entry_at, open_copy
from lpo_secaudit.ledger.sites import FolderSite
from tests.ledger.test_log import unguarded
from tests.ledger.worlds import KEY, SIGNER, checked, grow
from tests.sizes import sized


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger of 600 entries with three checkpoints, and its published copy."""
    base = tmp_path_factory.mktemp("ledger")
    with Ledger.open(base / "l.sqlite", create=True) as ledger:
        for count in (100, 156, 344):
            grow(ledger, count)
            checkpoint = ledger.checkpoint(SIGNER)
            publish(ledger, FolderSite(base / "site"), checkpoint)
    return base


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "copy")
    return tmp_path / "copy"


def test_an_untouched_ledger_is_whole(made: Path) -> None:
    for place, checkpoints in ((made / "l.sqlite", 3), (made / "site", 1)):
        report = checked(place, keys=[KEY])
        assert report, report.problems
        assert (report.size, report.checkpoints) == (600, checkpoints)
    opened = open_copy(made / "site")
    assert entry_at(opened, 599) is not None
    assert entry_at(opened, 600) is None


@pytest.mark.parametrize(
    ("statements", "message"),
    [
        (["UPDATE entry SET data = x'7b7d' WHERE idx = 5"], "do not lead to the checkpoint at size 100"),
        (["DELETE FROM entry WHERE idx = 599"], "entries were removed"),
        (["DELETE FROM entry WHERE idx = 300"], "entries are missing"),
        (["DELETE FROM entry"], "entries were removed"),
        (
            [
                "UPDATE entry SET idx = -1 WHERE idx = 7",
                "UPDATE entry SET idx = 7 WHERE idx = 8",
                "UPDATE entry SET idx = 8 WHERE idx = -1",
            ],
            "do not lead",
        ),
        (["UPDATE tile SET hashes = zeroblob(8192) WHERE idx = 1"], "tile 0/1 is not what the entries give"),
        (["UPDATE tile SET root = zeroblob(32) WHERE idx = 1"], "tile 0/1 is not what the entries give"),
        (["DELETE FROM tile WHERE idx = 0"], "tile 0/0 is missing"),
        (["INSERT INTO tile VALUES (3, 0, zeroblob(32), zeroblob(8192))"], "3 tiles are stored"),
        (["UPDATE checkpoint SET size = 99 WHERE size = 100"], "filed under size 99"),
        (["UPDATE checkpoint SET note = replace(note, char(10) || '100' || char(10), "
          "char(10) || '101' || char(10)), size = 101 WHERE size = 100"], "not by the key filed with it"),
        (["UPDATE checkpoint SET keyid = 'x'"], "filed under another key's id"),
        (["UPDATE checkpoint SET note = 'x'"], "not a signed checkpoint"),
        (["UPDATE meta SET value = 'other' WHERE key = 'origin'"], "of another log"),
        (["INSERT INTO entry VALUES (700, x'7b7d')"], "entries are missing"),
    ],
)  # fmt: skip
def test_each_change_behind_the_ledgers_back_is_seen(copy: Path, statements: list[str], message: str) -> None:
    unguarded(copy / "l.sqlite", *statements)
    try:
        problems = checked(copy / "l.sqlite").problems
    except SecauditError as error:
        problems = [error.message]
    assert any(message in p for p in problems), problems


def test_a_log_rewritten_and_signed_by_another_key_is_not_the_firms(tmp_path: Path) -> None:
    from lpo_secaudit.attest.signers import one_time_signer

    with Ledger.open(tmp_path / "l.sqlite", create=True) as ledger:
        grow(ledger, 3)
        ledger.checkpoint(one_time_signer())
    assert checked(tmp_path / "l.sqlite")
    assert checked(tmp_path / "l.sqlite", keys=[KEY]).problems == [
        "no checkpoint is signed by a key that was given"
    ]


def test_random_bytes_of_the_database_file(made: Path, tmp_path: Path) -> None:
    """Each changed byte is seen, or lies where it changes nothing that the log says."""
    raw = (made / "l.sqlite").read_bytes()
    path = tmp_path / "l.sqlite"
    good = contents(made / "l.sqlite")
    rng, seen, idle = random.Random(6), 0, 0
    for _ in range(sized(150, 10_000)):
        mutant = bytearray(raw)
        mutant[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
        path.write_bytes(mutant)
        try:
            report = checked(path, keys=[KEY])
            if report:
                assert contents(path) == good
                idle += 1
                continue
        except SecauditError:
            pass
        seen += 1
    assert seen
    print(f"{seen} detected, {idle} in bytes that hold nothing of the log")


def contents(path: Path) -> list[object]:
    connection = sqlite3.connect(path)
    try:
        columns = {"entry": "*", "tile": "*", "checkpoint": "size, keyid, public_key, note", "meta": "*"}
        return [connection.execute(f"SELECT {c} FROM {t}").fetchall() for t, c in columns.items()]
    finally:
        connection.close()


def test_random_changes_of_a_published_copy(copy: Path) -> None:
    """One byte, a cut, or two files swapped: every one is seen in a file that the log's size needs."""
    site = copy / "site"
    files = [site / "checkpoint", *(site / f"tile/0/{i:03}" for i in (0, 1)), site / "tile/0/002.p/88"]
    files += [
        site / "tile/1/000.p/2",
        *(site / f"tile/entries/{i:03}" for i in (0, 1)),
        site / "tile/entries/002.p/88",
    ]
    rng = random.Random(7)
    changes: list[Callable[[bytes], bytes]] = [
        lambda raw: (
            b := rng.randrange(len(raw)),
            raw[:b] + bytes([raw[b] ^ (1 << rng.randrange(8))]) + raw[b + 1 :],
        )[1],
        lambda raw: raw[: rng.randrange(len(raw))],
        lambda raw: raw[-(len(raw) // 2) :] + raw[: -(len(raw) // 2)],
    ]
    rounds = sized(200, 10_000)
    for round_ in range(rounds):
        file = rng.choice(files)
        raw = file.read_bytes()
        file.write_bytes(changes[round_ % 3](raw))
        with suppress(SecauditError):
            assert not checked(site, keys=[KEY]), (file, round_)
        file.write_bytes(raw)
    for one, other in ((files[1], files[2]), (files[5], files[6])):
        a, b = one.read_bytes(), other.read_bytes()
        one.write_bytes(b), other.write_bytes(a)
        assert not checked(site, keys=[KEY])
        one.write_bytes(a), other.write_bytes(b)
    for file in files:
        raw = file.read_bytes()
        file.unlink()
        with suppress(SecauditError):
            assert not checked(site, keys=[KEY])
        file.write_bytes(raw)
    assert checked(site, keys=[KEY])
    print(f"{rounds} of {rounds} changes detected, and every lost or exchanged file")


def test_gossip_finds_the_first_entry_of_a_fork(copy: Path, tmp_path: Path) -> None:
    with Ledger.open(copy / "l.sqlite") as ledger:
        grow(ledger, 5)
    shutil.copy(copy / "l.sqlite", tmp_path / "fork.sqlite")
    for path, word in ((copy / "l.sqlite", "one"), (tmp_path / "fork.sqlite", "other")):
        with Ledger.open(path) as ledger:
            grow(ledger, 5, word=word)
            ledger.checkpoint(SIGNER)
        assert checked(path, keys=[KEY])
    a, b, site = open_copy(copy / "l.sqlite"), open_copy(tmp_path / "fork.sqlite"), open_copy(copy / "site")
    compared = compare_copies(a, b)
    assert (compared.same_log, compared.consistent, compared.first_difference) == (True, False, 605)
    assert compare_copies(a, site).consistent
    Ledger.open(tmp_path / "new.sqlite", create=True).close()
    assert not compare_copies(a, open_copy(tmp_path / "new.sqlite")).same_log
    for opened in (a, b, site):
        opened.close()
