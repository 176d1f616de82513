"""Secrets and certificates: renewed in time, and readable by nobody outside."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from lpo_secaudit.check.wording import in_words
from lpo_secaudit.model.check import (
    CheckFunction,
    Record,
    Verdict,
    World,
    not_applicable,
    not_satisfied,
    satisfied,
)
from lpo_secaudit_plugins.aws.checks.common import cannot_tell, instant, not_public

__all__ = ["FUNCTIONS"]


def _rotation(record: Record, world: World) -> Verdict:
    if record["RotationEnabled"] is not True:
        return not_satisfied("rotation is not enabled")
    grace = timedelta(days=float(world.parameters["grace_days"]))
    due = instant(record["NextRotationDate"])
    period = _rotation_period(record["RotationRules"] or {})
    last = instant(record["LastRotatedDate"]) or instant(record["CreatedDate"])
    if due is None and period and last:
        due = last + period
    if due is not None and world.evaluated_at > due + grace:
        return not_satisfied(f"rotation is enabled but overdue since {due.date().isoformat()}")
    return satisfied("rotation is enabled")


_RATE = re.compile(r"rate\((\d{1,5}) (hour|day)s?\)")


def _rotation_period(rules: Mapping[str, Any]) -> timedelta | None:
    """How often a secret is to rotate; None where a calendar schedule says when."""
    if rules.get("AutomaticallyAfterDays"):
        return timedelta(days=int(rules["AutomaticallyAfterDays"]))
    rate = _RATE.fullmatch(str(rules.get("ScheduleExpression")).strip())
    if rate is None:
        return None
    return timedelta(**{rate[2] + "s": int(rate[1])})


def _certificate(record: Record, world: World) -> Verdict:
    if record["InUse"] is not True:
        if record["InUse"] is None:
            raise cannot_tell("whether the certificate is in use is not reported")
        return not_applicable("not in use")
    until = instant(record["NotAfter"])
    if until is None:
        return not_satisfied(f"in use, but not issued (status: {in_words(record['Status'])})")
    days = int((until - world.evaluated_at) / timedelta(days=1)) if until > world.evaluated_at else -1
    if days < 0:
        return not_satisfied(f"expired on {until.date().isoformat()}")
    if days <= int(world.parameters["days"]):
        return not_satisfied(f"expires in {days} days")
    return satisfied(f"valid for {days} days")


FUNCTIONS: Mapping[str, CheckFunction] = {
    "aws-secretsmanager-automatic-rotation-enabled": _rotation,
    "aws-secretsmanager-secret-not-public": not_public(
        "policy",
        (
            "secretsmanager:getsecretvalue",
            "secretsmanager:putsecretvalue",
            "secretsmanager:putresourcepolicy",
        ),
    ),
    "aws-acm-certificates-expiration-check": _certificate,
}
