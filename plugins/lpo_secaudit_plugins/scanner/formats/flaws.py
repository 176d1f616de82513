"""Known flaws on hosts and in software: Nessus, OpenVAS, nmap, Wazuh, Trivy, Grype, Snyk, Checkov, SARIF."""

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
    items,
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


def _trivy_results(value: Any) -> list[tuple[str, dict[str, Any]]]:
    """(name of what was scanned, one of its Results), for one artifact or a whole cluster."""
    if isinstance(value, list):  # before 0.20 the results stood alone
        return [("", r) for r in dicts(value)]
    found = [(text(value, "ArtifactName"), r) for r in dicts(value, "Results")]
    for key in ("Resources", "Vulnerabilities", "Misconfigurations", "Findings"):
        for resource in (
            dicts(value, key) if "ClusterName" in (value if isinstance(value, dict) else {}) else ()
        ):
            name = "/".join(filter(None, (text(resource, k) for k in ("Namespace", "Kind", "Name"))))
            found.extend((name, r) for r in dicts(resource, "Results"))
    return found


def _is_trivy(value: Any) -> bool:
    if isinstance(value, list):
        first = next(iter(dicts(value)), {})
        return "Target" in first and bool({"Vulnerabilities", "Misconfigurations", "Type"} & set(first))
    keys = set(value) if isinstance(value, dict) else set()
    whole = "ArtifactName" in keys and bool({"ArtifactType", "SchemaVersion", "Results"} & keys)
    return whole or ("ClusterName" in keys and bool({"Resources", "Findings", "Vulnerabilities"} & keys))


def _trivy(value: Any) -> Scan:
    found: list[Result] = []
    for artifact, result in _trivy_results(value):
        target = text(result, "Target") or artifact
        for kind in ("Vulnerabilities", "Misconfigurations", "Secrets", "Licenses"):
            for number, row in enumerate(dicts(result, kind)):
                found.append(_trivy_row(kind, row, target, number))
    name = text(value, "ArtifactName") or text(value, "ClusterName")
    problems = () if found else (f"no finding in {name}: passed checks are not listed by Trivy",)
    return Scan("trivy", "Trivy", "", tuple(found), instant(text(value, "CreatedAt")), FLAWS, problems)


def _trivy_row(kind: str, row: dict[str, Any], target: str, number: int) -> Result:
    verdict = text(row, "Status") or kind.lower().removesuffix("s").replace("vulnerabilitie", "vulnerability")
    outcome = "not-satisfied"
    if kind == "Misconfigurations":
        outcome = {"PASS": "satisfied", "EXCEPTION": "unavailable"}.get(verdict, "not-satisfied")
    elif verdict == "not_affected":  # of the package, as its distributor says
        outcome = "not-applicable"
    package = f"{text(row, 'PkgName')} {text(row, 'InstalledVersion')}".strip()
    rule = next(
        (found for key in ("VulnerabilityID", "AVDID", "ID", "RuleID", "Name") if (found := text(row, key))),
        "",
    )
    return Result(
        rule=rule,
        title=text(row, "Title", limit=300) or rule,
        verdict=verdict,
        outcome=outcome,
        severity=severity_of(row.get("Severity")),
        resource=f"{target}: {package}" if package else f"{target}:{text(row, 'StartLine')}".rstrip(":"),
        place=f"{target}/{kind}[{number}]",
        message=text(row, "Message") or text(row, "Description"),
        resource_type={"Vulnerabilities": "package", "Secrets": "secret"}.get(kind, "configuration"),
        references=tuple(text(c) for c in items(row, "CweIDs")),
        observed_at=None,
        suppressed=verdict == "EXCEPTION",
    )


