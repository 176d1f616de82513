"""The worked example: its page is the engine's, from the contract's text to the drafts."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

from lpo_secaudit.accountability import Incident, Status
from lpo_secaudit.accountability.incident_file import parse_incident
from lpo_secaudit.dossiers import verify_dossier, write_dossier
from tests.accountability.worked_example import EXAMPLE, PAGE, PARTS, dossier, written


def test_every_figure_on_the_page_is_the_engines() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page.count("<!-- engine:") == len(PARTS)
    assert page == written(page), "run python -m tests.accountability.worked_example and look at what changed"


def test_the_story_that_the_page_tells_is_the_incidents() -> None:
    incident = Incident.load(EXAMPLE / "incident.yaml")
    aware = incident.event("aware", "provider")
    [told] = incident.notices("provider", "firm")
    assert aware is not None
    assert told.earliest() - aware.earliest() == timedelta(hours=61)
    assert incident.affected.in_place("EU").low == 300
    duties = {d.obligation.id: d for d in dossier().assessment.duties}
    contract = duties["contract/breach-notification@provider"]
    assert (contract.status, contract.late_by) == (Status.MISSED, timedelta(hours=13))


def test_quotes_are_the_contracts_words_at_their_offsets() -> None:
    text = (EXAMPLE / "contract.md").read_text(encoding="utf-8")
    quotes = [q for o in dossier().obligations for q in o.quotes]
    assert quotes
    for quote in quotes:
        assert " ".join(quote.text.split()) in " ".join(text.split())


def test_the_dossier_is_written_and_verifies(tmp_path: Path) -> None:
    folder = write_dossier(dossier(), tmp_path / "dossier")
    assert verify_dossier(folder)
    assert {"dossier.html", "dossier.json", "duties.csv", "deadlines.ics", "attestation.json"} <= {
        p.name for p in folder.iterdir()
    }


def test_the_incident_file_of_the_reference_is_one() -> None:
    page = (PAGE.parent / "README.md").read_text(encoding="utf-8")
    block = page.split("```yaml\n")[1].split("```")[0]
    found = parse_incident(block.encode(), "README.md")
    assert found.affected.in_place("US-CA").high == 2000
    assert found.holds[0].written
