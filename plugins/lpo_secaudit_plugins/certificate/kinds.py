"""What a certificate or report is, told by its own words on its first pages."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .._files.pages import Pages, Quote

__all__ = ["KINDS", "Kind", "recognise"]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of document.

    Attributes:
        id: as it stands in evidence.
        title: for a person.
        pattern: words that only it has; looked for in the first `pages` pages.
        months: how long it stands where it names no end; 0 where it always names one.
        topics: what it is evidence on.
    """

    id: str
    title: str
    pattern: re.Pattern[str]
    pages: int = 2
    months: int = 0
    topics: tuple[str, ...] = ("certification",)


def _words(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


_SOC = r"(?:systems? and|service) organi[sz]ations? controls?[\s(]*(?:SOC)?[\s)®]*"
_ISO = r"\bISO\s*/?\s*(IEC)?\s*(27001|27017|27018|27701|22301|9001|20000)"
_PRIVACY = ("certification", "privacy-governance")

# Order matters: letters and statements name the report that they belong to.
KINDS: tuple[Kind, ...] = (
    Kind("bridge-letter", "bridge letter", _words(r"\b(bridge|gap) letter\b", r"\bletter of continued\b"), 1),
    Kind(
        "insurance",
        "certificate of insurance",
        _words(
            r"certificate of (liability |property |commercial )?insurance",
            r"evidence of (property )?insurance\b",
            r"\bACORD 2[0-9]\b",
        ),
        topics=("insurance",),
    ),
    Kind(
        "pci-dss",
        "PCI DSS attestation of compliance",
        _words(
            r"attestation of compliance(?=[\s\S]{0,900}\bPCI)",
            r"payment card industry[\s\S]{0,120}attestation of compliance",
        ),
        months=12,
    ),
    Kind(
        "iso27001-soa",
        "ISO/IEC 27001 statement of applicability",
        _words(r"\A[\s\S]{0,400}statement of applicability"),
        1,
    ),
    Kind("soc3", "SOC 3 report", _words(_SOC + r"3\b", r"\bSOC\s*3\b"), months=12),
    Kind(
        "soc2",
        "SOC 2 report",
        _words(
            _SOC + r"2\b",
            r"\bSOC\s*2\b[^.\n]{0,40}\b(type|report)\b",
            r"\breport on controls? (at a service organization )?relevant to security",
        ),
        months=12,
    ),
    Kind(
        "soc1",
        "SOC 1 report",
        _words(_SOC + r"1\b", r"\bSOC\s*1\b[^.\n]{0,40}\b(type|report)\b", r"\bISAE 3402\b"),
        months=12,
    ),
    Kind("cyber-essentials", "Cyber Essentials certificate", _words(r"cyber\s+essentials"), 1, 12),
    Kind(
        "csa-star",
        "CSA STAR entry or certificate",
        _words(
            r"\bCSA STAR\b",
            r"\bSTAR (registry|certif|attestation)",
            r"security,? trust,? (and|&)?,? ?(risk|assurance)[^.]{0,40}\bSTAR\b",
        ),
        1,
        12,
    ),
    Kind(
        "iso27001",
        "ISO management system certificate",
        _words(r"\bcertif[\s\S]{0,600}" + _ISO, _ISO + r"[\s\S]{0,600}\bcertif"),
    ),
    Kind("hitrust", "HITRUST letter", _words(r"\bHITRUST\b[\s\S]{0,200}\bcertif"), 2, 24),
    Kind("txramp", "TX-RAMP certification", _words(r"\bTX-?RAMP\b", r"texas risk and authorization"), 1),
    Kind("fedramp", "FedRAMP authorization", _words(r"\bFedRAMP\b[\s\S]{0,200}\bauthori[sz]"), 1),
    Kind("truste", "TRUSTe privacy certification", _words(r"\bTRUSTe\b"), 1, 12, _PRIVACY),
    Kind(
        "penetration-test",
        "penetration test",
        _words(
            r"\bpen(etration)?[- ]?test(ing)?[- ](report|summary|executive|letter|attestation)",
            r"pentest[- ]report",
            r"report[\s\S]{0,80}\bpenetration test",
            r"\b(security|application) assessment report\b",
        ),
        months=12,
        topics=("penetration-testing",),
    ),
)


def recognise(pages: Pages) -> tuple[Kind, Quote] | None:
    """The kind and the words that show it; None where the document is none of them."""
    for kind in KINDS:
        match = next(pages.find(kind.pattern, kind.pages), None)
        if match is not None:
            return kind, pages.quote(match.start(), match.end())
    return None
