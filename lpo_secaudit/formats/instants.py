"""Instants in files: RFC 3339, UTC, whole or microseconds, ending in Z."""

from __future__ import annotations

from datetime import UTC, datetime

from lpo_secaudit.errors import InputError

__all__ = ["format_instant", "parse_utc"]


def format_instant(instant: datetime) -> str:
    """`2026-11-24T02:36:42Z`, with microseconds only where there are any.

    Raises:
        InputError: the datetime has no zone.
    """
    if instant.tzinfo is None:
        raise InputError(f"{instant.isoformat()} has no time zone", hint="use an aware datetime")
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_utc(text: str) -> datetime:
    """The instant that `format_instant` wrote.

    Raises:
        InputError: any other form.
    """
    try:
        instant = datetime.fromisoformat(text)
        if text.endswith("Z") and format_instant(instant) == text:
            return instant
    except (ValueError, TypeError, AttributeError):
        pass
    raise InputError(f"{text!r} is not a UTC instant such as 2026-11-24T02:36:42Z")
