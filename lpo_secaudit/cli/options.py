"""Arguments that several commands share, and their reading."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from lpo_secaudit.errors import InputError

__all__ = ["EngagementFile", "read_day", "read_instant_option"]

EngagementFile = Annotated[
    Path,
    typer.Argument(
        metavar="ENGAGEMENT", help="The engagement file (secaudit init writes one).", show_default=False
    ),
]


def read_instant_option(text: str | None, option: str) -> datetime | None:
    """An aware instant from an option's text; None stays None.

    Raises:
        InputError: not a date and time with its zone.
    """
    if text is None:
        return None
    from lpo_secaudit.catalog.engagements import parse_instant

    return parse_instant(text, option)


def read_day(text: str | None, option: str) -> date | None:
    """A day from an option's text; None stays None.

    Raises:
        InputError: not a date.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputError(
            f"{text!r} is not a date", where=option, hint="write for instance 2026-11-25"
        ) from None
