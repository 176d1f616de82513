"""Waivers: which violations an owner has accepted, until when. A waiver hides nothing."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal

from lpo_secaudit.model.check import Observation, Outcome
from lpo_secaudit.model.engagement import WaiverRequest
from lpo_secaudit.model.finding import AppliedWaiver

__all__ = ["MAX_LIFE", "apply_waivers"]

MAX_LIFE = timedelta(days=366)
"""A waiver may reach at most this far ahead of the audit; a longer one is a policy change."""


def apply_waivers(
    waivers: Iterable[WaiverRequest], observations: Iterable[Observation], evaluated_at: datetime
) -> tuple[AppliedWaiver, ...]:
    """Say of each waiver whether it counts and which violations it covers, in file order.

    Only a violation can be waived: what could not be seen stays unseen whoever accepts it.
    """
    violations = [o for o in observations if o.outcome is Outcome.NOT_SATISFIED]
    applied = []
    for waiver in waivers:
        covered = tuple(
            sorted(
                {
                    o.fingerprint
                    for o in violations
                    if o.check == waiver.check and waiver.subject in ("*", o.subject.id)
                }
            )
        )
        state: Literal["active", "expired", "too-long", "unused"] = "active"
        if waiver.expires <= evaluated_at:
            state = "expired"
        elif waiver.expires - evaluated_at > MAX_LIFE:
            state = "too-long"
        elif not covered:
            state = "unused"
        applied.append(
            AppliedWaiver(
                waiver.check, waiver.subject, waiver.owner, waiver.reason, waiver.expires, state, covered
            )
        )
    return tuple(applied)
