"""botocore's service models, cut down to the operations in use (whole, they take 120 MB)."""

from __future__ import annotations

import gzip
import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.model import OperationModel, ServiceModel, Shape

__all__ = ["Models", "Operation"]

# The binary protocol that newer models prefer is left out: fewer servers speak it.
PROTOCOLS = ("json", "rest-json", "rest-xml", "query", "ec2")


class Operation:
    """One operation, ready to be called: its serializer, parser and names.

    Attributes:
        service: botocore's name of the service.
        name: the operation's name.
        model: botocore's operation model.
        endpoint_prefix: key into the endpoint data.
        signing_name: service part of the credential scope.
        service_id: as in AWS_ENDPOINT_URL_<SERVICE_ID>.
        host_prefix: "{AccountId}." and the like, or "".
        has_body: a successful answer must have a body.
        is_json: and it must be JSON.
        is_rest_json: the protocol is REST with JSON bodies.
        sensitive: dotted paths of members of the answer that AWS's model marks as sensitive.
    """

    def __init__(
        self, service: str, model: OperationModel, protocol: str, serializer: Any, parser: Any
    ) -> None:
        metadata = model.service_model.metadata
        self.service = service
        self.name = model.name
        self.model = model
        self.serializer = serializer
        self.parser = parser
        self.endpoint_prefix = str(metadata["endpointPrefix"])
        self.signing_name = str(metadata.get("signingName") or self.endpoint_prefix)
        self.service_id = str(metadata.get("serviceId", service)).upper().replace(" ", "_").replace("-", "_")
        self.host_prefix = str((model.endpoint or {}).get("hostPrefix", ""))
        self.method = str(model.http.get("method", "POST"))
        output = model.output_shape
        self.has_body = output is not None and any(
            "location" not in m.serialization for m in output.members.values()
        )

        payload = output.serialization.get("payload") if output is not None else None
        self.is_rest_json = protocol == "rest-json"
        self.is_json = protocol in ("json", "rest-json") and payload is None

    @cached_property
    def sensitive(self) -> tuple[str, ...]:
        # Walks the whole answer's shape, which only the log of answers wants.
        output = self.model.output_shape
        return tuple(sorted(_sensitive(output, "", ()))) if output is not None else ()

    def members(self, path: str) -> frozenset[str] | None:
        """Members of the structure at `path` of the answer; None where any name may come."""
        shape = self.model.output_shape
        for step in path.split(".") if path else ():
            if shape is None:
                return None
            shape = shape.members.get(step.removesuffix("[]")) if shape.type_name == "structure" else None
            if shape is not None and step.endswith("[]"):
                shape = shape.member
        if shape is None or shape.type_name != "structure":
            return None
        return frozenset(shape.members)

    def pages(self) -> tuple[tuple[str, str], ...]:
        """(member of the answer, parameter of the next request) pairs that carry the page token."""
        rules = _PAGES.get((self.service, self.name))
        if rules is not None:
            return rules
        given = set(self.model.input_shape.members) if self.model.input_shape else set()
        got = set(self.model.output_shape.members) if self.model.output_shape else set()
        for answer, parameter in _TOKENS:
            if answer in got and parameter in given:
                return ((answer, parameter),)
        return ()


def _sensitive(shape: Shape, path: str, above: tuple[str, ...]) -> Iterator[str]:
    if shape.metadata.get("sensitive"):
        yield path
    elif shape.name in above:
        return  # a shape within itself
    elif shape.type_name == "structure":
        for name, member in shape.members.items():
            yield from _sensitive(member, f"{path}.{name}" if path else name, (*above, shape.name))
    elif shape.type_name == "list":
        yield from _sensitive(shape.member, path, (*above, shape.name))


_TOKENS = (
    ("NextToken", "NextToken"),
    ("nextToken", "nextToken"),
    ("NextMarker", "Marker"),
    ("Marker", "Marker"),
    ("ContinuationToken", "ContinuationToken"),
    ("PaginationToken", "PaginationToken"),
    ("LastEvaluatedTableName", "ExclusiveStartTableName"),
    ("position", "position"),
)
_PAGES: Mapping[tuple[str, str], tuple[tuple[str, str], ...]] = {
    ("cloudfront", "ListDistributions"): (("DistributionList.NextMarker", "Marker"),),
    ("wafv2", "ListWebACLs"): (("NextMarker", "NextMarker"),),
}


