"""What one host says over HTTP: security headers, cookies, security.txt, the way from http to https."""

from __future__ import annotations

import http.client
import socket
import ssl
import time
from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit

from lpo_secaudit.model.evidence import Gap
from lpo_secaudit_plugins.web.addresses import Endpoint
from lpo_secaudit_plugins.web.failures import gap_of

__all__ = ["get", "observe_http"]

MAX_BODY = 64 * 1024
MAX_COOKIES = 50
AGENT = "lpo_secaudit"
HEADERS = (
    "strict-transport-security",
    "content-security-policy",
    "x-content-type-options",
    "x-frame-options",
    "referrer-policy",
    "permissions-policy",
    "server",
)


def observe_http(
    endpoint: Endpoint, plain_port: int, timeout_s: float
) -> tuple[dict[str, Any], dict[str, Gap]]:
    """Facets `status`, `headers`, `cookies`, `security_txt`, `plain`; no redirect is followed anywhere."""
    data: dict[str, Any] = {}
    gaps: dict[str, Gap] = {}
    context = ssl.create_default_context()
    # Trust is a question of its own (`web.tls`); headers are read also where it is missing.
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    try:
        status, headers, cookies, _ = get(endpoint, endpoint.port, "/", timeout_s, context=context)
        data |= {"status": status, "headers": headers, "cookies": cookies}
    except (OSError, http.client.HTTPException, ValueError) as error:
        gaps |= dict.fromkeys(("status", "headers", "cookies"), gap_of(error, "GET /"))
    try:
        path = "/.well-known/security.txt"
        status, _, _, body = get(endpoint, endpoint.port, path, timeout_s, context=context)
        data["security_txt"] = _security_txt(body) if status == 200 else None
    except (OSError, http.client.HTTPException, ValueError) as error:
        gaps["security_txt"] = gap_of(error, "GET /.well-known/security.txt")
    try:
        data["plain"] = _plain(endpoint, plain_port, timeout_s)
    except (OSError, http.client.HTTPException, ValueError) as error:
        gaps["plain"] = gap_of(error, "GET http:///")
    return data, gaps


def get(
    endpoint: Endpoint, port: int, path: str, timeout_s: float, *, context: ssl.SSLContext | None
) -> tuple[int, dict[str, str], list[dict[str, Any]], bytes]:
    """One GET to the judged address; headers and the first 64 KiB of the body, within the time.

    Args:
        context: how to speak TLS; None for plain HTTP.

    Raises:
        OSError, http.client.HTTPException: no usable answer in time.
    """
    deadline = time.monotonic() + timeout_s
    raw = socket.create_connection((endpoint.addresses[0], port), timeout_s)
    try:
        if context is not None:
            raw = context.wrap_socket(raw, server_hostname=endpoint.host)
        connection = http.client.HTTPConnection(endpoint.host, port, timeout=timeout_s)
        connection.sock = _Hurried(raw, deadline)
        connection.request("GET", path, headers={"User-Agent": AGENT, "Accept": "*/*", "Connection": "close"})
        response = connection.getresponse()
        body = response.read(MAX_BODY)
        found = {name: value[:2000] for name in HEADERS if (value := response.getheader(name)) is not None}
        location = response.getheader("location")
        if location is not None:
            found["location"] = location[:2000]
        return response.status, found, _cookies(response.msg.get_all("set-cookie") or []), body
    finally:
        raw.close()


class _Hurried:
    """A socket whose every read counts against one deadline, so that a slow drip ends too."""

    def __init__(self, raw: socket.socket, deadline: float) -> None:
        self._raw = raw
        self._deadline = deadline

    def sendall(self, data: bytes) -> None:
        self._raw.settimeout(max(0.01, self._deadline - time.monotonic()))
        self._raw.sendall(data)

    def makefile(self, mode: str, buffering: int | None = None) -> Any:
        import io

        outer = self

        class Reader(io.RawIOBase):
            def readable(self) -> bool:
                return True

            def readinto(self, buffer: Any) -> int:
                left = outer._deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError("no whole answer in time")
                outer._raw.settimeout(left)
                return outer._raw.recv_into(buffer)

        return io.BufferedReader(Reader(), 4096)

    def close(self) -> None:
        self._raw.close()


def _cookies(lines: list[str]) -> list[dict[str, Any]]:
    """Names and flags; values may be secrets and are not kept."""
    found = []
    for line in lines[:MAX_COOKIES]:
        first, *attributes = line.split(";")
        flags = {a.strip().partition("=")[0].lower(): a.strip().partition("=")[2] for a in attributes}
        found.append(
            {
                "name": first.partition("=")[0].strip()[:100],
                "secure": "secure" in flags,
                "http_only": "httponly" in flags,
                "same_site": flags["samesite"].lower()[:20] if "samesite" in flags else None,
            }
        )
    return sorted(found, key=lambda c: str(c["name"]))


def _security_txt(body: bytes) -> dict[str, Any]:
    """Contact and Expires of RFC 9116; None where a field is missing."""
    fields: dict[str, list[str]] = {}
    for line in body.decode("utf-8", "replace").splitlines()[:200]:
        name, colon, value = line.partition(":")
        if colon and not line.startswith("#"):
            fields.setdefault(name.strip().lower(), []).append(value.strip()[:300])
    return {"contact": fields.get("contact", []), "expires": next(iter(fields.get("expires", ())), None)}


def _plain(endpoint: Endpoint, port: int, timeout_s: float) -> Mapping[str, Any]:
    """Whether plain HTTP answers, and where it sends the visitor. Nothing listening is the best answer."""
    try:
        status, headers, _, _ = get(endpoint, port, "/", timeout_s, context=None)
    except ConnectionRefusedError:
        return {"listens": False, "status": None, "to_https": None, "to_host": None}
    target = urlsplit(headers.get("location", ""))
    redirect = status in (301, 302, 303, 307, 308)
    return {
        "listens": True,
        "status": status,
        "to_https": redirect and target.scheme == "https",
        "to_host": target.hostname if redirect else None,
    }
