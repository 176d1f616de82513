#!/usr/bin/env python3
"""Train the label models that ship in lpo_secaudit/contracts/models/labels.json.gz.

    pip install scikit-learn
    python tools/train_label_models.py ../shared/contracts [--out FILE] [--report FILE]

They help the rules of the clause library to decide which of the labels of LABELS.md a contract has; labels that hardly
any of the contracts has are left to the rules. Data:

- the agreements with gold labels beside the project (licences in their manifest);
- agreements of arXiv 2209.09722 (licence not stated) and contracts of CUAD v1 (CC BY 4.0), labelled anew in
  `tools/labels.json` as ranges of their texts, by one careful reading by the rules of LABELS.md;
- sentences of our own, `tests/contracts/data/drafters` and `tests/contracts/data/sentences`.

No text ships: a weight belongs to a stem, a pair of stems or a concept. Two steps, both linear, as in
`train_clause_models.py`; what the rules find is added at the end, by what it was worth on unseen contracts.
"""

from __future__ import annotations

import argparse
import gzip
import hashlib
import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml
from clause_decision import PooledDecision
from clause_learning import (
    Corpus,
    SentenceModels,
    Spans,
    figures,
    folds_of,
    read_rows,
    reliability,
    weights_by_feature,
)

from lpo_secaudit.contracts import read_document
from lpo_secaudit.contracts.library import standard_library

# Sentences alone: whoever wrote the rules had read these contracts, so what rules find here says too little of what
# their finding is worth elsewhere. Whatever tells a whole agreement from an excerpt is left out too.
FEATURES = ("best", "second", "third", "expected", "margin")
# Log-odds, fitted by logistic regression on the 29 agreements of docs/contracts/unseen.md, which neither rules nor
# models had been made with: what it is worth that the rules find a clause, and how far the models' own log-odds count.
BELIEVED, MODELS, CONSTANT = 3.2, 0.76, -1.45
THRESHOLD = 0.47
LEAST = 4  # contracts that have a label; fewer teach no model when to doubt the rules
EXAMPLE_WORTH = 0.5  # of a sentence of ours against one of a contract
QUOTE = -2.0  # a sentence that scores so much is shown where no rule found one
BANDS = (0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.01)
ROOT = Path(__file__).parents[1]
INTRODUCTION = """# The label models

Written by `tools/train_label_models.py`. They weigh, beside the rules, which of the labels of our own clause library a
contract has. The figures are those of the models alone, without the rules, in nested cross-validation: a document
was seen by neither step of the model that judges it. What rules and models make of contracts that neither had seen
is told in [unseen.md](unseen.md).
"""


@dataclass(frozen=True)
class Labelled:
    """A contract with its labels as character ranges.

    Attributes:
        family: "gold" or "labelled anew".
        spans: for each label that is present the ranges that decide it.
        disputed: labels of which nothing is known.
    """

    name: str
    family: str
    text: str
    spans: dict[str, Spans]
    disputed: frozenset[str]


def _letters(text: str) -> tuple[str, list[int]]:
    """Letters and digits of a text and where they stand: quotes are found whatever the mark-up between."""
    places = [i for i, c in enumerate(text) if c.isalnum()]
    return "".join(text[i].lower() for i in places), places


def gold(folder: Path) -> list[Labelled]:
    found = []
    for path in sorted((folder / "gold").glob("*.json")):
        entries = json.loads(path.read_text(encoding="utf-8"))["labels"]
        source = next(p for p in sorted((folder / "texts").glob(f"{path.stem}.*")) if p.suffix != ".pdf")
        text = read_document(source).text
        plain, places = _letters(text)
        spans: dict[str, Spans] = {}
        for label, entry in entries.items():
            if entry["present"]:
                spans[label] = []
                for quote in entry["quotes"]:
                    words, _ = _letters(quote)
                    at = plain.find(words)
                    if at >= 0:
                        spans[label].append((places[at], places[at + len(words) - 1] + 1))
        disputed = frozenset(label for label, entry in entries.items() if entry.get("disputed"))
        found.append(Labelled(path.stem, "gold", text, spans, disputed))
    return found


