"""Every exception the library raises; the command line turns them into exit codes.

Two questions are kept apart everywhere: is it *wrong* (IntegrityError, InputError), or could it
*not be decided* (Undecidable, Unavailable)? The second is never read as the first, nor as success.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable

__all__ = [
    "DocumentError",
    "InputError",
    "IntegrityError",
    "LimitExceededError",
    "NothingToAuditError",
    "PluginError",
    "SecauditError",
    "UndecidableError",
    "close_to",
]


def close_to(word: str, known: Iterable[str]) -> str | None:
    """The hint of an error about a word that is not known: the known one nearest to it; None for none."""
    near = difflib.get_close_matches(word, list(known), 1)
    return f"did you mean {near[0]!r}?" if near else None


class SecauditError(Exception):
    """Base of all errors: what failed, where, and what to do next.

    Attributes:
        message: what failed, one sentence without a full stop.
        where: file with line, URL, resource or JSON path; None where there is no place.
        hint: what the reader can do about it; None where nothing useful can be said.
    """

    def __init__(self, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        text = f"{self.where}: {self.message}" if self.where else self.message
        return f"{text}\n  hint: {self.hint}" if self.hint else text


class InputError(SecauditError):
    """A file or argument given by the user is not usable as it is."""


class LimitExceededError(InputError):
    """Input is larger, deeper or slower than the limits allow; it may be hostile."""


class DocumentError(InputError):
    """A document could not be read. `kind` says why in one word, stable for programs.

    Kinds: encrypted, broken, empty, image-only, unsupported, too-large, too-deep, too-slow.
    """

    def __init__(self, kind: str, message: str, *, where: str | None = None, hint: str | None = None) -> None:
        super().__init__(message, where=where, hint=hint)
        self.kind = kind


class NothingToAuditError(SecauditError):
    """The engagement selects no control or no source, so no audit can be made."""


class PluginError(SecauditError):
    """A plugin does not keep the plugin contract."""


class IntegrityError(SecauditError):
    """Stored or signed bytes are not what they claim to be."""


class UndecidableError(SecauditError):
    """Whether something holds could not be found out (a key, file or service is missing)."""
