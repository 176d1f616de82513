"""Web and TLS endpoints: testssl.sh, sslyze, SSL Labs, Observatory, ZAP, Nikto."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree.ElementTree import Element

from lpo_secaudit_plugins._files.xml_safe import children, local, text_of

from ..result import Reader, Result, Scan, at, dicts, instant, items, severity_of, text

__all__ = ["READERS", "testssl_result"]

TLS = ("encryption-in-transit",)
WEB = ("web-security",)
_OLD_PROTOCOLS = ("ssl_2_0", "ssl_3_0", "tls_1_0", "tls_1_1")


_TESTSSL = {
    "OK": "satisfied",
    "INFO": "not-applicable",
    "DEBUG": "not-applicable",
    "WARN": "unavailable",
    "FATAL": "error",
    **dict.fromkeys(("LOW", "MEDIUM", "HIGH", "CRITICAL"), "not-satisfied"),
}


def _testssl_rows(value: Any) -> Iterator[tuple[str, dict[str, Any], str]]:
    """(place, row, host) of the flat form (--jsonfile) and of the sections of --jsonfile-pretty."""
    if isinstance(value, list):
        for number, row in enumerate(dicts(value)):
            yield f"$[{number}]", row, text(row, "ip")
        return
    for key in sorted(k for k in value if k.startswith("clientProblem")):
        for number, row in enumerate(dicts(value, key)):
            yield f"$.{key}[{number}]", row, ""
    for host_number, host in enumerate(dicts(value, "scanResult")):
        name = f"{text(host, 'targetHost') or text(host, 'ip')}:{text(host, 'port')}"
        if "finding" in host and "severity" in host:  # a target that could not be reached
            yield f"$.scanResult[{host_number}]", host, ""
        for section, rows in host.items():
            for number, row in enumerate(dicts(rows)):
                yield f"$.scanResult[{host_number}].{section}[{number}]", row, name


def _is_testssl(value: Any) -> bool:
    if isinstance(value, dict):
        return "scanResult" in value and ("Invocation" in value or "openssl" in value)
    return {"id", "severity", "finding", "ip"} <= set(next(iter(dicts(value)), {}))


def _testssl(value: Any) -> Scan:
    found = [testssl_result(row, place, host) for place, row, host in _testssl_rows(value)]
    when = instant(at(value, "startTime")) if isinstance(value, dict) else None
    return Scan("testssl", "testssl.sh", text(value, "version"), tuple(found), when, TLS)


def testssl_result(row: dict[str, Any], place: str, host: str) -> Result:
    """One line of testssl.sh. WARN says that something could not be tested, INFO judges nothing."""
    verdict = text(row, "severity")
    outcome = _TESTSSL.get(verdict.upper(), "unavailable")
    return Result(
        rule=text(row, "id"),
        title=text(row, "id"),
        verdict=verdict,
        outcome=outcome,
        severity=severity_of(verdict) if outcome == "not-satisfied" else "informational",
        resource=host,
        place=place,
        message=text(row, "finding"),
        resource_type="endpoint",
        references=tuple((text(row, "cve") + " " + text(row, "cwe")).split()),
    )


def _is_sslyze(value: Any) -> bool:
    return isinstance(value, dict) and "server_scan_results" in value and "sslyze_version" in value


def _sslyze(value: Any) -> Scan:
    """sslyze 3 to 6: one result a server and scan command."""
    found: list[Result] = []
    problems: list[str] = []
    for number, server in enumerate(dicts(value, "server_scan_results")):
        location = at(server, "server_location") or at(server, "server_info", "server_location")
        host = f"{text(location, 'hostname')}:{text(location, 'port')}"
        if text(server, "connectivity_status") == "ERROR":
            problems.append(f"{host} could not be reached")
        old = at(server, "scan_commands_results")
        commands: dict[str, Any] = old if isinstance(old, dict) else (at(server, "scan_result") or {})
        for command, content in sorted(commands.items()):
            attempt = {"status": "COMPLETED", "result": content} if isinstance(old, dict) else content
            found.append(_sslyze_result(command, attempt, host, f"$.server_scan_results[{number}].{command}"))
        for command in sorted(at(server, "scan_commands_errors") or {}):
            found.append(
                _sslyze_result(
                    command, {"status": "ERROR"}, host, f"$.server_scan_results[{number}].{command}"
                )
            )
    for server in dicts(value, "server_connectivity_errors"):
        problems.append(
            f"could not be reached: {text(server, 'server_string')} {text(server, 'error_message')}".strip()
        )
    problems.extend(
        f"not a server: {text(s, 'server_string')}" for s in dicts(value, "invalid_server_strings")
    )
    when = instant(text(value, "date_scans_completed"))
    return Scan("sslyze", "sslyze", text(value, "sslyze_version"), tuple(found), when, TLS, tuple(problems))


def _sslyze_result(command: str, attempt: Any, host: str, place: str) -> Result:
    status, content = text(attempt, "status"), at(attempt, "result")
    if status != "COMPLETED" or not isinstance(content, dict):
        verdict, outcome, severity = status or "no result", "unavailable", "informational"
        message = text(attempt, "error_reason")
    else:
        verdict, outcome, severity = _sslyze_verdict(command, content)
        message = verdict
    return Result(
        rule=command,
        title=command.replace("_", " "),
        verdict=verdict,
        outcome=outcome,
        severity=severity,
        resource=host,
        place=place,
        message=message,
        resource_type="endpoint",
    )


def _sslyze_verdict(command: str, content: dict[str, Any]) -> tuple[str, str, str]:
    """(what the tool found, outcome, severity of a fault). The tool states facts; good and bad are
    those of RFC 8996 (no TLS below 1.2), RFC 7457 (known attacks) and RFC 5746 (renegotiation)."""
    if command.endswith("_cipher_suites"):
        accepted = len(items(content, "accepted_cipher_suites"))
        if command.startswith(_OLD_PROTOCOLS):
            return f"{accepted} cipher suites accepted", "not-satisfied" if accepted else "satisfied", "high"
        return f"{accepted} cipher suites accepted", "satisfied" if accepted else "not-applicable", "low"
    if command == "certificate_info":
        return _certificate_verdict(content)
    flags = {
        "heartbleed": ("is_vulnerable_to_heartbleed", True, "critical"),
        "openssl_ccs_injection": ("is_vulnerable_to_ccs_injection", True, "high"),
        "tls_compression": ("supports_compression", True, "medium"),
        "tls_1_3_early_data": ("supports_early_data", True, "low"),
        "tls_fallback_scsv": ("supports_fallback_scsv", False, "low"),
        "session_renegotiation": ("supports_secure_renegotiation", False, "medium"),
        "tls_extended_master_secret": ("supports_ems_extension", False, "low"),
    }
    if command in flags:
        name, bad, severity = flags[command]
        value = content.get(name)
        if not isinstance(value, bool):
            return f"{name}: not told", "unavailable", "informational"
        return f"{name}: {str(value).lower()}", "not-satisfied" if value is bad else "satisfied", severity
    if command == "robot":
        word = text(content, "robot_result")
        known = {"VULNERABLE": "not-satisfied", "NOT_VULN": "satisfied"}
        return word, next((o for k, o in known.items() if word.startswith(k)), "unavailable"), "high"
    return "told without judgement", "not-applicable", "informational"


def _certificate_verdict(content: dict[str, Any]) -> tuple[str, str, str]:
    deployments = dicts(content, "certificate_deployments")
    trusted: list[bool] = []
    for deployment in deployments:
        stores = dicts(deployment, "path_validation_results")
        good = [
            s.get("was_validation_successful") is True or bool(s.get("verified_certificate_chain"))
            for s in stores
        ]
        trusted.append(bool(good) and any(good))
        if deployment.get("leaf_certificate_subject_matches_hostname") is False:
            return "certificate is for another name", "not-satisfied", "high"
    if not deployments:
        return "no certificate told", "unavailable", "informational"
    if all(trusted):
        return "chain is trusted", "satisfied", "high"
    return "chain is not trusted by any store", "not-satisfied", "high"


def _is_sslyze_old(value: Any) -> bool:
    return any("commands_results" in target for target in dicts(value, "accepted_targets")[:1])


_OLD_NAMES = {
    "sslv2": "ssl_2_0",
    "sslv3": "ssl_3_0",
    "tlsv1": "tls_1_0",
    "tlsv1_1": "tls_1_1",
    "tlsv1_2": "tls_1_2",
}


def _sslyze_old(value: Any) -> Scan:
    """sslyze 2: the same scans under other names."""
    found = []
    for number, target in enumerate(dicts(value, "accepted_targets")):
        host = f"{text(target, 'server_info', 'hostname')}:{text(target, 'server_info', 'port')}"
        commands = at(target, "commands_results")
        for command, content in sorted(commands.items() if isinstance(commands, dict) else ()):
            name = f"{_OLD_NAMES[command]}_cipher_suites" if command in _OLD_NAMES else command
            told = dict(content) if isinstance(content, dict) else {}
            told.setdefault("accepted_cipher_suites", told.get("accepted_cipher_list"))
            failed = "error_message" in told
            attempt = {
                "status": "ERROR" if failed else "COMPLETED",
                "result": told,
                **({"error_reason": told["error_message"]} if failed else {}),
            }
            found.append(_sslyze_result(name, attempt, host, f"$.accepted_targets[{number}].{command}"))
    problems = tuple(
        f"could not be reached: {text(t, 'error_message')}" for t in dicts(value, "invalid_targets")
    )
    return Scan("sslyze", "sslyze", text(value, "sslyze_version"), tuple(found), None, TLS, problems)


def _ssllabs_hosts(value: Any) -> list[dict[str, Any]]:
    return [h for h in (dicts(value) or dicts([value])) if "endpoints" in h and "host" in h]


def _ssllabs(value: Any) -> Scan:
    found = []
    when = None
    for h, host in enumerate(_ssllabs_hosts(value)):
        when = instant(at(host, "testTime")) or when
        for number, endpoint in enumerate(dicts(host, "endpoints")):
            grade = text(endpoint, "grade")
            outcome = "unavailable" if not grade else "satisfied" if grade[0] == "A" else "not-satisfied"
            found.append(
                Result(
                    rule="grade",
                    title="SSL Labs grade",
                    verdict=grade or text(endpoint, "statusMessage"),
                    outcome=outcome,
                    severity="medium" if grade[:1] in ("B", "C") else "high",
                    resource=f"{text(host, 'host')} ({text(endpoint, 'ipAddress')})",
                    place=f"$[{h}].endpoints[{number}]",
                    message=text(endpoint, "statusMessage"),
                    resource_type="endpoint",
                )
            )
    version = next((text(h, "engineVersion") for h in _ssllabs_hosts(value)), "")
    return Scan("ssllabs", "SSL Labs", version, tuple(found), when, TLS)


def _observatory_tests(value: Any) -> dict[str, Any]:
    """The tests by name; older exports hold nothing else."""
    tests = at(value, "tests") if isinstance(at(value, "tests"), dict) else value
    return {k: v for k, v in tests.items() if isinstance(v, dict)} if isinstance(tests, dict) else {}


def _is_observatory(value: Any) -> bool:
    tests = _observatory_tests(value)
    return bool(tests) and all("pass" in t and "score_modifier" in t for t in tests.values())


def _observatory(value: Any) -> Scan:
    found = []
    for name, test in sorted(_observatory_tests(value).items()):
        passed = at(test, "pass")
        outcome = "satisfied" if passed is True else "not-satisfied" if passed is False else "unavailable"
        modifier = at(test, "score_modifier")
        found.append(
            Result(
                rule=name,
                title=text(test, "name") or name,
                verdict=text(test, "result"),
                outcome=outcome,
                severity="high" if isinstance(modifier, int) and modifier <= -25 else "medium",
                resource=text(value, "scan", "site_id") or text(value, "scan", "scan_id"),
                place=f"$.tests.{name}",
                message=text(test, "score_description"),
                resource_type="endpoint",
            )
        )
    when = instant(text(value, "scan", "end_time"))
    version = text(value, "scan", "algorithm_version")
    return Scan("observatory", "Mozilla Observatory", version, tuple(found), when, WEB)


_ZAP_RISK = ("informational", "low", "medium", "high")


def _zap_alert(number: int, site: str, get: Any) -> Result:
    code = get("riskcode")
    severity = _ZAP_RISK[int(code)] if code.isdigit() and int(code) < 4 else "unknown"
    false_positive = get("confidence") == "0"
    return Result(
        rule=get("alertRef") or get("pluginid"),
        title=(get("name") or get("alert"))[:300],
        verdict=get("riskdesc") or severity,
        outcome="not-applicable" if severity == "informational" or false_positive else "not-satisfied",
        severity=severity,
        resource=site,
        place=f"{site}/alert[{number}]",
        message=get("desc"),
        resource_type="endpoint",
        references=tuple(f"CWE-{get('cweid')}" for _ in [0] if get("cweid") not in ("", "-1", "0")),
        suppressed=false_positive,
    )


def _is_zap(value: Any) -> bool:
    sites = at(value, "site")
    return isinstance(value, dict) and "@version" in value and isinstance(sites, list | dict)


def _zap_json(value: Any) -> Scan:
    sites = value["site"] if isinstance(value["site"], list) else [value["site"]]
    found = [
        _zap_alert(n, text(site, "@name"), lambda key, a=alert: text(a, key))
        for site in dicts(sites)
        for n, alert in enumerate(dicts(site, "alerts"))
    ]
    return Scan("zap", "ZAP", text(value, "@version"), tuple(found), instant(text(value, "@generated")), WEB)


def _zap_xml(root: Element) -> Scan:
    found = [
        _zap_alert(n, site.get("name", ""), lambda key, a=alert: text(text_of(a, key)))
        for site in children(root, "site")
        for n, alert in enumerate(e for e in site.iter() if local(e) == "alertitem")
    ]
    return Scan("zap", "ZAP", root.get("version", ""), tuple(found), instant(root.get("generated")), WEB)


def _nikto_hosts(value: Any) -> list[dict[str, Any]]:
    return [h for h in (dicts(value) or dicts([value])) if "vulnerabilities" in h and "banner" in h]


def _nikto(value: Any) -> Scan:
    found = [
        Result(
            rule=text(row, "id"),
            title=text(row, "msg", limit=300),
            verdict="item",
            outcome="not-satisfied",
            severity="unknown",
            resource=f"{text(host, 'host')}:{text(host, 'port')}{text(row, 'url')}",
            place=f"$[{h}].vulnerabilities[{number}]",
            message=text(row, "msg"),
            resource_type="endpoint",
        )
        for h, host in enumerate(_nikto_hosts(value))
        for number, row in enumerate(dicts(host, "vulnerabilities"))
    ]
    return Scan("nikto", "Nikto", "", tuple(found), None, WEB)


def _nikto_xml(root: Element) -> Scan:
    found = []
    for details in (e for e in root.iter() if local(e) == "scandetails"):
        host = f"{details.get('targethostname', '')}:{details.get('targetport', '')}"
        for number, item in enumerate(children(details, "item")):
            found.append(
                Result(
                    rule=item.get("id", ""),
                    title=text(text_of(item, "description"), limit=300),
                    verdict="item",
                    outcome="not-satisfied",
                    severity="unknown",
                    resource=f"{host}{text_of(item, 'uri')}",
                    place=f"{host}/item[{number}]",
                    resource_type="endpoint",
                )
            )
    return Scan("nikto", "Nikto", root.get("version", ""), tuple(found), None, WEB)


READERS = (
    Reader("testssl", "json", _is_testssl, _testssl),
    Reader("sslyze", "json", _is_sslyze, _sslyze),
    Reader("sslyze-2", "json", _is_sslyze_old, _sslyze_old),
    Reader("ssllabs", "json", lambda v: bool(_ssllabs_hosts(v)), _ssllabs),
    Reader("observatory", "json", _is_observatory, _observatory),
    Reader("zap", "json", _is_zap, _zap_json),
    Reader("nikto", "json", lambda v: bool(_nikto_hosts(v)), _nikto),
    Reader("nikto", "xml", lambda root: local(root) in ("niktoscan", "niktoscans"), _nikto_xml),
    Reader("zap", "xml", lambda root: local(root) == "OWASPZAPReport", _zap_xml),
)
