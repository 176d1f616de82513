"""Each counting rule of the published table, and the edges of calendars and clocks, worked by hand.

The comment beside a row is the working: month lengths, closed days, changes of the clocks. None of
the dates was taken from the engine.
"""

from __future__ import annotations

import csv
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from lpo_secaudit.accountability import builtin_rules, deadline
from lpo_secaudit.errors import InputError
from tests.accountability.cases import moment
from tests.shared import need

NEW_YORK, CHICAGO, LOS_ANGELES = "America/New_York", "America/Chicago", "America/Los_Angeles"


# (rule, start, zone, due), one or more for each distinct counting rule.
BY_HAND = [
    # no fixed period
    ("eu-gdpr-individuals", "2026-03-03T10:00+01:00", "Europe/Berlin", None),
    # elapsed hours; the US clocks go back on 1 November at 02:00, so 36 h from 00:30 end at 11:30
    ("us-bank-36h", "2026-11-01T00:30-04:00", NEW_YORK, "2026-11-02T11:30-05:00"),
    # 60 days over a leap day: 31 January is day 30, 29 February day 59
    ("us-ct-individuals", "2028-01-01", NEW_YORK, "2028-03-01"),
    # 30 days to New Year's Day, which does not move
    ("us-ftc-safeguards", "2026-12-02", NEW_YORK, "2027-01-01"),
    # 5 business days over Labor Day (7 September): 4, 8, 9, 10, 11
    ("us-ia-authority", "2026-09-03", CHICAGO, "2026-09-11"),
    # 15 over Cesar Chavez Day (31 March): 26 27 30 | 1 2 3 6 7 8 9 10 13 14 15 16 April
    ("us-ca-health-facility", "2026-03-25", LOS_ANGELES, "2026-04-16"),
    # 14 over Town Meeting Day (3 March): 20, 23-27 February, 2, 4-6, 9-12 March
    ("us-vt-authority", "2026-02-19", NEW_YORK, "2026-03-12"),
    # day 31 is 31 January, day 60 the leap day
    ("us-hipaa-individuals", "2027-12-31", NEW_YORK, "2028-02-29"),
    # 45 days: 28 February is day 44; 1 March is a Sunday and stays
    ("us-nm-individuals", "2026-01-15", "America/Denver", "2026-03-01"),
    ("us-al-individuals", "2027-02-01", CHICAGO, "2027-03-18"),
    # 29 February is day 14, 31 March day 45
    ("us-az-individuals", "2028-02-15", "America/Phoenix", "2028-03-31"),
    ("us-md-maintainer", "2026-12-25", NEW_YORK, "2027-01-04"),
    # a Sunday, not moved
    ("us-ny-individuals", "2026-05-01", NEW_YORK, "2026-05-31"),
    ("us-or-individuals", "2026-11-20", LOS_ANGELES, "2027-01-04"),
    # 72 h over the European change of 29 March, in the last minute of a day
    ("eu-gdpr-authority", "2026-03-28T23:59:30+01:00", "Europe/Berlin", "2026-04-01T00:59:30+02:00"),
    # 24 h over the change of 25 October
    ("eu-nis2-early", "2026-10-24T12:00+02:00", "Europe/Rome", "2026-10-25T11:00+01:00"),
    ("eu-dora-initial-aware", "2026-05-08T17:00+02:00", "Europe/Amsterdam", "2026-05-09T17:00+02:00"),
    # from 31 December whatever the day of discovery
    ("us-hipaa-hhs-small", "2027-06-15", NEW_YORK, "2028-02-29"),
    ("us-ftc-hbnr-ftc-small", "2026-01-01", NEW_YORK, "2027-03-01"),
    # 29 February is day 1, 29 March day 30
    ("us-ca-individuals", "2028-02-28", LOS_ANGELES, "2028-03-29"),
    ("us-co-individuals", "2026-12-15", "America/Denver", "2027-01-14"),
    ("us-tn-individuals", "2026-07-31", CHICAGO, "2026-09-14"),
    # Saturday, Independence Day
    ("us-tx-authority", "2026-06-04", CHICAGO, "2026-07-04"),
    ("us-wa-individuals", "2026-11-12", LOS_ANGELES, "2026-12-12"),
    # 3 business days over 20 November, a national holiday since 2024: 19, 23, 24
    ("br-lgpd-authority", "2026-11-18", "America/Sao_Paulo", "2026-11-24"),
    # Carnival is no national holiday by law: Mon 16, Tue 17, Wed 18 February
    ("br-lgpd-individuals", "2026-02-13", "America/Sao_Paulo", "2026-02-18"),
    # September has no 31st
    ("de-bsig-final", "2026-08-31", "Europe/Berlin", "2026-09-30"),
    ("nl-cbw-final", "2027-12-31", "Europe/Amsterdam", "2028-01-31"),
    # leap year: 29 February, a Tuesday
    ("eu-nis2-final", "2028-01-31", "Europe/Rome", "2028-02-29"),
    (
        "eu-dora-initial-classification",
        "2026-12-24T22:30+01:00",
        "Europe/Amsterdam",
        "2026-12-25T02:30+01:00",
    ),
    ("eu-dora-final", "2026-04-30", "Europe/Paris", "2026-05-30"),
    # the British clocks go back on 25 October
    ("uk-gdpr-authority", "2026-10-23T10:00+01:00", "Europe/London", "2026-10-26T09:00+00:00"),
    # a determination on a closed day: Fri 3 July (observed) or Sat 4 July starts on Mon 6, which counts
    ("us-sec-8k", "2026-07-03", NEW_YORK, "2026-07-09"),
    ("us-sec-8k", "2026-07-04", NEW_YORK, "2026-07-09"),
    # Juneteenth 2027 is a Saturday, kept on Friday 18: 21, 22, 23, 24
    ("us-sec-8k", "2027-06-17", NEW_YORK, "2027-06-24"),
    # the US clocks go forward on 8 March
    ("us-naic-668", "2026-03-07T12:00-05:00", NEW_YORK, "2026-03-10T13:00-04:00"),
    ("us-oh-individuals", "2026-02-14", NEW_YORK, "2026-03-31"),
    ("us-ok-authority", "2026-03-02", CHICAGO, "2026-05-01"),
    ("us-wi-individuals", "2026-10-01", CHICAGO, "2026-11-15"),
    # 4 April is Easter Saturday
    ("au-ndb-assessment", "2026-03-05", "Australia/Sydney", "2026-04-04"),
    # weekends and New Year count
    ("sg-pdpa-authority", "2026-12-30", "Asia/Singapore", "2027-01-02"),
    # day 1 is 28 December, day 5 New Year's Day; guidance, so nothing moves
    ("jp-appi-preliminary", "2026-12-28", "Asia/Tokyo", "2027-01-01"),
    # day 30 is 30 December; offices open on Monday 4 January 2027
    ("jp-appi-definitive", "2026-12-01", "Asia/Tokyo", "2027-01-04"),
    # day 30 is Sat 2 May; 3 to 5 May are holidays and the Sunday's substitute is Wed 6
    ("jp-appi-definitive", "2026-04-03", "Asia/Tokyo", "2026-05-07"),
    # 30 business days without 1, 8, 25 December and 1 January: 1+3+4+5+4+4+5+4
    ("pt-dl125-final", "2026-11-27", "Europe/Lisbon", "2027-01-14"),
]

