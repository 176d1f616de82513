"""Who is who: which words of a contract stand for the provider, the client, or either party.

"Processor" and "Customer" say it themselves; "Company", "you" and the names of the parties do not.
Their role is read from what they do in the text: the one who notifies, engages sub-processors and
returns data handles the data; the one who instructs, audits and is notified is the client.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lpo_secaudit.contracts.party_words import (
    AMBIGUOUS,
    CLIENT_AFTER,
    CLIENT_NEAR,
    CLIENT_NOUNS,
    CLIENT_TERMS,
    CLIENT_VERBS,
    DECIDES,
    EITHER_TERMS,
    HANDLES,
    LEADING,
    MODALS,
    NO_PARTY,
    PROVIDER_NEAR,
    PROVIDER_NOUNS,
    PROVIDER_TERMS,
    PROVIDER_VERBS,
    QUALIFIED,
    ROLE_NOUNS,
    THINGS,
    TO_CLIENT,
    Role,
    Term,
)
from lpo_secaudit.contracts.words import CAPITAL, POSSESSIVE, QUOTED, Tokens

__all__ = ["Parties", "Role", "find_parties", "party_ranges"]


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
    places: dict[str, list[int]] = {}
    for position, word in enumerate(tokens.words):
        places.setdefault(word, []).append(position)
    general = {"provider": PROVIDER_TERMS, "client": CLIENT_TERMS}
    known = {role: any(term in subjects for term in terms) for role, terms in general.items()}
    named = {
        role: any(True for term in terms for _ in _occurrences(tokens, places, term, capital=True))
        for role, terms in general.items()
    }
    declared = _declared(tokens)
    votes = {
        term: pair
        for term, pair in _votes(tokens, places, _candidates(tokens, subjects, declared)).items()
        if not (term in EITHER_TERMS or term in PROVIDER_TERMS or term in CLIENT_TERMS)
    }
    for term, role in _roles(votes, declared, known, named, _acting(tokens)).items():
        (provider if role == "provider" else client).add(term)
        names.add(term)
    for pronouns, default in ((("we", "us", "our"), provider), (("you", "your"), client)):
        other = client if default is provider else provider
        flipped = any((p,) in other for p in pronouns)
        for pronoun in pronouns:
            other.discard((pronoun,))
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
    pair = [term for term in declared if term in votes]
    if len(pair) == 2 and not known["provider"] and not known["client"]:
        # By all votes together, so that one name's clear role also decides the other's.
        (one, other) = pair
        lean = votes[one][0] - votes[one][1] - votes[other][0] + votes[other][1]
        if abs(lean) >= 3:
            roles[one], roles[other] = ("provider", "client") if lean > 0 else ("client", "provider")
    taken = {role: known[role] or role in roles.values() for role in ("provider", "client")}
    for term in open_terms:
        as_provider, as_client = votes[term]
        if term in roles or not (term in pair or term[-1] in AMBIGUOUS):
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
        if after in MODALS and word in AMBIGUOUS and flags & CAPITAL
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
        if 0 < j - i <= 3 and tokens.flags[i] & CAPITAL and term[-1] not in THINGS | NO_PARTY:
            found[term] = None
        i = max(j, i + 1)
    return list(found)


def _subjects(tokens: Tokens) -> Counter[Term]:
    """Capitalised words before a modal verb, and pronouns, with their counts."""
    found: Counter[Term] = Counter()
    for i, word in enumerate(tokens.words):
        if word not in MODALS or i == 0 or tokens.breaks[i]:
            continue
        j = i
        while j > 0 and i - j < 4 and tokens.flags[j - 1] & CAPITAL and not (j < i and tokens.breaks[j]):
            j -= 1
        while j < i and tokens.words[j] in LEADING:
            j += 1
        if j < i:
            if tokens.words[i - 1] not in NO_PARTY and tokens.words[j:i] != (tokens.words[i - 1],) * (
                tokens.words[i - 1] in AMBIGUOUS
            ):
                found[tokens.words[j:i]] += 1
        elif tokens.words[i - 1] in ("we", "you") or _numeric_name(tokens.words[i - 1]):
            found[(tokens.words[i - 1],)] += 1
    return found


def _candidates(tokens: Tokens, subjects: Counter[Term], declared: Sequence[Term]) -> list[Term]:
    """Terms that may name a party: subjects of duties, declared names, words for either side."""
    found = Counter({term: n for term, n in subjects.items() if n >= 2})
    for i, word in enumerate(tokens.words):
        if word in AMBIGUOUS and tokens.flags[i] & CAPITAL:
            found[(word,)] += 1
    wanted = [term for term, _ in found.most_common(40)]
    return list(dict.fromkeys([*wanted, *declared[:8]]))


def _numeric_name(word: str) -> bool:
    return any(c.isalpha() for c in word) and any(c.isdigit() for c in word)


def _votes(
    tokens: Tokens, places: Mapping[str, Sequence[int]], candidates: Sequence[Term]
) -> dict[Term, tuple[int, int]]:
    """For each term how often it stands as the provider and as the client does."""
    votes = {}
    for term in candidates:
        provider = client = 0
        for start, end in _occurrences(tokens, places, term, capital=term[0] not in ("we", "you")):
            before, after = tokens.words[max(0, start - 4) : start], tokens.words[end : end + 7]
            if before and before[-1] in ("the", "our", "a"):
                before = before[:-1]
            if not after:
                continue
            if after[0] in MODALS:
                provider += any(w in PROVIDER_VERBS for w in after[1:5]) and "not" not in after[:2]
                client += 2 * any(w in CLIENT_VERBS for w in after[1:3])
            elif after[0] in PROVIDER_NOUNS or after[0] in HANDLES:
                provider += 1
            elif after[0] in CLIENT_NOUNS or after[0] in DECIDES or after[:2] in CLIENT_AFTER:
                client += 1
            elif after[0] == "is" and after[1:2] in (("a",), ("the",)):
                for noun, role in ROLE_NOUNS:
                    if after[2 : 2 + len(noun)] == noun:
                        provider += 3 * (role == "provider")
                        client += 3 * (role == "client")
            if before and before[-1] in TO_CLIENT:
                client += 2
            pairs = {before[k : k + 2] for k in range(len(before) - 1)}
            provider += any(p in pairs for p in PROVIDER_NEAR)
            client += any(p in pairs for p in CLIENT_NEAR)
        votes[term] = (provider, client)
    return votes


def _occurrences(
    tokens: Tokens, places: Mapping[str, Sequence[int]], term: Term, *, capital: bool
) -> Iterator[tuple[int, int]]:
    size, first = len(term), term[0]
    for i in places.get(first, ()):
        if tokens.words[i : i + size] == term and (
            not capital or tokens.flags[i] & CAPITAL or not first.isalpha()
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
                tokens.flags[end - 1] & POSSESSIVE or term[-1] in ("our", "your") or after in QUALIFIED
            )
            if qualifies and role != "either":
                found[f"of-{role}"].append((i, end))
            else:
                found[role].append((i, end))
            i = end - 1
            break
        i += 1
    return found


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
