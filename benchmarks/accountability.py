"""How fast incidents are assessed, and whether memory stays flat.

    python benchmarks/accountability.py [--incidents 10000] [--all-rules 10000]

First: incidents against a register of 20 obligations (target: 10,000 assessments within 20 s on one
core). Second: incidents against a duty of every rule in force, with persons in every place they name.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import json
import random
import resource
import sys
import time
import tracemalloc
from datetime import UTC, datetime, timedelta

from lpo_secaudit.accountability import (
    Event,
    Incident,
    Obligation,
    Party,
    Relationship,
    assess,
    builtin_rules,
    obligations,
)
from lpo_secaudit.accountability.affected import Affected, Count
from lpo_secaudit.accountability.conditions import leaves

KINDS = ("suspected", "aware", "discovered", "determined", "confirmed")


def every_rule() -> tuple[Obligation, ...]:
    """One duty of each rule in force. Some bind only a firm of one place or role, so that no single
    relationship has them all; they are taken from as many as it needs."""
    rules = builtin_rules().values()
    regimes = sorted({x.values[0] for r in rules for x in leaves(r.scope) if x.kind == "regime"})
    places = sorted({r.jurisdiction for r in rules if r.jurisdiction != "EU"} | {"AT", "FR"})
    found: dict[str, Obligation] = {}
    for firm, role, provider in itertools.product(places, ("controller", "processor"), ("PH", "IN")):
        relationship = Relationship(
            firm=Party("Firm", firm),
            provider=Party("Provider", provider),
            firm_role=role,
            data_classes=("eu-personal-data", "phi", "privileged"),
            subjects_in=tuple(places),
            regimes=tuple(regimes),
            provider_is_agent=False,
            firm_is_agent=False,
            clauses=(),
        )
        for duty in obligations(relationship):
            found.setdefault(duty.ref, duty)
    missing = {r.id for r in rules if r.status == "in-force"} - set(found)
    if missing:
        sys.stderr.write(f"no relationship has: {', '.join(sorted(missing))}\n")
    return tuple(found.values())


def incident(number: int, dice: random.Random, places: list[str]) -> Incident:
    """One incident of its own times, places and numbers."""
    occurred = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=dice.randrange(300_000))
    events = [Event("occurred", occurred)]
    at = occurred
    for who in ("provider", "firm"):
        for kind in KINDS:
            at += timedelta(minutes=dice.randrange(1, 600))
            events.append(Event(kind, at, who))
    events.append(Event("notified", at + timedelta(hours=5), "provider", "firm"))
    hit = {place: Count(n, n) for place in dice.sample(places, 6) for n in (dice.randrange(1, 3000),)}
    total = sum(c.low for c in hit.values())
    return Incident(
        id=f"case-{number}",
        title="case",
        events=tuple(events),
        affected=Affected(Count(total, total), hit),
        data=("eu-personal-data", "phi"),
        encrypted=False,
        key_safe=False,
        risk=dice.choice(("likely", "high")),
    )


def measure(name: str, register: tuple[Obligation, ...], number: int, places: list[str]) -> dict[str, object]:
    """Assess that many incidents.

    Memory twice: what Python holds after two equal rounds before the measurement (`growth_kib_...`), and
    the process's peak after a tenth of the measurement against its end (`peak_rss_growth_mib`).
    """
    dice = random.Random(7)
    tracemalloc.start()
    assess(incident(0, dice, places), register, datetime(2026, 9, 1, tzinfo=UTC))
    for i in range(max(1, number // 50)):
        assess(incident(i, dice, places), register, datetime(2026, 9, 1, tzinfo=UTC))
    gc.collect()
    early, _ = tracemalloc.get_traced_memory()
    for i in range(max(1, number // 50)):
        assess(incident(i, dice, places), register, datetime(2026, 9, 1, tzinfo=UTC))
    gc.collect()
    late, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    states = 0
    began, cpu = time.perf_counter(), time.process_time()
    peak = _peak_mib()
    for i in range(number):
        if i == number // 10:
            peak = _peak_mib()
        states += len(assess(incident(i, dice, places), register, datetime(2026, 9, 1, tzinfo=UTC)).duties)
    seconds = time.perf_counter() - began
    return {
        "name": name,
        "incidents": number,
        "obligations": len(register),
        "seconds": round(seconds, 2),
        "cpu_seconds": round(time.process_time() - cpu, 2),
        "assessments_per_s": round(number / seconds),
        "duties_per_s": round(states / seconds),
        "growth_kib_between_samples": round((late - early) / 1024, 1),
        "peak_rss_growth_mib": round(_peak_mib() - peak, 1),
        "peak_rss_mib": round(_peak_mib(), 1),
    }


def _peak_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    """Print one JSON line for each measurement."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--incidents", type=int, default=10_000)
    parser.add_argument("--all-rules", type=int, default=10_000, help="incidents for the run over every rule")
    options = parser.parse_args()
    everything = every_rule()
    named = ("eu-gdpr", "us-hipaa", "us-ca-", "us-ny-", "us-tx-", "ph-npc")
    twenty = tuple(o for o in everything if o.ref.startswith(named))[:20]
    few = ["DE", "FR", "US-CA", "US-NY", "US-TX", "PH", "US-IL"]
    many = sorted({o.jurisdiction for o in everything} - {"AE", "CA", "EU", "US"})
    for name, register, number, places in (
        ("20 obligations", twenty, options.incidents, few),
        ("every rule in force", everything, options.all_rules, many),
    ):
        sys.stdout.write(json.dumps(measure(name, register, number, places)) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
