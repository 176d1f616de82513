"""Config and GuardDuty: whether the account is recorded, and watched."""

from __future__ import annotations

from collections.abc import Mapping

from lpo_secaudit.check.wording import in_words
from lpo_secaudit.model.check import CheckFunction, Record, Verdict, World, not_satisfied, satisfied
from lpo_secaudit.model.evidence import GapReason
from lpo_secaudit_plugins.aws.checks.common import arn_beside, cannot_tell, subject_like

__all__ = ["FUNCTIONS"]


def _config(record: Record, world: World) -> Verdict:
    about = subject_like(record, "aws.config.recorder", arn_beside(record, "config", "recorder"))
    recorders = record["recorders"] or ()
    if not recorders:
        return not_satisfied("the region has no recorder", about)
    statuses = {s.get("name"): s for s in record["recorder_statuses"] or ()}
    problem = ""
    for recorder in recorders:
        name = recorder.get("name")
        status = statuses.get(name, {})
        group = recorder.get("recordingGroup") or {}
        said = f"recorder {in_words(name, 'without a name')}"
        everything = group.get("allSupported") is True or (
            (group.get("recordingStrategy") or {}).get("useOnly") == "ALL_SUPPORTED_RESOURCE_TYPES"
        )
        if status.get("recording") is not True:
            problem = f"{said} is not recording"
        elif str(status.get("lastStatus", "")).upper() == "FAILURE":
            problem = f"{said} fails (error: {in_words(status.get('lastErrorCode'))})"
        elif not everything:
            problem = f"{said} leaves out resource types"
        else:
            return satisfied(f"{said} records all resource types", about)
    return not_satisfied(problem, about)


def _guardduty(record: Record, world: World) -> Verdict:
    detectors = record["detectors"] or ()
    for detector in sorted(detectors, key=lambda d: d.get("Status") != "ENABLED"):
        place = arn_beside(record, "guardduty", f"detector/{detector['DetectorId']}")
        about = subject_like(record, "aws.guardduty.detector", place)
        if detector.get("Status") == "ENABLED":
            return satisfied("a detector is enabled", about)
        return not_satisfied(
            f"the detector is not enabled (status: {in_words(detector.get('Status'))})", about
        )
    return not_satisfied("the region has no detector")


def _guardduty_findings(record: Record, world: World) -> Verdict:
    found = record["high_severity_findings"] or ()
    if found:
        return not_satisfied(f"{len(found)} findings of severity 7.0 or above are open")
    if record["Status"] != "ENABLED":
        raise cannot_tell(
            f"the detector is not enabled (status: {in_words(record['Status'])}), so it finds nothing",
            GapReason.MISSING,
        )
    return satisfied("no finding of severity 7.0 or above is open")


FUNCTIONS: Mapping[str, CheckFunction] = {
    "aws-config-recorder-all-regions-enabled": _config,
    "aws-guardduty-is-enabled": _guardduty,
    "aws-guardduty-no-high-severity-findings": _guardduty_findings,
}
