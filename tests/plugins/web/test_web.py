"""Web endpoints, against real servers on loopback: old and new TLS, bad certificates, hostile answers."""

from __future__ import annotations

import contextlib
import ipaddress
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from hypothesis import given
from hypothesis import strategies as st

from lpo_secaudit.check.run import run_checks
from lpo_secaudit.model.evidence import Evidence, GapReason, Listing, ListingStatus
from lpo_secaudit.plugins import CollectRequest
from lpo_secaudit_plugins.web import plugin
from lpo_secaudit_plugins.web.addresses import RefusedError, parse_endpoint, resolve
from lpo_secaudit_plugins.web.collector import FACETS, WebCollector
from lpo_secaudit_plugins.web.hello import VERSIONS, client_hello, parse_answer
from tests.worlds import MemoryEvidence

NOW = datetime.now(UTC)
GOOD_HEADERS = (
    "Strict-Transport-Security: max-age=31536000; includeSubDomains\r\n"
    "Content-Security-Policy: default-src 'self'; frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
)


class Certificates:
    """An authority and host certificates made for one test run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Test Authority")])
        authority = self._build(self._name, self._key.public_key(), self._name, self._key, ca=True)
        self.ca_file = folder / "ca.pem"
        self.ca_file.write_bytes(authority.public_bytes(serialization.Encoding.PEM))

    def _build(self, name: Any, public: Any, issuer: Any, signer: Any, **more: Any) -> x509.Certificate:
        begin, end = more.get("dates", (NOW - timedelta(days=30), NOW + timedelta(days=200)))
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(issuer)
            .public_key(public)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(end)
            .add_extension(x509.BasicConstraints(ca=more.get("ca", False), path_length=None), critical=True)
        )
        if "hosts" in more:
            names = [x509.DNSName(h) for h in more["hosts"]] + [
                x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
            ]
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        return builder.sign(signer, hashes.SHA256())

    def host(self, label: str, **more: Any) -> Path:
        """A PEM file with key and certificate."""
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
        issuer, signer = (name, key) if more.pop("self_signed", False) else (self._name, self._key)
        made = self._build(name, key.public_key(), issuer, signer, **({"hosts": ["localhost"]} | more))
        path = self.folder / f"{label}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
            + made.public_bytes(serialization.Encoding.PEM)
        )
        return path


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return Certificates(tmp_path_factory.mktemp("certificates"))


@contextlib.contextmanager
def serve(answer: Callable[[socket.socket], None], pem: Path | None = None) -> Iterator[int]:
    """A server on loopback that hands every connection to `answer`; its port."""
    listener = socket.create_server(("127.0.0.1", 0))
    context = None
    if pem is not None:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pem)
    stop = threading.Event()

    def one(raw: socket.socket) -> None:
        with contextlib.suppress(OSError), raw:
            raw.settimeout(5)
            if context is None:
                answer(raw)
            else:
                with context.wrap_socket(raw, server_side=True) as secured:
                    answer(secured)

    def loop() -> None:
        while not stop.is_set():
            with contextlib.suppress(OSError):
                raw, _ = listener.accept()
                threading.Thread(target=one, args=(raw,), daemon=True).start()

    thread = threading.Thread(target=loop, daemon=True)
    thread.start()
    try:
        yield listener.getsockname()[1]
    finally:
        stop.set()
        with contextlib.suppress(OSError), socket.create_connection(listener.getsockname(), 1):
            pass
        listener.close()
        thread.join(5)


def page(
    headers: str = GOOD_HEADERS, status: str = "200 OK", body: str = ""
) -> Callable[[socket.socket], None]:
    def answer(connection: socket.socket) -> None:
        request = connection.recv(4096).decode()
        shown = body if "security.txt" in request else "hello"
        length = f"Content-Length: {len(shown)}\r\nConnection: close\r\n\r\n"
        connection.sendall(f"HTTP/1.1 {status}\r\n{headers}{length}{shown}".encode())

    return answer


class Heard:
    """A sink that keeps what it is given."""

    def __init__(self) -> None:
        self.records: list[Evidence] = []
        self.listings: list[Listing] = []

    def record(self, evidence: Evidence) -> None:
        self.records.append(evidence)

    def blob(self, data: bytes, media_type: str) -> str:
        raise AssertionError("no raw bytes are kept")

    def listing(self, listing: Listing) -> None:
        self.listings.append(listing)

    def progress(self, done: int, total: int | None, what: str) -> None:
        pass


def look(host: str, base: Path, **options: Any) -> Heard:
    wanted = {type_: frozenset(facets) for type_, facets in FACETS.items()}
    options = {"hosts": [host], "allow_private": True, "timeout_s": 2.0, "plain_port": 1} | options
    heard = Heard()
    WebCollector().collect(CollectRequest("site", options, wanted, base, NOW), heard)
    return heard


def outcomes(heard: Heard) -> dict[str, str]:
    evidence = MemoryEvidence(heard.records, heard.listings)
    found = run_checks(plugin().checks, evidence, evaluated_at=NOW, default_max_age=timedelta(days=9))
    return {o.check: str(o.outcome) for o in found}


def test_a_good_host_satisfies_every_check(certificates: Certificates, tmp_path: Path) -> None:
    later = (NOW + timedelta(days=90)).strftime("%Y-%m-%dT%H:%M:%SZ")
    cookie = "Set-Cookie: sid=secret; Secure; HttpOnly; SameSite=Lax\r\n"
    body = f"Contact: mailto:security@example.com\nExpires: {later}\n"
    with serve(page(GOOD_HEADERS + cookie, body=body), certificates.host("good")) as port:
        heard = look(f"localhost:{port}", tmp_path, ca_file=str(certificates.ca_file))
    assert outcomes(heard) == dict.fromkeys((c.id for c in plugin().checks), "satisfied")
    assert "secret" not in repr(heard.records)


def test_a_careless_host_fails_the_headers(certificates: Certificates, tmp_path: Path) -> None:
    cookie = "Set-Cookie: sid=1\r\nStrict-Transport-Security: max-age=60\r\n"
    with serve(page(cookie, body="no fields"), certificates.host("careless")) as port:
        found = outcomes(look(f"localhost:{port}", tmp_path, ca_file=str(certificates.ca_file)))
    assert {c for c, outcome in found.items() if outcome == "not-satisfied"} == {
        "web-cookies",
        "web-hsts",
        "web-security-headers",
        "web-security-txt",
    }


@pytest.mark.parametrize(
    ("label", "more", "reason"),
    [
        ("expired", {"dates": (NOW - timedelta(days=90), NOW - timedelta(days=2))}, "expired"),
        ("self-signed", {"self_signed": True}, "self-signed"),
        ("wrong-host", {"hosts": ["elsewhere.example"]}, "mismatch"),
    ],
)
def test_bad_certificates_are_named(
    certificates: Certificates, tmp_path: Path, label: str, more: dict[str, Any], reason: str
) -> None:
    with serve(page(), certificates.host(label, **more)) as port:
        heard = look(f"localhost:{port}", tmp_path, ca_file=str(certificates.ca_file))
    trust = next(r for r in heard.records if r.subject.type == "web.tls").data["trust"]
    assert trust["trusted"] is False
    assert reason in trust["reason"].lower()
    assert outcomes(heard)["web-certificate-trusted"] == "not-satisfied"
    assert outcomes(heard)["web-certificate-expiry"] == (
        "not-satisfied" if label == "expired" else "satisfied"
    )


@pytest.mark.parametrize(
    ("flag", "version"), [("-tls1", "TLSv1.0"), ("-tls1_2", "TLSv1.2"), ("-tls1_3", "TLSv1.3")]
)
def test_versions_are_those_that_the_server_speaks(
    certificates: Certificates, tmp_path: Path, flag: str, version: str
) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("openssl is not installed")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [
        "openssl",
        "s_server",
        "-accept",
        f"127.0.0.1:{port}",
        "-cert",
        str(certificates.host("versions")),
    ]
    server = subprocess.Popen(
        [*command, flag, "-cipher", "ALL:@SECLEVEL=0", "-www", "-quiet"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        for _ in range(100):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        heard = look(f"localhost:{port}", tmp_path, ca_file=str(certificates.ca_file))
    finally:
        server.kill()
        server.wait(5)
    data = next(r for r in heard.records if r.subject.type == "web.tls").data
    assert data["versions"] == [version]
    assert data["ciphers"]
    assert data["certificate"]["names"] == ["localhost"]
    assert data["canonical_name"] == "localhost"
    modern = version in ("TLSv1.2", "TLSv1.3")
    assert outcomes(heard)["web-tls-versions"] == ("satisfied" if modern else "not-satisfied")


def test_nobody_there_is_unavailable_never_a_verdict(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    found = outcomes(look(f"localhost:{port}", tmp_path))
    assert found.pop("web-https-redirect") == "satisfied"  # a closed plain port is a fact
    assert set(found.values()) == {"unavailable"}


def test_private_addresses_are_refused_unless_allowed(tmp_path: Path) -> None:
    heard = look("localhost:443", tmp_path, allow_private=False)
    assert heard.records == []
    assert {x.status for x in heard.listings} == {ListingStatus.UNAVAILABLE}
    assert {x.gap.reason for x in heard.listings if x.gap} == {GapReason.REFUSED}


@pytest.mark.parametrize(
    "address",
    [
        "10.0.0.1",
        "169.254.169.254",
        "127.0.0.1",
        "::1",
        "::ffff:169.254.169.254",
        "64:ff9b::a9fe:a9fe",
        "fd00::1",
        "0.0.0.0",
    ],
)
def test_addresses_inside_are_known(address: str) -> None:
    with pytest.raises(RefusedError):
        resolve(address, 443, allow_private=False)


def test_a_redirect_is_noted_and_not_followed(certificates: Certificates, tmp_path: Path) -> None:
    asked = threading.Event()

    def other(connection: socket.socket) -> None:
        if connection.recv(4096):
            asked.set()

    with serve(other) as elsewhere:
        location = f"Location: http://127.0.0.1:{elsewhere}/\r\n"
        with (
            serve(page(location, "302 Found"), certificates.host("redirect")) as port,
            serve(page(location, "302 Found")) as plain,
        ):
            heard = look(f"localhost:{port}", tmp_path, plain_port=plain)
    assert not asked.is_set()
    data = next(r for r in heard.records if r.subject.type == "web.http").data
    assert data["status"] == 302
    assert data["plain"] == {"listens": True, "status": 302, "to_https": False, "to_host": "127.0.0.1"}
    assert outcomes(heard)["web-https-redirect"] == "not-satisfied"


def drip(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\n")
    for number in range(100):
        connection.sendall(b"X" if number % 20 else b"X-A: b\r\n")
        time.sleep(0.2)


def flood(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
    while True:
        connection.sendall(b"x" * 65536)


def many_headers(connection: socket.socket) -> None:
    connection.recv(4096)
    connection.sendall(b"HTTP/1.1 200 OK\r\n" + b"X-H: y\r\n" * 10_000 + b"\r\n")


@pytest.mark.parametrize("answer", [drip, flood, many_headers])
def test_slow_and_endless_answers_are_bounded(
    certificates: Certificates, tmp_path: Path, answer: Callable[[socket.socket], None]
) -> None:
    started = time.monotonic()
    with serve(answer, certificates.host(answer.__name__)) as port:
        heard = look(f"localhost:{port}", tmp_path, timeout_s=0.5)
    assert time.monotonic() - started < 10
    gaps = next(r for r in heard.records if r.subject.type == "web.http").gaps
    if answer is not flood:
        assert "headers" in gaps


@given(st.binary(max_size=200))
def test_any_answer_is_parsed_or_refused(raw: bytes) -> None:
    with contextlib.suppress(ValueError):
        parse_answer(raw)


@pytest.mark.parametrize("version", VERSIONS.values())
def test_a_hello_is_one_well_formed_record(version: int) -> None:
    raw = client_hello("host.example", version, (0x002F,), random=bytes(32))
    assert raw[0] == 0x16
    assert int.from_bytes(raw[3:5], "big") == len(raw) - 5
    assert int.from_bytes(raw[6:9], "big") == len(raw) - 9


@pytest.mark.parametrize(
    ("text", "expected"), [("a.example", ("a.example", 443)), ("a.example:8443", ("a.example", 8443))]
)
def test_endpoints_are_read(text: str, expected: tuple[str, int]) -> None:
    assert parse_endpoint(text) == expected
