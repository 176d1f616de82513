"""The plugin contract: what a collector and a plugin are, and how they are found.

First-party plugins enter by the same door as anybody's: an entry point of the group
`lpo_secaudit.plugins` that names a `Plugin` (or a function without arguments that returns one).
A plugin that cannot be loaded, or does not keep the contract, becomes a `PluginProblem` in the
audit result; it never stops an audit and never goes unseen.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

from lpo_secaudit.errors import PluginError
from lpo_secaudit.model.check import Check
from lpo_secaudit.model.evidence import Evidence, Gap, Listing

__all__ = ["CollectRequest", "Collector", "Plugin", "PluginProblem", "PluginSet", "Sink", "load_plugins"]

GROUP = "lpo_secaudit.plugins"


@dataclass(frozen=True)
class CollectRequest:
    """What one collector is asked for, once per source.

    Attributes:
        source: id of the source in the engagement.
        options: the source's `with` mapping, already valid against `Collector.options_schema`.
        wanted: evidence type to the facets that the planned checks read; gather nothing else.
        base: folder that relative paths in options start from.
        now: the aware UTC instant the audit began; for ages computed on the source's side.
        timeout_s: the collector should give up (and say so in gaps) after this many seconds.
    """

    source: str
    options: Mapping[str, Any]
    wanted: Mapping[str, frozenset[str]]
    base: Path
    now: datetime
    timeout_s: float = 3600.0


class Sink(Protocol):
    """Where a collector puts what it saw; safe to call from several threads."""

    def record(self, evidence: Evidence) -> None:
        """Add one record; it is written at once and not kept in memory."""
        ...

    def blob(self, data: bytes, media_type: str) -> str:
        """Keep raw bytes as received; returns their `sha256:<hex>` for `Evidence.inputs`."""
        ...

    def listing(self, listing: Listing) -> None:
        """Say how far was looked for one type in one scope; exactly one per type and scope."""
        ...

    def progress(self, done: int, total: int | None, what: str) -> None:
        """Tell a watching person; has no effect on results."""
        ...


@runtime_checkable
class Collector(Protocol):
    """Gathers evidence from one kind of source; the only code that touches network or files.

    Attributes:
        name: the word used in `sources[].collector`.
        version: changes whenever the same source could yield other evidence.
        produces: evidence type to one line saying what a record is.
        options_schema: JSON Schema of the source's `with` mapping.
        reads: one line for each thing it touches, for the person who must allow it.
    """

    name: str
    version: str
    produces: Mapping[str, str]
    options_schema: Mapping[str, Any]
    reads: tuple[str, ...]

    def collect(self, request: CollectRequest, sink: Sink) -> None:
        """Gather what is wanted. A fact that cannot be had is a gap, not an exception.

        An exception that does escape marks every wanted type without a listing as
        unavailable with the exception's message; the audit goes on.
        """
        ...

    def permissions(self, request: CollectRequest) -> tuple[str, ...]:
        """The least rights the planned collection needs, in the source's own words."""
        ...


@dataclass(frozen=True)
class Plugin:
    """What one distribution brings.

    Attributes:
        name: unique; named in the signed predicate.
        version: of the plugin.
        collectors: instances; they hold no state between calls.
        checks: see `lpo_secaudit.check.load_checks` for reading definitions from YAML.
        files: source files whose digests are recorded with every audit. Left empty, all
            files of the package that the entry point lies in are taken.
    """

    name: str
    version: str
    collectors: tuple[Collector, ...] = ()
    checks: tuple[Check, ...] = ()
    files: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class PluginProblem:
    """A plugin that could not be used, and why; reported in the result."""

    plugin: str
    message: str

    def to_json(self) -> dict[str, Any]:
        return {"plugin": self.plugin, "message": self.message}


@dataclass(frozen=True)
class PluginSet:
    """All usable plugins, by what they bring.

    Attributes:
        plugins: by name, in name order.
        collectors: by the word used in engagements.
        checks: by id.
        problems: plugins left out, wholly or in part.
        file_digests: plugin name to {relative file name: "sha256:<hex>"}.
    """

    plugins: Mapping[str, Plugin]
    collectors: Mapping[str, Collector]
    checks: Mapping[str, Check]
    problems: tuple[PluginProblem, ...] = ()
    file_digests: Mapping[str, Mapping[str, str]] = field(default_factory=dict)


