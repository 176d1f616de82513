"""Flaws and faults in software: Trivy, Grype, Snyk, Checkov, SARIF."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from ..result import (
    Reader,
    Result,
    Scan,
    at,
    cvss_severity,
    dicts,
    instant,
    items,
    outcome_of,
    severity_of,
    text,
)
from .flaws import FLAWS

__all__ = ["READERS"]


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
    times: list[datetime] = []
    problems: list[str] = []
    for r, run in enumerate(dicts(value, "runs")):
        driver = at(run, "tool", "driver")
        names.append(text(driver, "name"))
        versions.append(text(driver, "semanticVersion") or text(driver, "version"))
        for call in dicts(run, "invocations"):
            ended = instant(text(call, "endTimeUtc") or text(call, "startTimeUtc"))
            times.extend([ended] if ended else [])
            if call.get("executionSuccessful") is False:
                problems.append(f"run {r + 1} of {names[-1]} did not succeed")
            troubles = [
                *dicts(call, "toolExecutionNotifications"),
                *dicts(call, "toolConfigurationNotifications"),
            ]
            problems.extend(
                f"{names[-1]}: {text(note, 'message', 'text', limit=200)}"
                for note in troubles
                if text(note, "level") == "error"
            )
        rules = _SarifRules(run)
        for number, result in enumerate(dicts(run, "results")):
            found.append(_sarif_result(result, rules.of(result), f"$.runs[{r}].results[{number}]"))
    return Scan(
        "sarif",
        ", ".join(dict.fromkeys(filter(None, names))) or "SARIF",
        ", ".join(dict.fromkeys(filter(None, versions))),
        tuple(found),
        max(times, default=None),
        (),
        tuple(problems),
    )


class _SarifRules:
    """The rules of one run, of the tool itself and of its extensions (SARIF 2.1.0, 3.18, 3.52).

    Looked up by id: a run may have as many rules as results.
    """

    def __init__(self, run: dict[str, Any]) -> None:
        self._listed = [dicts(tool, "rules") for tool in dicts(run, "tool", "extensions")]
        self._named = [_sarif_ids(rules) for rules in self._listed]
        self._of_any = _sarif_ids(rule for rules in self._listed for rule in rules)
        self._driver = dicts(run, "tool", "driver", "rules")
        self._named_driver = _sarif_ids(self._driver)

    def of(self, result: dict[str, Any]) -> dict[str, Any]:
        """The rule that a result names by id, else by index (3.27.5 to 3.27.7); {} where it names none."""
        component = at(result, "rule", "toolComponent", "index")
        listed, named = self._driver, self._named_driver
        if isinstance(component, int) and 0 <= component < len(self._listed):
            listed, named = self._listed[component], self._named[component]
        name = text(result, "ruleId") or text(result, "rule", "id")
        # A result may name a part of a rule: CA1000/1 is of CA1000 (3.27.5).
        for rules in (named, self._of_any):
            for wanted in (name, name.rpartition("/")[0]):
                if wanted in rules:
                    return rules[wanted]
        index = at(result, "ruleIndex")
        index = at(result, "rule", "index") if index is None else index
        return listed[index] if isinstance(index, int) and 0 <= index < len(listed) else {}


def _sarif_ids(rules: Iterable[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Rules by id, the first of each."""
    found: dict[str, dict[str, Any]] = {}
    for rule in rules:
        if name := text(rule, "id"):
            found.setdefault(name, rule)
    return found


def _sarif_message(result: dict[str, Any], rule: dict[str, Any]) -> str:
    """The message, or the rule's string that it names with its arguments put in (3.11)."""
    said = text(result, "message", "text")
    if said:
        return said
    string = text(rule, "messageStrings", text(result, "message", "id"), "text")
    for number, argument in enumerate(items(result, "message", "arguments")[:20]):
        string = string.replace(f"{{{number}}}", text(argument))
    return string


def _sarif_result(result: dict[str, Any], rule: dict[str, Any], place: str) -> Result:
    kind = text(result, "kind") or "fail"
    level = text(result, "level") or text(rule, "defaultConfiguration", "level") or "warning"
    score = at(rule, "properties", "security-severity")
    where = at(result, "locations", 0, "physicalLocation")
    line = text(where, "region", "startLine")
    file = text(where, "artifactLocation", "uri")
    return Result(
        rule=text(result, "ruleId") or text(rule, "id") or text(result, "rule", "id"),
        title=text(rule, "shortDescription", "text", limit=300)
        or text(rule, "name")
        or text(rule, "fullDescription", "text", limit=300),
        verdict=f"{kind}, {level}",
        outcome="not-applicable"
        if level == "none" and kind == "fail"
        else _SARIF_KINDS.get(kind.lower(), "unavailable"),
        severity=cvss_severity(score) if score is not None else severity_of(level),
        resource=f"{file}:{line}".strip(":"),
        place=place,
        message=_sarif_message(result, rule),
        resource_type="file",
        references=tuple(text(t) for t in items(rule, "properties", "tags"))[:50],
        # A suppression that is under review or was rejected suppresses nothing (3.35.3).
        suppressed=any(text(s, "status") in ("", "accepted") for s in dicts(result, "suppressions")),
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
    Reader("snyk", "json", lambda v: bool(_snyk_projects(v)), _snyk),
)
