"""Trust policies: windows, revocation, thresholds; wrong and undecidable are different."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from lpo_secaudit.attest.check import parse_public_key
from lpo_secaudit.attest.keys import generate_key
from lpo_secaudit.attest.signers import KeySigner
from lpo_secaudit.attest.trust import (
    Requirement,
    SignedAt,
    TrustedKey,
    TrustPolicy,
    judge_key,
    load_trust,
    missing,
)
from lpo_secaudit.errors import InputError


def day(month: int, year: int = 2026) -> datetime:
    return datetime(year, month, 1, tzinfo=UTC)


def key(owner: str = "Jane", role: str = "auditor", **more: datetime | None) -> TrustedKey:
    public = parse_public_key(KeySigner(generate_key()).public_key_pem, "k")
    return TrustedKey(f"{owner}-{role}", owner, role, public, **more)  # type: ignore[arg-type]


WINDOW = {"valid_from": day(3), "valid_to": day(9)}


@pytest.mark.parametrize(
    ("bounds", "claimed", "proven", "now", "expected"),
    [
        (WINDOW, day(5), None, day(6), "valid"),
        (WINDOW, day(2), None, day(6), "wrong"),  # before the window
        (WINDOW, day(2), day(5), day(6), "wrong"),
        (WINDOW, day(9), None, day(10), "wrong"),  # the end is no longer in it
        (WINDOW, day(5), None, day(10), "undecidable"),  # the claim could be backdated
        (WINDOW, day(5), day(6), day(10), "valid"),  # a trusted time within it
        (WINDOW, day(5), day(10), day(11), "undecidable"),  # stamped too late to show it
        (WINDOW, None, None, day(5), "undecidable"),
        (WINDOW, None, day(5), day(6), "valid"),
        ({}, day(5), None, day(6), "valid"),
        ({"revoked_at": day(6)}, day(5), None, day(7), "undecidable"),
        ({"revoked_at": day(6)}, day(5), day(5), day(7), "valid"),
        ({"revoked_at": day(6)}, day(5), day(6), day(7), "undecidable"),
        ({"revoked_at": day(6)}, day(6), None, day(7), "wrong"),
        ({"revoked_at": day(6)}, day(7), day(8), day(9), "wrong"),
        ({"revoked_at": day(6), **WINDOW}, day(5), day(5), day(12), "valid"),
    ],
)
def test_when_a_key_counts(
    bounds: dict[str, datetime],
    claimed: datetime | None,
    proven: datetime | None,
    now: datetime,
    expected: str,
) -> None:
    state, why = judge_key(key(**bounds), SignedAt(claimed, proven, now))
    assert state == expected, why
    assert bool(why) == (state != "valid")


def test_thresholds_count_people_not_keys() -> None:
    auditor, second_of_jane, joe = key(), key("Jane", "reviewer"), key("Joe", "reviewer")
    policy = TrustPolicy(
        "p",
        {k.key.keyid: k for k in (auditor, second_of_jane, joe)},
        (Requirement("auditor", 1), Requirement("reviewer", 1)),
    )
    assert missing(policy, [auditor, joe]) == []
    assert missing(policy, [auditor, second_of_jane]) == [
        "1 signature of role reviewer missing (could be: Jane, Joe)"
    ]
    assert len(missing(policy, [])) == 2
    # Jane holds both roles and Joe one: with all three, everybody finds a seat.
    assert missing(policy, [auditor, second_of_jane, joe]) == []
    two = TrustPolicy("p", policy.keys, (Requirement("reviewer", 2),))
    assert missing(two, [joe]) == ["1 signature of role reviewer missing (could be: Jane, Joe)"]
    assert missing(two, [joe, second_of_jane]) == []
    assert missing(TrustPolicy("p", {}, (Requirement("client", 1),)), []) == [
        "1 signature of role client missing (could be: nobody)"
    ]


def policy_file(base: Path, text: str) -> Path:
    (base / "k.pub").write_bytes(KeySigner(generate_key()).public_key_pem)
    path = base / "trust.yaml"
    path.write_text(text)
    return path


ROW = "{id: jane, owner: Jane, role: auditor, public_key: k.pub"


def test_a_policy_is_read(tmp_path: Path) -> None:
    pem = KeySigner(generate_key()).public_key_pem.decode().replace("\n", "\n      ")
    text = f"""\
trust: firm
keys:
  - {ROW}, valid_from: "2026-01-01T01:00:00+01:00", revoked: {{at: "2026-06-01T00:00:00Z", reason: stolen}}}}
  - id: joe
    owner: Joe
    role: reviewer
    public_key: |
      {pem}
require: [{{role: auditor}}, {{role: reviewer, count: 2}}]
"""
    policy = load_trust(policy_file(tmp_path, text))
    jane, joe = policy.keys.values()
    assert (jane.valid_from, jane.revoked_at, jane.reason) == (
        datetime(2026, 1, 1, tzinfo=UTC),
        day(6),
        "stolen",
    )
    assert joe.role == "reviewer"
    assert policy.require == (Requirement("auditor", 1), Requirement("reviewer", 2))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"trust: t\nkeys: [{ROW}, valid_to: '2026-01-01'}}]", "not a date and time with its zone"),
        (f"trust: t\nkeys: [{ROW}, valid_to: soon}}]", "not a date and time"),
        (f"trust: t\nkeys: [{ROW}}}, {ROW}}}]", "stands twice"),
        ("trust: t\nkeys: [{id: j, owner: J, role: king, public_key: k.pub}]", "king"),
        ("trust: t\nkeys: [{id: j, owner: J, role: auditor, public_key: none.pub}]", "cannot be read"),
        (
            "trust: t\nkeys: [{id: j, owner: J, role: auditor, public_key: trust.yaml}]",
            "not a PEM public key",
        ),
        ("trust: t\nkeys: []", "."),
        (f"trust: t\nkeys: [{ROW}}}]\ntimestamp_authorities: [none.pem]", "cannot be read"),
        (f"trust: t\nkey: [{ROW}}}]", "trust.yaml:"),
    ],
)
def test_a_bad_policy_says_where(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message) as caught:
        load_trust(policy_file(tmp_path, text))
    assert "trust.yaml" in str(caught.value)


def test_a_witness_needs_a_key_that_signs_checkpoints(tmp_path: Path) -> None:
    (tmp_path / "p256.pub").write_bytes(KeySigner(generate_key("ecdsa-p256-sha256")).public_key_pem)
    row = "{id: court.example/w, owner: Court, role: witness, public_key: p256.pub}"
    with pytest.raises(InputError, match="a witness signs checkpoints with Ed25519"):
        load_trust(policy_file(tmp_path, f"trust: t\nkeys: [{row}]"))


def test_trusted_time_alone_where_the_policy_asks_for_it() -> None:
    assert judge_key(key(), SignedAt(day(2), None, day(3)))[0] == "valid"
    assert judge_key(key(), SignedAt(day(2), None, day(3)), trusted_only=True)[0] == "undecidable"
    assert judge_key(key(), SignedAt(day(2), day(2), day(3)), trusted_only=True)[0] == "valid"
    ended = key(valid_to=day(1))  # what speaks against itself is wrong, asked for or not
    assert judge_key(ended, SignedAt(day(2), None, day(3)), trusted_only=True)[0] == "wrong"
