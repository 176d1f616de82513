"""Who is who: names that only the contract explains."""

from __future__ import annotations

import pytest

from lpo_secaudit.contracts.parties import find_parties
from lpo_secaudit.contracts.words import tokenize

DECLARED = (
    "This addendum is made between the medical group (the “Practice”) and Remote Scribes Inc. "
    "(“Scribes”). The Practice is a Covered Entity. Scribes agrees to report to the Practice any breach. "
    "Scribes shall return all records. Scribes receives records on behalf of the Practice."
)


@pytest.mark.parametrize(
    ("text", "provider", "client"),
    [
        (DECLARED, "scribes", "practice"),
        ("Contractor shall notify the Agency. Contractor acts as directed by the Agency.", None, "agency"),
        (
            "Company shall delete all data of Customer. Company shall notify Customer of a breach.",
            "company",
            None,
        ),
        (
            "Acme will process the data. Acme will notify Customer. Acme shall engage nobody else.",
            "acme",
            None,
        ),
    ],
)
def test_names_take_their_side_from_what_they_do(text: str, provider: str | None, client: str | None) -> None:
    parties = find_parties(tokenize(text))
    if provider:
        assert (provider,) in parties.provider and (provider,) not in parties.client
    if client:
        assert (client,) in parties.client and (client,) not in parties.provider


def test_a_defined_thing_is_no_party() -> None:
    text = 'The "Platform" and the "Effective Date" are set by Vendor. Vendor shall notify Client. '
    text += "The Platform shall store data. The Member State of the subject may decide."
    parties = find_parties(tokenize(text))
    assert parties.names == frozenset()
