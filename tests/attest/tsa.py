"""A real timestamp authority for tests: openssl behind a small server on loopback."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

CONFIG = """\
[req]
distinguished_name = dn
[dn]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
subjectKeyIdentifier = hash
[tsa]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
authorityKeyIdentifier = keyid
subjectKeyIdentifier = hash
[tsa_config]
serial = {base}/serial
signer_cert = {base}/tsa.pem
signer_key = {base}/tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256, sha384, sha512
ess_cert_id_alg = sha256
ordering = yes
"""


def openssl(*arguments: str | Path, data: bytes | None = None) -> bytes:
    """Run openssl; raises where it fails."""
    return subprocess.run(
        ["openssl", *map(str, arguments)], input=data, capture_output=True, check=True, timeout=30
    ).stdout


@dataclass
class Authority:
    """An authority with its root certificate."""

    base: Path

    @property
    def root(self) -> Path:
        return self.base / "root.pem"

    def reply(self, query: bytes) -> bytes:
        request, answer = self.base / "query.tsq", self.base / "answer.tsr"
        request.write_bytes(query)
        config = self.base / "tsa.conf"
        openssl(
            "ts", "-reply", "-config", config, "-section", "tsa_config", "-queryfile", request, "-out", answer
        )
        return answer.read_bytes()


def make_authority(base: Path) -> Authority:
    """A root and a timestamp certificate, ECDSA P-256."""
    base.mkdir(parents=True, exist_ok=True)
    config = base / "tsa.conf"
    config.write_text(CONFIG.format(base=base))
    (base / "serial").write_text("01\n")
    for name in ("root", "tsa"):
        openssl("ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", base / f"{name}.key")
    common = ("-config", config, "-days", "30", "-sha256")
    openssl(
        "req", "-new", "-x509", "-key", base / "root.key", "-subj", "/CN=Test root", "-extensions", "root",
        *common, "-out", base / "root.pem",
    )  # fmt: skip
    openssl(
        "req",
        "-new",
        "-key",
        base / "tsa.key",
        "-subj",
        "/CN=Test TSA",
        "-config",
        config,
        "-out",
        base / "tsa.csr",
    )
    openssl(
        "x509", "-req", "-in", base / "tsa.csr", "-CA", base / "root.pem", "-CAkey", base / "root.key",
        "-CAcreateserial", "-days", "30", "-sha256", "-extfile", config, "-extensions", "tsa",
        "-out", base / "tsa.pem",
    )  # fmt: skip
    return Authority(base)


@contextmanager
def serving(authority: Authority) -> Iterator[str]:
    """The authority's address, for as long as the block lasts."""

    class Handler(BaseHTTPRequestHandler):
        timeout = 10

        def do_POST(self) -> None:  # the base class's name
            query = self.rfile.read(int(self.headers["Content-Length"]))
            answer = authority.reply(query)
            self.send_response(200)
            self.send_header("Content-Type", "application/timestamp-reply")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, format: str, *args: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join(5)
