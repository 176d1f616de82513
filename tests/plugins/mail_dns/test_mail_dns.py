"""Mail and DNS policy, against a real name server on loopback with signed, unsigned and broken zones."""

from __future__ import annotations

import base64
import contextlib
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from lpo_secaudit.check.run import run_checks
from lpo_secaudit.model.evidence import Evidence, GapReason
from lpo_secaudit.plugins import CollectRequest
from lpo_secaudit_plugins.mail_dns import plugin
from lpo_secaudit_plugins.mail_dns.collector import MailDnsCollector
from lpo_secaudit_plugins.mail_dns.records import tags
from tests.plugins.web.test_web import Heard
from tests.worlds import MemoryEvidence

NOW = datetime.now(UTC)
FACETS = frozenset({"mx", "ns", "spf", "dkim", "dmarc", "mta_sts", "tls_rpt", "caa", "dnssec"})
SOA = "@ 60 IN SOA ns.test. host.test. 1 3600 600 86400 60\n@ 60 IN NS ns.test.\n"
CONF = """
options {{ directory "{folder}"; listen-on port {port} {{ 127.0.0.1; }}; listen-on-v6 {{ none; }};
  recursion no; pid-file none; session-keyfile none; allow-query {{ 127.0.0.1; }}; allow-transfer {{ none; }};
  dnssec-validation no; notify no; }};
controls {{ }};
{zones}
"""


def dkim_key(bits: int) -> str:
    public = rsa.generate_private_key(65537, bits).public_key()
    text = base64.b64encode(public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)).decode()
    # A string of a TXT record holds at most 255 bytes.
    return '"v=DKIM1; k=rsa; p=" ' + " ".join(f'"{text[i : i + 200]}"' for i in range(0, len(text), 200))


@dataclass(frozen=True)
class NameServer:
    at: str
    anchor: str


def zones() -> dict[str, str]:
    good = "\n".join(
        (
            "@ MX 10 mx.good.test.",
            '@ TXT "v=spf1 include:_spf.good.test -all"',
            '_spf TXT "v=spf1 ip4:192.0.2.0/24 -all"',
            '_dmarc TXT "v=DMARC1; p=reject; rua=mailto:d@good.test"',
            '_smtp._tls TXT "v=TLSRPTv1; rua=mailto:t@good.test"',
            '@ CAA 0 issue "ca.example"',
            f"main._domainkey TXT {dkim_key(2048)}\n",
        )
    )
    loose = '@ MX 10 mx.loose.test.\n@ TXT "v=spf1 +all"\n_dmarc TXT "v=DMARC1; p=none"\n'
    many = '@ TXT "v=spf1 ' + " ".join(f'include:i{i}.many.test" "' for i in range(12)) + ' -all"\n'
    many += "".join(f'i{i} TXT "v=spf1 -all"\n' for i in range(12))
    loop = '@ TXT "v=spf1 include:loop.test -all"\n'
    twice = '@ TXT "v=spf1 -all"\n@ TXT "v=spf1 ~all"\n'
    return {
        "good": good,
        "loose": loose,
        "many": many,
        "loop": loop,
        "twice": twice,
        "broken": good,
        "forged": good,
    }


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[NameServer]:
    """BIND with `test.` above seven zones; good, broken and forged are signed, the last two badly."""
    named = shutil.which("named") or "/usr/sbin/named"
    tools = [shutil.which(t) for t in ("dnssec-keygen", "dnssec-signzone", "dnssec-dsfromkey")]
    if not Path(named).exists() or None in tools:
        pytest.skip("BIND (bind9, bind9-utils) is not installed")
    keygen, signzone, dsfromkey = (str(t) for t in tools)
    folder = tmp_path_factory.mktemp("named")

    def run(*command: str) -> str:
        return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()

    def sign(zone: str) -> str:
        key = run(keygen, "-q", "-a", "ECDSAP256SHA256", "-f", "KSK", zone)
        with (folder / f"{zone}.zone").open("a") as file:
            file.write((folder / f"{key}.key").read_text())
        run(signzone, "-q", "-z", "-o", zone, "-f", f"{zone}.signed", f"{zone}.zone", key)
        return run(dsfromkey, "-2", f"{key}.key")

    parent = "$ORIGIN test.\n" + SOA + "ns A 127.0.0.1\n"
    for name, body in zones().items():
        (folder / f"{name}.test.zone").write_text(f"$ORIGIN {name}.test.\n$TTL 60\n{SOA}{body}")
        parent += f"{name} NS ns.test.\n"
        if name in ("good", "broken", "forged"):
            ds = sign(f"{name}.test")
            # The parent vouches for a key that the broken zone does not have.
            parent += (ds[:-6] + "ABCDEF" if name == "broken" else ds) + "\n"
    signed = folder / "forged.test.signed"
    signed.write_text(signed.read_text().replace("host.test.", "evil.test."))
    (folder / "test.zone").write_text(parent)
    anchor = sign("test")
    files = {"test": "test.signed"}
    for name in zones():
        ending = "signed" if name in ("good", "broken", "forged") else "zone"
        files[f"{name}.test"] = f"{name}.test.{ending}"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    listed = "\n".join(f'zone "{zone}" {{ type primary; file "{file}"; }};' for zone, file in files.items())
    (folder / "named.conf").write_text(CONF.format(folder=folder, port=port, zones=listed))
    log = (folder / "log").open("w")
    process = subprocess.Popen(
        [named, "-g", "-c", str(folder / "named.conf"), "-n", "1"], stderr=log, cwd=folder
    )
    try:
        for _ in range(200):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                break
            time.sleep(0.05)
        fields = anchor.split()
        yield NameServer(f"127.0.0.1:{port}", " ".join(["test.", *fields[3:]]))
    finally:
        process.terminate()
        process.wait(10)
        log.close()


