"""`secaudit keygen`: make a key pair to sign with."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["keygen"]


def keygen(
    path: Annotated[
        Path, typer.Argument(help="File for the private key; the public one ends in .pub.")
    ] = Path("secaudit-key.pem"),
    algorithm: Annotated[str, typer.Option(help="ed25519, or ecdsa-p256-sha256.")] = "ed25519",
    unencrypted: Annotated[
        bool,
        typer.Option("--unencrypted", help="No passphrase: whoever gets the file can sign in your name."),
    ] = False,
) -> None:
    """Make a key pair: an encrypted private key that only you can read, and the public key to hand out.

    The passphrase is asked for on a terminal, or taken from SECAUDIT_KEY_PASSPHRASE.
    """
    from lpo_secaudit.attest.keys import ALGORITHMS, generate_key, keyid_of, write_key_pair
    from lpo_secaudit.cli.signing import ask_passphrase
    from lpo_secaudit.errors import InputError

    if algorithm not in ALGORITHMS:
        raise InputError(f"there is no algorithm {algorithm!r}", hint=f"known: {', '.join(ALGORITHMS)}")
    key = generate_key(algorithm)
    passphrase = None if unencrypted else ask_passphrase(str(path), confirm=True)
    public = write_key_pair(key, path, passphrase)
    typer.echo(
        f"Private key {path}: keep it, and keep it to yourself.\nPublic key {public}: hand it out.", err=True
    )
    typer.echo(keyid_of(key.public_key()))
