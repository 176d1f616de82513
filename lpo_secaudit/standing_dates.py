"""The dates that an engagement has to keep without any incident: audits, certificates, contract, waivers."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from lpo_secaudit.accountability.clock.counting import add_days, add_months
from lpo_secaudit.accountability.exports import CalendarItem
from lpo_secaudit.accountability.relationship import FoundClause
from lpo_secaudit.catalog.engagements import load_engagement, parse_instant
from lpo_secaudit.collect import Bundle
from lpo_secaudit.errors import InputError
from lpo_secaudit.model.durations import parse_duration
from lpo_secaudit.model.engagement import Engagement
from lpo_secaudit.model.evidence import Evidence
from lpo_secaudit.obligations import CERTIFICATE, CLAUSE, audited, clauses_of, expiry_of

__all__ = ["standing_dates"]

_WEEK = timedelta(days=7)
_MONTHS = {"months": 1, "years": 12}


def standing_dates(
    engagement: str | Path | None,
    audit: str | Path | None,
    clauses: Iterable[FoundClause] = (),
    now: datetime | None = None,
) -> tuple[tuple[CalendarItem, ...], datetime]:
    """The dates to keep, and the instant that they were taken from.

    Of an audit folder: when the next audit is due by the cadence and when the contract wants it
    announced, when certificates and policies expire, and all that follows from the day on which the
    contract ends (`accountability.contract_ends`): the last day of a notice, return or deletion, the
    ends of duties that survive for a time. Of an engagement file: the same without audits and
    certificates.

    Args:
        engagement: the engagement file.
        audit: folder of an audit, instead.
        clauses: of contracts read beside an engagement file.
        now: aware instant for a file that was not audited; default the Unix epoch, for equal bytes.

    Raises:
        InputError: neither was named, the one named is not valid, or a date that cannot be.
    """
    if audit is not None:
        folder = Path(audit)
        frame, bundle = audited(folder), Bundle(folder / "bundle")
        stamp = _evaluated_at(folder / "audit.json")
        found = clauses_of(bundle.records(CLAUSE)) or ()
        items = [*_audits(frame, bundle.ended_at, found), *_papers(frame, bundle.records(CERTIFICATE))]
    elif engagement is not None:
        frame, found, items = load_engagement(Path(engagement)), tuple(clauses), []
        stamp = now or datetime(1970, 1, 1, tzinfo=UTC)
    else:
        raise InputError(
            "name either an engagement file or an audit folder", hint="--engagement FILE or --audit FOLDER"
        )
    return (*items, *_contract(frame, found), *_waivers(frame)), stamp


def _evaluated_at(path: Path) -> datetime:
    try:
        return parse_instant(str(json.loads(path.read_bytes())["evaluated_at"]), str(path))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InputError(
            "the result of the audit cannot be read",
            where=str(path),
            hint="give the folder of secaudit run",
        ) from error


def _uid(*parts: str) -> str:
    """Stable from audit to audit, so that a later export moves the entry and adds none."""
    return hashlib.sha256("\x00".join(parts).encode()).hexdigest()[:32] + "@lpo-secaudit"


def _audits(frame: Engagement, ended: datetime, clauses: Iterable[FoundClause]) -> Iterator[CalendarItem]:
    due = ended + frame.cadence
    yield CalendarItem(
        _uid("audit", frame.id),
        due,
        f"Audit of {frame.provider.name} due",
        f"The last one ended {ended:%Y-%m-%d}; the cadence is {frame.cadence.days} days.",
        (2 * _WEEK,),
    )
    for clause in clauses:
        days = clause.get("notice_days")
        if clause.clause == "audit-right" and isinstance(days, int) and days > 0:
            yield CalendarItem(
                _uid("audit-notice", frame.id, clause.document),
                add_days(due.date(), -days),
                f"Last day to announce the audit to {frame.provider.name}",
                f"{clause.document} asks for {days} days' notice: {_words(clause)}",
                (_WEEK,),
            )


def _papers(frame: Engagement, records: Iterable[Evidence]) -> Iterator[CalendarItem]:
    for record in records:
        name = f"{frame.provider.name}, source {record.subject.source}"
        policies = [p for p in record.data.get("policies", ()) if isinstance(p, Mapping)]
        dated = [(f"{p.get('type', '')} policy", expiry_of(p)) for p in policies] or [
            ("", expiry_of(record.data))
        ]
        for what, day in dated:
            if day is not None:
                label = " ".join(part for part in (record.subject.id, what) if part)
                yield CalendarItem(
                    _uid("certificate", frame.id, record.subject.source, label),
                    day,
                    f"Certificate expires: {label}",
                    name,
                    (timedelta(days=60), 2 * _WEEK),
                )


def _contract(frame: Engagement, clauses: Iterable[FoundClause]) -> Iterator[CalendarItem]:
    """What the end of the contract sets off. Periods that no day is known for are no dates."""
    more: Mapping[str, Any] = frame.options.get("accountability", {})
    if "contract_ends" not in more:
        return
    ends = _date_of(str(more["contract_ends"]))
    name = frame.provider.name
    yield CalendarItem(
        _uid("contract-end", frame.id),
        ends,
        f"Contract with {name} ends",
        "accountability.contract_ends",
        (4 * _WEEK,),
    )
    if "contract_notice" in more:
        length = parse_duration(str(more["contract_notice"]), "accountability.contract_notice")
        # A period counted backwards: its last day does not roll (Reg. 1182/71 Art. 3(4), second sentence).
        yield CalendarItem(
            _uid("contract-notice", frame.id),
            add_days(ends, -max(1, -(-length // timedelta(days=1)))),
            f"Last day for notice to {name} before the contract ends",
            f"accountability.contract_notice: {more['contract_notice']} before {ends}",
            (4 * _WEEK, _WEEK),
        )
    for clause in clauses:
        days = clause.get("deadline_days")
        if clause.clause == "return-or-deletion" and isinstance(days, int) and days > 0:
            yield CalendarItem(
                _uid("deletion", frame.id, clause.document),
                add_days(ends, days),
                f"Last day for {name} to return or delete the data",
                f"{days} days after the contract's end, {clause.document}: {_words(clause)}",
                (_WEEK,),
            )
        if clause.clause == "survival":
            yield from _survivals(frame, clause, ends)


def _survivals(frame: Engagement, clause: FoundClause, ends: date) -> Iterator[CalendarItem]:
    """The day on which duties that outlive the contract for a time come to their own end."""
    from lpo_secaudit.contracts.numbers import find_periods

    for quote in clause.quotes:
        for period in find_periods(quote.text):
            if period.unit in _MONTHS:
                last = add_months(ends, period.value * _MONTHS[period.unit])
            elif period.unit == "days":
                last = add_days(ends, period.value)
            else:
                continue
            yield CalendarItem(
                _uid("survival", frame.id, clause.document, quote.section, str(period.value), period.unit),
                last,
                f"Duties of {frame.provider.name} cease to survive the contract",
                f"{period.value} {period.unit} after {ends}: {quote.shown()}",
                (4 * _WEEK,),
            )


def _words(clause: FoundClause) -> str:
    return clause.quotes[0].shown() if clause.quotes else clause.clause


def _date_of(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{text!r} is no day of the calendar",
            where="accountability.contract_ends",
            hint="write it as 2027-03-31",
        ) from None


def _waivers(frame: Engagement) -> Iterator[CalendarItem]:
    for waiver in frame.waivers:
        yield CalendarItem(
            _uid("waiver", frame.id, waiver.check, waiver.subject),
            waiver.expires,
            f"Waiver expires: {waiver.check}",
            f"Owner {waiver.owner}: {waiver.reason}",
            (2 * _WEEK,),
        )
