"""What every call returned, kept beside the records for whoever doubts one; without its secrets."""

from __future__ import annotations

import gzip
import io
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from lpo_secaudit_plugins.aws.redact import Redactor
from lpo_secaudit_plugins.aws.table import TYPES

if TYPE_CHECKING:
    from lpo_secaudit_plugins.aws.api.client import Answer
    from lpo_secaudit_plugins.aws.api.models import Operation

__all__ = ["MEDIA_TYPE", "AnswerLog"]

MEDIA_TYPE = "application/x-ndjson+gzip"
MOST_BYTES = 8 * 1024 * 1024
"""Compressed; a further blob is begun beyond."""


class AnswerLog:
    """Gathers answers as lines of JSON, compressed; safe to use from many threads.

    A line holds `operation`, `region`, `parameters`, `request_id` and either `at` and `answer` or `error`:
    the code of a refusal, or of what kept every try from being answered (`request_id` is then ""). What
    expired credentials or the deadline cut short has no line, only its gap. `provenance.requests` of a
    record leads to the lines by request id.

    Args:
        redactor: replaces what AWS's models or a row of the table call secret, and whatever looks like a key.
        keep: takes a finished blob.
    """

    def __init__(self, redactor: Redactor, keep: Callable[[bytes], object]) -> None:
        self._redactor = redactor
        self._keep = keep
        self._lock = threading.Lock()
        self._paths: dict[str, tuple[str, ...]] = {}
        self._open()

    def _open(self) -> None:
        self._raw = io.BytesIO()
        # No time of compression: the same answers are the same bytes.
        self._file = gzip.GzipFile(fileobj=self._raw, mode="wb", compresslevel=3, mtime=0)
        self._empty = True

    def answered(
        self, operation: Operation, region: str, parameters: Mapping[str, Any], answer: Answer
    ) -> None:
        """Note what a call returned."""
        data: Any = answer.data
        for path in self._hidden(operation):
            data = self._redactor.at(data, path)
        line = {"request_id": answer.request_id, "at": answer.at.isoformat(), "answer": data}
        self._write(operation, region, parameters, line)

    def _hidden(self, operation: Operation) -> tuple[str, ...]:
        """Paths of an operation's answer to replace; none below another, which would replace it twice."""
        name = f"{operation.service}:{operation.name}"
        if name not in self._paths:
            found = {*operation.sensitive, *_SECRETS.get(name, ())}
            self._paths[name] = tuple(
                sorted(path for path in found if not any(path.startswith(f"{above}.") for above in found))
            )
        return self._paths[name]

    def refused(
        self, operation: Operation, region: str, parameters: Mapping[str, Any], code: str, request_id: str
    ) -> None:
        """Note the code of a call that stayed without an answer."""
        self._write(operation, region, parameters, {"request_id": request_id, "error": code})

    def _write(
        self, operation: Operation, region: str, parameters: Mapping[str, Any], line: Mapping[str, Any]
    ) -> None:
        asked = {"operation": f"{operation.service}:{operation.name}", "region": region}
        if operation.name == "AssumeRole":
            parameters = self._redactor.at(parameters, "ExternalId")
        try:
            raw = self._redactor.scrubbed_json({**asked, "parameters": parameters, **line})
        except ValueError:  # the record has its gap already
            raw = self._redactor.scrubbed_json({**asked, "error": "UnreadableAnswer"})
        with self._lock:
            self._file.write(raw.encode("ascii") + b"\n")
            self._empty = False
            if self._raw.tell() > MOST_BYTES:
                self._finish()
                self._open()

    def close(self) -> None:
        """Hand over what is left; nothing where nothing was answered."""
        with self._lock:
            if not self._empty:
                self._finish()
            self._empty = True

    def _finish(self) -> None:
        self._file.close()
        self._keep(self._raw.getvalue())


def _paths() -> Iterator[tuple[str, str]]:
    """(operation, dotted path of a secret in its answer) beyond what AWS's models mark as sensitive."""
    for row in TYPES.values():
        for secret in row.redact:
            if row.list is not None:
                yield row.list.name, f"{row.items}.{secret}"
            if row.detail is not None:
                yield row.detail.name, f"{row.detail.path}.{secret}"
        for facet in row.facets.values():
            for secret in facet.redact:
                yield facet.call.name, f"{facet.call.path}.{secret}"
    yield "sts:AssumeRole", "Credentials"
    yield "ec2:DescribeInstanceAttribute", "UserData.Value"
    # Who did what at the provider is no business of the audit; see `custom.kms_events`.
    yield "cloudtrail:LookupEvents", "Events.CloudTrailEvent"
    yield "cloudtrail:LookupEvents", "Events.Username"


def _by_operation() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, list[str]] = {}
    for operation, path in _paths():
        found.setdefault(operation, []).append(path.replace("[]", "").strip("."))
    return {operation: tuple(paths) for operation, paths in found.items()}


_SECRETS = _by_operation()
