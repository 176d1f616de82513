"""Contracts held against a profile: the same checks that an audit runs, on evidence in memory."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lpo_secaudit.catalog.catalogs import load_catalog
from lpo_secaudit.check.run import run_checks
from lpo_secaudit.contracts.analysis import Analysis
from lpo_secaudit.contracts.library import ClauseLibrary
from lpo_secaudit.contracts.negotiation import Sheet, negotiation_sheet
from lpo_secaudit.contracts.records import CLAUSE, clause_data
from lpo_secaudit.errors import PluginError
from lpo_secaudit.model.evidence import Evidence, Listing, ListingStatus, Subject
from lpo_secaudit.plugins import load_plugins

__all__ = ["review"]

_SOURCE = "contracts"


class _Evidence:
    """Records in memory, as the checks expect a bundle to show them."""

    def __init__(self, records: Sequence[Evidence], listings: Sequence[Listing]) -> None:
        self._records = tuple(records)
        self.listings = tuple(listings)

    def types(self) -> tuple[str, ...]:
        return (CLAUSE,)

    def records(self, type_: str) -> Iterable[Evidence]:
        return self._records if type_ == CLAUSE else ()


def review(analyses: Sequence[Analysis], library: ClauseLibrary, profile: str, kind: str) -> Sheet:
    """The gaps between contracts and a catalog or profile.

    Args:
        profile: name of one that ships, or the path of a YAML file.

    Raises:
        InputError: no such profile, or it is not valid.
        PluginError: the plugin that brings the contract checks is not installed.
    """
    catalog = load_catalog(profile, Path())
    known = {**load_plugins().checks, **{check.id: check for check in catalog.checks}}
    named = {id_ for control in catalog.controls for id_ in control.checks}
    checks = {id_: known[id_] for id_ in sorted(named) if id_ in known and known[id_].evidence == CLAUSE}
    if not checks:
        raise PluginError(
            f"no check of contracts is named in {profile!r}",
            hint="is the plugin `contract` installed? See `secaudit plugins`",
        )
    now = datetime.now(UTC)
    records = [
        Evidence(
            Subject(CLAUSE, f"{analysis.file}#{clause.clause}", _SOURCE),
            clause_data(clause, library, Path(analysis.file).name, kind),
            "contract",
            now,
        )
        for analysis in analyses
        for clause in analysis.clauses
    ]
    listings = [
        Listing(CLAUSE, _SOURCE, analysis.file, ListingStatus.COMPLETE, len(analysis.clauses))
        for analysis in analyses
    ]
    observations = run_checks(
        checks.values(),
        _Evidence(records, listings),
        evaluated_at=now,
        default_max_age=timedelta(days=1),
        parameters=catalog.parameters,
    )
    return negotiation_sheet(
        catalog.title,
        catalog.controls,
        known,
        observations,
        [Path(analysis.file).name for analysis in analyses],
    )
