"""The log of answers: every record leads to what was answered, and no secret is in it."""

from __future__ import annotations

import gzip
import json
import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_secaudit_plugins.aws import answers
from lpo_secaudit_plugins.aws.redact import Redactor
from tests.plugins.aws.gathering import EVERYTHING, Gathered, gather


def lines(found: Gathered) -> list[dict[str, Any]]:
    assert {media_type for media_type, _ in found.blobs} == {answers.MEDIA_TYPE}
    return [json.loads(line) for _, blob in found.blobs for line in gzip.decompress(blob).splitlines()]


@pytest.fixture(scope="module")
def found(account: str) -> Gathered:
    return gather(account)


def test_every_record_leads_to_the_answers_it_was_made_of(found: Gathered) -> None:
    kept = {(line["operation"], line["request_id"]) for line in lines(found)}
    asked = {pair for record in found.records for pair in record.provenance["requests"].items()}
    assert asked and asked <= kept


def test_refusals_that_decide_something_are_there(found: Gathered) -> None:
    refused = {(line["operation"], line["error"]) for line in lines(found) if "error" in line}
    assert ("s3:GetPublicAccessBlock", "NoSuchPublicAccessBlockConfiguration") in refused


def test_every_call_is_there_once(found: Gathered) -> None:
    assert len(lines(found)) == sum(found.calls.values())


def test_secrets_are_not(found: Gathered) -> None:
    raw = b"".join(gzip.decompress(blob) for _, blob in found.blobs)
    assert b"DB_PASSWORD" in raw
    assert b"correct horse" not in raw


def test_a_firm_may_do_without(account: str) -> None:
    wanted = {"aws.iam.account": frozenset({"password_policy"})}
    assert not gather(account, wanted, answers="drop").blobs


def test_what_an_assumed_role_got_is_not_kept() -> None:
    from datetime import UTC, datetime

    from lpo_secaudit_plugins.aws.api.client import Answer
    from lpo_secaudit_plugins.aws.api.models import Models

    blobs: list[bytes] = []
    log = answers.AnswerLog(Redactor(None), blobs.append)
    keys = {"AccessKeyId": "ASIAABCDEFGHIJKLMNOP", "SecretAccessKey": "s" * 40, "SessionToken": "t" * 80}
    answer = Answer({"Credentials": keys}, "r-1", datetime.now(UTC), {})
    operation = Models(EVERYTHING).operation("sts", "AssumeRole")
    log.answered(operation, "us-east-1", {"RoleArn": "arn:r", "ExternalId": "matter-77"}, answer)
    log.close()
    (line,) = gzip.decompress(blobs[0]).splitlines()
    for secret in (*keys.values(), "matter-77"):
        assert secret.encode() not in line
    # Once each: AWS's model marks one of the three, the log all of them.
    shown = {name: {"redacted": True, "length": len(key)} for name, key in keys.items()}
    assert json.loads(line)["answer"]["Credentials"] == shown


def test_what_the_models_call_sensitive_is_known() -> None:
    from lpo_secaudit_plugins.aws.api.models import Models

    models = Models(EVERYTHING)
    assert "Functions.Environment.Variables" in models.operation("lambda", "ListFunctions").sensitive
    assert "Accounts.Email" in models.operation("organizations", "ListAccounts").sensitive


def test_a_full_log_goes_on_in_another_blob(monkeypatch: pytest.MonkeyPatch) -> None:
    from lpo_secaudit_plugins.aws.api.models import Models

    monkeypatch.setattr(answers, "MOST_BYTES", 100)
    blobs: list[bytes] = []
    log = answers.AnswerLog(Redactor(None), blobs.append)
    operation = Models(EVERYTHING).operation("sts", "GetCallerIdentity")
    for number in range(5):
        log.refused(
            operation, "us-east-1", {}, f"Code{number}", random.Random(number).randbytes(50_000).hex()
        )
    log.close()
    read = [json.loads(line)["error"] for blob in blobs for line in gzip.decompress(blob).splitlines()]
    assert read == [f"Code{number}" for number in range(5)]
    assert len(blobs) > 1


_BODY = ["MIIEpAIBAAKCAQEAsn" + "b3/x+Tr" * 6, "Qm9yZWFs" * 8, "c2hvcnQ="]
_HEADERS = ["Proc-Type: 4,ENCRYPTED", "DEK-Info: AES-256-CBC,0A1B2C3D4E5F60718293A4B5C6D7E8F9", ""]


def pem(kind: str, body: list[str], end: str) -> str:
    return end.join([f"-----BEGIN {kind}PRIVATE KEY-----", *body, f"-----END {kind}PRIVATE KEY-----"])


KEYS = [
    pem("", _BODY, "\n"),
    pem("RSA ", _BODY, "\r\n"),
    pem("OPENSSH ", _BODY, r"\n"),
    pem("RSA ", _HEADERS + _BODY, "\n"),
    pem("EC ", _HEADERS + _BODY, r"\n"),
    pem("ENCRYPTED ", _BODY, r"\r\n"),
    "ghp_" + "a1B2" * 9,
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9P",
]


@given(st.recursive(st.text(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)))
def test_scrubbing_changes_nothing_else(data: Any) -> None:
    assert json.loads(Redactor(None).scrubbed_json(data)) == data


@pytest.mark.parametrize("beside", [None, KEYS[0]])
def test_numbers_have_one_form_whether_a_key_stands_beside_them_or_not(beside: str | None) -> None:
    data = {"huge": 2**60, "none": float("nan"), "beside": beside}
    shown = json.loads(Redactor(None).scrubbed_json(data))
    assert (shown["huge"], shown["none"]) == (str(2**60), "nan")


def test_what_is_nested_beyond_reason_is_refused() -> None:
    data: Any = []
    for _ in range(50_000):
        data = [data]
    with pytest.raises(ValueError, match="too deeply"):
        Redactor(None).scrubbed_json(data)


@pytest.mark.parametrize("key", KEYS)
def test_a_key_within_a_policy_is_replaced_and_the_rest_stays(key: str) -> None:
    policy = {"Statement": [{"Condition": {"StringEquals": {"aws:Referer": f"x {key} y"}}}]}
    shown = Redactor(b"k" * 32).scrub(policy)["Statement"][0]["Condition"]["StringEquals"]["aws:Referer"]
    assert key not in shown and shown.startswith("x [") and shown.endswith("] y")
    assert json.loads(Redactor(b"k" * 32).scrubbed_json(policy)) == Redactor(b"k" * 32).scrub(policy)


def test_a_key_that_was_cut_off_is_replaced() -> None:
    shown = Redactor(None).scrub("\n".join(["x -----BEGIN RSA PRIVATE KEY-----", *_HEADERS, _BODY[0]]))
    assert re.fullmatch(r"x \[private-key redacted: \d+\]", shown)


def test_a_password_in_an_address_is_replaced() -> None:
    shown = Redactor(None).scrub("postgres://app:hunter22@db.example/x")
    assert shown == "postgres://[url-password redacted: 12]@db.example/x"
