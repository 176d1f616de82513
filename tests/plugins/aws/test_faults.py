"""Faults between collector and server: what retrying heals is healed, what is lost is named."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from lpo_secaudit.model.evidence import GapReason
from lpo_secaudit_plugins.aws.plan import plan
from tests.plugins.aws.gathering import SMALL, Gathered, gather
from tests.plugins.aws.servers import Asked, Fault, Faulty

FEW = {
    name: SMALL[name]
    for name in ("aws.s3.bucket", "aws.s3.account", "aws.iam.account", "aws.dynamodb.table", "aws.ec2.volume")
}


@pytest.fixture(scope="module")
def clean(account: str) -> Gathered:
    return gather(account)


def test_throttling_of_every_third_call_heals(clean: Gathered, faulty: tuple[Faulty, str]) -> None:
    proxy, url = faulty
    proxy.decide = lambda asked: Fault(400, "ThrottlingException") if asked.number % 3 == 0 else None
    found = gather(url)
    assert set(found.bytes().split(b"\n")) ^ set(clean.bytes().split(b"\n")) == set()
    assert sum(found.calls.values()) > sum(clean.calls.values())


@pytest.mark.parametrize(
    "fault",
    [
        Fault(503, ""),
        Fault(500, "InternalFailure"),
        Fault(503, "SlowDown"),
        Fault(keep_bytes=1),
        Fault(keep_bytes=0),
        Fault(keep_bytes=0, lie_about_length=True),
        Fault(keep_bytes=60, lie_about_length=True),
        Fault(body=b"<html><body>Please sign in</body></html>"),
        Fault(drop=True),
    ],
    ids=["503-html", "500", "slow-down", "broken", "cut-at-0", "empty", "truncated", "portal", "dropped"],
)
def test_passing_faults_heal(account: str, faulty: tuple[Faulty, str], fault: Fault) -> None:
    """Every second request of each operation fails, once."""
    proxy, url = faulty
    proxy.decide = lambda asked: (
        fault if asked.number % 4 == 1 and asked.headers.get("Authorization") else None
    )
    assert gather(url, FEW).bytes() == gather(account, FEW).bytes()


def test_a_slow_answer_is_asked_for_again(account: str, faulty: tuple[Faulty, str]) -> None:
    proxy, url = faulty
    slow: list[int] = []

    def decide(asked: Asked) -> Fault | None:
        if asked.operation == "s3:GetBucketPolicy" and not slow:
            slow.append(asked.number)
            return Fault(delay_s=2.5)
        return None

    proxy.decide = decide
    wanted = {"aws.s3.bucket": frozenset({"policy"})}
    assert gather(url, wanted, request_timeout_s=2).bytes() == gather(account, wanted).bytes()
    assert slow


LISTINGS = {
    "s3:ListBuckets": {("aws.s3.bucket", "")},
    "iam:GetAccountAuthorizationDetails": {("aws.iam.user", ""), ("aws.iam.policy", "")},
    "iam:GetCredentialReport": {("aws.iam.credential", "")},
    "ec2:DescribeVolumes": {("aws.ec2.volume", r) for r in ("us-east-1", "eu-west-1")},
    "ec2:DescribeSnapshots": {("aws.ec2.snapshot", r) for r in ("us-east-1", "eu-west-1")},
    "kms:ListKeys": {("aws.kms.key", r) for r in ("us-east-1", "eu-west-1")},
    "cloudtrail:DescribeTrails": {("aws.cloudtrail.trail", r) for r in ("us-east-1", "eu-west-1")},
    "dynamodb:ListTables": {("aws.dynamodb.table", r) for r in ("us-east-1", "eu-west-1")},
    "sns:ListTopics": {("aws.sns.topic", r) for r in ("us-east-1", "eu-west-1")},
    "lambda:ListFunctions": {("aws.lambda.function", r) for r in ("us-east-1", "eu-west-1")},
}
# These are asked only where something else did not answer, or not at all in this account.
UNASKED = {
    "iam:GenerateCredentialReport",
    "lambda:GetFunctionUrlConfig",
    "lambda:ListFunctionUrlConfigs",
    "securityhub:GetEnabledStandards",
    "sts:GetCallerIdentity",
}


def _uses(type_: str, operation: str) -> bool:
    service, _, name = operation.partition(":")
    return (service, name) in plan({type_: SMALL[type_]}).operations


@pytest.mark.parametrize("denied", sorted({f"{s}:{o}" for s, o in plan(SMALL).operations} - UNASKED))
def test_a_denied_operation_costs_exactly_its_facts(
    denied: str, clean: Gathered, faulty: tuple[Faulty, str]
) -> None:
    proxy, url = faulty
    proxy.decide = lambda asked: Fault(403, "AccessDenied") if asked.operation == denied else None
    wanted = {name: facets for name, facets in SMALL.items() if _uses(name, denied)}
    found = gather(url, wanted)
    assert proxy.seen[denied] >= 1
    lost = found.gaps()
    # An answer to HEAD has no room for a name of the error.
    said = f"{denied} 403" if denied == "s3:HeadBucket" else f"{denied} AccessDenied"
    if denied in LISTINGS:
        assert set(found.incomplete()) >= LISTINGS[denied]
        assert set(found.incomplete().values()) == {said}
    else:
        assert lost, "nothing says that something is missing"
        assert found.incomplete() == {}
    assert set(lost.values()) <= {said}
    # Whatever else was seen is what it always is: nothing became a value by being denied.
    usual = {(r.subject.type, r.subject.id): r for r in clean.records}
    for record in found.records:
        for facet, value in record.data.items():
            if "Latest" not in str(value):
                assert value == usual[record.subject.type, record.subject.id].data[facet], (
                    record.subject,
                    facet,
                )


def test_none_is_not_taken_from_a_denied_call(faulty: tuple[Faulty, str]) -> None:
    """The codes that say "there is none" hold for their own operation only."""
    proxy, url = faulty
    proxy.decide = lambda asked: (
        Fault(404, "NoSuchBucket") if asked.operation == "s3:GetBucketPolicy" else None
    )
    found = gather(url, {"aws.s3.bucket": frozenset({"policy"})})
    assert {gap.reason for r in found.records for gap in r.gaps.values()} == {GapReason.MISSING}
    assert len(found.gaps()) == 2


def test_an_expired_token_ends_the_asking_and_is_named(faulty: tuple[Faulty, str]) -> None:
    proxy, url = faulty
    proxy.decide = lambda asked: Fault(400, "ExpiredToken") if asked.number > 8 else None
    found = gather(url, connections=2)
    reasons = {gap.reason for r in found.records for gap in r.gaps.values()}
    reasons |= {x.gap.reason for x in found.listings if x.gap is not None}
    assert reasons == {GapReason.EXPIRED}
    assert sum(found.calls.values()) < 16, "no use in asking on with a token that has expired"
    assert {x.type for x in found.listings} == set(SMALL)


def test_a_token_that_never_worked_leaves_everything_unavailable(faulty: tuple[Faulty, str]) -> None:
    proxy, url = faulty
    proxy.decide = lambda asked: Fault(403, "InvalidClientTokenId")
    found = gather(url)
    assert not found.records
    assert {x.type for x in found.listings} == set(SMALL)
    assert set(found.incomplete().values()) == {"sts:GetCallerIdentity InvalidClientTokenId"}


def test_a_wrong_clock_is_set_by_the_server(account: str, faulty: tuple[Faulty, str]) -> None:
    proxy, url = faulty
    server_now = datetime.now(UTC) + timedelta(hours=3)

    def decide(asked: Asked) -> Fault | None:
        stamp = datetime.strptime(asked.headers["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
        if abs(stamp - server_now) > timedelta(minutes=5):
            return Fault(403, "RequestTimeTooSkewed", {"Date": format_datetime(server_now, usegmt=True)})
        return None

    proxy.decide = decide
    assert gather(url, FEW).bytes() == gather(account, FEW).bytes()


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        (Fault(400, "ThrottlingException"), GapReason.THROTTLED),
        (Fault(503, ""), GapReason.FAILED),
        (Fault(keep_bytes=9), GapReason.TRUNCATED),
        (Fault(keep_bytes=9, lie_about_length=True), GapReason.TRUNCATED),
        (Fault(400, "ValidationException"), GapReason.FAILED),
        (Fault(400, "UnknownOperationException"), GapReason.UNSUPPORTED),
    ],
    ids=["throttled", "5xx", "broken", "truncated", "error", "unknown"],
)
def test_lasting_faults_are_named(
    fault: Fault, reason: GapReason, faulty: tuple[Faulty, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lpo_secaudit_plugins.aws.api.client.time.sleep", lambda s: None)
    proxy, url = faulty
    hit = re.compile("dynamodb:DescribeContinuousBackups|s3:GetBucketAcl")
    proxy.decide = lambda asked: fault if hit.match(asked.operation) else None
    found = gather(url, FEW)
    gaps = {(r.subject.type, facet): gap for r in found.records for facet, gap in r.gaps.items()}
    assert set(gaps) == {("aws.s3.bucket", "acl"), ("aws.dynamodb.table", "continuous_backups")}
    assert {gap.reason for gap in gaps.values()} == {reason}
    assert all(gap.operation and gap.code and "asked for arn:" in gap.message for gap in gaps.values())


def test_time_runs_out_and_is_named(faulty: tuple[Faulty, str]) -> None:
    proxy, url = faulty
    proxy.decide = lambda asked: Fault(503, "") if asked.operation != "sts:GetCallerIdentity" else None
    found = gather(url, FEW, timeout_s=1.0)
    assert not [r for r in found.records if r.data]
    assert {x.gap.code for x in found.listings if x.gap} <= {"OutOfTime", "503"}


def test_nobody_listening(aws_settings: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lpo_secaudit_plugins.aws.api.client.time.sleep", lambda s: None)
    found = gather("http://127.0.0.1:9", FEW)
    assert {x.type for x in found.listings} == set(FEW)
    assert set(found.incomplete().values()) == {"sts:GetCallerIdentity NotConnected"}


def test_a_repeating_page_token_does_not_loop(faulty: tuple[Faulty, str]) -> None:
    proxy, url = faulty
    page = b'{"TableNames":["a"],"LastEvaluatedTableName":"a"}'
    proxy.decide = lambda asked: Fault(body=page) if asked.operation == "dynamodb:ListTables" else None
    found = gather(url, {"aws.dynamodb.table": frozenset({"TableName"})})
    assert {x.gap.code for x in found.listings if x.gap} == {"RepeatedPageToken"}
    assert {x.count for x in found.listings} == {1}
