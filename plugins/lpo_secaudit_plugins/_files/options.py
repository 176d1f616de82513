"""Which files a source names: the options `file` and `files` that the collectors of exports share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = ["file_names"]


def file_names(options: Mapping[str, Any]) -> tuple[str, ...]:
    """The files of a source, in order, each once."""
    single = (options["file"],) if "file" in options else ()
    return tuple(dict.fromkeys((*single, *options.get("files", ()))))
