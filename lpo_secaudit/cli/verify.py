"""`secaudit verify`: check an audit folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpo_secaudit.cli.codes import ExitCode
from lpo_secaudit.errors import InputError

if TYPE_CHECKING:
    from lpo_secaudit.verification import VerificationReport

__all__ = ["check_dossier", "verify", "words_for"]


def verify(
    folder: Annotated[
        Path,
        typer.Argument(
            metavar="DIR", help="Audit folder that secaudit run left, or a dossier of an incident."
        ),
    ],
    replay: Annotated[
        bool,
        typer.Option("--replay", help="Derive every verdict again from the recorded evidence and compare."),
    ] = False,
    trust: Annotated[
        Path | None,
        typer.Option(
            help="Trust policy: whose keys these are, and how many must have signed.", show_default=False
        ),
    ] = None,
    ledger: Annotated[
        str | None,
        typer.Option(
            help="Ledger file, database URL or mirror that the audit must stand in.", show_default=False
        ),
    ] = None,
    key: Annotated[
        list[Path] | None, typer.Option(help="Public key that must have signed; may be given again.")
    ] = None,
    format: Annotated[str, typer.Option(help="text or json.")] = "text",
    page: Annotated[
        Path | None,
        typer.Option(
            help="Write the report anew, outside the folder, with the replies that came after it was signed.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Check an audit folder, or an incident's dossier: every byte, who signed, its place in the ledger.

    Exit code 0: verified. 11: nothing is wrong, but something could not be decided. 12: something is
    not what it claims to be, and the message names the file.
    """
    from lpo_secaudit.verification import verify as verify_folder

    if (folder / "dossier.json").is_file() or folder.name == "dossier.json":
        folder = folder if folder.is_dir() else folder.parent
        if trust or ledger or page or replay or len(key or ()) > 1:
            raise InputError(
                "this is a dossier of an incident, which has no ledger, policy, replay or page of its own",
                where=str(folder),
                hint="give at most one --key; the audits that it rests on are verified each by itself",
            )
        check_dossier(folder, key[0] if key else None, format)
        return
    report = verify_folder(folder, replay=replay, trust=trust, ledger=ledger, keys=key)
    if format == "json":
        typer.echo(json.dumps(report.to_json(), indent=2, ensure_ascii=False))
    typer.echo(words_for(report), err=True)
    if page is not None and not report.wrong:
        from lpo_secaudit.report.html import render

        result = json.loads((folder / "audit.json").read_bytes())
        try:
            page.write_text(render(result, report.disputes), encoding="utf-8")
        except OSError as error:
            raise InputError(f"cannot be written: {error.strerror}", where=str(page)) from error
    codes = {"verified": ExitCode.CLEAN, "undecidable": ExitCode.INCOMPLETE, "wrong": ExitCode.INTEGRITY}
    raise typer.Exit(int(codes[report.verdict]))


def check_dossier(folder: Path, key: Path | None, format: str) -> None:
    """Check a dossier and say so: the body of `secaudit incident verify`, and of this command for one.

    A folder that only calls itself one fails here: its statement is of another kind.
    """
    from lpo_secaudit.dossiers import verify_dossier

    keyid = verify_dossier(folder, key)
    if format == "json":
        typer.echo(json.dumps({"folder": str(folder), "verdict": "verified", "keyid": keyid}, indent=2))
    trusted = "" if key else "; by the key that lies beside it, which shows integrity and not identity"
    typer.echo(
        f"VERIFIED: {folder}\n  ok           dossier, every file as signed by {keyid[:16]}{trusted}", err=True
    )


def words_for(report: VerificationReport) -> str:
    """The report for a person, a line for each thing that was shown, wrong, undecidable or worth knowing."""
    lines = [f"  ok           {line}" for line in report.checked]
    lines += [f"  {p.kind:<12} {f'{p.file}: ' if p.file else ''}{p.message}" for p in report.problems]
    lines += [f"  note         {line}" for line in report.notices]
    for signature in report.signatures:
        whose = f", {signature.owner} ({signature.role})" if signature.owner else ""
        when = (
            f" at {signature.claimed_at:%Y-%m-%d %H:%M:%SZ} by its own word" if signature.claimed_at else ""
        )
        if signature.proven_at:
            when += f", trusted time not later than {signature.proven_at:%Y-%m-%d %H:%M:%SZ}"
        lines.append(f"  signed by    {signature.keyid[:16]}{whose}{when}: {signature.state}")
    if report.replay is not None and not report.replay.identical:
        lines += [
            f"  differs      {d.part} {d.what}: {d.recorded or 'nothing'}, now {d.replayed or 'nothing'}"
            for d in report.replay.differences[:20]
        ]
        lines += [f"  other code   {line}" for line in report.replay.changed_code]
    words = {
        "verified": "VERIFIED",
        "wrong": "NOT WHAT IT CLAIMS TO BE",
        "undecidable": "NOT FULLY DECIDABLE",
    }
    return f"{words[report.verdict]}: {report.folder}\n" + "\n".join(lines)
