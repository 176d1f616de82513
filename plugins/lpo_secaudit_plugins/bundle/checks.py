"""Checks on a handed-over bundle as a whole."""

from __future__ import annotations

from lpo_secaudit.check.wording import in_words
from lpo_secaudit.model.check import CheckFunction, Record, Verdict, World, not_satisfied, satisfied

__all__ = ["FUNCTIONS"]


def signed(record: Record, world: World) -> Verdict:
    """A bundle that nobody signed can be made by anybody."""
    if record["signed_by"] is None:
        return not_satisfied("the bundle is whole, but nobody vouches for it: no signature was asked for")
    return satisfied(
        f"signed by {in_words(record['signed_by'])} with the key {in_words(record['keyid'])[:16]}"
    )


FUNCTIONS: dict[str, CheckFunction] = {"bundle-signed": signed}
