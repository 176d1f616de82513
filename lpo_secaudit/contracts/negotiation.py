"""The negotiation sheet: for each gap what the contract says, what the profile asks, and the law."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lpo_secaudit.model.catalog import Control
from lpo_secaudit.model.check import Check, Observation, Outcome

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Gap", "Sheet", "negotiation_sheet"]

_OPEN = (Outcome.UNAVAILABLE, Outcome.STALE, Outcome.ERROR)
_MOST_QUOTES = 3


@dataclass(frozen=True, slots=True)
class Said:
    """Words of a contract: text, document, section ("" unknown), page (None without pages)."""

    text: str
    document: str
    section: str
    page: int | None

    @property
    def place(self) -> str:
        parts = [self.document]
        if self.section:
            parts.append(f"section {self.section}")
        if self.page is not None:
            parts.append(f"page {self.page}")
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Gap:
    """One control that the contracts do not meet.

    Attributes:
        control: with requirement, citation and good terms.
        severity: of the worst check.
        found: one sentence for each check that is not satisfied: what was seen.
        quotes: what the contracts say on it; empty where they are silent.
        asks: what to ask for, from the checks' remediation.
        undecided: True where it could not be told; the asks then stand until it can.
    """

    control: Control
    severity: str
    found: tuple[str, ...]
    quotes: tuple[Said, ...]
    asks: tuple[str, ...]
    undecided: bool


@dataclass(frozen=True, slots=True)
class Sheet:
    """All gaps, the gravest first.

    Attributes:
        profile: title of the profile or catalog.
        documents: names of the contracts that were read.
        met: titles of the controls that are satisfied, for the record.
    """

    profile: str
    documents: tuple[str, ...]
    gaps: tuple[Gap, ...]
    met: tuple[str, ...]

    def markdown(self) -> str:
        """The sheet as Markdown; quotes are escaped, so that they cannot change the page."""
        lines = [f"# Negotiation sheet: {_plain(self.profile)}", ""]
        lines += [f"Contracts read: {', '.join(_plain(d) for d in self.documents)}.", ""]
        lines += [f"{len(self.gaps)} gaps, {len(self.met)} terms met.", ""]
        for number, gap in enumerate(self.gaps, 1):
            lines += [f"## {number}. {_plain(gap.control.title)} ({gap.severity})", ""]
            lines += ["**The contract says.** " + " ".join(_plain(f) + "." for f in gap.found), ""]
            for said in gap.quotes:
                lines += [f"> {_plain(said.text)}", f"> ({_plain(said.place)})", ""]
            if gap.undecided:
                lines += ["This could not be decided; treat it as open.", ""]
            lines += [f"**The profile asks.** {_plain(gap.control.requirement)}", ""]
            if gap.control.good_terms:
                lines += [f"Good terms: {_plain(gap.control.good_terms)}.", ""]
            lines += [f"- {_plain(ask)}" for ask in gap.asks]
            lines += ["", f"**The law.** {_plain(gap.control.citation)}", ""]
        if self.met:
            lines += ["## Terms met", "", *(f"- {_plain(title)}" for title in self.met), ""]
        return "\n".join(lines)

    def write_docx(self, path: Path) -> None:
        """The sheet as a Word document with one table a gap."""
        from docx import Document as WordDocument

        word = WordDocument()
        word.core_properties.title = f"Negotiation sheet: {self.profile}"
        word.add_heading(f"Negotiation sheet: {_clean(self.profile)}", 0)
        word.add_paragraph(f"Contracts read: {', '.join(_clean(d) for d in self.documents)}")
        word.add_paragraph(f"{len(self.gaps)} gaps, {len(self.met)} terms met.")
        for number, gap in enumerate(self.gaps, 1):
            word.add_heading(f"{number}. {_clean(gap.control.title)} ({gap.severity})", 2)
            table = word.add_table(rows=0, cols=2, style="Table Grid")
            quotes = [f"“{_clean(s.text)}” ({_clean(s.place)})" for s in gap.quotes]
            asked = [gap.control.requirement, *gap.asks]
            if gap.control.good_terms:
                asked.append(f"Good terms: {gap.control.good_terms}")
            rows = (
                ("The contract says", [*gap.found, *quotes]),
                ("The profile asks", asked),
                ("The law", [gap.control.citation]),
                ("Agreed", [""]),
            )
            for label, texts in rows:
                cells = table.add_row().cells
                cells[0].text = label
                cells[1].text = _clean(texts[0]) if texts else ""
                for text in texts[1:]:
                    cells[1].add_paragraph(_clean(text))
        if self.met:
            word.add_heading("Terms met", 2)
            for title in self.met:
                word.add_paragraph(_clean(title), style="List Bullet")
        word.save(str(path))


def negotiation_sheet(
    profile: str,
    controls: Iterable[Control],
    checks: Mapping[str, Check],
    observations: Sequence[Observation],
    documents: Sequence[str],
) -> Sheet:
    """What stands between the contracts and a profile.

    Args:
        profile: its title.
        controls: those in scope; one without a contract check is left out, since no wording of a
            contract alone can meet it.
        checks: by id.
        observations: of contract checks.
        documents: names of the contracts.
    """
    by_check: dict[str, list[Observation]] = {}
    for observation in observations:
        by_check.setdefault(observation.check, []).append(observation)
    gaps, met = [], []
    for control in controls:
        named = [c for c in control.checks if c in by_check]
        if not named:
            continue
        failed = [o for c in named for o in by_check[c] if o.outcome is Outcome.NOT_SATISFIED]
        unsure = [o for c in named for o in by_check[c] if o.outcome in _OPEN]
        if not failed and not unsure:
            met.append(control.title)
            continue
        gaps.append(_gap(control, failed, unsure, checks))
    gaps.sort(key=lambda gap: (-_rank(gap), gap.control.id))
    return Sheet(profile, tuple(documents), tuple(gaps), tuple(met))


def _gap(
    control: Control, failed: list[Observation], unsure: list[Observation], checks: Mapping[str, Check]
) -> Gap:
    told = failed or unsure
    worst = max((o.severity for o in told), key=lambda s: s.rank)
    severity = max(worst, control.severity, key=lambda s: s.rank)
    quotes: dict[str, Said] = {}
    for observation in told:
        for quote in observation.quotes:
            said = _said(quote)
            quotes.setdefault(said.text, said)
    return Gap(
        control=control,
        severity=str(severity),
        found=tuple(dict.fromkeys(o.message for o in told)),
        quotes=tuple(quotes.values())[:_MOST_QUOTES],
        asks=tuple(dict.fromkeys(checks[o.check].remediation for o in told if o.check in checks)),
        undecided=not failed,
    )


def _said(quote: Mapping[str, Any]) -> Said:
    return Said(quote["text"], quote.get("document") or "", quote.get("section") or "", quote.get("page"))


def _rank(gap: Gap) -> int:
    return ("informational", "low", "medium", "high", "critical").index(gap.severity)


def _clean(text: str) -> str:
    """One line without characters that XML forbids."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _plain(text: str) -> str:
    """Escaped for Markdown."""
    return "".join(f"\\{c}" if c in "\\`*_[]<>#|" else c for c in _clean(text))
