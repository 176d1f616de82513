"""The summary of an audit for a person at a terminal; plain text where the stream is no terminal."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from lpo_secaudit.model.finding import FindingStatus
from lpo_secaudit.report.excerpt import excerpt

if TYPE_CHECKING:
    from rich.console import Console

    from lpo_secaudit.model.result import AuditResult

__all__ = ["print_summary"]

STYLE = {
    "critical": "bold white on red",
    "high": "bold red",
    "medium": "yellow",
    "low": "cyan",
    "informational": "dim",
    "not-satisfied": "red",
    "satisfied": "green",
    "undetermined": "yellow",
    "not-applicable": "dim",
}
MOST_FINDINGS = 12
MOST_CONFLICTS = 6
MOST_LETTERS = 160


def print_summary(
    result: AuditResult,
    stream: TextIO,
    *,
    folder: Path | None = None,
    keyid: str | None = None,
    one_time_key: bool = False,
) -> None:
    """Write the verdict, the worst findings, the conflicts and what could not be seen.

    Args:
        stream: where to; colours only if it is a terminal.
        folder, keyid, one_time_key: of the audit folder, where there is one.
    """
    from rich.console import Console
    from rich.markup import escape

    console = Console(file=stream, highlight=False, soft_wrap=not stream.isatty())
    e = result.engagement
    console.print(
        f"\n[bold]{escape(e.provider.name)}[/bold], audited for {escape(e.client.name)} ({escape(e.id)})"
    )
    console.print(_verdict(result))
    _matrix(result, console)
    _findings(result, console)
    _conflicts(result, console)
    _unseen(result, console)
    if folder is not None:
        signed = "a key made for this audit alone" if one_time_key else f"key {keyid}"
        console.print(f"\nSigned with {signed}. Everything lies in {escape(str(folder))}")
        console.print(f"Read   {escape(str(folder / 'report.html'))}")
        console.print(f"Check  secaudit verify {escape(str(folder))} --replay")


def _verdict(result: AuditResult) -> str:
    c = result.coverage
    counts = ", ".join(
        f"[{STYLE[str(status)]}]{c.controls[str(status)]} {status}[/]" for status in FindingStatus
    )
    if c.score is None:
        score = "no score: nothing was determined"
    else:
        score = (
            f"score {c.score:.0%} of what was determined; between {c.score_low:.0%} and {c.score_high:.0%} "
            f"with the undetermined counted either way; {c.determined:.0%} determined"
        )
    return f"{counts} controls\n{score}"


def _matrix(result: AuditResult, console: Console) -> None:
    """The topics on which the legs contradict each other, side by side; the report has all topics."""
    from rich.markup import escape

    rows = [row for row in result.matrix if row.verdict == "conflict"]
    if not rows:
        return
    console.print("\n[bold]Promise, claim and practice[/bold], where they contradict each other")
    console.print(f"  {'topic':<42}{'promise':<12}{'claim':<12}practice", style="dim")
    for row in rows:
        cells = [cell.state.replace("none", "-") for cell in (row.promise, row.claim, row.practice)]
        console.print(f"  {escape(_short(row.title, 40)):<42}{cells[0]:<12}{cells[1]:<12}{cells[2]}")


def _findings(result: AuditResult, console: Console) -> None:
    from rich.markup import escape

    failed = sorted(result.violations(), key=lambda f: (-f.severity.rank, f.control.catalog, f.control.id))
    if failed:
        console.print("\n[bold]Not satisfied[/bold]")
    for finding in failed[:MOST_FINDINGS]:
        severity = str(finding.severity)
        console.print(
            f"  [{STYLE[severity]}]{severity:>13}[/]  {escape(finding.control.citation)}: "
            f"{escape(finding.control.title)} ({escape(finding.reason)})"
        )
    if len(failed) > MOST_FINDINGS:
        console.print(f"  {'':>13}  and {len(failed) - MOST_FINDINGS} more in the report")


def _conflicts(result: AuditResult, console: Console) -> None:
    from rich.markup import escape

    if result.conflicts:
        kinds = ", ".join(
            f"{n} {kind}" for kind, n in sorted(Counter(str(c.kind) for c in result.conflicts).items())
        )
        console.print(f"\n[bold]Conflicts[/bold] ({kinds})")
    ordered = sorted(result.conflicts, key=lambda c: -c.severity.rank)
    for conflict in ordered[:MOST_CONFLICTS]:
        severity = str(conflict.severity)
        console.print(f"  [{STYLE[severity]}]{severity:>13}[/]  {escape(conflict.message)}")
        for leg in (conflict.first, conflict.second):
            shown = str(excerpt(leg.quote, leg.telling, MOST_LETTERS))
            console.print(f"  {'':>13}  {leg.leg}: {escape(shown)}", style="dim")
    if len(ordered) > MOST_CONFLICTS:
        console.print(f"  {'':>13}  and {len(ordered) - MOST_CONFLICTS} more in the report")


def _unseen(result: AuditResult, console: Console) -> None:
    from rich.markup import escape

    lost = [s for s in result.sources if s.state != "complete"]
    if lost or result.plugin_problems:
        console.print("\n[bold yellow]Could not be seen[/bold yellow]")
    for source in lost:
        first = source.problems[0] if source.problems else "no reason given"
        more = f" (and {len(source.problems) - 1} more)" if len(source.problems) > 1 else ""
        console.print(f"  source {escape(source.id)} is {source.state}: {escape(_short(first))}{more}")
    for problem in result.plugin_problems:
        console.print(f"  plugin {escape(problem['plugin'])}: {escape(_short(problem['message']))}")


def _short(text: str, length: int = MOST_LETTERS) -> str:
    text = " ".join(text.split())
    return text if len(text) <= length else text[: length - 1] + "…"