def labelled_anew(folder: Path) -> list[Labelled]:
    """The contracts of `labels.json`, their texts checked by digest."""
    texts = {
        f"derecha-{n:02}": "\n".join(s["text"] for s in row["sentences"])
        for n, row in enumerate(read_rows(folder / "derecha" / "dpa_annotated.jsonl.gz"))
    }
    texts |= {
        f"cuad-{n:03}": row["text"] for n, row in enumerate(read_rows(folder / "cuad" / "cuad.jsonl.gz"))
    }
    found = []
    for name, entry in json.loads((ROOT / "tools" / "labels.json").read_text(encoding="utf-8")).items():
        text = texts[name]
        if hashlib.sha256(text.encode()).hexdigest() != entry["sha256"]:
            raise SystemExit(f"{name}: the text is not the one that was labelled")
        spans = {label: [tuple(s) for s in rows] for label, rows in entry["spans"].items()}
        found.append(Labelled(name, "labelled anew", text, spans, frozenset(entry["disputed"])))
    return found


def examples() -> list[tuple[str, bool, str]]:
    """(label, whether it has it, text) of our own sentences."""
    found = []
    data = ROOT / "tests" / "contracts" / "data"
    for path in sorted((data / "drafters").glob("*.yaml")):
        rows = yaml.safe_load(path.read_text(encoding="utf-8"))
        for word in ("positive", "negative"):
            found += [(rows["label"], word == "positive", row["text"]) for row in rows[word]]
    labels = {label for label, _, _ in found}
    for path in sorted((data / "sentences").glob("*.yaml")):
        for label, rows in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            if label in labels:
                found += [
                    (label, word == "present", text) for word in ("present", "absent") for text in rows[word]
                ]
    return found


def _deaf(label: str) -> frozenset[str]:
    """Standings of sentences that cannot make a label present, as its rules have it."""
    rules = standard_library()[label].rules
    # Some rules of a provider's duty bind "any" because their grammar names nobody.
    client = 2 * sum(rule.bound == "provider" for rule in rules) > len(rules)
    return frozenset(
        word for word, is_deaf in (("client", client), ("nobody", not any(r.loose for r in rules))) if is_deaf
    )


class Training:
    """Everything that is learnt from, and the two steps on parts of it."""

    def __init__(self, folder: Path) -> None:
        self.documents = [*gold(folder), *labelled_anew(folder)]
        told = examples()
        usual = Counter(label for document in self.documents for label in document.spans)
        self.labels = sorted({label for label, _, _ in told if usual[label] >= LEAST})
        ours = [row for row in told if row[0] in self.labels]
        texts = [d.text for d in self.documents]
        self.corpus = Corpus(texts, least=3, rules=False, examples=[text for _, _, text in ours])
        number_of = {label: k for k, label in enumerate(self.labels)}
        self.truth = np.array([[label in d.spans for label in self.labels] for d in self.documents])
        self.open = np.array([[label in d.disputed for label in self.labels] for d in self.documents])
        self.marked = np.stack([self._marked(label, ours) for label in self.labels], 1)
        self.worth = np.zeros(self.marked.shape, np.float32)
        self.real = self.corpus.document < len(texts)
        self.worth[self.real] = ~self.open[self.corpus.document[self.real]]
        for n, (label, _, _) in enumerate(ours, len(texts)):
            self.worth[self.corpus.starts[n] : self.corpus.starts[n + 1], number_of[label]] = EXAMPLE_WORTH
        self.deaf = [_deaf(label) for label in self.labels]
        # What a model is deaf to it does not learn from either: the client's duty is told in the same words.
        for k, deaf in enumerate(self.deaf):
            self.worth[np.isin(self.corpus.standings, list(deaf)) & ~self.marked[:, k], k] = 0
        self.model = SentenceModels(strength=3, positive=5, kept=6_000)

    def _marked(self, label: str, ours: list[tuple[str, bool, str]]) -> np.ndarray:
        whole = [[(0, len(text))] if has and of == label else [] for of, has, text in ours]
        return self.corpus.labels([*(d.spans.get(label, []) for d in self.documents), *whole])

    def table(self, folds: list[tuple[np.ndarray, np.ndarray]]) -> np.ndarray:
        scores = self.model.scores(self.corpus, self.marked, folds, self.worth, ~self.real)
        return self.corpus.document_table(scores, self.labels, self.deaf)

    def decide(self, table: np.ndarray, train: np.ndarray) -> PooledDecision:
        return PooledDecision(table, self.truth, train, FEATURES, self.open)


