"""Opening the key that signs, asking for its passphrase where that is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lpo_secaudit.attest.signers import Signer

__all__ = ["signer_for"]


def signer_for(uri: str | None) -> Signer | None:
    """The signer behind a file name or URI; None stays None.

    Raises:
        InputError: no such key, a wrong passphrase, a file that others can read.
    """
    if uri is None:
        return None
    from lpo_secaudit.attest.signers import open_signer

    return open_signer(uri)
