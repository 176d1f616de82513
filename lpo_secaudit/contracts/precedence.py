"""Which document prevails where two of them conflict, read from the sentences that say so.

Document kinds: `sccs` (standard contractual clauses and their like), `dpa`, `baa`, `msa` (the main
agreement), `order` (order form, statement of work), `guidelines`, `policy`, `law`, `this` (the
document that speaks, where it names itself by no kind: "this Addendum"), `annex` (a part of it),
`latest` (the later in time) and `stricter` (whichever protects more).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

__all__ = ["order_of", "ranking"]

_KINDS = (
    (
        "stricter",
        r"(?:more|most|greater|greatest|higher|highest|stricter|strictest)(?:\s+or\s+most)?\s+(?:protective|stringent|restrictive"
        r"|protection|standard|level|favou?rable|onerous|secure|requirement|provision|term|clause)\w*|\bstricte(?:r|st)\b",
    ),
    (
        "sccs",
        r"\b(?:EU\s+|UK\s+)?standard\s+(?:contractual|data\s+protection)\s+clauses\b|\bmodel\s+(?:contract(?:ual)?\s+)?clauses\b"
        r"|\bSCCs?\b|\bIDTA\b|\bUK\s+(?:\w+\s+)?addendum\b|\b(?:these|the|those)\s+clauses\b|\btransfer\s+clauses\b",
    ),
    (
        "baa",
        r"\b(?:this\s+)?BAAs?\b|\b(?:this\s+)?business\s+associate\s+(?:agreement|addendum|contract|terms|exhibit)",
    ),
    (
        "dpa",
        r"\b(?:this\s+)?DP[AS]s?\b|\b(?:this\s+)?(?:data|privacy)\s+(?:\w+\s+){0,2}?(?:agreement|addendum|terms|annex|schedule|exhibit|appendix|rider)\b",
    ),
    (
        "order",
        r"\b(?:order(?:ing)?\s+(?:form|document)|statements?\s+of\s+work|SOWs?|(?:purchase|work|task|service)\s+orders?"
        r"|engagement\s+letter)\b",
    ),
    (
        "guidelines",
        r"\b(?:these\s+)?(?:outside\s+counsel|billing|client|engagement)\s+guidelines\b|\bguidelines\b",
    ),
    ("policy", r"\b(?:privacy|security|company|client)\s+polic(?:y|ies)\b"),
    (
        "this",
        r"\b(?:this|these|the\s+present)\s+(?:(?!(?:and|or|the)\b)\w+\s+){0,3}?(?:agreement|addendum|contract|terms|annex|schedule|exhibit"
        r"|appendix|rider|attachment|undertaking|amendment|conditions|document|provisions)\b|\bhereof\b",
    ),
    (
        "msa",
        r"\bMSAs?\b|\b(?:master|main|principal|underlying|primary|base|services?|license|framework|subscription|commercial"
        r"|outsourcing|customer|related|other)\s+(?:\w+\s+){0,3}?(?:agreements?|contracts?)\b|\bterms\s+of\s+(?:service|use)\b"
        r"|\b(?:the|such|any|your|our)\s+(?:agreement|contract)s?\b|\bterms\s+and\s+conditions\b|\bgeneral\s+(?:terms|conditions)\b",
    ),
    (
        "annex",
        r"\b(?:annex(?:es)?|exhibits?|schedules?|appendi(?:x|ces)|attachments?|cover\s+page|additional\s+terms)\b",
    ),
    (
        "latest",
        r"\b(?:later|latest|last)\s+in\s+time\b|\blater\s+(?:dated|executed|signed)\b|\bmost\s+recent\b",
    ),
    ("law", r"\b(?:applicable|data\s+protection|privacy|mandatory)\s+laws?\b|\bGDPR\b|\bHIPAA\b"),
)
_KIND = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _KINDS), re.IGNORECASE)
_PREVAILS = re.compile(
    r"\b(?:prevails?|(?:shall|will|must|do|does|to)\s+(?:\w+ly\s+)?(?:control|govern|prevail|supersede|override|win)|controls|governs?"
    r"|supersedes?|overrides?|wins|controlling|(?:tak(?:e|es|ing)|ha(?:s|ve)|be\s+given)\s+(?:\w+\s+){0,2}?(?:precedence|priority)"
    r"|(?:is|are|be|remains?)\s+paramount)\b"
    r"|\b(?:control|govern|win)(?=\s*(?:[.,;]|$))",
    re.IGNORECASE,
)
_LIST = re.compile(
    r"\border\s+of\s+(?:precedence|priority|preference)\b|\b(?:following|descending|this)\s+order\b|\blisted\s+(?:earlier|first)\b",
    re.IGNORECASE,
)
_NEGATED = re.compile(r"\b(?:not|nothing|neither|nor)\b", re.IGNORECASE)
# Mentioned beside the documents compared: "the Clauses in Attachment 1", "as the law requires".
_NO_LOSER = frozenset({"annex", "law", "stricter", "latest"})
_SPLIT = re.compile(r"[,;:]|\bthen\b|\bthat\b", re.IGNORECASE)


def _mentions(text: str) -> list[str]:
    """Kinds in the order of their first mention."""
    return list(dict.fromkeys(m.lastgroup for m in _KIND.finditer(text) if m.lastgroup))


def order_of(sentence: str) -> tuple[str, ...]:
    """Document kinds that one sentence ranks, the prevailing one first; empty where it ranks none.

    A sentence with a list ("in the following order of precedence: ...") ranks in the order of mention.
    """
    listed = _LIST.search(sentence)
    if listed is not None:
        tail = sentence[listed.end() :]
        mark = tail.find(":")
        ranked = _mentions(tail[mark + 1 :] if mark >= 0 else tail)
        if len(ranked) > 1:
            return tuple(ranked)
    verb = _PREVAILS.search(sentence)
    if verb is None:
        return ()
    before = sentence[: verb.start()]
    parts = _SPLIT.split(before)
    subject = parts[-1]
    winners = _mentions(subject)
    if not winners and len(parts) > 1 and not subject.strip():
        winners = _mentions(parts[-2])
    if not winners or _NEGATED.search(subject) or _NEGATED.match(sentence[verb.end() :].lstrip()):
        return ()
    winner = winners[0]
    named = dict.fromkeys(_mentions(sentence[verb.end() :]) + _mentions(before))
    return (winner, *(kind for kind in named if kind != winner and kind not in _NO_LOSER))


def ranking(sentences: Iterable[str]) -> Sequence[str]:
    """One ranking from all sentences: a kind stands after every kind that prevails over it.

    A sentence that contradicts an earlier one is left out: the earlier is what both agree to first.
    """
    above: dict[str, set[str]] = {}

    def beats(kind: str, other: str, seen: frozenset[str] = frozenset()) -> bool:
        lower = above.get(kind, set())
        return other in lower or any(beats(k, other, seen | {k}) for k in lower - seen)

    for sentence in sentences:
        order = order_of(sentence)
        if not order:
            continue
        above.setdefault(order[0], set())
        pairs = pairwise(order) if _LIST.search(sentence) else ((order[0], k) for k in order[1:])
        for kind, other in pairs:
            above.setdefault(other, set())
            if not beats(other, kind):
                above[kind].add(other)
    ranked: list[str] = []
    while len(ranked) < len(above):
        ranked.append(
            next(
                k
                for k in above
                if k not in ranked and not any(k in above[o] for o in above if o not in ranked)
            )
        )
    return ranked