# (rule, start, zone, mode, due)
MODES = [
    # the started hour 23:00 is dropped; 72 hours from midnight on a day of 23 hours
    (
        "eu-gdpr-authority",
        "2026-03-28T23:59:30+01:00",
        "Europe/Berlin",
        "Reg. 1182/71",
        "2026-04-01T01:00+02:00",
    ),
    # the first of the two hours at 02:00: the second one is the first that counts
    (
        "eu-gdpr-authority",
        "2026-10-25T02:30+02:00",
        "Europe/Berlin",
        "Reg. 1182/71",
        "2026-10-28T02:00+01:00",
    ),
    # the started hour is the local one: 10:45 in Kathmandu is 05:00 UTC
    (
        "eu-gdpr-authority",
        "2026-06-01T10:45+05:45",
        "Asia/Kathmandu",
        "Reg. 1182/71",
        "2026-06-04T11:00+05:45",
    ),
    # the relief passes Christmas Day, a Saturday and a Sunday
    (
        "eu-dora-initial-classification",
        "2026-12-24T22:30+01:00",
        "Europe/Amsterdam",
        "weekend relief",
        "2026-12-28T12:00+01:00",
    ),
    # a limit on an open day keeps its hour
    (
        "eu-dora-initial-classification",
        "2026-05-07T09:00+02:00",
        "Europe/Amsterdam",
        "weekend relief",
        "2026-05-07T13:00+02:00",
    ),
    (
        "eu-dora-initial-aware",
        "2026-05-08T17:00+02:00",
        "Europe/Amsterdam",
        "weekend relief",
        "2026-05-11T12:00+02:00",
    ),
    (
        "eu-dora-final",
        "2026-04-30",
        "Europe/Paris",
        "months; relief to noon of next working day",
        "2026-06-01T12:00+02:00",
    ),
    # Sat 28 February rolls to Mon 2 March; strict keeps it
    ("eu-nis2-final", "2026-01-31", "Europe/Rome", "Reg. 1182/71 month", "2026-03-02"),
    ("eu-nis2-final", "2026-01-31T12:00+01:00", "Europe/Rome", "strict", "2026-02-28"),
    # over midnight of New Year's Eve
    ("in-certin-6h", "2026-12-31T20:00+05:30", "Asia/Kolkata", "strict 6 h", "2027-01-01T02:00+05:30"),
    # six: 24, 28, 29, 30, 31 December, 4 January
    (
        "br-lgpd-authority",
        "2026-12-23",
        "America/Sao_Paulo",
        "business days, day 0 excluded; national holidays excluded; doubled for small-scale agents",
        "2027-01-04",
    ),
    ("us-hipaa-individuals", "2026-01-15", NEW_YORK, "agent imputation", "2026-03-16"),
    ("us-hipaa-individuals", "2026-02-20", NEW_YORK, "no agency", "2026-04-21"),
    ("us-tx-authority", "2026-06-04", CHICAGO, "calendar days, conservative", "2026-07-04"),
    ("us-tx-authority", "2026-06-04", CHICAGO, "calendar days, rolled", "2026-07-06"),
    # Columbus Day and Veterans Day are bank holidays: Thu 12 and Fri 13 November
    (
        "contract",
        "2026-11-10T18:00-05:00",
        NEW_YORK,
        "contract 2 business days, New York banking days, receipt after 17:00 counts as next Business Day",
        "2026-11-16",
    ),
    (
        "contract",
        "2026-11-10T16:59-05:00",
        NEW_YORK,
        "contract 2 business days, receipt after 17:00",
        "2026-11-13",
    ),
    ("contract", "2026-11-10T17:00-05:00", NEW_YORK, "contract 24 h", "2026-11-11T17:00-05:00"),
]


