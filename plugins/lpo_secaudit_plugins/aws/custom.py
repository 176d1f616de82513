"""What a row of the table cannot say: joins over a whole answer, polling, confirmation."""

from __future__ import annotations

import csv
import io
import json
import time
from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from lpo_secaudit.model.evidence import GapReason
from lpo_secaudit_plugins.aws.api.failures import CallError
from lpo_secaudit_plugins.aws.redact import secrets_in
from lpo_secaudit_plugins.aws.table import Call, Facet
from lpo_secaudit_plugins.aws.values import as_json, find, parse_document

if TYPE_CHECKING:
    from lpo_secaudit_plugins.aws.asking import Asker, Item
    from lpo_secaudit_plugins.aws.gather import Account
    from lpo_secaudit_plugins.aws.plan import Need

__all__ = ["FACETS", "LISTERS", "bucket_region"]

REPORT_WAIT_S = 120.0
"""How long a credential report may take; AWS makes one within seconds."""


# ------------------------------------------------------------------------------- credential report


def credentials(account: Account, need: Need, scope: str) -> None:
    """The credential report, row by row; asked for first only where AWS has none at hand."""
    assert need.row.list is not None  # noqa: S101  # the table's row has one
    holder = account.asker.blank(account.asker.home)
    content = _report(account.asker, need.row.list, holder)
    rows = csv.DictReader(io.StringIO(content))
    for row in rows:
        item = account.asker.blank(account.asker.home)
        item.members = {k: v for k, v in row.items() if k is not None}
        item.values["arn"] = str(row.get("arn", ""))
        item.requests = dict(holder.requests)
        item.at = holder.at
        account.item(need, scope, item)


def _report(asker: Asker, get: Call, holder: Item) -> str:
    deadline = time.monotonic() + REPORT_WAIT_S
    wait = 0.25
    generate = Call("iam", "GenerateCredentialReport")
    while True:
        try:
            content = asker.call(get, holder, _whole_report).data["Content"]
            return content.decode("utf-8") if isinstance(content, bytes) else str(content)
        except CallError as error:
            absent = error.code in (
                "ReportNotPresent",
                "ReportExpired",
                "ReportInProgress",
                "CredentialReportNotPresentException",
                "CredentialReportExpiredException",
                "CredentialReportNotReadyException",
            )
            if not absent:
                raise
        while asker.call(generate, holder).data.get("State") != "COMPLETE":
            if time.monotonic() > deadline:
                raise CallError(get.name, "ReportNotReady", "", GapReason.TIMEOUT)
            time.sleep(wait)
            wait = min(5.0, wait * 2)


def _whole_report(data: Mapping[str, Any]) -> None:
    content = data.get("Content")
    text = content.decode("utf-8") if isinstance(content, bytes) else str(content)
    if not text.startswith("user,arn,"):
        raise ValueError("not a credential report")


# ------------------------------------------------------------------------------------- IAM details


def iam(account: Account, need: Need, scope: str) -> None:
    """Users, groups, roles and policies from one paged answer, whichever of them are wanted."""
    assert need.row.list is not None  # noqa: S101
    details, pages = account.asker.memo.get("iam", lambda: _details(account.asker, need.row.list))
    kind = need.row.items.removesuffix("[]")
    for members in details[kind]:
        item = account.asker.blank(account.asker.home)
        item.members = members
        for key in ("Arn", "principal", "name"):
            item.values[key] = str(members.get(key, ""))
        item.requests = dict(pages)
        account.item(need, scope, item)


_INLINE = {
    "UserDetailList": "UserPolicyList",
    "GroupDetailList": "GroupPolicyList",
    "RoleDetailList": "RolePolicyList",
}


