"""SARIF: rules of extensions, messages by id, suppressions, and what the tool could not do."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from lpo_secaudit_plugins.scanner.detect import read_scan
from lpo_secaudit_plugins.scanner.result import Result, Scan

DRIVER = {
    "name": "CodeScanner",
    "rules": [
        {
            "id": "C2001",
            "defaultConfiguration": {"level": "error"},
            "shortDescription": {"text": "A variable was used without being initialized."},
            "messageStrings": {"default": {"text": "Variable {0} was used; see {1}."}},
        }
    ],
}
EXTENSION = {
    "name": "more",
    "rules": [{"id": "S0001", "fullDescription": {"text": "No weak algorithms."}}],
}


def read(*results: dict[str, Any], **run: Any) -> Scan:
    runs = [{"tool": {"driver": DRIVER, "extensions": [EXTENSION]}, "results": list(results), **run}]
    scan = read_scan(json.dumps({"version": "2.1.0", "runs": runs}).encode(), "scan.sarif")
    assert scan is not None
    return scan


def one(result: dict[str, Any]) -> Result:
    [found] = read(result).results
    return found


@pytest.mark.parametrize(
    ("result", "title"),
    [
        ({"ruleId": "C2001"}, "A variable was used without being initialized."),
        ({"ruleIndex": 0}, "A variable was used without being initialized."),
        ({"ruleId": "C2001/pointer"}, "A variable was used without being initialized."),
        ({"ruleId": "S0001"}, "No weak algorithms."),
        ({"rule": {"id": "S0001", "index": 0, "toolComponent": {"index": 0}}}, "No weak algorithms."),
        ({"rule": {"index": 0, "toolComponent": {"index": 0}}}, "No weak algorithms."),
        ({"rule": {"index": 9, "toolComponent": {"index": 9}}}, ""),
        ({}, ""),
    ],
)
def test_a_result_finds_its_rule(result: dict[str, Any], title: str) -> None:
    assert one(result).title == title


def test_a_rule_of_the_very_name_comes_before_the_rule_that_it_is_a_part_of() -> None:
    rules = [{"id": "CA1", "name": "whole"}, {"id": "CA1/1", "name": "part"}, {"id": "CA1", "name": "later"}]
    scan = read({"ruleId": "CA1/1"}, {"ruleId": "CA1/2"}, tool={"driver": {"name": "t", "rules": rules}})
    assert [r.title for r in scan.results] == ["part", "whole"]


def test_as_many_rules_as_results_are_read_in_the_time_of_one_pass() -> None:
    count = 5000
    rules = [{"id": f"R{n}", "name": f"rule {n}"} for n in range(count)]
    results = [{"ruleId": f"R{n}"} for n in range(count)]
    begun = time.process_time()
    scan = read(*results, tool={"driver": {"name": "t"}, "extensions": [{"rules": rules}]})
    assert time.process_time() - begun < 10  # s; the product of both numbers takes minutes
    assert [r.title for r in scan.results] == [f"rule {n}" for n in range(count)]


def test_a_message_is_put_together_from_the_rules_words() -> None:
    message = {"id": "default", "arguments": ["ptr", "line 8"]}
    assert one({"ruleId": "C2001", "message": message}).message == "Variable ptr was used; see line 8."
    assert one({"ruleId": "C2001", "message": {"text": "own words"}}).message == "own words"
    assert one({"ruleId": "C2001", "message": {"id": "unknown"}}).message == ""


@pytest.mark.parametrize(
    ("suppressions", "muted"),
    [
        ([{"kind": "inSource"}], True),
        ([{"kind": "external", "status": "accepted"}], True),
        ([{"kind": "external", "status": "underReview"}], False),
        ([{"kind": "external", "status": "rejected"}], False),
        ([], False),
        (None, False),
    ],
)
def test_only_an_accepted_suppression_suppresses(suppressions: Any, muted: bool) -> None:
    assert one({"ruleId": "C2001", "suppressions": suppressions}).suppressed is muted


def test_what_the_tool_could_not_do_is_told_with_the_time_of_its_end() -> None:
    scan = read(
        invocations=[
            {
                "startTimeUtc": "2016-07-16T14:18:25Z",
                "endTimeUtc": "2016-07-16T14:19:01Z",
                "executionSuccessful": False,
                "toolExecutionNotifications": [
                    {"level": "note", "message": {"text": "Run started."}},
                    {"level": "error", "message": {"text": "Rule C2001 crashed."}},
                ],
            }
        ]
    )
    assert scan.scanned_at == datetime(2016, 7, 16, 14, 19, 1, tzinfo=UTC)
    assert scan.problems == ("run 1 of CodeScanner did not succeed", "CodeScanner: Rule C2001 crashed.")
