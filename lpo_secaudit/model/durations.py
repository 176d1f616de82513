"""Lengths of time as people write them in files: "24 h", "90 d", "15 min"."""

from __future__ import annotations

import re
from datetime import timedelta

from lpo_secaudit.errors import InputError

__all__ = ["parse_duration"]

_UNITS = {"min": 60, "h": 3600, "d": 86400, "w": 7 * 86400}
_FORM = re.compile(r"(\d{1,6})\s?(min|h|d|w)\Z")


def parse_duration(text: str, where: str | None = None) -> timedelta:
    """Parse a number and a unit (min, h, d, w); a day is 24 hours, a week 7 days.

    Raises:
        InputError: any other form; "1 month" has no fixed length and is refused.
    """
    match = _FORM.match(text.strip())
    if match is None:
        raise InputError(
            f"{text!r} is not a length of time", where=where, hint='write for instance "24 h" or "90 d"'
        )
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])
