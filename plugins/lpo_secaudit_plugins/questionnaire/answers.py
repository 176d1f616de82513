"""One answer: the words people write brought to six values, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

__all__ = ["ANSWERS", "Answer", "judge", "normalise"]

ANSWERS = ("yes", "no", "partial", "not-applicable", "unanswered", "text")
"""`text` is an answer in words to a question that asks for words: a name, a date, a description."""

_WORDS: Mapping[str, frozenset[str]] = {
    "yes": frozenset(
        "yes y true x ✓ ✔ ja oui si sí implemented met compliant pass passed agreed agree affirmative confirmed "
        "checked".split()
        + ["in place", "fully implemented", "fully compliant", "yes - implemented", "largely in place"]
    ),
    "no": frozenset(
        "no n false ✗ ✘ nein non unmet fail failed none never planned".split()
        + ["not implemented", "not in place", "non-compliant", "not compliant", "not met", "not yet"]
    ),
    "partial": frozenset(
        "partial partially partly teilweise limited sometimes some".split()
        + ["in progress", "partially implemented", "partially compliant", "yes, partially", "yes and no", "y/n"]
        + ["under implementation", "partially met", "yes/no", "mostly"]
    ),
    "not-applicable": frozenset(
        "na n/a n.a. n.a nicht-zutreffend entfällt".split()
        + ["not applicable", "does not apply", "not relevant", "nicht zutreffend", "not in scope", "out of scope"]
    ),
    "unanswered": frozenset(
        "? - – — tbd tba tbc todo pending open unknown ... … xxx #n/a #ref! #name? #value!".split()
        + ["to be determined", "to be confirmed", "to do", "select", "please select", "choose an item.", "--"]
        + ["select an answer", "choose an item", "click or tap here to enter text.", "n.n.", "[blank]", "(blank)"]
    ),
}
_LOOKUP = {word: answer for answer, words in _WORDS.items() for word in words}
_LEADING = re.compile(
    r"(?P<word>yes|no|partially|partial|not applicable|n/a)(?P<rest>\s*[,.;:()–—\n-].*|\s+(?:with|but|via|see|the|we|our)\b.*)?\Z",
    re.IGNORECASE | re.DOTALL,
)
_HEDGED = re.compile(r"\b(partial(ly)?|partly|some of|in progress|except|not all|planned|limited to)\b", re.IGNORECASE)

_EVASIVE = re.compile(
    r"\b(up)?on request\b|\bunder (an? )?nda\b|\bnon-disclosure\b|\bconfidential(ity reasons)?\b|\bproprietary\b"
    r"|\b(can|may|could|will) ?not (be )?(shared?|disclosed?|provided?)\b|\bunable to (share|disclose|provide)\b"
    r"|\bdo(es)? not (share|disclose|publish|provide details)\b|\bnot (publicly )?(disclosed|shared)\b"
    r"|\b(contact|reach out to) (us|your|our|sales|support|the)\b|\bindustry[- ](standard|best)( practices?)?\s*\.?\Z"
    r"|\bwhere (appropriate|feasible|possible)\b|\bas (appropriate|needed|required)\b|\bcommercially reasonable\b",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"\A\s*(no\b(?! (later|less|longer|more|single|exception))|not (yet|currently|at this time|implemented|in place)\b|none\b)"
    r"|\b(is|are|has|have|do|does|was|were) not (yet |currently |been |formally )?"
    r"(implement|in place|perform|encrypt|conduct|support|have\b|document|certif|test|enforc|provid|offer|maintain)"
    r"|\bcurrently (has|have|there is|there are) no\b|\bnot yet\b|\b(is|are) (being )?planned\b|\broadmap\b"
    r"|\bwill be (implement|introduc|complet|rolled)|\bin (the )?process of (implement|obtain|develop|achiev)",
    re.IGNORECASE,
)
_AFFIRMS = re.compile(r"\A\s*(yes\b|we (do|have|are)\b(?! not| no)|this is (fully )?implemented\b)", re.IGNORECASE)
_NOT_FOR_US = re.compile(r"\A\s*(n/?a\b|not applicable|does not apply)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Answer:
    """One question and what was answered.

    Attributes:
        question_id: as the questionnaire numbers it.
        question: its words.
        answer: one of ANSWERS.
        raw: the answer as written.
        comment: what was added to it.
        place: "sheet!cell" of the answer, or the path within a JSON file.
        section: the heading it stands under; "" where there is none.
        closed: the question asks for yes or no; False for names, dates, descriptions.
        topics: what it is about; set by `topics.assign`.
        affirmative: the answer that speaks for the provider: "yes" but for questions such as
            "have you had a breach?".
        problems: see `judge`.
    """

    question_id: str
    question: str
    answer: str
    raw: str
    comment: str
    place: str
    section: str = ""
    closed: bool = True
    topics: tuple[str, ...] = ()
    affirmative: str = "yes"
    problems: tuple[str, ...] = ()


def normalise(text: str, words: Mapping[str, str] | None = None) -> tuple[str, str]:
    """(one of ANSWERS, what was written beyond the answer's word).

    Args:
        text: the answer as written.
        words: own words of a questionnaire, lower-case, to one of ANSWERS.
    """
    plain = " ".join(text.split()).lower()
    if not plain:
        return "unanswered", ""
    if words and plain in words:
        return words[plain], ""
    bare = plain.rstrip(".!") if len(plain) > 1 else plain
    for form in (plain, bare, bare.strip("()[]\"' ")):
        if form in _LOOKUP:
            return _LOOKUP[form], ""
    match = _LEADING.match(text.strip())
    if match is None:
        return "text", ""
    rest = (match["rest"] or "").strip(" ,.;:()–—-\n\t")
    word = match["word"].lower()
    answer = {"partially": "partial", "not applicable": "not-applicable", "n/a": "not-applicable"}.get(word, word)
    if answer == "yes" and _HEDGED.search(rest[:120]):
        answer = "partial"
    return answer, rest


_ASKS_YES_NO = re.compile(
    r"\A\W*(is|are|do|does|did|has|have|had|can|could|will|would|was|were|should|must)\b"
    r"|,\s*(is|are|do|does|has|have|can|will) (you|your|there|the|it|all)\b"
    r"|\b(please )?(confirm|indicate|state) (that|whether|if)\b",
    re.IGNORECASE,
)


def asks_yes_no(question: str) -> bool:
    """Whether a question, by its words, can be answered with yes or no."""
    return any(_ASKS_YES_NO.search(sentence) for sentence in re.split(r"(?<=[.?!])\s+|\n", question) if sentence)


def judge(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """Note on each answer what a reader should not overlook.

    Problems, each beginning with its stable word:
        unanswered: nothing was answered; with a comment, the comment stands in for it.
        evasive: words instead of yes or no, or a promise to tell elsewhere.
        contradiction: the comment says the opposite, or the question was answered twice.
        bare: "yes" or "partial" without a word of explanation is noted for partial only.
    """
    return tuple(_judged(answer) for answer in answers)


def _judged(answer: Answer) -> Answer:
    problems = list(answer.problems)
    comment = answer.comment
    if answer.answer == "unanswered":
        problems.append("unanswered: only a comment is given" if comment else "unanswered")
    elif answer.answer == "text" and answer.closed:
        problems.append("evasive: words where yes or no was asked")
    elif answer.answer == "yes":
        if _NOT_FOR_US.search(comment):
            problems.append("contradiction: answered yes, the comment says it does not apply")
        elif _DENIES.search(comment[:400]):
            problems.append("contradiction: answered yes, the comment denies or limits it")
    elif answer.answer == "no" and _AFFIRMS.search(comment):
        problems.append("contradiction: answered no, the comment affirms it")
    elif answer.answer == "not-applicable" and not comment and answer.closed:
        problems.append("evasive: not applicable, without a reason")
    elif answer.answer == "partial" and not comment:
        problems.append("evasive: partial, without saying what is missing")
    if comment and answer.answer in ("yes", "partial") and _EVASIVE.search(comment) and len(comment) < 240:
        problems.append("evasive: the comment puts off instead of describing")
    return replace(answer, problems=tuple(dict.fromkeys(problems)))
