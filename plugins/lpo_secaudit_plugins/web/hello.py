"""TLS ClientHello messages made by hand, to ask a server for one version and a list of ciphers.

The interpreter's own TLS refuses to speak versions that it holds for broken, so it cannot find out
whether a server still does. One ClientHello and the first answer to it suffice: no key is agreed, and
no cryptography is done here.

References: RFC 5246 (TLS 1.2) section 7.4.1, RFC 8446 (TLS 1.3) sections 4.1.2 and 4.1.3.
"""

from __future__ import annotations

import os
import socket
import struct
from dataclasses import dataclass

__all__ = ["VERSIONS", "Answer", "ask", "parse_answer"]

VERSIONS = {"SSLv3": 0x0300, "TLSv1.0": 0x0301, "TLSv1.1": 0x0302, "TLSv1.2": 0x0303, "TLSv1.3": 0x0304}
MAX_ANSWER = 64 * 1024

# Names of the IANA registry; order is of no meaning, the server chooses.
CIPHERS: dict[int, str] = {
    0x1301: "TLS_AES_128_GCM_SHA256",
    0x1302: "TLS_AES_256_GCM_SHA384",
    0x1303: "TLS_CHACHA20_POLY1305_SHA256",
    0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    0xC02C: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
    0xC02F: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    0xC030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
    0xCCA8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    0xCCA9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    0x009E: "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    0x009F: "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384",
    0xC023: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    0xC027: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    0xC028: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384",
    0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
    0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
    0x0033: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA",
    0x0039: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA",
    0x009C: "TLS_RSA_WITH_AES_128_GCM_SHA256",
    0x009D: "TLS_RSA_WITH_AES_256_GCM_SHA384",
    0x003C: "TLS_RSA_WITH_AES_128_CBC_SHA256",
    0x003D: "TLS_RSA_WITH_AES_256_CBC_SHA256",
    0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA",
    0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
    0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    0xC012: "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0x0016: "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA",
    0x0005: "TLS_RSA_WITH_RC4_128_SHA",
    0x0004: "TLS_RSA_WITH_RC4_128_MD5",
    0xC011: "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    0xC007: "TLS_ECDHE_ECDSA_WITH_RC4_128_SHA",
    0x0009: "TLS_RSA_WITH_DES_CBC_SHA",
    0x0003: "TLS_RSA_EXPORT_WITH_RC4_40_MD5",
    0x0008: "TLS_RSA_EXPORT_WITH_DES40_CBC_SHA",
    0x0001: "TLS_RSA_WITH_NULL_MD5",
    0x0002: "TLS_RSA_WITH_NULL_SHA",
    0x003B: "TLS_RSA_WITH_NULL_SHA256",
    0x0034: "TLS_DH_anon_WITH_AES_128_CBC_SHA",
    0x0018: "TLS_DH_anon_WITH_RC4_128_MD5",
    0xC018: "TLS_ECDH_anon_WITH_AES_128_CBC_SHA",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server said to one ClientHello.

    Attributes:
        version: the version it chose, a number of VERSIONS; None where it declined.
        cipher: its IANA name, or `0x....`; None where it declined.
        alert: the TLS alert it declined with; None where it just closed.
    """

    version: int | None
    cipher: str | None
    alert: int | None


def _extension(number: int, body: bytes) -> bytes:
    return struct.pack("!HH", number, len(body)) + body


def client_hello(host: str, version: int, ciphers: tuple[int, ...], *, random: bytes) -> bytes:
    """One record with a ClientHello that offers exactly one version."""
    legacy = min(version, 0x0303)
    suites = b"".join(struct.pack("!H", c) for c in ciphers)
    extensions = b""
    if version > 0x0300:
        if not host.replace(".", "").replace(":", "").isdigit():
            name = host.encode("idna")
            extensions += _extension(0, struct.pack("!HBH", len(name) + 3, 0, len(name)) + name)
        groups = b"".join(struct.pack("!H", g) for g in (0x001D, 0x0017, 0x0018, 0x0019))
        extensions += _extension(10, struct.pack("!H", len(groups)) + groups)
        extensions += _extension(11, b"\x01\x00")
    if version >= 0x0303:
        algorithms = b"".join(
            struct.pack("!H", a)
            for a in (
                0x0403,
                0x0503,
                0x0603,
                0x0804,
                0x0805,
                0x0806,
                0x0401,
                0x0501,
                0x0601,
                0x0807,
                0x0201,
                0x0203,
            )
        )
        extensions += _extension(13, struct.pack("!H", len(algorithms)) + algorithms)
    if version == 0x0304:
        extensions += _extension(43, b"\x02\x03\x04")
        # No key is offered: the server answers with HelloRetryRequest, a ServerHello that settles both.
        extensions += _extension(51, b"\x00\x00")
    body = (
        struct.pack("!H", legacy) + random + b"\x00" + struct.pack("!H", len(suites)) + suites + b"\x01\x00"
    )
    if extensions:
        body += struct.pack("!H", len(extensions)) + extensions
    message = b"\x01" + len(body).to_bytes(3, "big") + body
    return b"\x16" + struct.pack("!HH", min(version, 0x0301), len(message)) + message


def parse_answer(raw: bytes) -> Answer:
    """The first record of a server's answer.

    Raises:
        ValueError: not TLS.
    """
    if not raw:
        return Answer(None, None, None)
    if len(raw) >= 7 and raw[0] == 0x15:
        return Answer(None, None, raw[6])
    if len(raw) < 6 or raw[0] != 0x16 or raw[1] != 3 or raw[5] != 2:
        raise ValueError("the answer is not a TLS ServerHello")
    hello = raw[9:]
    if len(hello) < 38:
        raise ValueError("the ServerHello is cut off")
    version = int.from_bytes(hello[0:2], "big")
    after = 35 + hello[34]
    cipher = int.from_bytes(hello[after : after + 2], "big")
    extensions = hello[after + 5 :]
    while len(extensions) >= 4:
        number, length = struct.unpack("!HH", extensions[:4])
        if number == 43 and length == 2:
            version = int.from_bytes(extensions[4:6], "big")
        extensions = extensions[4 + length :]
    return Answer(version, CIPHERS.get(cipher, f"0x{cipher:04X}"), None)


def ask(
    address: str, port: int, host: str, version: int, ciphers: tuple[int, ...], timeout_s: float
) -> Answer:
    """Offer one version and some ciphers, and return what the server chose.

    Raises:
        OSError: no connection, or no answer in time.
        ValueError: the answer is not TLS.
    """
    import time

    deadline = time.monotonic() + timeout_s
    with socket.create_connection((address, port), timeout_s) as connection:
        connection.sendall(client_hello(host, version, ciphers, random=os.urandom(32)))
        raw = b""
        while len(raw) < MAX_ANSWER:
            # A server that sends a byte now and then may not hold us longer than one that sends none.
            connection.settimeout(max(0.01, deadline - time.monotonic()))
            try:
                chunk = connection.recv(4096)
            except ConnectionResetError:
                break
            if not chunk:
                break
            raw += chunk
            if len(raw) >= 5 and len(raw) >= 5 + int.from_bytes(raw[3:5], "big"):
                break
            if time.monotonic() > deadline:
                raise TimeoutError("no whole answer in time")
    return parse_answer(raw)
