"""Event selectors against events, one by one."""

from __future__ import annotations

import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_secaudit_plugins.aws.reasoning.selectors import (
    records_bedrock,
    records_data_events,
    records_management,
    records_object_events,
)

P = "arn:aws:s3:::"
OBJECTS = [P + name for name in ("a/", "a/x", "aa/x", "ab/x", "b/", "b/x", "c/x", "", "zz/a")]
VALUES = [P, P + "a/", P + "a", P + "b/", P + "b/x", P + "zz"]
WORDS = ["Equals", "StartsWith", "EndsWith", "NotEquals", "NotStartsWith", "NotEndsWith"]


def admits(fields: list[dict[str, Any]], name: str, value: str) -> bool:
    """AWS's reading: of one field, any positive match and no negative one."""
    tests = {"Equals": str.__eq__, "StartsWith": str.startswith, "EndsWith": str.endswith}
    wanted = [tests[w](value, v) for f in fields if f["Field"] == name for w in tests for v in f.get(w, ())]
    unwanted = [
        tests[w](value, v) for f in fields if f["Field"] == name for w in tests for v in f.get("Not" + w, ())
    ]
    return (any(wanted) or not wanted) and not any(unwanted)


@st.composite
def advanced(draw: st.DrawFn) -> dict[str, Any]:
    fields: list[dict[str, Any]] = [
        {"Field": "eventCategory", "Equals": [draw(st.sampled_from(["Data", "Data", "Management"]))]},
        {
            "Field": "resources.type",
            "Equals": [draw(st.sampled_from(["AWS::S3::Object"] * 3 + ["AWS::Lambda::Function"]))],
        },
    ]
    if draw(st.booleans()):
        fields.append({"Field": "readOnly", "Equals": [draw(st.sampled_from(["true", "false"]))]})
    ways = draw(
        st.dictionaries(
            st.sampled_from(WORDS), st.lists(st.sampled_from(VALUES), min_size=1, max_size=2), max_size=2
        )
    )
    if ways:
        fields.append({"Field": "resources.ARN", **ways})
    return {"FieldSelectors": fields}


@settings(max_examples=200, deadline=None)
@given(selectors=st.lists(advanced(), max_size=3), read_only=st.booleans())
def test_complete_means_every_object(selectors: list[dict[str, Any]], read_only: bool) -> None:
    def recorded(arn: str) -> bool:
        event = {
            "eventCategory": "Data",
            "resources.type": "AWS::S3::Object",
            "readOnly": str(read_only).lower(),
            "resources.ARN": arn,
        }
        return any(all(admits(s["FieldSelectors"], k, v) for k, v in event.items()) for s in selectors)

    complete = records_object_events({"AdvancedEventSelectors": selectors}, read_only)
    # The values are few and short, so an object that is left out has one of these shapes.
    others = [v + tail for v in VALUES for tail in ("", "q", "/q")] + [
        P + "q" + v.removeprefix(P) for v in VALUES
    ]
    others += [P + q + v for v in VALUES for q in ("q", "q/")]
    # An object has a bucket and a key.
    objects = [arn for arn in (*OBJECTS, *others) if re.fullmatch(r"arn:aws:s3:::[^/]+/.*", arn)]
    assert complete is all(recorded(arn) for arn in objects)


def classic(kind: str, values: list[str] | None = None, management: bool = True) -> dict[str, Any]:
    resources = [{"Type": "AWS::S3::Object", "Values": values}] if values is not None else []
    return {
        "EventSelectors": [
            {"ReadWriteType": kind, "IncludeManagementEvents": management, "DataResources": resources}
        ]
    }


@pytest.mark.parametrize("everything", ["arn:aws:s3", "arn:aws:s3:::", "arn:aws:s3:::*/*"])
def test_classic_selectors(everything: str) -> None:
    assert records_object_events(classic("All", [everything]), True)
    assert records_object_events(classic("WriteOnly", [everything]), False)
    assert not records_object_events(classic("WriteOnly", [everything]), True)
    assert not records_object_events(classic("All", [P + "bucket/"]), True)
    assert not records_object_events(classic("All"), True)


def test_an_event_name_leaves_others_out() -> None:
    selector = {
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "Equals": ["AWS::S3::Object"]},
            {"Field": "eventName", "Equals": ["GetObject"]},
        ]
    }
    assert not records_object_events({"AdvancedEventSelectors": [selector]}, True)


def test_a_type_that_is_only_excluded_is_not_recorded() -> None:
    selector = {
        "FieldSelectors": [
            {"Field": "eventCategory", "Equals": ["Data"]},
            {"Field": "resources.type", "NotEquals": ["AWS::Lambda::Function"]},
        ]
    }
    assert not records_object_events({"AdvancedEventSelectors": [selector]}, True)
    assert records_data_events({"AdvancedEventSelectors": [selector]})


def test_management_events() -> None:
    assert records_management(classic("All"))
    assert records_management(classic("WriteOnly"), read_only=False)
    assert not records_management(classic("WriteOnly"))
    assert not records_management(classic("All", management=False))
    fields = [{"Field": "eventCategory", "Equals": ["Management"]}]
    assert records_management({"AdvancedEventSelectors": [{"FieldSelectors": fields}]})
    fields = [*fields, {"Field": "readOnly", "Equals": ["true"]}]
    assert not records_management({"AdvancedEventSelectors": [{"FieldSelectors": fields}]})
    assert not records_management({}) and not records_data_events({})


def test_a_trail_without_selectors_records_management_events() -> None:
    answer = {"TrailARN": "arn", "EventSelectors": [], "AdvancedEventSelectors": None}
    assert records_management(answer) and not records_data_events(answer)


@pytest.mark.parametrize(
    ("field", "all_services", "bedrock"),
    [
        ({"Field": "eventSource", "NotEquals": ["kms.amazonaws.com", "rdsdata.amazonaws.com"]}, True, True),
        ({"Field": "eventSource", "NotEquals": ["iam.amazonaws.com"]}, False, True),
        ({"Field": "eventSource", "Equals": ["bedrock.amazonaws.com"]}, False, True),
        ({"Field": "eventSource", "Equals": ["s3.amazonaws.com"]}, False, False),
        ({"Field": "eventName", "Equals": ["DeleteTrail"]}, False, False),
    ],
)
def test_management_events_of_some_services(field: dict[str, Any], all_services: bool, bedrock: bool) -> None:
    fields = [{"Field": "eventCategory", "Equals": ["Management"]}, field]
    answer = {"AdvancedEventSelectors": [{"FieldSelectors": fields}]}
    assert records_management(answer, False) is all_services
    assert records_management(answer, False, ("bedrock.amazonaws.com",)) is bedrock


def test_bedrock() -> None:
    fields = [
        {"Field": "eventCategory", "Equals": ["Data"]},
        {"Field": "resources.type", "Equals": ["AWS::Bedrock::Model"]},
    ]
    assert records_bedrock({"AdvancedEventSelectors": [{"FieldSelectors": fields}]})
    assert not records_bedrock({"AdvancedEventSelectors": [{"FieldSelectors": fields[:1]}]})
