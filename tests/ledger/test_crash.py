"""Killed at any point, or with the disk full: the ledger verifies, and no acknowledged entry is lost.

The same for the command itself: tests/cli/test_crash.py.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import resource
import signal
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from lpo_secaudit.errors import InputError, SecauditError
from lpo_secaudit.ledger import Ledger
from lpo_secaudit.verification import verify
from tests.audits import make_audit
from tests.disks import small_disk
from tests.ledger.worlds import SIGNER, checked, grow
from tests.sizes import sized

FORK = multiprocessing.get_context("fork")


def killed_after(seconds: float, work: Callable[[Connection], None]) -> list[int]:
    """Run work in a process of its own, kill it after a time; gives what it had acknowledged."""
    ours, theirs = FORK.Pipe(duplex=False)

    def child() -> None:
        ours.close()
        os.setsid()
        work(theirs)

    process = FORK.Process(target=child)
    process.start()
    theirs.close()
    time.sleep(seconds)
    if process.pid is not None and process.is_alive():
        os.kill(process.pid, signal.SIGKILL)
    acknowledged = []
    try:
        while ours.poll(5):
            acknowledged.append(ours.recv())
    except EOFError:
        pass
    process.join(10)
    ours.close()
    return acknowledged


def test_killed_appends(tmp_path: Path) -> None:
    place = tmp_path / "l.sqlite"
    rng, acknowledged, kills = random.Random(8), 0, sized(12, 200)

    def append(pipe: Connection) -> None:
        with Ledger.open(place, create=True) as ledger:
            while True:
                index = ledger.append("incident-event", {"incident": "x", "pid": os.getpid()})
                pipe.send(index)
                if index % 7 == 0:
                    ledger.checkpoint(SIGNER)

    Ledger.open(tmp_path / "warm-up.sqlite", create=True).close()  # what is imported once takes longest
    last = -1
    for _ in range(kills):
        indexes = killed_after(rng.uniform(0.0, 0.25), append)
        acknowledged += len(indexes)
        last = max([last, *indexes])
        if place.exists():
            with Ledger.open(place, create=True) as ledger:
                assert ledger.size() > last
            report = checked(place)
            assert report, report.problems
    assert acknowledged
    print(f"{kills} kills, {acknowledged} acknowledged entries, {checked(place).size} in the ledger")


def limited(size: int, work: Callable[[], None]) -> str:
    """Run work where no file may grow beyond a size: writing fails in the middle, as on a full disk."""
    ours, theirs = FORK.Pipe(duplex=False)

    def child() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
        try:
            work()
            theirs.send("done")
        except SecauditError as error:
            theirs.send(str(error))

    process = FORK.Process(target=child)
    process.start()
    theirs.close()
    try:
        return str(ours.recv())
    finally:
        process.join(30)
        ours.close()


@pytest.mark.parametrize("size", [4096, 40_000, 100_000, 150_001])
def test_no_room_for_the_ledger(tmp_path: Path, size: int) -> None:
    place = tmp_path / "l.sqlite"

    def append() -> None:
        with Ledger.open(place, create=True) as ledger:
            while True:
                grow(ledger, 20)

    message = limited(size, append)
    assert "hint" in message or "ledger" in message
    if place.exists() and place.stat().st_size:
        with Ledger.open(place, create=True) as ledger:
            before = ledger.size()
            grow(ledger, 20)
            assert ledger.size() == before + 20
            ledger.checkpoint(SIGNER)
        assert checked(place)


def test_appends_on_a_full_disk(tmp_path: Path) -> None:
    """A real disk runs full in the middle, again and again: every acknowledged entry stays."""
    rng, acknowledged, fills = random.Random(15), [], sized(15, 200)
    with small_disk(tmp_path / "disk", 1024) as disk:
        place = disk.path / "l.sqlite"
        Ledger.open(place, create=True).close()
        for _ in range(fills):
            disk.leave(rng.randrange(80_000))
            with pytest.raises(InputError, match="full"), Ledger.open(place) as ledger:
                for i in range(2000):
                    acknowledged.append(ledger.append("incident-event", {"incident": "x" * 500, "i": i}))
                    if rng.random() < 0.2:
                        ledger.checkpoint(SIGNER)
            disk.free()
            report = checked(place)
            assert report, report.problems
            with Ledger.open(place) as ledger:
                assert ledger.size() == len(acknowledged)
                acknowledged.append(ledger.append("incident-event", {"incident": "room again"}))
                ledger.checkpoint(SIGNER)
            if ledger_is_large(place):
                place.unlink()
                Ledger.open(place, create=True).close()
                acknowledged.clear()
        assert checked(place)
    print(f"{fills} times full")


def ledger_is_large(place: Path) -> bool:
    return place.stat().st_size > 700_000


@pytest.mark.parametrize("size", [400, 2000, 6000])
def test_no_room_for_the_audit(tmp_path: Path, size: int) -> None:
    def audit() -> None:
        make_audit(tmp_path, "audit")

    message = limited(size, audit)
    assert "written" in message or "full" in message or "ledger" in message, message
    assert not (tmp_path / "audit").exists()
    make_audit(tmp_path, "audit")
    assert verify(tmp_path / "audit").verdict == "verified"
