"""Visitor logs of review rooms: a collector and a check that reads what it collects."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from importlib.resources import files
from typing import Any

from lpo_secaudit.check import load_checks
from lpo_secaudit.model.evidence import Evidence, Gap, GapReason, Listing, ListingStatus, Subject
from lpo_secaudit.plugins import CollectRequest, Plugin, Sink

VISIT = "premises.visit"


class VisitorLog:
    """Reads a visitor log: CSV with the columns visitor, date, escort."""

    name = "premises"
    version = "1.0.0"
    produces: Mapping[str, str] = {VISIT: "one visit to a review room"}
    options_schema: Mapping[str, Any] = {
        "type": "object",
        "additionalProperties": False,
        "required": ["file"],
        "properties": {
            "file": {"type": "string", "description": "path of the log, relative to the engagement"}
        },
    }
    reads = ("the visitor log named in the engagement",)

    def collect(self, request: CollectRequest, sink: Sink) -> None:
        path = request.base / request.options["file"]
        try:
            raw = path.read_bytes()
            rows = list(csv.DictReader(io.StringIO(raw.decode("utf-8-sig"))))
        except (OSError, UnicodeDecodeError, csv.Error) as error:
            # Not being able to look is a result of its own, never an empty log.
            gap = Gap(GapReason.FAILED, f"the log cannot be read: {type(error).__name__}")
            sink.listing(Listing(VISIT, request.source, "", ListingStatus.UNAVAILABLE, 0, gap))
            return
        blob = sink.blob(raw, "text/csv")
        for number, row in enumerate(rows, 2):
            subject = Subject(VISIT, f"{row.get('visitor') or 'unnamed'}, line {number}", request.source)
            data = {"date": row.get("date") or "", "escort": (row.get("escort") or "").strip()}
            sink.record(Evidence(subject, data, self.name, request.now, inputs=(blob,)))
        sink.listing(Listing(VISIT, request.source, "", ListingStatus.COMPLETE, len(rows)))

    def permissions(self, request: CollectRequest) -> tuple[str, ...]:
        return (f"read {request.options['file']}",)


def plugin() -> Plugin:
    """What this distribution brings."""
    checks = load_checks("premises", [files("premises_secaudit") / "checks.yaml"])
    return Plugin("premises", "1.0.0", (VisitorLog(),), checks)
