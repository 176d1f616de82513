"""Calls: build, sign, send, parse; ask again where that may help; say exactly what was lost."""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Protocol
from urllib.parse import urlsplit

from lpo_secaudit.model.evidence import GapReason
from lpo_secaudit_plugins.aws.api.failures import THROTTLED, CallError, is_skew, is_transient, reason_of
from lpo_secaudit_plugins.aws.api.models import Models, Operation
from lpo_secaudit_plugins.aws.api.signing import Keys, encode_query, sign
from lpo_secaudit_plugins.aws.api.transport import Reply, Transport, TransportError

__all__ = ["Answer", "Client", "Credentials", "Endpoints", "Log"]

MAX_ATTEMPTS = 6
MAX_THROTTLED = 10
MAX_PAGES = 10_000


class Credentials(Protocol):
    """Whose requests these are."""

    def keys(self, refresh: bool = False) -> Keys:
        """The keys as of now; `refresh` asks for new ones after the old were refused as expired."""
        ...


class Endpoints(Protocol):
    """Where a service is."""

    def find(self, operation: Operation, region: str) -> tuple[str, str, bool]:
        """(scheme and host, region to sign for, whether the host may get a prefix)."""
        ...


class Log(Protocol):
    """Keeps what calls returned; see `answers.AnswerLog`."""

    def answered(
        self, operation: Operation, region: str, parameters: Mapping[str, Any], answer: Answer
    ) -> None:
        """What a call returned."""
        ...

    def refused(
        self, operation: Operation, region: str, parameters: Mapping[str, Any], code: str, request_id: str
    ) -> None:
        """The code of a call that got no answer: refused for good or, with no request id, lost on its way."""
        ...


@dataclass(frozen=True, slots=True)
class Answer:
    """What an operation returned.

    Attributes:
        data: the parsed answer without its metadata.
        request_id: AWS's id of the request; "" where none came.
        at: aware UTC instant of arrival.
        headers: of the answer, case-insensitive.
    """

    data: dict[str, Any]
    request_id: str
    at: datetime
    headers: Any


