"""`secaudit incident`: which clocks run, which are missed, what each party must do."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpo_secaudit.cli.codes import ExitCode
from lpo_secaudit.cli.options import read_instant_option
from lpo_secaudit.errors import InputError

if TYPE_CHECKING:
    from datetime import datetime

    from lpo_secaudit.accountability.assess import Assessment
    from lpo_secaudit.accountability.incident import Incident
    from lpo_secaudit.accountability.obligation import Obligation

__all__ = ["app", "assess"]

app = typer.Typer(help="Record incidents, compute their deadlines, write the dossier.", no_args_is_help=True)


class Format(StrEnum):
    """Forms of output."""

    TEXT = "text"
    JSON = "json"


EngagementOption = Annotated[
    Path | None,
    typer.Option(
        "--engagement", "-e", help="Engagement file: law and own promises, no contract.", show_default=False
    ),
]
AuditOption = Annotated[
    Path | None,
    typer.Option("--audit", "-a", help="Audit folder: also what its contracts say.", show_default=False),
]
AsOf = Annotated[
    str | None,
    typer.Option(
        help="Instant of the assessment, such as 2026-03-07T12:00:00Z. Default: now.", show_default=False
    ),
]


@app.command()
def assess(
    incident: Annotated[Path, typer.Argument(metavar="INCIDENT", help="Incident file.", show_default=False)],
    engagement: EngagementOption = None,
    audit: AuditOption = None,
    as_of: AsOf = None,
    output_format: Annotated[Format, typer.Option("--format", help="Form of the output.")] = Format.TEXT,
    explain: Annotated[bool, typer.Option("--explain", help="Every step of every count.")] = False,
) -> None:
    """Say for every duty whether it is met, missed, running, not triggered, or cannot be told.

    Exit code 10 when a duty is missed, 11 when one cannot be told and none is missed.
    """
    from lpo_secaudit.accountability.assess import assess as assess_incident
    from lpo_secaudit.accountability.incident import Incident

    found = Incident.load(incident)
    assessment = assess_incident(found, load_obligations(engagement, audit, found), instant(as_of))
    show(assessment, output_format, explain=explain)
    raise typer.Exit(int(code_of(assessment)))


def load_obligations(
    engagement: Path | None, audit: Path | None, incident: Incident | None
) -> tuple[Obligation, ...]:
    """The obligations of the one source that was named.

    Raises:
        InputError: none or both were named, or as `lpo_secaudit.obligations`.
    """
    from lpo_secaudit.obligations import from_audit, from_engagement

    if (engagement is None) == (audit is None):
        raise InputError("name either --engagement FILE or --audit FOLDER")
    if audit is not None:
        return from_audit(audit, incident)
    assert engagement is not None  # noqa: S101  # just checked
    return from_engagement(engagement, incident)


def instant(text: str | None) -> datetime:
    """The instant of an option; the present where it was not given."""
    from datetime import UTC, datetime

    return read_instant_option(text, "--as-of") or datetime.now(UTC).replace(microsecond=0)


def show(assessment: Assessment, output_format: Format, *, explain: bool) -> None:
    """Print an assessment."""
    from lpo_secaudit.accountability.text import render_text

    if output_format is Format.JSON:
        import json

        typer.echo(json.dumps(assessment.to_json(), indent=1, ensure_ascii=False))
    else:
        typer.echo(render_text(assessment, explain=explain), nl=False)


def code_of(assessment: Assessment) -> ExitCode:
    """The exit code that an assessment stands for."""
    counts = assessment.counts()
    if counts["missed"]:
        return ExitCode.FINDINGS
    return ExitCode.INCOMPLETE if counts["cannot-tell"] else ExitCode.CLEAN
