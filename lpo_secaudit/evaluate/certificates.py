"""Certificates and reports as claims: what they say, for which topics, until when."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any

from lpo_secaudit.evaluate.statements import Stance, Statement
from lpo_secaudit.model.evidence import Evidence

if TYPE_CHECKING:
    from lpo_secaudit.catalog.topics import Topics

__all__ = ["certificate_claims"]

_QUOTED = ("expires", "period_to", "issued", "kind")
"""Facets whose words are shown, the telling ones first."""


def certificate_claims(
    records: Iterable[Evidence], topics: Topics, evaluated_at: datetime
) -> dict[str, list[Statement]]:
    """Statements of records of type `certificate.document`, by topic.

    A document is outdated after the last day it can be relied on (`stands_until`); one that does not
    tell that day is unclear. So is one whose scope leaves out a service that was asked for.
    """
    found: dict[str, list[Statement]] = {}
    for record in sorted(records, key=lambda r: (r.subject, r.digest)):
        data = record.data
        ends = _end_of(data.get("stands_until"))
        left_out = [s for s in data.get("services", ()) if s.get("excluded") or s.get("in_scope") is False]
        for id_ in data.get("topics", ()):
            if id_ in topics.by_id:
                found.setdefault(id_, []).append(
                    Statement(
                        topic=id_,
                        stance=Stance.HOLDS if ends and not left_out else Stance.UNCLEAR,
                        source=record.subject.source,
                        about=str(data.get("kind", "")),
                        document=_name(record),
                        kind=f"certificate:{data.get('kind', '')}",
                        place=_place(record),
                        quote=_said(data),
                        evidence=(record.digest,),
                        as_of=ends,
                        outdated=ends is not None and ends < evaluated_at,
                    )
                )
    return found


def _end_of(day: Any) -> datetime | None:
    try:
        last = date.fromisoformat(str(day or "")[:10])
    except ValueError:
        return None
    # The day itself still counts.
    return datetime(last.year, last.month, last.day, tzinfo=UTC) + timedelta(days=1)


def _name(record: Evidence) -> str:
    return str(record.data.get("file") or record.subject.id)


def _quote(data: Mapping[str, Any]) -> Mapping[str, Any]:
    quotes = data.get("quotes") or {}
    found = (quotes.get(name) for name in _QUOTED)
    return next((q for q in found if isinstance(q, Mapping) and q.get("text")), {})


def _place(record: Evidence) -> str:
    page = _quote(record.data).get("page")
    return f"{_name(record)}, page {page}" if page else _name(record)


def _said(data: Mapping[str, Any]) -> str:
    """What the document is, until when it stands, and the words that say so."""
    title = str(data.get("title") or data.get("kind") or "document")
    issuer = f" of {data['issuer']}" if data.get("issuer") else ""
    until = f", stands until {data['stands_until']}" if data.get("stands_until") else ", no end stated"
    words = str(_quote(data).get("text", ""))
    return f"{title}{issuer}{until}" + (f': "{" ".join(words.split())[:300]}"' if words else "")
