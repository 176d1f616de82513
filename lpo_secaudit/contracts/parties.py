"""Who is who: which words of a contract stand for the provider, the client, or either party.

"Processor" and "Customer" say it themselves; "Company", "you" and the names of the parties do not.
Their role is read from what they do in the text: the one who notifies, engages sub-processors and
returns data handles the data; the one who instructs, audits and is notified is the client.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from lpo_secaudit.contracts.words import CAPITAL, POSSESSIVE, QUOTED, UPPER, Tokens, word_set

__all__ = ["Parties", "Role", "find_parties", "party_ranges"]

Role = Literal["provider", "client", "either"]
Term = tuple[str, ...]


def _terms(text: str) -> frozenset[Term]:
    return frozenset(tuple(line.split()) for line in text.split("\n") if line.strip())


# Terms whose role does not depend on the contract.
PROVIDER_TERMS = _terms(
    """processor
data processor
business associate
provider
service provider
services provider
cloud provider
supplier
vendor
contractor
consultant
data importer
importer
outsourcer
subscriber service provider
licensee
the data recipient
data recipient
third party processor"""
)
CLIENT_TERMS = _terms(
    """controller
data controller
covered entity
customer
client
data exporter
exporter
responsible party
disclosing party
discloser
licensor
purchaser
buyer
law firm"""
)
EITHER_TERMS = _terms(
    """each party