def _package_files(entry_point: EntryPoint) -> tuple[Path, ...]:
    import importlib.util

    spec = importlib.util.find_spec(entry_point.module)
    if spec is None or spec.origin is None:
        return ()
    origin = Path(spec.origin)
    if origin.name != "__init__.py":
        return (origin,)
    return tuple(p for p in sorted(origin.parent.rglob("*")) if p.is_file() and "__pycache__" not in p.parts)


def _digests(files: Iterable[Path]) -> dict[str, str]:
    files = sorted(files)
    # The folder that holds them all: a plugin may name files of several.
    base = Path(os.path.commonpath([f.parent for f in files])) if files else Path()
    return {
        f.relative_to(base).as_posix(): "sha256:" + hashlib.sha256(f.read_bytes()).hexdigest() for f in files
    }


def _load(entry_point: EntryPoint) -> Plugin:
    loaded = entry_point.load()
    plugin = loaded() if callable(loaded) and not isinstance(loaded, Plugin) else loaded
    if not isinstance(plugin, Plugin):
        raise PluginError(f"entry point gives a {type(plugin).__name__}, not a Plugin")
    for collector in plugin.collectors:
        if not isinstance(collector, Collector):
            raise PluginError(f"collector {collector!r} lacks a part of the Collector contract")
    for check in plugin.checks:
        if not isinstance(check, Check):
            raise PluginError(f"{check!r} is not a Check")
    return plugin


def load_plugins(extra: Iterable[Plugin] = ()) -> PluginSet:
    """Load every installed plugin, and `extra` ones handed in by an embedding program.

    Never raises for a bad plugin: whatever it does while loading becomes a PluginProblem. Of
    two plugins that bring the same name, collector word or check id, the first by name is kept.
    """
    loaded: dict[str, Plugin] = {}
    problems: list[PluginProblem] = []
    digests: dict[str, Mapping[str, str]] = {}
    for entry_point in sorted(entry_points(group=GROUP), key=lambda e: e.name):
        try:
            plugin = _load(entry_point)
            found = _digests(plugin.files or _package_files(entry_point))
        except BaseException as error:  # even SystemExit of a plugin must not end an audit
            if isinstance(error, KeyboardInterrupt):
                raise
            problems.append(
                PluginProblem(entry_point.name, f"cannot be loaded: {type(error).__name__}: {error}")
            )
            continue
        if plugin.name in loaded:
            problems.append(PluginProblem(plugin.name, "a plugin of this name is already loaded"))
            continue
        loaded[plugin.name] = plugin
        digests[plugin.name] = found
    for plugin in extra:
        if plugin.name in loaded:
            problems.append(PluginProblem(plugin.name, "a plugin of this name is already loaded"))
            continue
        loaded[plugin.name] = plugin
        digests[plugin.name] = _digests(plugin.files)

    collectors: dict[str, Collector] = {}
    checks: dict[str, Check] = {}
    for name, plugin in sorted(loaded.items()):
        for collector in plugin.collectors:
            if collector.name in collectors:
                problems.append(PluginProblem(name, f"collector {collector.name!r} exists already"))
            else:
                collectors[collector.name] = collector
        for check in plugin.checks:
            if check.id in checks:
                problems.append(PluginProblem(name, f"check {check.id!r} exists already"))
            else:
                checks[check.id] = check
    return PluginSet(dict(sorted(loaded.items())), collectors, checks, tuple(problems), digests)


def gap_of(error: BaseException) -> Gap:
    """The gap that an exception escaping a collector leaves behind."""
    from lpo_secaudit.errors import SecauditError
    from lpo_secaudit.model.evidence import GapReason

    text = str(error) if isinstance(error, SecauditError) else f"{type(error).__name__}: {error}"
    return Gap(GapReason.FAILED, text.replace("\n", " ")[:500])
