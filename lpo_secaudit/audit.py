"""The audit: joins the stages, and does nothing else.

    scope -> plan -> collect -> check -> evaluate -> report -> attest -> record

`judge` is the pure middle part; replay calls it again with what an audit recorded.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import lpo_secaudit
from lpo_secaudit.catalog import load_catalog, parameters_of, scope_controls
from lpo_secaudit.catalog.places import load_places
from lpo_secaudit.catalog.topics import load_topics
from lpo_secaudit.chains import chain_conflicts
from lpo_secaudit.check.run import run_checks
from lpo_secaudit.collect import Bundle, collect, plan_collection
from lpo_secaudit.collect.bundle import now_utc
from lpo_secaudit.errors import NothingToAuditError
from lpo_secaudit.evaluate import (
    apply_waivers,
    conclude,
    measure_coverage,
    reconcile,
    without_absent_support,
)
from lpo_secaudit.evaluate.coverage import source_states
from lpo_secaudit.folder import AuditFolder
from lpo_secaudit.formats.canonical import digest_bytes
from lpo_secaudit.formats.instants import format_instant
from lpo_secaudit.model.catalog import Catalog
from lpo_secaudit.model.check import Check, Method
from lpo_secaudit.model.engagement import Engagement
from lpo_secaudit.model.evidence import ListingStatus
from lpo_secaudit.model.result import AuditResult, SourceReport
from lpo_secaudit.obligations import register
from lpo_secaudit.plugins import PluginSet, load_plugins

if TYPE_CHECKING:
    from lpo_secaudit.attest.signers import Signer
    from lpo_secaudit.catalog.places import Gazetteer
    from lpo_secaudit.catalog.topics import Topics
    from lpo_secaudit.collect.plan import Plan
    from lpo_secaudit.collect.run import Progress

__all__ = ["Audit", "judge", "plan", "run"]

ALWAYS = {
    "contract.document": frozenset[str](),
    "contract.clause": frozenset[str](),
    "questionnaire.answer": frozenset[str](),
    "certificate.document": frozenset[str](),
}
"""Collected wherever a source has it: obligations and conflicts rest on it, whatever is checked."""


@dataclass(frozen=True)
class Audit:
    """A finished audit: its result and the folder that proves it.

    Attributes:
        result: what was concluded.
        folder: where everything lies; None where no output was asked for.
        keyid: of the key that signed; None without output.
        one_time_key: the key was made for this audit alone, so it proves integrity, not identity.
        timestamp_problem: why the timestamp that was asked for is not there; "" where nothing is amiss.
    """

    result: AuditResult
    folder: Path | None
    keyid: str | None
    one_time_key: bool
    timestamp_problem: str = ""


def run(
    engagement: Engagement,
    *,
    output: str | Path,
    ledger: str | Path | None = None,
    signer: Signer | None = None,
    tsa: str | None = None,
    evaluated_at: datetime | None = None,
    law_as_of: date | None = None,
    plugins: PluginSet | None = None,
    timeout_s: float = 3600.0,
    progress: Progress | None = None,
    clock: Callable[[], datetime] = now_utc,
) -> Audit:
    """Audit an engagement and leave a signed, recorded audit folder at `output`.

    Args:
        output: folder to make; it must not exist or be empty. It appears whole or not at all.
        ledger: ledger file or database URL; default `ledger.sqlite` beside the engagement file.
        signer: who signs; None makes a key for this audit alone and forgets it.
        tsa: address of an RFC 3161 timestamp authority; default: the engagement's `timestamp.url`.
            Where it gives no timestamp, the audit is kept without one, and says why.
        evaluated_at: aware instant to judge at; default: the end of collection.
        law_as_of: day whose law applies; default: the day of `evaluated_at`, UTC.
        plugins: default: all installed ones.
        timeout_s: longest time for a source.
        progress: told of what is going on; see `collect.run.Progress`.
        clock: tells the aware instant of collection; another one replays a recorded day.

    Raises:
        InputError: a catalog, source option or output folder is unusable.
        NothingToAuditError: no source, or no control in scope.
        IntegrityError: the ledger does not verify, so nothing may be added to it.
    """
    from lpo_secaudit.attest.timestamps import check_address

    tsa = check_address(tsa or engagement.options.get("timestamp", {}).get("url"))
    plugins = plugins or load_plugins()
    started_at = clock()
    catalogs = tuple(load_catalog(name, engagement.base) for name in engagement.catalogs)
    day = law_as_of or (evaluated_at or started_at).astimezone(UTC).date()
    checks = _selected_checks(engagement, catalogs, plugins, day)
    plan = plan_collection(engagement, checks, plugins, ALWAYS)
    with AuditFolder(Path(output)) as folder:
        collect(
            plan, folder.bundle, base=engagement.base, clock=clock, timeout_s=timeout_s, progress=progress
        )
        bundle = Bundle(folder.bundle)
        result = judge(engagement, catalogs, plugins, bundle, evaluated_at or bundle.ended_at, day)
        folder.write_result(result, plugins, catalogs)
        signed = folder.sign_and_record(
            signer, ledger or engagement.base / "ledger.sqlite", engagement.id, tsa=tsa
        )
        folder.finish()
    return Audit(result, Path(output), signed.keyid, signed.one_time, signed.timestamp_problem)


def plan(engagement: Engagement, *, law_as_of: date | None = None, plugins: PluginSet | None = None) -> Plan:
    """What an audit of the engagement would collect; nothing is asked of any source.

    Raises:
        InputError: a catalog or source option is unusable.
        NothingToAuditError: no source, or no control in scope.
    """
    plugins = plugins or load_plugins()
    catalogs = tuple(load_catalog(name, engagement.base) for name in engagement.catalogs)
    checks = _selected_checks(engagement, catalogs, plugins, law_as_of or datetime.now(UTC).date())
    return plan_collection(engagement, checks, plugins, ALWAYS)


def judge(
    engagement: Engagement,
    catalogs: Sequence[Catalog],
    plugins: PluginSet,
    bundle: Bundle,
    evaluated_at: datetime,
    law_as_of: date,
    *,
    topics: Topics | None = None,
    places: Gazetteer | None = None,
) -> AuditResult:
    """Everything between evidence and result; pure: equal inputs give equal results.

    Args:
        topics, places: what the legs are compared on; default: those of the package.

    Raises:
        NothingToAuditError: no source, or no control in scope.
        IntegrityError: a record of the bundle is not what its digest says.
    """
    checks = _selected_checks(engagement, catalogs, plugins, law_as_of)
    known = _known_checks(catalogs, plugins)
    parameters = parameters_of(catalogs, known, all_known=not plugins.problems)
    observations = run_checks(
        checks,
        bundle,
        evaluated_at=evaluated_at,
        default_max_age=engagement.cadence,
        parameters=parameters,
    )
    scoped = scope_controls(engagement, catalogs, law_as_of)
    observations = without_absent_support(observations, (s.control for s in scoped if not s.excluded))
    waivers = apply_waivers(engagement.waivers, observations, evaluated_at)
    findings = conclude(
        ((s.control, s.excluded) for s in scoped),
        observations,
        known,
        waivers,
        engagement.id,
        _sourced(engagement, plugins, known.values()),
    )
    reconciled = reconcile(
        topics or load_topics(),
        places or load_places(),
        clauses=bundle.records("contract.clause"),
        answers=bundle.records("questionnaire.answer"),
        certificates=bundle.records("certificate.document"),
        observations=observations,
        controls=[s.control for s in scoped if not s.excluded],
        evaluated_at=evaluated_at,
        data_classes=engagement.data_classes,
        contracts=_contract_texts(bundle),
        further=chain_conflicts(engagement, bundle, law_as_of),
    )
    sources = _sources(bundle)
    return AuditResult(
        engagement=engagement,
        tool_version=lpo_secaudit.__version__,
        evaluated_at=evaluated_at,
        law_as_of=law_as_of,
        bundle={
            "manifest": bundle.manifest_digest,
            "started_at": format_instant(bundle.started_at),
            "ended_at": format_instant(bundle.ended_at),
            "records": bundle.count,
        },
        catalogs=tuple(_catalog_note(c) for c in catalogs),
        plugins={name: plugin.version for name, plugin in plugins.plugins.items()},
        plugin_problems=tuple(p.to_json() for p in plugins.problems),
        sources=sources,
        observations=observations,
        findings=findings,
        conflicts=reconciled.conflicts,
        matrix=reconciled.matrix,
        waivers=waivers,
        obligations=register(engagement, bundle, law_as_of),
        coverage=measure_coverage(findings, observations, {s.id: s.state for s in sources}),
    )


def _contract_texts(bundle: Bundle) -> Iterator[str]:
    """Each contract as it was read: the last input of its clauses is the text that quotes are offsets of."""
    texts = {r.inputs[-1] for r in bundle.records("contract.clause") if r.inputs}
    for name in sorted(texts & set(bundle.blobs)):
        yield bundle.blob(name).decode("utf-8", "replace")


def _known_checks(catalogs: Iterable[Catalog], plugins: PluginSet) -> dict[str, Check]:
    own = {check.id: check for catalog in catalogs for check in catalog.checks}
    # An installed check cannot be replaced by a file of the same id: the name has one meaning.
    return own | dict(plugins.checks)


def _sourced(engagement: Engagement, plugins: PluginSet, checks: Iterable[Check]) -> frozenset[str]:
    """Ids of the checks of systems and documents for whose evidence the engagement names a source.

    By the engagement, not by what was found: what a provider leaves out of its evidence changes nothing.
    """
    collectors = (plugins.collectors.get(source.collector) for source in engagement.sources)
    types = {type_ for collector in collectors if collector for type_ in collector.produces}
    return frozenset(c.id for c in checks if c.method is not Method.INTERVIEW and c.evidence in types)


def _selected_checks(
    engagement: Engagement, catalogs: Sequence[Catalog], plugins: PluginSet, law_as_of: date
) -> tuple[Check, ...]:
    if not engagement.sources:
        raise NothingToAuditError(
            "the engagement names no source of evidence",
            where=engagement.name,
            hint="add one under `sources:`",
        )
    scoped = scope_controls(engagement, catalogs, law_as_of)
    if all(s.excluded for s in scoped):
        reasons = ", ".join(sorted({s.excluded for s in scoped}))
        raise NothingToAuditError(
            f"no control is in scope: {reasons}",
            where=engagement.name,
            hint="check `data.classes` and `catalogs`",
        )
    known = _known_checks(catalogs, plugins)
    parameters_of(catalogs, known, all_known=not plugins.problems)  # say so before anything is collected
    wanted = {
        check for s in scoped if not s.excluded for check in (*s.control.checks, *s.control.supporting_checks)
    }
    return tuple(known[check] for check in sorted(wanted) if check in known)


def _catalog_note(catalog: Catalog) -> Mapping[str, Any]:
    return {
        "id": catalog.id,
        "title": catalog.title,
        "version": catalog.version,
        "source": catalog.source,
        "files": {name: digest_bytes(raw) for name, raw in sorted(catalog.files.items())},
    }


def _sources(bundle: Bundle) -> tuple[SourceReport, ...]:
    planned = {str(s["source"]): bool(s["version"]) for s in bundle.sources}
    asked = {str(s["source"]) for s in bundle.sources if s["wanted"]}
    states = source_states(planned, bundle.listings, asked)
    reports = []
    for note in bundle.sources:
        source = str(note["source"])
        problems = {
            f"{x.type} {x.scope}".strip() + f": {x.gap.message}"
            for x in bundle.listings
            if x.source.split("/")[0] == source and x.status is not ListingStatus.COMPLETE and x.gap
        }
        if not note["version"]:
            problems.add(f"no usable plugin brings a collector {note['collector']!r}")
        reports.append(
            SourceReport(source, note["collector"], note["version"], states[source], tuple(sorted(problems)))
        )
    return tuple(reports)
