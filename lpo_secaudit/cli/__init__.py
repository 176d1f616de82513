"""The command line: parse, call, render, choose an exit code. The library does the rest."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Entry point of `secaudit`."""
    from lpo_secaudit.cli.app import run_app

    _share_heaps()
    raise SystemExit(run_app())


def _share_heaps() -> None:
    """Let threads share two heaps; glibc gives each its own, and forty keep 50 MB of what was freed.

    Only this process's own business: a program that embeds the library decides for itself. See
    mallopt(3), M_ARENA_MAX. Other C libraries have no such number.
    """
    import ctypes
    import os

    try:
        glibc = (os.confstr("CS_GNU_LIBC_VERSION") or "").startswith("glibc")
    except (AttributeError, ValueError):
        return
    if glibc and "MALLOC_ARENA_MAX" not in os.environ:
        ctypes.CDLL(None).mallopt(-8, 2)
