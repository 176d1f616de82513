"""What the collectors of handed-over files share: the options, the loop over files, the plugin's shell."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

from lpo_secaudit.check import load_checks
from lpo_secaudit.errors import InputError
from lpo_secaudit.model.check import Check, CheckFunction
from lpo_secaudit.model.evidence import Gap, GapReason, Listing, ListingStatus
from lpo_secaudit.model.survey import FileSurvey
from lpo_secaudit.plugins import CollectRequest, Plugin, Sink

from .raw import read_bytes

__all__ = ["FileCollector", "day_option", "each_file", "file_names", "file_plugin"]

T = TypeVar("T")

_DAY = r"^\d{4}-\d{2}-\d{2}$"


def day_option(description: str) -> dict[str, Any]:
    """An option that is a day, for files that do not say when they were made."""
    return {"type": "string", "pattern": _DAY, "description": description}


class FileCollector:
    """A collector of files; the code that reads them is imported when a source is collected.

    Attributes:
        order: in which collectors are asked what a file is; the strictest reader first.
        home: the module with `collect(request, sink)` and `survey(path)`.
    """

    version = "1"

    def __init__(
        self,
        name: str,
        produces: Mapping[str, str],
        reads: tuple[str, ...],
        *,
        home: str,
        order: int,
        options: Mapping[str, Any],
        many: bool = True,
    ) -> None:
        """`options` come beside `file`, and `files` where a source may have `many`."""
        self.name, self.produces, self.reads = name, produces, reads
        self.home, self.order = home, order
        known: dict[str, Any] = {"file": {"type": "string"}}
        if many:
            known["files"] = {
                "type": "array",
                "items": {"type": "string"},
                "minItems": 1,
                "uniqueItems": True,
            }
        self.options_schema: Mapping[str, Any] = {
            "type": "object",
            "additionalProperties": False,
            "anyOf": [{"required": [key]} for key in known],
            "properties": {**known, **options},
        }

    def permissions(self, request: CollectRequest) -> tuple[str, ...]:
        return tuple(f"read the file {name}" for name in file_names(request.options))

    def collect(self, request: CollectRequest, sink: Sink) -> None:
        import_module(self.home).collect(request, sink)

    def survey(self, path: Path) -> FileSurvey | None:
        """What a file is; None where it is none of this collector's."""
        found: FileSurvey | None = import_module(self.home).survey(path)
        return found


def file_plugin(collector: FileCollector, functions: Mapping[str, CheckFunction], *more: Check) -> Plugin:
    """A plugin of one collector: checks of its `checks.yaml` and `more`, its files and the shared ones."""
    package = collector.home.rpartition(".")[0]
    checks = load_checks(collector.name, [files(package) / "checks.yaml"], functions)
    folders = (Path(str(files(package))), Path(__file__).parent)
    sources = (p for f in folders for p in f.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    return Plugin(collector.name, collector.version, (collector,), (*more, *checks), tuple(sorted(sources)))


def file_names(options: Mapping[str, Any]) -> tuple[str, ...]:
    """The files of a source, in order, each once."""
    single = (options["file"],) if "file" in options else ()
    return tuple(dict.fromkeys((*single, *options.get("files", ()))))


def each_file(
    request: CollectRequest,
    sink: Sink,
    types: tuple[str, ...],
    read: Callable[[bytes, str], T | None],
    unknown: str,
    hint: str = "`secaudit evidence FILE` says what a file is",
) -> Iterator[tuple[str, bytes, T]]:
    """(name, bytes, what was read) of each file of a source.

    A file that cannot be read, or that is none of this collector's, leaves its scope unavailable for
    every wanted one of `types`; the others count.

    Args:
        read: gives None for a file of another kind.
        unknown: what to say of such a file.
    """
    names = file_names(request.options)
    for number, name in enumerate(names, 1):
        sink.progress(number, len(names), name)
        try:
            raw = read_bytes(request.base / name, name)
            found = read(raw, name)
            if found is None:
                raise InputError(unknown, where=name, hint=hint)
        except InputError as error:
            gap = Gap(GapReason.FAILED, error.message, f"read {name}")
            for type_ in types:
                if type_ in request.wanted:
                    sink.listing(Listing(type_, request.source, name, ListingStatus.UNAVAILABLE, 0, gap))
            continue
        yield name, raw, found
