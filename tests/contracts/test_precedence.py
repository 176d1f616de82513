"""Which document prevails: single sentences, lists in items, and a whole contract."""

from __future__ import annotations

import pytest

from lpo_secaudit.contracts.analysis import analyze_document
from lpo_secaudit.contracts.document import Document
from lpo_secaudit.contracts.precedence import order_of, ranking


@pytest.mark.parametrize(
    ("sentence", "order"),
    [
        (
            "In the event of any conflict between this DPA and the Agreement, this DPA shall prevail.",
            ["dpa", "msa"],
        ),
        ("Where the MSA and the Data Processing Addendum are inconsistent, the MSA governs.", ["msa", "dpa"]),
        ("If the SCCs and this DPA conflict, the Standard Contractual Clauses control.", ["sccs", "dpa"]),
        (
            "This Business Associate Agreement supersedes any conflicting term of the Services Agreement.",
            ["baa", "msa"],
        ),
        (
            "These Outside Counsel Guidelines take precedence over any engagement letter.",
            ["guidelines", "order"],
        ),
        (
            "In case of conflict, the provision that is more protective of the data shall prevail.",
            ["stricter"],
        ),
        ("If our Terms of Service and this addendum disagree, this addendum wins.", ["this", "msa"]),
        ("Among several versions the document later in time will prevail.", ["latest"]),
        (
            "Order of precedence: (1) SCCs; (2) this DPA; (3) the Order Form; (4) the Master Agreement.",
            ["sccs", "dpa", "order", "msa"],
        ),
        ("This DPA shall not supersede any data protection agreement that the parties negotiated.", []),
        ("This Agreement is governed by the laws of Ireland.", []),
    ],
)
def test_one_sentence(sentence: str, order: list[str]) -> None:
    found = order_of(sentence)
    assert list(found) == order or (found == () and order == [])


def test_several_sentences_make_one_ranking() -> None:
    sentences = (
        "In a conflict between this DPA and the Agreement, this DPA prevails.",
        "In a conflict between the Standard Contractual Clauses and this DPA, the former prevail.",
        "If this DPA and the SCCs differ, the SCCs control.",
        "In a conflict between this DPA and the Agreement, the Agreement prevails.",
    )
    assert ranking(sentences) == ["sccs", "dpa", "msa"]
    assert ranking(()) == []


def test_items_rank_in_their_order() -> None:
    text = "The documents apply in the following order of precedence:\n\n"
    text += "(a) this DPA;\n(b) the Order Form;\n(c) the Master Services Agreement.\n"
    document = Document(name="x.txt", format="text", sha256="", text=text)
    result = analyze_document(document)["order-of-precedence"]
    assert result.parameters == {"prevails": "dpa", "order": ["dpa", "order", "msa"]}


@pytest.mark.parametrize(
    "text",
    [
        "This Agreement is governed by the laws of Ireland without regard to its conflict of laws rules.",
        "This Agreement is the entire agreement and supersedes all prior agreements between the parties.",
        "Provider shall disclose any conflict of interest under this Agreement.",
    ],
)
def test_what_ranks_no_documents(text: str) -> None:
    document = Document(name="x.txt", format="text", sha256="", text=text)
    assert not analyze_document(document)["order-of-precedence"].present
