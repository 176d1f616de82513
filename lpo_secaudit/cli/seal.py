"""`secaudit collect`, `challenge` and `open`: evidence from the provider's own side."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from lpo_secaudit.cli.options import EngagementFile

__all__ = ["challenge", "collect", "open_"]


def collect(
    engagement: EngagementFile,
    output: Annotated[Path, typer.Option("--output", "-o", help="Bundle folder to make.")],
    seal: Annotated[
        bool, typer.Option("--seal", help="Redact, commit every record and sign; for handing over.")
    ] = False,
    key: Annotated[
        str | None, typer.Option(help="Who seals: a key file, or a signer URI.", show_default=False)
    ] = None,
    redact: Annotated[
        Path | None,
        typer.Option(help="Rules for what is redacted; default: nothing but raw files.", show_default=False),
    ] = None,
    timeout: Annotated[float, typer.Option(help="Longest time for one source, in seconds.", min=1)] = 3600.0,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="Say nothing on standard error.")] = False,
) -> None:
    """Collect an engagement's evidence into a bundle, without judging it.

    With --seal, on the provider's side: OUTPUT is handed over with OUTPUT.dsse.json and OUTPUT.pub;
    OUTPUT.secret stays, so that single records can be opened if the firm challenges them.
    """
    import shutil
    import tempfile

    from lpo_secaudit.audit import plan
    from lpo_secaudit.cli.progress import watching
    from lpo_secaudit.cli.signing import signer_for
    from lpo_secaudit.collect import Bundle
    from lpo_secaudit.collect import collect as collect_evidence
    from lpo_secaudit.errors import InputError
    from lpo_secaudit.model.engagement import Engagement
    from lpo_secaudit.redaction import Redaction, load_redaction
    from lpo_secaudit.sealing import seal as seal_bundle

    if not seal and (key or redact):
        raise InputError("--key and --redact belong to --seal")
    if output.exists():
        raise InputError("the output exists already", where=str(output), hint="name another one")
    signer = signer_for(key)
    if seal and signer is None:
        raise InputError("a seal needs --key", hint="make one with `secaudit keygen`")
    rules = load_redaction(redact) if redact else Redaction()
    frame = Engagement.load(engagement)
    output.absolute().parent.mkdir(parents=True, exist_ok=True)
    # Beside the output, so that moving it there is one step.
    work = Path(tempfile.mkdtemp(prefix=f".{output.name}.", dir=output.absolute().parent))
    try:
        with watching(quiet=quiet) as progress:
            collect_evidence(
                plan(frame), work / "bundle", base=frame.base, timeout_s=timeout, progress=progress
            )
        if signer is not None:
            seal_bundle(work / "bundle", output, rules, signer)
        else:
            (work / "bundle").rename(output)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    bundle = Bundle(output)
    if not quiet:
        typer.echo(f"{bundle.count} records in {output}, manifest {bundle.manifest_digest}", err=True)
        if seal:
            typer.echo(
                f"Hand over {output}, {output}.dsse.json and {output}.pub; keep {output}.secret to yourself.",
                err=True,
            )


def challenge(
    bundle: Annotated[Path, typer.Argument(metavar="BUNDLE", help="Sealed bundle folder.")],
    key: Annotated[Path, typer.Option(help="The provider's public key.")],
    record: Annotated[
        list[int] | None, typer.Option(help="Record to open, by number; may be given again.")
    ] = None,
    audit: Annotated[
        Path | None,
        typer.Option(
            help="Audit folder whose finding the records are behind; with --finding.", show_default=False
        ),
    ] = None,
    finding: Annotated[
        str | None,
        typer.Option(
            help="Fingerprint of a finding or observation: open what it rests on.", show_default=False
        ),
    ] = None,
    draw: Annotated[int, typer.Option(help="How many more to draw by lot.", min=0)] = 0,
    answers: Annotated[
        Path | None,
        typer.Option(help="A challenge made before, to check an opening against.", show_default=False),
    ] = None,
    opening: Annotated[
        Path | None, typer.Option(help="What the provider opened for it.", show_default=False)
    ] = None,
) -> None:
    """Ask the provider to open records of a sealed bundle; or check what was opened.

    Prints the challenge, to be sent; with --answers and --opening, the opened records.
    """
    from lpo_secaudit.attest.check import parse_public_key
    from lpo_secaudit.challenges import check_opening, check_seal, make_challenge, records_behind
    from lpo_secaudit.errors import InputError
    from lpo_secaudit.sealing import read_json

    try:
        public = parse_public_key(key.read_bytes(), str(key))
    except OSError as error:
        raise InputError(f"the key cannot be read: {error.strerror}", where=str(key)) from error
    sealed = check_seal(bundle, public)
    if (answers is None) != (opening is None):
        raise InputError("checking an opening needs both --answers and --opening")
    if (audit is None) != (finding is None):
        raise InputError("the records behind a finding need both --audit and --finding")
    if answers is None or opening is None:
        asked = set(record or ())
        if audit is not None and finding is not None:
            asked |= set(records_behind(sealed, audit, finding))
        typer.echo(json.dumps(make_challenge(sealed, sorted(asked), draw=draw), indent=2))
        return
    try:
        raw = opening.read_bytes()
    except OSError as error:
        raise InputError(f"the opening cannot be read: {error.strerror}", where=str(opening)) from error
    for opened in check_opening(sealed, read_json(answers), raw, str(opening)):
        typer.echo(json.dumps({"index": opened.index, **opened.record}, ensure_ascii=False))
    typer.echo("every challenged record is the one that was committed and handed over", err=True)


def open_(
    secret: Annotated[Path, typer.Argument(metavar="SECRET", help="The .secret folder that sealing left.")],
    challenge_file: Annotated[Path, typer.Argument(metavar="CHALLENGE", help="The firm's challenge.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write, to be sent back.")],
) -> None:
    """Open the challenged records of a sealed bundle, and no others."""
    from lpo_secaudit.errors import InputError
    from lpo_secaudit.sealing import open_records, read_json

    made = open_records(secret, read_json(challenge_file))
    try:
        with output.open("xb") as file:
            file.write(made)
    except OSError as error:
        raise InputError(f"cannot be written: {error.strerror}", where=str(output)) from error
