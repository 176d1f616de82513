"""A text made ready for rules: units, concepts in each of them, and who bears which duty."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Literal

from lpo_secaudit.contracts.defined import defined_values
from lpo_secaudit.contracts.library import ClauseLibrary
from lpo_secaudit.contracts.parties import Parties, Role, find_parties, party_ranges
from lpo_secaudit.contracts.phrases import Hits
from lpo_secaudit.contracts.units import Unit, split_units
from lpo_secaudit.contracts.words import POSSESSIVE, Tokens, tokenize, word_set

__all__ = ["Duty", "Reading", "read"]

# How far above a cell the head of its table may stand, in units, and how long it may be, in words.
_LABEL_REACH, _LABEL_WORDS = 40, 8
_TAGS = re.compile(r"</?\w[^<>]{0,200}>")
Modality = Literal["must", "may", "none"]
_MUST = word_set("shall will must agrees agree undertakes warrants represents covenants should")
_MAY = word_set("may can might could")
_NOT = word_set("not never neither no")
# With one of these close behind it, "may" allows nothing more than it says.
_ONLY = word_set("only solely exclusively except unless save otherwise")
# "No later than" denies nothing.
_COMPARED = word_set("later less more fewer longer sooner earlier event")
# A party after one of these is the subject of a clause that depends on another.
_SUBORDINATE = word_set(
    "if where when whenever unless as that which who after before until provided should because while once "
    "whether than and or"
)
# After "be", these leave the duty with the subject: "shall be required to", "is entitled to".
_STILL_SUBJECT = word_set(
    "required obliged obligated entitled permitted allowed authorized authorised bound deemed responsible "
    "liable subject able committed certified prohibited"
)
_IRREGULAR_PARTICIPLES = word_set(
    "given made kept borne sent told held paid taken shown brought put done written undertaken met sought"
)
# A party after one of these is an object of the sentence, not its subject.
_OBJECT = word_set(
    "to of from by with for on against between behalf notify inform assist assisting notifying "
    "informing assists provide provides providing advise help enable enabling allow allows give gives "
    "via upon within at than under about around per through into inter request alert tell permit "
    "permits without indemnify reimburse require"
)


@dataclass(frozen=True, slots=True)
class Duty:
    """Who does what at one word of a unit.

    Attributes:
        role: the subject, "none" where the text names no party.
        modality: of the governing verb; "none" for plain statements.
        negated: "shall not", "is not required to".
    """

    role: Role | Literal["none"]
    modality: Modality
    negated: bool


@dataclass(slots=True)
class Reading:
    """One contract as the rules see it. Word positions index `tokens`."""

    text: str
    tokens: Tokens
    units: tuple[Unit, ...]
    bounds: list[tuple[int, int]]  # word range of each unit
    parties: Parties
    hits: Hits
    # For each unit: concept number to its word ranges.
    concepts: list[dict[int, Sequence[tuple[int, int]]]]
    units_with: dict[int, list[int]]
    roles: list[tuple[int, int, Role]]
    # For a lead-in: the items that depend on it, those of its items included.
    items_of: dict[int, list[int]]
    # Defined names of times and sums, each with its value as written.
    values: Mapping[str, str] = field(default_factory=dict)
    _role_starts: list[int] = field(default_factory=list)

    def chain(self, unit: int) -> list[int]:
        """The lead-ins of a unit, nearest first."""
        found: list[int] = []
        lead = self.units[unit].lead
        while lead >= 0 and len(found) < 3:
            found.append(lead)
            lead = self.units[lead].lead
        return found

    def context(self, unit: int) -> list[int]:
        """Units that a sentence is read with: lead-ins, heading, the two before it under that heading."""
        near = self.chain(unit)
        heading = self.units[unit].heading
        if heading >= 0:
            near.append(heading)
        near.extend(u for u in (unit - 1, unit - 2) if u >= 0 and self.units[u].heading == heading)
        return near

    def labelled(self, unit: int, concepts: Sequence[int]) -> bool:
        """Whether a heading, a short label or the beginning of a table above the unit holds a concept."""
        for above in range(unit - 1, max(-1, unit - 1 - _LABEL_REACH), -1):
            begin, end = self.bounds[above]
            for concept in concepts:
                hits = self.concepts[above].get(concept, ())
                if hits and (end - begin <= _LABEL_WORDS or hits[0][0] == begin):
                    return True
        return False

    def duty_at(self, unit: int, word: int) -> Duty:
        """Subject and modality that govern a word of a unit; taken from the lead-in where it has none."""
        role, modality, negated = self._own_duty(unit, word)
        if role == "none" or modality == "none":
            for lead in self.chain(unit):
                upper, mode, upper_negated = self._own_duty(lead, self.bounds[lead][1])
                if role == "none":
                    role = upper
                if modality == "none":
                    modality, negated = mode, negated or upper_negated
        return Duty(role, modality, negated)

    def only_client_bound(self, unit: int) -> bool:
        """Whether all that a unit demands or allows is the client's to do."""
        begin, end = self.bounds[unit]
        duty = self.duty_at(unit, end)
        if duty.role != "client" or duty.modality == "none":
            return False
        words = self.tokens.words
        modals = [k for k in range(begin, end) if words[k] in _MUST or words[k] in _MAY]
        if any(self.duty_at(unit, k + 1).role != "client" for k in modals[:-1]):
            return False
        # "We keep records so that you can account for them": a plain sentence of the provider binds it too.
        first = bisect_left(self._role_starts, begin)
        return not any(
            role == "provider"
            and self._word_before(start, begin) not in _OBJECT
            and not self.tokens.flags[last - 1] & POSSESSIVE
            for start, last, role in self.roles[first : bisect_left(self._role_starts, end)]
        )

    def _own_duty(self, unit: int, word: int) -> tuple[Role | Literal["none"], Modality, bool]:
        begin = self.bounds[unit][0]
        words, breaks, flags = self.tokens.words, self.tokens.breaks, self.tokens.flags
        modality: Modality = "none"
        negated = False
        modal = -1
        for k in range(min(word, self.bounds[unit][1]) - 1, begin - 1, -1):
            current = words[k]
            if current in _MUST or current in _MAY:
                modality = "must" if current in _MUST else "may"
                after = words[k + 1 : k + 3]
                negated = bool(_NOT.intersection(after[:1])) or after[:2] in (
                    ("in", "no"),
                    ("have", "no"),
                    ("be", "required"),
                )
                if after[:2] == ("be", "required"):
                    negated = False
                modal = k
                break
            # "Client is to be told by Vendor": who acts is read as after "shall be".
            if (
                current == "to"
                and k > begin
                and words[k - 1] in ("is", "are")
                and words[k + 1 : k + 2] == ("be",)
            ):
                modality, modal = "must", k
                break
            if current in ("not",) and words[k + 1 : k + 3] in (
                ("required", "to"),
                ("obligated", "to"),
                ("obliged", "to"),
            ):
                negated, modality, modal = True, "must", k
                break
        plain = self._plain_subject(modal, word) if modal >= 0 else None
        if plain is not None:
            return plain, "none", False
        if begin < word and words[begin] == "no" and not _COMPARED.intersection(words[begin + 1 : begin + 2]):
            negated = True
        stop_word = self.bounds[unit][1]
        if (
            modality == "may"
            and not negated
            and _ONLY.intersection(words[modal + 1 : min(modal + 14, stop_word)])
        ):
            modality = "must"
        agent = self._agent(modal, stop_word) if modal >= 0 else None
        if agent is not None:
            return agent, "must" if modality == "may" and negated else modality, negated
        limit = modal if modal >= 0 else word
        role: Role | Literal["none"] = "none"
        if modal > begin and words[modal - 1] in ("it", "they"):
            limit = self._antecedent(begin, modal)
        stop = bisect_left(self._role_starts, limit)
        for start, end, who in reversed(self.roles[:stop][-12:]):
            if start < begin:
                break
            if end > limit or flags[end - 1] & POSSESSIVE:
                continue
            if not breaks[start] and self._word_before(start, begin) in _OBJECT:
                continue
            role = who
            # "Consultant and Client shall": both are bound.
            joined = words[start - 1] if start > begin else ""
            joined = words[start - 2] if joined == "the" and start - 1 > begin else joined
            if joined in ("and", "or") and any(
                o != who for s, e, o in self.roles[max(0, stop - 12) : stop] if 0 <= start - e <= 3
            ):
                role = "either"
            break
        if modality == "may" and negated:
            modality = "must"
        return role, modality, negated

    def _word_before(self, start: int, begin: int) -> str:
        """The word before a party at `start`, its article passed over; empty at the beginning of the unit."""
        words = self.tokens.words
        if start <= begin:
            return ""
        before = words[start - 1]
        return words[start - 2] if before in ("the", "each", "such", "any") and start - 1 > begin else before

    def _antecedent(self, begin: int, modal: int) -> int:
        """The end of the party that "it" before a modal stands for: the first subject of the sentence."""
        first = bisect_left(self._role_starts, begin)
        for start, end, _ in self.roles[first : first + 12]:
            if start >= modal:
                break
            if self._word_before(start, begin) not in _OBJECT and not self.tokens.flags[end - 1] & POSSESSIVE:
                return end
        return modal

    def _plain_subject(self, modal: int, word: int) -> Role | None:
        """The party whose verb stands at `word`, where the modal before it belongs to another clause:
        "Where Customer must consult the authority, Provider gives support"."""
        words, breaks = self.tokens.words, self.tokens.breaks
        stop = bisect_left(self._role_starts, word)
        for start, end, who in reversed(self.roles[max(0, stop - 3) : stop]):
            if start <= modal:
                break
            if not 0 <= word - end <= 2 or self.tokens.flags[end - 1] & POSSESSIVE:
                continue
            at = start - 1 if words[start - 1] in ("the", "our") else start
            # Only a comma right before the subject opens a clause; a verb in the third person follows.
            if (
                breaks[at] >= 1
                and at - 1 > modal
                and words[at - 1] not in _SUBORDINATE
                and end < len(words)
                and words[end].endswith("s")
                and not breaks[end]
            ):
                return who
        return None

    def _agent(self, modal: int, end: int) -> Role | Literal["none"] | None:
        """Who acts in a passive clause ("shall be notified by Vendor"), "none" where it says nobody.

        None where the clause is active or its subject bears the duty all the same ("shall be required to").
        """
        words, breaks = self.tokens.words, self.tokens.breaks
        at = modal + 1
        while at < end and (words[at] in ("not", "also", "always", "only") or words[at].endswith("ly")):
            at += 1
        if at >= end or words[at] != "be":
            return None
        at += 1
        while at < end and (words[at] in ("so", "either", "kept") or words[at].endswith("ly")):
            at += 1
        if at >= end or words[at] in _STILL_SUBJECT:
            return None
        if not words[at].endswith("ed") and words[at] not in _IRREGULAR_PARTICIPLES:
            return None
        first = bisect_left(self._role_starts, at)
        for start, _, who in self.roles[first : first + 8]:
            if start >= end or any(w in _MUST for w in words[at:start]) or 3 in breaks[at:start]:
                break
            before = words[start - 1] if words[start - 1] != "the" else words[start - 2]
            if before == "by":
                return who
        return "none"


