"""Ledgers for tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from lpo_secaudit.attest.check import VerifyingKey, parse_public_key
from lpo_secaudit.attest.keys import generate_key
from lpo_secaudit.attest.signers import KeySigner
from lpo_secaudit.ledger import Ledger
from lpo_secaudit.ledger.check import CheckReport, check_copy
from lpo_secaudit.ledger.reader import open_copy

SIGNER = KeySigner(generate_key())
KEY: VerifyingKey = parse_public_key(SIGNER.public_key_pem, "key")


def grow(ledger: Ledger, count: int, **more: Any) -> None:
    """Add entries."""
    start = ledger.size()
    ledger.append_all(
        [("incident-event", {"incident": "naïve", "i": start + i, **more}) for i in range(count)]
    )


def checked(place: str | Path, **more: Any) -> CheckReport:
    """A full check."""
    copy = open_copy(place)
    try:
        return check_copy(copy, more.pop("keys", ()), parse_public_key)
    finally:
        copy.close()
