"""The obligations of an engagement: joins its file and the contract evidence with breach law.

`audit.py` calls `register` for `audit.json`; `secaudit incident` works on `obligations_of`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from lpo_secaudit.accountability.incident import Incident
from lpo_secaudit.accountability.obligation import Obligation
from lpo_secaudit.accountability.obligations import obligations, widen
from lpo_secaudit.accountability.recovery import Certificate
from lpo_secaudit.accountability.relationship import (
    Commitment,
    FoundClause,
    Party,
    Relationship,
    clauses_from_json,
    clauses_of_records,
)
from lpo_secaudit.catalog.engagements import load_engagement, parse_engagement
from lpo_secaudit.collect import Bundle
from lpo_secaudit.errors import InputError
from lpo_secaudit.model.engagement import Engagement
from lpo_secaudit.model.evidence import Evidence

__all__ = [
    "audited",
    "certificates_of_audit",
    "clauses_of",
    "expiry_of",
    "from_audit",
    "from_engagement",
    "load_relationship",
    "obligations_of",
    "read_contracts",
    "register",
    "relationship_of",
]

CLAUSE = "contract.clause"
CERTIFICATE = "certificate.document"


def register(engagement: Engagement, bundle: Bundle, law_as_of: date) -> tuple[Mapping[str, Any], ...]:
    """The obligations of an engagement as `audit.json` holds them: contract, promises, law in force.

    Raises:
        InputError: a place or parameter of the engagement or the contract that cannot be.
    """
    found = obligations_of(engagement, bundle.records(CLAUSE), law_as_of)
    return tuple(obligation.to_json() for obligation in found)


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
    return obligations(load_relationship(path, None, incident))


def from_audit(folder: str | Path, incident: Incident | None = None) -> tuple[Obligation, ...]:
    """The obligations of a finished audit: the contract's clauses as its evidence has them, promises, law.

    Raises:
        InputError: not an audit folder.
        IntegrityError: a record of its bundle is not what its digest says.
    """
    return obligations(load_relationship(None, folder, incident))


def load_relationship(
    engagement: str | Path | None,
    audit: str | Path | None,
    incident: Incident | None = None,
    contracts: Sequence[str | Path] = (),
) -> Relationship:
    """The relationship of an engagement file, or of an audit folder with its contract.

    Args:
        engagement: the engagement file.
        audit: folder of an audit, instead.
        incident: places and data that it showed count as handed over, whatever the engagement says.
        contracts: contract files to read beside an engagement file, each in a process of its own.

    Raises:
        InputError: neither or both were named, or the one named is not valid.
        DocumentError: a contract cannot be read.
        IntegrityError: a record of the audit's bundle is not what its digest says.
    """
    if engagement is not None and audit is None:
        found = relationship_of(load_engagement(Path(engagement)), read_contracts(contracts))
    elif audit is not None and engagement is None:
        found = relationship_of(
            audited(Path(audit)), clauses_of(Bundle(Path(audit) / "bundle").records(CLAUSE))
        )
    else:
        raise InputError(
            "name either an engagement file or an audit folder", hint="--engagement FILE or --audit FOLDER"
        )
    return found if incident is None else widen(found, incident)


def read_contracts(paths: Sequence[str | Path]) -> tuple[FoundClause, ...] | None:
    """The clauses present in contract files; None where no file is named.

    Raises:
        DocumentError: a file cannot be read.
    """
    if not paths:
        return None
    from lpo_secaudit.contracts.analysis import analyze_document
    from lpo_secaudit.contracts.readers.isolated import IsolatedReader

    with IsolatedReader() as reader:
        return clauses_from_json([analyze_document(reader.read_document(path)).to_json() for path in paths])


def audited(folder: Path) -> Engagement:
    """The engagement that an audit folder is of.

    Raises:
        InputError: not an audit folder.
    """
    return parse_engagement(_read(folder / "inputs" / "engagement.yaml"), "engagement.yaml", folder)


def certificates_of_audit(folder: str | Path) -> tuple[Certificate, ...]:
    """The insurance certificates in an audit's evidence (records `certificate.document`)."""
    found = []
    for record in Bundle(Path(folder) / "bundle").records(CERTIFICATE):
        if record.data.get("kind") != "insurance":
            continue
        for policy in record.data.get("policies", ()):
            # Other policies do not pay for a breach. ACORD certificates state limits in US dollars.
            if policy.get("type") == "cyber":
                limit = policy.get("limit")
                found.append(
                    Certificate(
                        kind="cyber",
                        limit=None if limit is None else Decimal(str(limit)),
                        currency="USD",
                        expires=expiry_of(policy),
                        source=f"{record.data.get('file', record.subject.id)}, page {policy.get('page')}",
                    )
                )
    return tuple(found)


_EXPIRY_KEYS = ("expires", "expires_on", "valid_until", "not_after", "valid_to")


def expiry_of(data: Mapping[str, Any]) -> date | None:
    """The day after which a certificate or policy no longer stands; None where none is stated."""
    for key in _EXPIRY_KEYS:
        value = data.get(key)
        if isinstance(value, str):
            try:
                return date.fromisoformat(value[:10])
            except ValueError:
                continue
    return None


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(
            "not an audit folder: its engagement cannot be read",
            where=str(path),
            hint="give the folder of secaudit run",
        ) from error


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