def look(server: NameServer, domain: str, **options: Any) -> Evidence:
    chosen = {
        "domains": [domain],
        "resolver": server.at,
        "trust_anchors": [server.anchor],
        "timeout_s": 2.0,
    } | options
    heard = Heard()
    MailDnsCollector().collect(CollectRequest("dns", chosen, {"mail.domain": FACETS}, Path(), NOW), heard)
    [record] = heard.records
    return record


def outcomes(record: Evidence) -> dict[str, str]:
    found = run_checks(
        plugin().checks, MemoryEvidence([record]), evaluated_at=NOW, default_max_age=timedelta(days=9)
    )
    return {o.check: str(o.outcome) for o in found}


def test_a_good_domain(server: NameServer) -> None:
    found = outcomes(look(server, "good.test", selectors=["main"]))
    assert found.pop("mail-mta-sts") == "not-satisfied"
    assert set(found.values()) == {"satisfied"}, found
    assert look(server, "good.test").data["ns"] == ["ns.test."]


def test_a_loose_domain(server: NameServer) -> None:
    found = outcomes(look(server, "loose.test", selectors=["main"]))
    assert set(found.values()) == {"not-satisfied"}, found


def test_dkim_without_named_selectors_cannot_be_told(server: NameServer) -> None:
    assert outcomes(look(server, "loose.test"))["mail-dkim"] == "unavailable"


@pytest.mark.parametrize(
    ("domain", "said"),
    [("many.test", "more than 10"), ("loop.test", "more than 10"), ("twice.test", "2 SPF records")],
)
def test_void_spf(server: NameServer, domain: str, said: str) -> None:
    record = look(server, domain)
    assert any(said in p for p in record.data["spf"]["problems"])
    assert outcomes(record)["mail-spf"] == "not-satisfied"


@pytest.mark.parametrize(
    ("domain", "state"),
    [
        ("good.test", "secure"),
        ("loose.test", "insecure"),
        ("broken.test", "bogus"),
        ("forged.test", "bogus"),
        ("sub.good.test", "secure"),
    ],
)
def test_dnssec(server: NameServer, domain: str, state: str) -> None:
    assert look(server, domain).data["dnssec"]["state"] == state


def test_a_foreign_anchor_vouches_for_nothing(server: NameServer) -> None:
    anchor = server.anchor[:-4] + ("0000" if not server.anchor.endswith("0000") else "1111")
    assert look(server, "good.test", trust_anchors=[anchor]).data["dnssec"]["state"] == "bogus"


def test_a_silent_resolver_is_a_gap_in_every_facet() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        record = look(
            NameServer(f"127.0.0.1:{silent.getsockname()[1]}", "test. 1 8 2 " + "00" * 32),
            "good.test",
            timeout_s=0.1,
        )
    assert record.data == {}
    assert {g.reason for g in record.gaps.values()} == {GapReason.TIMEOUT}
    assert set(outcomes(record).values()) == {"unavailable"}


def test_a_refusing_server_is_a_gap(server: NameServer) -> None:
    record = look(server, "elsewhere.example")
    assert "spf" in record.gaps
    assert outcomes(record)["mail-spf"] == "unavailable"


@given(st.text(max_size=200))
def test_tags_of_anything(text: str) -> None:
    assert all(name == name.lower().strip() for name in tags(text))
