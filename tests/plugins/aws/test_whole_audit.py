"""A whole audit of an account over HTTP: verdicts lead to evidence, and a denied call is never one."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import jsonschema
import pytest

from lpo_secaudit.audit import Audit, run
from lpo_secaudit.cli.codes import ExitCode
from lpo_secaudit.cli.run import outcome_code
from lpo_secaudit.collect import Bundle
from lpo_secaudit.formats.schema import load_schema
from lpo_secaudit.model.check import Severity
from lpo_secaudit.model.engagement import Engagement
from lpo_secaudit.verification import verify
from tests.plugins.aws.servers import REGIONS, Fault, Faulty

CATALOG = """
catalog: vault
title: Buckets
version: "1"
source: house rules
controls:
  - {id: versions, title: Buckets keep versions, citation: House rule 9, severity: medium,
     requirement: Every bucket keeps the versions of its objects., checks: [CHECK]}
"""
ENGAGEMENT = f"""
engagement: account
client: {{name: Example Law LLP}}
provider: {{name: Acme}}
data: {{classes: [privileged]}}
catalogs: [./vault.yaml]
sources: [{{id: aws, collector: aws, with: {{regions: [{", ".join(REGIONS)}]}}}}]
"""


@pytest.fixture
def audit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Audit]:
    """Audits the account behind a URL by one check."""

    def auditor(url: str, check: str) -> Audit:
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)
        (tmp_path / "vault.yaml").write_text(CATALOG.replace("CHECK", check))
        (tmp_path / "engagement.yaml").write_text(ENGAGEMENT)
        return run(Engagement.load(tmp_path / "engagement.yaml"), output=tmp_path / "out")

    return auditor


def test_every_verdict_leads_to_evidence(account: str, audit: Callable[[str, str], Audit]) -> None:
    done = audit(account, "aws-s3-bucket-object-versioning")
    assert done.folder is not None
    result = json.loads((done.folder / "audit.json").read_bytes())
    jsonschema.Draft202012Validator(load_schema("audit")).validate(result)
    bundle = Bundle(done.folder / "bundle")
    held = {record.digest for type_ in bundle.types() for record in bundle.records(type_)}
    assert result["observations"]
    for observation in result["observations"]:
        if observation["outcome"] in ("satisfied", "not-satisfied"):
            assert observation["evidence"]
        assert set(observation["evidence"]) <= held
    report = verify(done.folder, replay=True)
    assert report, report.problems


def test_a_denied_call_is_unavailable_and_undetermined(
    faulty: tuple[Faulty, str], audit: Callable[[str, str], Audit]
) -> None:
    proxy, url = faulty
    proxy.decide = lambda asked: (
        Fault(403, "AccessDenied") if asked.operation == "s3:GetBucketVersioning" else None
    )
    result = audit(url, "aws-s3-bucket-object-versioning").result
    assert {str(o.outcome) for o in result.observations} == {"unavailable"}
    assert all(o.gap and o.gap.code == "AccessDenied" for o in result.observations)
    assert [str(f.status) for f in result.findings] == ["undetermined"]
    assert outcome_code(result, Severity.LOW) is ExitCode.INCOMPLETE


def test_a_denied_listing_is_unavailable_too(
    faulty: tuple[Faulty, str], audit: Callable[[str, str], Audit]
) -> None:
    proxy, url = faulty
    proxy.decide = lambda asked: Fault(403, "AccessDenied") if asked.operation == "s3:ListBuckets" else None
    result = audit(url, "aws-s3-bucket-object-versioning").result
    assert [str(f.status) for f in result.findings] == ["undetermined"]
    assert [s.state for s in result.sources] == ["unavailable"]
    assert outcome_code(result, Severity.LOW) is ExitCode.INCOMPLETE