@pytest.mark.parametrize(
    ("rule", "modes"),
    [
        (
            "eu-gdpr-authority",
            (
                "Reg. 1182/71",
                "Regulation (EEC, Euratom) No 1182/71 Art. 3",
                "EU Reg. 1182/71 hours",
                "started hour not counted",
                "Reg. 1182/71, hour of the event not counted",
            ),
        ),
        (
            "eu-gdpr-authority",
            ("strict 72 h", "72h", "plain arithmetic", "continuous hours", "seventy-two hours"),
        ),
        (
            "eu-dora-initial-classification",
            ("weekend relief", "weekend or bank-holiday relief", "weekend relief, noon next working day"),
        ),
        (
            "us-sec-8k",
            (
                "business days",
                "4 business days",
                "business days, General Instruction B.1",
                "business days, federal holidays",
                "business days, period begins on and includes next business day",
            ),
        ),
        ("jp-appi-preliminary", ("day 1 = day of knowledge", "guidance, day 1 = day of knowledge", "Japan")),
        ("us-hipaa-hhs-small", ("year end + 60", "60 days after year end", "end of calendar year + 60 days")),
    ],
)
def test_words_for_one_way_of_counting_give_one_date(rule: str, modes: tuple[str, ...]) -> None:
    start = datetime.fromisoformat("2026-05-08T22:30:00+02:00")
    found = {mode: deadline(rule, start, zone="Europe/Amsterdam", mode=mode).due for mode in modes}
    assert len(set(found.values())) == 1, found


