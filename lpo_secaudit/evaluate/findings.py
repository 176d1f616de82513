"""Findings: the conclusion on each control from the observations of the checks it expects."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from lpo_secaudit.model.catalog import Control
from lpo_secaudit.model.check import Observation, Outcome
from lpo_secaudit.model.finding import AppliedWaiver, Finding, FindingStatus

__all__ = ["conclude", "without_absent_support"]

_UNSEEN = (Outcome.UNAVAILABLE, Outcome.STALE, Outcome.ERROR)


def conclude(
    controls: Iterable[tuple[Control, str]],
    observations: Sequence[Observation],
    known_checks: Iterable[str],
    waivers: Iterable[AppliedWaiver],
    engagement: str,
    sourced: Collection[str] = (),
) -> tuple[Finding, ...]:
    """One finding for each control, in order.

    Rules, the first that fits:

    1. out of scope: not-applicable, with the reason;
    2. any violation: not-satisfied (also where other facts are missing: it is proven);
    3. no check expected: undetermined;
    4. an expected check unknown or silent, or any observation unseen: undetermined;
    5. only not-applicable observations: not-applicable;
    6. satisfied.

    Supporting checks disprove a control without checks of its own, which can never be satisfied;
    for other controls they are expected where `sourced` says so, and else decide nothing. So
    taking evidence away, whichever, satisfies no control (docs/adr/0004-supporting-checks.md).

    Args:
        controls: with the reason for exclusion, "" for those in scope.
        known_checks: ids of checks that some plugin or catalog brings.
        engagement: id, part of each finding's fingerprint.
        sourced: ids of supporting checks for whose evidence the engagement names a source.
    """
    known = set(known_checks)
    by_check: dict[str, list[Observation]] = {}
    for observation in observations:
        by_check.setdefault(observation.check, []).append(observation)
    waived = {fingerprint for w in waivers if w.state == "active" for fingerprint in w.observations}
    return tuple(
        _conclude(_expecting(control, sourced), why, by_check, known, waived, engagement)
        for control, why in controls
    )


def _expecting(control: Control, sourced: Collection[str]) -> Control:
    """The control with those supporting checks expected that the engagement names a source for."""
    more = tuple(check for check in control.supporting_checks if check in sourced)
    if not control.checks or not more:
        return control
    return replace(
        control,
        checks=(*control.checks, *more),
        supporting_checks=tuple(check for check in control.supporting_checks if check not in more),
    )


def without_absent_support(
    observations: Iterable[Observation], controls: Iterable[Control]
) -> tuple[Observation, ...]:
    """Leave out what checks that only support say of sources the engagement does not have.

    An audit without a questionnaire need not say of forty claims that nobody was asked. What an
    expected check could not see, and what a source that is there could not show, stays.
    """
    controls = tuple(controls)
    expected = {check for control in controls for check in control.checks}
    supporting = {check for control in controls for check in control.supporting_checks} - expected
    return tuple(
        o
        for o in observations
        if o.check not in supporting or o.subject.source or o.outcome is not Outcome.UNAVAILABLE
    )


def _conclude(
    control: Control,
    excluded: str,
    by_check: Mapping[str, list[Observation]],
    known: set[str],
    waived: set[str],
    engagement: str,
) -> Finding:
    def reported(checks: tuple[str, ...]) -> list[Observation]:
        return [] if excluded else [o for check in checks for o in by_check.get(check, ())]

    support = reported(control.supporting_checks)
    seen = reported(control.checks) if control.checks else support
    failed = [o for o in seen if o.outcome is Outcome.NOT_SATISFIED]
    unseen = [o for o in seen if o.outcome in _UNSEEN]
    missing = () if excluded else tuple(c for c in control.checks if c not in known)
    silent = [c for c in control.checks if c in known and c not in by_check]
    open_ = [o for o in failed if o.fingerprint not in waived]
    if excluded:
        status, reason = FindingStatus.NOT_APPLICABLE, excluded
    elif failed:
        status, reason = (
            FindingStatus.NOT_SATISFIED,
            _violations(failed, len(failed) - len(open_), len(unseen)),
        )
    elif not control.checks:
        status, reason = FindingStatus.UNDETERMINED, _needs_a_person(control, support)
    elif missing:
        status, reason = FindingStatus.UNDETERMINED, f"no plugin brings {', '.join(missing)}"
    elif silent:
        status, reason = FindingStatus.UNDETERMINED, f"no report from {', '.join(silent)}"
    elif unseen:
        status, reason = FindingStatus.UNDETERMINED, _unseen(unseen)
    elif all(o.outcome is Outcome.NOT_APPLICABLE for o in seen):
        status, reason = FindingStatus.NOT_APPLICABLE, seen[0].message
    else:
        passed = sum(o.outcome is Outcome.SATISFIED for o in seen)
        status, reason = FindingStatus.SATISFIED, f"{passed} observations satisfied, none against"
    against = [o for o in support if o.outcome is Outcome.NOT_SATISFIED] if control.checks else []
    if against:
        reason += f"; a supporting check speaks against it: {against[0].check}: {against[0].message}"
    severity = control.severity
    if failed and not control.severity_set:
        severity = max((o.severity for o in open_ or failed), key=lambda s: s.rank)
    return Finding(
        control=control,
        status=status,
        severity=severity,
        reason=reason,
        observations=tuple(dict.fromkeys(o.fingerprint for o in seen)),
        violations=tuple(dict.fromkeys(o.fingerprint for o in open_)),
        missing=missing,
        waived=bool(failed) and not open_,
        engagement=engagement,
    )


def _violations(failed: list[Observation], waived: int, unseen: int) -> str:
    checks = Counter(o.check for o in failed)
    text = f"{len(failed)} violations of {len(checks)} checks"
    if waived:
        text += f", {waived} of them waived"
    return text + (f"; {unseen} facts could not be seen" if unseen else "")


def _needs_a_person(control: Control, support: list[Observation]) -> str:
    if not control.supporting_checks:
        return "no check covers this control yet; it needs a person"
    passed = sum(o.outcome is Outcome.SATISFIED for o in support)
    spoken = (
        f"{passed} supporting observations speak for it" if passed else "no supporting check speaks for it"
    )
    return f"no check can settle this alone, it needs a person; {spoken}"


def _unseen(unseen: list[Observation]) -> str:
    first = unseen[0]
    more = f" (and {len(unseen) - 1} more)" if len(unseen) > 1 else ""
    return f"could not tell: {first.check}: {first.message}{more}"
