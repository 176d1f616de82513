"""Hosts against benchmarks: InSpec/HDF, XCCDF and ARF, STIG checklists, Lynis, kube-bench."""

from __future__ import annotations

from typing import Any
from xml.etree.ElementTree import Element

from lpo_secaudit_plugins._files.xml_safe import children, local, text_of

from ..result import Reader, Result, Scan, at, dicts, instant, items, latest, outcome_of, severity_of, text

__all__ = ["READERS"]


def _is_inspec(value: Any) -> bool:
    return any("controls" in profile for profile in dicts(value, "profiles"))


def _inspec_status(control: dict[str, Any]) -> str:
    """A control's status from those of its results, by the order that Heimdall uses for HDF."""
    statuses = {text(r, "status").lower() for r in dicts(control, "results")}
    crashed = any(r.get("backtrace") for r in dicts(control, "results"))
    waived = at(control, "waiver_data", "skipped_due_to_waiver")
    if waived is True or (isinstance(waived, str) and waived):
        return "Waived"
    if not statuses or "error" in statuses or crashed:
        return "Profile Error"
    impact = control.get("impact")
    if isinstance(impact, int | float) and impact == 0:
        return "Not Applicable"
    if "failed" in statuses:
        return "Failed"
    if "passed" in statuses:
        return "Passed"
    return "Not Reviewed" if "skipped" in statuses else "Profile Error"


_INSPEC_OUTCOMES = {
    "Passed": "satisfied", "Failed": "not-satisfied", "Not Applicable": "not-applicable",
    "Not Reviewed": "unavailable", "Profile Error": "error", "Waived": "unavailable",
}  # fmt: skip


def _inspec(value: Any) -> Scan:
    found: list[Result] = []
    problems: list[str] = []
    held = _with_results(value)
    for profile_number, profile in enumerate(dicts(value, "profiles")):
        if text(profile, "status") not in ("", "loaded"):
            problems.append(f"profile {text(profile, 'name')}: {text(profile, 'status')}")
        for number, control in enumerate(dicts(profile, "controls")):
            mine = dicts(control, "results")
            if not mine and text(control, "id") in held and _is_wrapped(value, profile):
                continue  # an overlay and its base name one control; the one with results counts
            found.append(_inspec_control(control, f"$.profiles[{profile_number}].controls[{number}]", value))
    return Scan("inspec", "InSpec", text(value, "version"), tuple(found), latest(found), (), tuple(problems))


def _with_results(value: Any) -> set[str]:
    return {
        text(control, "id")
        for profile in dicts(value, "profiles")
        for control in dicts(profile, "controls")
        if dicts(control, "results")
    }


def _is_wrapped(value: Any, profile: dict[str, Any]) -> bool:
    """Whether a profile depends on another of the file, or another on it."""
    names = {text(p, "name") for p in dicts(value, "profiles")}
    needs = {text(d, "name") for d in dicts(profile, "depends")}
    return bool(needs & names) or bool(text(profile, "parent_profile"))


def _inspec_control(control: dict[str, Any], place: str, value: Any) -> Result:
    status = _inspec_status(control)
    impact = control.get("impact")
    results = dicts(control, "results")
    severity = text(control, "tags", "severity")
    if not severity and isinstance(impact, int | float):
        # InSpec: 0.9 critical, 0.7 high, 0.5 medium, 0.1 low.
        steps = ((0.9, "critical"), (0.7, "high"), (0.4, "medium"), (0.01, "low"), (0, "informational"))
        severity = next((word for bound, word in steps if impact >= bound), "")
    faults = [r for r in results if text(r, "status").lower() not in ("passed", "")] or results
    message = "; ".join(
        text(r, "message") or text(r, "skip_message") or text(r, "code_desc") for r in faults[:10]
    )
    references = [text(n) for tag in ("nist", "cci", "cis_controls") for n in items(control, "tags", tag)]
    return Result(
        rule=text(control, "id"),
        title=text(control, "title", limit=300),
        verdict=status,
        outcome=_INSPEC_OUTCOMES[status],
        severity=severity_of(severity),
        resource=text(value, "platform", "target_id") or text(value, "platform", "name"),
        place=place,
        message=message[:1000],
        references=tuple(r for r in references if r),
        observed_at=instant(text(at(results, 0), "start_time")),
        suppressed=status == "Waived",
    )


