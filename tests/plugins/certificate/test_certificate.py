"""Certificates and reports: what they are, until when they stand, what they leave out, with their words."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lpo_secaudit.errors import DocumentError
from lpo_secaudit.model.check import Outcome
from lpo_secaudit.model.evidence import ListingStatus
from lpo_secaudit_plugins._files.pages import read_pages
from lpo_secaudit_plugins.certificate import plugin
from lpo_secaudit_plugins.certificate.collector import document_data
from lpo_secaudit_plugins.certificate.dates import days_in, parse_day
from tests.plugins.certificate.paper import Line, pdf
from tests.plugins.collecting import collect_source, observe

S, N, U = Outcome.SATISFIED, Outcome.NOT_SATISFIED, Outcome.UNAVAILABLE

ISO: list[Line] = [
    "Certificate of Registration",
    "Information Security Management System - ISO/IEC 27001:2022",
    "Certificate Number: IS 12345",
    "Awarded to:",
    "Acme Legal Services Ltd",
    "The scope of this certificate includes the review platform DocRoom and its support.",
    "Issue date: 3 March 2025",
    "Expiry date: 2 March 2028",
]
SOC: list[list[Line]] = [
    [
        "System and Organization Controls (SOC) 2 Type II Report",
        "Acme Legal Services",
        "For the period October 1, 2025 to September 30, 2026",
        "Schellman & Company, LLC",
    ],
    [
        "Scope",
        "We have examined the description of the DocRoom platform of Acme and the suitability of the",
        "design and operating effectiveness of the controls stated in the description by management.",
        "The description uses the carve-out method and excludes the controls of Hosting Co.",
        "In our opinion, except for the matter described below, the controls were effective.",
    ],
]
BRIDGE: list[Line] = [
    "Bridge Letter",
    "SOC 2 report of Acme",
    "For the period October 1, 2025 to November 20, 2026",
]
ACORD: list[Line] = [
    "CERTIFICATE OF LIABILITY INSURANCE",
    (400, "DATE 10/01/2026"),
    "INSURED",
    (300, "INSURER A: Big Insurance Company 12345"),
    "Acme Legal Services Ltd",
    (300, "INSURER D: Syndicate 2623"),
    "A COMMERCIAL GENERAL LIABILITY",
    (230, "POL1"),
    (300, "01/01/2026 01/01/2027"),
    (420, "EACH OCCURRENCE $1,000,000"),
    " ",
    (420, "GENERAL AGGREGATE $9,000,000"),
    "D Cyber Liability",
    (230, "POL2"),
    (300, "03/01/2026 03/01/2027"),
    (420, "Limit (1) $2,000,000"),
    " ",
    (230, "SIR applies per policy terms and conditions"),
    (420, "$50,000"),
    "ACORD 25 (2016/03)",
]
PENTEST: list[Line] = [
    "Penetration Test Report - DocRoom",
    "Cure53, Berlin",
    "Date of report: 2026-06-01",
    "ACM-01-001 Broken access control (High)",
    "ACM-01-002 Missing header (Info)",
    "Findings in detail",
    "ACM-01-001 Broken access control in the export (High)",
]


def data_of(*pages: list[Line], services: tuple[str, ...] = ()) -> dict[str, Any]:
    data, _ = document_data(read_pages(pdf(*pages), "x.pdf", ocr=False), None, services, "x.pdf")
    return data


def test_an_iso_certificate() -> None:
    data = data_of(ISO, services=("DocRoom",))
    told = {k: data[k] for k in ("kind", "issued", "expires", "holder", "standard", "stands_until")}
    assert told == {
        "kind": "iso27001",
        "issued": "2025-03-03",
        "expires": "2028-03-02",
        "holder": "Acme Legal Services Ltd",
        "standard": "ISO/IEC 27001:2022",
        "stands_until": "2028-03-02",
    }
    assert data["services"][0]["in_scope"] is True


def test_every_quote_stands_at_its_offsets_and_page() -> None:
    pages = read_pages(pdf(*SOC), "x.pdf", ocr=False)
    data, _ = document_data(pages, None, (), "x.pdf")
    quotes = [q for v in data["quotes"].values() for q in (v if isinstance(v, list) else [v]) if q]
    assert len(quotes) >= 4
    for quote in quotes:
        assert pages.text[quote["start"] : quote["end"]] == quote["text"]
        assert pages.page_at(quote["start"]) == quote["page"]
    assert data["quotes"]["exclusions"][0]["page"] == 2


def test_a_soc_2_report_with_its_period_carve_out_and_qualification() -> None:
    data = data_of(*SOC)
    assert (data["kind"], data["period_from"], data["period_to"]) == ("soc2", "2025-10-01", "2026-09-30")
    assert "carve-out method" in data["exclusions"][0]
    assert "except for the matter" in data["exceptions"][0]


def test_an_insurance_certificate_with_cyber_in_a_free_row() -> None:
    data = data_of(ACORD)
    assert (data["kind"], data["holder"]) == ("insurance", "Acme Legal Services Ltd")
    found = {p["type"]: (p["effective"], p["expires"], p["limit"]) for p in data["policies"]}
    assert found == {
        "general": ("2026-01-01", "2027-01-01", 1_000_000),
        "cyber": ("2026-03-01", "2027-03-01", 2_000_000),
    }
    assert data["expires"] == "2027-01-01"


def test_a_penetration_test_counts_each_finding_once() -> None:
    data = data_of(PENTEST)
    assert (data["kind"], data["issued"], data["issuer"]) == ("penetration-test", "2026-06-01", "Cure53")
    assert data["findings"] == {"high": 1, "informational": 1}


@pytest.mark.parametrize(
    ("lines", "kind"),
    [
        (["System and Organization Controls (SOC) 3", "Report over the X System"], "soc3"),
        (["Payment Card Industry", "Data Security Standard", "Attestation of Compliance"], "pci-dss"),
        (["Cyber Essentials Plus", "Valid to: 2027-01-01"], "cyber-essentials"),
        (["STAR Registry Listing for Acme"], "csa-star"),
        (["Statement of Applicability", "ISO 27001:2022"], "iso27001-soa"),
        (["Meeting minutes", "We talked about security."], "unknown"),
    ],
)
def test_kinds_are_told_by_their_words(lines: list[Line], kind: str) -> None:
    assert data_of(lines)["kind"] == kind


def collected(
    tmp_path: Path, pages: list[list[Line]], sidecar: str = "", **options: Any
) -> dict[str, Outcome]:
    (tmp_path / "c.pdf").write_bytes(pdf(*pages))
    if sidecar:
        (tmp_path / "c.pdf.yaml").write_text(sidecar)
    bundle = collect_source(plugin(), tmp_path, {"files": ["c.pdf"], "ocr": False, **options})
    return {
        o.check.removeprefix("certificate-"): o.outcome
        for o in observe(plugin(), bundle)
        if o.subject.id != "*"
    }


def test_findings_on_an_iso_certificate(tmp_path: Path) -> None:
    found = collected(tmp_path, [ISO], service=["DocRoom"])
    assert (found["current"], found["scope"], found["confirmed"]) == (S, S, N)


def test_an_expired_certificate_and_a_scope_that_leaves_the_service_out(tmp_path: Path) -> None:
    lines = [*ISO[:-1], "Expiry date: 2 March 2026"]
    found = collected(tmp_path, [lines], service=["Transcription Desk"])
    assert (found["current"], found["scope"]) == (N, N)


def test_what_a_machine_did_not_find_is_no_proof(tmp_path: Path) -> None:
    assert collected(tmp_path, [ISO])["carve-outs"] is U


def test_a_gap_after_the_report_and_a_letter_that_bridges_it(tmp_path: Path) -> None:
    old = [
        line.replace("2025 to September 30, 2026", "2024 to June 30, 2026") if isinstance(line, str) else line
        for line in SOC[0]
    ]
    found = collected(tmp_path, [old, SOC[1]])
    assert (found["no-gap"], found["no-exceptions"], found["carve-outs"]) == (N, N, N)
    (tmp_path / "letter.pdf").write_bytes(
        pdf([BRIDGE[0], BRIDGE[1], "For the period July 1, 2026 to November 20, 2026"])
    )
    bundle = collect_source(
        plugin(), tmp_path, {"files": ["c.pdf", "letter.pdf"], "ocr": False}, name="second"
    )
    assert [o.outcome for o in observe(plugin(), bundle, "certificate-no-gap")] == [S]


def test_a_letter_that_begins_too_late_bridges_nothing(tmp_path: Path) -> None:
    old = [
        line.replace("2025 to September 30, 2026", "2023 to June 30, 2025") if isinstance(line, str) else line
        for line in SOC[0]
    ]
    (tmp_path / "c.pdf").write_bytes(pdf(old, SOC[1]))
    (tmp_path / "letter.pdf").write_bytes(
        pdf([BRIDGE[0], BRIDGE[1], "For the period July 1, 2026 to November 20, 2026"])
    )
    bundle = collect_source(plugin(), tmp_path, {"files": ["c.pdf", "letter.pdf"], "ocr": False})
    assert [o.outcome for o in observe(plugin(), bundle, "certificate-no-gap")] == [N]


def test_cyber_cover_below_what_is_asked(tmp_path: Path) -> None:
    assert collected(tmp_path, [ACORD])["cyber-cover"] is N


SIDECAR = """
confirmed_by: A. Reader
confirmed_on: 2026-11-24
values:
  expires: 2027-05-01
  exclusions: []
  policies: [{type: cyber, effective: 2026-03-01, expires: 2027-03-01, limit: 6000000}]
