"""A draft as a Word file, for the lawyer who completes it."""

from __future__ import annotations

import io
from datetime import UTC, datetime

from lpo_secaudit.accountability.dossier.drafts import Draft

__all__ = ["draft_docx"]


def draft_docx(draft: Draft, as_of: datetime) -> bytes:
    """The draft as DOCX bytes; the document's dates are the assessment's, not the clock's."""
    from docx import Document

    document = Document()
    properties = document.core_properties
    properties.title = _clean(draft.title)[:250]
    properties.author = "lpo_secaudit"
    properties.created = properties.modified = as_of.astimezone(UTC).replace(tzinfo=None)
    document.add_heading(_clean(draft.title), level=1)
    note = document.add_paragraph().add_run(
        "Draft. Check every statement and complete what is marked before sending."
    )
    note.italic = True
    for label, value in (("From", draft.sender), ("To", draft.recipient), ("Due", draft.due)):
        line = document.add_paragraph()
        line.add_run(f"{label}: ").bold = True
        line.add_run(_clean(value))
    document.add_paragraph("Given under:")
    for basis in draft.basis:
        document.add_paragraph(_clean(basis), style="List Bullet")
    for heading, text in draft.sections:
        document.add_heading(_clean(heading), level=2)
        for line_text in text.split("\n"):
            if line_text.startswith("- "):
                document.add_paragraph(_clean(line_text[2:]), style="List Bullet")
            elif line_text:
                document.add_paragraph(_clean(line_text))
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def _clean(text: str) -> str:
    """Without the control characters that XML cannot hold."""
    return "".join(c for c in text if c in "\t\n" or (ord(c) >= 32 and ord(c) not in (0xFFFE, 0xFFFF)))