def _is_inspec_minimal(value: Any) -> bool:
    return any({"id", "profile_id", "status"} <= set(row) for row in dicts(value, "controls")[:1])


def _inspec_minimal(value: Any) -> Scan:
    """InSpec's json-min reporter: one row a result, a control may have several."""
    found = [
        Result(
            rule=text(row, "id"),
            title=text(row, "code_desc", limit=300),
            verdict=text(row, "status"),
            outcome=outcome_of(text(row, "status")),
            severity="unknown",
            resource=text(value, "platform", "name"),
            place=f"$.controls[{number}]",
            message=text(row, "message") or text(row, "skip_message"),
        )
        for number, row in enumerate(dicts(value, "controls"))
    ]
    return Scan("inspec-min", "InSpec", text(value, "version"), tuple(found))


def _is_xccdf(root: Element) -> bool:
    return local(root) in ("Benchmark", "TestResult", "asset-report-collection") and any(
        local(e) == "TestResult" for e in root.iter()
    )


def _xccdf(root: Element) -> Scan:
    """XCCDF 1.1 and 1.2 results (NISTIR 7275r4, 6.6), by themselves or within an ARF report."""
    titles: dict[str, str] = {}
    for element in root.iter():
        if local(element) == "Rule":
            titles[element.get("id", "")] = text_of(element, "title")[:300]
    found: list[Result] = []
    version = ""
    scanned = None
    for number, test in enumerate((e for e in root.iter() if local(e) == "TestResult"), 1):
        version = version or test.get("test-system", "").rsplit(":", 1)[-1]
        scanned = instant(test.get("end-time") or test.get("start-time")) or scanned
        target = text_of(test, "target")
        for place, result in enumerate(children(test, "rule-result"), 1):
            verdict = text_of(result, "result")
            rule = result.get("idref", "")
            found.append(
                Result(
                    rule=rule,
                    title=titles.get(rule, ""),
                    verdict=verdict,
                    # "fixed" passed after the tool mended it; "unknown" and "notchecked" say nothing.
                    outcome=outcome_of(verdict),
                    severity=severity_of(result.get("severity")),
                    resource=target,
                    place=f"TestResult[{number}]/rule-result[{place}]",
                    message="; ".join(text_of(m) for m in children(result, "message"))[:1000],
                    references=tuple(text_of(i) for i in children(result, "ident")),
                    observed_at=instant(result.get("time")),
                    suppressed=any(True for _ in children(result, "override")),
                )
            )
    kind = "arf" if local(root) == "asset-report-collection" else "xccdf"
    return Scan(kind, "OpenSCAP" if "openscap" in _system(root) else "XCCDF", version, tuple(found), scanned)


def _system(root: Element) -> str:
    return next((e.get("test-system", "") for e in root.iter() if local(e) == "TestResult"), "").lower()


_CKL = {"notafinding": "satisfied", "not_a_finding": "satisfied", "open": "not-satisfied"}


def _ckl_outcome(verdict: str) -> str:
    plain = verdict.lower()
    return _CKL.get(plain, "not-applicable" if plain == "not_applicable" else "unavailable")


def _ckl(root: Element) -> Scan:
    """DISA STIG Viewer checklist (.ckl)."""
    host = next((text_of(e) for e in root.iter() if local(e) == "HOST_NAME"), "")
    found = []
    for number, vuln in enumerate((e for e in root.iter() if local(e) == "VULN"), 1):
        data: dict[str, list[str]] = {}
        for pair in children(vuln, "STIG_DATA"):
            data.setdefault(text_of(pair, "VULN_ATTRIBUTE"), []).append(text_of(pair, "ATTRIBUTE_DATA"))
        verdict = text_of(vuln, "STATUS")
        override = text_of(vuln, "SEVERITY_OVERRIDE")
        found.append(
            Result(
                rule=next(iter(data.get("Rule_ID", [])), "") or next(iter(data.get("Vuln_Num", [])), ""),
                title=next(iter(data.get("Rule_Title", [])), "")[:300],
                verdict=verdict,
                outcome=_ckl_outcome(verdict),
                severity=severity_of(next(iter(data.get("Severity", [])), "")),
                resource=host,
                place=f"VULN[{number}]",
                message=" ".join((text_of(vuln, "FINDING_DETAILS"), text_of(vuln, "COMMENTS"))).strip()[
                    :1000
                ],
                references=tuple(data.get("CCI_REF", [])),
                suppressed=bool(override),
            )
        )
    return Scan("ckl", "STIG Viewer", "", tuple(found))


