"""Small linear models over the sentences of a contract, for clauses whose wording is too varied for rules.

The weights ship as JSON; `tools/train_clause_models.py` makes them from the labelled data again. A
sentence is a set of features: its word stems, pairs of neighbours, the concepts of the library that
were found in it, and the words of its heading. A document has a clause where its best sentences and
the belief of the rules, taken together, score high enough.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import pairwise

from lpo_secaudit.contracts.phrases import PhraseBook
from lpo_secaudit.contracts.reading import Reading

__all__ = [
    "DOCUMENT_FEATURES",
    "Model",
    "ModelVerdict",
    "Models",
    "document_features",
    "features_of",
    "standard_models",
]

MAX_WORDS = 400  # of a sentence; longer ones are tables and lists
MAX_QUOTED = 24
DOCUMENT_FEATURES = 8
_LIMIT = 9.0  # of a sentence's score, so that one odd sentence cannot outweigh everything


@dataclass(frozen=True, slots=True)
class Model:
    """One trained model.

    Attributes:
        name: the alias it was trained for, "cuad:Insurance".
        bias: of the sentence score.
        document: weights of `document_features`, then the constant.
        threshold: probability from which the clause is present.
        quote: sentences that score so much are quoted.
        clause: the clause whose rules' belief enters.
        group: clauses whose mean belief says how complete the document is.
    """

    name: str
    bias: float
    document: tuple[float, ...]
    threshold: float
    quote: float
    clause: str
    group: tuple[str, ...]


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
    """All trained models; `weights` maps a feature to (model number, weight) pairs."""

    models: tuple[Model, ...]
    weights: Mapping[str, tuple[tuple[int, float], ...]]

    def judge(
        self, reading: Reading, book: PhraseBook, beliefs: Mapping[str, float]
    ) -> dict[str, ModelVerdict]:
        """The verdict of every model, by name. `beliefs` are those of the rules, by clause id."""
        scores: list[list[tuple[float, int]]] = [[] for _ in self.models]
        weights, size = self.weights, len(self.models)
        biases = [model.bias for model in self.models]
        count = 0
        for unit, where in enumerate(reading.units):
            if where.kind == "heading":
                continue
            count += 1
            sums = [0.0] * size
            features = features_of(reading, unit, book)
            for feature in features:
                known = weights.get(feature)
                if known is not None:
                    for number, weight in known:
                        sums[number] += weight
            scale = 3 / math.sqrt(len(features) or 1)
            for number, total in enumerate(sums):
                scores[number].append((total * scale + biases[number], unit))
        return {
            model.name: _verdict(model, scores[number], beliefs, count)
            for number, model in enumerate(self.models)
        }


def _verdict(
    model: Model, scores: Sequence[tuple[float, int]], beliefs: Mapping[str, float], units: int
) -> ModelVerdict:
    best = sorted(scores, key=lambda s: (-s[0], s[1]))[:MAX_QUOTED]
    overall = sum(beliefs.get(c, 0.0) for c in model.group) / len(model.group) if model.group else 0.0
    row = document_features([s for s, _ in best[:3]], beliefs.get(model.clause, 0.0), overall, units)
    logit = sum(w * x for w, x in zip(model.document, row, strict=False)) + model.document[-1]
    quotes = tuple((unit, score) for score, unit in best if score >= model.quote)
    return ModelVerdict(
        1 / (1 + math.exp(-max(-30.0, min(30.0, logit)))),
        model.threshold,
        quotes or tuple((unit, score) for score, unit in best[:1]),
    )


def document_features(best: Sequence[float], belief: float, overall: float, units: int) -> list[float]:
    """What a document model sees: the three best sentence scores, the rules' belief, completeness, length."""
    top = [max(-_LIMIT, min(_LIMIT, score)) / 2 for score in best] + [-_LIMIT / 2] * 3
    return [
        *top[:3],
        belief * 2,
        float(belief > 0.5),
        float(belief > 0.8),
        overall * 3,
        math.log(max(1, units)) - 5,
    ]


def features_of(reading: Reading, unit: int, book: PhraseBook) -> tuple[str, ...]:
    """The features of a sentence, each once, in a fixed order."""
    begin, end = reading.bounds[unit]
    end = min(end, begin + MAX_WORDS)
    stems = [("#" if s[0].isdigit() else s) for s in reading.tokens.stems[begin:end]]
    found: dict[str, None] = dict.fromkeys(stems)
    found.update(dict.fromkeys(f"{a} {b}" for a, b in pairwise(stems)))
    names = book.names
    found.update(
        dict.fromkeys(f"<{names[c]}>" for c in reading.concepts[unit] if names[c].replace("-", "").isalnum())
    )
    for above in (reading.units[unit].heading, reading.units[unit].lead):
        if above >= 0:
            first, last = reading.bounds[above]
            found.update(dict.fromkeys(f"^{s}" for s in reading.tokens.stems[max(first, last - 20) : last]))
    return tuple(found)


@cache
def standard_models() -> Models:
    """The models that ship; read once."""
    raw = (files("lpo_secaudit.contracts") / "models" / "clauses.json.gz").read_bytes()
    data = json.loads(gzip.decompress(raw))
    weights: dict[str, list[tuple[int, float]]] = {}
    models = []
    for number, (name, row) in enumerate(sorted(data["models"].items())):
        models.append(
            Model(
                name,
                row["bias"],
                tuple(row["document"]),
                row["threshold"],
                row["quote"],
                row["clause"],
                tuple(row["group"]),
            )
        )
        for feature, weight in row["weights"].items():
            weights.setdefault(feature, []).append((number, weight))
    return Models(tuple(models), {feature: tuple(pairs) for feature, pairs in weights.items()})
