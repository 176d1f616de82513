"""What `train_clause_models.py` learns with: sentences as sparse features, folds, linear fits, figures.

Everything that is chosen (weights, thresholds) is chosen inside the training part of a fold; documents
that are near copies of one another share a fold. scikit-learn and SciPy are needed here, never at run time.
"""

from __future__ import annotations

import gzip
import json
from array import array
from collections.abc import Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import fmin_l_bfgs_b
from scipy.sparse import csr_matrix, diags

from lpo_secaudit.contracts.detect import Match, belief_of, matches_of
from lpo_secaudit.contracts.library import Clause, standard_library
from lpo_secaudit.contracts.model import (
    WEIGHT_UNIT,
    Family,
    heard,
    sentence_features,
    sentence_scale,
    standing_of,
)
from lpo_secaudit.contracts.reading import read

RULE_WEIGHT = 2.0  # of a rule that holds in a sentence, against one of its words
SHINGLE, COPY = 8, 0.6  # documents that share so much of their eight-word runs are copies
Spans = list[tuple[int, int]]
Folds = list[tuple[np.ndarray, np.ndarray]]


def read_rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


class Corpus:
    """Documents as sparse sentence features, with what the rules found.

    Attributes:
        matrix: sentences x features, scaled as the models scale them at run time.
        rarity: for each feature, how much its weight counts for the penalty: 1 for rules.
        document: of each sentence; those of examples are numbered after the documents. `spans` is its
            character range.
        standings: of each sentence, whom it binds.
        size: how many documents.
        groups: of each document; copies share one.

    Args:
        least: a feature in fewer sentences is left out.
        rules: whether the rules that hold in a sentence are features of it.
        examples: further texts to learn sentences from, no documents.
    """

    def __init__(
        self, texts: Sequence[str], least: int, *, rules: bool, examples: Sequence[str] = ()
    ) -> None:
        library = standard_library()
        vocabulary: dict[str, int] = {}
        columns, ends, sizes = array("l"), [0], []
        document, spans = [], []
        self.standings: list[str] = []
        self.beliefs: list[dict[str, float]] = []
        self.places: list[dict[str, list[int]]] = []
        for number, text in enumerate([*texts, *examples]):
            reading = read(text, library)
            found: dict[str, list[Match]] = {c.id: matches_of(c, reading) for c in library.clauses}
            row_of: dict[int, int] = {}
            for unit, features, count in sentence_features(reading, library.book, found if rules else {}):
                row_of[unit] = len(row_of)
                columns.extend([vocabulary.setdefault(f, len(vocabulary)) for f in features])
                ends.append(len(columns))
                sizes.append(sentence_scale(count))
                document.append(number)
                self.standings.append(standing_of(reading, unit))
                spans.append((reading.units[unit].start, reading.units[unit].end))
            self.beliefs.append({c.id: belief_of(c, found[c.id]) for c in library.clauses})
            self.places.append({c: sorted({row_of[m.unit] for m in ms}) for c, ms in found.items() if ms})
        names = sorted(vocabulary)
        position = np.empty(len(names), dtype=np.int64)
        position[[vocabulary[name] for name in names]] = np.arange(len(names))
        indices = position[np.frombuffer(columns, dtype=np.int64)]
        whole = csr_matrix((np.ones(len(indices), np.float32), indices, np.array(ends)))
        counts = np.bincount(whole.indices, minlength=whole.shape[1])
        kept = np.flatnonzero(counts >= least)
        self.features = [names[i] for i in kept]
        scaled = (diags(np.array(sizes, np.float32)) @ whole[:, kept]).tocsr().astype(np.float32)
        scaled.sort_indices()
        self.matrix = scaled
        of_rule = np.array([name.startswith("=") for name in self.features])
        # Rare words say more; a weight of theirs is punished less.
        self.rarity = np.where(of_rule, RULE_WEIGHT, np.log(len(sizes) / counts[kept]) / 4).astype(np.float32)
        self.document, self.spans = np.array(document), np.array(spans)
        self.size = len(texts)
        self.starts = np.searchsorted(self.document, np.arange(self.size + len(examples) + 1))
        self.groups = _copies(texts)

    def belief(self, number: int, clause: Clause | None) -> float:
        """What the rules of a clause believe of a document; 0 without a clause."""
        return self.beliefs[number][clause.id] if clause is not None else 0.0

    def labels(self, spans_of: Sequence[Spans]) -> np.ndarray:
        """Sentences that a labelled span covers, or that hold most of one."""
        marked = np.zeros(len(self.document), bool)
        for number, gold in enumerate(spans_of):
            first = self.starts[number]
            begins, stops = self.spans[first : self.starts[number + 1]].T
            for start, end in gold:
                shared = np.minimum(stops, end) - np.maximum(begins, start)
                inside = (shared > 0.3 * (stops - begins)) | ((shared > 0.5 * (end - start)) & (shared > 0))
                marked[first + np.flatnonzero(inside)] = True
        return marked

    def document_table(
        self, scores: np.ndarray, clauses: Sequence[str], deaf: Sequence[frozenset[str]] = ()
    ) -> np.ndarray:
        """Documents x models x `DOCUMENT_FEATURES`, of sentence scores (sentences x models).

        `deaf` are for each model the standings of sentences that count for nothing.
        """
        tables = []
        for number in range(self.size):
            first, last = self.starts[number], self.starts[number + 1]
            columns = scores[first:last].T.tolist()
            places = [self.places[number].get(c, []) for c in clauses]
            if deaf:
                standings = self.standings[first:last]
                columns = [heard(c, standings, d, p) for c, d, p in zip(columns, deaf, places, strict=True)]
            beliefs = [self.beliefs[number].get(c, 0.0) for c in clauses]
            family = Family(columns, beliefs, places)
            tables.append([family.features(k) for k in range(len(clauses))])
        return np.array(tables)


