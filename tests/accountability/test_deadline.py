"""Deadlines: the published vectors, further ones, and what holds for every start."""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_secaudit.accountability import builtin_rules, deadline
from lpo_secaudit.accountability.clock.calendars import calendar, calendar_of_zone
from lpo_secaudit.errors import InputError
from tests.accountability.cases import moment
from tests.shared import need


def test_every_published_vector() -> None:
    with need("law", "deadline_vectors.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 32
    for row in rows:
        found = deadline(row["rule_id"], moment(row["start"]), zone=row["zone"], mode=row["mode"])
        assert found.due == moment(row["deadline"]), row["id"]
        assert type(found.due) is type(moment(row["deadline"])), row["id"]
        assert found.steps, row["id"]


# Worked by hand; none of them stands in the published table.
OWN = [
    # 72 h over the Berlin change of 25 October 2026, from the hour that happens twice
    ("eu-gdpr-authority", "2026-10-25T02:30:00+02:00", "Europe/Berlin", None, "2026-10-28T01:30:00+01:00"),
    ("eu-gdpr-authority", "2026-10-25T02:30:00+01:00", "Europe/Berlin", None, "2026-10-28T02:30:00+01:00"),
    # a start on the full hour: the started hour is dropped all the same
    (
        "eu-gdpr-authority",
        "2026-06-01T10:00:00+02:00",
        "Europe/Berlin",
        "Reg. 1182/71",
        "2026-06-04T11:00:00+02:00",
    ),
    # 60 days over a leap day
    ("us-hipaa-individuals", "2028-01-15", "America/New_York", None, "2028-03-15"),
    # an instant late in Manila is the day before in New York
    ("us-hipaa-individuals", "2026-01-16T08:00:00+08:00", "America/New_York", None, "2026-03-16"),
    # one month after 30 November ends on 30 December, a Wednesday
    ("eu-nis2-final", "2026-11-30", "Europe/Rome", None, "2026-12-30"),
    # Japan counts the day of knowledge as day 1: 30 days from 1 June end on 30 June
    ("jp-appi-definitive", "2026-06-01", "Asia/Tokyo", None, "2026-06-30"),
    # three business days over Carnival are not holidays by national law; over Tiradentes they are
    ("br-lgpd-authority", "2026-04-20", "America/Sao_Paulo", None, "2026-04-24"),
    # four business days over Thanksgiving
    ("us-sec-8k", "2026-11-24", "America/New_York", None, "2026-12-01"),
    ("in-certin-6h", "2026-12-31T23:00:00+05:30", "Asia/Kolkata", None, "2027-01-01T05:00:00+05:30"),
]


@pytest.mark.parametrize(("rule", "start", "zone", "mode", "due"), OWN)
def test_own_vectors(rule: str, start: str, zone: str, mode: str | None, due: str) -> None:
    found = deadline(rule, moment(start), zone=zone, mode=mode).due
    assert found == moment(due)


ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Asia/Manila",
    "Asia/Kolkata",
    "Pacific/Auckland",
    "America/Sao_Paulo",
]
FIRST, LAST = datetime.fromisoformat("2020-01-01"), datetime.fromisoformat("2035-01-01")
INSTANTS = st.datetimes(FIRST, LAST, timezones=st.just(UTC))
COUNTED = sorted(r.id for r in builtin_rules().values() if r.period is not None and r.status == "in-force")


@settings(max_examples=150, deadline=None)
@given(
    INSTANTS,
    st.timedeltas(timedelta(0), timedelta(days=40)),
    st.sampled_from(ZONES),
    st.sampled_from(COUNTED),
)
def test_a_later_start_is_never_due_earlier(start: datetime, more: timedelta, zone: str, rule: str) -> None:
    first = deadline(rule, start, zone=zone)
    second = deadline(rule, start + more, zone=zone)
    assert first.late_from() <= second.late_from()  # type: ignore[operator]


@settings(max_examples=150, deadline=None)
@given(INSTANTS, st.sampled_from(ZONES))
def test_hours_are_elapsed_time_across_changes_of_the_clocks(start: datetime, zone: str) -> None:
    due = deadline("eu-gdpr-authority", start.astimezone(ZoneInfo(zone)), zone=zone).due
    assert isinstance(due, datetime)
    assert due.astimezone(UTC) - start == timedelta(hours=72)
    assert due.utcoffset() == due.astimezone(UTC).astimezone(ZoneInfo(zone)).utcoffset()


