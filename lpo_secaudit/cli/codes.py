"""Exit codes: one table, from which the help and the documentation are written."""

from __future__ import annotations

from enum import IntEnum

__all__ = ["MEANING", "ExitCode", "table"]


class ExitCode(IntEnum):
    """What the process says to the shell that started it."""

    CLEAN = 0
    INTERNAL = 1
    USAGE = 2
    NOTHING = 3
    FINDINGS = 10
    INCOMPLETE = 11
    INTEGRITY = 12


MEANING = {
    ExitCode.CLEAN: "clean: everything was determined, nothing at or above --fail-on",
    ExitCode.INTERNAL: "internal error: please report it",
    ExitCode.USAGE: "usage or invalid input: the message says file, line and what to do",
    ExitCode.NOTHING: "nothing to audit: no source, or no control in scope",
    ExitCode.FINDINGS: "findings at or above --fail-on",
    ExitCode.INCOMPLETE: "incomplete: something could not be told, and nothing worse was found",
    ExitCode.INTEGRITY: "integrity failure: bytes are not what they claim to be",
}


def table() -> str:
    """The codes as lines of text, for `--help`."""
    return "\n\n".join(f"{int(code)}  {meaning}" for code, meaning in MEANING.items())
