"""The trained models: packed sums against plain ones, and what ships."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_secaudit.contracts.confidence import calibrated, calibrated_likeness
from lpo_secaudit.contracts.detect import belief_of, matches_of
from lpo_secaudit.contracts.library import standard_library
from lpo_secaudit.contracts.model import (
    DOCUMENT_FEATURES,
    WEIGHT_UNIT,
    Family,
    Model,
    Models,
    ModelVerdict,
    heard,
    pack,
    sentence_features,
    sentence_scale,
    standard_models,
    standing_of,
)
from lpo_secaudit.contracts.reading import Reading, read

TEXT = """1. Audit
Customer may audit the records of Supplier once a year on thirty days' notice.
2. Liability
In no event shall either party be liable for indirect damages, and liability is limited to the fees paid.
Whereas the parties wish to cooperate.
3. Law
This Agreement is governed by the laws of England and Wales.
"""


@pytest.fixture(scope="module")
def reading() -> Reading:
    return read(TEXT, standard_library())


def plain(reading: Reading, weights: dict[str, dict[int, int]], number: int) -> list[float]:
    """Scores of one model, summed without packing."""
    return [
        sum(weights.get(f, {}).get(number, 0) for f in features) * sentence_scale(count) * WEIGHT_UNIT
        for _, features, count in sentence_features(reading, standard_library().book, {})
    ]


def judge(models: Models, reading: Reading) -> dict[str, ModelVerdict]:
    library = standard_library()
    found = {c.id: matches_of(c, reading) for c in library.clauses}
    beliefs = {c.id: belief_of(c, found[c.id]) for c in library.clauses}
    return models.judge(reading, library.book, found, beliefs)


def best_only(name: str) -> Model:
    """A model whose logit is half the best sentence score."""
    row = [float(feature == "best") for feature in DOCUMENT_FEATURES]
    return Model(name, 0.0, (*row, 0.0), 0.6, 0.0, "audit-right")


@given(
    st.lists(st.dictionaries(st.integers(0, 5), st.integers(-30_000, 30_000)), min_size=1, max_size=40),
)
def test_packed_weights_add_up_as_plain_ones(rows: list[dict[int, int]]) -> None:
    raised = pack((k, 1 << 31) for k in range(6))
    total = sum((pack(row.items()) for row in rows), raised)
    for number in range(6):
        lane = (total >> (32 * number)) & 0xFFFFFFFF
        assert lane - (1 << 31) == sum(row.get(number, 0) for row in rows)


def test_the_best_sentence_decides(reading: Reading) -> None:
    weights = {"audit": {0: 2_000}, "govern": {1: 4_000}, "liability": {1: -1_000}}
    models = Models(
        (best_only("x:one"), best_only("x:two")), {f: pack(row.items()) for f, row in weights.items()}
    )
    verdicts = judge(models, reading)
    for number, name in enumerate(("x:one", "x:two")):
        best = max(plain(reading, weights, number))
        probability = 1 / (1 + math.exp(-best / 2))
        assert best > 0
        assert verdicts[name].probability == pytest.approx(probability)
        assert verdicts[name].units[0][1] == pytest.approx(best)


def test_what_only_the_client_must_do_counts_for_nothing_where_the_provider_is_meant() -> None:
    text = "Customer shall encrypt. Provider shall encrypt all of the data. We log so that you can account."
    book = standard_library().book
    several = read(f'{text} "Encryption" means what Customer shall apply.', standard_library())
    standings = [standing_of(several, unit) for unit, _, _ in sentence_features(several, book, {})]
    assert standings == ["client", "", "", "nobody"]
    both = frozenset({"client", "nobody"})
    assert heard([1.0, 2.0, 3.0, 4.0], standings, both, ()) == [-9.0, 2.0, 3.0, -9.0]
    assert heard([1.0, 2.0, 3.0, 4.0], standings, both, (3,)) == [-9.0, 2.0, 3.0, 4.0]
    assert heard([1.0, 2.0, 3.0, 4.0], standings, frozenset(), ()) == [1.0, 2.0, 3.0, 4.0]
    models = Models(
        tuple(replace(best_only(f"x:{n}"), deaf=deaf) for n, deaf in enumerate((frozenset(), {"client"}))),
        {"encrypt": pack([(0, 4_000), (1, 4_000)])},
    )
    hears, deaf = (v.units[0][0] for v in judge(models, read(text, standard_library())).values())
    assert (hears, deaf) == (0, 1)


def test_the_same_text_gives_the_same_verdicts(reading: Reading) -> None:
    once, again = judge(standard_models(), reading), judge(standard_models(), read(TEXT, standard_library()))
    assert once == again


def test_an_empty_text_has_no_clause() -> None:
    verdicts = judge(standard_models(), read("", standard_library()))
    assert len(verdicts) == len(standard_models().models)
    assert all(v.units == () for v in verdicts.values())


def test_what_ships_is_small_and_knows_its_features() -> None:
    assert {len(m.document) for m in standard_models().models} == {len(DOCUMENT_FEATURES) + 1}
    known = {c.id for c in standard_library().clauses}
    assert {m.clause for m in standard_models().models} <= known
    wanted = {c.model for c in standard_library().clauses if c.model}
    assert wanted <= {m.name for m in standard_models().models}
    folder = Path(__file__).parents[2] / "lpo_secaudit" / "contracts" / "models"
    assert sum(f.stat().st_size for f in folder.iterdir()) < 20 * 2**20


def test_features_of_a_family_of_nothing() -> None:
    assert len(Family([[], []], [0.0, 1.0], [[], []]).features(1)) == len(DOCUMENT_FEATURES)


@given(st.floats(0, 1))
def test_a_confidence_is_a_probability_that_rises_with_what_it_rests_on(value: float) -> None:
    assert 0.5 <= calibrated(value) < 1
    assert 0.5 <= calibrated_likeness(value) < 1
    if value >= 0.5:
        assert calibrated(1.0) >= calibrated(value)
    else:
        assert calibrated(0.0) >= calibrated(value)
