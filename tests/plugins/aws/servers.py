"""A moto server with a small account, and a proxy before it that misbehaves as it is told."""

from __future__ import annotations

import http.client
import json
import re
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

from lpo_secaudit_plugins.aws.api.models import Models

ACCOUNT = "123456789012"
REGIONS = ("us-east-1", "eu-west-1")


@dataclass(frozen=True)
class Asked:
    """A request as the proxy sees it."""

    operation: str  # "s3:GetBucketPolicy"; "?" where it could not be told
    region: str
    number: int  # of this request, from 1
    headers: Any


@dataclass
class Fault:
    """What to do with a request instead of passing it on whole."""

    status: int = 200
    code: str = ""
    headers: dict[str, str] = field(default_factory=dict)
    delay_s: float = 0.0
    keep_bytes: int | None = None  # of the true body; the connection breaks after them
    lie_about_length: bool = False  # say that the shortened body is whole
    body: bytes | None = None
    drop: bool = False


Decide = Callable[[Asked], "Fault | None"]


class Namer:
    """Operation names from requests, by botocore's models."""

    def __init__(self, operations: frozenset[tuple[str, str]]) -> None:
        models = Models(operations)
        self._rest: list[tuple[str, str, str, re.Pattern[str], set[str], int]] = []
        self._signed: dict[tuple[str, str], str] = {}
        for service, name in sorted(operations):
            operation = models.operation(service, name)
            self._signed[operation.signing_name, name] = service
            uri, _, query = operation.model.http.get("requestUri", "/").partition("?")
            pattern = re.sub(r"\\\{[^}]+\+\\\}", ".+", re.escape(uri.rstrip("/")))
            pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", pattern)
            keys = {part.partition("=")[0] for part in query.split("&") if part}
            row = (
                operation.signing_name,
                operation.method,
                f"{service}:{name}",
                re.compile(pattern + "/?"),
                keys,
                len(uri),
            )
            self._rest.append(row)
        self._rest.sort(key=lambda row: (-len(row[4]), -row[5]))

    def name(self, method: str, target: str, headers: Any, body: bytes) -> tuple[str, str]:
        scope = re.search(r"Credential=[^/]+/\d+/([^/]+)/([^/]+)/", headers.get("Authorization", ""))
        region, signed = (scope[1], scope[2]) if scope else ("-", "-")
        action = headers.get("X-Amz-Target", "").rpartition(".")[2]
        if not action and body and b"Action=" in body:
            action = parse_qs(body.decode()).get("Action", [""])[0]
        if action:
            return f"{self._signed.get((signed, action), signed)}:{action}", region
        path, query = urlsplit(target).path, parse_qs(urlsplit(target).query, keep_blank_values=True)
        for service, verb, name, pattern, keys, _ in self._rest:
            if (
                service == signed
                and verb == method
                and keys <= set(query)
                and pattern.fullmatch(path.rstrip("/") or "")
            ):
                return name, region
        return "?", region


