"""Small hand-made accounts: records in, outcomes out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from lpo_secaudit.check.run import run_checks
from lpo_secaudit.model.check import Check, Observation
from lpo_secaudit.model.evidence import Evidence, Gap, GapReason, Listing, ListingStatus, Subject
from lpo_secaudit_plugins.aws.checks import load

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
ACCOUNT, OTHER = "111122223333", "999988887777"
REGION = "eu-west-1"
CHECKS: Mapping[str, Check] = {check.id: check for check in load()}
GAP = Gap(GapReason.DENIED, "not allowed", "test:Operation", "AccessDenied")

IDS = {
    "aws.s3.bucket": "arn:aws:s3:::data",
    "aws.s3.account": f"arn:aws:s3:us-east-1:{ACCOUNT}:account",
    "aws.iam.policy": f"arn:aws:iam::{ACCOUNT}:policy/one",
    "aws.iam.inline-policy": f"arn:aws:iam::{ACCOUNT}:role/one/in",
    "aws.iam.user": f"arn:aws:iam::{ACCOUNT}:user/one",
    "aws.iam.role": f"arn:aws:iam::{ACCOUNT}:role/one",
    "aws.iam.group": f"arn:aws:iam::{ACCOUNT}:group/g",
    "aws.iam.account": f"arn:aws:iam::{ACCOUNT}:root",
    "aws.iam.credential": f"arn:aws:iam::{ACCOUNT}:user/one",
}


def ago(days: float) -> str:
    return (NOW - timedelta(days=days)).isoformat()


def record(type_: str, data: Mapping[str, Any], id_: str = "", region: str | None = REGION) -> Evidence:
    service = type_.split(".")[1]
    id_ = id_ or IDS.get(type_) or f"arn:aws:{service}:{REGION}:{ACCOUNT}:{type_}"
    return Evidence(Subject(type_, id_, "aws", region), dict(data), "aws", NOW)


@dataclass
class Account:
    """An evidence source; every type that a check reads counts as listed in full, unless named."""

    records_: list[Evidence]
    types_: Iterable[str]
    unlisted: frozenset[str] = frozenset()
    listings: tuple[Listing, ...] = field(init=False)

    def __post_init__(self) -> None:
        counts = {t: sum(r.subject.type == t for r in self.records_) for t in self.types_}
        self.listings = tuple(
            Listing(t, "aws", REGION, ListingStatus.UNAVAILABLE, n, GAP)
            if t in self.unlisted
            else Listing(t, "aws", REGION, ListingStatus.COMPLETE, n)
            for t, n in counts.items()
        )

    def types(self) -> tuple[str, ...]:
        return tuple(self.types_)

    def records(self, type_: str) -> list[Evidence]:
        return [r for r in self.records_ if r.subject.type == type_]


def judge(
    check: str,
    records: Iterable[Evidence],
    parameters: Mapping[str, Any] | None = None,
    unlisted: frozenset[str] = frozenset(),
) -> tuple[Observation, ...]:
    """Run one check; facets that the records lack are seen as null, as a complete answer has them."""
    definition = CHECKS[check]
    full = []
    for evidence in records:
        wanted = definition.reads.get(evidence.subject.type, ())
        data = {f: None for f in wanted if f not in evidence.gaps} | dict(evidence.data)
        full.append(replace(evidence, data=data))
    return run_checks(
        [definition],
        Account(full, definition.reads, unlisted),
        evaluated_at=NOW,
        default_max_age=timedelta(days=30),
        parameters={check: parameters or {}},
    )


def outcomes(check: str, records: Iterable[Evidence], **more: Any) -> set[str]:
    return {str(o.outcome) for o in judge(check, records, **more)}


def without(records: list[Evidence], index: int, facet: str) -> list[Evidence]:
    """The records with one facet of one of them turned into a gap."""
    spoiled = records[index]
    data = {k: v for k, v in spoiled.data.items() if k != facet}
    return [*records[:index], replace(spoiled, data=data, gaps={facet: GAP}), *records[index + 1 :]]