def cross_validate(training: Training) -> np.ndarray:
    """Documents x labels: probabilities by models that never saw the document."""
    held = np.zeros(training.truth.shape)
    everything = np.arange(len(training.documents))
    for number, (train, test) in enumerate(folds_of(everything, training.corpus.groups, 8, 0)):
        table = training.table([*folds_of(train, training.corpus.groups, 4, 1), (train, test)])
        held[test] = training.decide(table, train).probabilities(table[test])
        print(f"fold {number + 1} of 8", flush=True)
    return held


def report(training: Training, held: np.ndarray) -> list[str]:
    lines = [INTRODUCTION, "| documents | precision | recall | F1 |", "|---|---|---|---|"]
    said = held >= 0.5
    for family in ("gold", "labelled anew"):
        of = np.array([d.family == family for d in training.documents])
        settled = ~training.open[of]
        p, r, _ = figures(said[of][settled], training.truth[of][settled])
        lines.append(f"| {of.sum()} {family} | {p:.3f} | {r:.3f} | {2 * p * r / (p + r):.3f} |")
    settled = ~training.open
    confidence, right = np.where(said, held, 1 - held)[settled], (said == training.truth)[settled]
    lines += ["", "| confidence | verdicts | mean confidence | right |", "|---|---|---|---|"]
    return [*lines, *reliability(confidence, right, BANDS)]


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, default=ROOT / "lpo_secaudit/contracts/models/labels.json.gz")
    parser.add_argument("--report", type=Path, help="Markdown file for the figures; without it none are made")
    args = parser.parse_args()
    training = Training(args.data)
    if args.report:
        lines = report(training, cross_validate(training))
        args.report.write_text("\n".join(lines) + "\n", encoding="utf-8")
        print("\n".join(lines[1:]), flush=True)
    everything = np.arange(len(training.documents))
    table = training.table(folds_of(everything, training.corpus.groups, 8, 0))
    joint = training.decide(table, everything)
    corpus = training.corpus
    weights, biases = training.model.fit(
        corpus, training.marked, np.ones(len(corpus.document), bool), training.worth
    )
    models = {}
    for k, label in enumerate(training.labels):
        document, constant = joint.weights(k)
        models[f"label:{label}"] = {
            "bias": float(biases[k]),
            "document": {name: round(MODELS * w, 4) for name, w in document.items()} | {"believed": BELIEVED},
            "constant": round(MODELS * constant + CONSTANT, 4),
            "threshold": THRESHOLD,
            "quote": QUOTE,
            "clause": label,
            "deaf": sorted(training.deaf[k]),
            "weights": weights_by_feature(corpus, weights[:, k]),
        }
    notice = "Trained by tools/train_label_models.py; sources and licences stand there."
    raw = json.dumps({"notice": notice, "models": models}, sort_keys=True, separators=(",", ":")).encode()
    args.out.write_bytes(gzip.compress(raw, mtime=0))
    print(f"{args.out}: {args.out.stat().st_size:,} bytes", flush=True)


if __name__ == "__main__":
    main()