either party
both parties
the parties
neither party
no party
parties
receiving party
recipient
the other party
the breaching party
each of the parties
a party
one party
indemnifying party"""
)
_MODALS = word_set("shall will must may agrees undertakes warrants represents acknowledges covenants can")
_LEADING = word_set(
    "the if where when and or that to as in on upon after before each any all this such by of for "
    "from with unless should however further additionally either neither both no at during except "
    "prior to provided subject"
)
# Words for either side, by contract.
_AMBIGUOUS = word_set(
    "company firm institution school agency subscriber member licensee user organization university "
    "hospital city district developer partner bank state county department practice clinic council "
    "borrower publisher commonwealth ministry fund trust employer"
)
# Subjects of duties that are no party.
_NO_PARTY = word_set(
    "users subjects subject subprocessor subprocessors processors subcontractor subcontractors "
    "personnel parties party authority individuals individual services service agreement dpa baa "
    "addendum software employees clauses clause section secretary notice data incident breach fees "
    "audit members report affiliates commission order sow"
)
# Last words of defined terms that name no party.
_THINGS = word_set(
    "agreement addendum contract terms dpa baa ba msa sow gdpr hipaa ccpa law laws date period "
    "information data "
    "services service deliverables purpose purposes fees breach incident clauses sccs order form policy "
    "territory term effective phi ephi regulation regulations act rule rules hitech measures documentation "
    "software platform affiliate affiliates site materials work ip cap claims claim losses loss "
    "schedule annex "
    "subprocessor subprocessors subcontractor subcontractors personnel users user individual eea eu uk "
    "processing legislation instruction instructions request requests sale consumer "
    "directive framework recipient"
)
# Nouns that a party's name qualifies: "Customer Personal Data" is no party.
_QUALIFIED = word_set(
    "personal data content contents materials material information systems system confidential "
    "facilities facility property input output account accounts affiliate affiliates group "
    "environment website sites site users user representative indemnitees indemnified policy policies "
    "network networks portal records agreement terms side location locations premises application "
    "applications equipment covered end employees"
)
_PROVIDER_VERBS = word_set(
    "process processes notify notifies implement implements maintain maintains assist assists delete "
    "deletes return engage engages ensure ensures cooperate report reports impose store stores inform "
    "informs destroy encrypt subcontract perform performs host create receive transmit safeguard mitigate"
)
_HANDLES = word_set("creates receives transmits maintains processes stores hosts collects assists notifies")
_CLIENT_VERBS = word_set(
    "instruct instructs audit object pay pays purchase determine determines request appoint inspect"
)
_DECIDES = word_set("determines instructs requests")
_PROVIDER_NOUNS = word_set(
    "subprocessor subprocessors subcontractor subcontractors personnel staff sub security services "
    "service platform possession"
)
_CLIENT_NOUNS = word_set(
    "instructions instruction users request behalf data information documents files materials"
)
_TO_CLIENT = word_set(
    "notify notifies notified notifying inform informs informed assist assists assisting satisfy tell tells"
)
_PROVIDER_NEAR = (
    ("engaged", "by"),
    ("processing", "by"),
    ("processed", "by"),
    ("provided", "by"),
    ("maintained", "by"),
    ("disclosures", "by"),
    ("subcontractors", "of"),
)
_CLIENT_NEAR = (
    ("behalf", "of"),
    ("available", "to"),
    ("instructions", "of"),
    ("instructions", "from"),
    ("directed", "by"),
    ("instructed", "by"),
    ("cooperate", "with"),
    ("report", "to"),
    ("approval", "of"),
    ("consent", "of"),
    ("approved", "by"),
    ("audit", "by"),
    ("audits", "by"),
    ("reviews", "by"),
    ("inspection", "by"),
    ("termination", "by"),
)
_CLIENT_AFTER = (("personal", "data"), ("is", "entitled"), ("reserves", "the"))
_ROLE_NOUNS: tuple[tuple[Term, Role], ...] = (
    (("covered", "entity"), "client"),
    (("controller",), "client"),
    (("data", "controller"), "client"),
    (("data", "exporter"), "client"),
    (("business", "associate"), "provider"),
    (("processor",), "provider"),
    (("data", "processor"), "provider"),
    (("data", "importer"), "provider"),
    (("service", "provider"), "provider"),
)


@dataclass(frozen=True, slots=True)
class Parties:
    """The words that name each party, lower case.

    Attributes:
        provider: the party that handles the data.
        client: the party whose data it is.
        either: terms for each of the two, or for whichever receives information.
        names: terms that count only where capitalised.
    """

    provider: frozenset[Term]
    client: frozenset[Term]
    either: frozenset[Term]
    names: frozenset[Term]

    def role_of(self, term: Term) -> Role | None:
        """The role a term stands for, or None."""
        if term in self.provider:
            return "provider"
        if term in self.client:
            return "client"
        return "either" if term in self.either else None


def find_parties(tokens: Tokens) -> Parties:
    """The terms of both parties, general ones and those of this contract."""
    provider, client = set(PROVIDER_TERMS), set(CLIENT_TERMS)
    names = set()
    subjects = _subjects(tokens)
    known = {
        role: any(term in subjects for term in terms)
        for role, terms in (("provider", PROVIDER_TERMS), ("client", CLIENT_TERMS))
    }
    named = {
        role: any(True for term in terms for _ in _occurrences(tokens, term, capital=True))
        for role, terms in (("provider", PROVIDER_TERMS), ("client", CLIENT_TERMS))
    }
    declared = _declared(tokens)
    votes = {
        term: pair
        for term, pair in _votes(tokens, _candidates(tokens, subjects, declared)).items()
        if not (term in EITHER_TERMS or term in PROVIDER_TERMS or term in CLIENT_TERMS)
    }
    for term, role in _roles(votes, declared, known, named, _acting(tokens)).items():
        (provider if role == "provider" else client).add(term)
        names.add(term)
    for pronouns, default in ((("we", "us", "our"), provider), (("you", "your"), client)):
        other = client if default is provider else provider
        flipped = any((p,) in other for p in pronouns)
        for pronoun in pronouns:
            (provider if default is client else client).discard((pronoun,))
            default.discard((pronoun,))
            (other if flipped else default).add((pronoun,))
            names.discard((pronoun,))
    return Parties(frozenset(provider), frozenset(client), EITHER_TERMS, frozenset(names))


def _roles(
    votes: dict[Term, tuple[int, int]],
    declared: Sequence[Term],
    known: dict[str, bool],
    named: dict[str, bool],
    acting: Container[Term],
) -> dict[Term, Role]:
    """The role of each term that its votes decide, or the role of the party across from it.

    A contract has two sides: where one is named by a general term ("Contractor") and a word that
    may stand for either ("Agency") has no clear votes of its own, it is the other side; and of two
    declared names the one with more of a provider's votes is the provider. `known` says which side
    a general term bears duties for, `named` which one it stands in the text for, `acting` which terms
    are the subject of some duty.
    """
    roles: dict[Term, Role] = {}
    open_terms = []
    for term, (as_provider, as_client) in votes.items():
        if as_provider >= 3 and 2 * as_provider > 3 * as_client:
            roles[term] = "provider"
        elif as_client >= 3 and 2 * as_client > 3 * as_provider:
            roles[term] = "client"
        else:
            open_terms.append(term)
    pair = [term for term in declared if term in votes and term not in PROVIDER_TERMS | CLIENT_TERMS]
    if len(pair) == 2 and not known["provider"] and not known["client"]:
        # By all votes together, so that one name's clear role also decides the other's.
        (one, other) = pair
        lean = votes[one][0] - votes[one][1] - votes[other][0] + votes[other][1]
        if abs(lean) >= 3:
            roles[one], roles[other] = ("provider", "client") if lean > 0 else ("client", "provider")
    taken = {role: known[role] or role in roles.values() for role in ("provider", "client")}
    for term in open_terms:
        as_provider, as_client = votes[term]
        if term in roles or not (term in pair or term[-1] in _AMBIGUOUS):
            continue
        if not (as_provider or as_client or term in acting):
            continue
        if (taken["provider"] or named["provider"]) and not taken["client"] and as_client >= as_provider:
            roles[term] = "client"
        elif (taken["client"] or named["client"]) and not taken["provider"] and as_provider >= as_client:
            roles[term] = "provider"
    return roles


def _acting(tokens: Tokens) -> frozenset[Term]:
    """Capitalised words for either side that stand right before a modal verb."""
    return frozenset(
        (word,)
        for word, after, flags in zip(tokens.words, tokens.words[1:], tokens.flags, strict=False)
        if after in _MODALS and word in _AMBIGUOUS and flags & CAPITAL
    )


def _declared(tokens: Tokens) -> list[Term]:
    """Names that the contract gives its parties in brackets near its beginning: ("Acme")."""
    found: dict[Term, None] = {}
    i, limit = 0, min(len(tokens.words), 1_200)
    while i < limit:
        j = i
        while j < limit and tokens.flags[j] & QUOTED and (j == i or not tokens.breaks[j]):
            j += 1
        term = tokens.words[i:j]
        if 0 < j - i <= 3 and tokens.flags[i] & CAPITAL and term[-1] not in _THINGS | _NO_PARTY:
            found[term] = None
        i = max(j, i + 1)
    return list(found)


def _subjects(tokens: Tokens) -> Counter[Term]:
    """Capitalised words before a modal verb, and pronouns, with their counts."""
    found: Counter[Term] = Counter()
    for i, word in enumerate(tokens.words):
        if word not in _MODALS or i == 0 or tokens.breaks[i]:
            continue
        j = i
        while j > 0 and i - j < 4 and tokens.flags[j - 1] & CAPITAL and not (j < i and tokens.breaks[j]):
            j -= 1
        while j < i and tokens.words[j] in _LEADING:
            j += 1
        if j < i:
            if tokens.words[i - 1] not in _NO_PARTY and tokens.words[j:i] != (tokens.words[i - 1],) * (
                tokens.words[i - 1] in _AMBIGUOUS
            ):
                found[tokens.words[j:i]] += 1
        elif tokens.words[i - 1] in ("we", "you") or _numeric_name(tokens.words[i - 1]):
            found[(tokens.words[i - 1],)] += 1
    return found


def _candidates(tokens: Tokens, subjects: Counter[Term], declared: Sequence[Term]) -> list[Term]:
    """Terms that may name a party: subjects of duties, declared names, words for either side."""
    found = Counter({term: n for term, n in subjects.items() if n >= 2})
    for i, word in enumerate(tokens.words):
        if word in _AMBIGUOUS and tokens.flags[i] & CAPITAL:
            found[(word,)] += 1
    wanted = [term for term, _ in found.most_common(40)]
    return list(dict.fromkeys([*wanted, *declared[:8]]))


def _numeric_name(word: str) -> bool:
    return any(c.isalpha() for c in word) and any(c.isdigit() for c in word)


def _votes(tokens: Tokens, candidates: Sequence[Term]) -> dict[Term, tuple[int, int]]:
    """For each term how often it stands as the provider and as the client does."""
    votes = {}
    for term in candidates:
        provider = client = 0
        for start, end in _occurrences(tokens, term, capital=term[0] not in ("we", "you")):
            before, after = tokens.words[max(0, start - 4) : start], tokens.words[end : end + 7]
            if before and before[-1] in ("the", "our", "a"):
                before = before[:-1]
            if not after:
                continue
            if after[0] in _MODALS:
                provider += any(w in _PROVIDER_VERBS for w in after[1:5]) and "not" not in after[:2]
                client += 2 * any(w in _CLIENT_VERBS for w in after[1:3])
            elif after[0] in _PROVIDER_NOUNS or after[0] in _HANDLES:
                provider += 1
            elif after[0] in _CLIENT_NOUNS or after[0] in _DECIDES or after[:2] in _CLIENT_AFTER:
                client += 1
            elif after[0] == "is" and after[1:2] in (("a",), ("the",)):
                for noun, role in _ROLE_NOUNS:
                    if after[2 : 2 + len(noun)] == noun:
                        provider += 3 * (role == "provider")
                        client += 3 * (role == "client")
            if before and before[-1] in _TO_CLIENT:
                client += 2
            pairs = {before[k : k + 2] for k in range(len(before) - 1)}
            provider += any(p in pairs for p in _PROVIDER_NEAR)
            client += any(p in pairs for p in _CLIENT_NEAR)
        votes[term] = (provider, client)
    return votes


def _occurrences(tokens: Tokens, term: Term, *, capital: bool) -> Iterator[tuple[int, int]]:
    size, first = len(term), term[0]
    for i, word in enumerate(tokens.words):
        if (
            word == first
            and tokens.words[i : i + size] == term
            and (not capital or tokens.flags[i] & CAPITAL or not first.isalpha())
        ):
            yield i, i + size


def party_ranges(tokens: Tokens, parties: Parties) -> dict[str, list[tuple[int, int]]]:
    """Word ranges of each role, longest term first; "Customer Data" and "sub-processor" are none.

    Keys: provider, client, either; and `of-client`, `of-provider` where the name only
    qualifies what follows ("Customer Personal Data", "Provider's personnel").
    """
    by_first: dict[str, list[tuple[Term, Role]]] = {}
    for role, terms in (
        ("provider", parties.provider),
        ("client", parties.client),
        ("either", parties.either),
    ):
        for term in terms:
            by_first.setdefault(term[0], []).append((term, role))  # type: ignore[arg-type]
    for options in by_first.values():
        options.sort(key=lambda option: -len(option[0]))
    found: dict[str, list[tuple[int, int]]] = {
        k: [] for k in ("provider", "client", "either", "of-client", "of-provider")
    }
    i, count = 0, len(tokens.words)
    while i < count:
        for term, role in by_first.get(tokens.words[i], ()):
            end = i + len(term)
            if tokens.words[i:end] != term or not _is_mention(tokens, i, term, parties):
                continue
            after = tokens.words[end] if end < count and not tokens.breaks[end] else ""
            qualifies = (
                tokens.flags[end - 1] & POSSESSIVE or term[-1] in ("our", "your") or after in _QUALIFIED
            )
            if qualifies and role != "either":
                found[f"of-{role}"].append((i, end))
            else:
                found[role].append((i, end))
            i = end - 1
            break
        i += 1
    return found


def _names_a_thing(tokens: Tokens, end: int, after: str) -> bool:
    """Whether the next word makes one name with the party: "Customer PHI", "Provider Security Contact"."""
    if not after or not tokens.flags[end] & CAPITAL or tokens.flags[end - 1] & UPPER:
        return False
    return (
        after not in _MODALS
        and not after.startswith(("process", "and", "or"))
        and bool(tokens.flags[end - 1] & CAPITAL)
    )


def _is_mention(tokens: Tokens, start: int, term: Term, parties: Parties) -> bool:
    before = tokens.words[start - 1] if start else ""
    if term[0] in ("processor", "contractor", "provider", "recipient") and before in (
        "sub",
        "another",
        "onward",
        "further",
    ):
        return False
    if term in parties.names:
        return bool(tokens.flags[start] & CAPITAL) or not term[0].isalpha()
    return True
