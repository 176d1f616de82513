"""HTTP: one pool of kept-alive connections per host, shared by all threads."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from lpo_secaudit.model.evidence import GapReason

__all__ = ["Reply", "Transport", "TransportError"]

MAX_REPLY_BYTES = 256 * 1024 * 1024
"""Largest answer taken; the largest real ones (a page of 1,000 IAM details) are a few MiB."""


@dataclass(frozen=True, slots=True)
class Reply:
    """An answer: status, case-insensitive headers, body."""

    status: int
    headers: Any
    body: bytes


class TransportError(Exception):
    """No whole answer. `code` is a stable word, `reason` the kind of gap."""

    def __init__(self, code: str, reason: GapReason) -> None:
        super().__init__(code)
        self.code = code
        self.reason = reason


class Transport:
    """Sends requests; follows no redirect and repeats nothing by itself."""

    def __init__(self, connections: int, connect_timeout_s: float, read_timeout_s: float) -> None:
        import urllib3

        self._urllib3 = urllib3
        self._connections = connections
        self._timeout = urllib3.Timeout(connect=connect_timeout_s, read=read_timeout_s)
        self._pools: dict[tuple[str, str], Any] = {}
        self._managers: list[Any] = []
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close every connection."""
        for manager in self._managers:
            manager.clear()
        self._pools.clear()

    def send(self, url: str, method: str, target: str, headers: Mapping[str, str], body: bytes) -> Reply:
        """One request and its answer.

        Args:
            url: scheme and host with port.
            target: path and query as signed.

        Raises:
            TransportError: not connected, no answer in time, or an answer that broke off.
        """
        from urllib3 import exceptions as failures

        pool = self._pool(url)
        try:
            reply = pool.urlopen(
                method,
                target,
                body=body or None,
                headers=headers,
                retries=False,
                redirect=False,
                assert_same_host=False,
                preload_content=False,
                timeout=self._timeout,
            )
            try:
                data = reply.read(MAX_REPLY_BYTES + 1)
                if len(data) > MAX_REPLY_BYTES:
                    reply.close()
                    raise TransportError("ReplyTooLarge", GapReason.TRUNCATED)
            finally:
                reply.release_conn()
            return Reply(reply.status, reply.headers, data)
        except failures.ReadTimeoutError as error:
            raise TransportError("ReadTimeout", GapReason.TIMEOUT) from error
        except failures.NewConnectionError as error:
            raise TransportError("NotConnected", GapReason.FAILED) from error
        except failures.ConnectTimeoutError as error:
            raise TransportError("ConnectTimeout", GapReason.TIMEOUT) from error
        except failures.SSLError as error:
            raise TransportError("TLSFailure", GapReason.FAILED) from error
        except (failures.IncompleteRead, failures.ProtocolError, failures.DecodeError) as error:
            raise TransportError("BrokenReply", GapReason.TRUNCATED) from error
        except (failures.HTTPError, OSError) as error:
            raise TransportError("TransportFailure", GapReason.FAILED) from error

    def _pool(self, url: str) -> Any:
        key = tuple(urlsplit(url)[:2])
        pool = self._pools.get(key)  # type: ignore[arg-type]
        if pool is None:
            with self._lock:
                manager = self._manager(*key)
                pool = self._pools.setdefault(key, manager.connection_from_url(url))  # type: ignore[arg-type]
        return pool

    def _manager(self, scheme: str, host: str) -> Any:
        from urllib.request import getproxies, proxy_bypass

        settings: dict[str, Any] = {"maxsize": self._connections, "block": False}
        if scheme == "https":
            settings["ca_certs"] = os.environ.get("AWS_CA_BUNDLE") or _certificates()
        proxy = getproxies().get(scheme)
        if proxy and not proxy_bypass(host):
            manager: Any = self._urllib3.ProxyManager(proxy, **settings)
        else:
            manager = self._urllib3.PoolManager(**settings)
        self._managers.append(manager)
        return manager


def _certificates() -> str | None:
    from botocore.httpsession import get_cert_path

    found: str | None = get_cert_path(True)
    return found
