"""What is in a file that was handed over: said by the collectors that can read its kind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

__all__ = ["FileReader", "FileSurvey"]


@dataclass(frozen=True, slots=True)
class FileSurvey:
    """One file, recognised.

    Attributes:
        kind: the collector's word for the format, e.g. "caiq-v4" or "nessus".
        collector: the word to use in `sources[].collector`.
        records: how many evidence records the file gives.
        counts: answer, outcome or state to the number of records that have it.
        problems: what a reader should know before relying on the file.
    """

    kind: str
    collector: str
    records: int
    counts: Mapping[str, int]
    problems: tuple[str, ...] = ()

    def to_json(self, file: str) -> dict[str, Any]:
        return {
            "file": file,
            "kind": self.kind,
            "collector": self.collector,
            "records": self.records,
            "counts": dict(self.counts),
            "problems": list(self.problems),
        }


@runtime_checkable
class FileReader(Protocol):
    """A collector that can also say what one file is, without an engagement.

    Attributes:
        order: who is asked first; lower for formats that are recognised for certain.
    """

    order: int

    def survey(self, path: Path) -> FileSurvey | None:
        """What the file is; None where it is none of this collector's kinds.

        Raises:
            InputError, LimitExceededError: it is evidently of a kind and cannot be read as that.
        """
        ...
