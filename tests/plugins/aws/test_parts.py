"""The collector's parts by themselves: plan, scheduler, memory, values, redaction, conditions."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_secaudit.formats.canonical import canonical_json
from lpo_secaudit_plugins.aws.api.client import Answer
from lpo_secaudit_plugins.aws.asking import Asker
from lpo_secaudit_plugins.aws.conditions import CONDITIONS
from lpo_secaudit_plugins.aws.memo import Memo
from lpo_secaudit_plugins.aws.plan import plan
from lpo_secaudit_plugins.aws.redact import Redactor, secrets_in
from lpo_secaudit_plugins.aws.schedule import Scheduler
from lpo_secaudit_plugins.aws.table import TYPES
from lpo_secaudit_plugins.aws.values import MissingMemberError, as_json, fill, find, parse_document


def test_the_plan_follows_needs() -> None:
    planned = plan({"aws.kms.key": frozenset({"rotation"})})
    assert planned.operations == {
        ("sts", "GetCallerIdentity"),
        ("kms", "ListKeys"),
        ("kms", "DescribeKey"),
        ("kms", "GetKeyRotationStatus"),
    }
    assert planned.needs["aws.kms.key"].kept == {"rotation"}
    assert not plan({"aws.kms.key": frozenset({"KeyArn"})}).needs["aws.kms.key"].detail
    assert plan({"contract.clause": frozenset()}).needs == {}


def test_operations_of_several_rows_are_shared() -> None:
    planned = plan(
        {"aws.guardduty.region": frozenset({"detectors"}), "aws.guardduty.detector": frozenset({"Status"})}
    )
    assert {("guardduty", "ListDetectors"), ("guardduty", "GetDetector")} <= planned.shared


def test_jobs_may_add_jobs_and_each_runs_once() -> None:
    scheduler, done, lock = Scheduler(8), [], threading.Lock()

    def job(depth: int) -> None:
        with lock:
            done.append(depth)
        if depth:
            for _ in range(3):
                scheduler.add("abc"[depth % 3], lambda: job(depth - 1))

    scheduler.add("a", lambda: job(5))
    scheduler.run()
    assert len(done) == sum(3**n for n in range(6))


def test_a_service_never_exceeds_its_limit_and_throttling_lowers_it() -> None:
    scheduler, lock = Scheduler(40), threading.Lock()
    now, peak = 0, 0

    def job() -> None:
        nonlocal now, peak
        with lock:
            now += 1
            peak = max(peak, now)
        time.sleep(0.001)
        with lock:
            now -= 1

    for _ in range(60):
        scheduler.add("iam", job)
    scheduler.run()
    assert 1 < peak <= 4
    for _ in range(4):
        scheduler.throttled("iam", True)
    peak = 0
    for _ in range(20):
        scheduler.add("iam", job)
    scheduler.run()
    assert peak == 1


def test_what_a_job_lets_escape_comes_out() -> None:
    scheduler = Scheduler(3)

    def fail() -> None:
        raise LookupError("here")

    scheduler.add("a", fail)
    with pytest.raises(LookupError):
        scheduler.run()
    scheduler.run()


def test_memory_asks_once_and_keeps_errors() -> None:
    memo, asked, got = Memo(), [], []
    gate = threading.Event()

    def ask() -> int:
        gate.wait(5)
        asked.append(1)
        return 7

    threads = [threading.Thread(target=lambda: got.append(memo.get("k", ask))) for _ in range(6)]
    for thread in threads:
        thread.start()
    gate.set()
    for thread in threads:
        thread.join(5)
    assert got == [7] * 6 and asked == [1]
    for _ in range(2):
        with pytest.raises(KeyError):
            memo.get("e", lambda: {}["x"])


def test_templates_and_ways() -> None:
    assert fill("{QueueUrl/-1}:{Name}", {"QueueUrl": "https://x/1/q", "Name": "n"}) == "q:n"
    with pytest.raises(MissingMemberError):
        fill("{Name}", {"Name": None})
    data = {"a": {"b": [{"c": [1, 2]}, {"c": [3]}, {}]}}
    assert find(data, "a.b[].c[]") == [1, 2, 3]
    assert find(data, "a.x.y") is None


@given(
    st.recursive(st.none() | st.integers() | st.floats() | st.binary() | st.text(), st.lists, max_leaves=8)
)
def test_whatever_comes_can_be_written(value: Any) -> None:
    try:
        raw = json.dumps(value, default=str).encode("utf-8")
        raw.decode("utf-8")
        text_ok = "\\ud" not in json.dumps(value, default=str)
    except UnicodeEncodeError:
        text_ok = False
    if text_ok:
        canonical_json(as_json(value))


def test_documents() -> None:
    assert parse_document("%7B%22a%22%3A1%7D") == {"a": 1}
    assert parse_document("") is None and parse_document(None) is None
    for bad in ("{", "[" * 5000, "not json"):
        with pytest.raises(ValueError, match=r".+"):
            parse_document(bad)


def test_redaction() -> None:
    data = {"Environment": {"Variables": {"A": "s3cret", "B": None}}, "Name": "fn", "L": [{"K": "v"}]}
    plain = Redactor(None).at(data, "Environment.Variables")
    assert plain["Name"] == "fn" and "s3cret" not in json.dumps(plain)
    assert plain["Environment"]["Variables"]["A"] == {"redacted": True, "length": 6}
    assert Redactor(None).at(data, "L.K")["L"] == [{"K": {"redacted": True, "length": 1}}]
    one, two = Redactor(b"k" * 16), Redactor(b"l" * 16)
    assert one.value("x") == one.value("x") != two.value("x")
    assert data["L"] == [{"K": "v"}], "the input is left alone"


@pytest.mark.parametrize(
    ("line", "kind"),
    [
        ("export AWS_KEY=AKIAIOSFODNN7EXAMPLE", "aws-access-key"),
        ("-----BEGIN RSA PRIVATE KEY-----", "private-key"),
        ("db_password: hunter2hunter2", "password"),
        ("curl https://user:pa55word@host/", "url-password"),
        ("token ghp_" + "a" * 36, "token"),
    ],
)
def test_secrets_are_found_and_not_shown(line: str, kind: str) -> None:
    found = secrets_in(f"#!/bin/sh\n{line}\n")
    assert {"line": 2, "kind": kind} in found
    assert line.split()[-1] not in json.dumps(found)


@pytest.mark.parametrize(
    "line", ["password: ${PASSWORD}", "echo token", "PASSWORD=$(get)", "see passwords.md"]
)
def test_references_are_not_secrets(line: str) -> None:
    assert secrets_in(line) == []


KEY = {"KeyManager": "CUSTOMER", "KeyState": "Enabled", "KeySpec": "SYMMETRIC_DEFAULT", "Origin": "AWS_KMS"}


@pytest.mark.parametrize(
    ("change", "can"),
    [
        ({}, True),
        ({"KeyManager": "AWS"}, False),
        ({"KeyState": "Disabled"}, False),
        ({"KeySpec": "RSA_2048"}, False),
        ({"Origin": "EXTERNAL"}, False),
    ],
)
def test_which_keys_rotate(change: dict[str, str], can: bool) -> None:
    assert CONDITIONS["key_can_rotate"](KEY | change) is can


def test_which_snapshots_can_be_public() -> None:
    may = CONDITIONS["snapshot_can_be_public"]
    assert may({"Encrypted": False, "SnapshotType": "manual"})
    # Not knowing whether it is encrypted is no reason not to ask.
    assert may({"Encrypted": None, "SnapshotType": "manual"})
    assert not may({"StorageEncrypted": True, "SnapshotType": "manual"})
    assert not may({"Encrypted": False, "SnapshotType": "automated"})


class Pages:
    """A client whose one listing is these pages."""

    def __init__(self, *pages: dict[str, Any]) -> None:
        self._pages = pages
        self.asked = 0

    def pages(self, *call: Any) -> Iterator[Answer]:
        self.asked += 1
        for page in self._pages:
            yield Answer(page, "r", datetime.now(UTC), {})


def test_a_bulk_answer_is_shared_out() -> None:
    row = TYPES["aws.kms.key"].facets
    aliases = Pages(
        {"Aliases": [{"AliasName": "alias/z", "TargetKeyId": "k1"}, {"AliasName": "alias/aws/s3"}]},
        {"Aliases": [{"AliasName": "alias/a", "TargetKeyId": "k1"}]},
    )
    tags = Pages({"ResourceTagMappingList": [{"ResourceARN": "arn:k1", "Tags": [{"Key": "a"}]}]})
    for facet, client, expected in (
        (row["aliases"], aliases, (["alias/a", "alias/z"], [])),
        (row["tags"], tags, ([{"Key": "a"}], [])),
    ):
        asker = Asker("111122223333", "aws", "eu-west-1", client, frozenset(), Redactor(None))  # type: ignore[arg-type]
        for key, wanted in zip(("k1", "k2"), expected, strict=True):
            item = asker.blank("eu-west-1")
            item.members = {"KeyId": key, "KeyArn": f"arn:{key}"}
            assert asker.facet(facet, item, {}, {}) == wanted
        assert client.asked == 1


@pytest.mark.parametrize(
    ("type_", "path"),
    [
        ("aws.apigateway.stage", "variables.token"),
        ("aws.apigateway.stage", "canarySettings.stageVariableOverrides.token"),
        ("aws.emr.cluster", "KerberosAttributes.KdcAdminPassword"),
        ("aws.emr.cluster", "KerberosAttributes.CrossRealmTrustPrincipalPassword"),
        ("aws.emr.cluster", "KerberosAttributes.ADDomainJoinPassword"),
        ("aws.rds.instance", "PendingModifiedValues.MasterUserPassword"),
        ("aws.rds.cluster", "PendingModifiedValues.MasterUserPassword"),
        ("aws.redshift.cluster", "PendingModifiedValues.MasterUserPassword"),
    ],
)
def test_a_record_shows_that_there_is_a_secret_and_not_which(type_: str, path: str) -> None:
    first, *rest = path.split(".")
    value: Any = "hunter22"
    for step in reversed(rest):
        value = {step: value}
    need = plan({type_: frozenset({first})}).needs[type_]
    asker = Asker("111122223333", "aws", "eu-west-1", None, frozenset(), Redactor(None))  # type: ignore[arg-type]
    item, data, gaps = asker.blank("eu-west-1"), dict[str, Any](), dict[str, Any]()
    item.members = {first: value}
    asker.member(need, item, first, item.members, data, gaps)
    assert not gaps
    assert find(data, path) == {"redacted": True, "length": 8}


def test_user_data_is_never_kept() -> None:
    text = base64.b64encode(b"#!/bin/sh\nPASSWORD=hunter2hunter2\n").decode()
    from lpo_secaudit_plugins.aws.custom import user_data
    from lpo_secaudit_plugins.aws.table import TYPES

    class Answer:
        data = {"UserData": {"Value": text}}  # noqa: RUF012

    class Asks:
        redactor = Redactor(None)

        def call(self, *_: Any) -> Answer:
            return Answer()

    facet = TYPES["aws.ec2.instance"].facets["user_data"]
    shown = user_data(Asks(), facet, None, {})  # type: ignore[arg-type]
    assert shown["secrets"] == [{"line": 2, "kind": "password"}]
    assert "hunter2" not in json.dumps(shown)
