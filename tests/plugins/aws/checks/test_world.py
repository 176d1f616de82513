"""The checks on the synthetic provider account: its traps, its ground truth, and the peer's verdicts.

The server and the seeding programs lie beside the project; without them the tests are skipped.
"""

from __future__ import annotations

import csv
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from lpo_secaudit.check.run import run_checks
from lpo_secaudit.collect.bundle import Bundle, BundleWriter, SourceNote
from lpo_secaudit.model.check import Observation
from lpo_secaudit.plugins import CollectRequest
from lpo_secaudit_plugins.aws.collector import AwsCollector
from tests.shared import need

from .harness import CHECKS
from .test_docs import differing

WORDS = {"satisfied": "PASS", "not-satisfied": "FAIL", "unavailable": "MANUAL"}
PEERS = {id_: check for id_, check in CHECKS.items() if any(a.startswith("prowler:") for a in check.aliases)}
SUBJECT_MOVED = {
    # The peer names these by something other than the record that holds the setting.
    "aws-iam-root-hardware-mfa-enabled",
    "aws-iam-support-role-created",
    "aws-securityhub-enabled",
    "aws-guardduty-is-enabled",
    "aws-config-recorder-all-regions-enabled",
    "aws-kms-key-enclave-attestation-unknown-image",
    "aws-kms-key-enclave-debug-attestation-detected",
}


@dataclass(frozen=True)
class World:
    items: list[dict[str, Any]]
    observations: tuple[Observation, ...]

    def said(self) -> Mapping[tuple[str, str], set[str]]:
        """(check id, resource) to the peer's words for our outcomes."""
        found: dict[tuple[str, str], set[str]] = defaultdict(set)
        for o in self.observations:
            found[o.check, o.subject.id].add(WORDS.get(str(o.outcome), str(o.outcome)))
        return found


