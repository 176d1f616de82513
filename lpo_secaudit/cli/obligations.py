"""`secaudit obligations`: who owes whom what before any incident, and whether the chain can hold."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from lpo_secaudit.cli.codes import ExitCode
from lpo_secaudit.cli.incident_options import AuditOption, ContractOption, EngagementOption, print_json
from lpo_secaudit.errors import InputError

__all__ = ["obligations"]


class RegisterFormat(StrEnum):
    """Forms of the register."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    ICS = "ics"


def obligations(
    engagement: Annotated[
        Path | None,
        typer.Argument(metavar="ENGAGEMENT", help="The engagement file; or --audit.", show_default=False),
    ] = None,
    engagement_option: EngagementOption = None,
    audit: AuditOption = None,
    contract: ContractOption = None,
    output_format: Annotated[
        RegisterFormat, typer.Option("--format", help="Form of the output.")
    ] = RegisterFormat.TEXT,
    law_as_of: Annotated[
        str | None, typer.Option(help="Day whose law applies. Default: all law recorded.")
    ] = None,
) -> None:
    """List every duty of an engagement: from its contracts, its promises and the law, and its chains.

    Exit code 10 when a chain of promises cannot hold in the worst case. `--format ics` gives the dates to
    keep: the next audit and its notice, certificates that expire, what follows from the contract's end.
    """
    from lpo_secaudit.accountability.chain import Verdict, chain
    from lpo_secaudit.accountability.exports import calendar_of, obligations_csv
    from lpo_secaudit.accountability.obligations import obligations as obligations_of
    from lpo_secaudit.cli.options import read_day
    from lpo_secaudit.obligations import load_relationship
    from lpo_secaudit.standing_dates import standing_dates

    if engagement is not None and engagement_option is not None:
        raise InputError("the engagement file is named twice", hint="with or without --engagement, once")
    engagement = engagement or engagement_option
    relationship = load_relationship(engagement, audit, None, contract or ())
    found = obligations_of(relationship, law_as_of=read_day(law_as_of, "--law-as-of"))
    paths = chain(found)
    match output_format:
        case RegisterFormat.JSON:
            print_json({"obligations": [o.to_json() for o in found], "chain": [p.to_json() for p in paths]})
        case RegisterFormat.CSV:
            typer.echo(obligations_csv(found), nl=False)
        case RegisterFormat.ICS:
            items, stamp = standing_dates(
                engagement, audit, relationship.clauses or (), datetime.now(UTC).replace(microsecond=0)
            )
            typer.echo(calendar_of(items, stamp, f"{relationship.provider.name}: dates to keep"), nl=False)
        case RegisterFormat.TEXT:
            for o in found:
                ask = f" (open: {'; '.join(o.open_questions)})" if o.open_questions else ""
                typer.echo(
                    f"{o.title}: {o.period_text()} from {o.clock_starts.replace('_', ' ')} "
                    f"[{o.citation}]{ask}"
                )
            typer.echo("")
            for path in paths:
                typer.echo(f"{path.verdict}: {path.words}")
    if any(path.verdict == Verdict.BROKEN for path in paths):
        raise typer.Exit(int(ExitCode.FINDINGS))
