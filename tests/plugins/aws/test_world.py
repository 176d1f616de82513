"""The collector on the synthetic provider account that lies beside the checkout, where it does."""

from __future__ import annotations

import csv
import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Iterator
from typing import Any

import pytest

from lpo_secaudit_plugins.aws import plugin
from tests.plugins.aws.gathering import Gathered, gather
from tests.shared import need


@pytest.fixture(scope="module")
def world(
    tmp_path_factory: pytest.TempPathFactory, aws_settings: None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """URL of the seeded server, and its manifest."""
    folder = need("aws_world", "world.py").parent
    out = tmp_path_factory.mktemp("world") / "manifest.json"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    command = [sys.executable, str(folder / "world_server.py"), "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, env=environment)
    try:
        until = time.monotonic() + 60
        while True:
            try:
                urllib.request.urlopen(url + "/__world/state", timeout=5).close()
                break
            except OSError:
                assert time.monotonic() < until and server.poll() is None
                time.sleep(0.2)
        seed = [sys.executable, str(folder / "world.py"), "--endpoint", url, "--seed", "7", "--size", "small"]
        subprocess.run(
            [*seed, "--out", str(out)], check=True, stdout=subprocess.DEVNULL, timeout=120, env=environment
        )
        yield url, json.loads(out.read_text())
    finally:
        server.terminate()
        server.wait(20)


def peers_wanted() -> dict[str, frozenset[str]]:
    """What the checks read that the peer has too."""
    with need("aws_world", "prowler_checks.csv").open(newline="") as file:
        peers = {f"prowler:{row['check_id']}" for row in csv.DictReader(file)}
    wanted: dict[str, set[str]] = {}
    for check in plugin().checks:
        if peers & set(check.aliases):
            for type_, facets in check.reads.items():
                wanted.setdefault(type_, set()).update(facets)
    return {type_: frozenset(facets) for type_, facets in wanted.items()}


@pytest.fixture(scope="module")
def found(world: tuple[str, dict[str, Any]]) -> Gathered:
    return gather(world[0], peers_wanted())


def test_nothing_is_missing(found: Gathered) -> None:
    assert found.incomplete() == {}
    assert found.gaps() == {}


@pytest.mark.parametrize(
    ("service", "kind", "type_"),
    [
        ("s3", "bucket", "aws.s3.bucket"),
        ("kms", "key", "aws.kms.key"),
        ("rds", "db", "aws.rds.instance"),
        ("lambda", "function", "aws.lambda.function"),
        ("ec2", "instance", "aws.ec2.instance"),
        ("ec2", "snapshot", "aws.ec2.snapshot"),
        ("ec2", "security-group", "aws.ec2.security-group"),
        ("iam", "role", "aws.iam.role"),
        ("sns", "topic", "aws.sns.topic"),
        ("cloudtrail", "trail", "aws.cloudtrail.trail"),
        ("logs", "log-group", "aws.logs.group"),
        ("elbv2", "loadbalancer", "aws.elbv2.load-balancer"),
    ],
)
def test_everything_of_the_manifest_is_found(
    found: Gathered, world: tuple[str, dict[str, Any]], service: str, kind: str, type_: str
) -> None:
    expected = {m["arn"] for m in world[1]["items"] if (m["service"], m["type"]) == (service, kind)}
    if type_ not in peers_wanted():
        pytest.skip("no check of the peer's reads it")
    assert expected <= {r.subject.id for r in found.of(type_)}


def test_requests_stay_near_the_least_possible(found: Gathered, world: tuple[str, dict[str, Any]]) -> None:
    script = need("aws_world", "lower_bound.py")
    ran = subprocess.run(
        [sys.executable, str(script), "/dev/stdin"],
        input=json.dumps(world[1]),
        check=True,
        capture_output=True,
        text=True,
    )
    bound = json.loads(ran.stdout)["total"]
    # What the test server costs on top, as AWS would not.
    quirks = found.calls["s3:HeadBucket"] + found.calls["ec2:DescribeSnapshotAttribute"]
    assert sum(found.calls.values()) <= 1.10 * bound + quirks, Counter(found.calls).most_common(12)


def test_two_runs_are_equal(found: Gathered, world: tuple[str, dict[str, Any]]) -> None:
    again = gather(world[0], peers_wanted(), connections=5)
    # The server reckons some instants back from its own present.
    instant = re.compile(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+]00:00)")
    assert instant.sub(b"", again.bytes()) == instant.sub(b"", found.bytes())