class Client:
    """Calls operations with one set of credentials; safe to use from many threads.

    Args:
        on_throttle: told the service and True for a throttled request, False for a served one.
        deadline: `time.monotonic()` at which nothing is asked any more.
        observe: told (service, operation, region) of every request that is sent.
        log: told of every answer, and of every call that stayed without one after its last try; not of
            those that expired credentials or the deadline cut short, which are only gaps.
    """

    def __init__(
        self,
        models: Models,
        transport: Transport,
        endpoints: Endpoints,
        credentials: Credentials,
        *,
        deadline: float,
        on_throttle: Callable[[str, bool], None] = lambda service, hit: None,
        observe: Callable[[str, str, str], None] = lambda service, operation, region: None,
        log: Log | None = None,
    ) -> None:
        self._models = models
        self._transport = transport
        self._endpoints = endpoints
        self._credentials = credentials
        self._deadline = deadline
        self._on_throttle = on_throttle
        self._observe = observe
        self._log = log
        self._skew = timedelta(0)
        self._expired: str | None = None

    def operation(self, service: str, name: str) -> Operation:
        """The operation's model.

        Raises:
            CallError: the installed botocore does not know it.
        """
        try:
            return self._models.operation(service, name)
        except KeyError as error:
            raise CallError(f"{service}:{name}", "UnknownToBotocore", "", GapReason.UNSUPPORTED) from error

    def pages(
        self,
        service: str,
        name: str,
        region: str,
        params: Mapping[str, Any],
        check: Callable[[dict[str, Any]], None] | None = None,
    ) -> Iterator[Answer]:
        """Every page of an operation.

        Raises:
            CallError: from the page on that could not be had.
        """
        tokens = self.operation(service, name).pages()
        asked = dict(params)
        seen: set[str] = set()
        for _ in range(MAX_PAGES):
            answer = self.call(service, name, region, asked, check)
            yield answer
            found = {p: v for m, p in tokens if (v := _dig(answer.data, m)) not in (None, "")}
            if not found or _dig(answer.data, "IsTruncated") is False:
                return
            mark = repr(sorted(found.items()))
            if mark in seen:  # a server that repeats its token would be asked for ever
                raise CallError(f"{service}:{name}", "RepeatedPageToken", "", GapReason.TRUNCATED)
            seen.add(mark)
            asked.update(found)
        raise CallError(f"{service}:{name}", "TooManyPages", "", GapReason.TRUNCATED)

    def call(
        self,
        service: str,
        name: str,
        region: str,
        params: Mapping[str, Any],
        check: Callable[[dict[str, Any]], None] | None = None,
        resource: str = "",
    ) -> Answer:
        """Call an operation until it answers or asking again is pointless.

        Args:
            check: raises ValueError on an answer that cannot be whole.

        Raises:
            CallError: names operation, code and resource.
        """
        operation = self.operation(service, name)
        full = f"{service}:{name}"
        attempts = throttled = 0
        refreshed = skewed = redirected = False
        where = ""
        while True:
            if self._expired:
                raise CallError(full, self._expired, "", GapReason.EXPIRED, resource)
            request_id = ""
            try:
                answer = self._once(operation, region, params, check)
                if self._log is not None:
                    self._log.answered(operation, region, params, answer)
                return answer
            except TransportError as error:
                code, reason, text, again = error.code, error.reason, "", True
                # No server at all is seldom a passing state, and each try may cost a connect time-out.
                attempts += 1 if reason is not GapReason.FAILED else 2
            except _Refused as error:
                code, reason, text, again = error.code, reason_of(error.code), error.text, error.transient
                where, request_id = error.bucket_region, error.request_id
                if error.wrong_place and where and where != region and not redirected:
                    region, redirected = where, True
                    continue
                if is_skew(code, text) and error.date and not skewed:
                    skewed = True
                    self._skew = error.date - datetime.now(UTC)
                    continue
                if reason is GapReason.EXPIRED:
                    if not refreshed and self._refresh():
                        refreshed = True
                        continue
                    self._expired = code
                    raise CallError(full, code, text, GapReason.EXPIRED, resource) from error
                if code in THROTTLED and again:
                    throttled += 1
                    self._on_throttle(operation.service, True)
                else:
                    attempts += 1
            wait = min(20.0, 0.05 * 2 ** (attempts + throttled)) * random.uniform(0.5, 1.0)  # noqa: S311
            if not again or attempts >= MAX_ATTEMPTS or throttled >= MAX_THROTTLED:
                if self._log is not None:
                    self._log.refused(operation, region, params, code, request_id)
                raise CallError(full, code, text, reason, resource, where)
            if time.monotonic() + wait > self._deadline:
                raise CallError(full, "OutOfTime", text, GapReason.TIMEOUT, resource)
            time.sleep(wait)

    def _refresh(self) -> bool:
        try:
            old = self._credentials.keys()
            return self._credentials.keys(refresh=True) != old
        except Exception:
            return False  # the refusal that led here is what gets reported

    def _once(
        self,
        operation: Operation,
        region: str,
        params: Mapping[str, Any],
        check: Callable[[dict[str, Any]], None] | None,
    ) -> Answer:
        url, signing_region, may_prefix = self._endpoints.find(operation, region)
        host = urlsplit(url).netloc
        if operation.host_prefix and may_prefix:
            host = operation.host_prefix.format_map(dict(params)) + host
            url = f"{urlsplit(url).scheme}://{host}"
        request = operation.serializer.serialize_to_request(dict(params), operation.model)
        path, _, fixed = request["url_path"].partition("?")
        query = encode_query(_pairs(fixed, request["query_string"]))
        body = _body(request["body"])
        headers = {**request["headers"], "Accept-Encoding": "identity", "User-Agent": "lpo-secaudit"}
        keys = self._credentials.keys()
        now = datetime.now(UTC) + self._skew
        signed = sign(
            operation.method,
            host,
            path or "/",
            query,
            headers,
            body,
            keys,
            signing_region,
            operation.signing_name,
            now,
        )
        self._observe(operation.service, operation.name, signing_region)
        target = f"{path or '/'}?{query}" if query else path or "/"
        reply = self._transport.send(url, operation.method, target, signed, body)
        return self._parse(operation, reply, check)

    def _parse(
        self, operation: Operation, reply: Reply, check: Callable[[dict[str, Any]], None] | None
    ) -> Answer:
        at = datetime.now(UTC)
        date = _date(reply.headers.get("date"))
        elsewhere = reply.headers.get("x-amz-bucket-region", "") if operation.service == "s3" else ""
        try:
            if reply.status < 300 and operation.method != "HEAD":
                _sound(operation, reply)
            parsed = operation.parser.parse(
                {
                    "headers": reply.headers,
                    "body": reply.body,
                    "status_code": reply.status,
                    "context": {"operation_name": operation.name},
                },
                operation.model.output_shape,
            )
        except Exception as error:
            if reply.status >= 400:
                # An error that cannot be read may have been cut on its way.
                raise _Refused(str(reply.status), "", True, date) from error
            raise TransportError("UnusableReply", GapReason.TRUNCATED) from error
        metadata = parsed.pop("ResponseMetadata", {})
        if reply.status >= 300:
            error_part = parsed.get("Error", {})
            code = str(error_part.get("Code") or "").rpartition("#")[2].partition(":")[0]
            # AWS names every error, except where it has no body to do so (403 and 404 to HEAD speak for
            # themselves); a REST server without a name does not know the path. Else the name was lost.
            speaks = (
                reply.status in (301, 307, 403, 404) if operation.method == "HEAD" else operation.is_rest_json
            )
            lost = not code.strip("0123456789") and not speaks
            if operation.method == "HEAD" and reply.status == 404:
                code = "NoSuchBucket"
            code = code or str(reply.status)
            text = str(error_part.get("Message", ""))
            wrong_place = reply.status in (301, 307, 400) and (
                # A HEAD has no body to say so: the right place in its header does.
                (operation.method == "HEAD" and bool(elsewhere))
                or code in ("AuthorizationHeaderMalformed", "PermanentRedirect")
            )
            again = lost or is_transient(code, reply.status)
            request_id = str(metadata.get("RequestId", ""))
            raise _Refused(code, text, again and not wrong_place, date, elsewhere, wrong_place, request_id)
        if check is not None:
            try:
                check(parsed)
            except ValueError as error:
                raise TransportError("UnusableReply", GapReason.TRUNCATED) from error
        self._on_throttle(operation.service, False)
        return Answer(parsed, str(metadata.get("RequestId", "")), at, reply.headers)


