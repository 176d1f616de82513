"""`secaudit reply`: the provider's word on a finding, and the firm's answer."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

__all__ = ["reply"]


def reply(
    folder: Annotated[Path, typer.Argument(metavar="AUDIT_DIR", help="Audit folder that is replied to.")],
    key: Annotated[str, typer.Option(help="Who signs: a key file, or a signer URI.")],
    finding: Annotated[
        str | None, typer.Option(help="Fingerprint of the finding or conflict.", show_default=False)
    ] = None,
    kind: Annotated[
        str, typer.Option(help="rebuttal (it is disputed) or cure (it has been remedied).")
    ] = "rebuttal",
    answer: Annotated[
        str | None, typer.Option(help="Id of a reply that the firm answers.", show_default=False)
    ] = None,
    decision: Annotated[str, typer.Option(help="Of an answer: accepted or rejected.")] = "rejected",
    text: Annotated[str, typer.Option(help="The words; - reads them from standard input.")] = "-",
    evidence: Annotated[
        list[Path] | None, typer.Option(help="File whose digest goes with the reply; may be given again.")
    ] = None,
    ledger: Annotated[
        str | None, typer.Option(help="Ledger in which the reply is recorded.", show_default=False)
    ] = None,
) -> None:
    """Reply to a finding, signed; it shows as disputed or cure-claimed, and nothing is removed.

    The firm answers a reply by --answer ID --decision accepted or rejected.
    """
    from lpo_secaudit.additions import answer as add_answer
    from lpo_secaudit.additions import reply as add_reply
    from lpo_secaudit.cli.signing import signer_for
    from lpo_secaudit.errors import InputError
    from lpo_secaudit.verification import verify

    if (finding is None) == (answer is None):
        raise InputError("name either --finding or --answer")
    report = verify(folder)
    if report.wrong:
        report.raise_for_problems()
    signer = signer_for(key)
    assert signer is not None  # noqa: S101  # the option is required
    words = sys.stdin.read(100_000) if text == "-" else text
    if answer is not None:
        made = add_answer(folder, answer, decision, words, signer, ledger=ledger)
    else:
        assert finding is not None  # noqa: S101  # see above
        made = add_reply(folder, finding, kind, words, signer, evidence=evidence or (), ledger=ledger)
    typer.echo(made.stem)