"""


def test_a_sidecar_confirms_and_corrects(tmp_path: Path) -> None:
    found = collected(tmp_path, [ACORD], SIDECAR)
    assert (found["cyber-cover"], found["confirmed"], found["carve-outs"]) == (S, S, S)


@pytest.mark.parametrize(
    "text",
    [
        "confirmed_by: x",
        "confirmed_by: x\nconfirmed_on: soon",
        "confirmed_by: x\nconfirmed_on: 2026-01-01\nvalues: {expiry: 2027-01-01}",
    ],
)
def test_a_wrong_sidecar_is_an_error_not_a_confirmation(tmp_path: Path, text: str) -> None:
    assert collected(tmp_path, [ISO], text) == {}


@pytest.mark.parametrize("raw", [b"%PDF-1.4 broken", b"", b"%PDF-1.7\n%%EOF"])
def test_broken_files_are_gaps(tmp_path: Path, raw: bytes) -> None:
    (tmp_path / "c.pdf").write_bytes(raw)
    bundle = collect_source(plugin(), tmp_path, {"file": "c.pdf", "ocr": False})
    assert [x.status for x in bundle.listings] == [ListingStatus.UNAVAILABLE]


def test_an_image_needs_a_sidecar(tmp_path: Path) -> None:
    with pytest.raises(DocumentError) as caught:
        read_pages(pdf([]), "x.pdf", ocr=False)
    assert caught.value.kind in ("image-only", "empty")


@pytest.mark.parametrize(
    ("text", "iso"),
    [
        ("December 20, 2024", "2024-12-20"),
        ("1 November 2022", "2022-11-01"),
        ("3rd of March 2025", "2025-03-03"),
        ("Sept. 5, 2025", "2025-09-05"),
        ("03/04/2024", "2024-03-04"),
        ("31/12/2024", "2024-12-31"),
        ("2024-02-29", "2024-02-29"),
        ("20.12.2024", "2024-12-20"),
    ],
)
def test_days(text: str, iso: str) -> None:
    assert parse_day(text) == date.fromisoformat(iso)
    assert [day.isoformat() for day, _, _ in days_in(f"until {text}, and")] == [iso]


def test_a_day_that_is_none() -> None:
    assert list(days_in("on 2024-02-31 or 99/99/2024")) == []


@pytest.mark.parametrize("unit", ["issued ", "scope of this ", "subservice organization ", "(high)\n", "a "])
def test_time_grows_with_the_text_and_no_faster(unit: str) -> None:
    import time

    from lpo_secaudit_plugins._files.pages import Pages
    from lpo_secaudit_plugins.certificate.facts import read_facts
    from lpo_secaudit_plugins.certificate.kinds import KINDS

    took = []
    for size in (20_000, 160_000):
        pages = Pages(unit * (size // len(unit)), (0,))
        start = time.process_time()
        for kind in (KINDS[5], KINDS[-1]):
            read_facts(pages, kind)
        took.append(time.process_time() - start)
    assert took[1] < 24 * max(took[0], 0.05)  # eight times the text; three times that for the machine's moods
