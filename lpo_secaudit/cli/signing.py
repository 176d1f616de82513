"""Opening the key that signs, asking for its passphrase where that is needed."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

import typer

from lpo_secaudit.errors import InputError

if TYPE_CHECKING:
    from lpo_secaudit.attest.signers import Signer

__all__ = ["ask_passphrase", "signer_for"]

PASSPHRASE = "SECAUDIT_KEY_PASSPHRASE"  # noqa: S105  # the variable's name


def ask_passphrase(name: str, *, confirm: bool = False) -> str:
    """The passphrase of a key, from the environment or from the person at the terminal.

    Raises:
        InputError: there is neither.
    """
    given = os.environ.get(PASSPHRASE)
    if given is not None:
        return given
    if not sys.stdin.isatty():
        raise InputError(
            "the key needs a passphrase and there is no terminal to ask on",
            where=name,
            hint=f"set {PASSPHRASE}",
        )
    typed: str = typer.prompt(
        f"Passphrase for {name}", hide_input=True, confirmation_prompt=confirm, err=True
    )
    return typed


def signer_for(uri: str | None) -> Signer | None:
    """The signer behind a file name or URI; None stays None.

    Raises:
        InputError: no such key, a wrong passphrase, a file that others can read.
    """
    if uri is None:
        return None
    from lpo_secaudit.attest.signers import open_signer

    return open_signer(uri, ask_passphrase)
