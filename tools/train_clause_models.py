#!/usr/bin/env python3
"""Train the small clause models that ship in lpo_secaudit/contracts/models/clauses.json.gz.

    pip install scikit-learn
    python tools/train_clause_models.py ../shared/contracts [--out FILE] [--report FILE]

Data: CUAD v1 (The Atticus Project, CC BY 4.0) and the public part of the data set of
arXiv 2209.09722 (licence not stated: used for training, no text of it ships; a weight belongs to a
stem, a pair of stems, a concept or a rule). Two steps for each clause, both linear:

1. sentence: logistic regression on `lpo_secaudit.contracts.model.sentence_features`;
2. document: logistic regression on `lpo_secaudit.contracts.model.DOCUMENT_FEATURES`.

Every figure is nested cross-validation: the documents of the outer fold were seen by no step, and the
threshold too was chosen on the others. `--report` writes the figures as Markdown.
"""

from __future__ import annotations

import argparse
import gzip
import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from clause_decision import PooledDecision, best_f1
from clause_learning import (
    Corpus,
    SentenceModels,
    figures,
    folds_of,
    nested,
    read_rows,
    reliability,
    weights_by_feature,
)
from sklearn.linear_model import LogisticRegression

from lpo_secaudit.contracts.library import standard_library
from lpo_secaudit.contracts.model import DOCUMENT_FEATURES, MAX_QUOTED

# Category: clause whose rules help.
CUAD = {
    "Audit Rights": "audit-right",
    "Cap On Liability": "liability-cap",
    "Uncapped Liability": "liability-carve-out",
    "Insurance": "insurance",
    "Liquidated Damages": "liquidated-damages",
    "Governing Law": "governing-law",
}
# With a few hundred documents for each category, more of the features only fit their noise.
CUAD_FEATURES = ("best", "second", "third", "belief", "believed", "sure", "length")
DERECHA = [f"R{i}" for i in range(1, 46)]
# What is asked of clauses said to be missing; the threshold keeps both equally well.
PRECISION, RECALL = 0.85, 0.78
QUOTE = {"cuad": -4.0, "derecha": -1.0}  # a sentence that scores so much is shown
INTRODUCTION = """# The trained models, and how far a confidence can be believed

Written by `tools/train_clause_models.py`; the models are what it trains on all documents afterwards.
Every figure is nested cross-validation: the documents of an outer fold were seen by neither step of the
model, nor when its threshold was chosen; near copies of a document share its fold. The rules were not:
whoever wrote them had read some of these contracts. Which features there are and how strong the penalties
were chosen by cross-validation over the same documents, so a little less may be expected of new ones
(differences between the choices were within half a point). A confidence is the probability that the verdict
agrees with the label; labels hold errors, so where a careful reader would decide it is rather higher.
"""
BANDS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01)


@dataclass
class Output:
    """Models and figures as they are found.

    Attributes:
        held: of each requirement (document, present by its label, share of repeats that said present).
    """

    models: dict[str, dict[str, Any]] = field(default_factory=dict)
    held: dict[str, list[list[float]]] = field(default_factory=dict)
    report: list[str] = field(default_factory=list)

    def say(self, line: str) -> None:
        print(line, flush=True)
        self.report.append(line)


def balanced(probability: np.ndarray, truth: np.ndarray) -> float:
    """The threshold at which precision and recall of clauses said to be missing exceed what is asked most evenly."""
    grid = np.arange(0.3, 0.6, 0.005)
    spare = []
    for bar in grid:
        precision, recall, _ = figures(probability < bar, ~truth)
        spare.append(min(precision - PRECISION, recall - RECALL))
    smooth = np.convolve(np.pad(spare, 3, "edge"), np.ones(7) / 7, "valid")
    return round(float(grid[smooth.argmax()]), 3)


# -- commercial categories ---------------------------------------------------------------------------


def cuad_regression(table: np.ndarray, truth: np.ndarray) -> LogisticRegression:
    return LogisticRegression(C=0.3, max_iter=1000).fit(table, truth)


def cuad_bar(table: np.ndarray, truth: np.ndarray, folds: list[tuple[np.ndarray, np.ndarray]]) -> float:
    """One threshold for all categories: rare ones have too few contracts for one of their own."""
    held = np.zeros(truth.shape)
    for train, test in folds:
        for k in range(truth.shape[1]):
            regression = cuad_regression(table[train, k], truth[train, k])
            held[test, k] = regression.predict_proba(table[test, k])[:, 1]
    seen = np.concatenate([test for _, test in folds])
    return best_f1(held[seen].ravel(), truth[seen].ravel())


