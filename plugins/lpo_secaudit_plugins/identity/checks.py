"""Checks on accounts: second factors, administrators, accounts that nobody uses, old keys."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from lpo_secaudit.check.wording import in_words
from lpo_secaudit.formats.instants import parse_utc
from lpo_secaudit.model.check import (
    CheckFunction,
    Record,
    Verdict,
    World,
    not_applicable,
    not_satisfied,
    satisfied,
)

__all__ = ["FUNCTIONS"]


def _file(record: Record) -> str:
    return in_words(record["file"], "the export")


def _name(record: Record) -> str:
    return in_words(record["name"], "an account without a name")


def _is_off(record: Record) -> bool:
    """Disabled accounts are nobody's way in; one whose state is not told counts as enabled."""
    return record.gap("enabled") is None and record["enabled"] is False


def mfa(record: Record, world: World) -> Verdict:
    """Every account that a person signs in with has a usable second factor."""
    name = _name(record)
    if _is_off(record):
        return not_applicable(f"{name} is disabled")
    if record.gap("interactive") is None and record["interactive"] is False:
        return not_applicable(f"{name} has no password to sign in with")
    if record["mfa"]:
        return satisfied(f"{name} has a second factor")
    return not_satisfied(f"{name} signs in without a second factor")


def admin_mfa(record: Record, world: World) -> Iterator[Verdict]:
    """The same for administrators, where a stolen password opens everything."""
    if record["admin"]:
        yield mfa(record, world)


def bypass(record: Record, world: World) -> Verdict:
    """Nobody is excused from the second factor."""
    if record["bypass"]:
        return not_satisfied(f"{_name(record)} is excused from the second factor")
    return satisfied(f"{_name(record)} is not excused from the second factor")


def dormant(record: Record, world: World) -> Verdict:
    """Accounts that were not used for `days` days are disabled."""
    name, days = _name(record), int(world.parameters["days"])
    if _is_off(record):
        return not_applicable(f"{name} is disabled")
    if record["root"]:
        return not_applicable(f"{name} is the root account, which should not be used at all")
    if record["never_used"]:
        if record.gap("created") is not None:
            return not_satisfied(f"{name} is enabled and was never used")
        age = _days(record["created"], world.evaluated_at)
        if age <= days:
            return satisfied(f"{name} was never used, but is only {age} days old")
        return not_satisfied(f"{name} is enabled and was not used in the {age} days since it was made")
    age = _days(record["last_used"], world.evaluated_at)
    if age > days:
        return not_satisfied(f"{name} is enabled and was last used {age} days ago, more than {days}")
    return satisfied(f"{name} was last used {age} days ago")


def _days(instant: str, now: datetime) -> int:
    return (now - parse_utc(instant)).days


def admins_few(record: Record, world: World) -> Verdict:
    """The number of administrators is small; `most` and `share` bound it (whichever allows more)."""
    admins, total = record["admins"], record["accounts"]
    allowed = max(int(world.parameters["most"]), int(total * float(world.parameters["share"])))
    text = f"{_file(record)}: {admins} of {total} accounts are administrators"
    return satisfied(text) if admins <= allowed else not_satisfied(f"{text}, more than {allowed}")


def coverage(record: Record, world: World) -> Verdict:
    """The share of accounts with a second factor, for the whole export."""
    told, having = record["mfa_told"], record["mfa_having"]
    if not told:
        return not_applicable(f"{_file(record)} lists no enabled account that a person signs in with")
    share = having / told
    text = f"{_file(record)}: {having} of {told} accounts have a second factor ({share:.0%})"
    return satisfied(text) if share >= float(world.parameters["share"]) else not_satisfied(text)


def old_keys(record: Record, world: World) -> Verdict:
    """Access keys are changed at least every `days` days."""
    days = int(world.parameters["days"])
    if not record["keys"]:
        return not_applicable(f"{_name(record)} has no active access key")
    oldest = max(_days(key, world.evaluated_at) for key in record["keys"])
    text = f"{_name(record)}: its oldest active key is {oldest} days old"
    return not_satisfied(f"{text}, more than {days}") if oldest > days else satisfied(text)


def root_keys(record: Record, world: World) -> Iterator[Verdict]:
    """The root account of AWS has no access key."""
    if record["root"]:
        if record["keys"]:
            yield not_satisfied(f"{_name(record)} has {len(record['keys'])} active access keys")
        else:
            yield satisfied(f"{_name(record)} has no active access key")


def password_length(record: Record, world: World) -> Verdict:
    """Passwords have at least `characters` characters (NIST SP 800-63B, 5.1.1.2: 8 at the least)."""
    if not record["active"]:
        return not_applicable(f"policy {in_words(record['name'], 'without a name')} is not active")
    least = int(world.parameters["characters"])
    name, length = in_words(record["name"], "without a name"), in_words(record["min_length"])
    text = f"policy {name} asks for {length} characters"
    return satisfied(text) if record["min_length"] >= least else not_satisfied(f"{text}, fewer than {least}")


FUNCTIONS: dict[str, CheckFunction] = {
    "identity-mfa": mfa,
    "identity-admin-mfa": admin_mfa,
    "identity-mfa-coverage": coverage,
    "identity-no-bypass": bypass,
    "identity-no-dormant-accounts": dormant,
    "identity-few-admins": admins_few,
    "identity-keys-rotated": old_keys,
    "identity-root-without-keys": root_keys,
    "identity-password-length": password_length,
}
