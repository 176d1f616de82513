"""`secaudit cosign` and `secaudit timestamp`: more eyes, and trusted time, on a finished audit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["cosign", "timestamp"]

Folder = Annotated[Path, typer.Argument(metavar="AUDIT_DIR", help="Audit folder that secaudit run left.")]


def cosign(
    folder: Folder,
    key: Annotated[str, typer.Option(help="Who signs: a key file, or a signer URI.")],
    ledger: Annotated[str, typer.Option(help="Ledger in which the cosignature is recorded.")],
    replay: Annotated[bool, typer.Option(help="Derive every verdict again before signing.")] = True,
    tsa: Annotated[
        str | None,
        typer.Option(
            help="Address of an RFC 3161 timestamp authority, which says when this signature was made.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Sign an audit with one more key, after verifying it: one pair of eyes more."""
    from lpo_secaudit.additions import cosign as add
    from lpo_secaudit.cli.signing import signer_for
    from lpo_secaudit.staging import complete
    from lpo_secaudit.verification import verify

    signer = signer_for(key)
    assert signer is not None  # noqa: S101  # the option is required
    # First what a killed run left: verification rightly says that it is unfinished.
    completed = f"cosignatures/{signer.keyid}" in complete(folder, signer, ledger)
    verify(folder, replay=replay).raise_for_problems()
    made = folder / f"cosignatures/{signer.keyid}.json" if completed else add(folder, signer, ledger, tsa=tsa)
    typer.echo(f"signed by key {signer.keyid[:16]}: {made}", err=True)


def timestamp(
    folder: Folder,
    tsa: Annotated[str, typer.Option(help="Address of an RFC 3161 timestamp authority.")],
    ledger: Annotated[
        str | None,
        typer.Option(help="Ledger in which the timestamp is recorded; needs --key.", show_default=False),
    ] = None,
    key: Annotated[
        str | None, typer.Option(help="Who signs the checkpoint over it.", show_default=False)
    ] = None,
) -> None:
    """Have a timestamp authority say that the audit existed; again, to renew that."""
    from lpo_secaudit.additions import add_timestamp
    from lpo_secaudit.cli.signing import signer_for
    from lpo_secaudit.errors import InputError
    from lpo_secaudit.verification import verify

    if (ledger is None) != (key is None):
        raise InputError("to record the timestamp, both --ledger and --key are needed")
    report = verify(folder)
    if report.wrong:
        report.raise_for_problems()
    made = add_timestamp(folder, tsa, signer=signer_for(key), ledger=ledger)
    typer.echo(str(made), err=True)