def train_cuad(folder: Path, out: Output, repeats: int) -> None:
    rows = read_rows(folder / "cuad" / "cuad.jsonl.gz")
    corpus = Corpus([row["text"] for row in rows], least=5, rules=True)
    clauses = list(CUAD.values())
    spans = [[[tuple(s) for s in row["labels"].get(c, [])] for row in rows] for c in CUAD]
    marked = np.stack([corpus.labels(s) for s in spans], 1)
    truth = np.array([[bool(s[n]) for s in spans] for n in range(len(rows))])
    model = SentenceModels(strength=3, positive=4, kept=8_000, share=0.5)
    columns = [DOCUMENT_FEATURES.index(name) for name in CUAD_FEATURES]
    said, held = np.zeros((repeats, *truth.shape), bool), np.zeros((repeats, *truth.shape))
    touched = labelled = 0
    for repeat in range(repeats):
        for train, test, scores in nested(corpus, marked, model, (5, 4), repeat):
            table = corpus.document_table(scores, clauses)[:, :, columns]
            bar = cuad_bar(table, truth, folds_of(train, corpus.groups, 8, repeat))
            for k in range(len(CUAD)):
                regression = cuad_regression(table[train, k], truth[train, k])
                held[repeat, test, k] = regression.predict_proba(table[test, k])[:, 1]
                said[repeat, test, k] = held[repeat, test, k] >= bar
                for number in test:
                    gold = spans[k][number]
                    labelled += len(gold)
                    if said[repeat, number, k]:
                        quoted = quotes(corpus, scores[:, k], number)
                        touched += sum(any(min(e, b) > max(s, a) for a, b in quoted) for s, e in gold)
        print(f"cuad, repeat {repeat + 1}", flush=True)
    out.say(f"## Commercial terms: {len(rows)} contracts of CUAD, {repeats} times 5 folds\n")
    out.say("| category | contracts with it | precision | recall | F1 |\n|---|---|---|---|---|")
    again = np.broadcast_to(truth, said.shape)
    for k, name in enumerate(CUAD):
        p, r, _ = figures(said[:, :, k], again[:, :, k])
        out.say(f"| {name} | {truth[:, k].sum()} | {p:.3f} | {r:.3f} | {2 * p * r / (p + r):.3f} |")
    each = [2 * (s & truth).sum() / (s.sum() + truth.sum()) for s in said]
    p, r, _ = figures(said, again)
    out.say(f"| all (micro) | {truth.sum()} | {p:.3f} | {r:.3f} | {2 * p * r / (p + r):.3f} |\n")
    out.say(
        f"Micro F1 of the repeats: {min(each):.3f} to {max(each):.3f}. "
        f"Labelled spans touched by a quote: {touched / labelled:.3f}.\n"
    )
    confidence = np.where(said, held, 1 - held)
    out.say("| confidence | verdicts | mean confidence | right |\n|---|---|---|---|")
    for line in reliability(confidence.ravel(), (said == again).ravel(), BANDS):
        out.say(line)
    everything = np.ones(len(corpus.document), bool)
    folds = folds_of(np.arange(corpus.size), corpus.groups, 5, 0)
    table = corpus.document_table(model.scores(corpus, marked, folds), clauses)[:, :, columns]
    weights, biases = model.fit(corpus, marked, everything)
    bar = cuad_bar(table, truth, folds_of(np.arange(corpus.size), corpus.groups, 8, 0))
    for k, (name, clause) in enumerate(CUAD.items()):
        last = cuad_regression(table[:, k], truth[:, k])
        out.models[f"cuad:{name}"] = {
            "bias": float(biases[k]),
            "document": dict(zip(CUAD_FEATURES, last.coef_[0].round(4).tolist(), strict=True)),
            "constant": round(float(last.intercept_[0]), 4),
            "threshold": bar,
            "quote": QUOTE["cuad"],
            "clause": clause,
            "weights": weights_by_feature(corpus, weights[:, k]),
        }


def quotes(corpus: Corpus, scores: np.ndarray, number: int) -> list[tuple[int, int]]:
    """The sentences that would be quoted for a document."""
    first, last = corpus.starts[number], corpus.starts[number + 1]
    best = first + np.argsort(-scores[first:last], kind="stable")[:MAX_QUOTED]
    return [tuple(corpus.spans[u]) for rank, u in enumerate(best) if rank == 0 or scores[u] >= QUOTE["cuad"]]


# -- requirements for processing agreements ------------------------------------------------------------


def requirements_bar(
    corpus: Corpus, table: np.ndarray, truth: np.ndarray, train: np.ndarray, seed: int
) -> float:
    held, seen = np.zeros(truth.shape), []
    for part, test in folds_of(train, corpus.groups, 8, seed):
        held[test] = PooledDecision(table, truth, part).probabilities(table[test])
        seen.append(test)
    inside = np.concatenate(seen)
    return balanced(held[inside], truth[inside])


