"""Attestations: statements, envelopes, keys, signers, trusted time; made here, checked in `check`."""

from lpo_secaudit.attest.dsse import envelope, pae, statement
from lpo_secaudit.attest.signers import Signer, one_time_signer, open_signer

__all__ = ["Signer", "envelope", "one_time_signer", "open_signer", "pae", "statement"]
