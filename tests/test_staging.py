"""Additions to an audit folder: killed between any two steps, raced, on a disk without links, forged."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Barrier, Thread

import pytest

from lpo_secaudit.additions import add_timestamp, cosign, reply
from lpo_secaudit.errors import InputError
from lpo_secaudit.ledger import Ledger
from lpo_secaudit.staging import add, complete
from lpo_secaudit.verification import verify
from tests.attest.tsa import Authority, serving
from tests.audits import firm_key
from tests.sizes import sized
from tests.verified import World

REVIEWER, PROVIDER = firm_key(), firm_key()
STEPS = ("link", "rename", "mkdir", "fsync", "unlink", "rmdir")
LEDGER_STEPS = ("append", "checkpoint", "prove")


@dataclass
class Place:
    """A copy of the audit and its ledger, and how each addition is made to it."""

    world: World
    url: str
    folder: Path

    @property
    def ledger(self) -> Path:
        return self.folder.parent / "ledger.sqlite"

    def renew(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)
        shutil.copytree(self.world.folder, self.folder)
        for left in self.folder.parent.glob(f"{self.ledger.name}*"):
            left.unlink()  # with the journal of a killed process
        shutil.copy(self.world.ledger, self.ledger)

    def make(self, kind: str) -> Path:
        match kind:
            case "cosignature":
                return cosign(self.folder, REVIEWER, self.ledger)
            case "timestamp":
                return add_timestamp(self.folder, self.url, signer=REVIEWER, ledger=self.ledger)
            case "bare timestamp":
                return add_timestamp(self.folder, self.url)
        ledger = self.ledger if kind == "reply" else None
        words = (self.world.fingerprint, "cure", "Locked now.", PROVIDER)
        return reply(self.folder, *words, ledger=ledger)

    def entries(self) -> int:
        with Ledger.open(self.ledger) as log:
            return log.size()

    def files(self) -> set[str]:
        return {p.relative_to(self.folder).as_posix() for p in self.folder.rglob("*") if p.is_file()}

    def left(self) -> set[str]:
        return {name for name in self.files() if name.startswith(".adding-")}


@pytest.fixture(scope="module")
def url(world: World) -> Iterator[str]:
    with serving(Authority(world.base / "tsa")) as address:
        yield address


@pytest.fixture
def place(world: World, url: str, tmp_path: Path) -> Place:
    made = Place(world, url, tmp_path / "audit")
    made.renew()
    return made


def die_at(step: int, act: Callable[[], object]) -> bool:
    """Do something in a process that dies before a step of its own; whether it did."""
    pid = os.fork()
    if pid == 0:
        count = 0

        def dying(function: Callable[..., object]) -> Callable[..., object]:
            def call(*arguments: object, **more: object) -> object:
                nonlocal count
                count += 1
                if count == step:
                    os._exit(9)
                return function(*arguments, **more)

            return call

        try:
            for name in STEPS:
                setattr(os, name, dying(getattr(os, name)))
            for name in LEDGER_STEPS:
                setattr(Ledger, name, dying(getattr(Ledger, name)))
            act()
            os._exit(0)
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    assert code in (0, 9), code
    return code == 9


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that can be split")
@pytest.mark.parametrize("kind", ["cosignature", "reply", "bare reply", "timestamp", "bare timestamp"])
def test_killed_before_any_step(place: Place, kind: str) -> None:
    """It is never called wrong; the same call brings it to its end, and the ledger holds it once."""
    before, recorded = place.files(), place.entries()
    more = 0 if kind.startswith("bare") else 1
    step, unfinished, again = 1, 0, 0
    while die_at(step, lambda: place.make(kind)):
        report = verify(place.folder, ledger=place.ledger)
        assert not report.wrong, (step, report.wrong)
        assert (report.verdict == "undecidable") == bool(place.left()), (step, report.problems)
        unfinished += report.verdict == "undecidable"
        if place.files() - before - place.left() and all(".new/" in name for name in place.left()):
            complete(place.folder)  # all in its place; only the clearing up was cut short
        else:
            again += 1
            assert place.make(kind).relative_to(place.folder).as_posix() in place.files()
        report = verify(place.folder, ledger=place.ledger)
        assert report.verdict == "verified", (step, report.problems)
        assert (place.left(), place.entries()) == (set(), recorded + more), step
        assert len({name.split(".")[0] for name in place.files() - before}) == 1, step
        place.renew()
        step += sized(2, 1)
    assert min(unfinished, again) > 5
    print(f"{kind}: {step} steps, {unfinished} left it unfinished, {again} times it was made again")


def race(acts: list[Callable[[], object]]) -> list[str]:
    """Do things at the same moment; gives what was raised, in words."""
    barrier, said = Barrier(len(acts)), []

    def run(act: Callable[[], object]) -> None:
        barrier.wait()
        try:
            act()
        except InputError as error:
            said.append(error.message)

    threads = [Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return said


def test_of_two_writers_one_is_first_and_nothing_is_overwritten(tmp_path: Path) -> None:
    for number in range(sized(30, 300)):
        root = tmp_path / str(number)
        root.mkdir()
        sets = [{f"timestamps/0001{end}": who for end in (".tsr", ".pub")} for who in (b"one", b"other")]
        said = race([partial(add, root, "timestamps/0001", files) for files in sets])
        assert said == ["is there already"]
        assert {p.name for p in root.iterdir()} == {"timestamps"}
        assert {p.name: p.read_bytes() for p in (root / "timestamps").iterdir()} in [
            {"0001.tsr": who, "0001.pub": who} for who in (b"one", b"other")
        ]


@pytest.mark.parametrize("ending", [".json", ".pub", ".tsr", ".proof.json"])
def test_whatever_is_in_the_place_stays_and_nothing_is_recorded(place: Place, ending: str) -> None:
    there, before = place.folder / f"cosignatures/{REVIEWER.keyid}{ending}", place.entries()
    there.write_bytes(b"x")
    with pytest.raises(InputError, match="already"):
        place.make("cosignature")
    assert (there.read_bytes(), place.entries(), place.left()) == (b"x", before, set())


def test_two_timestamps_at_once_leave_no_token_in_the_ledger_alone(place: Place) -> None:
    before = place.entries()
    said = race([lambda: place.make("timestamp")] * 2)
    # The later one comes too late, or late enough to renew the first.
    assert said in ([], ["is there already"])
    assert place.entries() == before + 2 - len(said)
    assert verify(place.folder, ledger=place.ledger).verdict == "verified"


def test_a_disk_without_links(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    def link(*_: object) -> None:
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", link)
    place.make("cosignature")
    assert place.left() == set()
    assert verify(place.folder, ledger=place.ledger).verdict == "verified"


def begin(place: Place, kind: str) -> str:
    """An addition that stands in the ledger and lies, whole, in a folder of its own; gives its stem."""
    steps, proofs = iter(range(1, 100)), []
    while not proofs:
        place.renew()
        die_at(next(steps), lambda: place.make(kind))
        proofs = [name for name in place.left() if name.endswith(".proof.json")]
    return proofs[0].partition("/")[2].removesuffix(".proof.json")


def test_what_is_unfinished_is_named_and_not_called_missing(place: Place) -> None:
    for kind in ("cosignature", "reply", "timestamp"):
        stem = begin(place, kind)
        about = "timestamps" if kind == "timestamp" else f"{stem}.json"
        assert {(p.kind, p.file) for p in verify(place.folder, ledger=place.ledger).problems} == {
            ("undecidable", f".adding-{stem.replace('/', '-')}"),
            ("undecidable", about),
        }
        for file in place.left():
            (place.folder / file).unlink()
        report = verify(place.folder, ledger=place.ledger)
        assert [(p.kind, p.file) for p in report.problems] == [("wrong", about)]


def test_a_changed_file_cannot_be_called_unfinished(place: Place) -> None:
    changed = place.world.reply.relative_to(place.world.folder).as_posix()
    staged = place.folder / f".adding-{changed.removesuffix('.json').replace('/', '-')}"
    (staged / "replies").mkdir(parents=True)
    shutil.copy(place.folder / changed, staged / changed)
    (place.folder / changed).write_bytes(b"{}")
    assert (changed, "wrong") in {(p.file, p.kind) for p in verify(place.folder).problems}
    with pytest.raises(InputError, match="is there already"):
        complete(place.folder)


def test_only_who_began_it_with_that_ledger_completes_it(place: Place, tmp_path: Path) -> None:
    """Before its proof is there, that takes the key that signs it, and the log that holds it."""
    stem = begin(place, "cosignature")
    (place.folder / f".adding-{stem.replace('/', '-')}/{stem}.proof.json").unlink()
    assert complete(place.folder) == ()
    assert complete(place.folder, PROVIDER, place.ledger) == ()
    assert complete(place.folder, REVIEWER, tmp_path / "other.sqlite") == ()
    with pytest.raises(InputError, match="begun before and not finished"):
        cosign(place.folder, REVIEWER, tmp_path / "other.sqlite")
    assert complete(place.folder, REVIEWER, place.ledger) == (stem,)
    assert verify(place.folder, ledger=place.ledger).verdict == "verified"


@pytest.mark.parametrize(
    "files",
    [
        {"replies/0000.json": b"{}", "report2.html": b"x"},
        {"replies/0000.json": b"{}", "fact.json": b"["},
        {"replies/0000.json": b"{}", "fact.json": b'{"origin": 1, "kind": 2, "body": []}'},
    ],
)
def test_what_is_none_of_ours_is_left_alone_and_named(place: Place, files: dict[str, bytes]) -> None:
    staged = place.folder / ".adding-replies-0000"
    for name, data in files.items():
        (staged / name).parent.mkdir(parents=True, exist_ok=True)
        (staged / name).write_bytes(data)
    before = place.files()
    assert complete(place.folder, PROVIDER, place.ledger) == ()
    assert place.files() == before
    assert [(p.kind, p.file) for p in verify(place.folder).problems] == [("undecidable", staged.name)]


def test_another_text_is_another_reply(place: Place) -> None:
    """Killed when it was recorded, the first stands; the second is not taken for it."""
    begin(place, "reply")
    before = place.entries()
    reply(place.folder, place.world.fingerprint, "cure", "Locked, and sealed.", PROVIDER, ledger=place.ledger)
    assert place.entries() == before + 1
    report = verify(place.folder, ledger=place.ledger)
    assert report.verdict == "verified"
    assert report.disputes[place.world.fingerprint].count("cure-claimed") == 2
