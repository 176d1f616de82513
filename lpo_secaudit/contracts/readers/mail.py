"""Mail: the text of the message and of its attachments, as one document."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage, MIMEPart
from typing import cast

from lpo_secaudit.contracts.document import Page
from lpo_secaudit.contracts.readers.draft import Draft, TextBuilder, clean_line
from lpo_secaudit.contracts.readers.limits import Deadline, Limits, too_large
from lpo_secaudit.errors import DocumentError

__all__ = ["read_mail"]

_MOST_PARTS = 200
_MOST_MAILS = 4
_MOST_BOUNDARIES = 2000
_FIELDS = (("from", "From"), ("of", "Date"), ("on", "Subject"))


def read_mail(data: bytes, limits: Limits, deadline: Deadline, *, ocr: bool, depth: int) -> Draft:
    """Read a message (RFC 5322) and its attachments.

    The text of the message comes first, then each attachment under its name. The headers are told
    in the notes: an address there is no term of the contract. An attachment that cannot be read is
    told there too; pictures in a signature are not.

    Raises:
        DocumentError: broken, empty, too-large, too-deep, too-slow; that of the only attachment
            where the message itself has no text.
    """
    if depth >= _MOST_MAILS:
        raise DocumentError("too-deep", f"messages within messages, more than {_MOST_MAILS} deep")
    if data.lower().count(b"boundary=") > _MOST_BOUNDARIES:
        raise DocumentError("too-deep", "too many parts within parts")
    try:
        message = email.message_from_bytes(data, policy=email.policy.default)
        parts = list(_parts(message))
    except (ValueError, LookupError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise DocumentError("broken", f"not a readable message: {str(error)[:120]}") from error
    joined = _Joined(TextBuilder(limits), limits)
    joined.notes.append(f"a message{_envelope(message)}; its attachments are read with it")
    errors = []
    for name, payload in parts:
        deadline.check()
        try:
            joined.add(name, payload, ocr=ocr, depth=depth)
        except DocumentError as error:
            errors.append(error)
            joined.notes.append(f"attachment {name} was not read: {error.message} ({error.kind})")
    if not joined.builder.parts:
        if len(errors) == 1:
            only = errors[0]
            raise DocumentError(only.kind, f"attachment {only.where}: {only.message}", hint=only.hint)
        raise DocumentError("empty", "the message holds no text")
    return joined.draft()


def _envelope(message: EmailMessage) -> str:
    values = ((word, clean_line(_header(message, name))) for word, name in _FIELDS)
    return "".join(f", {word} {value}" for word, value in values if value)


def _header(message: EmailMessage, name: str) -> str:
    try:
        return str(message.get(name, ""))[:300]
    except (ValueError, IndexError, AttributeError, TypeError, KeyError):
        return ""  # the standard parser of structured headers fails on some malformed ones


def _parts(message: EmailMessage) -> Iterator[tuple[str, bytes]]:
    """(name, bytes) of the body and of every attachment; "" names the body."""
    number = 0
    body = message.get_body(preferencelist=("plain", "html"))
    inside = {id(body)} if body is not None else set[int]()
    if body is not None:
        yield ("" if body.get_content_type() != "text/html" else "message.html"), _payload(body)
    for part in _leaves(message):
        number += 1
        if number > _MOST_PARTS:
            raise too_large(f"a message of more than {_MOST_PARTS} parts", f"{_MOST_PARTS} parts")
        if id(part) in inside:
            continue
        kind = part.get_content_type()
        name = part.get_filename() or ""
        if kind == "message/rfc822":
            inner = part.get_payload()
            if isinstance(inner, list) and inner and isinstance(inner[0], MIMEPart):
                yield name or "message.eml", inner[0].as_bytes(policy=email.policy.default)
        elif name or part.get_content_disposition() == "attachment":
            yield name[:120] or f"attachment {number}", _payload(part)


def _leaves(message: EmailMessage) -> Iterator[EmailMessage]:
    stack = [message]
    while stack:
        part = stack.pop()
        if part.get_content_maintype() == "multipart":
            inner = part.get_payload()
            if isinstance(inner, list):
                stack.extend(reversed(cast("list[EmailMessage]", inner)))
        else:
            yield part


def _payload(part: MIMEPart) -> bytes:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return b""
    charset = part.get_content_charset()
    if part.get_content_maintype() == "text" and charset not in (None, "utf-8", "us-ascii"):
        try:
            return data.decode(charset, errors="replace").encode()
        except (LookupError, ValueError):
            return data
    return data


@dataclass(slots=True)
class _Joined:
    builder: TextBuilder
    limits: Limits
    notes: list[str] = field(default_factory=list)
    pages: list[Page] = field(default_factory=list)
    ocr: bool = False
    read: int = 0

    def add(self, name: str, data: bytes, *, ocr: bool, depth: int) -> None:
        from lpo_secaudit.contracts.readers import draft_of
        from lpo_secaudit.contracts.structure_blocks import blocks_of

        self.read += len(data)
        if self.read > self.limits.unpacked_bytes:
            raise too_large("attachments together too large", f"{self.limits.unpacked_bytes:,} bytes")
        if not name:
            if not data.strip():
                return
            name_of_text = "message.txt"
        else:
            name_of_text = name
        draft = draft_of(data, name_of_text, self.limits, ocr=ocr, depth=depth + 1)
        if name and name != "message.html":
            self.builder.add(f"Attachment: {name}", 1)
        levels = {heading.start: heading.level for heading in draft.headings}
        shifts: list[tuple[int, int]] = []  # start in the draft, start here
        for block in blocks_of(draft):
            text = draft.text[block.start : block.end]
            placed = self.builder.add(text, block.heading or levels.get(block.start, 0))
            if placed:
                shifts.append((block.start, placed[0]))
        self._pages(draft, shifts)
        self.notes.extend(f"{name}: {note}" if name else note for note in draft.notes)
        self.ocr = self.ocr or draft.ocr

    def _pages(self, draft: Draft, shifts: list[tuple[int, int]]) -> None:
        """Pages are kept where one attachment has them; those of two could not be told apart."""
        if not draft.pages or not shifts:
            return
        if self.pages:
            self.pages.clear()
            self.notes.append("several attachments have pages; page numbers are left out")
            return
        distance = shifts[0][1] - shifts[0][0]
        if all(here - there == distance for there, here in shifts):
            self.pages.extend(Page(p.number, p.start + distance, p.end + distance) for p in draft.pages)

    def draft(self) -> Draft:
        return Draft(
            "email",
            self.builder.text(),
            True,
            tuple(self.pages),
            tuple(self.builder.headings),
            tuple(self.notes),
            self.ocr,
        )
