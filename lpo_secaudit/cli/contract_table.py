"""The clauses of a contract as a table for people."""

from __future__ import annotations

import sys
import unicodedata
from typing import TYPE_CHECKING

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from lpo_secaudit.contracts.analysis import Analysis, ClauseResult

if TYPE_CHECKING:
    from lpo_secaudit.contracts.library import ClauseLibrary

__all__ = ["print_clauses"]

_SIGNS = {"strong": ("✓", "green"), "weak": ("~", "yellow"), "absent": ("✗", "red")}
_SHOWN = 220
_PIPED_WIDTH = 120


def print_clauses(
    analysis: Analysis, library: ClauseLibrary, *, everything: bool = False, console: Console | None = None
) -> None:
    """Print one contract; colours where standard output is a terminal.

    Args:
        everything: all quotes of a clause, uncut, and a line for each clause that is not there.
    """
    console = console or Console(highlight=False, width=None if sys.stdout.isatty() else _PIPED_WIDTH)
    present = [c for c in analysis.clauses if c.present]
    absent = [c for c in analysis.clauses if not c.present]
    weak = sum(c.grade == "weak" for c in present)
    console.print(Text(safe(analysis.file), style="bold"))
    console.print(
        f"{analysis.words:,} words, language {analysis.language}; "
        f"{len(present)} of {len(analysis.clauses)} clauses found, {weak} of them weak"
    )
    for note in analysis.notes:
        console.print(Text(f"note: {safe(note)}", style="yellow"))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, expand=console.is_terminal)
    table.add_column("", width=1)
    table.add_column("clause", ratio=2, overflow="fold")
    table.add_column("section", no_wrap=True, max_width=18)
    table.add_column("what it says", ratio=6, overflow="fold")
    for clause in present:
        sign, style = _SIGNS[clause.grade]
        table.add_row(
            Text(sign, style=style),
            Text(library[clause.clause].title),
            Text(_place(clause)),
            _says(clause, everything=everything),
        )
    if everything:
        for clause in absent:
            sign, style = _SIGNS["absent"]
            table.add_row(
                Text(sign, style=style), Text(library[clause.clause].title), "", Text("not found", "dim")
            )
    console.print(table)
    if absent and not everything:
        names = ", ".join(library[c.clause].title.lower() for c in absent)
        console.print(Text.assemble(("not found: ", "red"), names))
        console.print()


def _place(clause: ClauseResult) -> str:
    if not clause.quotes:
        return ""
    quote = clause.quotes[0]
    parts = [safe(quote.section)[:24]] if quote.section else []
    if quote.page is not None:
        parts.append(f"p. {quote.page}")
    return ", ".join(parts)


def _says(clause: ClauseResult, *, everything: bool) -> Text:
    text = Text()
    if clause.parameters:
        values = ", ".join(f"{k.replace('_', ' ')} {_value(v)}" for k, v in clause.parameters.items())
        text.append(safe(values) + "\n", style="cyan")
    if clause.reason:
        text.append(safe(clause.reason) + "\n", style="yellow")
    quotes = clause.quotes if everything else clause.quotes[:1]
    for index, quote in enumerate(quotes):
        shown = " ".join(safe(quote.text).split())
        if not everything and len(shown) > _SHOWN:
            shown = shown[:_SHOWN].rsplit(" ", 1)[0] + " …"
        text.append(("\n" if index else "") + f"“{shown}”")
    return text


def _value(value: object) -> str:
    return {True: "yes", False: "no"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def safe(text: str) -> str:
    """Without characters that steer a terminal or turn the direction of writing: quotes are foreign text."""
    return "".join(c if c in "\n\t" or unicodedata.category(c)[0] != "C" else "\ufffd" for c in text)
