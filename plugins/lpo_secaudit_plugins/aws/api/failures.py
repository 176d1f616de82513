"""What went wrong with a call: the gap it leaves, and whether asking again may help."""

from __future__ import annotations

from lpo_secaudit.model.evidence import Gap, GapReason

__all__ = ["THROTTLED", "CallError", "is_skew", "is_transient", "reason_of"]

THROTTLED = frozenset(
    {
        "Throttling",
        "ThrottlingException",
        "ThrottledException",
        "RequestThrottledException",
        "RequestThrottled",
        "TooManyRequestsException",
        "ProvisionedThroughputExceededException",
        "TransactionInProgressException",
        "RequestLimitExceeded",
        "BandwidthLimitExceeded",
        "LimitExceededException",
        "SlowDown",
        "PriorRequestNotComplete",
        "EC2ThrottledException",
        "429",
    }
)
_TRANSIENT = frozenset(
    {
        "InternalError",
        "InternalFailure",
        "InternalServerError",
        "InternalServerException",
        "InternalException",
        "ServerException",
        "ServiceException",
        "ServiceUnavailable",
        "ServiceUnavailableException",
        "Unavailable",
        "RequestTimeout",
        "RequestTimeoutException",
    }
)
_DENIED = frozenset(
    {
        "AccessDenied",
        "AccessDeniedException",
        "AccessDeniedFault",
        "AllAccessDisabled",
        "AuthFailure",
        "AuthorizationError",
        "AuthorizationErrorException",
        "Forbidden",
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "KMSAccessDeniedFault",
        "NotAuthorized",
        "OptInRequired",
        "SubscriptionRequiredException",
        "UnauthorizedAccess",
        "UnauthorizedOperation",
        "UnrecognizedClientException",
        "403",
        "401",
    }
)
_EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired", "TokenExpired"})
_SKEW = frozenset({"RequestTimeTooSkewed", "RequestInTheFuture", "RequestExpired"})
_UNSUPPORTED = frozenset(
    {
        "InvalidAction",
        "NotImplemented",
        "UnknownOperationException",
        "UnsupportedOperation",
        "UnsupportedOperationException",
        "MethodNotAllowed",
        "404",  # an answer without AWS's own error: the path is not known there
        "501",
    }
)
_GONE = frozenset({"NoSuchBucket"})
_TEXT = {
    GapReason.MISSING: "it was listed, and gone when it was asked about",
    GapReason.DENIED: "refused: these credentials are not allowed to ask, or the region is not enabled",
    GapReason.EXPIRED: "the credentials have expired",
    GapReason.THROTTLED: "refused for load, repeatedly",
    GapReason.TIMEOUT: "no answer in time, repeatedly",
    GapReason.TRUNCATED: "the answer ended early or was not whole, repeatedly",
    GapReason.UNSUPPORTED: "the service does not know the operation here",
}


class CallError(Exception):
    """An operation that gave no answer, retries included.

    Attributes:
        gap: what it leaves behind.
        code: AWS's error code, or a word of our own such as "ReadTimeout".
        text: AWS's message; for telling errors of one code apart, never for evidence.
        bucket_region: where S3 says the bucket is, which it says even when it refuses.
    """

    def __init__(
        self,
        operation: str,
        code: str,
        text: str = "",
        reason: GapReason | None = None,
        resource: str = "",
        bucket_region: str = "",
    ) -> None:
        super().__init__(f"{operation}: {code}")
        self.code = code
        self.text = text
        self.bucket_region = bucket_region
        kind = reason or reason_of(code)
        about = f" (asked for {resource})" if resource else ""
        # AWS's message holds request ids and times, so it stays out: a gap is part of a digest.
        self.gap = Gap(kind, _TEXT.get(kind, "the service answered with an error") + about, operation, code)


def reason_of(code: str) -> GapReason:
    """The kind of failure that an error code tells of."""
    if code in _EXPIRED:
        return GapReason.EXPIRED
    if code in THROTTLED:
        return GapReason.THROTTLED
    if code in _DENIED:
        return GapReason.DENIED
    if code in _UNSUPPORTED:
        return GapReason.UNSUPPORTED
    if code in _GONE:
        return GapReason.MISSING
    return GapReason.FAILED


def is_transient(code: str, status: int) -> bool:
    """Whether the same question may be answered if it is asked again."""
    return code in THROTTLED or code in _TRANSIENT or (status >= 500 and code not in _UNSUPPORTED)


def is_skew(code: str, text: str) -> bool:
    """Whether the server took our clock to be wrong."""
    return code in _SKEW or ("ignature expired" in text or "ignature not yet current" in text)
