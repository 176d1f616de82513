"""`secaudit demo`: a whole audit of a fictional provider, offline, from contract to verification."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpo_secaudit.cli.codes import ExitCode

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["demo"]

MOST_CLOCKS = 4

RECORDED_DAY = datetime(2026, 11, 28, 21, tzinfo=UTC)
"""The demo is judged as of this instant, soon after its evidence was recorded."""


def demo(
    into: Annotated[
        Path | None,
        typer.Option(
            help="Folder to make. Default: secaudit-demo here, or the next free number.", show_default=False
        ),
    ] = None,
) -> None:
    """Audit a fictional provider from bundled files: findings, conflicts, running clocks, proof.

    Needs no network and no account. Afterwards the folder holds the engagement to play with.
    """
    from rich.console import Console
    from rich.markup import escape

    from lpo_secaudit.audit import run
    from lpo_secaudit.cli.verify import words_for
    from lpo_secaudit.model.engagement import Engagement
    from lpo_secaudit.report.terminal import print_summary
    from lpo_secaudit.verification import verify

    console = Console(file=sys.stdout, highlight=False, soft_wrap=not sys.stdout.isatty())
    folder = _unpack(into)
    console.print("[bold]1. The audit[/bold]  contracts, questionnaire and a recorded AWS account")
    engagement = Engagement.load(folder / "engagement.yaml")
    audit = run(engagement, output=folder / "audit", clock=lambda: RECORDED_DAY)
    print_summary(
        audit.result, sys.stdout, folder=folder / "audit", keyid=audit.keyid, one_time_key=audit.one_time_key
    )

    console.print(
        "\n[bold]2. A breach[/bold]  the provider told the firm 61 hours after it knew; which clocks run?"
    )
    _clocks(folder, console)

    console.print(
        "\n[bold]3. The proof[/bold]  every byte checked, every verdict derived anew from the evidence"
    )
    report = verify(folder / "audit", replay=True)
    console.print(escape(words_for(report)))
    files = ("audit/report.html", "engagement.yaml", "contracts/dpa.docx")
    shown = {name: escape(str(folder / name)) for name in files}
    console.print(f"\n[bold]Now try[/bold]\n  open    {shown['audit/report.html']}")
    console.print(f"  secaudit run {shown['engagement.yaml']}   after a change to a contract or a waiver")
    console.print(f"  secaudit contract {shown['contracts/dpa.docx']}   its clauses, with quotes")
    console.print("  secaudit init   an engagement of your own")
    if not report:
        raise typer.Exit(int(ExitCode.INTEGRITY))


def _unpack(into: Path | None) -> Path:
    import shutil
    from importlib.resources import as_file, files

    from lpo_secaudit.errors import InputError

    folder = into or Path("secaudit-demo")
    number = 2
    while into is None and folder.exists():
        folder, number = Path(f"secaudit-demo-{number}"), number + 1
    if folder.exists():
        raise InputError("the folder exists already", where=str(folder), hint="name a new one with --into")
    with as_file(files("lpo_secaudit.examples") / "demo") as source:
        if not source.is_dir():
            raise InputError("the package holds no demo", hint="reinstall lpo_secaudit")
        try:
            shutil.copytree(source, folder)
        except OSError as error:
            raise InputError(f"the demo cannot be written: {error.strerror}", where=str(folder)) from error
    return folder


def _clocks(folder: Path, console: Console) -> None:
    """The state of every duty of the demo's incident at the demo's instant, the pressing ones shown."""
    from rich.markup import escape

    from lpo_secaudit.accountability import assess
    from lpo_secaudit.accountability.assess import Status
    from lpo_secaudit.accountability.incident import Incident
    from lpo_secaudit.accountability.text import due_words, status_words
    from lpo_secaudit.obligations import from_audit

    incident = Incident.load(folder / "incident.yaml")
    assessment = assess(incident, from_audit(folder / "audit", incident), RECORDED_DAY)
    counts = ", ".join(f"{n} {status.replace('-', ' ')}" for status, n in assessment.counts().items() if n)
    console.print(f"  {counts}")
    for status in (Status.MISSED, Status.RUNNING):
        for state in [s for s in assessment.of(status) if s.due is not None][:MOST_CLOCKS]:
            duty = state.obligation
            console.print(f"  {escape(duty.title)} [dim]({escape(duty.citation)})[/dim]")
            console.print(
                f"    {escape(status_words(state))}; due {escape(due_words(state.due, state.zone))}"
            )
    console.print(f"  all of them: secaudit incident assess {escape(str(folder / 'incident.yaml'))} ", end="")
    console.print(f"--audit {escape(str(folder / 'audit'))} --as-of {RECORDED_DAY:%Y-%m-%dT%H:%M:%SZ}")
