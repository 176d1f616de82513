"""HTML: the visible text as blocks, lists with their numbers; nothing is loaded and nothing runs."""

from __future__ import annotations

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from lpo_secaudit.contracts.readers.docx_numbering import figure
from lpo_secaudit.contracts.readers.draft import Draft, TextBuilder
from lpo_secaudit.contracts.readers.limits import Deadline, Limits, too_large
from lpo_secaudit.contracts.readers.plain import decode, reveal
from lpo_secaudit.contracts.structure_numbers import word_set
from lpo_secaudit.errors import DocumentError

__all__ = ["read_html"]

_CHARSET = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([\w-]{2,40})", re.IGNORECASE)
_UNSEEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])", re.IGNORECASE)
_BLOCKS = word_set(
    "address article aside blockquote body caption center dd details dialog div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main ol p pre section summary table tbody "
    "td tfoot th thead tr ul"
)
_SKIPPED = word_set(
    "script style template noscript head nav button select textarea svg math iframe object audio video canvas"
)
_VOID = word_set("br hr img input meta link wbr col area base embed source")
_STYLES = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_CSS_STYLES = {
    "decimal": "decimal",
    "lower-alpha": "lowerLetter",
    "lower-latin": "lowerLetter",
    "upper-alpha": "upperLetter",
    "upper-latin": "upperLetter",
    "lower-roman": "lowerRoman",
    "upper-roman": "upperRoman",
    "none": "none",
}
_LIST_STYLE = re.compile(r"list-style(?:-type)?\s*:\s*([a-z-]+)", re.IGNORECASE)
_PIECE = 1 << 16


def read_html(data: bytes, limits: Limits, deadline: Deadline) -> Draft:
    """Read the text of an HTML page that a person would see.

    Scripts, styles, navigation and elements styled as invisible are left out; ordered lists get
    the numbers that a browser would show.

    Raises:
        DocumentError: empty, image-only, too-large, too-deep, too-slow.
    """
    from lxml import etree

    text = _decoded(data)
    if len(text) > 4 * limits.characters:
        raise too_large(f"{len(text):,} characters of HTML", f"{4 * limits.characters:,}")
    page = _Page(TextBuilder(limits), limits.depth)
    parser = etree.HTMLParser(target=page, no_network=True, recover=True, remove_comments=True)
    try:
        for at in range(0, len(text), _PIECE):
            parser.feed(text[at : at + _PIECE])
            deadline.check()
        parser.close()
    except etree.XMLSyntaxError as error:
        raise DocumentError("broken", f"not readable as HTML: {str(error)[:120]}") from error
    page.flush()
    if not page.builder.parts:
        if page.images:
            raise DocumentError("image-only", "the page holds pictures and no text")
        raise DocumentError("empty", "the page holds no text")
    notes = list(dict.fromkeys(page.revealed))
    if page.hidden:
        notes.append(f"{page.hidden} characters are styled as invisible and were left out")
    builder = page.builder
    return Draft(
        "html", builder.text(), True, (), tuple(builder.headings), tuple(notes), False, tuple(builder.indents)
    )


def _decoded(data: bytes) -> str:
    declared = _CHARSET.search(data[:4096])
    if declared is not None and not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            codec = codecs.lookup(declared[1].decode("ascii"))
            # Only character sets: Python also knows codecs such as zlib under such names.
            if codec.name not in ("utf-8", "utf-16", "utf-32") and getattr(codec, "_is_text_encoding", False):
                return data.decode(codec.name, errors="replace")
        except (LookupError, ValueError):
            pass
    return decode(data)[0].lstrip("\ufeff")


@dataclass(slots=True)
class _List:
    style: str  # "" for a list without numbers
    next: int
    step: int = 1


@dataclass(slots=True)
class _Page:
    """Takes the parser's events and fills the builder; holds no tree."""

    builder: TextBuilder
    deepest: int
    images: int = 0
    hidden: int = 0
    revealed: list[str] = field(default_factory=list)
    _open: list[tuple[str, bool]] = field(default_factory=list)
    _skipping: int = 0
    _unseen: int = 0
    _lists: list[_List] = field(default_factory=list)
    _words: list[str] = field(default_factory=list)
    _label: str = ""
    _heading: int = 0
    _bold: int = 0

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        if tag == "br":
            self.flush(keep_heading=True)
            return
        if tag in _VOID:
            self.images += tag in ("img", "embed")
            if tag == "hr":
                self.flush()
            return
        self._open.append((tag, self._is_unseen(attributes)))
        if len(self._open) > self.deepest:
            raise DocumentError("too-deep", f"elements nest deeper than {self.deepest}")
        self._unseen += self._open[-1][1]
        self._skipping += tag in _SKIPPED
        if tag not in _BLOCKS:
            return
        self.flush()
        if tag[0] == "h" and tag[1:].isdigit():
            self._heading = int(tag[1])
        elif tag in ("ol", "ul"):
            self._lists.append(_list(tag, attributes))
        elif tag == "li":
            self._label = self._item(attributes)

    def end(self, tag: str) -> None:
        if tag in _VOID:
            return
        if tag in _BLOCKS:
            self.flush()
        if tag in ("ol", "ul") and self._lists:
            self._lists.pop()
        if tag == "li":
            self._label = ""
        # The parser balances tags; the loop only guards against one that does not.
        while self._open:
            opened, unseen = self._open.pop()
            self._unseen -= unseen
            self._skipping -= opened in _SKIPPED
            if opened == tag:
                break

    def data(self, text: str) -> None:
        if self._skipping:
            return
        if self._unseen:
            self.hidden += len(text.strip())
            return
        self._words.append(text)

    def comment(self, text: str) -> None:
        """Comments are not part of the text."""

    def close(self) -> None:
        self.flush()

    def flush(self, *, keep_heading: bool = False) -> None:
        text = "".join(self._words)
        self._words.clear()
        if text.strip():
            label, self._label = self._label, ""
            shown, notes = reveal(f"{label} {text.lstrip()}" if label else text)
            self.revealed.extend(notes)
            self.builder.add(shown, self._heading, 4 * len(self._lists) if label else 0)
        if not keep_heading:
            self._heading = 0

    def _is_unseen(self, attributes: Mapping[str, str]) -> bool:
        return (
            "hidden" in attributes
            or attributes.get("aria-hidden") == "true"
            or _UNSEEN.search(attributes.get("style", "")[:500]) is not None
        )

    def _item(self, attributes: Mapping[str, str]) -> str:
        if not self._lists:
            return "•"
        inner = self._lists[-1]
        if not inner.style:
            return "•"
        if inner.style == "none":
            return ""
        value = _int(attributes.get("value"), inner.next)
        inner.next = value + inner.step
        text = figure(value, inner.style)
        return f"{text}." if inner.style == "decimal" else f"({text})"


def _list(tag: str, attributes: Mapping[str, str]) -> _List:
    if tag == "ul":
        return _List("", 1)
    style = _STYLES.get(attributes.get("type", "1"), "decimal")
    css = _LIST_STYLE.search(attributes.get("style", "")[:500])
    if css is not None:
        style = _CSS_STYLES.get(css[1].lower(), style)
    return _List(style, _int(attributes.get("start"), 1))


def _int(text: str | None, default: int) -> int:
    try:
        return min(max(int(text or ""), 0), 100_000)
    except ValueError:
        return default
