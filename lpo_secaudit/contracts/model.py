"""Small linear models over the sentences of a contract, for clauses whose wording is too varied for rules.

The weights ship as JSON; `tools/train_clause_models.py` makes them from the labelled data again. A
sentence is a set of features: its word stems, pairs of neighbours, the concepts of the library that
were found in it, and the words of its heading. A document has a clause where its best sentences,
taken together, score high enough.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from lpo_secaudit.contracts.phrases import PhraseBook
from lpo_secaudit.contracts.reading import Reading

__all__ = ["ModelVerdict", "Models", "features_of", "standard_models"]

MAX_WORDS = 400  # of a sentence; longer ones are tables and lists


@dataclass(frozen=True, slots=True)
class _Model:
    bias: float
    top: tuple[float, ...]  # weights of the best, second and third sentence, then the offset
    quote: float  # sentences that score so much are quoted


@dataclass(frozen=True, slots=True)
class ModelVerdict:
    """What one model says of a document.

    Attributes:
        probability: that the document has the clause.
        units: (unit, score) of the sentences to quote, the best first.
    """

    probability: float
    units: tuple[tuple[int, float], ...]


@dataclass(frozen=True, slots=True)
class Models:
    """All trained models; `weights` maps a feature to (model number, weight) pairs."""

    names: tuple[str, ...]
    models: tuple[_Model, ...]
    weights: Mapping[str, tuple[tuple[int, float], ...]]

    def judge(self, reading: Reading, book: PhraseBook, beliefs: Mapping[str, float]) -> dict[str, ModelVerdict]:
        """The verdict of every model. `beliefs` are those of the rules, by clause id."""
        scores: list[list[tuple[float, int]]] = [[] for _ in self.names]
        biases = [m.bias for m in self.models]
        for unit in range(len(reading.units)):
            if reading.units[unit].kind == "heading":
                continue
            sums = list(biases)
            for feature in features_of(reading, unit, book):
                for number, weight in self.weights.get(feature, ()):
                    sums[number] += weight
            for number, total in enumerate(sums):
                scores[number].append((total, unit))
        verdicts = {}
        for number, name in enumerate(self.names):
            verdicts[name] = _verdict(self.models[number], scores[number])
        return verdicts


def _verdict(model: _Model, scores: Sequence[tuple[float, int]]) -> ModelVerdict:
    best = sorted(scores, key=lambda s: (-s[0], s[1]))[:20]
    top = [s for s, _ in best[:3]] + [-9.0] * 3
    logit = sum(w * max(-9.0, min(9.0, s)) for w, s in zip(model.top[:3], top, strict=False)) + model.top[3]
    quotes = tuple((unit, score) for score, unit in best if score >= model.quote) or tuple((u, s) for s, u in best[:1])
    return ModelVerdict(1 / (1 + math.exp(-max(-30.0, min(30.0, logit)))), quotes)


def features_of(reading: Reading, unit: int, book: PhraseBook) -> Iterator[str]:
    """The features of a sentence, each once, in a fixed order."""
    begin, end = reading.bounds[unit]
    end = min(end, begin + MAX_WORDS)
    stems = [("#" if s[0].isdigit() else s) for s in reading.tokens.stems[begin:end]]
    found: dict[str, None] = dict.fromkeys(stems)
    found.update(dict.fromkeys(f"{a} {b}" for a, b in zip(stems, stems[1:], strict=False)))
    names = book.names
    found.update(dict.fromkeys(f"<{names[c]}>" for c in reading.concepts[unit] if " " not in names[c]))
    for above in (reading.units[unit].heading, reading.units[unit].lead):
        if above >= 0:
            first, last = reading.bounds[above]
            found.update(dict.fromkeys(f"^{s}" for s in reading.tokens.stems[max(first, last - 20) : last]))
    return iter(found)


@cache
def standard_models() -> Models:
    """The models that ship; read once."""
    raw = (files("lpo_secaudit.contracts") / "models" / "clauses.json.gz").read_bytes()
    data = json.loads(gzip.decompress(raw))
    weights: dict[str, list[tuple[int, float]]] = {}
    models = []
    for number, (_, row) in enumerate(sorted(data["models"].items())):
        models.append(_Model(row["bias"], tuple(row["top"]), row["quote"]))
        for feature, weight in row["weights"].items():
            weights.setdefault(feature, []).append((number, weight))
    return Models(
        tuple(sorted(data["models"])), tuple(models), {f: tuple(pairs) for f, pairs in weights.items()}
    )
