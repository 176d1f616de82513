"""`secaudit ledger`: look into the log, prove from it, check it, publish and mirror it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lpo_secaudit.cli.codes import ExitCode

if TYPE_CHECKING:
    from lpo_secaudit.attest.check import VerifyingKey

__all__ = ["app"]

app = typer.Typer(
    help="The log of audits, waivers, revocations, replies and incident events.", no_args_is_help=True
)

Place = Annotated[
    str,
    typer.Argument(metavar="LEDGER", help="Ledger file or database URL; for reading, also a published log."),
]
Keys = Annotated[
    list[Path] | None,
    typer.Option("--key", help="Public key of the log; may be given again.", show_default=False),
]


def _keys(paths: list[Path] | None) -> list[tuple[VerifyingKey, bytes]]:
    from lpo_secaudit.attest.check import parse_public_key
    from lpo_secaudit.errors import InputError

    found = []
    for path in paths or ():
        try:
            pem = path.read_bytes()
        except OSError as error:
            raise InputError(f"the key cannot be read: {error.strerror}", where=str(path)) from error
        found.append((parse_public_key(pem, str(path)), pem))
    return found


@app.command("log")
def log(
    ledger: Place,
    kind: Annotated[str | None, typer.Option(help="Only entries of this kind.", show_default=False)] = None,
    format: Annotated[str, typer.Option(help="text or jsonl.")] = "text",
) -> None:
    """List the entries."""
    from lpo_secaudit.ledger.entries import decode_entry
    from lpo_secaudit.ledger.reader import open_copy

    copy = open_copy(ledger)
    try:
        index = 0
        for batch in copy.batches():
            for raw in batch:
                entry = decode_entry(index, raw, copy.where)
                index += 1
                if kind is not None and entry.kind != kind:
                    continue
                body = json.dumps(dict(entry.body), ensure_ascii=False)
                if format == "jsonl":
                    typer.echo(json.dumps({"index": entry.index, **json.loads(raw)}, ensure_ascii=False))
                else:
                    when = f"{entry.recorded_at:%Y-%m-%d %H:%M:%SZ}"
                    typer.echo(f"{entry.index:>6}  {when}  {entry.kind:<14}  {body[:160]}")
    finally:
        copy.close()


@app.command("prove")
def prove(
    ledger: Annotated[str, typer.Argument(metavar="LEDGER", help="Ledger file or database URL.")],
    index: Annotated[int | None, typer.Option(help="Entry to prove.", show_default=False)] = None,
    consistency: Annotated[
        tuple[int, int] | None, typer.Option(help="Two sizes of the log: prove that one continues the other.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="Who signs a new checkpoint; default: the last one stored.", show_default=False),
    ] = None,
) -> None:
    """Write a proof as JSON: that an entry stands in the log, or that the log only grew."""
    import base64

    from lpo_secaudit.cli.signing import signer_for
    from lpo_secaudit.errors import InputError
    from lpo_secaudit.folder import proof_file
    from lpo_secaudit.ledger import Ledger

    if (index is None) == (consistency is None):
        raise InputError("name either --index or --consistency")
    with Ledger.open(ledger) as opened:
        if consistency is not None:
            old, new = consistency
            path = opened.consistency(old, new)
            value = {
                "origin": opened.origin,
                "old": {"size": old, "root": base64.b64encode(opened.root(old)).decode()},
                "new": {"size": new, "root": base64.b64encode(opened.root(new)).decode()},
                "path": [base64.b64encode(hash_).decode() for hash_ in path],
            }
            typer.echo(json.dumps(value, sort_keys=True))
            return
        assert index is not None  # noqa: S101  # see above
        signer = signer_for(key)
        checkpoint = opened.checkpoint(signer, signer.keyid) if signer else opened.newest()
        typer.echo(proof_file(opened.prove(index, checkpoint)).decode())


@app.command("check")
def check(
    ledger: Place,
    key: Keys = None,
    against: Annotated[
        str | None, typer.Option(help="Another copy: compare the two histories.", show_default=False)
    ] = None,
) -> None:
    """Check every entry, tile and checkpoint; with --against, that another copy shows the same history.

    Exit code 12 where something is wrong.
    """
    from lpo_secaudit.attest.check import parse_public_key
    from lpo_secaudit.ledger.check import check_copy, compare_copies
    from lpo_secaudit.ledger.reader import open_copy

    failed = False
    copies = [open_copy(place) for place in ([ledger] if against is None else [ledger, against])]
    try:
        for copy in copies:
            report = check_copy(copy, [k for k, _ in _keys(key)], parse_public_key)
            typer.echo(
                f"{copy.where}: {report.origin}, {report.size} entries, root {report.root.hex()}, "
                f"{report.checkpoints} checkpoints, {report.signatures} signatures checked"
            )
            for problem in report.problems:
                typer.echo(f"  wrong  {problem}", err=True)
            failed |= not report
        if len(copies) == 2 and not failed:
            compared = compare_copies(*copies)
            if not compared.same_log:
                typer.echo("  wrong  these are two different logs", err=True)
            elif not compared.consistent:
                typer.echo(
                    f"  wrong  the copies part at entry {compared.first_difference}: the log was forked. "
                    "Keep both: their signed checkpoints prove it",
                    err=True,
                )
            else:
                typer.echo(f"one history: {compared.sizes[0]} and {compared.sizes[1]} entries")
            failed |= not compared.consistent
    finally:
        for copy in copies:
            copy.close()
    raise typer.Exit(int(ExitCode.INTEGRITY if failed else ExitCode.CLEAN))


@app.command("publish")
def publish(
    ledger: Annotated[str, typer.Argument(metavar="LEDGER", help="Ledger file or database URL.")],
    site: Annotated[
        str, typer.Argument(metavar="SITE", help="Folder of a web server, or s3://bucket/prefix.")
    ],
    key: Annotated[
        str | None,
        typer.Option(help="Who signs a new checkpoint; default: the last one stored.", show_default=False),
    ] = None,
    witnessed: Annotated[
        Path | None,
        typer.Option(
            help="Checkpoint that a witness signed (`ledger mirror` printed it).", show_default=False
        ),
    ] = None,
    witness: Annotated[str | None, typer.Option(help="The witness's name on it.", show_default=False)] = None,
    witness_key: Annotated[
        Path | None, typer.Option(help="The witness's public key.", show_default=False)
    ] = None,
    retain_days: Annotated[
        int | None,
        typer.Option(help="S3 Object Lock: nobody deletes for so many days.", min=1, show_default=False),
    ] = None,
) -> None:
    """Publish the log as static files (tlog-tiles), for others to mirror and witness.

    With --witnessed, --witness and --witness-key, the newest checkpoint is published with the witness's line.
    """
    from lpo_secaudit.cli.signing import signer_for
    from lpo_secaudit.errors import InputError
    from lpo_secaudit.ledger import Ledger
    from lpo_secaudit.ledger.mirror import add_cosignature
    from lpo_secaudit.ledger.publish import publish as publish_to
    from lpo_secaudit.ledger.sites import FolderSite, S3Site

    if site.startswith(("http://", "https://")):
        raise InputError("a log is published into a folder or a bucket", where=site)
    if len({given is None for given in (witnessed, witness, witness_key)}) > 1 or (witnessed and key):
        raise InputError(
            "a witness's line needs --witnessed, --witness and --witness-key, and no --key",
            hint="a new checkpoint would be one that the witness has not seen",
        )
    target = S3Site(site, retain_days=retain_days) if site.startswith("s3://") else FolderSite(Path(site))
    signer = signer_for(key)
    with Ledger.open(ledger) as opened:
        checkpoint = opened.checkpoint(signer, signer.keyid) if signer else opened.newest()
        if witnessed is not None and witness is not None and witness_key is not None:
            [(eye, _)] = _keys([witness_key])
            try:
                note = witnessed.read_bytes()
            except OSError as error:
                raise InputError(f"cannot be read: {error.strerror}", where=str(witnessed)) from error
            checkpoint = add_cosignature(checkpoint, note, witness, eye)
            opened.keep(checkpoint)
        written = publish_to(opened, target, checkpoint)
    typer.echo(f"{checkpoint.size} entries published to {target.where}, {written} files written", err=True)
    typer.echo(checkpoint.note.decode(), nl=False)


@app.command("mirror")
def mirror(
    source: Place,
    copy: Annotated[str, typer.Argument(metavar="COPY", help="Ledger file of your own copy.")],
    key: Keys = None,
    witness: Annotated[
        str | None,
        typer.Option(
            help="Sign what was seen, under this name, such as client.example/witness.", show_default=False
        ),
    ] = None,
    witness_key: Annotated[str | None, typer.Option(help="Key of the witness.", show_default=False)] = None,
) -> None:
    """Keep your own copy of a log; fails where the log does not continue what you saw before.

    Prints the newest checkpoint, with the witness's line where one signs.
    """
    import time

    from lpo_secaudit.cli.signing import signer_for
    from lpo_secaudit.errors import InputError
    from lpo_secaudit.ledger import Ledger
    from lpo_secaudit.ledger.mirror import mirror as mirror_to
    from lpo_secaudit.ledger.mirror import witness as cosign

    if not key:
        raise InputError("whose log is it?", hint="give the firm's public key by --key")
    signer = signer_for(witness_key)
    if (witness is None) != (signer is None):
        raise InputError("a witness needs both --witness and --witness-key")
    added, checkpoint = mirror_to(source, copy, _keys(key))
    if witness is not None and signer is not None:
        checkpoint = cosign(checkpoint, witness, int(time.time()), signer)
        with Ledger.open(copy) as own:
            own.keep(checkpoint)
    typer.echo(f"{added} new entries, {checkpoint.size} in all", err=True)
    typer.echo(checkpoint.note.decode(), nl=False)


@app.command("revoke")
def revoke(
    ledger: Annotated[str, typer.Argument(metavar="LEDGER", help="Ledger file or database URL.")],
    keyid: Annotated[str, typer.Argument(help="Id of the key that is no longer to be believed.")],
    reason: Annotated[str, typer.Option(help="Why.")],
    key: Annotated[str, typer.Option(help="Who signs the checkpoint over the revocation.")],
    at: Annotated[str | None, typer.Option(help="From when; default: now.", show_default=False)] = None,
) -> None:
    """Record that a key is revoked; `secaudit verify --ledger` then knows it."""
    from datetime import UTC, datetime

    from lpo_secaudit.cli.options import read_instant_option
    from lpo_secaudit.cli.signing import signer_for
    from lpo_secaudit.errors import InputError
    from lpo_secaudit.formats.instants import format_instant
    from lpo_secaudit.ledger import Ledger

    if len(keyid) != 64 or set(keyid) - set("0123456789abcdef"):
        raise InputError("a key id has 64 hex digits", where=keyid, hint="`secaudit keygen` printed it")
    instant = read_instant_option(at, "--at") or datetime.now(UTC).replace(microsecond=0)
    signer = signer_for(key)
    assert signer is not None  # noqa: S101  # the option is required
    with Ledger.open(ledger) as opened:
        body = {"keyid": keyid, "revoked_at": format_instant(instant), "reason": reason}
        index = opened.append("revocation", body)
        opened.checkpoint(signer, signer.keyid)
    typer.echo(f"entry {index}: key {keyid[:16]} is revoked from {format_instant(instant)}", err=True)