def _unit_of(bounds: list[tuple[int, int]], words: int) -> list[int]:
    """The unit that holds each word, -1 for none."""
    found = [-1] * words
    for unit, (begin, end) in enumerate(bounds):
        found[begin:end] = [unit] * (end - begin)
    return found


def read(text: str, library: ClauseLibrary) -> Reading:
    """Tokens, units, parties and all concept hits of a text."""
    tokens = tokenize(text)
    units = split_units(text)
    bounds = [(bisect_left(tokens.starts, u.start), bisect_left(tokens.starts, u.end)) for u in units]
    parties = find_parties(tokens)
    ranges = party_ranges(tokens, parties)
    hits = library.book.find(tokens, ranges)
    unit_of = _unit_of(bounds, len(tokens.words))
    concepts: list[dict[int, Sequence[tuple[int, int]]]] = [{} for _ in units]
    units_with: dict[int, list[int]] = {}
    for number, found in enumerate(hits.by_concept):
        holding: list[int] = []
        first, count = 0, len(found)
        while first < count:
            unit = unit_of[found[first][0]]
            last = first + 1
            while last < count and unit_of[found[last][0]] == unit:
                last += 1
            if unit >= 0:
                concepts[unit][number] = found[first:last]
                holding.append(unit)
            first = last
        units_with[number] = holding
    roles = sorted(
        (start, end, role) for role in ("provider", "client", "either") for start, end in ranges[role]
    )
    items_of: dict[int, list[int]] = {}
    for index, item in enumerate(units):
        lead, depth = item.lead, 0
        while lead >= 0 and depth < 2:
            items_of.setdefault(lead, []).append(index)
            lead, depth = units[lead].lead, depth + 1
    return Reading(
        text=text,
        items_of=items_of,
        tokens=tokens,
        units=units,
        bounds=bounds,
        parties=parties,
        hits=hits,
        concepts=concepts,
        units_with=units_with,
        roles=roles,  # type: ignore[arg-type]
        values=defined_values(_TAGS.sub("", text)),
        _role_starts=[r[0] for r in roles],
    )
