"""The incident register in a real ledger: several writers, kills, late corrections."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_secaudit.accountability.log import Record, fold
from lpo_secaudit.errors import InputError
from lpo_secaudit.incidents import IncidentRegister, digest_files
from lpo_secaudit.ledger import Ledger

AWARE = {"what": "aware", "who": "provider", "at": "2026-03-03T09:00:00+08:00"}
LATER = {"what": "aware", "who": "provider", "at": "2026-03-03T08:00:00+08:00"}


@pytest.fixture
def register(tmp_path: Path) -> Any:
    with IncidentRegister.open(tmp_path / "ledger.sqlite", create=True) as opened:
        opened.open_incident("i-1", {"title": "One", "timeline": [AWARE]}, by="A. Partner")
        yield opened


def test_an_incident_is_opened_with_what_is_known(register: IncidentRegister) -> None:
    found = register.load("i-1")
    assert (found.title, found.is_open, found.standing) == ("One", True, (1,))
    assert found.incident().event("aware", "provider") is not None
    with pytest.raises(InputError, match="already"):
        register.open_incident("i-1", {}, by="A. Partner")
    with pytest.raises(InputError, match="no incident"):
        register.load("i-2")
    with pytest.raises(InputError, match="no incident"):
        register.record("i-2", AWARE, by="A. Partner")


def test_a_correction_stands_in_for_the_record_and_both_stay(register: IncidentRegister) -> None:
    number = register.record("i-1", LATER, by="B. Associate", corrects=1, note="log of the platform")
    found = register.load("i-1")
    assert found.standing == (number,)
    assert [r.number for r in found.records] == [0, 1, 2]
    event = found.incident().event("aware", "provider")
    assert event is not None
    assert event.earliest() == datetime(2026, 3, 3, tzinfo=UTC)
    with pytest.raises(InputError, match="not an event of i-1 that stands"):
        register.record("i-1", LATER, by="B. Associate", corrects=1)


def test_a_contradiction_is_refused_unless_it_corrects(register: IncidentRegister) -> None:
    with pytest.raises(InputError, match="stands twice"):
        register.record("i-1", LATER, by="B. Associate")
    with pytest.raises(InputError, match="earlier than the provider's own knowledge"):
        register.record(
            "i-1",
            {"what": "notified", "who": "provider", "to": "firm", "at": "2026-03-01T00:00:00Z"},
            by="B. Associate",
        )
    assert len(register.records()) == 2


def test_what_was_known_at_an_earlier_time(register: IncidentRegister) -> None:
    at = datetime(2030, 1, 1, tzinfo=UTC)
    register.record("i-1", LATER, by="B. Associate", corrects=1, recorded_at=at)
    before = register.load("i-1", known_at=at - timedelta(seconds=1))
    assert before.standing == (1,)
    assert register.load("i-1", known_at=at).standing == (2,)


def test_facts_replace_facts_and_are_checked(register: IncidentRegister) -> None:
    register.set_facts("i-1", {"affected": {"total": 10}, "risk": "high"}, by="A. Partner")
    register.set_facts("i-1", {"affected": {"total": 20}}, by="A. Partner")
    found = register.load("i-1").incident()
    assert found.affected.total.low == 20
    assert found.risk == "high"
    for wrong in ({"affected": {"total": -1}}, {"riskk": "high"}, {"facts": {"no-such-fact": True}}):
        with pytest.raises(InputError):
            register.set_facts("i-1", wrong, by="A. Partner")


def test_withdraw_close_reopen(register: IncidentRegister) -> None:
    register.withdraw("i-1", 1, by="A. Partner", note="another incident")
    assert register.load("i-1").standing == ()
    register.close("i-1", by="A. Partner", reason="done")
    with pytest.raises(InputError, match="closed already"):
        register.close("i-1", by="A. Partner", reason="done")
    late = register.record("i-1", AWARE, by="B. Associate")
    found = register.load("i-1")
    assert not found.is_open
    assert found.standing == (late,)
    assert f"record {late} came after the incident was closed" in found.problems
    register.reopen("i-1", by="A. Partner", reason="more came up")
    assert register.load("i-1").is_open


def test_evidence_is_kept_by_digest(register: IncidentRegister, tmp_path: Path) -> None:
    path = tmp_path / "mail.eml"
    path.write_bytes(b"hello")
    confirmed = {"what": "confirmed", "who": "provider", "at": "2026-03-04"}
    number = register.record("i-1", confirmed, by="A. Partner", evidence=digest_files([path]))
    [record] = [r for r in register.load("i-1").records if r.number == number]
    assert record.evidence[0]["digest"].startswith("sha256:2cf24dba5fb0a30e")
    assert record.evidence[0]["bytes"] == 5
    with pytest.raises(InputError, match="cannot be read"):
        digest_files([tmp_path / "none"])


def test_an_entry_of_another_writer_does_not_close_the_register(tmp_path: Path) -> None:
    place = tmp_path / "ledger.sqlite"
    with Ledger.open(place, create=True) as ledger:
        ledger.append("incident-event", {"incident": "i-1", "state": "opened"})
    with IncidentRegister.open(place) as opened:
        opened.open_incident("i-1", {"timeline": [AWARE]}, by="A. Partner")
        assert opened.unreadable() == (0,)
        assert opened.load("i-1").standing == (2,)


def test_two_records_of_one_thing_at_one_time_are_both_kept_and_named(tmp_path: Path) -> None:
    """What two writers who saw the same state may both have written."""
    place = tmp_path / "ledger.sqlite"
    with IncidentRegister.open(place, create=True) as opened:
        opened.open_incident("i-1", {}, by="A. Partner")
    with Ledger.open(place) as ledger:
        for value in (AWARE, LATER):
            body = Record(-1, datetime.now(UTC), "i-1", "event", "somebody", value).body()
            ledger.append("incident-event", body)
    with IncidentRegister.open(place) as opened:
        found = opened.load("i-1")
        assert found.standing == (1, 2)
        with pytest.raises(InputError) as caught:
            found.incident()
        assert "record 2" in str(caught.value)
        assert "--corrects" in str(caught.value)
        opened.withdraw("i-1", 1, by="A. Partner", note="the other time is right")
        assert opened.load("i-1").incident().event("aware", "provider") is not None


WRITER = """
import sys
from lpo_secaudit.incidents import IncidentRegister
place, name, number = sys.argv[1], sys.argv[2], int(sys.argv[3])
with IncidentRegister.open(place) as register:
    for i in range(number):
        at = f"2026-03-0{1 + i % 9}T00:00:0{i % 10}Z"
        event = {"what": "notified", "who": "firm", "to": "individuals", "at": at, "places": ["all"]}
        print(register.record("i-1", event, by=name, note=str(i)), flush=True)