class _Refused(Exception):  # noqa: N818  # an answer, not yet an error
    """The service answered with an error."""

    def __init__(
        self,
        code: str,
        text: str,
        transient: bool,
        date: datetime | None = None,
        bucket_region: str = "",
        wrong_place: bool = False,
        request_id: str = "",
    ) -> None:
        super().__init__(code)
        self.code = code
        self.text = text
        self.transient = transient
        self.date = date
        self.bucket_region = bucket_region
        self.wrong_place = wrong_place
        self.request_id = request_id


def _sound(operation: Operation, reply: Reply) -> None:
    """Refuse a success that says nothing.

    botocore reads an empty body as an empty answer, and broken JSON as a message.
    """
    if not operation.has_body:
        return
    start = reply.body[:256].lstrip()
    if not start:
        raise ValueError("empty body")
    if start[:14].lower().startswith((b"<!doctype html", b"<html")):
        raise ValueError("a web page, not an answer")
    if operation.is_json:
        json.loads(reply.body)


def _pairs(fixed: str, query: Any) -> list[tuple[str, str]]:
    pairs = [(k, v) for k, _, v in (part.partition("=") for part in fixed.split("&") if part)]
    items = query.items() if isinstance(query, Mapping) else query or ()
    for key, value in items:
        values = value if isinstance(value, list | tuple) else [value]
        pairs.extend((str(key), _text(v)) for v in values)
    return pairs


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _body(body: Any) -> bytes:
    if isinstance(body, bytes):
        return body
    if isinstance(body, str):
        return body.encode()
    if isinstance(body, Mapping):
        return encode_query([(k, _text(v)) for k, v in body.items()]).encode()
    return b""


def _date(text: str | None) -> datetime | None:
    try:
        return parsedate_to_datetime(text).astimezone(UTC) if text else None
    except ValueError:
        return None


def _dig(data: Any, path: str) -> Any:
    for step in path.split("."):
        data = data.get(step) if isinstance(data, Mapping) else None
    return data
