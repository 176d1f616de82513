"""A small disk of its own, to be filled: a real file system, where this machine lets a test mount one."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


class Disk:
    """A mounted disk; `leave(n)` fills it up but for n bytes, `free()` gives the room back."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._filler = path / "filler"

    def leave(self, size: int) -> None:
        self.free()
        self._filler.write_bytes(bytes(max(0, shutil.disk_usage(self.path).free - size)))

    def free(self) -> None:
        self._filler.unlink(missing_ok=True)


@contextmanager
def small_disk(path: Path, size_kib: int) -> Iterator[Disk]:
    """A tmpfs of a size at `path`; skips the test where it cannot be mounted."""
    path.mkdir()
    if os.name != "posix" or os.geteuid() != 0 or shutil.which("mount") is None:
        pytest.skip("only root can mount a small disk; the limit on file sizes is tested beside this")
    options = f"size={size_kib}k,nr_inodes=4096"
    done = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", options, "secaudit-test", str(path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip(f"no disk can be mounted here: {done.stderr.strip()}")
    try:
        yield Disk(path)
    finally:
        subprocess.run(["umount", "-l", str(path)], check=True)
