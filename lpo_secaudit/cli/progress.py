"""Progress of a long collection: a bar for each source, on a terminal only."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["watching"]

Progress = Callable[[str, int, "int | None", str], None]


@contextmanager
def watching(*, quiet: bool) -> Iterator[Progress | None]:
    """A callback that draws, or None where nobody watches."""
    if quiet or not sys.stderr.isatty():
        yield None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (
        TextColumn("[bold]{task.fields[source]}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.description}"),
        TimeElapsedColumn(),
    )
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, object] = {}
        lock = threading.Lock()

        def progress(source: str, done: int, total: int | None, what: str) -> None:
            with lock:
                if source not in tasks:
                    tasks[source] = bars.add_task(what, total=total, source=source)
                bars.update(tasks[source], completed=done, total=total, description=what[:40])  # type: ignore[arg-type]

        yield progress
