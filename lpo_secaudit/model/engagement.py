"""An engagement: one provider relationship under audit, as `engagement.yaml` states it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

__all__ = ["Commitment", "Engagement", "Party", "Source", "WaiverRequest"]


@dataclass(frozen=True, slots=True)
class Party:
    """A client firm or provider: its name, and ISO 3166-1 alpha-2 country ("" where not given)."""

    name: str
    country: str = ""


@dataclass(frozen=True, slots=True)
class Source:
    """One place evidence comes from: id, the collector's word, and the collector's options."""

    id: str
    collector: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Commitment:
    """What the firm itself owes its client (outside-counsel guideline, protective order).

    Attributes:
        to: who it is owed to.
        breach_notice_within: longest time from the firm's awareness to its notice; None if none.
        source: where it is written, "guidelines.pdf s. 4".
    """

    to: str
    breach_notice_within: timedelta | None
    source: str


@dataclass(frozen=True, slots=True)
class WaiverRequest:
    """An acceptance of one check's violations, as the engagement file states it.

    Attributes:
        check: check id.
        subject: subject id, or "*" for every subject of the check.
        owner: the person who answers for it.
        reason: why it is acceptable.
        expires: aware instant from which it no longer counts.
    """

    check: str
    subject: str
    owner: str
    reason: str
    expires: datetime


@dataclass(frozen=True)
class Engagement:
    """One audit's frame; made by `lpo_secaudit.catalog.load_engagement`.

    Attributes:
        id: identifier of the relationship.
        client, provider: the parties.
        data_classes: what is handed over: "eu-personal-data", "phi", "privileged" ...
        subjects_in: jurisdictions of the people in the data: ISO codes, "US-CA" for a state.
        catalogs: catalog and profile names or relative paths, as written.
        sources: where evidence comes from, in file order.
        commitments: the firm's own promises to its clients.
        cadence: longest time between audits; evidence older than this is stale.
        waivers: accepted violations.
        base: folder that relative paths start from.
        raw: exact bytes of the file; recorded with the audit.
        name: how messages name the file.
        options: parts that one stage alone reads, by their key in the file (`accountability`).
    """

    id: str
    client: Party
    provider: Party
    data_classes: tuple[str, ...]
    subjects_in: tuple[str, ...]
    catalogs: tuple[str, ...]
    sources: tuple[Source, ...]
    commitments: tuple[Commitment, ...] = ()
    cadence: timedelta = timedelta(days=90)
    waivers: tuple[WaiverRequest, ...] = ()
    base: Path = Path()
    raw: bytes = b""
    name: str = "engagement.yaml"
    options: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def load(cls, path: str | Path) -> Engagement:
        """Read and check an engagement file.

        Raises:
            InputError: the file cannot be read or is not valid; says line, path and hint.
        """
        from lpo_secaudit.catalog import load_engagement

        return load_engagement(Path(path))