def _details(asker: Asker, call: Any) -> tuple[dict[str, list[dict[str, Any]]], dict[str, str]]:
    found: dict[str, list[dict[str, Any]]] = {
        "UserDetailList": [],
        "GroupDetailList": [],
        "RoleDetailList": [],
        "Policies": [],
    }
    requests: dict[str, str] = {}
    # AWS's own policies come to more than a thousand on some servers, nearly all attached to nothing.
    unused: dict[str, dict[str, Any]] = {}
    for page in asker.client.pages(call.service, call.operation, asker.home, call.params):
        requests.setdefault(call.name, page.request_id)
        for kind, kept in found.items():
            for raw in page.data.get(kind) or ():
                if kind == "Policies" and _is_aws(raw.get("Arn", "")):
                    unused[raw["Arn"]] = raw
                else:
                    kept.append(raw)
    attached: dict[str, set[str]] = {}
    bounded: dict[str, set[str]] = {}
    for kind in ("UserDetailList", "GroupDetailList", "RoleDetailList"):
        for entity in found[kind]:
            for policy in entity.get("AttachedManagedPolicies") or ():
                attached.setdefault(policy.get("PolicyArn", ""), set()).add(entity["Arn"])
            boundary = (entity.get("PermissionsBoundary") or {}).get("PermissionsBoundaryArn")
            if boundary:
                bounded.setdefault(boundary, set()).add(entity["Arn"])
            _parse_entity(entity)
    found["InlinePolicies"] = [
        {"principal": entity["Arn"], "name": policy.get("PolicyName"), "document": policy["PolicyDocument"]}
        for kind, member in _INLINE.items()
        for entity in found[kind]
        for policy in entity.get(member) or ()
    ]
    for arn in sorted(set(attached) | set(bounded)):
        if arn in unused:
            found["Policies"].append(unused[arn])
    unused.clear()
    for policy in found["Policies"]:
        arn = policy.get("Arn", "")
        versions = policy.pop("PolicyVersionList", None) or ()
        default = next((v for v in versions if v.get("IsDefaultVersion")), None) or next(
            (v for v in versions if v.get("VersionId") == policy.get("DefaultVersionId")), None
        )
        policy["document"] = _document(default.get("Document") if default else None)
        policy.setdefault("PolicyName", arn.rsplit("/", 1)[-1] or None)
        policy["aws_managed"] = _is_aws(arn)
        policy["attached_to"] = sorted(attached.get(arn, ()))
        policy["boundary_of"] = sorted(bounded.get(arn, ()))
    return found, requests


def _parse_entity(entity: dict[str, Any]) -> None:
    if "AssumeRolePolicyDocument" in entity:
        entity["AssumeRolePolicyDocument"] = _document(entity["AssumeRolePolicyDocument"])
    for member in _INLINE.values():
        for policy in entity.get(member) or ():
            policy["PolicyDocument"] = _document(policy.get("PolicyDocument"))
    for profile in entity.get("InstanceProfileList") or ():
        for role in profile.get("Roles") or ():
            # The same trust document again, once per profile.
            role.pop("AssumeRolePolicyDocument", None)


def _document(text: Any) -> Any:
    """The parsed document; text that is not JSON stays text, which no check takes for a policy."""
    try:
        return parse_document(text)
    except ValueError:
        return text


def _is_aws(arn: str) -> bool:
    return arn.split(":")[4:5] == ["aws"]


# ------------------------------------------------------------------------------------------ others


def bucket_region(asker: Asker, item: Item) -> str | None:
    """Where a bucket is: from the listing, else from HeadBucket, which says it even when it refuses."""
    listed = item.members.get("BucketRegion")
    if isinstance(listed, str) and listed:
        return listed
    head = Call("s3", "HeadBucket", {"Bucket": "{Name}"})
    try:
        answer = asker.call(head, item)
        found = answer.data.get("BucketRegion") or answer.headers.get("x-amz-bucket-region")
    except CallError as error:
        found = error.bucket_region
        if not found:
            item.lost = error
            return None
    # A server that names no region has only one.
    return str(found or asker.home)


def snapshot_public(asker: Asker, facet: Facet, item: Item, data: Mapping[str, Any]) -> bool:
    """Listed as restorable by all, and confirmed by the attribute: the few that are listed cost little.

    Confirmation keeps servers that ignore the filter from making every snapshot public. AWS does
    not let an encrypted snapshot be public.
    """
    if data["Encrypted"] is True:
        return False
    place = asker.blank(item.region)
    key = ("public-snapshots", item.region)

    def ask() -> frozenset[str]:
        whole = Call(facet.call.service, facet.call.operation, facet.call.params, "Snapshots[]")
        return frozenset(str(s.get("SnapshotId")) for s in asker.all_pages(whole, place))

    if item.values["SnapshotId"] not in asker.memo.get(key, ask):
        return False
    attribute = Call(
        "ec2",
        "DescribeSnapshotAttribute",
        {"SnapshotId": "{SnapshotId}", "Attribute": "createVolumePermission"},
    )
    permissions = asker.call(attribute, item).data.get("CreateVolumePermissions") or ()
    return any(p.get("Group") == "all" for p in permissions)


def db_snapshot_public(asker: Asker, facet: Facet, item: Item, data: Mapping[str, Any]) -> bool:
    """Whether `all` is among those who may restore it."""
    attributes = find(asker.call(facet.call, item).data, facet.call.path) or ()
    return any(
        a.get("AttributeName") == "restore" and "all" in (a.get("AttributeValues") or ()) for a in attributes
    )