def test_every_counting_rule_of_the_table_has_a_date_worked_by_hand() -> None:
    with need("law", "breach_rules.csv").open(encoding="utf-8") as file:
        counted = {row["id"]: row["counting_rule"] for row in csv.DictReader(file)}
    assert {counted[rule] for rule, *_ in BY_HAND} == set(counted.values())


@pytest.mark.parametrize(("rule", "start", "zone", "due"), BY_HAND)
def test_counting_rule(rule: str, start: str, zone: str, due: str | None) -> None:
    found = deadline(rule, moment(start), zone=zone)
    assert found.due == (moment(due) if due else None)
    assert found.steps
    if due:
        assert type(found.due) is type(moment(due))


@pytest.mark.parametrize(("rule", "start", "zone", "mode", "due"), MODES)
def test_mode(rule: str, start: str, zone: str, mode: str, due: str) -> None:
    found = deadline(rule, moment(start), zone=zone, mode=mode)
    assert found.due == moment(due)
    assert type(found.due) is type(moment(due))


@pytest.mark.parametrize(
    ("rule", "start", "zone", "later"),
    [
        ("us-tx-authority", "2026-06-04", CHICAGO, "2026-07-06"),
        ("us-wi-individuals", "2026-10-01", CHICAGO, "2026-11-16"),
        # Easter Monday is closed too
        ("au-ndb-assessment", "2026-03-05", "Australia/Sydney", "2026-04-07"),
        ("eu-nis2-final", "2026-01-31", "Europe/Rome", "2026-03-02"),
        ("eu-dora-final", "2026-04-30", "Europe/Paris", "2026-06-01T12:00+02:00"),
        ("eu-gdpr-authority", "2026-06-01T10:45+02:00", "Europe/Berlin", "2026-06-04T11:00+02:00"),
    ],
)
def test_a_later_date_that_the_law_may_allow_is_shown_and_not_relied_on(
    rule: str, start: str, zone: str, later: str
) -> None:
    found = deadline(rule, moment(start), zone=zone)
    assert moment(later) in [s.due for s in found.second_readings]
    assert all(s.citation and s.why for s in found.second_readings)


