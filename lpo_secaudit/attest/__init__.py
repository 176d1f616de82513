"""Attestations: statements, envelopes, keys, signers, trusted time; made here, checked in `check`.

Names load when first used, so that the verifier loads nothing of what makes and signs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lpo_secaudit.attest.dsse import envelope, pae, statement
    from lpo_secaudit.attest.signers import Signer, one_time_signer, open_signer

_HOME = {
    "Signer": "signers",
    "envelope": "dsse",
    "one_time_signer": "signers",
    "open_signer": "signers",
    "pae": "dsse",
    "statement": "dsse",
}

__all__ = ["Signer", "envelope", "one_time_signer", "open_signer", "pae", "statement"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"lpo_secaudit.attest.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