def _copies(texts: Sequence[str]) -> np.ndarray:
    runs = []
    for text in texts:
        words = text.lower().split()
        runs.append({tuple(words[i : i + SHINGLE]) for i in range(len(words) - SHINGLE + 1)})
    groups = np.arange(len(texts))
    for one in range(len(texts)):
        for other in range(one):
            least = min(len(runs[one]), len(runs[other]))
            if least and len(runs[one] & runs[other]) > COPY * least:
                groups[groups == groups[one]] = groups[other]
    return groups


def folds_of(documents: np.ndarray, groups: np.ndarray, count: int, seed: int) -> Folds:
    """(train, test) documents; a group is never divided."""
    own = np.unique(groups[documents])
    order = np.random.default_rng(seed).permutation(len(own))
    fold = {own[group]: place % count for place, group in enumerate(order)}
    number = np.array([fold[g] for g in groups[documents]])
    return [(documents[number != k], documents[number == k]) for k in range(count)]


class SentenceModels:
    """Logistic regression for several labels at once, as it ships: few weights, rounded.

    Args:
        strength: inverse of the L2 penalty.
        positive: weight of a labelled sentence against one without label.
        kept: weights kept of each label, the largest.
        share: of the sentences without any label that are learnt from.
    """

    def __init__(self, strength: float, positive: float, kept: int, share: float = 1.0) -> None:
        self.strength, self.positive, self.kept, self.share = strength, positive, kept, share

    def fit(
        self, corpus: Corpus, marked: np.ndarray, rows: np.ndarray, worth: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """(weights: features x labels, in units of `WEIGHT_UNIT`, biases).

        Args:
            marked: sentences x labels.
            rows: the sentences to learn from.
            worth: sentences x labels, what each counts; 0 where nothing is known. All count alike without.
        """
        taken = rows & (marked.any(1) | (np.random.default_rng(7).random(len(rows)) < self.share))
        matrix = (corpus.matrix[taken] @ diags(corpus.rarity)).tocsr().astype(np.float32)
        transposed = matrix.T.tocsr()
        truth = marked[taken]
        sign = np.where(truth, 1, -1).astype(np.float32)
        cost = (self.strength * np.where(truth, self.positive, 1)).astype(np.float32)
        if worth is not None:
            cost *= worth[taken]
        features, labels = matrix.shape[1], truth.shape[1]

        def loss(flat: np.ndarray) -> tuple[float, np.ndarray]:
            weights = flat.reshape(features + 1, labels).astype(np.float32)
            margin = (matrix @ weights[:-1] + weights[-1]) * sign
            decay = np.exp(-np.abs(margin))
            value = cost * (np.maximum(-margin, 0) + np.log1p(decay))
            slope = -cost * sign * np.where(margin > 0, decay, 1) / (1 + decay)
            gradient = np.vstack([transposed @ slope, slope.sum(0, keepdims=True)]) + penalty * weights
            total = value.sum(dtype=np.float64) + 0.5 * (penalty * weights**2).sum(dtype=np.float64)
            return float(total), gradient.ravel().astype(np.float64)

        penalty = np.ones((features + 1, 1), np.float32)
        penalty[-1] = 0.1  # of the bias
        start = np.zeros((features + 1) * labels)
        start[-labels:] = -4
        # Stopping early is a penalty too; more steps were not better.
        flat, _, _ = fmin_l_bfgs_b(loss, start, m=8, maxiter=30, factr=1e9)
        found = flat.reshape(features + 1, labels)
        weights = np.rint(found[:-1] * corpus.rarity[:, None] / WEIGHT_UNIT)
        for label in range(labels):
            order = np.argsort(-np.abs(weights[:, label]), kind="stable")
            weights[order[self.kept :], label] = 0
        biases = found[-1].round(4)
        # A label seen once or never is left to the rules.
        unseen = truth.sum(0) < 2
        weights[:, unseen], biases[unseen] = 0, -6.0
        return weights, biases

    def scores(
        self,
        corpus: Corpus,
        marked: np.ndarray,
        folds: Folds,
        worth: np.ndarray | None = None,
        always: np.ndarray | None = None,
    ) -> np.ndarray:
        """Sentences x labels; each sentence is scored by models that did not see its document.

        `always` are sentences that every model learns from beside those of its training documents.
        """
        result = np.full(marked.shape, -6.0)
        for train, test in folds:
            rows = np.isin(corpus.document, train)
            if always is not None:
                rows |= always
            weights, biases = self.fit(corpus, marked, rows, worth)
            inside = np.isin(corpus.document, test)
            result[inside] = corpus.matrix[inside] @ (weights * WEIGHT_UNIT) + biases
        return result


def nested(
    corpus: Corpus, marked: np.ndarray, model: SentenceModels, counts: tuple[int, int], seed: int
) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
    """(train, test, scores) of each outer fold: scores of training documents come from inner folds, those
    of test documents from all training documents."""
    for train, test in folds_of(np.arange(corpus.size), corpus.groups, counts[0], seed):
        inner = folds_of(train, corpus.groups, counts[1], seed + 1000)
        yield train, test, model.scores(corpus, marked, [*inner, (train, test)])


def figures(said: np.ndarray, truth: np.ndarray) -> tuple[float, float, float]:
    """Precision, recall, accuracy of `said`."""
    right = float((said & truth).sum())
    return right / max(1, said.sum()), right / max(1, truth.sum()), float((said == truth).mean())


def reliability(probability: np.ndarray, truth: np.ndarray, bounds: Sequence[float]) -> Iterator[str]:
    """Rows of a Markdown table: for each band of confidence how many verdicts, mean confidence, share right.

    Args:
        probability: that the verdict given is right.
        truth: whether it was.
    """
    for low, high in pairwise(bounds):
        band = (probability >= low) & (probability < high)
        if band.any():
            yield (
                f"| {low:.2f} to {min(high, 1):.2f} | {band.sum():,} | {probability[band].mean():.3f}"
                f" | {truth[band].mean():.3f} |"
            )


def weights_by_feature(corpus: Corpus, weights: np.ndarray) -> dict[str, int]:
    """What is not zero, as it ships."""
    return {corpus.features[i]: int(weights[i]) for i in np.flatnonzero(weights)}


__all__ = [
    "Corpus",
    "SentenceModels",
    "figures",
    "folds_of",
    "nested",
    "read_rows",
    "reliability",
    "weights_by_feature",
]
