"""Tables of the other side: CSV, XLSX and Markdown as sheets of text cells, within limits.

Only cells with content are kept, so an empty sheet of a million rows costs nothing. The stated
dimension of a sheet is not believed, since one that is too small would hide rows.
"""

from __future__ import annotations

import csv
import io
import time
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from datetime import time as time_of_day
from typing import Any

from lpo_secaudit.errors import InputError, LimitExceededError

from .raw import decode_text

__all__ = [
    "Row",
    "Sheet",
    "as_dicts",
    "column_letters",
    "read_csv",
    "read_markdown",
    "read_xlsx",
    "xlsx_mentions",
]

MAX_CELLS = 3_000_000
MAX_UNPACKED = 256 * 1024 * 1024
MAX_MEMBERS = 5_000
MAX_RATIO = 400  # of a member above a megabyte; office XML stays below 100
MAX_SECONDS = 60.0
MAX_CELL_CHARS = 65_536  # Excel itself ends at 32 767


@dataclass(frozen=True, slots=True)
class Row:
    """Cells with content, by 0-based column; `number` is the row's 1-based number."""

    number: int
    cells: Mapping[int, str]

    def text(self, column: int | None) -> str:
        """The cell's text without blanks around it; "" where there is none."""
        return "" if column is None else self.cells.get(column, "").strip()


@dataclass(frozen=True, slots=True)
class Sheet:
    """One table. `name` is "" for CSV, `hidden` where the workbook hides it.

    `formulas` counts cells with a formula whose result the file does not hold.
    """

    name: str
    rows: tuple[Row, ...]
    hidden: bool = False
    formulas: int = 0

    def place(self, row: int, column: int) -> str:
        """`sheet!C7`, or `C7` where the table has no name."""
        cell = f"{column_letters(column)}{row}"
        return f"{self.name}!{cell}" if self.name else cell