def _grype(value: Any) -> Scan:
    found = []
    for key, suppressed in (("matches", False), ("ignoredMatches", True)):
        for number, match in enumerate(dicts(value, key)):
            artifact = at(match, "artifact")
            fix = text(match, "vulnerability", "fix", "state")
            found.append(
                Result(
                    rule=text(match, "vulnerability", "id"),
                    title=text(match, "vulnerability", "id"),
                    verdict=fix or "match",
                    outcome="not-satisfied",
                    severity=severity_of(at(match, "vulnerability", "severity")),
                    resource=f"{text(artifact, 'name')} {text(artifact, 'version')}".strip(),
                    place=f"$.{key}[{number}]",
                    message=text(match, "vulnerability", "description"),
                    resource_type="package",
                    references=tuple(text(r, "id") for r in dicts(match, "relatedVulnerabilities")),
                    suppressed=suppressed,
                )
            )
    when = instant(text(value, "descriptor", "timestamp"))
    return Scan("grype", "Grype", text(value, "descriptor", "version"), tuple(found), when, FLAWS)


def _snyk_projects(value: Any) -> list[dict[str, Any]]:
    found = dicts(value) or dicts([value])
    # A container test lists the applications that it found within the image.
    found = [p for outer in found for p in (outer, *dicts(outer, "applications"))]
    return [
        p
        for p in found
        if "infrastructureAsCodeIssues" in p
        or ("vulnerabilities" in p and ("ok" in p or "packageManager" in p))
    ]


def _snyk(value: Any) -> Scan:
    found: list[Result] = []
    problems: list[str] = []
    for p, project in enumerate(_snyk_projects(value)):
        name = text(project, "projectName") or text(project, "path") or text(project, "targetFile")
        if project.get("error"):
            problems.append(f"{name}: {text(project, 'error')}")
        for key in ("vulnerabilities", "infrastructureAsCodeIssues"):
            for number, issue in enumerate(dicts(project, key)):
                package = f"{text(issue, 'packageName')} {text(issue, 'version')}".strip()
                found.append(
                    Result(
                        rule=text(issue, "id"),
                        title=text(issue, "title", limit=300),
                        verdict="issue",
                        outcome="not-satisfied",
                        severity=severity_of(issue.get("severity")),
                        resource=f"{name}: {package}" if package else name,
                        place=f"$[{p}].{key}[{number}]",
                        message=text(issue, "description"),
                        resource_type="package",
                        references=tuple(
                            text(c) for k in ("CVE", "CWE") for c in items(issue, "identifiers", k)
                        ),
                    )
                )
    return Scan("snyk", "Snyk", "", tuple(found), None, FLAWS, tuple(problems))


def _checkov_runs(value: Any) -> list[dict[str, Any]]:
    found = dicts(value) or dicts([value])
    kinds = ("passed_checks", "failed_checks", "skipped_checks")
    return [r for r in found if any(isinstance(at(r, "results", kind), list) for kind in kinds)]


def _is_checkov(value: Any) -> bool:
    # With nothing to check it writes the bare summary.
    return bool(_checkov_runs(value)) or {"checkov_version", "passed", "failed"} <= set(
        value if isinstance(value, dict) else ()
    )


def _checkov(value: Any) -> Scan:
    found: list[Result] = []
    problems: list[str] = []
    for run in _checkov_runs(value):
        for key in ("passed_checks", "failed_checks", "skipped_checks"):
            for number, row in enumerate(dicts(run, "results", key)):
                verdict = text(row, "check_result", "result") or key.removesuffix("_checks").upper()
                found.append(
                    Result(
                        rule=text(row, "check_id"),
                        title=text(row, "check_name", limit=300),
                        verdict=verdict,
                        outcome=outcome_of(verdict),
                        severity=severity_of(row.get("severity")),
                        resource=f"{text(row, 'file_path')}: {text(row, 'resource')}",
                        place=f"{text(run, 'check_type')}.{key}[{number}]",
                        message=text(row, "check_result", "suppress_comment") or text(row, "guideline"),
                        resource_type=text(run, "check_type"),
                        suppressed=key == "skipped_checks",
                    )
                )
        unread = [text(e) for e in items(run, "results", "parsing_errors")]
        problems.extend(f"not read by Checkov: {name}" for name in unread[:20])
    version = next((text(r, "summary", "checkov_version") for r in _checkov_runs(value)), "")
    return Scan("checkov", "Checkov", version, tuple(found), None, (), tuple(problems))


