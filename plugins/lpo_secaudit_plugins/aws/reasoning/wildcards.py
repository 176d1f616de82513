"""Languages of IAM wildcards (`*` any characters, `?` one): matching, and exact set questions.

`signatures` answers every question about unions, intersections and complements at once: which
combinations of the given sets have a member, with one member of each. It walks the
deterministic product of the patterns' automata, reading only characters that can make a
difference, and stops with `TooComplexError` at a limit: these patterns come from the audited side.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

__all__ = ["DIGITS", "Pattern", "TooComplexError", "matches", "pattern", "signatures", "some_member"]

DIGITS = frozenset("0123456789")

STAR = "*"
ANY = "?"
Token = str | frozenset[str]
"""A literal character, the words STAR and ANY (as two-character strings cannot be characters), or a class."""

_STAR = "**"
_ANY = "??"

Pattern = tuple[Token, ...]

MOST_STATES = 20_000


class TooComplexError(Exception):
    """A question about patterns outgrew its limit; nothing is known of the answer."""


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


def _wanted(tokens: Pattern, state: int) -> Iterable[str]:
    """The characters that some position of the state asks for by name."""
    left = state & ((1 << len(tokens)) - 1)
    while left:
        lowest = left & -left
        token = tokens[lowest.bit_length() - 1]
        if isinstance(token, frozenset):
            yield from token
        elif len(token) == 1:
            yield token
        left ^= lowest


@lru_cache(maxsize=8192)
def signatures(base: Pattern, groups: tuple[tuple[Pattern, ...], ...]) -> Mapping[int, str]:
    """Which combinations of membership occur among the texts of `base`, with an example of each.

    Bit i of a key says whether the example lies in the union `groups[i]`.

    Raises:
        TooComplexError: more than MOST_STATES states of the product were needed.
    """
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
            characters = set(_wanted(base, state[0]))
            if state[0] & free:  # a character that no pattern names can follow
                for index, tokens in enumerate(flat):
                    characters.update(_wanted(tokens, state[index + 1]))
                characters.add(other)
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
                    if len(seen) >= MOST_STATES:
                        raise TooComplexError(f"more than {MOST_STATES} cases of {len(flat)} patterns")
                    seen.add(after)
                    following.append((after, text + character))
        level = following
    return found


def _examples() -> Iterable[str]:
    yield from "xyzqwvkjXYZQWVKJ0123456789"
    yield from (chr(code) for code in range(0x4E00, 0x9FFF))


def some_member(
    base: Pattern, inside: Sequence[Sequence[Pattern]] = (), outside: Sequence[Sequence[Pattern]] = ()
) -> str | None:
    """A text of `base` that lies in every union of `inside` and in none of `outside`; None: there is none.

    Raises:
        TooComplexError: as `signatures`.
    """
    found = signatures(base, tuple(tuple(group) for group in (*inside, *outside)))
    return found.get((1 << len(inside)) - 1)
