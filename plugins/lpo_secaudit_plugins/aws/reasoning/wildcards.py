"""Languages of IAM wildcards (`*` any characters, `?` one): matching, and exact set questions.

`signatures` answers every question about unions, intersections and complements at once: which
combinations of the given sets have a member, with one member of each. It walks the
deterministic product of the patterns' automata, reading only characters that can make a
difference, and stops with `TooComplexError` at a limit: these patterns come from the audited side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

__all__ = [
    "DIGITS",
    "Budget",
    "Pattern",
    "TooComplexError",
    "classes",
    "matches",
    "pattern",
    "signatures",
    "some_member",
]

DIGITS = frozenset("0123456789")

STAR = "*"
ANY = "?"
Token = str | frozenset[str]
"""A literal character, the words STAR and ANY (as two-character strings cannot be characters), or a class."""

_STAR = "**"
_ANY = "??"

Pattern = tuple[Token, ...]

MOST_STEPS = 500_000
"""Steps of single patterns that one question may take; a second or so."""


class TooComplexError(Exception):
    """A question about patterns outgrew its limit; nothing is known of the answer."""


class Budget:
    """What a question may still spend; the same question always spends the same.

    So that results do not depend on what was asked before, work that a cache saves is spent as well.
    """

    def __init__(self, steps: int = MOST_STEPS) -> None:
        self._left = steps

    def spend(self, steps: int) -> None:
        """Raises TooComplexError when nothing is left."""
        self._left -= steps
        if self._left < 0:
            raise TooComplexError("the policy is too involved to be decided within its limit")


def matches(text: str, wild: str) -> bool:
    """Whether a text lies in a wildcard pattern; case counts. Linear in their product."""
    i = j = 0
    star, mark = -1, 0
    while i < len(text):
        if j < len(wild) and wild[j] == STAR:
            star, mark = j, i
            j += 1
        elif j < len(wild) and wild[j] in (ANY, text[i]):
            i += 1
            j += 1
        elif star >= 0:
            mark += 1
            i, j = mark, star + 1
        else:
            return False
    return all(c == STAR for c in wild[j:])


@lru_cache(maxsize=4096)
def pattern(wild: str, *, fold_case: bool = False, literal: bool = False) -> Pattern:
    """The tokens of a wildcard text.

    Args:
        fold_case: letters match in either case.
        literal: `*` and `?` stand for themselves (StringEquals).
    """
    tokens: list[Token] = []
    for character in wild:
        if character == STAR and not literal:
            if not tokens or tokens[-1] != _STAR:
                tokens.append(_STAR)
        elif character == ANY and not literal:
            tokens.append(_ANY)
        elif fold_case and character.lower() != character.upper():
            tokens.append(frozenset((character.lower(), character.upper())))
        else:
            tokens.append(character)
    return tuple(tokens)


def classes(*parts: str | tuple[frozenset[str], int]) -> Pattern:
    """A pattern from wildcard texts and (class, repetitions) pairs."""
    tokens: list[Token] = []
    for part in parts:
        if isinstance(part, str):
            tokens.extend(pattern(part))
        else:
            tokens.extend([part[0]] * part[1])
    return tuple(tokens)


def _stars(tokens: Pattern) -> int:
    return sum(1 << position for position, token in enumerate(tokens) if token == _STAR)


def _close(state: int, stars: int) -> int:
    """Add the positions reached without reading: past each star."""
    while True:
        further = state | (state & stars) << 1
        if further == state:
            return state
        state = further


def _step(tokens: Pattern, stars: int, state: int, character: str) -> int:
    after, left = state & stars, state & ~stars & ((1 << len(tokens)) - 1)
    while left:
        lowest = left & -left
        token = tokens[lowest.bit_length() - 1]
        if token in (character, _ANY) or (isinstance(token, frozenset) and character in token):
            after |= lowest << 1
        left ^= lowest
    return _close(after, stars) if after else 0


def _wanted(tokens: Pattern, state: int, named: set[str] | None = None) -> Iterable[str]:
    """The characters that some position of the state asks for by name.

    Args:
        named: where given, members of a class that are not named all behave alike: one will do.
    """
    left = state & ((1 << len(tokens)) - 1)
    while left:
        lowest = left & -left
        token = tokens[lowest.bit_length() - 1]
        if isinstance(token, frozenset):
            if named is None:
                yield from token
            else:
                yield from token & named
                yield from sorted(token - named)[:1]
        elif len(token) == 1:
            yield token
        left ^= lowest


def signatures(
    base: Pattern, groups: tuple[tuple[Pattern, ...], ...], budget: Budget | None = None
) -> Mapping[int, str]:
    """Which combinations of membership occur among the texts of `base`, with an example of each.

    Bit i of a key says whether the example lies in the union `groups[i]`.

    Raises:
        TooComplexError: the budget (MOST_STEPS, where none is given) is spent.
    """
    found, steps = _signatures(base, groups)
    (budget or Budget()).spend(steps)
    return found


@lru_cache(maxsize=8192)
def _signatures(base: Pattern, groups: tuple[tuple[Pattern, ...], ...]) -> tuple[Mapping[int, str], int]:
    limit, steps = Budget(), 0
    flat = [tokens for group in groups for tokens in group]
    owner = [index for index, group in enumerate(groups) for _ in group]
    used = {c for tokens in (base, *flat) for t in tokens for c in (t if isinstance(t, frozenset) else (t,))}
    other = next(c for c in _examples() if c not in used)
    base_stars, stars = _stars(base), [_stars(tokens) for tokens in flat]
    free = base_stars | sum(1 << position for position, token in enumerate(base) if token == _ANY)
    start = (_close(1, base_stars), *(_close(1, s) for s in stars))
    seen = {start}
    level: list[tuple[tuple[int, ...], str]] = [(start, "")]
    found: dict[int, str] = {}
    while level:
        following: list[tuple[tuple[int, ...], str]] = []
        for state, text in level:
            if state[0] >> len(base) & 1:
                signature = 0
                for index, tokens in enumerate(flat):
                    if state[index + 1] >> len(tokens) & 1:
                        signature |= 1 << owner[index]
                found.setdefault(signature, text)
            named = {c for tokens, part in zip(flat, state[1:], strict=True) for c in _wanted(tokens, part)}
            characters = set(_wanted(base, state[0], named))
            if state[0] & free:  # a character that no pattern names can follow
                characters |= named
                characters.add(other)
            cost = len(characters) * (1 + sum(part.bit_count() for part in state))
            steps += cost
            limit.spend(cost)
            for character in sorted(characters):
                moved = _step(base, base_stars, state[0], character)
                if not moved:
                    continue
                after = (
                    moved,
                    *(
                        _step(tokens, star, part, character) if part else 0
                        for tokens, star, part in zip(flat, stars, state[1:], strict=True)
                    ),
                )
                if after not in seen:
                    seen.add(after)
                    following.append((after, text + character))
        level = following
    return found, steps


def _examples() -> Iterable[str]:
    yield from "xyzqwvkjXYZQWVKJ0123456789"
    yield from (chr(code) for code in range(0x4E00, 0x9FFF))


def some_member(
    base: Pattern,
    inside: Sequence[Sequence[Pattern]] = (),
    outside: Sequence[Sequence[Pattern]] = (),
    budget: Budget | None = None,
) -> str | None:
    """A text of `base` that lies in every union of `inside` and in none of `outside`; None: there is none.

    Raises:
        TooComplexError: as `signatures`.
    """
    found = signatures(base, tuple(tuple(group) for group in (*inside, *outside)), budget)
    return found.get((1 << len(inside)) - 1)
