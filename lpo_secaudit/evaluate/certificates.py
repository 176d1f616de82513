"""Certificates and reports as claims: what they say, for which topics, until when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lpo_secaudit.evaluate.measures import Measure
from lpo_secaudit.evaluate.statements import CLAIM_MAX_AGE, Stance, Statement
from lpo_secaudit.model.evidence import Evidence

if TYPE_CHECKING:
    from lpo_secaudit.catalog.topics import Topics

__all__ = ["certificate_claims"]

_TOPICS = {
    "insurance": ("insurance",),
    "penetration-test": ("penetration-testing",),
    "pentest": ("penetration-testing",),
}
"""Kind of document to the topics it speaks for; every other kind is independent assurance."""

_DEFAULT = ("certification",)
_VALID_UNTIL = ("valid_until", "expires", "expires_on", "expiry")
_PERIOD_END = ("period_end", "period_to", "as_of", "issued", "issued_on", "report_date")


def certificate_claims(
    records: Iterable[Evidence], topics: Topics, evaluated_at: datetime
) -> dict[str, list[Statement]]:
    """Statements of records of type `certificate.document`, by topic.

    A certificate is outdated after its expiry; a report, which has none, when its period ended
    more than `CLAIM_MAX_AGE` ago. One that states neither is unclear.
    """
    found: dict[str, list[Statement]] = {}
    for record in sorted(records, key=lambda r: (r.subject, r.digest)):
        data = record.data
        kind = str(data.get("kind", ""))
        expires, ended = _day(data, _VALID_UNTIL), _day(data, _PERIOD_END)
        last = expires or (ended + CLAIM_MAX_AGE if ended else None)
        until = f" until {expires.date()}" if expires else f" as of {ended.date()}" if ended else ""
        by = f" by {data['issuer']}" if data.get("issuer") else ""
        name = str(data.get("document") or data.get("file") or record.subject.id)
        wanted = next((t for word, t in _TOPICS.items() if kind.startswith(word)), _DEFAULT)
        for id_ in wanted:
            if id_ not in topics.by_id:
                continue
            found.setdefault(id_, []).append(
                Statement(
                    topic=id_,
                    stance=Stance.HOLDS if last else Stance.UNCLEAR,
                    source=record.subject.source,
                    about=kind,
                    document=name,
                    kind=f"certificate:{kind}",
                    place=name,
                    quote=f"{kind.replace('-', ' ') or 'document'}{by}{until}",
                    evidence=(record.digest,),
                    measure=_amount(data) if id_ == "insurance" else None,
                    as_of=ended or expires,
                    outdated=last is not None and last < evaluated_at,
                )
            )
    return found


def _day(data: Mapping[str, Any], names: Iterable[str]) -> datetime | None:
    """The end of the first day among some facets; None where there is none."""
    for name in names:
        try:
            day = date.fromisoformat(str(data.get(name) or "")[:10])
        except ValueError:
            continue
        return datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(days=1)
    return None


def _amount(data: Mapping[str, Any]) -> Measure | None:
    amount, currency = data.get("amount"), data.get("currency")
    if isinstance(amount, int | float) and not isinstance(amount, bool) and isinstance(currency, str):
        return Measure(float(amount), currency)
    return None
