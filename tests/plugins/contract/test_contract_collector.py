"""Contracts become evidence; a file that cannot be read costs that file only."""

from __future__ import annotations

from pathlib import Path

import pytest

from lpo_secaudit.collect import Bundle
from lpo_secaudit.errors import InputError
from lpo_secaudit.model.check import Outcome
from lpo_secaudit.model.evidence import GapReason, ListingStatus
from lpo_secaudit_plugins.contract import plugin
from tests.contracts import hostile, sample
from tests.plugins.collecting import collect_source, observe

PLUGIN = plugin()


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    base = tmp_path_factory.mktemp("contracts")
    (base / "dpa.docx").write_bytes(sample.as_docx())
    (base / "locked.pdf").write_bytes(hostile.encrypted_pdf())
    options = {"files": ["dpa.docx", "locked.pdf", "gone.pdf"], "kind": "dpa"}
    return collect_source(PLUGIN, base, options)


def test_every_clause_of_the_library_has_a_record(bundle: Bundle) -> None:
    from lpo_secaudit.contracts.library import standard_library

    records = {r.data["clause"]: r for r in bundle.records("contract.clause")}
    assert set(records) == {clause.id for clause in standard_library().clauses}
    notice = records["breach-notification"]
    assert notice.subject.id == "dpa.docx#breach-notification"
    assert notice.data["parameters"]["deadline_hours"] == 48
    assert notice.data["kind"] == "dpa"
    assert notice.data["quotes"][0]["section"] == "4.1"
    absent = records["background-checks"]
    assert (absent.data["present"], absent.data["grade"]) == (False, "absent")
    assert absent.data["reason"]


def test_quotes_stand_in_the_kept_text_at_their_offsets(bundle: Bundle) -> None:
    document = next(iter(bundle.records("contract.document")))
    text = bundle.blob(document.data["text"]).decode()
    assert bundle.blob(document.inputs[0]) == sample.as_docx() or document.inputs[0] != document.inputs[1]
    quotes = [q for r in bundle.records("contract.clause") for q in r.data["quotes"]]
    assert len(quotes) > 20
    for quote in quotes:
        assert text[quote["start"] : quote["end"]] == quote["text"]


def test_unreadable_files_are_gaps_of_their_own(bundle: Bundle) -> None:
    listings = {(x.type, x.scope): x for x in bundle.listings}
    assert listings["contract.clause", "dpa.docx"].status is ListingStatus.COMPLETE
    locked = listings["contract.clause", "locked.pdf"]
    assert locked.status is ListingStatus.UNAVAILABLE
    assert locked.gap is not None
    assert (locked.gap.reason, locked.gap.code) == (GapReason.DENIED, "encrypted")
    gone = listings["contract.document", "gone.pdf"].gap
    assert gone is not None
    assert gone.reason is GapReason.MISSING


def test_an_unreadable_contract_never_settles_a_question(bundle: Bundle) -> None:
    """Present in one contract is enough; missing in one while another is unread is not decided."""
    found = {o.outcome for o in observe(PLUGIN, bundle, "contract-breach-notification")}
    assert found == {Outcome.SATISFIED}
    missing = {o.outcome for o in observe(PLUGIN, bundle, "contract-background-checks")}
    assert Outcome.UNAVAILABLE in missing
    assert Outcome.SATISFIED not in missing


def test_a_firms_own_clause_is_read(tmp_path: Path) -> None:
    (tmp_path / "dpa.txt").write_text(
        "1. Privilege. Provider shall not waive attorney-client privilege in documents of Customer."
    )
    (tmp_path / "own.yaml").write_text(
        "clauses:\n"
        "  - clause: privilege-kept\n"
        "    title: Privilege is kept\n"
        "    means: The provider does nothing that waives privilege.\n"
        "    examples:\n"
        "      - Provider shall not waive attorney-client privilege in the documents.\n"
        "      - Vendor must preserve attorney-client privilege.\n"
    )
    bundle = collect_source(PLUGIN, tmp_path, {"files": ["dpa.txt"], "clauses": ["own.yaml"]})
    record = next(r for r in bundle.records("contract.clause") if r.data["clause"] == "privilege-kept")
    assert record.data["present"] is True


def test_a_bad_clause_file_makes_the_source_unavailable(tmp_path: Path) -> None:
    (tmp_path / "dpa.txt").write_text("Provider shall keep secrets.")
    (tmp_path / "own.yaml").write_text("clauses: [{clause: x}]\n")
    bundle = collect_source(PLUGIN, tmp_path, {"files": ["dpa.txt"], "clauses": ["own.yaml"]})
    assert all(x.status is ListingStatus.UNAVAILABLE for x in bundle.listings)


def test_permissions_name_the_files() -> None:
    from datetime import UTC, datetime

    from lpo_secaudit.plugins import CollectRequest

    request = CollectRequest(
        "s", {"files": ["a.pdf"], "clauses": ["own.yaml"]}, {}, Path(), datetime(2026, 1, 1, tzinfo=UTC)
    )
    assert PLUGIN.collectors[0].permissions(request) == ("read the file a.pdf", "read the file own.yaml")


def test_loading_the_plugin_loads_no_parser() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from lpo_secaudit_plugins.contract import plugin; plugin();"
        "print([m for m in ('pypdfium2', 'lxml', 'docx', 'defusedxml') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_input_error_is_what_a_missing_file_raises_outside_an_audit() -> None:
    from lpo_secaudit.contracts import analyze

    with pytest.raises(InputError, match="no such file"):
        analyze(Path("gone.pdf"))
