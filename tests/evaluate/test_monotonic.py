"""From evidence to finding: whatever is taken out of a bundle, no control becomes satisfied by it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_secaudit.check.run import run_checks
from lpo_secaudit.evaluate import conclude
from lpo_secaudit.model.check import Check, Method, Severity
from lpo_secaudit.model.evidence import Evidence, Listing, ListingStatus
from lpo_secaudit.model.finding import FindingStatus
from tests.evaluate.legs import control
from tests.worlds import DENIED, NOW, MemoryEvidence, listed, record


def check(id_: str, facet: str, quantifier: str) -> Check:
    return Check(
        id=id_,
        title="It is closed",
        rationale="It must be.",
        severity=Severity.HIGH,
        topic="mfa",
        method=Method.TEST,
        remediation="Close it.",
        evidence="store.box",
        reads={"store.box": (facet,)},
        expect={"required": [facet], "properties": {facet: {"const": True}}},
        quantifier=quantifier,
    )


CHECKS = (
    check("locked", "locked", "each"),
    check("sealed", "sealed", "each"),
    check("signed", "signed", "any"),
)
FACETS = ("locked", "sealed", "signed")


@st.composite
def boxes(draw: st.DrawFn, source: str) -> list[Evidence]:
    made = []
    for number in range(draw(st.integers(0, 3))):
        states = {facet: draw(st.sampled_from([True, True, False, None])) for facet in FACETS}
        data = {facet: state for facet, state in states.items() if state is not None}
        gaps = {facet: DENIED for facet, state in states.items() if state is None}
        age = timedelta(days=draw(st.sampled_from([0, 0, 200])))
        made.append(record(f"box-{number}", data, gaps=gaps, source=source, collected_at=NOW - age))
    return made


@st.composite
def bundles(draw: st.DrawFn) -> tuple[list[Evidence], list[Listing]]:
    records, listings = [], []
    for source in ("one", "two"):
        own = draw(boxes(source))
        status = draw(st.sampled_from([ListingStatus.COMPLETE] * 3 + [ListingStatus.PARTIAL]))
        records += own
        listings.append(listed(len(own), status=status, source=source))
    return records, listings


def statuses(records: list[Evidence], listings: list[Listing]) -> list[FindingStatus]:
    observations = run_checks(
        CHECKS, MemoryEvidence(records, listings), evaluated_at=NOW, default_max_age=timedelta(days=90)
    )
    controls = [
        control("each", "mfa", "locked", "sealed"),
        control("any", "mfa", "signed"),
        control("all", "mfa", "locked", "sealed", "signed"),
        replace(control("paper", "mfa"), supporting_checks=("locked",)),
        replace(control("both", "mfa", "locked"), supporting_checks=("sealed",)),
    ]
    known = [c.id for c in CHECKS]
    findings = conclude([(c, "") for c in controls], observations, known, (), "acme", sourced={"sealed"})
    return [f.status for f in findings]


@settings(max_examples=150, deadline=None)
@given(bundles(), st.data())
def test_records_taken_out_of_a_bundle_satisfy_nothing(
    bundle: tuple[list[Evidence], list[Listing]], data: st.DataObject
) -> None:
    records, listings = bundle
    before = statuses(records, listings)
    kept = [r for r in records if data.draw(st.booleans())]
    for was, now in zip(before, statuses(kept, listings), strict=True):
        assert now is not FindingStatus.SATISFIED or was is FindingStatus.SATISFIED


@settings(max_examples=100, deadline=None)
@given(bundles(), st.data())
def test_facets_taken_out_of_records_satisfy_nothing(
    bundle: tuple[list[Evidence], list[Listing]], data: st.DataObject
) -> None:
    records, listings = bundle
    before = statuses(records, listings)
    less = []
    for r in records:
        gone = data.draw(st.sets(st.sampled_from(FACETS)))
        less.append(replace(r, data={k: v for k, v in r.data.items() if k not in gone}))
    for was, now in zip(before, statuses(less, listings), strict=True):
        assert now is not FindingStatus.SATISFIED or was is FindingStatus.SATISFIED


@settings(max_examples=60, deadline=None)
@given(bundles(), st.randoms(use_true_random=False))
def test_the_order_of_records_is_of_no_matter(
    bundle: tuple[list[Evidence], list[Listing]], chance: object
) -> None:
    records, listings = bundle
    mixed = chance.sample(records, len(records))  # type: ignore[attr-defined]
    assert statuses(mixed, listings) == statuses(records, listings)
