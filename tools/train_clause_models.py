#!/usr/bin/env python3
"""Train the small clause models that ship in lpo_secaudit/contracts/models/clauses.json.gz.

    pip install scikit-learn
    python tools/train_clause_models.py ../shared/contracts [--out FILE]

Data: CUAD v1 (The Atticus Project, CC BY 4.0) and the public part of the data set of
arXiv 2209.09722 (licence not stated: used for training, no text of it ships; a weight belongs to a
stem, a pair of stems or a concept). Two steps for each clause, both linear:

1. sentence: logistic regression on the features of `lpo_secaudit.contracts.model.features_of`;
2. document: logistic regression on the best sentence scores (out of fold) and the belief of the rules.

The figures printed are those of held-out documents: sentence scores from folds that did not see the
document, document regression from folds of its own.
"""

from __future__ import annotations

import argparse
import gzip
import json
from array import array
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import KFold

from lpo_secaudit.contracts.detect import belief_of, matches_of
from lpo_secaudit.contracts.library import standard_library
from lpo_secaudit.contracts.model import DOCUMENT_FEATURES, document_features, features_of
from lpo_secaudit.contracts.reading import read

# Category: clause whose rules help, strength of the sentence model, probability that counts as present.
# Both numbers were chosen by cross-validation; rare categories need the lower bar.
CUAD = {
    "Audit Rights": ("audit-right", 1.0, 0.5),
    "Cap On Liability": ("liability-cap", 1.0, 0.5),
    "Uncapped Liability": ("liability-carve-out", 5.0, 0.35),
    "Insurance": ("insurance", 1.0, 0.4),
    "Liquidated Damages": ("liquidated-damages", 1.0, 0.35),
    "Governing Law": ("governing-law", 1.0, 0.45),
}
KEPT_WEIGHTS = {"cuad": 5_000, "derecha": 800}
QUOTE = -2.5  # a sentence that scores so much is shown; a reader skims more easily than he searches
DERECHA = [f"R{i}" for i in range(1, 46)]


def read_rows(path: Path) -> list[dict[str, Any]]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


class Corpus:
    """Documents as sparse sentence features, with the beliefs of the rules."""

    def __init__(self, texts: list[str]) -> None:
        library = standard_library()
        vocabulary: dict[str, int] = {}
        columns, ends, self.document, self.spans, self.beliefs = array("l"), [0], [], [], []
        for number, text in enumerate(texts):
            reading = read(text, library)
            for unit, where in enumerate(reading.units):
                if where.kind == "heading":
                    continue
                columns.extend(
                    vocabulary.setdefault(f, len(vocabulary))
                    for f in features_of(reading, unit, library.book)
                )
                ends.append(len(columns))
                self.document.append(number)
                self.spans.append((where.start, where.end))
            self.beliefs.append({c.id: belief_of(c, matches_of(c, reading)) for c in library.clauses})
        counts = np.diff(ends)
        data = np.repeat(3 / np.sqrt(np.maximum(counts, 1)), counts).astype(np.float32)
        whole = csr_matrix((data, np.frombuffer(columns, dtype=np.int64), np.array(ends)))
        frequent = np.flatnonzero(np.bincount(whole.indices, minlength=whole.shape[1]) >= 4)
        names = list(vocabulary)
        self.features = [names[i] for i in frequent]
        self.matrix = whole[:, frequent].tocsr()
        self.document, self.spans = np.array(self.document), np.array(self.spans)
        self.size = len(texts)
        self.units = np.bincount(self.document, minlength=self.size)

    def labels(self, spans_of: list[list[tuple[int, int]]]) -> np.ndarray:
        """Sentences that a labelled span covers, or that hold most of one."""
        marked = np.zeros(len(self.document), bool)
        for number, gold in enumerate(spans_of):
            mine = np.flatnonzero(self.document == number) if gold else ()
            for start, end in gold:
                begins, stops = self.spans[mine, 0], self.spans[mine, 1]
                shared = np.minimum(stops, end) - np.maximum(begins, start)
                marked[
                    mine[(shared > 0.3 * (stops - begins)) | ((shared > 0.5 * (end - start)) & (shared > 0))]
                ] = True
        return marked


