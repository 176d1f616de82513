"""Sub-processors: those whom the contract names against those who are seen at work.

By what the contract says of others:

    only with specific consent    nobody unnamed may work for the provider: high
    a list, whatever the mode     the list is binding: high; medium under a general authorisation, which
                                  asks for notice of a change and not for consent
    general, and no list          a question, low: the contract leaves open who is meant

One step lower where nothing shows that client data pass through the service (its check is of low
severity: name servers, directories). Whom the contract names and nobody saw is told in the matrix: not
to be seen is no contradiction.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from lpo_secaudit.evaluate.sides import more, one_below, seen, told
from lpo_secaudit.evaluate.statements import Legs, Statement
from lpo_secaudit.model.check import Severity
from lpo_secaudit.model.finding import Conflict, ConflictKind

__all__ = ["never_seen", "unknown_parties"]

_WORD = re.compile(r"[^\W_]+")
# Legal forms, and the countries that a group's companies are told apart by.
_IDLE = re.compile(
    r"ab|ag|as|bv|co|company|corp|corporation|emea|europe|gmbh|group|inc|incorporated|international|ireland|kg|kk"
    r"|limited|llc|llp|ltd|nv|oy|plc|private|pte|pty|pvt|sa|sarl|sas|se|srl|the|uk|us|usa"
)
# Services that people name instead of who runs them.
_RUN_BY = {
    "azure": "microsoft",
    "cloudfront": "aws",
    "entra": "microsoft",
    "gcp": "google",
    "gmail": "google",
    "heroku": "salesforce",
    "linode": "akamai",
    "m365": "microsoft",
    "mandrill": "mailchimp",
    "o365": "microsoft",
    "onedrive": "microsoft",
    "outlook": "microsoft",
    "sendinblue": "brevo",
    "sharepoint": "microsoft",
    "twilio": "sendgrid",
}
_CLOSED = frozenset({"specific", "none", "prohibited"})


def unknown_parties(legs: Legs, contracts: Sequence[str] = ()) -> Iterator[Conflict]:
    """Somebody seen to work for the provider whom the contract does not name.

    Args:
        contracts: whole texts; a name in an annex or a table is a name, whatever the clause's quote says.
    """
    if not legs.practice.parties:
        return
    spoken = legs.promised()
    closed = [s for s in spoken if s.parameters.get("mode") in _CLOSED]
    lists = [s for s in spoken if s.parameters.get("named")]
    open_ = [s for s in spoken if s.parameters.get("mode") == "general"]
    binding = closed or lists or open_
    if not binding:
        return
    if closed:
        severity, says = Severity.HIGH, "names it nowhere and lets nobody in without specific consent"
        ask = "under whose consent, since when, under which contract, and where"
    elif lists:
        severity = Severity.MEDIUM if open_ else Severity.HIGH
        says = "does not name it among the sub-processors"
        ask = "since when, when was it announced, under which contract, and where"
    else:
        severity, says = Severity.LOW, "allows sub-processors in general and names none"
        ask = "since when, under which contract, and where; please send the list of sub-processors"
    names = [_words(name) for name in _named(spoken)]
    texts = [_words(text) for text in (*(s.quote for s in spoken), *contracts)]
    for party in sorted({o.subject.id for o in legs.practice.parties if o.subject.id != "*"}):
        own = _words(party)
        if any(_same(own, name) for name in names) or any(_stands_in(own, text) for text in texts):
            continue
        where = [o for o in legs.practice.parties if o.subject.id == party]
        weak = all(o.severity.rank <= Severity.LOW.rank for o in where)
        first = told("promise", binding)
        yield Conflict(
            kind=ConflictKind.UNKNOWN_PARTY,
            topic=legs.topic.id,
            severity=one_below(severity) if weak else severity,
            first=first,
            second=seen(where, where[0].message, where[0]),
            message=f"{party} works for the provider: {where[0].message}{more(len(where))}; "
            f"the contract ({first.place}) {says}",
            ask=f"What does {party} do with client data, {ask}?",
        )


def never_seen(legs: Legs) -> tuple[str, ...]:
    """Whom the contract names and no evidence shows; nobody where nobody was looked for."""
    parties = {o.subject.id for o in legs.practice.parties}
    if not parties:
        return ()
    return tuple(
        name
        for name in _named(legs.promised())
        if not any(_same(_words(party), _words(name)) for party in parties)
    )


def _named(spoken: Sequence[Statement]) -> list[str]:
    return list(dict.fromkeys(str(name) for s in spoken for name in s.parameters.get("named") or ()))


def _words(text: str) -> str:
    """The words of a name or text without legal forms and the like, lower case, services by who runs them.

    A blank stands on either side of each word, so that names are found as whole words; "" where none is left.
    """
    words = (m.lower() for m in _WORD.findall(text))
    told = " ".join(_RUN_BY.get(w, w) for w in words if not _IDLE.fullmatch(w))
    return f" {told} " if told else ""


def _same(one: str, other: str) -> bool:
    """Whether two names are of one party: the one stands in the other, or is its initials (AWS)."""
    return _stands_in(one, other) or _stands_in(other, one)


def _stands_in(name: str, text: str) -> bool:
    words = name.split()
    initials = "".join(word[0] for word in words)
    return bool(words) and (name in text or (len(words) > 2 and f" {initials} " in text))
