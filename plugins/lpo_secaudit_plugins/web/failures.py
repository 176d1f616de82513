"""Why a host gave no usable answer, in the words of a reader rather than of Python."""

from __future__ import annotations

import http.client
import ssl

from lpo_secaudit.model.evidence import Gap, GapReason

__all__ = ["failure_in_words", "gap_of"]


def gap_of(error: Exception, operation: str) -> Gap:
    """The gap that a question without a usable answer leaves."""
    if isinstance(error, TimeoutError):
        return Gap(GapReason.TIMEOUT, "the host did not answer in time", operation)
    return Gap(GapReason.FAILED, failure_in_words(error), operation)


def failure_in_words(error: Exception) -> str:
    """What stopped a question to a host, at most 200 characters."""
    if isinstance(error, ssl.SSLCertVerificationError):
        text = f"the certificate is not trusted: {error.verify_message}"
    elif isinstance(error, ssl.SSLError):
        # "WRONG_VERSION_NUMBER"; the full text names a line of OpenSSL's wrapper.
        reason = (error.reason or "").replace("_", " ").lower()
        text = f"no TLS connection: {reason}" if reason else "no TLS connection"
    elif isinstance(error, OSError):
        text = f"no connection: {error.strerror or error}"
    elif isinstance(error, http.client.HTTPException):
        text = "the answer is no HTTP"
    else:
        text = f"no usable answer: {error}"
    return " ".join(text.split())[:200]
