"""From the text a reader found to a `Document`: sections, sentences, terms, references, language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from lpo_secaudit.contracts.document import Document, Section, Sentence
from lpo_secaudit.contracts.readers.draft import Draft
from lpo_secaudit.contracts.readers.limits import Limits, too_large
from lpo_secaudit.contracts.structure_blocks import Block, blocks_of
from lpo_secaudit.contracts.structure_numbers import BULLET, enumerators
from lpo_secaudit.contracts.structure_sections import PlacedBlock, outline
from lpo_secaudit.contracts.structure_sentences import pieces_of
from lpo_secaudit.contracts.structure_terms import definitions_of, language_of, references_of

__all__ = ["build_document"]

_DUTY_WORDS = (" shall ", " must ", " will ", " agrees ", " undertakes ", " may ")


def build_document(draft: Draft, *, name: str, sha256: str, limits: Limits | None = None) -> Document:
    """Read the structure of a draft. Pure, and linear in the length of the text.

    Raises:
        DocumentError: too-large, where there are more blocks than the limits allow.
    """
    text = draft.text
    most = (limits or Limits()).blocks
    blocks = list(islice(blocks_of(draft), most + 1))
    if len(blocks) > most:
        raise too_large(f"more than {most:,} paragraphs", f"{most:,}")
    markdown = draft.format == "markdown"
    sections, placed = outline(text, blocks, markdown=markdown, nested=bool(draft.indents))
    sentences = tuple(_sentences(text, sections, placed))
    return Document(
        name=name,
        format=draft.format,
        sha256=sha256,
        text=text,
        pages=draft.pages,
        sections=tuple(_front_matter(text, sections)),
        sentences=sentences,
        definitions=tuple(definitions_of(text, sentences)),
        references=tuple(references_of(text, sections)),
        language=language_of(text),
        ocr=draft.ocr,
        notes=draft.notes,
    )


def _sentences(text: str, sections: Sequence[Section], placed: Sequence[PlacedBlock]) -> Iterator[Sentence]:
    """Sentences in text order; items know the sentence that leads in.

    A lead-in is the last sentence of a block that ends with a colon, or without any mark where
    items follow. It holds for the numbered items one level below its section, for bullets, and
    for lines that begin in lower case, until an unnumbered sentence of its own level follows.
    """
    count = 0
    last_of: dict[int, int] = {}  # section -> its last own sentence, where that one may lead in
    lead_of: dict[int, int] = {}  # section -> lead-in of its first sentence
    hanging = -1  # lead-in for bullets and lower-case lines
    for item in placed:
        block = item.block
        start = block.start if not item.opens or item.body <= block.start else item.body
        if item.body >= block.end:
            if (
                item.section < 0
                or sections[item.section].end > block.end
                or sections[item.section].kind == "front-matter"
            ):
                hanging = -1
                continue
            # A heading with nothing beneath it is an item of a list, or a cell.
            start = _after_number(text, block)
        bullet = BULLET.match(text, block.start, block.end)
        body = max(start, bullet.end()) if bullet else start
        lead = -1
        if item.opens:
            parent = sections[item.section].parent
            lead = last_of.get(parent, -1)
            lead_of[item.section] = lead
        elif bullet or text[body : body + 1].islower():
            lead = hanging
        first = True
        base = count
        for piece_start, piece_end, back in pieces_of(text, body, block.end):
            if back:
                yield Sentence(piece_start, piece_end, item.section, count - back)
            else:
                yield Sentence(piece_start, piece_end, item.section, lead if first else -1)
            first = False
            count += 1
        if count == base:
            continue
        if _leads_in(text, block.end):
            last_of[item.section] = count - 1
            if not (bullet or (lead >= 0 and not item.opens)):
                hanging = count - 1
        elif not (bullet or lead >= 0) or item.opens:
            last_of.pop(item.section, None)
            if text[block.end - 1] in ".!?" and not bullet:
                hanging = -1
        if lead >= 0 and not item.opens and text[block.end - 1] == "." and not bullet:
            hanging = -1


def _after_number(text: str, block: Block) -> int:
    found = enumerators(text, block.start, block.end)
    return found[-1].end if found and found[-1].end < block.end else block.start


def _leads_in(text: str, end: int) -> bool:
    tail = text[max(0, end - 12) : end].rstrip("*_ \\")
    return tail.endswith((":", "—", "–", ":-")) or tail.lower().endswith(
        ("following", "that", " to", "shall", "will", "must")
    )


def _front_matter(text: str, sections: Sequence[Section]) -> Iterator[Section]:
    """What stands before the first numbered section binds nobody, unless words of duty are in it."""
    numbered = sum(1 for s in sections if s.path)
    first = next((s.start for s in sections if s.path), len(text))
    for section in sections:
        if (
            numbered >= 3
            and section.kind == "body"
            and section.end <= first
            and not any(word in f" {text[section.start : section.end]} " for word in _DUTY_WORDS)
        ):
            yield replace(section, kind="front-matter")
        else:
            yield section
