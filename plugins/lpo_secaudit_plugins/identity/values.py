"""Days and flags as exports write them."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

__all__ = ["flag", "state", "when"]


def when(value: Any) -> datetime | None:
    """An instant as exports write it; None for the many words that mean "none"."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return datetime.fromtimestamp(value, UTC) if 0 < value < 1e11 else None
    text = str(value or "").strip()
    if not text[:4].isdigit():
        return None
    for form in (None, "%Y/%m/%d %H:%M:%S", "%Y/%m/%d"):
        try:
            plain = text.split(".")[0] + ("Z" if "." in text and text.endswith("Z") else "")
            found = datetime.fromisoformat(plain) if form is None else datetime.strptime(text, form)  # noqa: DTZ007
        except ValueError:
            continue
        found = found if found.tzinfo else found.replace(tzinfo=UTC)
        # Google writes the epoch for "never".
        return None if found.year <= 1970 else found.astimezone(UTC)
    return None


def flag(value: Any) -> bool | None:
    """True and false as exports write them; None for anything else."""
    if isinstance(value, bool):
        return value
    return {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}.get(
        str(value).strip().lower()
    )


def state(enabled: bool | None) -> str:
    """The word for an account's state, where the export has a flag and no word for it."""
    return "" if enabled is None else "enabled" if enabled else "disabled"
