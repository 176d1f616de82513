"""The audit result: everything that `audit.json` holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from lpo_secaudit.formats.instants import format_instant
from lpo_secaudit.model.check import Observation
from lpo_secaudit.model.engagement import Engagement
from lpo_secaudit.model.finding import AppliedWaiver, Conflict, Coverage, Finding, FindingStatus
from lpo_secaudit.model.matrix import MatrixRow

__all__ = ["FORMAT", "AuditResult", "SourceReport"]

FORMAT = "lpo-secaudit-audit/1"


@dataclass(frozen=True, slots=True)
class SourceReport:
    """One source of the engagement and how far it was seen.

    Attributes:
        state: "complete", "partial" or "unavailable".
        problems: one line for each thing that could not be listed.
    """

    id: str
    collector: str
    version: str
    state: str
    problems: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "id": self.id,
            "collector": self.collector,
            "version": self.version,
            "state": self.state,
            "problems": list(self.problems),
        }


@dataclass(frozen=True)
class AuditResult:
    """What an audit concluded; the same inputs give the same `to_json()`, byte for byte.

    Attributes:
        engagement: the frame.
        tool_version: of the library.
        evaluated_at: aware instant that ages are counted to.
        law_as_of: the day whose law was applied.
        bundle: manifest digest, instants and number of records.
        catalogs: id, title, version, source and file digests of each catalog.
        plugins: name to version.
        plugin_problems: plugins that could not be used.
        sources, observations, findings, conflicts, waivers, coverage: see their types.
        matrix: promise, claim and practice side by side, one row a topic.
        obligations: who owes whom what, from clauses, law and the firm's commitments.
    """

    engagement: Engagement
    tool_version: str
    evaluated_at: datetime
    law_as_of: date
    bundle: Mapping[str, Any]
    catalogs: tuple[Mapping[str, Any], ...]
    plugins: Mapping[str, str]
    plugin_problems: tuple[Mapping[str, Any], ...]
    sources: tuple[SourceReport, ...]
    observations: tuple[Observation, ...]
    findings: tuple[Finding, ...]
    conflicts: tuple[Conflict, ...]
    waivers: tuple[AppliedWaiver, ...]
    obligations: tuple[Mapping[str, Any], ...]
    coverage: Coverage
    matrix: tuple[MatrixRow, ...] = ()

    def violations(self, at_least: int = 0) -> tuple[Finding, ...]:
        """Findings not satisfied and not waived, of at least a severity rank."""
        return tuple(
            f
            for f in self.findings
            if f.status is FindingStatus.NOT_SATISFIED and not f.waived and f.severity.rank >= at_least
        )

    @property
    def complete(self) -> bool:
        """Nothing was left undetermined, no source lost, every plugin usable."""
        return self.coverage.complete and not self.plugin_problems

    def to_json(self) -> dict[str, Any]:
        e = self.engagement
        return {
            "format": FORMAT,
            "tool": {"name": "lpo_secaudit", "version": self.tool_version},
            "engagement": {
                "id": e.id,
                "client": {"name": e.client.name, "country": e.client.country},
                "provider": {"name": e.provider.name, "country": e.provider.country},
                "data_classes": list(e.data_classes),
                "subjects_in": list(e.subjects_in),
            },
            "evaluated_at": format_instant(self.evaluated_at),
            "law_as_of": self.law_as_of.isoformat(),
            "bundle": dict(self.bundle),
            "catalogs": [dict(c) for c in self.catalogs],
            "plugins": dict(self.plugins),
            "plugin_problems": [dict(p) for p in self.plugin_problems],
            "sources": [s.to_json() for s in self.sources],
            "coverage": self.coverage.to_json(),
            "findings": [f.to_json(self.waivers) for f in self.findings],
            "matrix": [r.to_json() for r in self.matrix],
            "conflicts": [c.to_json() for c in self.conflicts],
            "obligations": [dict(o) for o in self.obligations],
            "waivers": [w.to_json() for w in self.waivers],
            "observations": [o.to_json() for o in self.observations],
        }