def train_derecha(folder: Path, out: Output, repeats: int) -> None:
    rows = read_rows(folder / "derecha" / "dpa_annotated.jsonl.gz")
    corpus = Corpus(["\n".join(s["text"] for s in row["sentences"]) for row in rows], least=3, rules=False)
    clause_of = {
        a.removeprefix("derecha:"): c
        for c in standard_library().clauses
        for a in c.aliases
        if a.startswith("derecha:")
    }
    names = [name for name in DERECHA if name in clause_of and clause_of[name].model]
    # The others are left to the rules; without a clause they are always said to be missing.
    rest = [name for name in DERECHA if name not in names]
    clauses = [clause_of[name].id for name in names]
    truth = np.array([[r in row["requirements_present"] for r in names] for row in rows])
    left = np.array([[r in row["requirements_present"] for r in rest] for row in rows], bool)
    alone = np.array([[corpus.belief(n, clause_of.get(r)) >= 0.5 for r in names] for n in range(len(rows))])
    ruled = np.array(
        [[corpus.belief(n, clause_of.get(r)) >= 0.5 for r in rest] for n in range(len(rows))], bool
    )
    marked = np.stack([corpus.labels([label_spans(row, name) for row in rows]) for name in names], 1)
    model = SentenceModels(strength=3, positive=1, kept=2_000)
    said, held = np.zeros((repeats, *truth.shape), bool), np.zeros((repeats, *truth.shape))
    for repeat in range(repeats):
        for train, test, scores in nested(corpus, marked, model, (10, 5), repeat):
            table = corpus.document_table(scores, clauses)
            held[repeat, test] = PooledDecision(table, truth, train).probabilities(table[test])
            bar = requirements_bar(corpus, table, truth, train, repeat)
            said[repeat, test] = held[repeat, test] >= bar
        print(f"derecha, repeat {repeat + 1}", flush=True)
    for k, name in enumerate(names):
        means = said[:, :, k].mean(0).round(2)
        out.held[name] = [[n, int(truth[n, k]), float(means[n])] for n in range(len(rows))]
    whole = np.concatenate([truth, left], 1)
    everywhere = np.concatenate([said, np.broadcast_to(ruled, (repeats, *ruled.shape))], 2)
    out.say(f"## Requirements of processing agreements: {len(rows)} agreements, {repeats} times 10 folds\n")
    out.say("Violations, that is requirements said to be missing:\n")
    out.say("| | precision | recall | accuracy |\n|---|---|---|---|")
    alone = np.concatenate([alone, ruled], 1)
    for title, verdicts in (("rules alone", alone[None]), ("rules and models", everywhere)):
        p, r, a = np.mean([figures(~v, ~whole) for v in verdicts], 0)
        out.say(f"| {title} | {p:.3f} | {r:.3f} | {a:.3f} |")
    each = [figures(~v, ~whole)[2] for v in everywhere]
    out.say(f"\nAccuracy of the repeats: {min(each):.3f} to {max(each):.3f}.\n")
    confidence = np.where(said, held, 1 - held)
    again = np.broadcast_to(truth, said.shape)
    out.say("| confidence | verdicts | mean confidence | right |\n|---|---|---|---|")
    for line in reliability(confidence.ravel(), (said == again).ravel(), BANDS):
        out.say(line)
    all_documents = np.arange(corpus.size)
    folds = folds_of(all_documents, corpus.groups, 6, 1)
    table = corpus.document_table(model.scores(corpus, marked, folds), clauses)
    joint = PooledDecision(table, truth, all_documents)
    bars = [requirements_bar(corpus, table, truth, all_documents, seed) for seed in range(5)]
    weights, biases = model.fit(corpus, marked, np.ones(len(corpus.document), bool))
    for k, name in enumerate(names):
        document, constant = joint.weights(k)
        out.models[f"derecha:{name}"] = {
            "bias": float(biases[k]),
            "document": document,
            "constant": constant,
            "threshold": round(float(np.median(bars)), 3),
            "quote": QUOTE["derecha"],
            "clause": clauses[k],
            "weights": weights_by_feature(corpus, weights[:, k]),
        }


def label_spans(row: dict[str, Any], name: str) -> list[tuple[int, int]]:
    offset, found = 0, []
    for sentence in row["sentences"]:
        if name in sentence["labels"]:
            found.append((offset, offset + len(sentence["text"])))
        offset += len(sentence["text"]) + 1
    return found


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=Path("lpo_secaudit/contracts/models/clauses.json.gz"))
    parser.add_argument("--report", type=Path, help="Markdown file for the figures")
    parser.add_argument("--held", type=Path, help="JSON file for each cross-validated verdict on derecha")
    parser.add_argument("--repeats", type=int, default=3, help="of each cross-validation")
    args = parser.parse_args()
    out = Output(report=[INTRODUCTION])
    train_derecha(args.data, out, args.repeats)
    out.say("")
    train_cuad(args.data, out, args.repeats)
    notice = (
        "Trained by tools/train_clause_models.py on CUAD v1 (CC BY 4.0) and the data set of arXiv 2209.09722."
    )
    content = {"notice": notice, "models": out.models}
    raw = json.dumps(content, sort_keys=True, separators=(",", ":")).encode()
    args.out.parent.mkdir(parents=True, exist_ok=True)
    args.out.write_bytes(gzip.compress(raw, mtime=0))
    print(f"{args.out}: {args.out.stat().st_size:,} bytes", flush=True)
    if args.held:
        args.held.write_text(json.dumps(out.held), encoding="utf-8")
    if args.report:
        args.report.write_text("\n".join(out.report) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
