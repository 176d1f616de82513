"""`secaudit evidence`: say what handed-over files are, and how much is in each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lpo_secaudit.cli.codes import ExitCode

if TYPE_CHECKING:
    from lpo_secaudit.model.survey import FileReader

__all__ = ["Format", "describe", "evidence"]

UNKNOWN = "unknown"


class Format(StrEnum):
    """How the command prints."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


def evidence(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Files as the provider handed them over.", show_default=False),
    ],
    format_: Annotated[
        Format,
        typer.Option(
            "--format", "-f", help="text for a person; json or jsonl (one line a file) for a program."
        ),
    ] = Format.TEXT,
) -> None:
    """Say of each file what it is: a questionnaire, a scanner's results, an identity export, a certificate.

    The kind is told by what is in the file, never by its name. A file of no known kind is said to be
    unknown; one that cannot be read is unknown too, with the reason. Exit code 11 where any file is.
    """
    import json

    from lpo_secaudit.model.survey import FileReader
    from lpo_secaudit.plugins import load_plugins

    plugins = load_plugins()
    readers = sorted(
        (c for c in plugins.collectors.values() if isinstance(c, FileReader)),
        key=lambda reader: (reader.order, type(reader).__name__),
    )
    for problem in plugins.problems:
        typer.echo(f"plugin {problem.plugin}: {problem.message}", err=True)
    found = []
    for file in files:
        described = describe(file, readers)
        found.append(described)
        if format_ is Format.JSONL:
            typer.echo(json.dumps(described, ensure_ascii=False, sort_keys=True))
        elif format_ is Format.TEXT:
            typer.echo("\n".join(_lines(described)))
    if format_ is Format.JSON:
        typer.echo(json.dumps(found, ensure_ascii=False, sort_keys=True, indent=2))
    if any(described["kind"] == UNKNOWN for described in found):
        raise typer.Exit(int(ExitCode.INCOMPLETE))


def describe(file: Path, readers: Iterable[FileReader]) -> dict[str, Any]:
    """{"file", "kind", "records", "counts", "problems"} of one file; never raises for its content.

    Args:
        readers: asked in this order; the first that knows the file describes it.
    """
    from lpo_secaudit.errors import InputError, LimitExceededError, SecauditError

    problems: list[str] = []
    for reader in readers:
        try:
            survey = reader.survey(file)
        except LimitExceededError as error:
            # Whoever is asked next would meet the same bomb.
            problems = [_one_line(error)]
            break
        except (InputError, SecauditError) as error:
            # What is no JSON for a scanner may be one of the dialects of questionnaires.
            problems.append(_one_line(error))
            continue
        except Exception as error:
            who = getattr(reader, "name", type(reader).__name__)
            problems.append(f"{who} failed: {type(error).__name__}: {error}"[:300])
            continue
        if survey is not None:
            return {
                "file": str(file),
                "kind": survey.kind,
                "records": survey.records,
                "counts": dict(survey.counts),
                "problems": list(survey.problems),
            }
    return {
        "file": str(file),
        "kind": UNKNOWN,
        "records": 0,
        "counts": {},
        "problems": list(dict.fromkeys(problems)) or ["no known kind of evidence is recognised in the file"],
    }


def _one_line(error: Exception) -> str:
    where, message = getattr(error, "where", None), getattr(error, "message", str(error))
    return " ".join((f"{where}: {message}" if where else message).split())[:400]


def _lines(described: dict[str, Any]) -> Sequence[str]:
    counts = ", ".join(f"{n} {word}" for word, n in described["counts"].items())
    head = f"{described['file']}: {described['kind']}, {described['records']} records"
    return [
        f"{head} ({counts})" if counts else head,
        *(f"  - {problem}" for problem in described["problems"]),
    ]
