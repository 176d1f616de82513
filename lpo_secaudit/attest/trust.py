"""The trust policy: whose keys these are, when they counted, and whose signatures are needed.

`trust.yaml`, specified in docs/formats/trust.md and by `schemas/trust.schema.json`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from lpo_secaudit.attest.check import VerifyingKey, parse_public_key
from lpo_secaudit.errors import InputError
from lpo_secaudit.formats.schema import validate_file
from lpo_secaudit.formats.yaml import YamlFile, load_yaml

__all__ = [
    "ROLES",
    "Requirement",
    "SignedAt",
    "TrustPolicy",
    "TrustedKey",
    "judge_key",
    "load_trust",
    "missing",
]

ROLES = ("auditor", "reviewer", "provider", "client", "witness")
State = Literal["valid", "wrong", "undecidable"]


@dataclass(frozen=True)
class TrustedKey:
    """A key of the policy.

    Attributes:
        id: its name in the policy; for a witness, its name in checkpoints.
        owner: the person or office that answers for it.
        role: one of ROLES.
        valid_from, valid_to: aware instants between which it may sign; None is unbounded.
        revoked_at: aware instant from which it is not believed; None where it is not revoked.
        reason: why it was revoked.
    """

    id: str
    owner: str
    role: str
    key: VerifyingKey
    valid_from: datetime | None = None
    valid_to: datetime | None = None
    revoked_at: datetime | None = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Requirement:
    """So many different owners of one role must have signed."""

    role: str
    count: int


@dataclass(frozen=True)
class TrustPolicy:
    """A policy file.

    Attributes:
        keys: by key id.
        require: who must have signed.
        tsa_roots: PEM certificates of timestamp authorities.
        require_timestamp: an audit without trusted time is undecidable.
        require_trusted_time: so is every signature without one; a witness's line is exempt.
    """

    name: str
    keys: Mapping[str, TrustedKey]
    require: tuple[Requirement, ...] = ()
    tsa_roots: tuple[bytes, ...] = ()
    require_timestamp: bool = False
    require_trusted_time: bool = False


@dataclass(frozen=True)
class SignedAt:
    """What is known of a signature's time.

    Attributes:
        claimed: the signer's own word; None where he gave none.
        proven: an aware instant at which it existed already, by a trusted timestamp; None without.
        now: the instant of verification.
    """

    claimed: datetime | None
    proven: datetime | None
    now: datetime = field(default_factory=lambda: datetime.now(UTC))


def load_trust(path: Path) -> TrustPolicy:
    """Read a trust policy; key and certificate files lie relative to it.

    Raises:
        InputError: unreadable or invalid, with file, line and hint.
    """
    file = load_yaml(path)
    validate_file(file, "trust")
    value = file.value
    keys: dict[str, TrustedKey] = {}
    for index, row in enumerate(value["keys"]):
        where = file.where(("keys", index))
        pem = row["public_key"].encode()
        if b"-----BEGIN" not in pem:
            pem = _read(path.parent / row["public_key"], where)
        key = parse_public_key(pem, where)
        if key.keyid in keys or any(k.id == row["id"] for k in keys.values()):
            raise InputError(
                "a key or its id stands twice", where=where, hint="one key has one owner and one role"
            )
        if row["role"] == "witness" and key.algorithm != "ed25519":
            raise InputError("a witness signs checkpoints with Ed25519", where=where)
        revoked = row.get("revoked", {})
        keys[key.keyid] = TrustedKey(
            row["id"],
            row["owner"],
            row["role"],
            key,
            _instant(row.get("valid_from"), file, ("keys", index, "valid_from")),
            _instant(row.get("valid_to"), file, ("keys", index, "valid_to")),
            _instant(revoked.get("at"), file, ("keys", index, "revoked", "at")),
            revoked.get("reason", ""),
        )
    return TrustPolicy(
        value["trust"],
        keys,
        tuple(Requirement(r["role"], r.get("count", 1)) for r in value.get("require", ())),
        tuple(
            _read(path.parent / name, file.where(("timestamp_authorities", i)))
            for i, name in enumerate(value.get("timestamp_authorities", ()))
        ),
        value.get("require_timestamp", False),
        value.get("require_trusted_time", False),
    )


def _read(path: Path, where: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise InputError(f"{path.name} cannot be read: {error.strerror}", where=where) from error


def _instant(text: str | None, file: YamlFile, path: tuple[str | int, ...]) -> datetime | None:
    if text is None:
        return None
    try:
        instant: datetime | None = datetime.fromisoformat(text)
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise InputError(
            f"{text!r} is not a date and time with its zone",
            where=file.where(path),
            hint="write for instance 2027-01-31T00:00:00Z",
        )
    return instant.astimezone(UTC)


def judge_key(key: TrustedKey, when: SignedAt, *, trusted_only: bool = False) -> tuple[State, str]:
    """Whether a key counted when it signed, and why not.

    Whoever steals a key can claim any time. So where a key has been revoked, or its window has
    closed, the claim alone decides nothing: only a trusted time before that end does. A claim that
    speaks against itself is wrong all the same.

    Args:
        trusted_only: a claim alone never decides that a key counted.
    """
    claimed, proven = when.claimed, when.proven
    latest = proven or claimed
    if latest is None:
        return "undecidable", "nothing says when it signed"
    ends: Iterable[tuple[datetime | None, str]] = (
        (key.revoked_at, "was revoked" + (f" ({key.reason})" if key.reason else "")),
        (key.valid_to, "ceased to be valid"),
    )
    if key.valid_from is not None and latest < key.valid_from:
        return "wrong", f"signed before the key became valid on {key.valid_from:%Y-%m-%d %H:%MZ}"
    for end, what in ends:
        if end is None:
            continue
        if claimed is not None and claimed >= end:
            return "wrong", f"signed after the key {what} on {end:%Y-%m-%d %H:%MZ}"
        if proven is not None and proven < end:
            continue
        if end <= when.now:
            return (
                "undecidable",
                f"the key {what} on {end:%Y-%m-%d %H:%MZ}, and no trusted time is before that",
            )
    if key.valid_from is not None and claimed is not None and claimed < key.valid_from:
        return "wrong", f"signed before the key became valid on {key.valid_from:%Y-%m-%d %H:%MZ}"
    if trusted_only and proven is None:
        return "undecidable", "when it signed is its own word, and the policy asks for a trusted time"
    return "valid", ""


def missing(policy: TrustPolicy, valid: Iterable[TrustedKey]) -> list[str]:
    """Which requirements the valid signatures leave open, one line each.

    An owner fills one seat, whatever number of keys he holds: two signatures of one person are
    not two pairs of eyes.
    """
    candidates: dict[str, set[str]] = {}
    for key in valid:
        candidates.setdefault(key.role, set()).add(key.owner)
    seats = [r.role for r in policy.require for _ in range(r.count)]
    taken: dict[str, int] = {}

    def place(seat: int, tried: set[str]) -> bool:
        for owner in sorted(candidates.get(seats[seat], ())):
            if owner not in tried:
                tried.add(owner)
                if owner not in taken or place(taken[owner], tried):
                    taken[owner] = seat
                    return True
        return False

    lacking: dict[str, int] = {}
    for seat, role in enumerate(seats):
        if not place(seat, set()):
            lacking[role] = lacking.get(role, 0) + 1
    lines = []
    for role, count in lacking.items():
        could = sorted({k.owner for k in policy.keys.values() if k.role == role})
        lines.append(
            f"{count} signature{'s' if count > 1 else ''} of role {role} missing "
            f"(could be: {', '.join(could) or 'nobody'})"
        )
    return lines
