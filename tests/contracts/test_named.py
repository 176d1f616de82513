"""Sub-processors that a contract lists by name."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_secaudit.contracts.analysis import analyze_document
from lpo_secaudit.contracts.document import Document
from lpo_secaudit.contracts.named import named_subprocessors

CLAUSE = "Customer gives general authorisation for Provider to engage sub-processors.\n\n"


@pytest.mark.parametrize(
    "listing",
    [
        "## Annex III: List of Sub-processors\n\n| Name | Location | Purpose |\n|---|---|---|\n"
        "| Cloudwerk GmbH | Germany | hosting |\n| Paper Trail, Inc. | USA | scanning |\n\n## Annex IV\n",
        "| Sub-processor | Service |\n|---|---|\n"
        "| Cloudwerk GmbH | hosting |\n| Paper Trail, Inc. | scanning |\n",
        "The following subprocessors are approved:\n\n"
        "- Cloudwerk GmbH (Germany), hosting\n- Paper Trail, Inc. – scanning\n",
        "Provider uses these approved sub-processors: Cloudwerk GmbH (Germany) and Paper Trail, Inc.\n",
        "Schedule 3 Approved Subcontractors\n\n"
        "1. Cloudwerk GmbH: hosting\n2. Paper Trail, Inc.: scanning\n\nSchedule 4\n",
        "List of Subprocessors\n\n1. Cloudwerk GmbH Address: Am Markt 1, Bonn Description: hosting\n\n"
        "2. Paper Trail, Inc. Address: 5 Pine St, Reno Description: scanning\n",
        "Authorised Sub-Processors\n\nName\tCountry\nCloudwerk GmbH\tGermany\nPaper Trail, Inc.\tUSA\n",
    ],
)
def test_lists_and_tables(listing: str) -> None:
    names = [name.rstrip(".") for name in named_subprocessors(CLAUSE + listing)]
    assert names == ["Cloudwerk GmbH", "Paper Trail, Inc"]
    document = Document(name="x.md", format="text", sha256="", text=CLAUSE + listing)
    assert len(analyze_document(document)["subprocessor-authorization"].parameters["named"]) == 2


@pytest.mark.parametrize(
    "text",
    [
        CLAUSE,
        "## Sub-processors\n\nProvider shall bind its sub-processors. Provider remains liable for them.\n",
        "A list of current sub-processors is available at https://provider.example/subprocessors.\n",
        "## Annex III: List of Sub-processors\n\n| Name | Location |\n|---|---|\n| [insert] | [insert] |\n",
        "## Sub-processors\n\n| Services | Safeguards |\n|---|---|\n| Services | Safeguards |\n",
        "Sub-processor obligations:\n\n- confidentiality\n- security measures\n- audits\n",
    ],
)
def test_no_names(text: str) -> None:
    assert named_subprocessors(text) == []


@given(st.text(alphabet="Sub-processors list: A|Inc.\n\t-()", max_size=400))
def test_names_are_words_of_the_text(text: str) -> None:
    for name in named_subprocessors(text):
        assert name in text.replace("**", "")
