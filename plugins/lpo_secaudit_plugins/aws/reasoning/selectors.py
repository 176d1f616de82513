"""What a trail records: classic and advanced CloudTrail event selectors, evaluated.

AWS CloudTrail User Guide, "Logging data events" and "Filtering data events by using advanced event
selectors": field selectors of one selector all hold, selectors of a trail add up; a value matches
when any of Equals, StartsWith, EndsWith matches and none of their negations does.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from lpo_secaudit_plugins.aws.reasoning.wildcards import Pattern, matches, pattern, signatures, some_member

__all__ = ["records_bedrock", "records_data_events", "records_management", "records_object_events"]

_POSITIVE = {"Equals": "{}", "StartsWith": "{}*", "EndsWith": "*{}"}
_NEGATIVE = {"NotEquals": "{}", "NotStartsWith": "{}*", "NotEndsWith": "*{}"}

BEDROCK = "AWS::Bedrock::"


def _field(selectors: Iterable[Mapping[str, Any]], name: str) -> tuple[list[Pattern], list[Pattern]]:
    """The values wanted (none: all of them) and unwanted."""
    inside: list[Pattern] = []
    outside: list[Pattern] = []
    for selector in selectors:
        if selector.get("Field") != name:
            continue
        for word, shape in _POSITIVE.items():
            inside.extend(pattern(shape.format(v)) for v in selector.get(word) or ())
        for word, shape in _NEGATIVE.items():
            outside.extend(pattern(shape.format(v)) for v in selector.get(word) or ())
    return inside, outside


def _admits(selectors: Sequence[Mapping[str, Any]], name: str, value: str) -> bool:
    inside, outside = _field(selectors, name)
    base = pattern(value, literal=True)
    return some_member(base, [inside] if inside else [], [outside] if outside else []) is not None


def records_object_events(answer: Mapping[str, Any], read_only: bool) -> bool:
    """Whether reads (or writes) of every object of every bucket are recorded.

    Args:
        answer: CloudTrail's GetEventSelectors.
        read_only: True for reads, False for writes.

    Raises:
        TooComplexError: too many selectors to decide.
    """
    covered: list[Pattern] = []
    wanted = "ReadOnly" if read_only else "WriteOnly"
    for selector in answer.get("EventSelectors") or ():
        if selector.get("ReadWriteType", "All") not in ("All", wanted):
            continue
        for resource in selector.get("DataResources") or ():
            if resource.get("Type") == "AWS::S3::Object":
                for value in resource.get("Values") or ():
                    covered.append(pattern("*" if value in ("arn:aws:s3", "arn:aws:s3:::") else value + "*"))
    exceptions: list[tuple[list[Pattern], list[Pattern]]] = []
    for advanced in answer.get("AdvancedEventSelectors") or ():
        fields = advanced.get("FieldSelectors") or ()
        if not (
            _admits(fields, "eventCategory", "Data")
            and _names(fields, "resources.type")
            and _admits(fields, "resources.type", "AWS::S3::Object")
            and _admits(fields, "readOnly", "true" if read_only else "false")
        ):
            continue
        if {f.get("Field") for f in fields} - {
            "eventCategory",
            "resources.type",
            "readOnly",
            "resources.ARN",
        }:
            continue  # eventName, userIdentity.arn and the like leave events out
        inside, outside = _field(fields, "resources.ARN")
        exceptions.append((inside or [pattern("*")], outside))
    groups = [covered, *(part for pair in exceptions for part in pair)]
    found = signatures(pattern("arn:aws:s3:::?*/*"), tuple(tuple(group) for group in groups))
    return all(bits & 1 or any(bits >> n & 0b11 == 0b01 for n in range(1, len(groups), 2)) for bits in found)


def _names(fields: Sequence[Mapping[str, Any]], name: str) -> bool:
    """Whether a field is tied to given values; AWS demands Equals for resources.type of data events."""
    return any(f.get("Field") == name and f.get("Equals") for f in fields)


def records_management(
    answer: Mapping[str, Any], read_only: bool | None = None, sources: Sequence[str] = ()
) -> bool:
    """Whether management events are recorded: reads, writes, or (None) both.

    Args:
        sources: services whose events are asked about, "bedrock.amazonaws.com"; one of them suffices.
            None are given where all services are meant.
    """
    kinds = (True, False) if read_only is None else (read_only,)
    return all(_records_management(answer, kind, sources) for kind in kinds)


_VERBOSE = ("kms.amazonaws.com", "rdsdata.amazonaws.com")
"""Services whose many events a trail may leave out, in classic selectors as well."""


def _records_management(answer: Mapping[str, Any], read_only: bool, sources: Sequence[str]) -> bool:
    wanted = "ReadOnly" if read_only else "WriteOnly"
    classic, advanced_ones = answer.get("EventSelectors") or (), answer.get("AdvancedEventSelectors") or ()
    if answer and not classic and not advanced_ones:
        return True  # a trail without selectors of its own records all management events
    for selector in classic:
        if selector.get("IncludeManagementEvents", True) and selector.get("ReadWriteType", "All") in (
            "All",
            wanted,
        ):
            return True
    for advanced in advanced_ones:
        fields = advanced.get("FieldSelectors") or ()
        if (
            _admits(fields, "eventCategory", "Management")
            and _admits(fields, "readOnly", str(read_only).lower())
            and not {f.get("Field") for f in fields} - {"eventCategory", "readOnly", "eventSource"}
            and _admits_sources(fields, sources)
        ):
            return True
    return False


def _admits_sources(fields: Sequence[Mapping[str, Any]], sources: Sequence[str]) -> bool:
    if sources:
        return any(_admits(fields, "eventSource", source) for source in sources)
    about = [f for f in fields if f.get("Field") == "eventSource"]
    return all(set(f) <= {"Field", "NotEquals"} and set(f["NotEquals"]) <= set(_VERBOSE) for f in about)


def records_bedrock(answer: Mapping[str, Any]) -> bool:
    """Whether data events of a Bedrock resource type are recorded."""
    for advanced in answer.get("AdvancedEventSelectors") or ():
        fields = advanced.get("FieldSelectors") or ()
        if _admits(fields, "eventCategory", "Data") and any(
            matches(value, BEDROCK + "*")
            for f in fields
            if f.get("Field") == "resources.type"
            for value in f.get("Equals") or ()
        ):
            return True
    return False


def records_data_events(answer: Mapping[str, Any]) -> bool:
    """Whether a trail sets out to record data events of any kind."""
    if any(selector.get("DataResources") for selector in answer.get("EventSelectors") or ()):
        return True
    return any(
        _admits(advanced.get("FieldSelectors") or (), "eventCategory", "Data")
        for advanced in answer.get("AdvancedEventSelectors") or ()
    )
