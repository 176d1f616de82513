"""Every row of the evidence table is true of AWS's own models, and asks only read operations."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.validate import ParamValidator

from lpo_secaudit_plugins.aws import plugin
from lpo_secaudit_plugins.aws.api.models import Models
from lpo_secaudit_plugins.aws.conditions import CONDITIONS
from lpo_secaudit_plugins.aws.custom import FACETS, LISTERS
from lpo_secaudit_plugins.aws.permissions import action_of
from lpo_secaudit_plugins.aws.table import TYPES, Call, Type
from tests.plugins.aws.gathering import EVERYTHING

# GenerateCredentialReport has the access level "Read" in AWS's Service Authorization Reference:
# it makes AWS write a report that it keeps itself. AssumeRole yields the right to read.
READS = re.compile(r"(Get|List|Describe|Head|Lookup|BatchGet)[A-Z]|GenerateCredentialReport$|AssumeRole$")


@pytest.fixture(scope="module")
def models() -> Models:
    return Models(EVERYTHING)


def calls(row: Type) -> list[Call]:
    found = [facet.call for facet in row.facets.values()]
    return found + [c for c in (row.list, row.detail) if c is not None]


def test_no_operation_writes() -> None:
    assert all(READS.match(name) for _, name in EVERYTHING), sorted(EVERYTHING)


@pytest.mark.parametrize("name", sorted(TYPES))
def test_a_row_fits_the_models(name: str, models: Models) -> None:
    row = TYPES[name]
    assert row.list is not None or row.facets
    for call in calls(row):
        operation = models.operation(call.service, call.operation)
        takes = operation.model.input_shape
        if takes is None:
            assert not call.params
        else:
            report = ParamValidator().validate(_filled(call.params), takes)
            wrong = [e for e in report._errors if e[0] != "missing required field"]
            assert not wrong, report.generate_report()
        _walk(operation.model.output_shape, call.path)
    if row.list is not None and row.items and row.custom != "iam":
        item = _walk(models.operation(row.list.service, row.list.operation).model.output_shape, row.items)
        if not row.name_as:
            known = set(item.members)
            assert set(row.summary) <= known
            if not row.custom and row.detail is None:
                assert set(row.json) <= known | {"policy"}
    for facet in row.facets.values():
        assert facet.what
        assert not facet.custom or facet.custom in FACETS
        assert not facet.when or facet.when in CONDITIONS
        assert facet.when == "" or facet.needs
    assert row.custom in ("", "buckets", *LISTERS)
    if row.parent:
        assert TYPES[row.parent].scope is row.scope


def _filled(params: Any) -> Any:
    if isinstance(params, str):
        return re.sub(r"\{[^}]+\}", "x" * 20, params)
    if isinstance(params, dict):
        return {k: _filled(v) for k, v in params.items()}
    return [_filled(v) for v in params] if isinstance(params, list) else params


def _walk(shape: Any, path: str) -> Any:
    for step in path.split(".") if path else ():
        shape = shape.members[step.removesuffix("[]")]
        if step.endswith("[]"):
            shape = shape.member
    return shape


@pytest.mark.parametrize("name", sorted(TYPES))
def test_no_password_or_address_of_an_answer_is_kept(name: str, models: Models) -> None:
    row = TYPES[name]
    kept = [(row.list, row.items, row.redact)] if row.custom != "iam" else []
    kept += [(row.detail, row.detail.path, row.redact)] if row.detail else []
    kept += [(facet.call, facet.call.path, facet.redact) for facet in row.facets.values()]
    for call, path, redacted in kept:
        if call is not None:
            shape = models.operation(call.service, call.operation).model.output_shape
            assert set(_secret(_walk(shape, path), "", ())) <= set(redacted), f"{name}: {call.name}"


def _secret(shape: Any, path: str, above: tuple[str, ...]) -> Iterator[str]:
    if shape.type_name == "list":
        yield from _secret(shape.member, path, above)
    elif shape.type_name == "structure" and shape.name not in above:
        for member, inner in shape.members.items():
            yield from _secret(inner, f"{path}.{member}".strip("."), (*above, shape.name))
    elif shape.type_name == "string" and re.search(r"(Password|ClientSecret|SecretAccessKey|Email)$", path):
        yield path


@pytest.mark.parametrize("check", plugin().checks, ids=lambda check: check.id)
def test_checks_read_what_the_table_has(check: Any, models: Models) -> None:
    for type_, facets in check.reads.items():
        row = TYPES[type_]
        for facet in facets:
            if facet in row.facets or facet in row.extra or facet in row.summary or facet == row.name_as:
                continue
            call, path = (row.detail, row.detail.path) if row.detail else (row.list, row.items)
            assert call is not None, f"{type_} has no {facet}"
            known = models.operation(call.service, call.operation).members(path)
            assert known is None or facet in known, f"{type_} has no {facet}"


def test_actions_are_named_as_iam_names_them() -> None:
    assert action_of("s3", "GetBucketEncryption") == "s3:GetEncryptionConfiguration"
    assert action_of("s3control", "GetPublicAccessBlock") == "s3:GetAccountPublicAccessBlock"
    assert action_of("elbv2", "DescribeLoadBalancers") == "elasticloadbalancing:DescribeLoadBalancers"
    assert action_of("rds", "DescribeDBInstances") == "rds:DescribeDBInstances"
    prefixes = {action_of(*operation).partition(":")[0] for operation in EVERYTHING}
    assert not prefixes & {"s3control", "elbv2", "efs", "emr", "opensearch", "apigatewayv2", "sso-admin"}
