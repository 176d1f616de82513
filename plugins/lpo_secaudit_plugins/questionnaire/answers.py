"""One answer: the words people write brought to six values, and what is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

__all__ = ["ANSWERS", "Answer", "judge", "normalise"]

ANSWERS = ("yes", "no", "partial", "not-applicable", "unanswered", "text")
"""`text` is an answer in words to a question that asks for words: a name, a date, a description."""

_WORDS = """
yes: yes, y, true, x, ✓, ✔, ✅, ja, oui, si, sí, implemented, met, compliant, pass, passed, agreed, agree
yes: affirmative, confirmed, checked, in place, fully implemented, fully compliant, largely in place
no: no, n, false, ✗, ✘, ❌, nein, non, unmet, fail, failed, none, never, planned, not implemented
no: not in place, non-compliant, not compliant, not met, not yet
partial: partial, partially, partly, teilweise, limited, sometimes, some, in progress, mostly, y/n, yes/no
partial: partially implemented, partially compliant, yes and no, under implementation, partially met
not-applicable: na, n/a, n.a., n.a, entfällt, not applicable, does not apply, not relevant
not-applicable: nicht zutreffend, not in scope, out of scope
unanswered: ?, -, –, —, --, tbd, tba, tbc, todo, to do, pending, open, unknown, ..., …, xxx, n.n.
unanswered: #n/a, #ref!, #name?, #value!, to be determined, to be confirmed, select, please select
unanswered: choose an item, choose an item., select an answer, click or tap here to enter text., [blank]
"""
_LOOKUP = {
    word.strip(): answer
    for answer, _, words in (line.partition(": ") for line in _WORDS.strip().splitlines())
    for word in words.split(", ")
}


def _any_of(*parts: str) -> re.Pattern[str]:
    return re.compile("|".join(parts), re.IGNORECASE)


_LEADING = re.compile(
    r"(?P<word>yes|no|partially|partial|not applicable|n/a)"
    r"(?P<rest>\s*[,.;:()–—\n-].*|\s+(?:with|but|via|see|the|we|our)\b.*)?\Z",
    re.IGNORECASE | re.DOTALL,
)
_HEDGED = _any_of(
    r"\b(partial(ly)?|partly|some of|in progress|except|not all|planned|limited to)\b",
)
_EVASIVE = _any_of(
    r"\b(up)?on request\b",
    r"\b(under|upon|after|subject to|requires?|with)( \w+){0,4} (nda\b|non-disclosure)",
    r"\b(is|are|remains?|considered|strictly|company) (confidential|proprietary)\b(?! and encrypted)",
    r"\bconfidentiality reasons\b",
    r"\b(can|may|could|will) ?not (be )?(shared?|disclosed?|provided?)\b",
    r"\bunable to (share|disclose|provide)\b",
    r"\bdo(es)? not (share|disclose|publish|provide details)\b",
    r"\bnot (publicly )?(disclosed|shared)\b",
    r"\b(contact|reach out to) (us|your|our|sales|support|the)\b",
    r"\bindustry[- ](standard|best)( practices?)?\s*\.?\Z",
    r"\bwhere (appropriate|feasible|possible)\b",
    r"\bas (appropriate|needed|required)\b",
    r"\bcommercially reasonable\b",
)
_DENIES = _any_of(
    r"\A\s*no\b(?! (later|less|longer|more|single|exception))",
    r"\A\s*(not (yet|currently|at this time|implemented|in place)|none)\b",
    r"\b(is|are|has|have|do|does|was|were) not (yet |currently |been |formally )?"
    r"(implement|in place|perform|encrypt|conduct|support|have\b|document|certif|test|enforc|provid"
    r"|offer|maintain)",
    r"\bcurrently (has|have|there is|there are) no\b",
    r"\bnot yet\b",
    r"\b(is|are) (being )?planned\b",
    r"\bon (our|the) ([\w-]+ )?roadmap\b",
    r"\bwill be (implement|introduc|complet|rolled)",
    r"\bin (the )?process of (implement|obtain|develop|achiev)",
)
_AFFIRMS = _any_of(r"\A\s*(yes\b|we (do|have|are)\b(?! not| no)|this is (fully )?implemented\b)")
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


SHORT_COMMENT = 240
"""A comment that is longer describes something, whatever it puts off besides."""

_NUMBERED = re.compile(r"\A\s*\(?\d{1,2}[).:]\s+")


# Signs that people put before the words: a tick, a cross, a coloured dot.
_SIGNS = {"✅": "yes", "✔": "yes", "✓": "yes", "❌": "no", "✗": "no", "✘": "no"}
_SIGN = re.compile(r"\s*([✅✔✓❌✗✘⚠🟢🔴🟡⚪])\ufe0f?\s*(?=\w)")


def normalise(text: str, words: Mapping[str, str] | None = None) -> tuple[str, str]:
    """(one of ANSWERS, what was written beyond the answer's word).

    Args:
        text: the answer as written.
        words: own words of a questionnaire, lower-case, to one of ANSWERS.
    """
    # HECVAT numbers the choices of its lists: "1) Yes".
    text = _NUMBERED.sub("", text)
    sign = _SIGN.match(text)
    if sign is not None:
        # A sign that says otherwise than the words is no answer.
        answer, rest = normalise(text[sign.end() :], words)
        agrees = answer == _SIGNS.get(sign[1], answer)
        return (answer, rest) if agrees and answer != "unanswered" else ("text", "")
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
    answer = {"partially": "partial", "not applicable": "not-applicable", "n/a": "not-applicable"}.get(
        word, word
    )
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
    return any(
        _ASKS_YES_NO.search(sentence) for sentence in re.split(r"(?<=[.?!])\s+|\n", question) if sentence
    )


def judge(answers: Iterable[Answer]) -> tuple[Answer, ...]:
    """Note on each answer what a reader should not overlook.

    Problems, each beginning with its stable word:
        unanswered: nothing was answered; with a comment, the comment stands in for it.
        evasive: words instead of yes or no, a promise to tell elsewhere, a partial or
            not-applicable without a word why.
        contradiction: the comment says the opposite, or the question was answered twice.
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
    if (
        comment
        and answer.answer in ("yes", "partial")
        and _EVASIVE.search(comment)
        and len(comment) < SHORT_COMMENT
    ):
        problems.append("evasive: the comment puts off instead of describing")
    return replace(answer, problems=tuple(dict.fromkeys(problems)))