class Models:
    """Loads each service's model once, keeping only `needed` operations; safe from several threads."""

    def __init__(self, needed: Iterable[tuple[str, str]]) -> None:
        self._needed: dict[str, set[str]] = {}
        for service, operation in needed:
            self._needed.setdefault(service, set()).add(operation)
        self._lock = threading.Lock()
        self._operations: dict[tuple[str, str], Operation] = {}
        self._parsers: dict[str, Any] = {}

    def operation(self, service: str, name: str) -> Operation:
        """The operation; raises KeyError where the installed models do not know it."""
        found = self._operations.get((service, name))
        if found is not None:
            return found
        with self._lock:
            if (service, name) not in self._operations:
                self._load(service)
        return self._operations[service, name]

    def _load(self, service: str) -> None:
        from botocore.model import ServiceModel
        from botocore.serialize import create_serializer

        raw = _prune(_read(service), self._needed.get(service, set()))
        model = ServiceModel(raw, service)
        protocol = _protocol(model)
        serializer = create_serializer(protocol, include_validation=False)
        if protocol not in self._parsers:
            self._parsers[protocol] = _parser(protocol)
        for name in raw["operations"]:
            operation = Operation(
                service, model.operation_model(name), protocol, serializer, self._parsers[protocol]
            )
            self._operations[service, name] = operation


def _read(service: str) -> dict[str, Any]:
    """The newest model of a service that is installed.

    botocore's loader makes ordered dictionaries of it, in two and a half times the time.
    """
    import botocore

    folder = Path(botocore.__file__).parent / "data" / service
    versions = sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []
    for version in reversed(versions):
        packed, plain = folder / version / "service-2.json.gz", folder / version / "service-2.json"
        if packed.is_file() or plain.is_file():
            raw = gzip.decompress(packed.read_bytes()) if packed.is_file() else plain.read_bytes()
            model: dict[str, Any] = json.loads(raw)
            return model
    raise KeyError(service)


def _protocol(model: ServiceModel) -> str:
    offered = model.metadata.get("protocols") or [model.metadata["protocol"]]
    return next(p for p in PROTOCOLS if p in offered)


def _prune(raw: dict[str, Any], operations: set[str]) -> dict[str, Any]:
    kept = {name: raw["operations"][name] for name in sorted(operations) if name in raw["operations"]}
    shapes: dict[str, Any] = {}
    open_ = [part["shape"] for op in kept.values() for part in (op.get("input"), op.get("output")) if part]
    open_ += [error["shape"] for op in kept.values() for error in op.get("errors", ())]
    while open_:
        name = open_.pop()
        if name in shapes:
            continue
        shape = {k: v for k, v in raw["shapes"][name].items() if k != "documentation"}
        shapes[name] = shape
        if shape.get("exception") or shape.get("error"):
            continue
        for member in shape.get("members", {}).values():
            open_.append(member["shape"])
        for part in ("member", "key", "value"):
            if part in shape:
                open_.append(shape[part]["shape"])
    for op in kept.values():
        op.pop("documentation", None)
    return {"metadata": raw["metadata"], "operations": kept, "shapes": shapes, "version": raw.get("version")}


def _parser(protocol: str) -> Any:
    from botocore.parsers import ResponseParserFactory

    factory = ResponseParserFactory()
    factory.set_parser_defaults(timestamp_parser=_instant)
    return factory.create_parser(protocol)


def _instant(value: Any) -> str:
    """RFC 3339 in UTC, whole seconds unless there is a fraction; epoch numbers and AWS's date texts."""
    if isinstance(value, int | float):
        found = datetime.fromtimestamp(value, UTC)
    else:
        text = str(value)
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            from botocore.utils import parse_timestamp

            found = parse_timestamp(text)
    found = found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)
    return found.isoformat().replace("+00:00", "Z")