def _is_cklb(value: Any) -> bool:
    return any("rules" in stig for stig in dicts(value, "stigs"))


def _cklb(value: Any) -> Scan:
    """STIG Viewer 3 checklist (.cklb)."""
    found = [
        Result(
            rule=text(rule, "rule_id") or text(rule, "group_id"),
            title=text(rule, "rule_title", limit=300),
            verdict=text(rule, "status"),
            outcome=_ckl_outcome(text(rule, "status")),
            severity=severity_of(at(rule, "severity")),
            resource=text(value, "target_data", "host_name"),
            place=f"$.stigs[{s}].rules[{r}]",
            message=" ".join((text(rule, "finding_details"), text(rule, "comments"))).strip(),
            references=tuple(text(c) for c in items(rule, "ccis")),
        )
        for s, stig in enumerate(dicts(value, "stigs"))
        for r, rule in enumerate(dicts(stig, "rules"))
    ]
    return Scan("cklb", "STIG Viewer", "", tuple(found))


def _is_lynis(content: str) -> bool:
    return "lynis_version=" in content[:20000] or content.startswith("# Lynis Report")


def _lynis(content: str) -> Scan:
    """Lynis report.dat: warnings and suggestions are its findings; tests without either are not listed."""
    values: dict[str, str] = {}
    found: list[Result] = []
    for number, line in enumerate(content.splitlines(), 1):
        key, _, value = line.partition("=")
        if key in ("warning[]", "suggestion[]"):
            test, title, *rest = [*value.split("|"), ""]
            details = [r for r in rest if r not in ("", "-")]
            found.append(
                Result(
                    rule=test,
                    title=title[:300],
                    verdict=key.removesuffix("[]"),
                    outcome="not-satisfied",
                    severity="medium" if key == "warning[]" else "low",
                    resource="",
                    place=f"line {number}",
                    message="; ".join(details)[:1000],
                )
            )
        elif key == "vulnerable_package[]":
            found.append(
                Result(
                    rule=value.split("|")[0],
                    title="vulnerable package",
                    verdict="vulnerable",
                    outcome="not-satisfied",
                    severity="high",
                    resource="",
                    place=f"line {number}",
                    message=value[:1000],
                )
            )
        elif not key.endswith("[]"):
            values.setdefault(key, value)
    host = values.get("hostname", "")
    from dataclasses import replace

    problems = () if values.get("finish") == "true" else ("the scan did not finish",)
    when = instant(values.get("report_datetime_end") or values.get("report_datetime_start"))
    results = tuple(replace(r, resource=host) for r in found)
    return Scan("lynis", "Lynis", values.get("lynis_version", ""), results, when, (), problems)


def _kube_controls(value: Any) -> list[dict[str, Any]]:
    rows = dicts(value) if isinstance(value, list) else dicts(value, "Controls") or dicts([value])
    return [row for row in rows if "tests" in row and "node_type" in row]


def _is_kube_bench(value: Any) -> bool:
    return bool(_kube_controls(value))


def _kube_bench(value: Any) -> Scan:
    found = [
        Result(
            rule=text(row, "test_number"),
            title=text(row, "test_desc", limit=300),
            verdict=text(row, "status"),
            outcome=outcome_of(text(row, "status")),
            severity="medium" if row.get("scored", True) else "low",
            resource=text(control, "node_type"),
            place=f"{text(control, 'id')}/{text(test, 'section')}/{text(row, 'test_number')}",
            message=text(row, "reason") or text(row, "actual_value"),
        )
        for control in _kube_controls(value)
        for test in dicts(control, "tests")
        for row in dicts(test, "results")
    ]
    version = next((text(c, "version") for c in _kube_controls(value)), "")
    return Scan("kube-bench", "kube-bench", version, tuple(found))


READERS = (
    Reader("inspec", "json", _is_inspec, _inspec),
    Reader("inspec-min", "json", _is_inspec_minimal, _inspec_minimal),
    Reader("cklb", "json", _is_cklb, _cklb),
    Reader("kube-bench", "json", _is_kube_bench, _kube_bench),
    Reader("xccdf", "xml", _is_xccdf, _xccdf),
    Reader("ckl", "xml", lambda root: local(root) == "CHECKLIST", _ckl),
    Reader("lynis", "text", _is_lynis, _lynis),
)
