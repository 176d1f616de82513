"""Numbers of list paragraphs, which DOCX stores as rules and not as text (ISO/IEC 29500-1, 17.9)."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from lpo_secaudit.contracts.readers.docx_parts import W, attribute

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

__all__ = ["Numbering", "figure"]

_SLOT = re.compile(r"%([1-9])")
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"),
          (10, "x"), (9, "ix"), (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip
_LEVELS = 9


def figure(number: int, style: str) -> str:
    """A number in a `w:numFmt` style; decimal for the styles that contracts do not use."""
    match style:
        case "lowerLetter" | "upperLetter":
            letters = chr(97 + (number - 1) % 26) * ((number - 1) // 26 % 5 + 1) if number > 0 else "0"
            return letters.upper() if style == "upperLetter" else letters
        case "lowerRoman" | "upperRoman":
            text, rest = "", min(max(number, 0), 4999)
            for value, sign in _ROMAN:
                while rest >= value:
                    text, rest = text + sign, rest - value
            return text.upper() if style == "upperRoman" else text
        case "decimalZero":
            return f"{number:02}"
        case "none":
            return ""
        case _:
            return str(number)


@dataclass(frozen=True, slots=True)
class _Level:
    start: int
    style: str
    text: str
    legal: bool  # w:isLgl: all numbers in figures
    restart: int | None  # w:lvlRestart: 0 never, n after level n


@dataclass(slots=True)
class Numbering:
    """The lists of one document with their counters; `label` must be asked in text order."""

    _levels: dict[str, dict[int, _Level]] = field(default_factory=dict)  # num id -> levels
    _abstract: dict[str, str] = field(default_factory=dict)  # num id -> abstract id: they share counters
    _starts: dict[tuple[str, int], int] = field(default_factory=dict)  # start overrides of a num
    _begun: set[tuple[str, int]] = field(default_factory=set)
    _counters: dict[str, list[int | None]] = field(default_factory=dict)
    by_style: dict[str, tuple[str, int]] = field(default_factory=dict)  # paragraph style -> (num id, level)

    @classmethod
    def read(cls, root: Element | None) -> Numbering:
        """From `word/numbering.xml`; empty where the document has none."""
        self = cls()
        if root is None:
            return self
        abstracts: dict[str, dict[int, _Level]] = {}
        styles: dict[str, dict[int, str]] = {}
        for node in root.iter(W + "abstractNum"):
            key = attribute(node, "abstractNumId") or ""
            abstracts[key] = {}
            styles[key] = {}
            for level in node.findall(W + "lvl"):
                index = _int(attribute(level, "ilvl"), 0)
                abstracts[key][index] = _level(level)
                style = attribute(level.find(W + "pStyle"))
                if style:
                    styles[key][index] = style
        for node in root.findall(W + "num"):
            num = attribute(node, "numId") or ""
            key = attribute(node.find(W + "abstractNumId")) or ""
            self._abstract[num] = key
            levels = dict(abstracts.get(key, {}))
            for override in node.findall(W + "lvlOverride"):
                index = _int(attribute(override, "ilvl"), 0)
                own = override.find(W + "lvl")
                if own is not None:
                    levels[index] = _level(own)
                start = attribute(override.find(W + "startOverride"))
                if start is not None:
                    self._starts[num, index] = _int(start, 1)
            self._levels[num] = levels
            for index, style in styles.get(key, {}).items():
                self.by_style.setdefault(style, (num, index))
        return self

    def label(self, num: str, index: int) -> str:
        """The number of the next paragraph of a list, as shown: "8.2", "(a)", "•"; "" for none."""
        levels = self._levels.get(num)
        level = levels.get(index) if levels else None
        if levels is None or level is None or not 0 <= index < _LEVELS:
            return ""
        key = self._abstract[num]
        counters = self._counters.setdefault(key, [None] * _LEVELS)
        if (num, index) in self._starts and (num, index) not in self._begun:
            counters[index] = None
            first = self._starts[num, index]
        else:
            first = level.start
        self._begun.add((num, index))
        value = counters[index]
        counters[index] = first if value is None else value + 1
        for deeper in range(index + 1, _LEVELS):
            restart = levels[deeper].restart if deeper in levels else None
            if restart is None or (restart and index < restart):
                counters[deeper] = None
        if level.style == "bullet":
            return "•"

        def slot(match: re.Match[str]) -> str:
            at = int(match[1]) - 1
            of = levels.get(at)
            number = counters[at]
            if number is None:
                number = of.start if of else 1
                counters[at] = number
            return figure(number, "decimal" if level.legal or of is None else of.style)

        return _SLOT.sub(slot, level.text)[:60]


def _level(node: Element) -> _Level:
    restart = attribute(node.find(W + "lvlRestart"))
    legal = node.find(W + "isLgl")
    return _Level(
        start=_int(attribute(node.find(W + "start")), 0 if node.find(W + "start") is None else 1),
        style=attribute(node.find(W + "numFmt")) or "decimal",
        text=attribute(node.find(W + "lvlText")) or "",
        legal=legal is not None and attribute(legal) not in ("0", "false"),
        restart=None if restart is None else _int(restart, 0),
    )


def _int(text: str | None, default: int) -> int:
    try:
        return min(max(int(text or ""), 0), 100_000)
    except ValueError:
        return default
