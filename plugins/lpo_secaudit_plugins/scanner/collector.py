"""Reading result files of scanners into evidence; imported when a source is collected."""

from __future__ import annotations

from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from lpo_secaudit.catalog.topics import load_topics
from lpo_secaudit.formats.instants import format_instant
from lpo_secaudit.model.evidence import Evidence, Gap, GapReason, Listing, ListingStatus, Subject
from lpo_secaudit.model.survey import FileSurvey
from lpo_secaudit.plugins import CollectRequest, Sink

from .._files.collector import each_file
from .._files.raw import read_bytes
from .detect import read_scan
from .result import Result, Scan

__all__ = ["collect", "survey"]

RESULT = "scanner.result"
RUN = "scanner.run"


def survey(path: Path) -> FileSurvey | None:
    """What scanner a file is from; None where it is from none."""
    scan = read_scan(read_bytes(path, path.name), path.name)
    if scan is None:
        return None
    problems = list(scan.problems)
    muted = sum(r.suppressed for r in scan.results)
    if muted:
        problems.append(f"{muted} result{'s are' if muted > 1 else ' is'} muted or overridden")
    if scan.scanned_at is None:
        problems.append("the file does not say when the scan ran")
    return FileSurvey(scan.kind, "scanner", len(scan.results), scan.counts(), tuple(problems))


def collect(request: CollectRequest, sink: Sink) -> None:
    """Read every file; one that cannot be read leaves its scope unavailable, the others count."""
    unknown = "no scanner's result is recognised in the file"
    for name, raw, scan in each_file(request, sink, (RESULT, RUN), read_scan, unknown):
        _emit(request, sink, name, scan, sink.blob(raw, "application/octet-stream"))


def _emit(request: CollectRequest, sink: Sink, name: str, scan: Scan, blob: str) -> None:
    stated = request.options.get("scanned_on")
    day = datetime.combine(datetime.fromisoformat(stated).date(), time(23, 59, 59), UTC) if stated else None
    scanned_at = scan.scanned_at or day
    if RESULT in request.wanted:
        seen: dict[str, int] = {}
        for result in scan.results:
            id_ = _unique(f"{result.rule}|{result.resource}" if result.resource else result.rule, seen)
            sink.record(_record(request, name, scan, result, id_, result.observed_at or scanned_at, blob))
        sink.listing(Listing(RESULT, request.source, name, ListingStatus.COMPLETE, len(scan.results)))
    if RUN in request.wanted:
        sink.record(_run(request, name, scan, scanned_at, blob))
        sink.listing(Listing(RUN, request.source, name, ListingStatus.COMPLETE, 1))


def _unique(id_: str, seen: dict[str, int]) -> str:
    """Some tools repeat a rule on one resource (a package found on two paths); none may be lost."""
    id_ = id_[:900]
    seen[id_] = seen.get(id_, 0) + 1
    return id_ if seen[id_] == 1 else f"{id_}#{seen[id_]}"


def _topics(scan: Scan, result: Result) -> list[str]:
    """By the check of this project that the rule is an alias of; else by the words of its title."""
    topics = load_topics()
    named = topics.for_check(f"aws-{result.rule.replace('_', '-')}") if scan.tool == "Prowler" else ""
    found = [named] if named else list(topics.for_text(result.title))
    return found or [t for t in scan.topics if t in topics.by_id]


def _record(
    request: CollectRequest,
    name: str,
    scan: Scan,
    result: Result,
    id_: str,
    seen_at: datetime | None,
    blob: str,
) -> Evidence:
    return Evidence(
        subject=Subject(RESULT, f"{name}|{id_}", request.source, result.region),
        data={
            "file": name,
            "kind": scan.kind,
            "tool": scan.tool,
            "tool_version": scan.version,
            "rule": result.rule,
            "title": result.title,
            "verdict": result.verdict,
            "outcome": result.outcome,
            "severity": result.severity,
            "resource": result.resource,
            "resource_type": result.resource_type,
            "message": result.message,
            "references": list(result.references),
            "topics": _topics(scan, result),
            "suppressed": result.suppressed,
            "place": result.place,
        },
        collector="scanner",
        collected_at=seen_at or request.now,
        inputs=(blob,),
    )


def _run(request: CollectRequest, name: str, scan: Scan, scanned_at: datetime | None, blob: str) -> Evidence:
    data: dict[str, Any] = {
        "file": name,
        "kind": scan.kind,
        "tool": scan.tool,
        "tool_version": scan.version,
        "results": len(scan.results),
        "counts": scan.counts(),
        "problems": list(scan.problems),
        "suppressed": sorted({r.rule for r in scan.results if r.suppressed and r.outcome == "not-satisfied"}),
    }
    gaps = {}
    if scanned_at is None:
        gaps["scanned_at"] = Gap(GapReason.MISSING, "the file does not say when the scan ran")
    else:
        data["scanned_at"] = format_instant(scanned_at)
    return Evidence(
        subject=Subject(RUN, name, request.source),
        data=data,
        collector="scanner",
        collected_at=scanned_at or request.now,
        gaps=gaps,
        inputs=(blob,),
    )