def function_urls(asker: Asker, facet: Facet, item: Item, data: Mapping[str, Any]) -> Any:
    """URLs of a function and its aliases; of the function alone where the listing is not known.

    The region's first function finds out which, while the others wait: a server without the listing
    is asked for it once.
    """
    first: list[Any] = []

    def is_known() -> bool:
        try:
            first.append(asker.all_pages(facet.call, item))
        except CallError as error:
            return error.gap.reason is not GapReason.UNSUPPORTED
        return True

    if asker.memo.get(("url-listing", item.region), is_known):
        return first[0] if first else asker.all_pages(facet.call, item)
    single = Call("lambda", "GetFunctionUrlConfig", {"FunctionName": "{FunctionName}"})
    return [asker.call(single, item).data]


def user_data(asker: Asker, facet: Facet, item: Item, data: Mapping[str, Any]) -> Any:
    """What user data holds, without it: start-up scripts are full of passwords."""
    import base64
    import binascii
    import zlib

    encoded = find(asker.call(facet.call, item).data, facet.call.path)
    if not encoded:
        return None
    try:
        raw = base64.b64decode(encoded)
    except (binascii.Error, ValueError):
        raw = str(encoded).encode()
    if raw[:2] == b"\x1f\x8b":
        raw = zlib.decompressobj(31).decompress(raw, 4 * 1024 * 1024)
    text = raw.decode("utf-8", "replace")
    return {**asker.redactor.value(text), "secrets": secrets_in(text)}


def detectors(asker: Asker, facet: Facet, item: Item, data: Mapping[str, Any]) -> Any:
    """GuardDuty's detectors of a region with their details."""
    found = []
    for id_ in sorted(str(d) for d in asker.all_pages(facet.call, item)):
        asked = asker.blank(item.region)
        asked.values["DetectorId"] = id_
        answer = asker.call(Call("guardduty", "GetDetector", {"DetectorId": "{DetectorId}"}), asked)
        item.requests.update(asked.requests)
        found.append({"DetectorId": id_, **answer.data})
    return found


def sorted_list(asker: Asker, facet: Facet, item: Item, data: Mapping[str, Any]) -> Any:
    """A list whose order means nothing."""
    return sorted(asker.all_pages(facet.call, item), key=str)


def prefix_lists(asker: Asker, facet: Facet, item: Item, data: Mapping[str, Any]) -> Any:
    """What the prefix lists hold that a group's rules name, each asked for once in its region."""
    names = sorted(
        {
            str(entry["PrefixListId"])
            for rule in data["IpPermissions"] or ()
            for entry in rule.get("PrefixListIds") or ()
        }
    )

    def entries(name: str) -> list[str]:
        params = {**facet.call.params, "PrefixListId": name}
        call = Call(facet.call.service, facet.call.operation, params, facet.call.path)
        return sorted(str(e["Cidr"]) for e in asker.all_pages(call, asker.blank(item.region)))

    return {
        name: asker.memo.get(("prefix-list", item.region, name), partial(entries, name)) for name in names
    }


_KMS_EVENTS = ("Decrypt", "GenerateDataKey", "GenerateDataKeyPair", "GenerateRandom", "DeriveSharedSecret")
_EVENT_PAGES = 5


def kms_events(asker: Asker, facet: Facet, item: Item, data: Mapping[str, Any]) -> Any:
    """Recent KMS calls, with what the calling enclave attested; who called is left out."""
    found = []
    for name in _KMS_EVENTS:
        attribute = {"AttributeKey": "EventName", "AttributeValue": name}
        params = {**facet.call.params, "LookupAttributes": [attribute]}
        pages = asker.client.pages("cloudtrail", "LookupEvents", item.region, params)
        for _, page in zip(range(_EVENT_PAGES), pages, strict=False):
            item.requests[facet.call.name] = page.request_id
            for event in page.data.get("Events") or ():
                try:
                    detail = json.loads(event.get("CloudTrailEvent") or "{}")
                except ValueError:
                    continue
                if detail.get("eventSource", "kms.amazonaws.com") != "kms.amazonaws.com":
                    continue
                extra = detail.get("additionalEventData") or {}
                found.append(
                    {
                        "EventName": name,
                        "EventTime": event.get("EventTime"),
                        "EventId": event.get("EventId"),
                        "key_arns": sorted(str(r.get("ARN")) for r in detail.get("resources") or ()),
                        "attestation": as_json(extra.get("recipient")),
                    }
                )
    return sorted(found, key=lambda e: (str(e["EventName"]), str(e["EventId"])))


Lister = Callable[["Account", "Need", str], None]
FacetFunction = Callable[["Asker", Facet, "Item", Mapping[str, Any]], Any]

LISTERS: Mapping[str, Lister] = {"credentials": credentials, "iam": iam}
FACETS: Mapping[str, FacetFunction] = {
    function.__name__: function
    for function in (
        snapshot_public,
        db_snapshot_public,
        function_urls,
        user_data,
        detectors,
        sorted_list,
        prefix_lists,
        kms_events,
    )
}