# Changes of the clocks that are not the usual hour at two in the morning.
@pytest.mark.parametrize(
    ("start", "zone", "due"),
    [
        # Lord Howe goes back by half an hour on 5 April 2026
        ("2026-04-04T12:00+11:00", "Australia/Lord_Howe", "2026-04-05T11:30+10:30"),
        # Cairo goes forward at midnight of 24 April 2026: that midnight does not exist
        ("2026-04-23T12:00+02:00", "Africa/Cairo", "2026-04-24T13:00+03:00"),
        # Israel changes two days before Europe
        ("2026-03-26T12:00+02:00", "Asia/Jerusalem", "2026-03-27T13:00+03:00"),
        # Morocco sets its clocks back for Ramadan, 15 February 2026
        ("2026-02-14T12:00+01:00", "Africa/Casablanca", "2026-02-15T11:00+00:00"),
        # no change at all
        ("2026-03-28T12:00+08:00", "Asia/Manila", "2026-03-29T12:00+08:00"),
        # Samoa is a day ahead of its neighbour; hours do not care
        ("2026-12-31T23:30+13:00", "Pacific/Apia", "2027-01-01T23:30+13:00"),
    ],
)
def test_twenty_four_hours_across_unusual_changes(start: str, zone: str, due: str) -> None:
    found = deadline("eu-nis2-early", moment(start), zone=zone).due
    assert found == moment(due)
    assert found is not None
    assert found.isoformat() == datetime.fromisoformat(due).isoformat()


def test_a_day_that_begins_without_midnight_still_ends_the_one_before() -> None:
    """In Cairo 24 April 2026 begins at 01:00; a duty due on the 23rd is late from that instant."""
    found = deadline("sg-pdpa-authority", date(2026, 4, 20), zone="Africa/Cairo")
    assert found.due == date(2026, 4, 23)
    assert found.late_from() == datetime(2026, 4, 23, 22, tzinfo=UTC)


def test_days_are_those_of_the_zone_that_was_asked_for() -> None:
    """Eight in the evening of the 14th in Los Angeles is the 15th in New York and Manila."""
    start = datetime(2026, 1, 14, 20, tzinfo=ZoneInfo(LOS_ANGELES))
    assert deadline("us-ca-individuals", start, zone=LOS_ANGELES).due == date(2026, 2, 13)
    assert deadline("us-ca-individuals", start, zone="Asia/Manila").due == date(2026, 2, 14)


ZONES = [None, "UTC", "Europe/Berlin", NEW_YORK, "Asia/Manila", "Asia/Kathmandu", "Australia/Lord_Howe"]
STARTS = [
    datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
    datetime(2028, 2, 29, 23, 59, 59, 999_999, tzinfo=UTC),
    datetime(2026, 10, 25, 2, 30, fold=1, tzinfo=ZoneInfo("Europe/Berlin")),
    date(2028, 2, 29),
    date(2026, 12, 31),
    date(2099, 12, 30),
    date(1, 1, 1),
    date(9999, 12, 31),
    datetime(1, 1, 1, tzinfo=UTC),
    datetime(9999, 12, 31, 23, 59, tzinfo=UTC),
]


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("start", STARTS, ids=str)
def test_every_rule_gives_an_explained_date_or_says_what_is_missing(
    start: datetime | date, zone: str | None
) -> None:
    for rule in builtin_rules().values():
        try:
            found = deadline(rule.id, start, zone=zone)
        except InputError as error:
            assert error.hint, rule.id
            continue
        assert found.steps, rule.id
        assert found.explain()
        if rule.status == "proposed" or rule.period is None:
            assert found.due is None, rule.id
            continue
        assert found.due is not None, rule.id
        # An instant for hours, else a day; each step of the way to it is cited.
        assert isinstance(found.due, datetime) == (rule.period.unit == "hours"), rule.id
        assert all(step.text and step.citation for step in found.steps), rule.id


@pytest.mark.parametrize(
    ("zone", "start"),
    [
        ("Asia/Colombo", date(2030, 1, 10)),  # the library knows Sri Lanka's holidays until 2026
        ("Asia/Kolkata", date(2040, 1, 10)),  # and India's moving ones until 2035
        ("Europe/Berlin", date(2099, 12, 20)),
    ],
)
def test_a_calendar_that_does_not_reach_the_year_is_no_open_calendar(zone: str, start: date) -> None:
    with pytest.raises(InputError, match=r"does not reach|reaches the year|not complete"):
        deadline("contract", start, zone=zone, mode="contract 10 business days")
