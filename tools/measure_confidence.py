#!/usr/bin/env python3
"""Measure how often a verdict of the rules is right, for the tables in lpo_secaudit/contracts/confidence.py.

    python tools/measure_confidence.py ../shared/contracts

No labels are both ours and unseen: the 24 agreements labelled for this project were read while the rules
were written, so what is measured there is too good; the labels of CUAD and of arXiv 2209.09722 were
not, but mean something a little different and hold errors, so what is measured there is too bad. For
each band of belief the two are printed, each drawn towards one half by two verdicts, and the value
midway between them in log-odds, made to rise with belief.

For a firm's own clause the examples are gold quotes of other agreements than the one that is read.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from clause_learning import read_rows

from lpo_secaudit.contracts.analysis import THRESHOLD
from lpo_secaudit.contracts.detect import belief_of, matches_of
from lpo_secaudit.contracts.examples import LIKENESS, similar_units
from lpo_secaudit.contracts.library import standard_library
from lpo_secaudit.contracts.reading import Reading, read

# Our clause: labels of others that mean nearly the same.
DERECHA = {
    "breach-notification": ("R34",),
    "documented-instructions": ("R12",),
    "subprocessor-authorization": ("R10",),
    "subprocessor-change-notice": ("R11",),
    "subprocessor-flow-down": ("R27",),
    "subprocessor-liability": ("R28",),
    "return-or-deletion": ("R23",),
    "audit-right": ("R26",),
    "data-subject-requests": ("R17",),
    "personnel-confidentiality": ("R15",),
    "unlawful-instruction-notice": ("R24",),
    "security-measures": ("R16", "R32"),
}
# "Uncapped Liability" is left out: its labels miss many a plain "shall not apply to breaches of ...".
CUAD = {
    "liability-cap": "Cap On Liability",
    "insurance": "Insurance",
    "liquidated-damages": "Liquidated Damages",
    "governing-law": "Governing Law",
}
BANDS = (0.0, 0.05, 0.25, 0.5, 0.7, 0.78, 0.82, 0.86, 0.89, 0.91, 1.01)
LIKENESS_BANDS = (0.0, 0.2, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 1.01)
Verdicts = list[tuple[float, bool]]  # belief, whether the clause is there


def belief(reading: Reading, clause: str) -> float:
    definition = standard_library()[clause]
    return belief_of(definition, matches_of(definition, reading))


def share(verdicts: Verdicts, low: float, high: float, bar: float) -> tuple[int, float]:
    """How many verdicts fall into a band, and the share right, drawn towards one half."""
    here = [present == (value >= bar) for value, present in verdicts if low <= value < high]
    return len(here), (sum(here) + 1) / (len(here) + 2)


def midway(one: float, other: float) -> float:
    logit = (math.log(one / (1 - one)) + math.log(other / (1 - other))) / 2
    return 1 / (1 + math.exp(-logit))


def rising(values: Sequence[float], weights: Sequence[int]) -> list[float]:
    """The nearest values that never fall: neighbours that do are averaged."""
    pools: list[tuple[float, int, int]] = []
    for value, weight in zip(values, weights, strict=True):
        pools.append((value, max(1, weight), 1))
        while len(pools) > 1 and pools[-2][0] > pools[-1][0]:
            (a, m, i), (b, n, j) = pools[-2:]
            pools[-2:] = [((a * m + b * n) / (m + n), m + n, i + j)]
    return [value for value, _, count in pools for _ in range(count)]


def rules(folder: Path, own: list[tuple[Reading, dict[str, Any]]]) -> None:
    ours: Verdicts = []
    for reading, labels in own:
        ours += [(belief(reading, name), bool(label["present"])) for name, label in labels.items()]
    theirs: Verdicts = []
    for row in read_rows(folder / "derecha" / "dpa_annotated.jsonl.gz"):
        reading = read("\n".join(s["text"] for s in row["sentences"]), standard_library())
        met = set(row["requirements_present"])
        theirs += [(belief(reading, name), not met.isdisjoint(asked)) for name, asked in DERECHA.items()]
    for row in read_rows(folder / "cuad" / "cuad.jsonl.gz"):
        reading = read(row["text"], standard_library())
        theirs += [
            (belief(reading, name), bool(row["labels"].get(category))) for name, category in CUAD.items()
        ]
    rows = []
    for low, high in pairwise(BANDS):
        (n, a), (m, b) = share(ours, low, high, THRESHOLD), share(theirs, low, high, THRESHOLD)
        rows.append((low, high, n, a, m, b, midway(a, b)))
    absent = [row for row in rows if row[0] < THRESHOLD]
    present = [row for row in rows if row[0] >= THRESHOLD]
    # Absence is the surer, the lower the belief.
    values = rising([r[6] for r in absent[::-1]], [r[2] + r[4] for r in absent[::-1]])[::-1]
    values += rising([r[6] for r in present], [r[2] + r[4] for r in present])
    print("| belief | verdicts on ours | right | verdicts on others' labels | right | confidence given |")
    print("|---|---|---|---|---|---|")
    for (low, high, n, a, m, b, _), value in zip(rows, values, strict=True):
        print(f"| {low:.2f} to {min(high, 1):.2f} | {n} | {a:.3f} | {m} | {b:.3f} | {value:.2f} |")


def examples(own: list[tuple[Reading, dict[str, Any]]]) -> None:
    found: Verdicts = []
    for name in own[0][1]:
        for number, (reading, labels) in enumerate(own):
            others = [
                other[name]["quotes"][0]
                for k, (_, other) in enumerate(own)
                if k != number and other.get(name, {}).get("quotes")
            ]
            if name not in labels or len(others) < 4:
                continue
            chosen = [others[(number + k * len(others) // 4) % len(others)] for k in range(4)]
            alike = similar_units(reading, chosen)
            found.append((alike[0][1] if alike else 0.0, bool(labels[name]["present"])))
    print("| likeness | verdicts | right |\n|---|---|---|")
    for low, high in pairwise(LIKENESS_BANDS):
        count, right = share(found, low, high, LIKENESS)
        print(f"| {low:.2f} to {min(high, 1):.2f} | {count} | {right:.3f} |")


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    folder = parser.parse_args().data
    own = []
    for gold in sorted((folder / "gold").glob("*.json")):
        labels = json.loads(gold.read_text(encoding="utf-8"))["labels"]
        path = next(p for p in (folder / "texts").glob(f"{gold.stem}.*") if p.suffix in (".md", ".txt"))
        reading = read(path.read_text(encoding="utf-8", errors="replace"), standard_library())
        own.append((reading, {k: v for k, v in labels.items() if not v.get("disputed")}))
    rules(folder, own)
    print()
    examples(own)


if __name__ == "__main__":
    main()
