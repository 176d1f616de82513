"""From the sentence scores of a document to a verdict: one regression for a family of clauses, and its threshold.

scikit-learn is needed here, never at run time.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from sklearn.linear_model import LogisticRegression

from lpo_secaudit.contracts.model import DOCUMENT_FEATURES

__all__ = ["PooledDecision", "best_f1"]


class PooledDecision:
    """One regression for all clauses of a family, with a small leaning of its own for each.

    How often a clause is there at all enters as a feature; a training document does not count itself
    there, or the regression would lean on it too much.

    Args:
        table: documents x clauses x `DOCUMENT_FEATURES`, as `Corpus.document_table` gives them.
        truth: documents x clauses.
        train: the documents to learn from.
        features: the features that are weighed.
        open_: documents x clauses, true where the label is disputed and nothing is learnt from it.
    """

    OWN = 0.3  # how freely a clause may differ from the others

    def __init__(
        self,
        table: np.ndarray,
        truth: np.ndarray,
        train: np.ndarray,
        features: Sequence[str] = DOCUMENT_FEATURES,
        open_: np.ndarray | None = None,
    ) -> None:
        self.features = tuple(features)
        self.leans = tuple(name for name in ("best", "belief") if name in features)
        self.columns = [DOCUMENT_FEATURES.index(name) for name in features]
        size, met = len(train), truth[train].sum(0)
        self.usual = np.log((met + 1) / (size - met + 1))
        others = met[None] - truth[train]
        usual = np.log((others + 1) / (size - others))
        settled = slice(None) if open_ is None else ~open_[train].T.ravel()
        self.regression = LogisticRegression(C=0.1, max_iter=2000).fit(
            self._design(table[train], usual)[settled], truth[train].T.ravel()[settled]
        )

    def _design(self, table: np.ndarray, usual: np.ndarray) -> np.ndarray:
        documents, labels, _ = table.shape
        blocks = []
        for k in range(labels):
            size = 1 + len(self.leans)
            own = np.zeros((documents, size * labels))
            own[:, size * k] = self.OWN
            for place, name in enumerate(self.leans, size * k + 1):
                own[:, place] = self.OWN * table[:, k, DOCUMENT_FEATURES.index(name)]
            blocks.append(np.hstack([table[:, k, self.columns], usual[:, k : k + 1], own]))
        return np.vstack(blocks)

    def probabilities(self, table: np.ndarray) -> np.ndarray:
        """Documents x clauses: that the clause is there."""
        usual = np.broadcast_to(self.usual, table.shape[:2])
        return self.regression.predict_proba(self._design(table, usual))[:, 1].reshape(len(self.usual), -1).T

    def weights(self, k: int) -> tuple[dict[str, float], float]:
        """(weight by document feature, constant) of one clause."""
        found = self.regression.coef_[0]
        width, size = len(self.features), 1 + len(self.leans)
        own = found[width + 1 + size * k : width + 1 + size * (k + 1)] * self.OWN
        weights = dict(zip(self.features, found[:width], strict=True))
        for name, more in zip(self.leans, own[1:], strict=True):
            weights[name] += more
        constant = self.regression.intercept_[0] + found[width] * self.usual[k] + own[0]
        return {name: round(float(w), 4) for name, w in weights.items()}, round(float(constant), 4)


def best_f1(probability: np.ndarray, truth: np.ndarray) -> float:
    """The threshold of the best F1, averaged over its neighbours so that one document cannot decide."""
    grid = np.arange(0.2, 0.65, 0.01)
    scores = []
    for bar in grid:
        said = probability >= bar
        scores.append(2 * (said & truth).sum() / max(1, said.sum() + truth.sum()))
    smooth = np.convolve(np.pad(scores, 5, "edge"), np.ones(11) / 11, "valid")
    return round(float(grid[smooth.argmax()]), 3)
