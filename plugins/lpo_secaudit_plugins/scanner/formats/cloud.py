"""Cloud posture: Prowler, Security Hub, ScoutSuite, CloudSploit, Secure Score, ScubaGear."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..result import Reader, Result, Scan, at, dicts, instant, items, latest, outcome_of, severity_of, text

__all__ = ["READERS"]


def _list(value: Any, *keys: str) -> list[dict[str, Any]]:
    """The findings of a file that holds a list, an object with a list, or a single finding."""
    if isinstance(value, dict):
        if isinstance(value.get("detail"), dict):  # as EventBridge wraps Security Hub's findings
            value = value["detail"]
        for key in keys:
            if isinstance(value.get(key), list):
                return dicts(value, key)
        return [value]
    return dicts(value)


def _is_ocsf(value: Any) -> bool:
    first = next(iter(_list(value, "findings", "data")), {})
    return "class_uid" in first and "metadata" in first


def _ocsf_verdict(finding: dict[str, Any]) -> tuple[str, str]:
    """(verdict, outcome). Prowler writes PASS or FAIL to `status_code`; OCSF's own place for a
    compliance finding is `compliance.status` (class 2003); a detection finding is itself a fault."""
    code = text(finding, "status_code")
    if code.upper() in ("PASS", "FAIL", "MANUAL", "MUTED", "INFO"):
        return code, outcome_of(code)
    own = text(finding, "compliance", "status")
    if own:
        return own, outcome_of(own)
    if code:
        return code, outcome_of(code)
    status = text(finding, "status")
    closed = status.lower() in ("resolved", "archived", "deleted")
    return status or "finding", "satisfied" if closed else "not-satisfied"


def _ocsf(value: Any) -> Scan:
    found = []
    for number, finding in enumerate(_list(value, "findings", "data")):
        verdict, outcome = _ocsf_verdict(finding)
        resource = at(finding, "resources", 0)
        compliance = at(finding, "unmapped", "compliance")
        references = (
            [f"{k}: {v}" for k, vs in (compliance or {}).items() for v in items(vs)]
            if isinstance(compliance, dict)
            else []
        )
        info = at(finding, "finding_info") or at(finding, "finding")
        rule = text(finding, "metadata", "event_code") or text(finding, "compliance", "control")
        found.append(
            Result(
                rule=rule or text(info, "analytic", "uid") or text(info, "uid") or f"finding {number + 1}",
                title=text(info, "title", limit=300),
                verdict=verdict,
                outcome=outcome,
                severity=severity_of(text(finding, "severity")),
                resource=text(resource, "uid") or text(resource, "name"),
                place=f"$[{number}]",
                message=text(finding, "status_detail") or text(finding, "message"),
                region=text(resource, "region") or None,
                resource_type=text(resource, "type"),
                references=tuple(references[:200]),
                observed_at=instant(
                    text(finding, "time_dt") or at(finding, "time") or text(finding, "event_time")
                ),
                suppressed=text(finding, "status").lower() == "suppressed",
            )
        )
    first = next(iter(_list(value, "findings", "data")), {})
    product = at(first, "metadata", "product")
    tool = text(product, "name") or "OCSF"
    kind = "prowler-ocsf" if tool.lower().startswith("prowler") else "ocsf"
    return Scan(kind, tool, text(product, "version"), tuple(found), latest(found))


def _is_asff(value: Any) -> bool:
    first = next(iter(_list(value, "Findings", "findings")), {})
    # Handed-over findings often have their account number cut out.
    return {"SchemaVersion", "ProductArn", "GeneratorId"} <= set(first) or (
        {"SchemaVersion", "ProductArn", "AwsAccountId"} <= set(first)
    )


def _asff(value: Any) -> Scan:
    found = []
    for number, finding in enumerate(_list(value, "Findings", "findings")):
        status = text(finding, "Compliance", "Status")
        workflow = text(finding, "Workflow", "Status") or text(finding, "WorkflowState")
        # Without a compliance status the finding reports an event (GuardDuty) or a flaw (Inspector).
        verdict = status or "finding"
        # A finding WARNING covers resources of both states (ASFF, Compliance.Status).
        outcome = outcome_of(status) if status else "not-satisfied"
        for_rule = text(finding, "Compliance", "SecurityControlId") or text(finding, "GeneratorId")
        resource = at(finding, "Resources", 0)
        found.append(
            Result(
                rule=for_rule or text(finding, "Id"),
                title=text(finding, "Title", limit=300),
                verdict=verdict,
                outcome=outcome,
                severity=severity_of(text(finding, "Severity", "Label")),
                resource=text(resource, "Id"),
                place=f"$[{number}]",
                message=text(finding, "Description"),
                region=text(resource, "Region") or text(finding, "Region") or None,
                resource_type=text(resource, "Type"),
                references=tuple(text(r) for r in items(finding, "Compliance", "RelatedRequirements"))[:200],
                observed_at=instant(text(finding, "LastObservedAt") or text(finding, "UpdatedAt")),
                suppressed=workflow.upper() == "SUPPRESSED"
                or text(finding, "RecordState").upper() == "ARCHIVED",
            )
        )
    first = next(iter(_list(value, "Findings", "findings")), {})
    provider = text(first, "ProductFields", "ProviderName") or text(first, "ProductName") or "Security Hub"
    return Scan(
        "asff", provider, text(first, "ProductFields", "ProviderVersion"), tuple(found), latest(found)
    )


def _is_prowler_native(value: Any) -> bool:
    first = next(iter(dicts(value)), {})
    return {"CheckID", "Status", "StatusExtended"} <= set(first)


def _prowler_native(value: Any) -> Scan:
    found = [
        Result(
            rule=text(finding, "CheckID"),
            title=text(finding, "CheckTitle", limit=300),
            verdict=text(finding, "Status"),
            outcome=outcome_of(text(finding, "Status")),
            severity=severity_of(finding.get("Severity")),
            resource=text(finding, "ResourceArn") or text(finding, "ResourceId"),
            place=f"$[{number}]",
            message=text(finding, "StatusExtended"),
            region=text(finding, "Region") or None,
            resource_type=text(finding, "ResourceType"),
            references=tuple(_pairs(finding.get("Compliance"))),
            observed_at=instant(text(finding, "AssessmentStartTime")),
        )
        for number, finding in enumerate(dicts(value))
    ]
    return Scan("prowler-json", "Prowler", "", tuple(found), latest(found))


def _is_prowler2(value: Any) -> bool:
    first = next(iter(_list(value)), {})
    return {"Control", "Control ID", "Status", "Message"} <= set(first)


def _prowler2(value: Any) -> Scan:
    """Prowler 2: one object a line."""
    found = [
        Result(
            rule=text(row, "Control ID"),
            title=text(row, "Control", limit=300),
            verdict=text(row, "Status"),
            outcome=outcome_of(text(row, "Status")),
            severity=severity_of(row.get("Severity")),
            resource=text(row, "Resource ID"),
            place=f"line {number}",
            message=text(row, "Message"),
            region=text(row, "Region") or None,
            resource_type=text(row, "Service"),
            observed_at=instant(text(row, "Timestamp")),
        )
        for number, row in enumerate(_list(value), 1)
    ]
    return Scan("prowler2-json", "Prowler", "2", tuple(found), latest(found))


def _pairs(value: Any) -> Iterator[str]:
    for key, listed in value.items() if isinstance(value, dict) else ():
        for item in items(listed):
            yield f"{key}: {text(item)}"


def _is_scoutsuite(value: Any) -> bool:
    return isinstance(value, dict) and isinstance(value.get("services"), dict) and "last_run" in value


def _scoutsuite(value: Any) -> Scan:
    found = []
    for service, content in sorted(value["services"].items()):
        rules = at(content, "findings")
        for rule, finding in sorted(rules.items() if isinstance(rules, dict) else ()):
            checked, flagged = at(finding, "checked_items"), at(finding, "flagged_items")
            if not isinstance(flagged, int):
                verdict, outcome = "no count", "unavailable"
            elif flagged > 0:
                verdict, outcome = f"{flagged} of {checked} flagged", "not-satisfied"
            elif checked:
                verdict, outcome = f"0 of {checked} flagged", "satisfied"
            else:
                verdict, outcome = "nothing to check", "not-applicable"
            found.append(
                Result(
                    rule=rule,
                    title=text(finding, "description", limit=300),
                    verdict=verdict,
                    outcome=outcome,
                    severity=severity_of(at(finding, "level")),
                    resource=service,
                    place=f"$.services.{service}.findings.{rule}",
                    message="; ".join(text(i) for i in items(finding, "items")[:20])[:1000],
                    resource_type=text(finding, "path"),
                    references=tuple(text(r) for r in items(finding, "references"))[:50],
                )
            )
    run = value["last_run"]
    return Scan("scoutsuite", "ScoutSuite", text(run, "version"), tuple(found), instant(text(run, "time")))


def _is_cloudsploit(value: Any) -> bool:
    first = next(iter(dicts(value)), {})
    return {"plugin", "category", "status", "message"} <= set(first)


def _cloudsploit(value: Any) -> Scan:
    found = [
        Result(
            rule=text(row, "plugin"),
            title=text(row, "title", limit=300),
            verdict=text(row, "status"),
            # WARN is a weaker fault, not a question: "password expires in 400 days".
            outcome="not-satisfied" if text(row, "status") == "WARN" else outcome_of(text(row, "status")),
            severity={"FAIL": "high", "WARN": "medium"}.get(text(row, "status"), "informational"),
            resource=text(row, "resource"),
            place=f"$[{number}]",
            message=text(row, "message"),
            region=text(row, "region") or None,
            resource_type=text(row, "category"),
        )
        for number, row in enumerate(dicts(value))
    ]
    return Scan("cloudsploit", "CloudSploit", "", tuple(found))


def _is_secure_score(value: Any) -> bool:
    return any("controlScores" in row and "azureTenantId" in row for row in dicts(value, "value"))


def _secure_score(value: Any) -> Scan:
    found = []
    for day, row in enumerate(dicts(value, "value")):
        for number, score in enumerate(dicts(row, "controlScores")):
            percent = at(score, "scoreInPercentage")
            known = isinstance(percent, int | float)
            full = known and percent >= 100
            found.append(
                Result(
                    rule=text(score, "controlName"),
                    title=text(score, "controlName"),
                    verdict=f"{percent} %" if known else "no score",
                    outcome="satisfied" if full else "not-satisfied" if known else "unavailable",
                    severity="unknown",
                    resource=text(row, "azureTenantId"),
                    place=f"$.value[{day}].controlScores[{number}]",
                    message=text(score, "implementationStatus"),
                    resource_type=text(score, "controlCategory"),
                    observed_at=instant(text(score, "lastSynced") or text(row, "createdDateTime")),
                )
            )
    return Scan("secure-score", "Microsoft Secure Score", "", tuple(found), latest(found))


def _scuba_groups(value: Any) -> list[dict[str, Any]]:
    """Groups of a ScubaGear report: of one product, or of ScubaResults.json with all of them."""
    if isinstance(value, dict) and isinstance(value.get("Results"), dict):
        return [g for groups in value["Results"].values() for g in dicts(groups)]
    return [g for report in _list(value) for g in dicts(report, "Results")]


def _is_scuba(value: Any) -> bool:
    return any("Control ID" in c for g in _scuba_groups(value)[:3] for c in dicts(g, "Controls")[:1])


def _scuba(value: Any) -> Scan:
    controls = [c for group in _scuba_groups(value) for c in dicts(group, "Controls")]
    found = [scuba_control(control, f"control {n}") for n, control in enumerate(controls, 1)]
    meta = at(value, 0, "MetaData") or at(value, "MetaData")
    when = at(value, 0, "ReportSummary", "Date") or text(meta, "TimestampZulu")
    return Scan(
        "scuba",
        "ScubaGear",
        text(meta, "Module Version") or text(meta, "ToolVersion"),
        tuple(found),
        instant(when),
    )


def scuba_control(row: dict[str, Any], place: str) -> Result:
    """One row of a ScubaGear report, from JSON or CSV.

    "Warning" is its word for a failed SHOULD; "N/A" marks what a person has to check.
    """
    verdict = text(row, "Result")
    by_word = {"warning": "not-satisfied", "n/a": "unavailable", "omitted": "unavailable"}
    shall = text(row, "Criticality").lower().startswith("shall")
    return Result(
        rule=text(row, "Control ID"),
        title=text(row, "Requirement", limit=300),
        verdict=verdict,
        outcome=by_word.get(verdict.lower(), outcome_of(verdict)),
        severity="high" if shall else "medium",
        resource="Microsoft 365 tenant",
        place=place,
        message=text(row, "Details"),
        suppressed=verdict.lower() in ("omitted", "incorrect result"),
    )


def _is_scuba_tests(value: Any) -> bool:
    first = next(iter(dicts(value)), {})
    return {"PolicyId", "RequirementMet", "Criticality"} <= set(first)


def _scuba_tests(value: Any) -> Scan:
    found = []
    for number, row in enumerate(dicts(value)):
        criticality, met = text(row, "Criticality"), row.get("RequirementMet")
        # "Shall/Not-Implemented" and "Should/3rd Party": the tool has no test and leaves it to a person.
        manual = "/" in criticality
        outcome = (
            "unavailable" if manual or not isinstance(met, bool) else "satisfied" if met else "not-satisfied"
        )
        found.append(
            Result(
                rule=text(row, "PolicyId"),
                title=text(row, "PolicyId"),
                verdict=f"{criticality}: {met}",
                outcome=outcome,
                severity="high" if criticality.lower().startswith("shall") else "medium",
                resource="Microsoft 365 tenant",
                place=f"$[{number}]",
                message=text(row, "ReportDetails"),
            )
        )
    return Scan("scuba-tests", "ScubaGear", "", tuple(found))


READERS = (
    Reader("ocsf", "json", _is_ocsf, _ocsf),
    Reader("asff", "json", _is_asff, _asff),
    Reader("prowler-json", "json", _is_prowler_native, _prowler_native),
    Reader("prowler2-json", "json", _is_prowler2, _prowler2),
    Reader("scoutsuite", "json", _is_scoutsuite, _scoutsuite),
    Reader("cloudsploit", "json", _is_cloudsploit, _cloudsploit),
    Reader("secure-score", "json", _is_secure_score, _secure_score),
    Reader("scuba", "json", _is_scuba, _scuba),
    Reader("scuba-tests", "json", _is_scuba_tests, _scuba_tests),
)
