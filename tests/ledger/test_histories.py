"""Histories rewritten at random points: replayed, cut, forked, reordered, signed outside a key's window."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lpo_secaudit.attest.check import parse_public_key
from lpo_secaudit.attest.keys import generate_key
from lpo_secaudit.attest.signers import KeySigner
from lpo_secaudit.attest.trust import SignedAt, TrustedKey, judge_key
from lpo_secaudit.errors import IntegrityError, SecauditError
from lpo_secaudit.ledger import Ledger
from lpo_secaudit.ledger.check import compare_copies
from lpo_secaudit.ledger.mirror import mirror
from lpo_secaudit.ledger.reader import open_copy
from lpo_secaudit.verification import verify
from tests.audits import make_audit
from tests.ledger.test_log import unguarded
from tests.ledger.worlds import KEY, SIGNER, checked, grow
from tests.sizes import sized

KEYS = [(KEY, SIGNER.public_key_pem)]
AUDITED = 20  # entries before the audit; as many follow
GUARD = "DELETE FROM checkpoint WHERE size > {size}"


class World:
    """The firm's ledger with an audit in its middle, a client's mirror of it, and the audit folder."""

    def __init__(self, base: Path) -> None:
        self.ledger, self.mirror, self.audit = base / "ledger.sqlite", base / "mirror.sqlite", base / "audit"
        with Ledger.open(self.ledger, create=True) as ledger:
            grow(ledger, AUDITED)
            ledger.checkpoint(SIGNER)
        make_audit(base, signer=SIGNER)
        with Ledger.open(self.ledger) as ledger:
            grow(ledger, AUDITED)
            ledger.checkpoint(SIGNER)
            self.size = ledger.size()
            self.raw = [raw for _, raw in ledger.raw_entries()]
            self.origin = ledger.origin
        mirror(self.ledger, self.mirror, KEYS)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return World(tmp_path_factory.mktemp("histories"))


def rebuilt(world: World, place: Path, entries: list[bytes], rng: random.Random) -> None:
    """A ledger of the firm's name, whole in itself and signed by the firm's own key, over other entries."""
    with Ledger.open(place, create=True, origin=world.origin) as ledger:
        split = rng.randrange(1, len(entries))
        ledger.append_raw(entries[:split])
        ledger.checkpoint(SIGNER)
        ledger.append_raw(entries[split:])
        ledger.checkpoint(SIGNER)


def rewrite(world: World, kind: str, place: Path, rng: random.Random) -> int:
    """Make a rewritten history at `place`; gives the first entry that differs, or the size of an old one."""
    at = rng.randrange(world.size - 1)
    entries = list(world.raw)
    match kind:
        case "replayed":  # an older state, whole and signed
            at = rng.randrange(2, world.size)
            rebuilt(world, place, entries[:at], rng)
        case "removed":
            del entries[at]
            rebuilt(world, place, entries, rng)
        case "reordered":
            other = rng.randrange(at + 1, world.size)
            entries[at], entries[other] = entries[other], entries[at]
            rebuilt(world, place, entries, rng)
        case "forked":
            rebuilt(world, place, [*entries[:at], *(raw.replace(b"2", b"3") for raw in entries[at:])], rng)
        case "inserted":
            rebuilt(
                world, place, [*entries[:at], entries[0].replace(b'"i":0', b'"i":-1'), *entries[at:]], rng
            )
        case _:  # behind the ledger's back, leaving its checkpoints and tiles
            shutil.copy(world.ledger, place)
            unguarded(place, f"DELETE FROM entry WHERE idx >= {at}", GUARD.format(size=at))
    return at


def test_every_rewritten_history_is_seen(world: World, tmp_path: Path) -> None:
    """By the client's mirror always; by the audit's own checkpoint where the rewriting reaches before it.

    Each history is whole and signed by the firm's own key: a full check alone accepts it, and only what
    somebody else has kept (a checkpoint, a mirror, a proof) shows that it is not the one history.
    """
    kinds = ("replayed", "removed", "reordered", "forked", "inserted", "cut")
    rng, seen = random.Random(11), Counter[str]()
    place = tmp_path / "rewritten.sqlite"
    for round_ in range(sized(60, 3000)):
        kind = kinds[round_ % len(kinds)]
        at = rewrite(world, kind, place, rng)
        # 1. the client refuses to follow it
        own = tmp_path / "own.sqlite"
        shutil.copy(world.mirror, own)
        with pytest.raises(SecauditError):
            mirror(place, own, KEYS)
        seen[f"{kind}, by a mirror"] += 1
        # 2. gossip names the first entry; an older state is a beginning of the newer one, and is too short
        one, other = open_copy(world.mirror), open_copy(place)
        try:
            compared = compare_copies(one, other)
        finally:
            one.close(), other.close()
        if kind in ("replayed", "cut"):
            assert compared.sizes[1] < compared.sizes[0]
        else:
            assert (compared.consistent, compared.first_difference) == (False, at), kind
            seen[f"{kind}, by gossip"] += 1
        # 3. the audit's own proof contradicts it
        report = verify(world.audit, ledger=place)
        if at <= AUDITED:
            assert report.wrong, (kind, at)
            seen[f"{kind}, by an audit"] += 1
        place.unlink()
    print(f"detected: {dict(sorted(seen.items()))}")


def test_rows_moved_behind_the_ledgers_back_are_seen(world: World, tmp_path: Path) -> None:
    """Removed and reordered rows in the database itself: found by a full check without anything else."""
    rng, seen = random.Random(12), Counter[str]()
    place = tmp_path / "l.sqlite"
    for round_ in range(sized(40, 2000)):
        shutil.copy(world.ledger, place)
        a, b = rng.sample(range(world.size), 2)
        if round_ % 2:
            kind, statements = "reordered", (
                f"UPDATE entry SET idx = -1 WHERE idx = {a}",
                f"UPDATE entry SET idx = {a} WHERE idx = {b}",
                f"UPDATE entry SET idx = {b} WHERE idx = -1",
            )  # fmt: skip
        else:
            kind, statements = "removed", (f"DELETE FROM entry WHERE idx = {a}",)
        unguarded(place, *statements)
        with suppress(IntegrityError):
            assert not checked(place, keys=[KEY]), (kind, a, b)
        seen[kind] += 1
    print(f"detected by a full check: {dict(seen)}")


def test_keys_outside_their_window_are_never_valid() -> None:
    """Random windows, revocations, claims and trusted times, held against the rule told in other words."""
    signer = KeySigner(generate_key())
    key, start = parse_public_key(signer.public_key_pem, "key"), datetime(2026, 1, 1, tzinfo=UTC)
    rng, seen = random.Random(13), Counter[str]()

    def instant(chance: float) -> datetime | None:
        return start + timedelta(days=rng.randrange(100)) if rng.random() < chance else None

    for _ in range(10_000):
        begin, end, revoked = instant(0.5), instant(0.5), instant(0.3)
        claimed, proven, now = instant(0.9), instant(0.5), start + timedelta(days=rng.randrange(100, 120))
        trusted = TrustedKey("k", "K", "auditor", key, begin, end, revoked)
        state, why = judge_key(trusted, SignedAt(claimed, proven, now), trusted_only=rng.random() < 0.2)
        said = [t for t in (claimed, proven) if t]
        ends = [t for t in (end, revoked) if t]
        outside = (begin and said and min(said) < begin) or any(claimed and claimed >= t for t in ends)
        if outside:
            assert state != "valid", why
            seen["outside by a time that is known"] += 1
        elif ends and not (proven and proven < min(ends)):
            assert state != "valid", why
            seen["possibly after an end"] += 1
        elif not said:
            assert state == "undecidable"
            seen["without any time"] += 1
        assert bool(why) == (state != "valid")
    print(f"never valid: {dict(seen)}")
