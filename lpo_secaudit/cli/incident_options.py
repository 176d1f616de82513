"""Options that the incident and obligation commands share."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from lpo_secaudit.cli.options import read_instant_option

__all__ = [
    "AsOf",
    "AuditOption",
    "By",
    "ContractOption",
    "EngagementOption",
    "Format",
    "FormatOption",
    "Identifier",
    "LedgerOption",
    "instant",
    "optional_instant",
    "print_json",
]


class Format(StrEnum):
    """Forms of output."""

    TEXT = "text"
    JSON = "json"


Identifier = Annotated[
    str, typer.Argument(metavar="INCIDENT", help="Id of the incident.", show_default=False)
]
By = Annotated[
    str,
    typer.Option(
        envvar="SECAUDIT_RECORDER", help="Who records it: a name or mail address.", show_default=False
    ),
]
LedgerOption = Annotated[
    str, typer.Option(envvar="SECAUDIT_LEDGER", help="Ledger file or database URL with the register.")
]
EngagementOption = Annotated[
    Path | None,
    typer.Option("--engagement", "-e", help="Engagement file: law and own promises.", show_default=False),
]
ContractOption = Annotated[
    list[Path] | None,
    typer.Option(
        "--contract", "-c", help="Contract to read beside --engagement. Repeatable.", show_default=False
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
FormatOption = Annotated[Format, typer.Option("--format", help="Form of the output.")]


def optional_instant(text: str | None, option: str) -> datetime | None:
    """The aware instant of an option; None stays None."""
    return read_instant_option(text, option)


def instant(text: str | None) -> datetime:
    """The instant of `--as-of`; the present where it was not given."""
    return read_instant_option(text, "--as-of") or datetime.now(UTC).replace(microsecond=0)


def print_json(value: Any) -> None:
    """Print a value as JSON for a program and a person."""
    typer.echo(json.dumps(value, indent=1, ensure_ascii=False))
