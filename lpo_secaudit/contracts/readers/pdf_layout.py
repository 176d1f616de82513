"""From lines at places to paragraphs in reading order: columns, running lines, hyphens."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from statistics import median

from lpo_secaudit.contracts.readers.draft import clean_line
from lpo_secaudit.contracts.structure_numbers import enumerators, starts_item, word_set

__all__ = ["Line", "Paragraph", "paragraphs_of"]

_FIGURES = re.compile(r"\d+|\b[ivxlc]+\b")
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.)?\s*[-–—|(]?\s*(?:\d{1,4}|[ivxlc]{1,6})\s*[-–—|)]?(?:\s*(?:of|/|von|de)\s*\d{1,4})?\s*[-–—|]?\Z",
    re.IGNORECASE,
)
_WORD_END = re.compile(r"([^\W\d_]+)-\Z")
_WORD_START = re.compile(r"[^\W\d_]+")
_WORDS = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_PREFIXES = word_set("sub non third self well cross multi co ex anti semi inter de pro long short day")
_SENTENCE_END = re.compile(r"[.:;!?][\"”’')\]]*\Z")
_BUCKET = 40
_EDGE = 5
"""Lines from the top and from the bottom of a page among which running ones are sought."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, or a part of one that a wide gap cuts off.

    Attributes:
        page: 0-based.
        x0, x1: left and right edge in points.
        y: baseline in points from the top of the page.
        size: of the font in points.
        bold: from first to last character, as far as can be seen.
    """

    page: int
    text: str
    x0: float
    x1: float
    y: float
    size: float
    bold: bool


@dataclass(frozen=True, slots=True)
class Paragraph:
    """Text of one block, and where in it pages begin: (offset, 0-based page) pairs."""

    text: str
    heading: int
    pages: tuple[tuple[int, int], ...]


def paragraphs_of(pages: Sequence[Sequence[Line]]) -> Iterator[Paragraph]:
    """Paragraphs of all pages. Linear in the number of lines but for sorting within a page."""
    kept = [_merged(_ordered(lines)) for lines in _without_running_lines(pages)]
    words = Counter(w.lower() for page in kept for line in page for w in _WORDS.findall(line.text))
    sizes = Counter[float]()
    for page in kept:
        for line in page:
            sizes[round(line.size, 1)] += len(line.text)
    body = sizes.most_common(1)[0][0] if sizes else 10.0
    held: list[Line] = []
    for page in kept:
        pitch = _pitch(page)
        margins = _Margins(page)
        previous: Line | None = None
        for line in page:
            # Across a page break there is no distance to judge by, only the words.
            if held and (_begins(held[-1], line, previous, pitch, margins) or _next_item(held[0], line)):
                yield _paragraph(held, words, body)
                held = []
            held.append(line)
            previous = line
    if held:
        yield _paragraph(held, words, body)


# -- running lines ---------------------------------------------------------------------------------


def _without_running_lines(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    if len(pages) < 2:
        return [list(page) for page in pages]
    edges = [_edge_lines(page) for page in pages]
    seen = Counter(key for lines in edges for key in {_running_key(line) for line in lines})
    needed = max(2, min(len(pages), 5), -(-2 * sum(1 for p in pages if p) // 5))
    if len(pages) == 2:
        needed = 2
    result = []
    for page, lines in zip(pages, edges, strict=True):
        drop = {
            id(line)
            for line in lines
            if seen[_running_key(line)] >= needed
            or (_PAGE_NUMBER.match(line.text) and _outermost(line, page))
        }
        result.append([line for line in page if id(line) not in drop])
    # Pages that hold nothing else would be lost.
    return result if any(result) else [list(page) for page in pages]


def _edge_lines(page: Sequence[Line]) -> list[Line]:
    ordered = sorted(page, key=lambda line: line.y)
    return ordered if len(ordered) <= 2 * _EDGE else [*ordered[:_EDGE], *ordered[-_EDGE:]]


def _running_key(line: Line) -> tuple[str, int]:
    return _FIGURES.sub("#", line.text.lower()), round(line.y / 12)


def _outermost(line: Line, page: Sequence[Line]) -> bool:
    return line.y <= min(o.y for o in page) + 14 or line.y >= max(o.y for o in page) - 14


# -- columns ---------------------------------------------------------------------------------------


def _ordered(lines: list[Line]) -> list[Line]:
    """Reading order: that of the file where it goes down the page column by column, as most do;
    else down the page, and where two columns stand beside one another, one by one."""
    if len(lines) < 2 or _goes_down(lines):
        return lines
    lines = sorted(lines, key=lambda line: (round(line.y / 2), line.x0))
    gutter = _gutter(lines)
    if gutter is None:
        return lines
    result: list[Line] = []
    band: list[Line] = []
    for line in lines:
        if line.x0 < gutter - 2 and line.x1 > gutter + 2:
            result.extend(_band(band, gutter))
            band = []
            result.append(line)
        else:
            band.append(line)
    result.extend(_band(band, gutter))
    return result


def _goes_down(lines: Sequence[Line]) -> bool:
    """Whether the file's own order can be read: it goes up only to begin another column, and does
    not write columns line by line across the page."""
    upward = beside = 0
    for last, line in pairwise(lines):
        if line.y < last.y - 1.5 * line.size and line.x0 < last.x1 and last.x0 < line.x1:
            upward += 1
        elif abs(line.y - last.y) < 0.5 * line.size and line.x0 > last.x1 + line.size:
            beside += 1
    # A header or footer may stand anywhere in the file.
    return upward <= 2 + 0.03 * len(lines) and beside <= 0.2 * len(lines)


def _band(lines: list[Line], gutter: float) -> list[Line]:
    left = [line for line in lines if line.x1 <= gutter + 2]
    right = [line for line in lines if line.x0 >= gutter - 2]
    if not left or not right:
        return lines
    if _is_prose(left) and _is_prose(right):
        return [*left, *right]
    cells = [*_cells(left), *_cells(right)]
    return [
        line for cell in sorted(cells, key=lambda cell: (round(cell[0].y / 4), cell[0].x0)) for line in cell
    ]


def _is_prose(lines: Sequence[Line]) -> bool:
    width = max(line.x1 for line in lines) - min(line.x0 for line in lines)
    return len(lines) >= 5 and median(line.x1 - line.x0 for line in lines) > 0.6 * width > 60


def _cells(lines: Sequence[Line]) -> list[list[Line]]:
    cells: list[list[Line]] = []
    for line in lines:
        if cells and line.y - cells[-1][-1].y <= 1.6 * max(line.size, cells[-1][-1].size):
            cells[-1].append(line)
        else:
            cells.append([line])
    return cells


def _gutter(lines: Sequence[Line]) -> float | None:
    """The middle of an upright strip that few lines cross, with lines on both sides of it."""
    left, right = min(line.x0 for line in lines), max(line.x1 for line in lines)
    width = right - left
    if width < 150 or len(lines) < 6:
        return None
    starts = sorted(line.x0 for line in lines if line.x0 > left + 0.2 * width)
    best: tuple[int, float] | None = None
    # A column begins where several lines begin at one x.
    for x, count in Counter(round(s) for s in starts).items():
        beside = [line for line in lines if line.x1 <= x + 1]
        beyond = [line for line in lines if line.x0 >= x - 3]
        crossing = len(lines) - len(beside) - len(beyond)
        if count < 3 or len(beyond) < 3 or not _side_by_side(beside, beyond):
            continue
        if crossing <= 0.6 * len(lines) and (best is None or count - crossing > best[0]):
            best = (count - crossing, x - 3.0)
    return best[1] if best else None


def _side_by_side(left: Sequence[Line], right: Sequence[Line]) -> bool:
    """At least three lines of the right column have one of the left at their height."""
    heights = sorted(line.y for line in left)
    beside = 0
    for line in right:
        index = bisect_right(heights, line.y + 0.6 * line.size)
        beside += index > 0 and heights[index - 1] >= line.y - 0.6 * line.size
    return beside >= 3


def _merged(lines: list[Line]) -> list[Line]:
    """Parts on one baseline that follow one another closely become one line ("1." and "Definitions")."""
    result: list[Line] = []
    for line in lines:
        last = result[-1] if result else None
        if (
            last is not None
            and abs(last.y - line.y) < 0.35 * last.size
            and line.x0 - last.x1 >= -1.0
            and (line.x0 - last.x1 < 3.0 * last.size or len(last.text) <= 8)
        ):
            text = f"{last.text} {line.text}"
            result[-1] = replace(last, text=text, x1=line.x1, bold=last.bold and line.bold)
        else:
            result.append(line)
    return result


# -- paragraphs ------------------------------------------------------------------------------------


def _pitch(page: Sequence[Line]) -> float:
    gaps = [b.y - a.y for a, b in pairwise(page) if 0 < b.y - a.y < 4 * a.size]
    return median(gaps) if gaps else 14.0


def _next_item(first: Line, line: Line) -> bool:
    """Whether a line carries the number after the one that the paragraph began with."""
    if abs(first.x0 - line.x0) > 3 or not line.text[0].isascii():
        return False
    before, after = (enumerators(text, 0, min(len(text), 40)) for text in (first.text, line.text))
    return bool(
        before and after and before[0].style == after[0].style and after[0].value == before[0].value + 1
    )


class _Margins:
    """Left and right margin of the column that a line stands in."""

    def __init__(self, page: Sequence[Line]) -> None:
        self._page = page
        self._known: dict[int, tuple[float, float]] = {}

    def of(self, line: Line) -> tuple[float, float]:
        bucket = int(line.x0 // _BUCKET)
        if bucket not in self._known:
            begin, end = bucket * _BUCKET, (bucket + 1) * _BUCKET
            column = [o for o in self._page if o.x0 < end and o.x1 > begin]
            rights = sorted(o.x1 for o in column) or [line.x1]
            lefts = sorted(o.x0 for o in column) or [line.x0]
            self._known[bucket] = lefts[int(len(lefts) * 0.1)], rights[int(len(rights) * 0.9)]
        return self._known[bucket]


def _begins(last: Line, line: Line, previous: Line | None, pitch: float, margins: _Margins) -> bool:
    """Whether a line begins a paragraph after `last`."""
    if abs(last.size - line.size) > 1.2 or last.bold != line.bold:
        # A bold word opens many a paragraph; a line that is bold throughout stands alone.
        return True
    ended = _SENTENCE_END.search(last.text[-8:]) is not None
    left, right = margins.of(last)
    # A line that ends although the next word had room on it ends a paragraph.
    word = (line.text.find(" ") + 1 or len(line.text) + 1) * (line.x1 - line.x0) / max(1, len(line.text))
    short = last.x1 + 1.3 * word < right and last.x1 < right - 0.1 * (right - left)
    if starts_item(line.text, last.text, short=short):
        return True
    lower = line.text[:1].islower()
    if previous is None or line.y < last.y - 2:  # a new page or column
        return ended or not (lower or not short)
    gap = line.y - last.y
    if gap > 1.35 * max(pitch, 1.1 * line.size) and not (lower and not ended and gap < 2 * pitch):
        return True
    if abs(gap) < 1:  # beside it: another cell
        return True
    if ended and line.x0 < last.x0 - 6 and not lower:
        return True
    return short and not lower


def _paragraph(lines: list[Line], words: Counter[str], body: float) -> Paragraph:
    text = clean_line(lines[0].text)
    pages = [(0, lines[0].page)]
    page = lines[0].page
    for line in lines[1:]:
        following = clean_line(line.text)
        end, start = _WORD_END.search(text[-40:]), _WORD_START.match(following)
        if end and start and following[0].islower():
            if _closes_up(end[1].lower(), start[0].lower(), words):
                text = text[:-1]
        elif text and not (text.endswith("-") and text[-2:-1].isalnum()):
            text += " "
        if line.page != page:
            page = line.page
            pages.append((len(text), page))
        text += following
    large = lines[0].size > body + 1.2
    whole = " ".join(line.text for line in lines)
    heading = 0
    if len(whole) < 160 and len(lines) <= 3 and not whole.rstrip().endswith((".", ";", ",")) and large:
        heading = 1 if lines[0].size > body + 4 else 2
    return Paragraph(text, heading, tuple(pages))


def _closes_up(before: str, after: str, words: Counter[str]) -> bool:
    """Whether the hyphen between two halves goes: "infor-mation", but "sub-processor" keeps it."""
    if words[f"{before}-{after}"]:
        return False
    if words[before + after]:
        return True
    if before in _PREFIXES:
        return False
    return not (words[before] and words[after])
