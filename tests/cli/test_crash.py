"""`secaudit run` killed anywhere or on a full disk: what it acknowledged is kept, a re-run completes."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lpo_secaudit.additions import cosign
from lpo_secaudit.attest.keys import generate_key
from lpo_secaudit.attest.signers import KeySigner
from lpo_secaudit.errors import InputError
from lpo_secaudit.ledger import Ledger
from lpo_secaudit.verification import verify
from tests.attest.tsa import make_authority, serving
from tests.cli.commands import CATALOG, environment
from tests.cli.test_app import ENGAGEMENT
from tests.disks import Disk, small_disk
from tests.ledger.worlds import checked
from tests.sizes import sized

SCRIPT = Path(sys.executable).with_name("secaudit")
FINISHED = (0, 10, 11)


def command(*arguments: str | Path) -> list[str]:
    start = (
        [str(SCRIPT)]
        if SCRIPT.exists()
        else [sys.executable, "-c", "from lpo_secaudit.cli import main; main()"]
    )
    return [*start, *map(str, arguments)]


@pytest.fixture
def world(tmp_path: Path) -> Path:
    """The smallest engagement, with a key."""
    (tmp_path / "own.yaml").write_text(CATALOG)
    (tmp_path / "engagement.yaml").write_text(ENGAGEMENT)
    (tmp_path / "answers.csv").write_text("Question ID,Question,Answer\nQ1,Encrypted?,yes\nQ2,Tested?,no\n")
    made = command("keygen", tmp_path / "firm.pem", "--unencrypted")
    subprocess.run(made, check=True, capture_output=True, env=environment())
    return tmp_path


def start(world: Path, output: Path, ledger: Path) -> subprocess.Popen[bytes]:
    arguments = (
        "run",
        world / "engagement.yaml",
        "-o",
        output,
        "--ledger",
        ledger,
        "--key",
        world / "firm.pem",
    )
    return subprocess.Popen(
        command(*arguments),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=environment(),
        start_new_session=True,
    )


def finish(world: Path, output: Path, ledger: Path) -> tuple[int, str]:
    process = start(world, output, ledger)
    _, err = process.communicate(timeout=120)
    return process.returncode, err.decode()


def killed(process: subprocess.Popen[bytes], world: Path, rng: random.Random, usual: float) -> int | None:
    """Kill the whole process group at a random point; gives the exit code it had reached before, or None.

    Every other kill waits for the folder that is being built, since most of a run's time goes into imports.
    """
    ends = time.monotonic() + usual * rng.uniform(0.0, 1.6)
    if rng.random() < 0.5:
        while process.poll() is None and not any(world.glob(".*.partial-*")):
            time.sleep(0.001)
        ends = time.monotonic() + usual * rng.uniform(0.0, 0.7)
    while process.poll() is None and time.monotonic() < ends:
        time.sleep(0.001)
    reached = process.poll()
    if reached is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=30)
    return reached


def audits(ledger: Path) -> set[str]:
    with Ledger.open(ledger) as log:
        return {str(entry.body["envelope"]) for entry in log.entries(kind="audit")}


def test_killed_runs(world: Path) -> None:
    ledger, usual = world / "ledger.sqlite", 0.0
    for name in ("warm-up", "measured"):
        started = time.monotonic()
        assert finish(world, world / name, ledger)[0] in FINISHED
        usual = time.monotonic() - started
    rng, kills, whole, acknowledged, rerun = random.Random(14), sized(10, 200), 0, 0, 0
    for number in range(kills):
        output = world / f"audit-{number}"
        reached = killed(start(world, output, ledger), world, rng, usual)
        report = checked(ledger)
        assert report, report.problems
        assert reached is None or reached in FINISHED, reached
        acknowledged += reached is not None
        if output.exists():  # whole, whether or not the process lived to say so
            whole += 1
            assert verify(output, ledger=ledger).verdict == "verified"
        else:
            assert reached is None
            if number % 5 == 0:  # at the same place, over what the killed one left
                rerun += 1
                assert finish(world, output, ledger)[0] in FINISHED
                assert verify(output, ledger=ledger).verdict == "verified"
                assert not list(world.glob(f".{output.name}.partial-*"))
    recorded = audits(ledger)
    for folder in world.glob("audit-*"):
        entry = json.loads((folder / "ledger/proof.json").read_bytes())
        assert verify(folder, ledger=ledger).verdict == "verified"
        assert entry["index"] < len(recorded) + checked(ledger).size
    assert len(recorded) >= whole + rerun
    assert finish(world, world / "last", ledger)[0] in FINISHED
    assert verify(world / "last", ledger=ledger).verdict == "verified"
    print(
        f"{kills - acknowledged} killed and {acknowledged} finished of {kills} runs; {whole} folders "
        f"were whole, {rerun} runs repeated at the same place, {len(recorded)} audits in the ledger"
    )


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    with small_disk(tmp_path / "disk", 4096) as made:
        yield made


def test_a_full_disk(world: Path, disk: Disk) -> None:
    """From no room at all to almost enough: words and code say so, the ledger holds, a re-run completes."""
    ledger, place = disk.path / "ledger.sqlite", disk.path / "audit"
    assert finish(world, disk.path / "first", ledger)[0] in FINISHED
    before = audits(ledger)
    failed, room = 0, 0
    while True:
        disk.leave(room)
        code, err = finish(world, place, ledger)
        if code in FINISHED:
            break
        failed += 1
        assert code == 2, (room, err)
        assert "full" in err or "No space left" in err, (room, err)
        assert "hint" in err
        assert not place.exists()
        # On the full disk it may not be readable, which is no damage; with room it is whole.
        assert verify(disk.path / "first", ledger=ledger).verdict in ("verified", "undecidable")
        disk.free()
        report = checked(ledger)
        assert report, (room, report.problems)
        assert before <= audits(ledger)
        before = audits(ledger)
        assert verify(disk.path / "first", ledger=ledger).verdict == "verified"
        room += sized(72, 12) * 1024
    assert failed >= 5
    disk.free()
    assert verify(place, ledger=ledger).verdict == "verified"
    assert finish(world, disk.path / "later", ledger)[0] in FINISHED
    assert verify(disk.path / "later", ledger=ledger).verdict == "verified"
    assert not list(disk.path.glob(".*.partial-*"))
    print(f"{failed} runs on a disk too full, the first to fit had {room // 1024} KiB")


@pytest.mark.parametrize("ledger_too", [False, True])
def test_no_ledger_is_begun_on_a_full_disk(world: Path, disk: Disk, ledger_too: bool) -> None:
    ledger = (disk.path if ledger_too else world) / "ledger.sqlite"
    disk.leave(0)
    code, err = finish(world, disk.path / "audit", ledger)
    assert (code, "hint" in err) == (2, True), err
    disk.free()
    assert finish(world, disk.path / "audit", ledger)[0] in FINISHED
    assert verify(disk.path / "audit", ledger=ledger).verdict == "verified"


def test_an_addition_on_a_full_disk(world: Path, disk: Disk) -> None:
    """From no room to enough: it is there whole, or can be completed; no record without its addition."""
    folder, ledger, reviewer = disk.path / "audit", world / "ledger.sqlite", KeySigner(generate_key())
    assert finish(world, folder, ledger)[0] in FINISHED
    before, room = sorted(folder.rglob("*")), 0
    while True:
        disk.leave(room)
        try:
            cosign(folder, reviewer, ledger)
        except InputError as error:
            assert "No space left" in error.message, (room, error)
        else:
            break
        room += 4096
        if not list(folder.glob(".adding-*")):
            assert sorted(folder.rglob("*")) == before
        assert not verify(folder, ledger=ledger).wrong
    assert room >= 2 * 4096
    disk.free()
    assert not list(folder.glob(".adding-*"))
    assert verify(folder, ledger=ledger).verdict == "verified"
    with Ledger.open(ledger) as log:
        assert log.size() == 2


@pytest.mark.parametrize("kind", ["cosign", "reply", "timestamp"])
def test_killed_additions(world: Path, kind: str) -> None:
    """Killed at any moment, it is never called wrong, and the same command completes it."""
    if kind == "timestamp":
        pytest.importorskip("rfc3161_client", reason="the extra timestamp is not installed")
    ledger, folder = world / "ledger.sqlite", world / "audit"
    assert finish(world, folder, ledger)[0] in FINISHED
    finding = json.loads((folder / "audit.json").read_bytes())["findings"][0]["fingerprint"]
    with serving(make_authority(world / "tsa")) as url:
        record = ("--key", world / "firm.pem", "--ledger", ledger)
        rng, kills, unfinished, done = random.Random(15), sized(6, 60), 0, 0
        for number in range(kills):
            words: tuple[str | Path, ...] = ("timestamp", folder, "--tsa", url, *record)
            if kind == "reply":
                words = ("reply", folder, "--finding", finding, "--text", f"No. {number}", *record)
            elif kind == "cosign":
                key = world / f"{number}.pem"
                made = command("keygen", key, "--unencrypted")
                subprocess.run(made, check=True, capture_output=True, env=environment())
                words = ("cosign", folder, "--no-replay", "--key", key, "--ledger", ledger)
            process = subprocess.Popen(
                command(*words),
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                env=environment(),
                start_new_session=True,
            )
            while process.poll() is None and not any(folder.glob(".adding-*")):
                time.sleep(0.0005)
            time.sleep(rng.uniform(0.0, 0.05))
            reached = process.poll()
            if reached is None:
                os.killpg(process.pid, signal.SIGKILL)
            err = process.communicate(timeout=30)[1]
            assert reached in (None, 0), err
            report = verify(folder, ledger=ledger)
            assert not report.wrong, report.wrong
            unfinished += report.verdict == "undecidable"
            done += reached is not None
            again = subprocess.run(command(*words), capture_output=True, text=True, env=environment())
            # Where the killed one had come to its end, the second finds it there.
            assert again.returncode == 0 or "already" in again.stderr, again.stderr
            assert not list(folder.glob(".adding-*"))
            report = verify(folder, ledger=ledger)
            assert report.verdict == "verified", report.problems
        print(f"{kind}: {kills - done} killed of {kills}, {unfinished} left something unfinished")
