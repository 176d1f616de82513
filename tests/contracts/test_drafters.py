"""How many drafters' words the rules hear: a floor under what was measured, not a proof.

`data/drafters/` holds 5,100 texts in our own words, made without sight of the rules: for each label some
that make it present in unusual words and near misses that do not. No rule was written for them. They are
harder than contracts, which mostly say what contracts say: a reader that is changed for one contract must
not lose others.
"""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import yaml

from lpo_secaudit.contracts.analysis import THRESHOLD
from lpo_secaudit.contracts.detect import belief_of, matches_of
from lpo_secaudit.contracts.library import standard_library
from lpo_secaudit.contracts.reading import read

HEARD_AT_LEAST = 0.37
FALSE_AT_MOST = 0.12


def test_the_rules_hear_no_less_than_they_did() -> None:
    library = standard_library()
    clauses = {clause.id: clause for clause in library.clauses}
    count: Counter[tuple[str, bool]] = Counter()
    for path in sorted((Path(__file__).parent / "data" / "drafters").glob("*.yaml")):
        data = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
        clause = clauses[data["label"]]
        for word in ("positive", "negative"):
            for row in data[word]:
                found = belief_of(clause, matches_of(clause, read(row["text"], library))) >= THRESHOLD
                count[word, found] += 1
    heard = count["positive", True] / (count["positive", True] + count["positive", False])
    false = count["negative", True] / (count["negative", True] + count["negative", False])
    assert sum(count.values()) == 5100
    assert heard >= HEARD_AT_LEAST
    assert false <= FALSE_AT_MOST