def fit(
    corpus: Corpus, marked: np.ndarray, rows: np.ndarray, strength: float, share: float
) -> LogisticRegression:
    generator = np.random.default_rng(7)
    chosen = rows & (marked | (generator.random(len(rows)) < share))
    model = LogisticRegression(
        C=strength, solver="liblinear", max_iter=60, tol=1e-3, class_weight={True: 4, False: 1}
    )
    return model.fit(corpus.matrix[chosen], marked[chosen])


def out_of_fold(corpus: Corpus, marked: np.ndarray, strength: float, share: float, folds: int) -> np.ndarray:
    scores = np.full(len(marked), -4.0)
    for train, test in KFold(folds, shuffle=True, random_state=1).split(np.arange(corpus.size)):
        rows = np.isin(corpus.document, train)
        if marked[rows].sum() >= 2:
            inside = np.isin(corpus.document, test)
            scores[inside] = fit(corpus, marked, rows, strength, share).decision_function(
                corpus.matrix[inside]
            )
    return scores


def document_rows(corpus: Corpus, scores: np.ndarray, clause: str, group: list[str]) -> np.ndarray:
    rows = []
    for number in range(corpus.size):
        best = sorted(scores[corpus.document == number], reverse=True)[:3]
        beliefs = corpus.beliefs[number]
        overall = sum(beliefs[c] for c in group) / len(group) if group else 0.0
        rows.append(document_features(best, beliefs.get(clause, 0.0), overall, int(corpus.units[number])))
    return np.array(rows)


def row_of(corpus: Corpus, model: LogisticRegression, kept: int) -> dict[str, Any]:
    weights = model.coef_[0]
    order = np.argsort(-np.abs(weights), kind="stable")[:kept]
    return {
        "bias": round(float(model.intercept_[0]), 4),
        "weights": {
            corpus.features[i]: round(float(weights[i]), 3) for i in sorted(order) if abs(weights[i]) > 0.02
        },
    }


def train_cuad(folder: Path, models: dict[str, Any]) -> None:
    rows = read_rows(folder / "cuad" / "cuad.jsonl.gz")
    corpus = Corpus([row["text"] for row in rows])
    total, touched, labelled = np.zeros(3, int), 0, 0
    for category, (clause, strength, bar) in CUAD.items():
        spans = [[tuple(s) for s in row["labels"].get(category, [])] for row in rows]
        marked, truth = corpus.labels(spans), np.array([bool(s) for s in spans])
        scores = out_of_fold(corpus, marked, strength, 0.3, 5)
        features = document_rows(corpus, scores, clause, [])
        said = np.zeros(len(rows), bool)
        for train, test in KFold(8, shuffle=True, random_state=3).split(features):
            said[test] = (
                LogisticRegression(C=0.3)
                .fit(features[train], truth[train])
                .predict_proba(features[test])[:, 1]
                >= bar
            )
        for number in np.flatnonzero(said):
            mine = np.flatnonzero(corpus.document == number)
            best = mine[np.argsort(-scores[mine], kind="stable")][:24]
            quoted = [corpus.spans[u] for rank, u in enumerate(best) if rank == 0 or scores[u] >= QUOTE]
            touched += sum(any(min(e, b) > max(s, a) for a, b in quoted) for s, e in spans[number])
        labelled += sum(map(len, spans))
        total += [(said & truth).sum(), (said & ~truth).sum(), (~said & truth).sum()]
        print(f"{category:22} F1 {2 * (said & truth).sum() / (said.sum() + truth.sum()):.3f}", flush=True)
        last = LogisticRegression(C=0.3).fit(features, truth)
        final = fit(corpus, marked, np.ones(len(marked), bool), strength, 0.5)
        models[f"cuad:{category}"] = {
            **row_of(corpus, final, KEPT_WEIGHTS["cuad"]),
            "document": [*map(float, last.coef_[0].round(4)), float(last.intercept_[0].round(4))],
            "threshold": bar,
            "quote": QUOTE,
            "clause": clause,
            "group": [],
        }
    print(
        f"cuad, cross-validated: micro F1 {2 * total[0] / (2 * total[0] + total[1] + total[2]):.3f}",
        flush=True,
    )


