"""Controls and the catalogs and profiles that hold them (OSCAL's words)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from lpo_secaudit.model.check import Check, Severity

__all__ = ["Catalog", "Control", "ControlStatus"]

ControlStatus = Literal["in-force", "proposed", "superseded"]


@dataclass(frozen=True)
class Control:
    """One requirement of a law or of a firm, and the checks that bear on it.

    Attributes:
        id: stable identifier, e.g. "gdpr-32-1-a".
        catalog: id of the catalog that defines it.
        title: a few words.
        citation: instrument, article, edition: "GDPR Art. 32(1)(a)".
        requirement: what is required, in own words.
        severity: of not meeting it, where no failed check says otherwise.
        severity_set: a profile set the severity, so it counts whatever the failed checks say.
        checks: ids of all checks expected to report; all of them must, or the control is
            undetermined. Empty: nothing automatic can settle it.
        supporting_checks: ids of checks that may show that it is not met, never that it is. They
            count only for a control without `checks`; see docs/adr/0012-supporting-checks.md.
        duty_holder: who the law binds, as the source names it.
        evidence_kinds: contract, environment, questionnaire, document; the main one first.
        obligation: HIPAA's standard, required, addressable ...; empty elsewhere.
        topic: id in controls/topics.yaml; empty where none fits.
        residual: what the checks leave open, said in the report.
        good_terms, weak_terms: what a strong and a weak clause say (contract controls).
        status: proposed and superseded law never counts.
        data_classes: it applies where the engagement has one of these; empty: always. Kept with
            the control, so that it holds where a profile selects it too.
        in_force_from, in_force_to: first and last day in force; None is unbounded.
    """

    id: str
    catalog: str
    title: str
    citation: str
    requirement: str
    severity: Severity
    checks: tuple[str, ...]
    duty_holder: str = ""
    evidence_kinds: tuple[str, ...] = ()
    obligation: str = ""
    topic: str = ""
    residual: str = ""
    good_terms: str = ""
    weak_terms: str = ""
    status: ControlStatus = "in-force"
    in_force_from: date | None = None
    in_force_to: date | None = None
    supporting_checks: tuple[str, ...] = ()
    data_classes: tuple[str, ...] = ()
    severity_set: bool = False

    def in_force_on(self, day: date) -> bool:
        """Whether the control is law (or policy) on a day."""
        return (
            self.status != "proposed"
            and (self.in_force_from is None or self.in_force_from <= day)
            and (self.in_force_to is None or day <= self.in_force_to)
            and (self.status != "superseded" or self.in_force_to is not None)
        )


@dataclass(frozen=True)
class Catalog:
    """A file of controls; or a profile resolved into one.

    Attributes:
        id, title, version: of the file.
        source: where the requirements come from.
        controls: in file order.
        data_classes: the controls apply where the engagement has one of these; empty: always.
        checks: checks that the file itself defines, by YAML row.
        parameters: check id to parameter values that the file sets.
        files: name to exact bytes of every file read for it; recorded with the audit.
    """

    id: str
    title: str
    version: str
    source: str
    controls: tuple[Control, ...]
    data_classes: tuple[str, ...] = ()
    checks: tuple[Check, ...] = ()
    parameters: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)

    @classmethod
    def load(cls, name: str, base: str | Path = ".") -> Catalog:
        """Read a catalog or profile: a bundled one by name ("gdpr"), a file by path relative to `base`.

        Raises:
            InputError: unknown, unreadable or invalid; says line, path and hint.
        """
        from lpo_secaudit.catalog import load_catalog

        return load_catalog(name, Path(base))