def _is_sarif(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and isinstance(value.get("runs"), list)
        and (
            "sarif" in str(value.get("$schema", "")).lower() or str(value.get("version", "")).startswith("2.")
        )
    )


_SARIF_KINDS = {
    "pass": "satisfied", "fail": "not-satisfied", "notapplicable": "not-applicable",
    "informational": "not-applicable", "review": "unavailable", "open": "unavailable",
}  # fmt: skip


def _sarif(value: Any) -> Scan:
    """SARIF 2.1.0: `kind` says pass or fail (3.27.9, default fail), `level` how bad (3.27.10)."""
    found: list[Result] = []
    names: list[str] = []
    versions: list[str] = []
    for r, run in enumerate(dicts(value, "runs")):
        driver = at(run, "tool", "driver")
        names.append(text(driver, "name"))
        versions.append(text(driver, "semanticVersion") or text(driver, "version"))
        rules = {text(rule, "id"): rule for rule in dicts(driver, "rules")}
        listed = dicts(driver, "rules")
        for number, result in enumerate(dicts(run, "results")):
            index = at(result, "ruleIndex")
            known = rules.get(text(result, "ruleId")) or (
                listed[index] if isinstance(index, int) and 0 <= index < len(listed) else {}
            )
            found.append(_sarif_result(result, known, f"$.runs[{r}].results[{number}]"))
    return Scan(
        "sarif", ", ".join(filter(None, names)) or "SARIF", ", ".join(filter(None, versions)), tuple(found)
    )


def _sarif_result(result: dict[str, Any], rule: dict[str, Any], place: str) -> Result:
    kind = text(result, "kind") or "fail"
    level = text(result, "level") or text(rule, "defaultConfiguration", "level") or "warning"
    score = at(rule, "properties", "security-severity")
    where = at(result, "locations", 0, "physicalLocation")
    line = text(where, "region", "startLine")
    file = text(where, "artifactLocation", "uri")
    return Result(
        rule=text(result, "ruleId") or text(rule, "id"),
        title=text(rule, "shortDescription", "text", limit=300) or text(rule, "name"),
        verdict=f"{kind}, {level}",
        outcome="not-applicable"
        if level == "none" and kind == "fail"
        else _SARIF_KINDS.get(kind.lower(), "unavailable"),
        severity=cvss_severity(score) if score is not None else severity_of(level),
        resource=f"{file}:{line}".strip(":"),
        place=place,
        message=text(result, "message", "text"),
        resource_type="file",
        references=tuple(text(t) for t in items(rule, "properties", "tags"))[:50],
        suppressed=bool(items(result, "suppressions")),
    )


READERS = (
    Reader("trivy", "json", _is_trivy, _trivy),
    Reader(
        "grype",
        "json",
        lambda v: "matches" in v and "descriptor" in v if isinstance(v, dict) else False,
        _grype,
    ),
    Reader("checkov", "json", _is_checkov, _checkov),
    Reader("sarif", "json", _is_sarif, _sarif),
    Reader("wazuh", "json", _is_wazuh, _wazuh),
    Reader("wazuh-index", "json", lambda v: bool(_wazuh_hits(v)), _wazuh_index),
    Reader("snyk", "json", lambda v: bool(_snyk_projects(v)), _snyk),
    Reader("nessus", "xml", lambda root: local(root) == "NessusClientData_v2", _nessus),
    Reader("openvas", "xml", _is_openvas, _openvas),
    Reader("nmap", "xml", lambda root: local(root) == "nmaprun", _nmap),
)
