"""Agreement leaves no conflict, a leg taken away creates none, and order is of no matter."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from lpo_secaudit.evaluate import Reconciliation
from lpo_secaudit.model.check import Method, Observation, Outcome
from lpo_secaudit.model.evidence import Evidence
from tests.evaluate.legs import answer, certificate, clause, control, held, observed

BAD, GOOD = Outcome.NOT_SATISFIED, Outcome.SATISFIED

# Topic to a clause label, and words by which a general clause names it.
CLAUSES = {
    "encryption-at-rest": ("security-measures-specific", "Provider encrypts data at rest."),
    "mfa": ("security-measures-specific", "Provider requires multi-factor authentication."),
    "backup": ("security-measures-specific", "Provider makes backups."),
    "staff-screening": ("background-checks", "Provider screens its staff."),
    "breach-notice": ("breach-notification", "Provider notifies without undue delay."),
    "sub-processors": ("subprocessor-authorization", "Sub-processors need consent: Mailgun Inc."),
    "data-location": ("data-location", "Data is stored only within the EEA."),
    "certification": ("audit-reports", "Provider hands over its SOC 2 report."),
}
PRECEDENCE = ([], ["dpa", "msa"], ["msa", "dpa"], ["this"], ["stricter"])
STORAGE = "aws-s3-bucket-default-encryption"


@dataclass(frozen=True)
class World:
    promised: tuple[Evidence, ...]
    claimed: tuple[Evidence, ...]
    papers: tuple[Evidence, ...]
    seen: tuple[Observation, ...]

    def held(self) -> Reconciliation:
        asks = [control(f"own-{topic}", topic, f"contract-{label}") for topic, (label, _) in CLAUSES.items()]
        return held(self.promised, self.claimed, self.seen, self.papers, asks, ("phi",))


def _clause(topic: str, document: str, present: bool, hours: int, grade: str) -> Evidence:
    label, words = CLAUSES[topic]
    parameters: dict[str, Any] = {}
    if topic == "breach-notice":
        parameters["deadline_hours"] = hours
    if topic == "sub-processors":
        parameters["mode"] = "specific" if hours < 72 else "general"
        if hours > 72:
            parameters["named"] = ["Mailgun Inc.", "Zendesk"]
    source = document.split(".")[0]
    return clause(
        label,
        words if present else "",
        document=document,
        kind=source,
        source=source,
        grade=grade,
        **(parameters if present else {}),
    )


def _topic_of(record: Evidence) -> str:
    quotes = record.data["quotes"]
    words = str(quotes[0]["text"]) if quotes else ""
    return next((topic for topic, (_, said) in CLAUSES.items() if said == words), "")


clauses = st.builds(
    _clause,
    st.sampled_from(sorted(CLAUSES)),
    st.sampled_from(["dpa.pdf", "msa.pdf"]),
    st.booleans(),
    st.sampled_from([24, 72, 2000]),
    st.sampled_from(["strong", "weak"]),
)
precedences = st.builds(
    lambda order, document: clause(
        "order-of-precedence",
        "This prevails.",
        document=document,
        kind=document.split(".")[0],
        source=document.split(".")[0],
        **({"prevails": order[0], "order": order} if order else {}),
    ),
    st.sampled_from(PRECEDENCE),
    st.sampled_from(["dpa.pdf", "msa.pdf"]),
)
answers = st.builds(
    answer,
    st.sampled_from(sorted(CLAUSES)),
    st.sampled_from(["yes", "no", "partial", "unanswered"]),
    st.sampled_from(["Do you do this?", "Is data hosted in India only?", "Do you notify within 48 hours?"]),
    days_old=st.sampled_from([10, 500]),
    place=st.sampled_from(["A!C2", "A!C3"]),
    source=st.sampled_from(["caiq", "sig"]),
)
papers = st.builds(
    certificate,
    st.sampled_from(["iso-27001", "penetration-test"]),
    until=st.sampled_from(["2026-01-31", "2027-01-31"]),
)


@st.composite
def observations(draw: st.DrawFn) -> Observation:
    topic = draw(st.sampled_from(sorted(CLAUSES)))
    seen = observed(
        topic,
        draw(st.sampled_from([GOOD, BAD, Outcome.UNAVAILABLE, Outcome.STALE])),
        draw(st.sampled_from(["thing-1", "thing-2"])),
        source=draw(st.sampled_from(["aws", "web"])),
        region=draw(st.sampled_from([None, "us-east-1", "eu-central-1"])),
    )
    if topic == "encryption-at-rest":
        return replace(seen, check=STORAGE)
    if topic == "sub-processors":
        name = draw(st.sampled_from(["Mailgun Inc", "Sendalot"]))
        return replace(seen, subject=replace(seen.subject, type="party", id=name))
    return seen


worlds = st.builds(
    World,
    # A document has one record for a clause; general clauses here have one for each topic.
    st.tuples(
        st.lists(clauses, max_size=6, unique_by=lambda r: (r.subject.id, _topic_of(r))),
        st.lists(precedences, max_size=2, unique_by=lambda r: r.subject.id),
    ).map(lambda parts: (*parts[0], *parts[1])),
    st.lists(answers, max_size=6).map(tuple),
    st.lists(papers, max_size=2).map(tuple),
    st.lists(observations(), max_size=6).map(tuple),
)


def _examined(world: World) -> World:
    """Add what the contract checks say: every weak clause fails."""
    failed = [
        observed(
            "",
            BAD,
            str(record.data["document"]),
            check=f"contract-{record.data['clause']}",
            method=Method.EXAMINE,
            evidence=(record.digest,),
        )
        for record in world.promised
        if record.data["grade"] == "weak"
    ]
    return replace(world, seen=(*world.seen, *failed))


@settings(max_examples=150, deadline=None)
@given(worlds)
def test_taking_a_leg_away_creates_no_conflict(world: World) -> None:
    full = _examined(world)
    conflicts = set(full.held().conflicts)
    without_practice = replace(full, seen=tuple(o for o in full.seen if o.method is not Method.TEST))
    without_claims = replace(full, claimed=(), papers=())
    without_promises = replace(
        full, promised=(), seen=tuple(o for o in full.seen if o.method is not Method.EXAMINE)
    )
    for less in (without_practice, without_claims, without_promises):
        assert set(less.held().conflicts) <= conflicts


@settings(max_examples=60, deadline=None)
@given(worlds, st.randoms(use_true_random=False))
def test_the_order_of_evidence_is_of_no_matter(world: World, chance: random.Random) -> None:
    full = _examined(world)

    def shuffled(items: tuple[object, ...]) -> tuple[object, ...]:
        return tuple(chance.sample(items, len(items)))

    mixed = World(*(shuffled(part) for part in (full.promised, full.claimed, full.papers, full.seen)))  # type: ignore[arg-type]
    one, other = full.held(), mixed.held()
    assert one.conflicts == other.conflicts
    assert [r.to_json() for r in one.matrix] == [r.to_json() for r in other.matrix]


@settings(max_examples=60, deadline=None)
@given(
    st.sets(st.sampled_from(sorted(CLAUSES)), min_size=1),
    st.lists(st.sampled_from(["dpa.pdf", "msa.pdf"]), min_size=1, max_size=2, unique=True),
    st.integers(1, 3),
)
def test_legs_that_agree_leave_no_conflict(topics: set[str], documents: list[str], times: int) -> None:
    """Everything promised is claimed and seen, everything claimed is promised and seen."""
    questions = {"breach-notice": "Do you notify within 24 hours?", "data-location": "Only in the EEA?"}
    world = World(
        (
            *(_clause(t, d, True, 24, "strong") for t in sorted(topics) for d in documents),
            clause("order-of-precedence", "This DPA prevails.", prevails="this", order=["this"]),
        ),
        tuple(
            answer(t, "yes", questions.get(t, "Do you do this?"), place=f"A!C{n}")
            for t in sorted(topics)
            for n in range(times)
        ),
        (certificate("iso-27001", until="2027-01-31"),),
        tuple(
            observed(t, GOOD, f"thing-{n}", region="eu-central-1", check=STORAGE if "rest" in t else "")
            if t != "sub-processors"
            else observed(t, Outcome.NOT_APPLICABLE, "Mailgun Inc", type_="party")
            for t in sorted(topics)
            for n in range(times)
        ),
    )
    found = world.held()
    assert not found.conflicts
    spoken = {r.topic: r.verdict for r in found.matrix}
    assert all(spoken[t] == "agree" for t in topics)


@settings(max_examples=80, deadline=None)
@given(worlds)
def test_every_conflict_has_two_sides_with_words_and_stands_in_its_row(world: World) -> None:
    found = _examined(world).held()
    rows = {r.topic: r for r in found.matrix}
    for conflict in found.conflicts:
        for leg in (conflict.first, conflict.second):
            assert leg.source and leg.place and leg.quote
        assert conflict.ask and conflict.message
        assert conflict.fingerprint in rows[conflict.topic].conflicts
        assert rows[conflict.topic].verdict == "conflict"
    assert len({c.fingerprint for c in found.conflicts}) == len(found.conflicts)
