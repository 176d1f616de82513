"""The ledger: a Merkle log that grows and never changes, its checkpoints and proofs."""

from lpo_secaudit.ledger.entries import Entry, Kind
from lpo_secaudit.ledger.log import Checkpoint, Ledger, Proof

__all__ = ["Checkpoint", "Entry", "Kind", "Ledger", "Proof"]
