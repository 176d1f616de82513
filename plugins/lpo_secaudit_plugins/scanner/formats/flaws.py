"""Known flaws and open ports of hosts: Nessus, OpenVAS, nmap, Wazuh."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from lpo_secaudit_plugins._files.xml_safe import children, local, text_of

from ..result import (
    Reader,
    Result,
    Scan,
    at,
    cvss_severity,
    dicts,
    instant,
    latest,
    outcome_of,
    severity_of,
    text,
)

__all__ = ["READERS"]

FLAWS = ("vulnerability-management",)
_NESSUS = ("informational", "low", "medium", "high", "critical")


def _nessus(root: Element) -> Scan:
    """Nessus v2: one ReportItem a plugin, port and host; severity 0 only tells."""
    found: list[Result] = []
    scanned = None
    for host in (e for e in root.iter() if local(e) == "ReportHost"):
        tags = {t.get("name", ""): text_of(t) for p in children(host, "HostProperties") for t in p}
        scanned = instant(tags.get("HOST_END_TIMESTAMP") or tags.get("HOST_END")) or scanned
        for number, item in enumerate(children(host, "ReportItem"), 1):
            found.append(_nessus_item(item, host.get("name", ""), number))
    version = next((text_of(e) for e in root.iter() if local(e) == "sc_version"), "")
    return Scan("nessus", "Nessus", version, tuple(found), scanned, FLAWS)


def _nessus_item(item: Element, host: str, number: int) -> Result:
    level = item.get("severity", "")
    severity = _NESSUS[int(level)] if level.isdigit() and int(level) < len(_NESSUS) else "unknown"
    compliance = next((text_of(c) for c in item if local(c) == "compliance-result"), "")
    verdict = compliance or text_of(item, "risk_factor") or f"severity {level}"
    if compliance:
        outcome = outcome_of(compliance)
    else:
        outcome = "not-applicable" if severity == "informational" else "not-satisfied"
    return Result(
        rule=item.get("pluginID", ""),
        title=item.get("pluginName", "")[:300],
        verdict=verdict,
        outcome=outcome,
        severity=severity,
        resource=f"{host}:{item.get('port', '0')}/{item.get('protocol', '')}",
        place=f"{host}/ReportItem[{number}]",
        message=(text_of(item, "synopsis") or text_of(item, "description"))[:1000],
        resource_type="host",
        references=tuple(text_of(c) for c in children(item, "cve")),
    )


def _openvas_results(root: Element) -> Iterator[Element]:
    for holder in root.iter():
        if local(holder) == "results":
            yield from children(holder, "result")


def _is_openvas(root: Element) -> bool:
    # Reports come with and without the envelope of the management protocol.
    return local(root) in ("report", "get_reports_response") and any(
        local(c) == "nvt" for r in _openvas_results(root) for c in r
    )


def _openvas(root: Element) -> Scan:
    found = []
    for number, result in enumerate(_openvas_results(root), 1):
        nvt = next(children(result, "nvt"), None)
        threat = text_of(result, "threat")
        score = text_of(result, "severity")
        severity = severity_of(threat) if threat else cvss_severity(score)
        host = next(children(result, "host"), None)
        address = " ".join((host.text or "").split()) if host is not None else ""
        refs = [
            r.get("id", "")
            for n in ([nvt] if nvt is not None else [])
            for g in children(n, "refs")
            for r in g
        ]
        found.append(
            Result(
                rule=(nvt.get("oid", "") if nvt is not None else "") or text_of(result, "name"),
                title=(text_of(nvt, "name") or text_of(result, "name"))[:300],
                verdict=threat or (f"severity {score}" if score else ""),
                outcome=_openvas_outcome(threat, score),
                severity=severity,
                resource=f"{address}:{text_of(result, 'port')}",
                place=f"result[{number}]",
                message=text_of(result, "description")[:1000],
                resource_type="host",
                references=tuple(r for r in refs if r),
                observed_at=instant(text_of(result, "modification_time") or text_of(result, "creation_time")),
                suppressed=text_of(result, "original_threat") not in ("", threat),
            )
        )
    scanned = next((instant(text_of(e)) for e in root.iter() if local(e) == "scan_end" and text_of(e)), None)
    return Scan("openvas", "OpenVAS", "", tuple(found), scanned or latest(found), FLAWS)


def _openvas_outcome(threat: str, score: str) -> str:
    plain = threat.lower()
    if plain in ("log", "debug", "none"):
        return "not-applicable"
    if plain in ("false positive", "error"):
        return "unavailable" if plain == "error" else "not-applicable"
    if plain:
        return "not-satisfied"
    if not score:
        return "unavailable"
    return "not-applicable" if cvss_severity(score) == "informational" else "not-satisfied"


def _nmap(root: Element) -> Scan:
    """nmap tells what is open; whether it should be is not its judgement."""
    found = []
    for host in children(root, "host"):
        address = next((a.get("addr", "") for a in children(host, "address")), "")
        for ports in children(host, "ports"):
            for port in children(ports, "port"):
                state = next((s.get("state", "") for s in children(port, "state")), "")
                service = next(children(port, "service"), None)
                product = (
                    ""
                    if service is None
                    else " ".join(
                        filter(None, (service.get("name"), service.get("product"), service.get("version")))
                    )
                )
                scripts = [f"{s.get('id')}: {s.get('output', '')}" for s in children(port, "script")]
                vulnerable = any("VULNERABLE" in s and "NOT VULNERABLE" not in s for s in scripts)
                name = f"{port.get('portid')}/{port.get('protocol')}"
                found.append(
                    Result(
                        rule=f"port {name}",
                        title=f"{name} {product}".strip(),
                        verdict="vulnerable" if vulnerable else state,
                        outcome="not-satisfied" if vulnerable else "not-applicable",
                        severity="high" if vulnerable else "informational",
                        resource=f"{address}:{name}",
                        place=f"{address}/{name}",
                        message=" ".join("; ".join(scripts).split())[:1000],
                        resource_type="host",
                    )
                )
    return Scan(
        "nmap",
        "nmap",
        root.get("version", ""),
        tuple(found),
        instant(root.get("start")),
        ("public-exposure",),
    )


def _is_wazuh(value: Any) -> bool:
    first = next(iter(dicts(value, "data", "affected_items")), {})
    return "cve" in first or ("policy_id" in first and "result" in first)


def _wazuh(value: Any) -> Scan:
    found = []
    for number, row in enumerate(dicts(value, "data", "affected_items")):
        benchmark = "result" in row
        verdict = text(row, "result") or text(row, "status")
        obsolete = verdict.upper() in ("OBSOLETE", "SOLVED")
        found.append(
            Result(
                rule=text(row, "cve") or text(row, "id"),
                title=text(row, "title", limit=300),
                verdict=verdict,
                outcome=outcome_of(verdict) if benchmark else "satisfied" if obsolete else "not-satisfied",
                severity=severity_of(row.get("severity")),
                resource=f"{text(row, 'name')} {text(row, 'version')}".strip(),
                place=f"$.data.affected_items[{number}]",
                message=text(row, "condition") or text(row, "reason"),
                resource_type="package",
                observed_at=instant(text(row, "detection_time")),
            )
        )
    return Scan("wazuh", "Wazuh", "", tuple(found), latest(found), FLAWS)


def _wazuh_hits(value: Any) -> list[dict[str, Any]]:
    """Rows of the vulnerability index (Wazuh 4.8 and later)."""
    found = dicts(value, "hits", "hits") or dicts(value)
    return [h for h in found if isinstance(at(h, "_source", "vulnerability"), dict)]


def _wazuh_index(value: Any) -> Scan:
    found = [
        Result(
            rule=text(hit, "_source", "vulnerability", "id"),
            title=text(hit, "_source", "vulnerability", "id"),
            verdict="listed",
            outcome="not-satisfied",
            severity=severity_of(at(hit, "_source", "vulnerability", "severity")),
            resource=" ".join(
                (text(hit, "_source", "agent", "name"), text(hit, "_source", "package", "name"))
            ).strip(),
            place=f"hits[{number}]",
            message=text(hit, "_source", "vulnerability", "description"),
            resource_type="package",
            observed_at=instant(text(hit, "_source", "vulnerability", "detected_at")),
        )
        for number, hit in enumerate(_wazuh_hits(value))
    ]
    return Scan("wazuh-index", "Wazuh", "", tuple(found), latest(found), FLAWS)


READERS = (
    Reader("wazuh", "json", _is_wazuh, _wazuh),
    Reader("wazuh-index", "json", lambda v: bool(_wazuh_hits(v)), _wazuh_index),
    Reader("nessus", "xml", lambda root: local(root) == "NessusClientData_v2", _nessus),
    Reader("openvas", "xml", _is_openvas, _openvas),
    Reader("nmap", "xml", lambda root: local(root) == "nmaprun", _nmap),
)
