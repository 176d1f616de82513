"""`secaudit contract`: what contracts promise, clause by clause, and what a profile misses in them."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpo_secaudit.cli.codes import ExitCode
from lpo_secaudit.errors import InputError

if TYPE_CHECKING:
    from lpo_secaudit.contracts.analysis import Analysis
    from lpo_secaudit.contracts.library import ClauseLibrary

__all__ = ["contract"]


class Format(StrEnum):
    """How the clauses are written to standard output."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


def contract(
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE...", help="PDF, DOCX, HTML, Markdown, text or mail.", show_default=False
        ),
    ],
    format_: Annotated[
        Format, typer.Option("--format", "-f", help="text for people; jsonl writes one contract a line.")
    ] = Format.TEXT,
    clauses: Annotated[
        list[Path] | None,
        typer.Option(
            help="A clause file of your own, added to the library; may be repeated.", show_default=False
        ),
    ] = None,
    profile: Annotated[
        str | None,
        typer.Option(
            help="Compare with a catalog or profile (name, or path of a YAML file); exit code 10 where terms "
            "are missing or weak.",
            show_default=False,
        ),
    ] = None,
    negotiation: Annotated[
        Path | None,
        typer.Option(
            help="Write what to negotiate, .md or .docx. Compares with lpo-accountability "
            "unless --profile is given.",
            show_default=False,
        ),
    ] = None,
    kind: Annotated[
        str, typer.Option(help="Kind of the contracts: dpa, baa, msa ...", show_default=False)
    ] = "",
    all_: Annotated[
        bool, typer.Option("--all", help="With text: show each quote, and clauses that are not there.")
    ] = False,
    ocr: Annotated[
        bool, typer.Option("--ocr/--no-ocr", help="Read scanned pages where tesseract is installed.")
    ] = True,
) -> None:
    """Read contracts and show which clauses they hold, with quotes and section numbers.

    Files that cannot be read are told and passed over; the exit code is then 11, or 2 where none
    could be read.
    """
    from lpo_secaudit.contracts.library import load_library

    if negotiation is not None and negotiation.suffix not in (".md", ".docx"):
        raise InputError(
            "the negotiation sheet is written as .md or .docx",
            where=str(negotiation),
            hint="change the suffix",
        )
    library = load_library(clauses or ())
    failed = 0
    kept: list[Analysis] = []
    compare = profile is not None or negotiation is not None
    printer = _Printer(format_, library, everything=all_)
    for file, result in _read(files, library, ocr=ocr):
        if isinstance(result, InputError):
            failed += 1
            printer.problem(file, result)
            continue
        printer.analysis(file, result)
        if compare:
            kept.append(result)
    printer.end()
    gaps = 0
    if compare and kept:
        gaps = _compare(kept, library, profile or "lpo-accountability", negotiation, kind)
    if failed == len(files):
        raise typer.Exit(int(ExitCode.USAGE))
    if gaps and profile is not None:
        raise typer.Exit(int(ExitCode.FINDINGS))
    if failed:
        raise typer.Exit(int(ExitCode.INCOMPLETE))


def _read(
    files: list[Path], library: ClauseLibrary, *, ocr: bool
) -> Iterator[tuple[Path, Analysis | InputError]]:
    """One after another, so that a thousand contracts need the memory of one."""
    from dataclasses import replace

    from lpo_secaudit.contracts.analysis import analyze_document
    from lpo_secaudit.contracts.readers.isolated import IsolatedReader
    from lpo_secaudit.contracts.records import verify_quotes

    with IsolatedReader(ocr=ocr) as reader:
        for file in files:
            try:
                document = reader.read_document(file)
                analysis = analyze_document(document, library)
                verify_quotes(document, analysis)
            except InputError as error:
                yield file, error
                continue
            yield file, replace(analysis, file=str(file))


def _compare(
    analyses: list[Analysis], library: ClauseLibrary, profile: str, output: Path | None, kind: str
) -> int:
    from lpo_secaudit.cli.contract_review import review

    sheet = review(analyses, library, profile, kind)
    if output is None:
        print(f"{len(sheet.gaps)} gaps against {sheet.profile}:", file=sys.stderr)  # noqa: T201
        for gap in sheet.gaps:
            print(f"  {gap.severity:13} {gap.control.title}: {gap.found[0]}", file=sys.stderr)  # noqa: T201
    elif output.suffix == ".docx":
        sheet.write_docx(output)
    else:
        output.write_text(sheet.markdown(), encoding="utf-8")
    return len(sheet.gaps)


class _Printer:
    """Writes results as they come."""

    def __init__(self, format_: Format, library: ClauseLibrary, *, everything: bool) -> None:
        self._format, self._library, self._everything = format_, library, everything
        self._separator = "["

    def analysis(self, file: Path, analysis: Analysis) -> None:
        if self._format is Format.TEXT:
            from lpo_secaudit.cli.contract_table import print_clauses

            print_clauses(analysis, self._library, everything=self._everything)
        else:
            self._json(analysis.to_json())

    def problem(self, file: Path, error: InputError) -> None:
        kind = getattr(error, "kind", "input")
        print(f"secaudit: {file}: {error.message} ({kind})", file=sys.stderr)  # noqa: T201
        if error.hint:
            print(f"  hint: {error.hint}", file=sys.stderr)  # noqa: T201
        if self._format is not Format.TEXT:
            self._json(
                {"file": str(file), "error": {"kind": kind, "message": error.message, "hint": error.hint}}
            )

    def end(self) -> None:
        if self._format is Format.JSON:
            sys.stdout.write("[]\n" if self._separator == "[" else "\n]\n")
        sys.stdout.flush()

    def _json(self, value: object) -> None:
        if self._format is Format.JSONL:
            sys.stdout.write(json.dumps(value) + "\n")
            sys.stdout.flush()
            return
        sys.stdout.write(self._separator + "\n" + json.dumps(value, indent=1))
        self._separator = ","