def _collect(endpoint: str, folder: Path) -> Bundle:
    wanted: dict[str, set[str]] = {}
    for check in PEERS.values():
        for type_, facets in check.reads.items():
            wanted.setdefault(type_, set()).update(facets)
    now = datetime.now(UTC)
    with BundleWriter(folder / "bundle") as writer:
        options = {"regions": ["us-east-1", "eu-west-1"], "endpoint_url": endpoint}
        request = CollectRequest(
            "aws", options, {t: frozenset(f) for t, f in wanted.items()}, folder, now, 120
        )

        class Sink:
            record, blob, listing = writer.record, writer.blob, writer.listing

            def progress(self, done: int, total: int | None, what: str) -> None:
                pass

        AwsCollector().collect(request, Sink())
        writer.close((SourceNote("aws", "aws", "1", {}),), now, datetime.now(UTC))
    return Bundle(folder / "bundle")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    place = need("aws_world")
    folder = tmp_path_factory.mktemp("world")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    endpoint = f"http://127.0.0.1:{port}"
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
    server = subprocess.Popen(
        [sys.executable, str(place / "world_server.py"), "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env=environment,
    )
    try:
        for _ in range(120):
            try:
                urllib.request.urlopen(f"{endpoint}/__world/state", timeout=2).close()
                break
            except OSError:
                time.sleep(0.5)
        seeding = [
            sys.executable,
            str(place / "world.py"),
            "--endpoint",
            endpoint,
            "--seed",
            "7",
            "--size",
            "small",
        ]
        manifest = folder / "manifest.json"
        subprocess.run(
            [*seeding, "--traps", "hard", "--out", str(manifest)],
            check=True,
            capture_output=True,
            timeout=180,
            env=environment,
        )
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ACCESS_KEY_ID", "testing")
            patch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
            bundle = _collect(endpoint, folder)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(10)
    observations = run_checks(
        PEERS.values(), bundle, evaluated_at=bundle.ended_at, default_max_age=timedelta(days=1)
    )
    yield World(json.loads(manifest.read_text())["items"], observations)


def test_every_trap_is_seen_through(world: World) -> None:
    said = world.said()
    wrong = [
        (item["id"], item["trap"]["exact"], said.get((_id(item["trap"]["check"]), item["arn"])))
        for item in world.items
        if "trap" in item and said.get((_id(item["trap"]["check"]), item["arn"])) != {item["trap"]["exact"]}
    ]
    assert not wrong


def test_no_check_is_silenced(world: World) -> None:
    assert {o.check for o in world.observations} == set(PEERS)
    assert not [o for o in world.observations if str(o.outcome) == "error"]


def _id(peer: str) -> str:
    return "aws-" + peer.replace("_", "-")


TRUTH = [
    # (service, type, check, truth -> should it be satisfied)
    ("s3", "bucket", "aws-s3-bucket-default-encryption", lambda t: t["encryption"] != "none"),
    ("s3", "bucket", "aws-s3-bucket-object-versioning", lambda t: t["versioning"] == "Enabled"),
    ("s3", "bucket", "aws-s3-bucket-server-access-logging-enabled", lambda t: t["logging"]),
    ("ec2", "volume", "aws-ec2-ebs-volume-encryption", lambda t: t["encrypted"]),
    ("ec2", "snapshot", "aws-ec2-ebs-public-snapshot", lambda t: t["shared"] != "public"),
    ("ec2", "vpc", "aws-vpc-flow-logs-enabled", lambda t: t["flow_logs"]),
    ("rds", "db", "aws-rds-instance-storage-encrypted", lambda t: t["encrypted"]),
    ("rds", "db", "aws-rds-instance-backup-enabled", lambda t: t["backup_days"] > 0),
    ("rds", "db", "aws-rds-instance-multi-az", lambda t: t["multi_az"]),
    ("rds", "db", "aws-rds-instance-integration-cloudwatch-logs", lambda t: bool(t["log_exports"])),
    (
        "rds",
        "db",
        "aws-rds-instance-no-public-access",
        lambda t: not (t["public"] and t["subnets"] == "public" and t["ingress"] == "postgres_world"),
    ),
    ("logs", "log-group", "aws-cloudwatch-log-group-kms-encryption-enabled", lambda t: t["encrypted"]),
    (
        "logs",
        "log-group",
        "aws-cloudwatch-log-group-retention-policy-specific-days-enabled",
        lambda t: (t["retention_days"] or 9999) >= 365,
    ),
    ("dynamodb", "table", "aws-dynamodb-tables-pitr-enabled", lambda t: t["pitr"]),
    ("efs", "file-system", "aws-efs-encryption-at-rest-enabled", lambda t: t["encrypted"]),
    ("efs", "file-system", "aws-efs-have-backup-enabled", lambda t: t["backup"]),
    ("elbv2", "loadbalancer", "aws-elbv2-logging-enabled", lambda t: t["logs"]),
    ("elbv2", "loadbalancer", "aws-elbv2-deletion-protection", lambda t: t["deletion_protection"]),
    ("elb", "loadbalancer", "aws-elb-ssl-listeners", lambda t: t["listener"] in ("HTTPS", "SSL")),
    ("elb", "loadbalancer", "aws-elb-logging-enabled", lambda t: t["logs"]),
    (
        "lambda",
        "function",
        "aws-awslambda-function-not-publicly-accessible",
        lambda t: t["policy"] != "public",
    ),
    ("secretsmanager", "secret", "aws-secretsmanager-automatic-rotation-enabled", lambda t: t["rotation"]),
    ("sns", "topic", "aws-sns-topics-kms-encryption-at-rest-enabled", lambda t: t["encrypted"]),
    ("apigateway", "stage", "aws-apigateway-restapi-logging-enabled", lambda t: t["logging"]),
    (
        "cloudfront",
        "distribution",
        "aws-cloudfront-distributions-https-enabled",
        lambda t: t["viewer"] != "allow-all",
    ),
    (
        "eks",
        "cluster",
        "aws-eks-cluster-kms-cmk-encryption-in-secrets-enabled",
        lambda t: t["secrets_encrypted"],
    ),
    (
        "sagemaker",
        "notebook-instance",
        "aws-sagemaker-notebook-instance-encryption-enabled",
        lambda t: t["encrypted"],
    ),
    ("redshift", "cluster", "aws-redshift-cluster-audit-logging", lambda t: t["logging"]),
    (
        "opensearch",
        "domain",
        "aws-opensearch-service-domains-encryption-at-rest-enabled",
        lambda t: t["at_rest"],
    ),
    ("dax", "cluster", "aws-dynamodb-accelerator-cluster-encryption-enabled", lambda t: t["encrypted"]),
]


@pytest.mark.parametrize(("service", "type_", "check", "good"), TRUTH, ids=[row[2] for row in TRUTH])
def test_verdicts_are_the_ground_truth(world: World, service: str, type_: str, check: str, good: Any) -> None:
    said = world.said()
    items = [i for i in world.items if (i["service"], i["type"]) == (service, type_) and "trap" not in i]
    assert items
    for item in items:
        expected = {"PASS" if good(item["truth"]) else "FAIL"}
        assert said[check, item["arn"]] == expected, item


def test_the_peer_is_contradicted_only_where_the_page_says_so(world: World) -> None:
    said = world.said()
    by_check: dict[str, set[str]] = defaultdict(set)
    for (check, _), words in said.items():
        by_check[check] |= words
    explained = differing()
    contradicted, agreed = set(), 0
    verdicts: dict[tuple[str, str], set[str]] = defaultdict(set)
    with need("aws_world", "prowler_verdicts_small_seed7.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            verdicts[_id(row["check_id"]), row["resource_uid"]].add(row["status"])
    for (check, resource), peer in verdicts.items():
        ours = said.get((check, resource))
        if ours is None:  # another name for the one thing that there is to judge
            ours = by_check[check] & {"PASS", "FAIL", "MANUAL"}
        if peer <= ours:
            agreed += 1
        elif check not in explained and check not in SUBJECT_MOVED:
            contradicted.add((check, resource, *peer, *ours))
    assert not contradicted
    assert agreed > 250
