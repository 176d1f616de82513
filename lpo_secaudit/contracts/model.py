"""Small linear models over the sentences of a contract, for clauses whose wording is too varied for rules.

The weights ship as JSON; `tools/train_clause_models.py` and `tools/train_label_models.py` make them from
the labelled data again. A sentence is a set of features: its word stems, pairs of neighbours, the concepts
of the library that were found in it, the words of its heading and lead-in, and for some families the rules
that hold in it. A document has a clause where its best sentences and the belief of the rules, taken
together, score high enough.
"""

from __future__ import annotations

import gzip
import json
import math
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import Any

from lpo_secaudit.contracts.detect import Match
from lpo_secaudit.contracts.phrases import PhraseBook
from lpo_secaudit.contracts.reading import Reading

__all__ = [
    "DOCUMENT_FEATURES",
    "MAX_QUOTED",
    "SHIPPED",
    "WEIGHT_UNIT",
    "Family",
    "Model",
    "ModelVerdict",
    "Models",
    "heard",
    "pack",
    "sentence_features",
    "sentence_scale",
    "standard_models",
    "standing_of",
]

MAX_WORDS = 400  # of a sentence; longer ones are tables and lists
MAX_ABOVE = 20  # words of a heading or lead-in, the last ones
MAX_QUOTED = 24
WEIGHT_UNIT = 0.001
SHIPPED = ("clauses.json.gz", "labels.json.gz")
_LIMIT = 9.0  # of a sentence's score, so that one odd sentence cannot outweigh everything
_SURE = 0.8  # belief of a rule that does not need much else
DOCUMENT_FEATURES = (
    "best",
    "second",
    "third",
    "expected",
    "margin",
    "belief",
    "believed",
    "sure",
    "at rule",
    "rule places",
    "completeness",
    "level",
    "length",
)
"""What a document model weighs:

best, second, third: the highest sentence scores;
expected: logarithm of how many sentences should carry the clause, by their scores;
margin: how far the best sentence scores above what it scores for the other clauses of the family;
belief, believed, sure: what the rules believe, whether above 0.5, whether above 0.8;
at rule: the highest score of a sentence in which a rule holds;
rule places: logarithm of how many such sentences there are;
completeness: mean belief of the rules over the family;
level: mean over the family of how certain the best sentences look;
length: logarithm of the number of sentences.
"""

# One lane of a packed weight: 32 bits, raised by half its range so that no sum of weights is negative.
_LANE, _HALF = 32, 1 << 31


@dataclass(frozen=True, slots=True)
class Model:
    """One trained model.

    Attributes:
        name: what it was trained for, "cuad:Insurance" or "label:training"; what stands before the colon is
            its family.
        bias: of the sentence score.
        document: weights of `DOCUMENT_FEATURES`, then the constant.
        threshold: probability from which the clause is present.
        quote: sentences that score so much are quoted.
        clause: the clause whose rules' belief enters.
        deaf: sentences of these standings count for nothing, "client" where only the provider's duty
            makes the clause, "nobody" where definitions and recitals do not.
    """

    name: str
    bias: float
    document: tuple[float, ...]
    threshold: float
    quote: float
    clause: str
    deaf: frozenset[str] = frozenset()

    @property
    def family(self) -> str:
        return self.name.partition(":")[0]


@dataclass(frozen=True, slots=True)
class ModelVerdict:
    """What one model says of a document.

    Attributes:
        probability: that the document has the clause; present from `threshold` on.
        units: (unit, score) of the sentences to quote, the best first.
    """

    probability: float
    threshold: float
    units: tuple[tuple[int, float], ...]

    @property
    def present(self) -> bool:
        return self.probability >= self.threshold


