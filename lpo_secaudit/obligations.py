"""The obligations of an engagement: joins its file and the contract evidence with breach law.

`audit.py` calls `register` for `audit.json`; `secaudit incident` works on `obligations_of`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpo_secaudit.accountability.chain import Path as Path_
from lpo_secaudit.accountability.chain import Verdict, chain
from lpo_secaudit.accountability.incident import Incident
from lpo_secaudit.accountability.obligation import Obligation
from lpo_secaudit.accountability.obligations import obligations, widen
from lpo_secaudit.accountability.relationship import (
    Commitment,
    FoundClause,
    Party,
    Relationship,
    clauses_of_records,
)
from lpo_secaudit.catalog.engagements import load_engagement, parse_engagement
from lpo_secaudit.errors import InputError
from lpo_secaudit.model.check import Severity
from lpo_secaudit.model.engagement import Engagement
from lpo_secaudit.model.evidence import Evidence
from lpo_secaudit.model.finding import Conflict, ConflictKind, Leg

if TYPE_CHECKING:
    from lpo_secaudit.collect import Bundle

__all__ = [
    "chain_conflicts",
    "clauses_of",
    "from_audit",
    "from_engagement",
    "obligations_of",
    "register",
    "relationship_of",
]

CLAUSE = "contract.clause"


def register(engagement: Engagement, bundle: Bundle, law_as_of: date) -> tuple[Mapping[str, Any], ...]:
    """The obligations of an engagement as `audit.json` holds them: contract, promises, law in force.

    Raises:
        InputError: a place or parameter of the engagement or the contract that cannot be.
    """
    found = obligations_of(engagement, bundle.records(CLAUSE), law_as_of)
    return tuple(obligation.to_json() for obligation in found)


def chain_conflicts(engagement: Engagement, bundle: Bundle, law_as_of: date) -> tuple[Conflict, ...]:
    """Chains of promises that cannot hold in the worst case, as conflicts of the normal audit.

    A promise of the firm to its client against the period that the provider's contract gives
    (contract-conflict), or against no period at all; and law whose clock runs from the provider's
    knowledge already against that contract (below-baseline). Nothing where no contract was read.

    Raises:
        InputError: as `register`.
    """
    records = list(bundle.records(CLAUSE))
    if not records:
        return ()
    found = obligations_of(engagement, records, law_as_of)
    return tuple(
        _conflict(path, records)
        for path in chain(found)
        if path.verdict in (Verdict.BROKEN, Verdict.UNBOUNDED)
    )


def _conflict(path: Path_, records: list[Evidence]) -> Conflict:
    bound = path.links[0].obligation
    promised = [
        r for r in records if r.data.get("clause") == "breach-notification" and r.data.get("present") is True
    ]
    if bound is not None and bound.quotes:
        record = next(
            (r for r in promised if r.data.get("document") == bound.quotes[0].document), promised[0]
        )
        second = Leg("promise", record.subject.source, bound.citation, bound.quotes[0].text, (record.digest,))
    else:
        read = tuple(sorted({r.digest for r in records if r.data.get("clause") == "breach-notification"}))
        second = Leg("promise", records[0].subject.source, "the contracts read", path.links[0].why, read)
    own = path.end.source == "commitment"
    first = Leg(
        "baseline",
        "engagement" if own else path.end.citation,
        path.end.citation,
        f"{path.end.title}: {path.end.period_text()}",
        (),
    )
    broken = path.verdict == Verdict.BROKEN
    return Conflict(
        kind=ConflictKind.CONTRACT_CONFLICT if own else ConflictKind.BELOW_BASELINE,
        topic="breach-notice",
        severity=Severity.HIGH if broken else Severity.MEDIUM,
        first=first,
        second=second,
        message=f"The chain of notices cannot be kept: {path.words}",
        bound="firm" if path.end.debtor == "firm" else "client",
        ask="Shorten the provider's notice period, counted in hours from awareness or suspicion of any of its staff",
    )


def obligations_of(
    engagement: Engagement, clauses: Iterable[Evidence] | None, law_as_of: date | None = None
) -> tuple[Obligation, ...]:
    """The obligations of an engagement.

    Args:
        engagement: parties, data, promises.
        clauses: records of type `contract.clause`; None or none where no contract was read.
        law_as_of: leave out law not in force on that day.

    Raises:
        InputError: as `register`.
    """
    found = None if clauses is None else clauses_of(clauses)
    return obligations(relationship_of(engagement, found), law_as_of=law_as_of)


def from_engagement(path: str | Path, incident: Incident | None = None) -> tuple[Obligation, ...]:
    """The obligations of an engagement file alone: law and the firm's promises; no contract is read.

    Args:
        path: the engagement file.
        incident: places and data that it showed count as handed over, whatever the file says.

    Raises:
        InputError: the file is not valid.
    """
    return obligations(_with(relationship_of(load_engagement(Path(path)), None), incident))


def from_audit(folder: str | Path, incident: Incident | None = None) -> tuple[Obligation, ...]:
    """The obligations of a finished audit: the contract's clauses as its evidence has them, promises, law.

    Raises:
        InputError: not an audit folder.
        IntegrityError: a record of its bundle is not what its digest says.
    """
    from lpo_secaudit.collect import Bundle

    root = Path(folder)
    engagement = parse_engagement(_read(root / "inputs" / "engagement.yaml"), "engagement.yaml", root)
    clauses = clauses_of(Bundle(root / "bundle").records(CLAUSE))
    return obligations(_with(relationship_of(engagement, clauses), incident))


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            "not an audit folder: its engagement cannot be read",
            where=str(path),
            hint="give the folder of secaudit run",
        ) from error


def _with(relationship: Relationship, incident: Incident | None) -> Relationship:
    return relationship if incident is None else widen(relationship, incident)


def clauses_of(records: Iterable[Evidence]) -> tuple[FoundClause, ...] | None:
    """The clauses present in contracts; None where no contract was read at all."""
    return clauses_of_records([record.data for record in records])


def relationship_of(engagement: Engagement, clauses: tuple[FoundClause, ...] | None) -> Relationship:
    """The engagement in the words of accountability: its `client` is the firm that outsources.

    Raises:
        InputError: a place that is not known.
    """
    more: Mapping[str, Any] = engagement.options.get("accountability", {})
    client = more.get("client", {})
    return Relationship(
        firm=Party(
            engagement.client.name, more.get("firm_place", engagement.client.country), more.get("firm_zone")
        ),
        provider=Party(
            engagement.provider.name,
            more.get("provider_place", engagement.provider.country),
            more.get("provider_zone"),
        ),
        client=Party(client.get("name", "the client"), client.get("place", ""), client.get("zone")),
        firm_role=more.get("firm_role"),
        data_classes=engagement.data_classes,
        subjects_in=engagement.subjects_in or None,
        regimes=tuple(more["regimes"]) if "regimes" in more else None,
        provider_is_agent=more.get("provider_is_agent"),
        firm_is_agent=more.get("firm_is_agent"),
        clauses=clauses,
        commitments=tuple(
            Commitment.of(c.to, c.breach_notice_within, c.source) for c in engagement.commitments
        ),
        contract_zone=more.get("contract_zone"),
        contract_calendar=more.get("business_days"),
    )
