"""Results as tables: each format is a row of columns that name it, and how one row reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from lpo_secaudit_plugins._files.tables import Sheet, as_dicts

from ..result import Reader, Result, Scan, cvss_severity, instant, latest, outcome_of, severity_of, text
from .cloud import scuba_control
from .web import testssl_result

__all__ = ["READERS"]

SEARCHED_ROWS = 12
Row = dict[str, str]
RowReader = Callable[[Row, str], "Result | None"]


@dataclass(frozen=True, slots=True)
class Table:
    """One format of rows.

    Attributes:
        needs: headers that only this format has together.
        row: reads one row; None for a row that is no result.
    """

    kind: str
    tool: str
    needs: frozenset[str]
    row: RowReader
    topics: tuple[str, ...] = ()


def _first(row: Mapping[str, str], *names: str) -> str:
    return next((row[n] for n in names if row.get(n)), "")


def _prowler(row: Row, place: str) -> Result:
    compliance = "REQUIREMENTS_ID" in row
    verdict = row["STATUS"]
    requirement = row.get("REQUIREMENTS_ID", "")
    listed = row.get("COMPLIANCE", "").split(" | ") if row.get("COMPLIANCE") else []
    references = (f"{row.get('FRAMEWORK', '')}: {requirement}",) if compliance else tuple(listed)
    return Result(
        rule=_first(row, "CHECK_ID", "CHECKID"),
        title=_first(row, "CHECK_TITLE", "REQUIREMENTS_DESCRIPTION")[:300],
        verdict=verdict,
        outcome=outcome_of(verdict),
        severity=severity_of(row.get("SEVERITY")),
        resource=_first(row, "RESOURCE_UID", "RESOURCE_NAME", "RESOURCEID", "RESOURCENAME"),
        place=place,
        message=text(_first(row, "STATUS_EXTENDED", "STATUSEXTENDED")),
        region=row.get("REGION") or None,
        resource_type=_first(row, "RESOURCE_TYPE", "SERVICE_NAME"),
        references=references,
        observed_at=instant(_first(row, "TIMESTAMP", "ASSESSMENTDATE", "ASSESSMENT_START_TIME")),
        suppressed=row.get("MUTED", "").lower() == "true",
    )


def _prowler2(row: Row, place: str) -> Result:
    return Result(
        rule=row.get("CHECK_ID") or row["TITLE_ID"],
        title=row.get("TITLE_TEXT", "")[:300],
        verdict=row["CHECK_RESULT"],
        outcome=outcome_of(row["CHECK_RESULT"]),
        severity=severity_of(row.get("CHECK_SEVERITY")),
        resource=row.get("CHECK_RESOURCE_ID", ""),
        place=place,
        message=text(row.get("CHECK_RESULT_EXTENDED", "")),
        region=row.get("REGION") or None,
        resource_type=row.get("CHECK_SERVICENAME", ""),
    )


def _nessus(row: Row, place: str) -> Result:
    risk = _first(row, "Risk", "Severity", "Risk Factor")
    return Result(
        rule=_first(row, "Plugin ID", "Plugin"),
        title=_first(row, "Name", "Plugin Name")[:300],
        verdict=risk,
        outcome="not-satisfied"
        if severity_of(risk) in ("critical", "high", "medium", "low")
        else outcome_of(risk or "none"),
        severity=severity_of(risk),
        resource=f"{_first(row, 'Host', 'IP Address')}:{row.get('Port', '')}/{row.get('Protocol', '')}",
        place=place,
        message=text(_first(row, "Synopsis", "Description")),
        resource_type="host",
        references=tuple(_first(row, "CVE").replace(",", " ").split()),
    )


def _openvas(row: Row, place: str) -> Result:
    severity = severity_of(row["Severity"])
    return Result(
        rule=_first(row, "NVT OID", "NVT Name"),
        title=row["NVT Name"][:300],
        verdict=row["Severity"],
        outcome="not-applicable" if severity == "informational" else "not-satisfied",
        severity=severity,
        resource=f"{row.get('IP', '')}:{row.get('Port', '')}/{row.get('Port Protocol', '')}",
        place=place,
        message=text(row.get("Summary", "")),
        resource_type="host",
        references=tuple(row.get("CVEs", "").replace(",", " ").split()),
        observed_at=instant(row.get("Timestamp")),
    )


def _qualys(row: Row, place: str) -> Result | None:
    if not row["QID"].strip().isdigit():
        return None
    status = _first(row, "Status", "Vuln Status")
    levels = {"1": "informational", "2": "low", "3": "medium", "4": "high", "5": "critical"}
    information = row.get("Type Detected", row.get("Type", "")).lower() in (
        "information",
        "ig",
        "information gathered",
    )
    closed = status.upper() in ("FIXED", "CLOSED")
    return Result(
        rule=row["QID"],
        title=row["Title"][:300],
        verdict=status or row.get("Type Detected", ""),
        outcome="satisfied" if closed else "not-applicable" if information else "not-satisfied",
        severity=levels.get(row.get("Severity", ""), severity_of(row.get("Severity"))),
        resource=f"{_first(row, 'Asset Name', 'DNS', 'NetBIOS', 'IP')}:{row.get('Port', '')}",
        place=place,
        message=text(_first(row, "CVE-Description", "Threat", "Results")),
        resource_type="host",
        references=tuple(_first(row, "CVE", "CVE ID").replace(",", " ").split()),
        observed_at=instant(row.get("Last Detected")),
        suppressed=row.get("Ignored", "").lower() == "yes" or row.get("Disabled", "").lower() == "yes",
    )


def _wiz(row: Row, place: str) -> Result:
    status = row["Status"].upper()
    outcome = {"RESOLVED": "satisfied", "REJECTED": "unavailable"}.get(status, "not-satisfied")
    return Result(
        rule=_first(row, "Control ID", "Title"),
        title=row["Title"][:300],
        verdict=row["Status"],
        outcome=outcome,
        severity=severity_of(row["Severity"]),
        resource=_first(row, "Resource external ID", "Resource Name"),
        place=place,
        message=text(row.get("Description", "")),
        region=row.get("Resource Region") or None,
        resource_type=row.get("Resource Type", ""),
        observed_at=instant(_first(row, "Resolved Time", "Created At")),
        suppressed=status == "REJECTED",
    )


def _prisma(row: Row, place: str) -> Result:
    score = cvss_severity(row["CVSS"]) if row.get("CVSS") else "unknown"
    severity = severity_of(row["Severity"])
    return Result(
        rule=_first(row, "CVE ID", "Compliance ID"),
        title=_first(row, "Description", "Cause")[:300],
        verdict=row["Severity"],
        outcome="not-satisfied",
        severity=severity if severity != "unknown" else score,
        resource=_first(row, "Hostname", "Registry", "Repository"),
        place=place,
        message=text(_first(row, "Cause", "Description")),
        resource_type=row.get("Type", ""),
    )


def _azure(row: Row, place: str) -> Result:
    return Result(
        rule=_first(row, "recommendationName", "recommendationId"),
        title=_first(row, "recommendationDisplayName", "recommendationName")[:300],
        verdict=row["state"],
        outcome=outcome_of(row["state"]),
        severity=severity_of(row["severity"]),
        resource=row.get("resourceId", ""),
        place=place,
        message=text(_first(row, "notApplicableReason", "description")),
        resource_type=row.get("resourceType", ""),
        references=tuple(c for c in row.get("controls", "").split(";") if c),
        observed_at=instant(row.get("exportedTimestamp")),
    )


def _testssl(row: Row, place: str) -> Result:
    values: dict[str, Any] = dict(row)
    return testssl_result(values, place, f"{row.get('fqdn/ip', '')}:{row.get('port', '')}")


def _attestation(row: Row, place: str) -> Result | None:
    if not row["Control_ID"]:
        return None
    return Result(
        rule=row["Control_ID"],
        title=f"attested by a person, every {row.get('Frequency', '')}",
        verdict=row["Status"],
        outcome=outcome_of(row["Status"]),
        severity="unknown",
        resource="",
        place=place,
        message=text(row.get("Explanation", "")),
        observed_at=instant(row.get("Updated")),
    )


def _scuba(row: Row, place: str) -> Result | None:
    values: dict[str, Any] = dict(row)
    return scuba_control(values, place) if row["Control ID"] else None


FLAWS = ("vulnerability-management",)
TLS = ("encryption-in-transit",)


def _table(kind: str, tool: str, needs: str, row: RowReader, topics: tuple[str, ...] = ()) -> Table:
    return Table(kind, tool, frozenset(needs.split(", ")), row, topics)


TABLES = (
    _table("prowler-csv", "Prowler", "CHECK_ID, STATUS, STATUS_EXTENDED", _prowler),
    _table("prowler-compliance", "Prowler", "REQUIREMENTS_ID, STATUS, CHECKID", _prowler),
    _table("testssl-csv", "testssl.sh", "id, fqdn/ip, severity, finding", _testssl, TLS),
    _table("nessus-csv", "Nessus", "Plugin ID, Host, Name", _nessus, FLAWS),
    _table("tenable-csv", "Tenable", "Plugin, Plugin Name, Severity, IP Address", _nessus, FLAWS),
    _table("prowler2-csv", "Prowler", "TITLE_ID, CHECK_RESULT, TITLE_TEXT", _prowler2),
    _table("openvas-csv", "OpenVAS", "NVT Name, Severity, QoD", _openvas, FLAWS),
    _table("qualys-csv", "Qualys", "QID, Title, Severity", _qualys, FLAWS),
    _table("wiz-csv", "Wiz", "Title, Severity, Status, Resource external ID, Wiz URL", _wiz),
    _table("prisma-csv", "Prisma Cloud", "CVE ID, Compliance ID, Severity, Cause", _prisma, FLAWS),
    _table("defender-csv", "Defender for Cloud", "recommendationId, state, severity", _azure),
    _table("scuba-csv", "ScubaGear", "Control ID, Requirement, Result, Criticality", _scuba),
    _table("inspec-attestations", "attestations", "Control_ID, Explanation, Frequency, Status", _attestation),
)


def _find(sheets: Iterable[Sheet], table: Table) -> tuple[Sheet, int] | None:
    for sheet in sheets:
        for index, row in enumerate(sheet.rows[:SEARCHED_ROWS]):
            if table.needs <= {" ".join(v.split()) for v in row.cells.values()}:
                return sheet, index
    return None


def _reader(table: Table) -> Reader:
    def read(sheets: Iterable[Sheet]) -> Scan:
        place = _find(sheets, table)
        found: list[Result] = []
        if place is not None:
            sheet, header = place
            for number, row in as_dicts(sheet, header):
                result = table.row(row, sheet.place(number, 0))
                if result is not None:
                    found.append(result)
        return Scan(table.kind, table.tool, "", tuple(found), latest(found), table.topics)

    return Reader(table.kind, "table", lambda sheets: _find(sheets, table) is not None, read)


READERS = tuple(_reader(table) for table in TABLES)