@dataclass(frozen=True, slots=True)
class Models:
    """All trained models.

    Attributes:
        weights: for each feature the weights of all models in units of `WEIGHT_UNIT`, packed by `pack`:
            adding two such integers adds the weights of every model at once, exactly and in any order.
    """

    models: tuple[Model, ...]
    weights: Mapping[str, int]

    def judge(
        self,
        reading: Reading,
        book: PhraseBook,
        found: Mapping[str, Sequence[Match]],
        beliefs: Mapping[str, float],
    ) -> dict[str, ModelVerdict]:
        """The verdict of every model, by name. `found` and `beliefs` are those of the rules, by clause id."""
        units, scores = self._scores(reading, book, found)
        row_of = {unit: row for row, unit in enumerate(units)}
        standings = [standing_of(reading, unit) for unit in units]
        verdicts: dict[str, ModelVerdict] = {}
        for name in dict.fromkeys(model.family for model in self.models):
            numbers = [k for k, model in enumerate(self.models) if model.family == name]
            clauses = [self.models[k].clause for k in numbers]
            places = [sorted({row_of[m.unit] for m in found.get(c, ())}) for c in clauses]
            columns = [
                heard([row[k] for row in scores], standings, self.models[k].deaf, held)
                for k, held in zip(numbers, places, strict=True)
            ]
            family = Family(columns, [beliefs.get(c, 0.0) for c in clauses], places)
            for position, k in enumerate(numbers):
                verdicts[self.models[k].name] = _verdict(self.models[k], family, position, units)
        return verdicts

    def _scores(
        self, reading: Reading, book: PhraseBook, found: Mapping[str, Sequence[Match]]
    ) -> tuple[list[int], list[list[float]]]:
        """The units that can hold a clause, and for each of them the score of every model."""
        size = len(self.models)
        lanes = struct.Struct(f"<{size}I")
        raised = pack((k, _HALF) for k in range(size))
        biases = [model.bias for model in self.models]
        known = self.weights.get
        units, scores = [], []
        for unit, features, count in sentence_features(reading, book, found):
            total = sum(filter(None, map(known, features)), raised)
            scale = sentence_scale(count) * WEIGHT_UNIT
            sums = lanes.unpack(total.to_bytes(lanes.size, "little"))
            units.append(unit)
            scores.append([(s - _HALF) * scale + b for s, b in zip(sums, biases, strict=True)])
        return units, scores


def standing_of(reading: Reading, unit: int) -> str:
    """Whom a sentence binds, as far as that rules a clause out: "client", "nobody", or neither (empty)."""
    if reading.units[unit].kind in ("definition", "recital"):
        return "nobody"
    return "client" if reading.only_client_bound(unit) else ""


def heard(
    column: list[float], standings: Sequence[str], deaf: frozenset[str], held: Sequence[int]
) -> list[float]:
    """The scores of all sentences, least where the model is deaf to a sentence of that standing.

    `held` are the sentences in which a rule of the clause holds: the rule has judged who is bound.
    """
    if not deaf:
        return column
    kept = set(held)
    return [
        -_LIMIT if who in deaf and row not in kept else score
        for row, (score, who) in enumerate(zip(column, standings, strict=True))
    ]


def pack(weights: Iterable[tuple[int, int]]) -> int:
    """(model number, weight) pairs as one integer, a lane for each model."""
    return sum(weight << (_LANE * number) for number, weight in weights)


class Family:
    """What the document models of one family see of a document.

    Args:
        columns: for each model the scores of all sentences.
        beliefs: for each model what the rules of its clause believe.
        places: for each model the sentences in which a rule of its clause holds.
    """

    def __init__(
        self,
        columns: Sequence[Sequence[float]],
        beliefs: Sequence[float],
        places: Sequence[Sequence[int]],
    ) -> None:
        self.columns, self.beliefs, self.places = columns, beliefs, places
        self.sentences = len(columns[0]) if columns else 0
        # A stable sort: of equal scores the earlier sentence comes first.
        self.ranked = [
            sorted(range(self.sentences), key=column.__getitem__, reverse=True)[:MAX_QUOTED]
            for column in columns
        ]
        size = max(1, len(columns))
        self.completeness = sum(beliefs) / size
        best = [c[r[0]] if r else -_LIMIT for c, r in zip(columns, self.ranked, strict=True)]
        self.level = sum(_logistic(1.5 * b) for b in best) / size

    def features(self, number: int) -> list[float]:
        """Values of `DOCUMENT_FEATURES` for one model of the family."""
        column, ranked, belief = self.columns[number], self.ranked[number], self.beliefs[number]
        top = [_limited(column[row]) for row in ranked[:3]] + [-_LIMIT] * 3
        expected = sum(_logistic(column[row] - 1) for row in ranked)
        others = 0.0
        if ranked:
            others = sum(math.exp(_limited(c[ranked[0]])) for k, c in enumerate(self.columns) if k != number)
        at_rule = max((_limited(column[row]) for row in self.places[number]), default=-_LIMIT)
        return [
            top[0] / 2,
            top[1] / 2,
            top[2] / 2,
            math.log(expected + 0.05),
            max(-6.0, min(6.0, top[0] - math.log1p(others))) / 2,
            belief * 2,
            float(belief > 0.5),
            float(belief > _SURE),
            at_rule / 3,
            math.log1p(len(self.places[number])),
            self.completeness * 3,
            self.level * 4 - 2,
            math.log(max(1, self.sentences)) - 5,
        ]


