"""Ledger entries: typed facts as canonical JSON bytes. Specified in docs/formats/ledger.md.

The log cannot forget, so an entry holds digests and ids, never personal data of a client.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, get_args

from lpo_secaudit.errors import InputError, IntegrityError, LimitExceededError
from lpo_secaudit.formats.canonical import canonical_json
from lpo_secaudit.formats.instants import format_instant, parse_utc

__all__ = ["FORMAT", "KINDS", "Entry", "Kind", "decode_entry", "encode_entry"]

FORMAT = "lpo-secaudit-entry/1"
Kind = Literal[
    "audit",
    "cosignature",
    "timestamp",
    "waiver",
    "revocation",
    "reply",
    "incident-event",
    "bundle",
    "challenge",
]
KINDS: tuple[str, ...] = get_args(Kind)
MAX_ENTRY_BYTES = 65535
"""Entry bundles of tlog-tiles store an entry's length in two bytes."""

REQUIRED: Mapping[str, frozenset[str]] = {
    "audit": frozenset({"engagement", "envelope", "statement", "result", "keyid"}),
    "cosignature": frozenset({"envelope", "statement", "keyid"}),
    "timestamp": frozenset({"envelope", "token"}),
    "waiver": frozenset({"engagement", "check", "subject", "owner", "reason", "expires"}),
    "revocation": frozenset({"keyid", "revoked_at", "reason"}),
    "reply": frozenset({"engagement", "fingerprint", "envelope"}),
    "incident-event": frozenset({"incident"}),
    "bundle": frozenset({"envelope", "root", "records"}),
    "challenge": frozenset({"envelope", "index"}),
}
"""What a body must hold at least, by kind; more is allowed."""


@dataclass(frozen=True)
class Entry:
    """One entry as it stands in the log.

    Attributes:
        index: position, from 0.
        kind: one of KINDS.
        recorded_at: aware UTC instant by the writer's clock; trusted time comes from timestamps.
        body: the fact.
        raw: the exact bytes whose hash is the leaf.
    """

    index: int
    kind: str
    recorded_at: datetime
    body: Mapping[str, Any]
    raw: bytes


def encode_entry(kind: Kind, body: Mapping[str, Any], recorded_at: datetime) -> bytes:
    """The bytes of an entry.

    Raises:
        InputError: an unknown kind, a body without what its kind needs, a value JSON cannot hold.
        LimitExceededError: more than 65535 bytes.
    """
    if kind not in KINDS:
        raise InputError(f"there is no ledger entry of kind {kind!r}", hint=f"known: {', '.join(KINDS)}")
    missing = REQUIRED[kind] - set(body)
    if missing:
        raise InputError(f"a ledger entry of kind {kind} needs {', '.join(sorted(missing))}")
    raw = canonical_json(
        {"format": FORMAT, "kind": kind, "recorded_at": format_instant(recorded_at), "body": dict(body)}
    )
    if len(raw) > MAX_ENTRY_BYTES:
        raise LimitExceededError(
            f"ledger entry of {len(raw)} bytes, at most {MAX_ENTRY_BYTES}", hint="record its digest instead"
        )
    return raw


def decode_entry(index: int, raw: bytes, where: str) -> Entry:
    """The entry of stored bytes.

    Raises:
        IntegrityError: they are no entry.
    """
    try:
        value = json.loads(raw)
        if value["format"] != FORMAT or value["kind"] not in KINDS or not isinstance(value["body"], dict):
            raise IntegrityError("not a ledger entry of this format", where=f"{where}: entry {index}")
        return Entry(index, value["kind"], parse_utc(value["recorded_at"]), value["body"], raw)
    except (ValueError, KeyError, TypeError, RecursionError, InputError) as error:
        raise IntegrityError(f"not a ledger entry: {error}", where=f"{where}: entry {index}") from error
