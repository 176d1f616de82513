"""`secaudit points`: what to ask the provider after an audit, to be sent and answered."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["points"]


class PointsFormat(StrEnum):
    """Markdown for a mail or a ticket, a workbook to be filled in."""

    MARKDOWN = "markdown"
    XLSX = "xlsx"


def points(
    folder: Annotated[
        Path, typer.Argument(metavar="AUDIT_DIR", help="Audit folder that `secaudit run` made.")
    ],
    format_: Annotated[
        PointsFormat, typer.Option("--format", "-f", help="markdown, or xlsx with columns for the answers.")
    ] = PointsFormat.MARKDOWN,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="File to write. Default: standard output.", show_default=False),
    ] = None,
) -> None:
    """Write the open points of an audit as a questionnaire for the provider.

    Contradictions first, then statements without proof, what could not be determined, and what has
    to be cured. The audit folder is verified before anything is taken from it.
    """
    import json

    from lpo_secaudit.errors import InputError
    from lpo_secaudit.report.open_points import to_markdown, to_xlsx
    from lpo_secaudit.verification import verify

    report = verify(folder)
    if report.wrong:
        report.raise_for_problems()
    result = json.loads((folder / "audit.json").read_bytes())
    data = to_xlsx(result) if format_ is PointsFormat.XLSX else to_markdown(result).encode()
    if output is None:
        if format_ is PointsFormat.XLSX and sys.stdout.isatty():
            raise InputError("a workbook is no text for a terminal", hint="add --output points.xlsx")
        sys.stdout.buffer.write(data)
        return
    try:
        output.write_bytes(data)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(output)) from error
