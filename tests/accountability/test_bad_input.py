"""Bad input through the library: a precise error, and never a date counted from it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lpo_secaudit.accountability import (
    Commitment,
    Event,
    Incident,
    Party,
    assess,
    builtin_rules,
    deadline,
    obligations,
)
from lpo_secaudit.accountability.affected import Affected, Count
from lpo_secaudit.errors import InputError
from tests.accountability.cases import relationship

T0 = datetime(2026, 3, 3, 10, tzinfo=UTC)
NAIVE = T0.replace(tzinfo=None)
BERLIN = ZoneInfo("Europe/Berlin")


def incident(*events: Event, **more: Any) -> Incident:
    return Incident("case-1", "case", events, **more)


def one_place(code: str) -> Affected:
    return Affected(Count(1, 1), {code: Count(1, 1)})


BAD: list[tuple[Callable[[], Any], str]] = [
    # a naive time would be read in the zone of whatever machine runs this
    (lambda: Event("aware", NAIVE, "firm"), "aware 2026-03-03T10:00:00 has no time zone"),
    (lambda: Event("aware", None, "firm", not_by=NAIVE), "has no time zone"),
    (lambda: assess(incident(), obligations(relationship("DE")), NAIVE), "as_of .* has no time zone"),
    (lambda: assess(incident(), (), T0.date()), "as_of must be an aware datetime, not date"),  # type: ignore[arg-type]
    (lambda: deadline("eu-gdpr-authority", NAIVE, zone="Europe/Berlin"), "no time zone"),
    # times that cannot be
    (lambda: Event("aware", datetime(2026, 3, 29, 2, 30, tzinfo=BERLIN), "firm"), "does not exist"),
    (lambda: Event("aware", "2026-03-03", "firm"), "no aware datetime or date"),  # type: ignore[arg-type]
    (lambda: Event("aware", date(226, 3, 3), "firm"), "outside the years"),
    (lambda: deadline("eu-gdpr-authority", datetime(9999, 12, 31, tzinfo=UTC), zone="UTC"), "outside"),
    # what no event is
    (lambda: Event("knew", T0, "firm"), "event 'knew' is not known"),
    (lambda: Event("aware", T0, "frm"), "'frm' is no party"),
    (lambda: Event("aware", T0), "needs 'who'"),
    (lambda: Event("occurred", T0, "firm"), "has no 'who'"),
    (lambda: Event("notified", T0, "firm"), "needs 'to'"),
    (lambda: Event("notified", T0, "firm", "firm"), "cannot tell itself"),
    (lambda: Event("notified", T0, "firm", "regulator"), "nobody is called 'regulator'"),
    (lambda: Event("notified", T0, "firm", "authority"), "under which rule"),
    (lambda: Event("notified", T0, "firm", "individuals"), "where those told live"),
    (lambda: Event("aware", None, "firm"), "either 'at' or 'not_by'"),
    (lambda: Event("aware", T0, "firm", not_by=T0), "either 'at' or 'not_by'"),
    # events that contradict each other
    (
        lambda: incident(Event("occurred", T0), Event("aware", T0 - timedelta(days=1), "firm")),
        "earlier than the incident itself",
    ),
    (lambda: incident(Event("aware", T0, "firm"), Event("aware", T0 + timedelta(1), "firm")), "stands twice"),
    (
        lambda: incident(Event("suspected", T0 + timedelta(1), "firm"), Event("aware", T0, "firm")),
        "is earlier than suspected",
    ),
    (
        lambda: incident(Event("aware", T0, "firm"), Event("notified", T0 - timedelta(1), "firm", "client")),
        "earlier than the firm's own knowledge",
    ),
    (
        lambda: incident(Event("aware", T0, "firm"), Event("aware", None, "firm", not_by=T0 + timedelta(1))),
        "said not to have happened",
    ),
    # places, zones, calendars
    (lambda: relationship("XX"), "place 'XX' is not known"),
    (lambda: relationship("US-ZZ"), "US has no such part"),
    (lambda: relationship("CA-QB"), "CA has no such part"),
    (lambda: relationship("DE", firm=Party("F", "Germany")), "place 'Germany' is not known"),
    (lambda: relationship("DE", firm=Party("F", "DE", "Europe/Berlyn")), "time zone 'Europe/Berlyn'"),
    (lambda: relationship("DE", contract_zone="CET+1"), "time zone 'CET\\+1'"),
    (lambda: relationship("DE", contract_calendar="US-ZZ"), "holiday calendar 'US-ZZ'"),
    (lambda: one_place("XX"), "place 'XX' is not known"),
    (lambda: one_place("US-ZZ"), "US has no such part"),
    (lambda: one_place("GB"), "written 'UK' here"),
    (lambda: Event("notified", T0, "firm", "individuals", places=("GB",)), "written 'UK' here"),
    (lambda: deadline("eu-gdpr-authority", T0, zone="../../etc/passwd"), "time zone"),
    # facts
    (lambda: incident(risk="hi"), "risk 'hi' is not known"),
    (lambda: incident(data=("phii",)), "did you mean 'phi'"),
    (lambda: incident(affected=Affected(Count(1, 1), {"DE": Count(2, 2)})), "the total only 1"),
    (lambda: Count(2, 1), "cannot lie between 2 and 1"),
    (lambda: Commitment.of("c", "24", "s. 4"), "is not understood"),
    # modes and rules
    (lambda: deadline("contract", T0, zone="UTC", mode="contract 0 h"), "is no period"),
    (lambda: deadline("contract", T0, zone="UTC", mode="contract -3 h"), "-3 is no number"),
    (lambda: deadline("contract", T0, zone="UTC", mode=f"contract {10**20} h"), "is no period"),
    (lambda: deadline("eu-gdpr-authority", T0, zone="UTC", mode=72), "mode must be a text"),  # type: ignore[arg-type]
    (lambda: deadline(None, T0, zone="UTC"), "rule_id must be a text"),  # type: ignore[arg-type]
]


@pytest.mark.parametrize(("call", "words"), BAD, ids=[words for _, words in BAD])
def test_bad_input_is_refused_by_name(call: Callable[[], Any], words: str) -> None:
    with pytest.raises(InputError, match=words):
        call()


def test_a_class_of_the_firms_own_is_no_slip() -> None:
    assert incident(data=("personal-data", "trade-secrets", "phi")).data


def test_every_place_that_a_rule_names_is_known() -> None:
    for rule in builtin_rules().values():
        relationship(rule.jurisdiction)
