"""Which scanner a file is from: told by what is in it, never by its name."""

from __future__ import annotations

import re
from typing import Any

from lpo_secaudit.errors import InputError

from .._files.json_strict import MISSHAPEN, parse_json, parse_json_lines
from .._files.raw import decode_text
from .._files.tables import read_csv, read_xlsx, xlsx_mentions
from .._files.xml_safe import parse_xml
from .formats import cloud, flaws, hosts, rows, software, web
from .result import Reader, Scan

__all__ = ["READERS", "read_scan"]

READERS: tuple[Reader, ...] = (
    *cloud.READERS,
    *hosts.READERS,
    *software.READERS,
    *flaws.READERS,
    *web.READERS,
    *rows.READERS,
)

_SCOUT = re.compile(r"\A\s*scoutsuite_results\s*=\s*")
_XLSX = b"PK\x03\x04"


def read_scan(raw: bytes, name: str) -> Scan | None:
    """Recognise and read a scanner's results; None where the file is none.

    Raises:
        InputError, LimitExceededError: it begins like JSON or XML and is broken or hostile.
    """
    form, document = _open(raw, name)
    if document is None:
        return None
    for reader in READERS:
        if reader.form != form:
            continue
        try:
            if reader.recognise(document):
                return reader.read(document)
        except MISSHAPEN as error:
            raise InputError(
                f"looks like {reader.kind}, but is not as that format says: {type(error).__name__}: {error}"[
                    :300
                ],
                where=name,
                hint="ask for the tool's own output, as it wrote it",
            ) from error
    return None


def _open(raw: bytes, name: str) -> tuple[str, Any]:
    """(form, parsed document); the document is None where the form is none of a scanner's."""
    if raw[:4] == _XLSX:
        if not xlsx_mentions(
            raw, name, "Control_ID", "CHECK_ID", "Plugin ID", "NVT Name", "QID", "Compliance ID"
        ):
            return "", None  # a workbook, but with none of the headers that a scanner writes
        return "table", read_xlsx(raw, name)
    if raw[:2] not in (b"\xff\xfe", b"\xfe\xff") and (raw[:5] == b"%PDF-" or b"\x00" in raw[:1024]):
        return "", None
    text = decode_text(raw)
    start = text.lstrip()[:1]
    if start == "<":
        # Bytes, not text: the declaration names the encoding.
        return "xml", parse_xml(raw.lstrip(b"\xef\xbb\xbf \t\r\n"), name)
    scout = _SCOUT.match(text)
    if scout or start in ("{", "["):
        return "json", _json(text[scout.end() :] if scout else text, name)
    if "lynis_version=" in text[:20_000] or text.startswith("# Lynis Report"):
        return "text", text
    return "table", (read_csv(raw, name),)


def _json(text: str, name: str) -> Any:
    """One JSON value, or one a line: OCSF is often streamed so."""
    try:
        return parse_json(text.rstrip().rstrip(";"), name)
    except InputError as error:
        if "Extra data" not in error.message:
            raise
        return parse_json_lines(text, name)
