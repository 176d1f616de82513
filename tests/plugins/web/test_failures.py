"""Failures of real sockets, as a reader sees them."""

from __future__ import annotations

import http.client
import socket
import ssl

import pytest

from lpo_secaudit_plugins.web.failures import failure_in_words
from tests.plugins.messages import CODE


def refused() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        at = free.getsockname()
    socket.create_connection(at, 5)


def no_tls() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        theirs.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        ssl.create_default_context().wrap_socket(ours, server_hostname="host.test")


def no_http() -> None:
    raise http.client.BadStatusLine("'x'\n")


def no_certificate() -> None:
    raise ValueError("the host shows\n no certificate")


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (refused, "no connection: Connection refused"),
        (no_tls, "no TLS connection: "),
        (no_http, "the answer is no HTTP"),
        (no_certificate, "no usable answer: the host shows no certificate"),
    ],
)
def test_failures_in_words(act: object, said: str) -> None:
    with pytest.raises((OSError, ValueError, http.client.HTTPException)) as caught:
        act()  # type: ignore[operator]
    words = failure_in_words(caught.value)
    assert words.startswith(said)
    assert not CODE.search(words) and "Errno" not in words and "_ssl" not in words
