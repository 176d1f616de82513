"""Eight processes append to one ledger at the same time: no loss, no fork."""

from __future__ import annotations

import multiprocessing
import time
from itertools import pairwise
from pathlib import Path

from lpo_secaudit.ledger import Ledger
from lpo_secaudit.ledger.proofs import consistent, parse_checkpoint
from tests.ledger.postgres import postgres
from tests.ledger.worlds import SIGNER, checked
from tests.sizes import sized

WRITERS = 8
FORK = multiprocessing.get_context("fork")


def write(place: str, writer: int, count: int) -> None:
    with Ledger.open(place, create=True) as ledger:
        for i in range(count):
            ledger.append("incident-event", {"incident": "x", "writer": writer, "i": i})
            if i % 10 == 9:
                ledger.checkpoint(SIGNER)


def together(place: str, total: int) -> None:
    per_writer = total // WRITERS
    started = time.perf_counter()
    writers = [FORK.Process(target=write, args=(place, w, per_writer)) for w in range(WRITERS)]
    for process in writers:
        process.start()
    for process in writers:
        process.join(600)
    assert [p.exitcode for p in writers] == [0] * WRITERS
    took = time.perf_counter() - started
    with Ledger.open(place) as ledger:
        seen = [(e.body["writer"], e.body["i"]) for e in ledger.entries()]
        assert sorted(seen) == [(w, i) for w in range(WRITERS) for i in range(per_writer)]
        for writer in range(WRITERS):  # each writer's own entries in its own order
            assert [i for w, i in seen if w == writer] == list(range(per_writer))
        heads = [parse_checkpoint(c.note, "c") for c in ledger.checkpoints()]
        for old, new in pairwise(heads):
            path = ledger.consistency(old.size, new.size)
            assert consistent(old.size, old.root, new.size, new.root, path)
    report = checked(place)
    assert report, report.problems
    assert (report.size, report.checkpoints) == (per_writer * WRITERS, len(heads))
    print(
        f"{report.size} entries by {WRITERS} processes in {took:.1f} s, {len(heads)} checkpoints consistent"
    )


def test_one_sqlite_ledger(tmp_path: Path) -> None:
    together(str(tmp_path / "l.sqlite"), sized(240, 10_000))


def test_one_postgresql_ledger(tmp_path: Path) -> None:
    with postgres(tmp_path / "pg") as url:
        together(url, sized(80, 10_000))