def column_letters(column: int) -> str:
    """0 -> A, 26 -> AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def read_csv(raw: bytes, name: str) -> Sheet:
    """A CSV file with comma, semicolon, tab or bar, whichever its first lines use most.

    Raises:
        InputError: broken quoting, or NUL characters.
        LimitExceededError: too many cells, or a field above 131 072 characters.
    """
    text = decode_text(raw)
    if "\x00" in text:
        raise InputError("not a text file", where=name)
    head = text[:8192]
    delimiter = _delimiter(head)
    if head[:4].lower() == "sep=":  # Excel's own way to name the delimiter
        line, _, text = text.partition("\n")
        delimiter = line.strip()[4:5] or delimiter
    rows: list[Row] = []
    cells = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=False)
    number = 0
    try:
        for number, values in enumerate(reader, 1):
            kept = {i: value for i, value in enumerate(values) if value.strip()}
            cells += len(kept)
            if cells > MAX_CELLS:
                raise LimitExceededError(f"more than {MAX_CELLS} cells", where=name)
            if kept:
                rows.append(Row(number, kept))
    except csv.Error as error:
        kind = LimitExceededError if "limit" in str(error) else InputError
        raise kind(f"not readable as CSV: {error}", where=f"{name}: row {number + 1}") from error
    return Sheet("", tuple(rows))


def _delimiter(head: str) -> str:
    """The delimiter of a file by its first lines.

    A first line with several is a header and decides; else the one that most lines have, since a
    comma inside one long text says little.
    """
    lines = [line for line in head.splitlines() if line.strip()] or [""]
    best = max(",;\t|", key=lines[0].count)
    if lines[0].count(best) >= 2:
        return best
    return max(",;\t|", key=lambda d: (sum(d in line for line in lines[:5]), head.count(d)))


def read_markdown(text: str) -> tuple[Sheet, ...]:
    """The pipe tables of a Markdown file, one sheet each, rows numbered as lines of the file."""
    sheets: list[Sheet] = []
    rows: list[Row] = []
    for number, line in enumerate([*text.splitlines(), ""], 1):
        stripped = line.strip()
        if stripped.startswith("|") and stripped.endswith("|") and len(stripped) > 1:
            values = [
                v.replace("\x01", "|").strip() for v in stripped[1:-1].replace("\\|", "\x01").split("|")
            ]
            if not all(set(v) <= set("-: ") for v in values):
                rows.append(Row(number, {i: v for i, v in enumerate(values) if v}))
        elif rows:
            sheets.append(Sheet("", tuple(rows)))
            rows = []
    return tuple(sheets)


def read_xlsx(raw: bytes, name: str) -> tuple[Sheet, ...]:
    """All worksheets of an XLSX workbook, in its order, with stored results of formulas.

    Raises:
        InputError: not a workbook, encrypted, or broken.
        LimitExceededError: it unpacks to too much, has too many cells or takes too long.
    """
    _check_package(raw, name)
    import openpyxl

    started = time.monotonic()
    try:
        with warnings.catch_warnings():
            # It warns of parts that it drops (drop-down lists, colours); none holds an answer.
            warnings.simplefilter("ignore")
            book = openpyxl.load_workbook(io.BytesIO(raw), read_only=True, data_only=True, keep_links=False)
            budget = _Budget(name, started)
            sheets = tuple(_sheet(sheet, budget) for sheet in book.worksheets)
            book.close()
    except (InputError, MemoryError):
        raise
    except Exception as error:  # openpyxl raises whatever its XML layer or its models raise
        raise InputError(
            f"workbook is broken: {type(error).__name__}: {str(error)[:200]}",
            where=name,
            hint="open it and save it again as .xlsx, or export the sheet as CSV",
        ) from error
    return sheets


def xlsx_mentions(raw: bytes, name: str, *words: str) -> bool:
    """Whether a workbook's texts hold one of the words; far cheaper than reading it.

    True also where its texts are not kept in one place, so that only reading it can tell.

    Raises:
        InputError, LimitExceededError: as `read_xlsx`, for the package.
    """
    _check_package(raw, name)
    with zipfile.ZipFile(io.BytesIO(raw)) as package:
        try:
            texts = package.read("xl/sharedStrings.xml")
        except KeyError:
            return True
        except (zipfile.BadZipFile, OSError, EOFError, NotImplementedError) as error:
            raise InputError(f"not a readable workbook: {error}", where=name) from error
    return any(word.encode() in texts for word in words)


def _check_package(raw: bytes, name: str) -> None:
    """Judge the ZIP before anything unpacks it; zipfile never yields more than a member states."""
    if raw[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        raise InputError(
            "old or password-protected Office file", where=name, hint="save it as .xlsx without a password"
        )
    try:
        with zipfile.ZipFile(io.BytesIO(raw)) as package:
            members = package.infolist()
            if len(members) > MAX_MEMBERS or sum(m.file_size for m in members) > MAX_UNPACKED:
                raise LimitExceededError(
                    f"workbook has over {MAX_MEMBERS} parts or unpacks to over {MAX_UNPACKED} bytes",
                    where=name,
                )
            for member in members:
                packed = max(member.compress_size, 1)
                if member.file_size > 2**20 and member.file_size / packed > MAX_RATIO:
                    raise LimitExceededError(
                        f"part {member.filename[:80]!r} is packed {member.file_size // packed} to 1",
                        where=name,
                    )
                if member.filename.lower().endswith((".xml", ".rels")):
                    with package.open(member) as part:
                        if b"<!DOCTYPE" in part.read(4096):
                            raise InputError(
                                f"part {member.filename[:80]!r} declares a document type",
                                where=name,
                                hint="no office program writes one; the file was made to harm its reader",
                            )
            if "xl/workbook.xml" not in {m.filename for m in members}:
                raise InputError("not an XLSX workbook", where=name)
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise InputError(f"not a readable workbook: {error}", where=name) from error


class _Budget:
    def __init__(self, name: str, started: float) -> None:
        self.name = name
        self.started = started
        self.cells = 0

    def spend(self, cells: int) -> None:
        self.cells += cells
        if self.cells > MAX_CELLS:
            raise LimitExceededError(f"workbook has more than {MAX_CELLS} cells", where=self.name)

    def watch(self) -> None:
        if time.monotonic() - self.started > MAX_SECONDS:
            raise LimitExceededError(
                f"workbook takes longer than {MAX_SECONDS:.0f} s to read", where=self.name
            )


def _sheet(sheet: Any, budget: _Budget) -> Sheet:
    sheet.reset_dimensions()
    rows = []
    for number, values in enumerate(sheet.iter_rows(values_only=True), 1):
        if number % 256 == 0 or len(values) > 1024:
            budget.watch()
        if not values:
            continue
        kept = {i: _text(v) for i, v in enumerate(values) if v is not None}
        kept = {i: v for i, v in kept.items() if v.strip()}
        budget.spend(len(kept))
        if kept:
            rows.append(Row(number, kept))
    return Sheet(str(sheet.title), tuple(rows), hidden=sheet.sheet_state != "visible")


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, datetime):
        # A spreadsheet's date has no zone; only the day is meant.
        whole = value.replace(tzinfo=None)
        return whole.date().isoformat() if whole.time() == time_of_day() else whole.isoformat(sep=" ")
    if isinstance(value, date | time_of_day):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return str(value)[:MAX_CELL_CHARS]


def as_dicts(sheet: Sheet, header: int = 0) -> Iterator[tuple[int, dict[str, str]]]:
    """(row number, {header as written: text}) of every row after the header row."""
    if not sheet.rows:
        return
    names = {column: " ".join(value.split()) for column, value in sheet.rows[header].cells.items()}
    for row in sheet.rows[header + 1 :]:
        yield row.number, {name: row.text(column) for column, name in names.items()}
