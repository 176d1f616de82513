"""Our signatures are botocore's signatures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from botocore.auth import S3SigV4Auth, SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_secaudit_plugins.aws.api.signing import Keys, encode_query, sign

_NAME = st.text(st.sampled_from("abcXYZ019-_.~ /:+é€"), min_size=1, max_size=12)


@pytest.mark.parametrize("service", ["s3", "ec2", "lambda"])
@settings(max_examples=60, deadline=None)
@given(
    path=st.lists(_NAME, max_size=3),
    query=st.dictionaries(_NAME, _NAME, max_size=4),
    body=st.binary(max_size=40),
    token=st.none() | st.just("session/token=="),
)
def test_equals_botocore(
    service: str, path: list[str], query: dict[str, str], body: bytes, token: str | None
) -> None:
    # botocore takes "." and ".." for steps to resolve; no identifier of AWS is one of them.
    steps = [quote(p, safe="") for p in path if p.strip("./") != ""]
    target = "/" + "/".join(steps)
    encoded = encode_query(list(query.items()))
    headers = {"Content-Type": "application/x-amz-json-1.1", "X-Amz-Target": "T.Op"}
    theirs = _botocore(service, target, encoded, headers, body, token)
    keys = Keys("AKIA", "secret", token)
    then = datetime.strptime(theirs["X-Amz-Date"], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    ours = sign("POST", "host.example:81", target, encoded, headers, body, keys, "r-1", service, then)
    # Both sign the same headers; the signature covers all else.
    assert ours["Authorization"] == theirs["Authorization"]


def _botocore(
    service: str, target: str, query: str, headers: dict[str, str], body: bytes, token: str | None
) -> Any:
    url = f"http://host.example:81{target}" + (f"?{query}" if query else "")
    request = AWSRequest(method="POST", url=url, headers=dict(headers), data=body)
    signer = S3SigV4Auth if service == "s3" else SigV4Auth
    request.context["payload_signing_enabled"] = True
    signer(Credentials("AKIA", "secret", token), service, "r-1").add_auth(request)
    return request.headers


def test_keys_are_not_shown() -> None:
    assert "secret" not in repr(Keys("AKIAEXAMPLE", "secret", "token"))


def test_the_day_is_part_of_the_key() -> None:
    now = datetime(2026, 1, 1, 23, 59, 59, tzinfo=UTC)
    made = [
        sign("GET", "h", "/", "", {}, b"", Keys("A", "s"), "r", "ec2", at)["Authorization"]
        for at in (now, now + timedelta(seconds=1))
    ]
    assert "/20260101/" in made[0] and "/20260102/" in made[1]
