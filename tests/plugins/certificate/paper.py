"""Small PDFs for tests: lines of text at places on pages, nothing else."""

from __future__ import annotations

from collections.abc import Sequence

Line = str | tuple[float, str]
"""A line at the left edge, or (x, text) on the line of the one before."""


def pdf(*pages: Sequence[Line]) -> bytes:
    """A PDF with one page for each list of lines, top to bottom."""
    objects: list[bytes] = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"",
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    ]
    kids = []
    for lines in pages:
        stream = _stream(lines)
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(stream), stream))
        content = len(objects)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 612 792] /Contents %d 0 R "
            b"/Resources << /Font << /F1 3 0 R >> >> >>" % content
        )
        kids.append(b"%d 0 R" % len(objects))
    objects[1] = b"<< /Type /Pages /Kids [%s] /Count %d >>" % (b" ".join(kids), len(kids))
    out = bytearray(b"%PDF-1.4\n")
    offsets = []
    for number, body in enumerate(objects, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, body)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % o for o in offsets)
    out += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)


def _stream(lines: Sequence[Line]) -> bytes:
    parts = ["BT /F1 10 Tf"]
    y = 760.0
    for line in lines:
        x, text = (50.0, line) if isinstance(line, str) else line
        if isinstance(line, str):
            y -= 14
        escaped = text.replace("\\", "\\\\").replace("(", "\\(").replace(")", "\\)")
        parts.append(f"1 0 0 1 {x} {y} Tm ({escaped}) Tj")
    return "\n".join([*parts, "ET"]).encode("latin-1", "replace")
