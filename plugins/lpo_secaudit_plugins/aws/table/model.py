"""The words of the evidence table: an evidence type, how it is listed, where its facets come from.

The table is data. From it and from what the checks read, the planner derives which operations to
call; the documentation and the least-privilege policy are derived from the same rows.

A facet is found in this order: in `facets` (one call of its own), else in `summary` or, where the
type has no `detail`, among the members of the listed item, else among the members of the detail.
AWS's member names and values are kept, with these exceptions: times are RFC 3339 strings in UTC;
binary values are base64; a member that AWS left out is null; members in `json` are parsed; members
in `redact` are replaced (see `redact.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

__all__ = ["Call", "Facet", "Scope", "Type", "call"]


class Scope(StrEnum):
    """What a type is listed once per."""

    ACCOUNT = "account"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class Call:
    """One operation.

    Attributes:
        service: botocore's name of the service.
        operation: the operation's name.
        params: parameters; a string value may hold `{Member}` of the item it is called for, and
            {account}, {region}, {partition}, {arn}.
        path: dotted way to the part of the answer that is wanted; "" is the whole answer.
            A step ending in "[]" goes through a list.
        none_on: error codes by which the source says that there is none. "Code/text" asks for
            the text within the message too, where a code has several meanings.
        none_value: what a seen "there is none" becomes.
        region: template of the region to ask where it is not the item's own.
    """

    service: str
    operation: str
    params: Mapping[str, Any] = field(default_factory=dict)
    path: str = ""
    none_on: tuple[str, ...] = ()
    none_value: Any = None
    region: str = ""

    @property
    def name(self) -> str:
        """As named in gaps: `s3:GetBucketPolicy`."""
        return f"{self.service}:{self.operation}"


@dataclass(frozen=True, slots=True)
class Facet:
    """A facet with a call of its own.

    Attributes:
        call: asked once per item, or per scope where `bulk` is set.
        what: shape, for the person who writes a check.
        json: the answer is JSON text to be parsed.
        pairs: the answer is a list of {Key, Value}; it becomes an object.
        when: name of a condition in `conditions.py` on the item; where it does not hold nothing
            is asked and the facet is `otherwise`.
        otherwise: see `when`.
        needs: facets of the same type that `when` reads.
        bulk: the call is made once per scope and its items are joined by this member to the
            item's (`"KeyId"`, or `"theirs=ours"`); an item without partner gets `otherwise`. With
            `":Tags"` behind, the facet is that member of the partner; with `":Name[]"`, the sorted
            list of that member of every partner.
        custom: name of a function in `custom.py` that makes the value, where a row cannot say it.
        redact: members of the answer to be replaced.
    """

    call: Call
    what: str
    json: bool = False
    pairs: bool = False
    when: str = ""
    otherwise: Any = None
    needs: tuple[str, ...] = ()
    bulk: str = ""
    custom: str = ""
    redact: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Type:
    """An evidence type.

    Attributes:
        name: such as "aws.s3.bucket".
        what: one line.
        id: template of `Subject.id`, an ARN wherever AWS has one.
        scope: listed once per account or per region.
        list: the listing; None for a type with exactly one record per scope.
        items: way to the items in the listing's answer; pages are followed.
        name_as: the listing gives bare strings; each becomes {name_as: string}.
        parent: the listing is made once per record of this type, whose members its templates may use.
        summary: members that the listing gives, where `detail` gives the others.
        detail: describes one item; `batch` items in one call where above 1.
        batch: (parameter, member of the item, answer's member to join by, how many).
        facets: facets with calls of their own.
        json: members that hold JSON text.
        redact: members whose leaf values are secrets, dotted; replaced by `redact.py`.
        region: template of the record's region where it is not the one it was listed in.
        once: a thing that several regions list is one record.
        custom: name of a function in `custom.py` that lists the type where a row cannot say it.
        extra: facets that the custom listing adds, with their shape.
    """

    name: str
    what: str
    id: str
    scope: Scope = Scope.REGION
    list: Call | None = None
    items: str = ""
    name_as: str = ""
    parent: str = ""
    summary: tuple[str, ...] = ()
    detail: Call | None = None
    batch: tuple[str, str, str, int] | None = None
    facets: Mapping[str, Facet] = field(default_factory=dict)
    json: tuple[str, ...] = ()
    redact: tuple[str, ...] = ()
    region: str = ""
    once: bool = False
    custom: str = ""
    extra: Mapping[str, str] = field(default_factory=dict)


def call(
    name: str,
    path: str = "",
    /,
    *,
    none_on: tuple[str, ...] = (),
    none_value: Any = None,
    region: str = "",
    **params: Any,
) -> Call:
    """Short form for the table's rows: `call("s3:GetBucketAcl", Bucket="{Name}")`."""
    service, _, operation = name.partition(":")
    return Call(service, operation, params, path, none_on, none_value, region)
