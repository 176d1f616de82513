"""The child process of `IsolatedReader`: bytes in, draft or error out, within an address-space limit.

Protocol on stdin and stdout, one request at a time: a line of JSON (name, size, ocr, depth of
limits), then `size` bytes; back comes a line of JSON with the size of the answer, then the answer.
"""

from __future__ import annotations

import json
import os
import sys
from dataclasses import asdict
from typing import Any, BinaryIO

from lpo_secaudit.contracts.document import Page
from lpo_secaudit.contracts.readers.draft import Draft, Heading
from lpo_secaudit.contracts.readers.limits import Limits
from lpo_secaudit.errors import DocumentError

__all__ = ["draft_from_json", "draft_to_json", "main", "serve"]


def draft_to_json(draft: Draft) -> dict[str, Any]:
    return {
        "format": draft.format,
        "text": draft.text,
        "blocks": draft.blocks,
        "pages": [[p.number, p.start, p.end] for p in draft.pages],
        "headings": [[h.start, h.level] for h in draft.headings],
        "notes": list(draft.notes),
        "ocr": draft.ocr,
        "indents": list(draft.indents),
    }


def draft_from_json(value: dict[str, Any]) -> Draft:
    """The draft that `draft_to_json` gave; the types of all fields are enforced."""
    return Draft(
        format=value["format"],
        text=str(value["text"]),
        blocks=bool(value["blocks"]),
        pages=tuple(Page(int(n), int(s), int(e)) for n, s, e in value["pages"]),
        headings=tuple(Heading(int(s), int(level)) for s, level in value["headings"]),
        notes=tuple(str(note) for note in value["notes"]),
        ocr=bool(value["ocr"]),
        indents=tuple((int(s), int(columns)) for s, columns in value["indents"]),
    )


def _restrict(limits: Limits) -> None:
    """Ask the operating system to hold this process; where it cannot, the parent's clock remains."""
    try:
        import resource
    except ImportError:
        return
    wanted = ((resource.RLIMIT_AS, limits.memory_bytes), (resource.RLIMIT_CORE, 0))
    for what, most in wanted:
        try:
            hard = resource.getrlimit(what)[1]
            bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(what, (bound, hard))
        except (ValueError, OSError):
            continue


def serve(source: BinaryIO, sink: BinaryIO) -> None:
    """Answer requests until the input ends."""
    from lpo_secaudit.contracts.readers import draft_of

    restricted = False
    while line := source.readline():
        request = json.loads(line)
        data = source.read(request["size"])
        limits = Limits(**request["limits"])
        if not restricted:
            _restrict(limits)
            restricted = True
        try:
            draft = draft_of(data, request["name"], limits, ocr=request["ocr"])
            answer: dict[str, Any] = {"draft": draft_to_json(draft)}
        except DocumentError as error:
            answer = {"error": [error.kind, error.message, error.hint]}
        except Exception as error:  # whatever a parser throws at a hostile file
            answer = {"error": ["broken", f"{type(error).__name__}: {str(error)[:200]}", None]}
        # Lone surrogates have no UTF-8; JSON's own escapes carry them.
        body = json.dumps(answer).encode("ascii")
        sink.write(b"%d\n" % len(body))
        sink.write(body)
        sink.flush()


def request_line(name: str, data: bytes, limits: Limits, *, ocr: bool) -> bytes:
    head = {"name": name, "size": len(data), "ocr": ocr, "limits": asdict(limits)}
    return json.dumps(head).encode("ascii") + b"\n"


def main() -> None:
    """Serve this process's stdin. Parsers must not write into the answers: stdout goes to stderr."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    serve(sys.stdin.buffer, sink)


if __name__ == "__main__":
    main()
