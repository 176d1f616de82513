"""Every check of the registry: satisfied, not satisfied, and never satisfied by what was not seen."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.plugins.messages import CODE, spoiled

from .cases import CASES
from .harness import CHECKS, judge, outcomes, without

ALWAYS_OPEN = {"aws-identity-center-mfa"}  # AWS has no operation that would answer it

# One verdict for every node, from either of two listings: where one listing is lost, a node that the other
# shows whole stays satisfied, beside the verdict that more nodes may be there.
EACH_BY_ITSELF = {"aws-ssm-managed-compliant-patching"}


def test_every_check_has_a_case() -> None:
    assert set(CASES) == set(CHECKS) - ALWAYS_OPEN


@pytest.mark.parametrize("check", sorted(CHECKS))
def test_definition(check: str) -> None:
    definition = CHECKS[check]
    assert check.startswith("aws-")
    assert all(len(text) > 20 for text in (definition.remediation, definition.rationale))
    assert definition.topic and definition.title and str(definition.method) == "TEST"
    assert definition.evidence in definition.reads


@pytest.mark.parametrize("check", sorted(CASES))
def test_good_is_satisfied_and_bad_is_not(check: str) -> None:
    case = CASES[check]
    assert outcomes(check, case.good, parameters=case.parameters) == {"satisfied"}
    assert outcomes(check, case.bad, parameters=case.parameters) == {"not-satisfied"}


@pytest.mark.parametrize("check", sorted(CASES))
def test_what_was_not_seen_satisfies_nothing(check: str) -> None:
    case, definition = CASES[check], CHECKS[check]
    lost = set()
    for records, good in ((case.good, True), (case.bad, False)):
        for index, evidence in enumerate(records):
            for facet in definition.reads.get(evidence.subject.type, ()):
                found = outcomes(check, without(records, index, facet), parameters=case.parameters)
                assert "error" not in found
                # A fact too few may leave a verdict as it was, where the rest proves it.
                assert found <= (
                    {"satisfied", "unavailable"}
                    if good
                    else {"not-satisfied", "unavailable", "not-applicable"}
                )
                lost |= found if good else set()
        for type_ in definition.reads:
            left = [r for r in records if r.subject.type != type_]
            found = outcomes(check, left, parameters=case.parameters, unlisted=frozenset({type_}))
            if check in EACH_BY_ITSELF and good:
                assert found <= {"satisfied", "unavailable"}
            else:
                assert not found & {"error", "satisfied"} or (good and found == {"satisfied"})
            lost |= found if good else set()
    assert "unavailable" in lost


def test_identity_center_stays_open() -> None:
    from .harness import record

    instance = record("aws.sso.instance", {"InstanceArn": "arn:aws:sso:::instance/i"})
    assert outcomes("aws-identity-center-mfa", [instance]) == {"unavailable"}


@pytest.mark.parametrize("check", sorted(CASES))
def test_no_message_shows_code(check: str) -> None:
    case = CASES[check]
    for records in (case.good, case.bad):
        for index, evidence in enumerate(records):
            facets = dict.fromkeys(CHECKS[check].reads.get(evidence.subject.type, ())) | dict(evidence.data)
            for data in spoiled(facets, True, False, 7):
                changed = [*records[:index], replace(evidence, data=data), *records[index + 1 :]]
                for observation in judge(check, changed, case.parameters):
                    assert not CODE.search(observation.message), data