"""


def writer(place: Path, name: str, number: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(place), name, str(number)], stdout=subprocess.PIPE, text=True
    )


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    place = tmp_path / "ledger.sqlite"
    with IncidentRegister.open(place, create=True) as opened:
        opened.open_incident("i-1", {}, by="A. Partner")
    running = [writer(place, f"writer-{n}", 6) for n in range(3)]
    told: list[int] = []
    for child in running:
        out, _ = child.communicate(timeout=60)
        assert child.returncode == 0
        told += [int(line) for line in out.split()]
    assert sorted(told) == list(range(1, 19))
    with IncidentRegister.open(place) as opened:
        found = opened.load("i-1")
        assert found.standing == tuple(range(1, 19))
        for n in range(3):
            assert [r.note for r in found.records if r.by == f"writer-{n}"] == [str(i) for i in range(6)]


def test_a_kill_at_any_point_leaves_what_was_told_to_be_recorded(tmp_path: Path) -> None:
    place = tmp_path / "ledger.sqlite"
    with IncidentRegister.open(place, create=True) as opened:
        opened.open_incident("i-1", {}, by="A. Partner")
    dice = random.Random(5)
    told: list[int] = []
    for round_ in range(3):
        child = writer(place, f"round-{round_}", 500)
        assert child.stdout is not None
        told.append(int(child.stdout.readline()))
        time.sleep(dice.random() * 0.15)
        os.kill(child.pid, signal.SIGKILL)
        out, _ = child.communicate(timeout=30)
        told += [int(line) for line in out.split("\n")[:-1]]
    with IncidentRegister.open(place) as opened:
        found = opened.load("i-1")
        numbers = {r.number for r in found.records}
        assert set(told) <= numbers
        assert numbers == set(range(len(found.records)))
        opened.record("i-1", {"what": "occurred", "at": "2026-02-01"}, by="A. Partner")


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 12)), max_size=12), st.randoms())
def test_records_add_up_the_same_in_any_order_they_are_read(
    steps: list[tuple[bool, int]], dice: random.Random
) -> None:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    records = [Record(0, at, "i", "opened", "me", {})]
    for number, (corrects, which) in enumerate(steps, 1):
        value = {
            "what": "notified",
            "who": "firm",
            "to": "individuals",
            "places": ["all"],
            "at": f"2026-01-{number:02}",
        }
        records.append(Record(number, at, "i", "event", "me", value, which if corrects else None))
    first = fold("i", records)
    shuffled = list(records)
    dice.shuffle(shuffled)
    assert fold("i", shuffled) == first
    taken = {r.corrects for r in records if r.corrects is not None and 0 < r.corrects < r.number}
    assert not set(first.standing) & taken
    assert len(first.value["timeline"]) == len(first.standing)