class Faulty:
    """A proxy on loopback; `decide` is asked about every request."""

    def __init__(self, upstream: str, namer: Namer) -> None:
        self.upstream = urlsplit(upstream).netloc
        self.namer = namer
        self.decide: Decide = lambda asked: None
        self.seen: Counter[str] = Counter()
        self._lock = threading.Lock()

    def note(self, method: str, target: str, headers: Any, body: bytes) -> Asked:
        name, region = self.namer.name(method, target, headers, body)
        with self._lock:
            self.seen[name] += 1
            return Asked(name, region, sum(self.seen.values()), headers)

    @contextmanager
    def serve(self) -> Iterator[str]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 20

            def log_message(self, *_: Any) -> None:
                pass

            def _any(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                asked = proxy.note(self.command, self.path, self.headers, body)
                fault = proxy.decide(asked)
                if fault is not None and fault.delay_s:
                    threading.Event().wait(fault.delay_s)
                if fault is not None and fault.drop:
                    self.close_connection = True
                    return
                if fault is not None and fault.status != 200:
                    self._error(asked, fault)
                    return
                onward = http.client.HTTPConnection(proxy.upstream, timeout=20)
                headers = {k: v for k, v in self.headers.items() if k.lower() != "connection"}
                onward.request(self.command, self.path, body or None, headers)
                reply = onward.getresponse()
                data = reply.read()
                onward.close()
                if fault is not None and fault.body is not None:
                    data = fault.body
                whole = len(data)
                if fault is not None and fault.keep_bytes is not None:
                    data = data[: fault.keep_bytes]
                    if fault.lie_about_length:
                        whole = len(data)
                    else:
                        self.close_connection = True
                self.send_response(reply.status)
                for key, value in reply.getheaders():
                    if key.lower() not in ("content-length", "connection", "transfer-encoding"):
                        self.send_header(key, value)
                self.send_header("Content-Length", str(whole))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            def _error(self, asked: Asked, fault: Fault) -> None:
                service = asked.operation.partition(":")[0]
                rest_json = ("lambda", "eks", "efs", "apigateway", "guardduty", "securityhub")
                if self.headers.get("X-Amz-Target") or service in rest_json:
                    text = json.dumps({"__type": fault.code, "message": "no"})
                elif service == "ec2":
                    text = f"<Response><Errors><Error><Code>{fault.code}</Code></Error></Errors></Response>"
                elif service in ("s3", "s3control"):
                    text = f"<Error><Code>{fault.code}</Code><Message>no</Message></Error>"
                else:
                    text = f"<ErrorResponse><Error><Code>{fault.code}</Code></Error></ErrorResponse>"
                data = text.encode()
                if not fault.code:
                    data = b"<html>it broke</html>"
                self.send_response_only(fault.status)
                for key, value in fault.headers.items():
                    self.send_header(key, value)
                self.send_header("x-amzn-ErrorType", fault.code)
                self.send_header("Content-Length", str(len(data)))
                self.end_headers()
                if self.command != "HEAD":
                    self.wfile.write(data)

            do_GET = do_POST = do_HEAD = _any  # noqa: N815  # names that http.server looks for

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            server.server_close()
            thread.join(5)


@contextmanager
def moto_server() -> Iterator[str]:
    """A moto server on a free port, empty."""
    from moto.server import ThreadedMotoServer

    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    try:
        yield f"http://{host}:{port}"
    finally:
        server.stop()


def seed(url: str) -> None:
    """One small thing of many kinds."""
    import boto3

    def client(name: str, region: str = REGIONS[0]) -> Any:
        keys = {"aws_access_key_id": "testing", "aws_secret_access_key": "testing"}
        return boto3.client(name, region_name=region, endpoint_url=url, **keys)

    s3, s3_far = client("s3"), client("s3", REGIONS[1])
    s3.create_bucket(Bucket="bare")
    s3_far.create_bucket(Bucket="full", CreateBucketConfiguration={"LocationConstraint": REGIONS[1]})
    s3_far.put_bucket_versioning(Bucket="full", VersioningConfiguration={"Status": "Enabled"})
    deny = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": "arn:aws:s3:::full/*",
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }
    document = {"Version": "2012-10-17", "Statement": deny}
    s3_far.put_bucket_policy(Bucket="full", Policy=json.dumps(document))
    s3_far.put_public_access_block(Bucket="full", PublicAccessBlockConfiguration={"BlockPublicAcls": True})
    iam = client("iam")
    iam.create_user(UserName="amara")
    iam.create_login_profile(UserName="amara", Password="Tr1al!-password-0000")
    open_policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}],
    }
    arn = iam.create_policy(PolicyName="all", PolicyDocument=json.dumps(open_policy))["Policy"]["Arn"]
    iam.attach_user_policy(UserName="amara", PolicyArn=arn)
    iam.put_user_policy(UserName="amara", PolicyName="in", PolicyDocument=json.dumps(open_policy))
    iam.update_account_password_policy(MinimumPasswordLength=14)
    for region in REGIONS:
        kms = client("kms", region)
        key = kms.create_key(Description="data", Tags=[{"TagKey": "Matter", "TagValue": "m"}])["KeyMetadata"][
            "KeyId"
        ]
        kms.enable_key_rotation(KeyId=key)
        ec2 = client("ec2", region)
        volume = ec2.create_volume(AvailabilityZone=region + "a", Size=1, Encrypted=False)["VolumeId"]
        ec2.create_volume(AvailabilityZone=region + "a", Size=1, Encrypted=True)
        shared = ec2.create_snapshot(VolumeId=volume)["SnapshotId"]
        ec2.modify_snapshot_attribute(
            SnapshotId=shared, Attribute="createVolumePermission", OperationType="add", GroupNames=["all"]
        )
        ec2.create_snapshot(VolumeId=volume)
        sns = client("sns", region)
        sns.create_topic(Name="alerts")
        dynamodb = client("dynamodb", region)
        dynamodb.create_table(
            TableName="matters",
            KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
            AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
            BillingMode="PAY_PER_REQUEST",
        )
    trail = client("cloudtrail")
    trail.create_trail(Name="audit", S3BucketName="bare", IsMultiRegionTrail=True)
    trail.start_logging(Name="audit")
    role = iam.create_role(RoleName="fn", AssumeRolePolicyDocument=json.dumps(open_policy))["Role"]["Arn"]
    import io
    import zipfile

    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("index.py", "def handler(event, context): return 1")
    client("lambda").create_function(
        FunctionName="ocr",
        Runtime="python3.12",
        Role=role,
        Handler="index.handler",
        Code={"ZipFile": packed.getvalue()},
        Environment={"Variables": {"DB_PASSWORD": "correct horse battery"}},
    )
