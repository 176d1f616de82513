"""The ledger: a Merkle log that grows and never changes, its checkpoints and proofs.

Names load when first used, so that the verifier, which needs `ledger.proofs` alone, loads no writer.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lpo_secaudit.ledger.entries import Entry, Kind
    from lpo_secaudit.ledger.log import Checkpoint, Ledger, Proof

_HOME = {"Checkpoint": "log", "Entry": "entries", "Kind": "entries", "Ledger": "log", "Proof": "log"}

__all__ = ["Checkpoint", "Entry", "Kind", "Ledger", "Proof"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(f"lpo_secaudit.ledger.{_HOME[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
