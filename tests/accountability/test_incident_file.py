"""Incident files: what is read, and how bad input is named."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from lpo_secaudit.accountability import Incident
from lpo_secaudit.accountability.incident_file import parse_incident, read_moment
from lpo_secaudit.errors import InputError, LimitExceededError

FILE = """incident: case-1
timeline:
  - {what: occurred, at: "2026-03-01T22:10:00+08:00"}
  - {what: suspected, who: provider, at: "2026-03-02T09:00:00+08:00"}
  - {what: aware, who: provider, at: "2026-03-03T09:00:00+08:00"}
  - {what: notified, who: provider, to: firm, at: "2026-03-05"}
affected: {total: 10, places: {DE: 3}}
risk: {overall: high, US-TX: unlikely}
encryption: {encrypted: true}
"""


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "incident.yaml"
    path.write_text(FILE, encoding="utf-8")
    found = Incident.load(path)
    assert found.id == found.title == "case-1"
    assert found.notices("provider", "firm")[0].at == date(2026, 3, 5)
    assert found.risk_for("US-TX") == "unlikely"
    assert found.risk_for("DE") == "high"
    assert (found.encrypted, found.key_safe) == (True, None)


def test_instants_with_zones() -> None:
    berlin = read_moment("2026-03-03T10:20[Europe/Berlin]", "x")
    assert berlin.isoformat() == "2026-03-03T10:20:00+01:00"
    both = read_moment("2026-10-25T02:30:00+01:00[Europe/Berlin]", "x")
    assert isinstance(both, datetime)
    assert both.utcoffset() == timedelta(hours=1)
    assert read_moment("2026-03-03", "x") == date(2026, 3, 3)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("2026-03-03T10:20:00", "no time zone"),
        ("2026-02-30T10:20:00Z", "not a date and time"),
        ("2026-13-01", "not a date and time"),
        ("2026-03-03T25:00:00Z", "not a date and time"),
        ("2026-03-29T02:30[Europe/Berlin]", "does not exist"),
        ("2026-10-25T02:30[Europe/Berlin]", "happens twice"),
        ("2026-03-03T10:20:00+02:00[Europe/Berlin]", "offset is not that of Europe/Berlin"),
        ("2026-03-03T10:20[Europe/Berlyn]", "not known"),
        ("0026-03-03T10:20:00Z", "outside the years"),
        ("yesterday noon", "not a date and time"),
    ],
)
def test_times_that_cannot_be_are_named(text: str, words: str) -> None:
    with pytest.raises(InputError) as caught:
        read_moment(text, "incident.yaml:3: timeline[0]")
    assert words in str(caught.value)
    assert "incident.yaml:3" in str(caught.value)


@pytest.mark.parametrize(
    ("change", "words", "line"),
    [
        (("2026-03-03T09:00:00+08:00", "2026-02-28T09:00:00+08:00"), "earlier than the incident itself", 5),
        (("2026-03-03T09:00:00+08:00", "2026-03-01T23:00:00+08:00"), "earlier than suspected", 5),
        (('"2026-03-05"', "2026-03-01T23:00:00+08:00"), "earlier than the provider's own knowledge", 6),
        (("what: suspected", "what: aware"), "stands twice", 5),
        (("what: suspected", "what: suspcted"), "did you mean 'suspected'", 4),
        (("who: provider, to: firm", "who: provider"), "needs 'to'", 6),
        (("to: firm", "to: provider"), "cannot tell itself", 6),
        (("to: firm", "to: authority"), "under which rule", 6),
        (("to: firm", "to: individuals"), "where those told live", 6),
        (('who: provider, at: "2026-03-02', 'at: "2026-03-02'), "needs 'who'", 4),
        (("DE: 3", "DX: 3"), "'DX' is not known", 7),
        (("DE: 3", "DE: 30"), "the total only", 7),
        (("DE: 3", "Germany: 3"), "Germany", 7),
        (("risk: {overall: high", "risk: {overall: higher"), "risk", 8),
        (("risk:", "facts: {significant-inciden: true}\nrisk:"), "did you mean 'significant-incident'", 8),
        (("encrypted: true", "encryptd: true"), "did you mean 'encrypted'", 9),
        (
            ('at: "2026-03-05"', 'at: "2026-03-05", not_by: 2026-03-05T00:00:00Z'),
            "either 'at' or 'not_by'",
            6,
        ),
    ],
)
def test_bad_input_is_named_with_its_line(change: tuple[str, str], words: str, line: int) -> None:
    assert change[0] in FILE
    with pytest.raises(InputError) as caught:
        parse_incident(FILE.replace(*change).encode(), "incident.yaml")
    assert words in str(caught.value)
    assert f"incident.yaml:{line}" in str(caught.value)


def test_a_hold_that_ends_before_it_begins_is_refused() -> None:
    text = (
        FILE
        + "holds: [{by: FBI, asked_at: 2026-03-09T00:00:00Z, until: 2026-03-08T00:00:00Z, written: true}]\n"
    )
    with pytest.raises(InputError, match="cannot end before"):
        parse_incident(text.encode(), "i")


def test_something_that_had_not_happened_and_did_is_a_contradiction() -> None:
    text = FILE.replace(
        "affected:", "  - {what: aware, who: provider, not_by: 2026-03-09T00:00:00Z}\naffected:"
    )
    with pytest.raises(InputError, match="said not to have happened"):
        parse_incident(text.encode(), "i")


def test_a_hostile_file_meets_a_limit() -> None:
    many = "\n".join('  - {what: ended, at: "2026-03-09"}' for _ in range(1100))
    with pytest.raises(InputError, match=r"too long|timeline"):
        parse_incident(f"incident: x\ntimeline:\n{many}\n".encode(), "i")
    deep = "incident: x\ntimeline: " + "[" * 500
    with pytest.raises((InputError, LimitExceededError)):
        parse_incident(deep.encode(), "i")