def _limited(score: float) -> float:
    return max(-_LIMIT, min(_LIMIT, score))


def _logistic(value: float) -> float:
    return 1 / (1 + math.exp(-max(-30.0, min(30.0, value))))


def _verdict(model: Model, family: Family, number: int, units: Sequence[int]) -> ModelVerdict:
    logit = model.document[-1]
    logit += sum(w * x for w, x in zip(model.document, family.features(number), strict=False))
    ranked = [(units[row], family.columns[number][row]) for row in family.ranked[number]]
    quotes = tuple(r for r in ranked if r[1] >= model.quote)
    return ModelVerdict(_logistic(logit), model.threshold, quotes or tuple(ranked[:1]))


def sentence_scale(count: int) -> float:
    """What the summed weights of a sentence of so many features are multiplied with, so that long ones do
    not win by length."""
    return 3 / math.sqrt(count or 1)


def sentence_features(
    reading: Reading, book: PhraseBook, found: Mapping[str, Sequence[Match]]
) -> Iterator[tuple[int, set[str], int]]:
    """For each unit that is no heading: its index, its features, and how many they are without the rules."""
    stems = ["#" if s[0].isdigit() else s for s in reading.tokens.stems]
    # A phrase written into a rule is no concept that another library would have under the same name.
    concepts = [f"<{name}>" if name.replace("-", "").isalnum() else "" for name in book.names]
    above: dict[int, frozenset[str]] = {-1: frozenset()}
    rules: dict[int, list[str]] = {}
    for clause, matches in found.items():
        for match in matches:
            rules.setdefault(match.unit, []).append(f"={clause}")
            if match.score > _SURE:
                rules[match.unit].append(f"={clause}+")
    for unit, where in enumerate(reading.units):
        if where.kind == "heading":
            continue
        begin, end = reading.bounds[unit]
        words = stems[begin : min(end, begin + MAX_WORDS)]
        features = set(words)
        features.update(map(" ".join, pairwise(words)))
        features.update([concepts[c] for c in reading.concepts[unit]])
        features.discard("")
        for upper in (where.heading, where.lead):
            if upper not in above:
                first, last = reading.bounds[upper]
                above[upper] = frozenset(f"^{s}" for s in stems[max(first, last - MAX_ABOVE) : last])
            features |= above[upper]
        count = len(features)
        features.update(rules.get(unit, ()))
        yield unit, features, count


@cache
def standard_models() -> Models:
    """The models that ship; read once."""
    folder = files("lpo_secaudit.contracts") / "models"
    rows: dict[str, dict[str, Any]] = {}
    for file in SHIPPED:
        rows |= json.loads(gzip.decompress((folder / file).read_bytes()))["models"]
    models: list[Model] = []
    weights: dict[str, int] = {}
    for number, (name, row) in enumerate(sorted(rows.items())):
        lane = _LANE * number
        for feature, weight in row["weights"].items():
            weights[feature] = weights.get(feature, 0) + (weight << lane)
        document = tuple(row["document"].get(feature, 0.0) for feature in DOCUMENT_FEATURES)
        models.append(
            Model(
                name=name,
                bias=row["bias"],
                document=(*document, row["constant"]),
                threshold=row["threshold"],
                quote=row["quote"],
                clause=row["clause"],
                deaf=frozenset(row.get("deaf", ())),
            )
        )
    return Models(tuple(models), weights)