@settings(max_examples=150, deadline=None)
@given(INSTANTS, st.sampled_from(ZONES))
def test_the_regulation_ends_within_the_hour_after_plain_hours(start: datetime, zone: str) -> None:
    plain = deadline("eu-gdpr-authority", start, zone=zone).due
    full = deadline("eu-gdpr-authority", start, zone=zone, mode="Reg. 1182/71").due
    assert isinstance(plain, datetime)
    assert isinstance(full, datetime)
    assert timedelta(0) < full - plain <= timedelta(hours=1)


@settings(max_examples=150, deadline=None)
@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)))
def test_business_days_never_end_on_a_closed_day(start: date) -> None:
    for rule in ("us-sec-8k", "us-vt-authority", "br-lgpd-authority"):
        found = deadline(rule, start)
        named = builtin_rules()[rule].counting.calendar
        where = calendar(named) if named else calendar_of_zone(found.zone)
        assert isinstance(found.due, date)
        assert where.is_business_day(found.due)


@settings(max_examples=100, deadline=None)
@given(INSTANTS, st.sampled_from(COUNTED))
def test_days_are_those_of_the_rules_own_zone(start: datetime, rule: str) -> None:
    own = builtin_rules()[rule]
    if own.zone is None or own.period is None or own.period.unit == "hours":
        return
    local = start.astimezone(ZoneInfo(own.zone)).date()
    assert deadline(rule, start).due == deadline(rule, local).due


def test_a_rule_without_a_number_has_no_date_but_its_standard() -> None:
    found = deadline("eu-gdpr-individuals", datetime(2026, 3, 3, 10, tzinfo=UTC), zone="Europe/Berlin")
    assert found.due is None
    assert found.target is not None
    assert "without undue delay" in found.explain()


def test_proposed_law_never_sets_a_deadline() -> None:
    proposed = [r.id for r in builtin_rules().values() if r.status == "proposed"]
    assert len(proposed) >= 9
    for rule in proposed:
        found = deadline(rule, datetime(2026, 3, 3, 10, tzinfo=UTC), zone="Europe/London")
        assert found.due is None
        assert found.target is None


@pytest.mark.parametrize(
    ("rule", "start", "zone", "mode", "words"),
    [
        (
            "eu-gdpr-authority",
            datetime.fromisoformat("2026-03-03T10:00"),
            "Europe/Berlin",
            None,
            "no time zone",
        ),
        ("eu-gdpr-authority", datetime(2026, 3, 3, tzinfo=UTC), "Europe/Berlyn", None, "not known"),
        ("eu-gdpr-authority", date(2026, 3, 3), "Europe/Berlin", None, "time of the start"),
        ("eu-gdpr-autority", datetime(2026, 3, 3, tzinfo=UTC), "Europe/Berlin", None, "not known"),
        (
            "eu-gdpr-authority",
            datetime(2026, 3, 3, tzinfo=UTC),
            "Europe/Berlin",
            "three moons",
            "not understood",
        ),
        ("eu-gdpr-authority", datetime(2026, 3, 3, tzinfo=UTC), None, None, "zone"),
        ("contract", datetime(2026, 3, 3, tzinfo=UTC), "Europe/Berlin", None, "period"),
        (
            "eu-gdpr-authority",
            datetime(2026, 3, 29, 2, 30, tzinfo=ZoneInfo("Europe/Berlin")),
            "Europe/Berlin",
            None,
            "does not exist",
        ),
    ],
)
def test_bad_input_is_named(
    rule: str, start: datetime, zone: str | None, mode: str | None, words: str
) -> None:
    with pytest.raises(InputError) as caught:
        deadline(rule, start, zone=zone, mode=mode)
    assert words in str(caught.value)


def test_a_rules_own_words_on_counting_change_nothing() -> None:
    """The counting rule of the source, given as mode, counts as the rule does by itself."""
    with need("law", "breach_rules.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    start = datetime.fromisoformat("2026-12-01T10:20:00+01:00")
    same = 0
    for row in rows:
        try:
            found = deadline(row["id"], start, zone="Europe/Berlin", mode=row["counting_rule"])
        except InputError:
            continue  # words that this does not understand are refused, never guessed at
        if "doubled" not in row["counting_rule"] and "relief" not in row["counting_rule"]:
            assert found.due == deadline(row["id"], start, zone="Europe/Berlin").due, row["id"]
            same += 1
    assert same >= 300