def train_derecha(folder: Path, models: dict[str, Any]) -> None:
    rows = read_rows(folder / "derecha" / "dpa_annotated.jsonl.gz")
    corpus = Corpus(["\n".join(s["text"] for s in row["sentences"]) for row in rows])
    clause_of = {
        a.removeprefix("derecha:"): c.id
        for c in standard_library().clauses
        for a in c.aliases
        if a.startswith("derecha:")
    }
    truth = np.array([[r in row["requirements_present"] for r in DERECHA] for row in rows])
    share = (truth.sum(0) + 1) / (len(rows) + 2)
    prior = np.log(share / (1 - share))
    group = [clause_of[r] for r, p in zip(DERECHA, prior, strict=True) if p > -2 and r in clause_of]
    tables, marks = [], []
    for name in DERECHA:
        spans = []
        for row in rows:
            offset, found = 0, []
            for sentence in row["sentences"]:
                if name in sentence["labels"]:
                    found.append((offset, offset + len(sentence["text"])))
                offset += len(sentence["text"]) + 1
            spans.append(found)
        marks.append(corpus.labels(spans))
        scores = out_of_fold(corpus, marks[-1], 10.0, 1.0, 6)
        tables.append(document_rows(corpus, scores, clause_of.get(name, ""), group))
    # One regression for all requirements, with a small leaning of its own for each.
    width, own = DOCUMENT_FEATURES, 0.3

    def design(number: int) -> np.ndarray:
        table, block = tables[number], np.zeros((len(rows), 3 * len(DERECHA)))
        block[:, 3 * number] = own
        block[:, 3 * number + 1] = own * table[:, 0] / 1.5
        block[:, 3 * number + 2] = own * table[:, 3]
        shared = np.full((len(rows), 2), prior[number])
        shared[:, 1] *= table[:, 3] / 2
        return np.hstack([table, shared, block])

    designs = [design(k) for k in range(len(DERECHA))]
    held = np.zeros_like(truth, dtype=float)
    for train, test in KFold(6, shuffle=True, random_state=1).split(np.arange(len(rows))):
        joint = LogisticRegression(C=0.1, max_iter=1000).fit(
            np.vstack([d[train] for d in designs]), truth[train].T.ravel()
        )
        for k, d in enumerate(designs):
            held[test, k] = joint.predict_proba(d[test])[:, 1]
    missing, said = ~truth, held < 0.465
    right = (missing & said).sum()
    print(
        f"derecha, cross-validated: violations precision {right / said.sum():.3f} recall {right / missing.sum():.3f}"
        f" accuracy {(missing == said).mean():.3f}",
        flush=True,
    )
    joint = LogisticRegression(C=0.1, max_iter=1000).fit(np.vstack(designs), truth.T.ravel())
    for k, name in enumerate(DERECHA):
        if name not in clause_of:
            continue
        weights = joint.coef_[0][:width].copy()
        block = joint.coef_[0][width + 2 + 3 * k : width + 5 + 3 * k] * own
        weights[0] += block[1] / 1.5
        weights[3] += block[2] + joint.coef_[0][width + 1] * prior[k] / 2
        constant = joint.intercept_[0] + joint.coef_[0][width] * prior[k] + block[0]
        sentence = {"bias": -4.0, "weights": {}}
        if marks[k].sum() >= 3:
            final = fit(corpus, marks[k], np.ones(len(marks[k]), bool), 10.0, 1.0)
            sentence = row_of(corpus, final, KEPT_WEIGHTS["derecha"])
        models[f"derecha:{name}"] = {
            **sentence,
            "document": [*map(float, weights.round(4)), round(float(constant), 4)],
            "threshold": 0.465,
            "quote": 0.0,
            "clause": clause_of[name],
            "group": group,
        }


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("lpo_secaudit/contracts/models/clauses.json.gz"))
    args = parser.parse_args()
    models: dict[str, Any] = {}
    train_cuad(args.data, models)
    train_derecha(args.data, models)
    notice = (
        "Trained by tools/train_clause_models.py on CUAD v1 (CC BY 4.0) and the data set of arXiv 2209.09722."
    )
    raw = json.dumps({"notice": notice, "models": models}, sort_keys=True, separators=(",", ":")).encode()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_bytes(gzip.compress(raw, mtime=0))
    print(f"{args.out}: {args.out.stat().st_size:,} bytes", flush=True)


if __name__ == "__main__":
    main()
