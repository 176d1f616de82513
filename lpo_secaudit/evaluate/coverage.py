"""Coverage: how much could be answered, and the bounds that the unanswered leaves on the score."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping

from lpo_secaudit.model.check import Observation, Outcome
from lpo_secaudit.model.evidence import Listing, ListingStatus
from lpo_secaudit.model.finding import Coverage, Finding, FindingStatus

__all__ = ["measure_coverage", "source_states"]


def source_states(
    planned: Mapping[str, bool], listings: Iterable[Listing], asked: Collection[str] = ()
) -> dict[str, str]:
    """Source id to "complete", "partial" or "unavailable".

    Args:
        planned: source id to whether a collector could be asked at all.
        asked: ids of the sources that something was wanted of; such a source without a listing
            (an empty bundle handed over) told nothing, so it is unavailable.
    """
    by_source: dict[str, list[ListingStatus]] = {source: [] for source in planned}
    for listing in listings:
        by_source.setdefault(listing.source.split("/")[0], []).append(listing.status)
    states = {}
    for source, statuses in by_source.items():
        silent = source in asked and not statuses
        if silent or not planned.get(source, True) or set(statuses) == {ListingStatus.UNAVAILABLE}:
            states[source] = "unavailable"
        else:
            states[source] = "complete" if set(statuses) <= {ListingStatus.COMPLETE} else "partial"
    return dict(sorted(states.items()))


def measure_coverage(
    findings: Iterable[Finding], observations: Iterable[Observation], sources: Mapping[str, str]
) -> Coverage:
    """Count, and compute the score with its bounds; shares are rounded to four digits."""
    findings = tuple(findings)
    controls = {str(status): 0 for status in FindingStatus} | dict(Counter(str(f.status) for f in findings))
    controls["waived"] = sum(f.waived for f in findings)
    outcomes = {str(outcome): 0 for outcome in Outcome} | dict(Counter(str(o.outcome) for o in observations))
    good, bad, open_ = (
        controls[str(s)]
        for s in (FindingStatus.SATISFIED, FindingStatus.NOT_SATISFIED, FindingStatus.UNDETERMINED)
    )
    applicable = good + bad + open_
    return Coverage(
        controls=controls,
        observations=outcomes,
        sources=sources,
        score=_share(good, good + bad),
        score_low=_share(good, applicable),
        score_high=_share(good + open_, applicable),
        determined=_share(good + bad, applicable),
    )


def _share(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None
