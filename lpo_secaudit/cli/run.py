"""`secaudit run`: audit an engagement."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpo_secaudit.cli.codes import ExitCode, table
from lpo_secaudit.cli.options import EngagementFile, read_day, read_instant_option
from lpo_secaudit.model.check import Severity

if TYPE_CHECKING:
    from lpo_secaudit.model.result import AuditResult

__all__ = ["outcome_code", "run"]


def run(
    engagement: EngagementFile,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="Audit folder to make. Default: audits/<engagement>-<instant> beside the engagement file, "
            "and the result as JSON on standard output unless that is a terminal.",
            show_default=False,
        ),
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option(help="Ledger file or database URL. Default: ledger.sqlite beside the engagement file."),
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(
            help="Who signs: a key file from `secaudit keygen`, or a signer URI. Default: a key for this "
            "audit alone, which proves integrity but not identity.",
            show_default=False,
        ),
    ] = None,
    tsa: Annotated[
        str | None,
        typer.Option(
            help="Address of an RFC 3161 timestamp authority that says when the audit was signed. Default: "
            "the engagement's timestamp.url. Without an answer the audit is kept, and the exit code is 11 "
            "where nothing worse happened.",
            show_default=False,
        ),
    ] = None,
    fail_on: Annotated[
        Severity, typer.Option(help="Least severity of a finding or conflict that makes the exit code 10.")
    ] = Severity.LOW,
    evaluated_at: Annotated[
        str | None,
        typer.Option(
            help="Instant to judge at, such as 2026-11-25T12:00:00Z. Default: the end of collection."
        ),
    ] = None,
    law_as_of: Annotated[
        str | None, typer.Option(help="Day whose law applies. Default: the day of the audit.")
    ] = None,
    timeout: Annotated[float, typer.Option(help="Longest time for one source, in seconds.", min=1)] = 3600.0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No summary on standard error.")] = False,
) -> None:
    """Audit an engagement: collect, check, evaluate, sign, record, report.

    Leaves a folder with audit.json, report.html, the evidence, a signed attestation and its place in
    the ledger. Check it at any time with `secaudit verify FOLDER --replay`.
    """
    from datetime import UTC, datetime

    from lpo_secaudit.audit import run as run_audit
    from lpo_secaudit.cli.progress import watching
    from lpo_secaudit.cli.signing import signer_for
    from lpo_secaudit.formats.canonical import canonical_json
    from lpo_secaudit.model.engagement import Engagement
    from lpo_secaudit.report.terminal import print_summary

    frame = Engagement.load(engagement)
    instant = read_instant_option(evaluated_at, "--evaluated-at")
    day = read_day(law_as_of, "--law-as-of")
    folder = output or frame.base / "audits" / f"{frame.id}-{datetime.now(UTC):%Y%m%dT%H%M%SZ}"
    with watching(quiet=quiet) as progress:
        audit = run_audit(
            frame,
            output=folder,
            ledger=ledger,
            signer=signer_for(key),
            tsa=tsa,
            evaluated_at=instant,
            law_as_of=day,
            timeout_s=timeout,
            progress=progress,
        )
    if not quiet:
        print_summary(
            audit.result, sys.stderr, folder=folder, keyid=audit.keyid, one_time_key=audit.one_time_key
        )
    if audit.timestamp_problem:
        typer.echo(
            f"secaudit: the audit is whole and has no timestamp: {audit.timestamp_problem}\n"
            f"  hint: `secaudit timestamp {folder} --tsa URL` adds one",
            err=True,
        )
    if output is None:
        if sys.stdout.isatty():
            typer.echo(str(folder))
        else:
            sys.stdout.buffer.write(canonical_json(audit.result.to_json()) + b"\n")
    code = outcome_code(audit.result, fail_on)
    if audit.timestamp_problem and code is ExitCode.CLEAN:
        code = ExitCode.INCOMPLETE
    raise typer.Exit(int(code))


run.__doc__ = f"{run.__doc__}\n\n    Exit codes:\n\n" + "\n\n".join(
    "    " + line for line in table().split("\n\n")
)


def outcome_code(result: AuditResult, fail_on: Severity) -> ExitCode:
    """What an audit's result means to a shell."""
    conflicts = [c for c in result.conflicts if c.severity.rank >= fail_on.rank]
    if result.violations(fail_on.rank) or conflicts:
        return ExitCode.FINDINGS
    return ExitCode.CLEAN if result.complete else ExitCode.INCOMPLETE
