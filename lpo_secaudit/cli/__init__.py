"""The command line: parse, call, render, choose an exit code. The library does the rest."""

from __future__ import annotations

__all__ = ["main"]


def main() -> None:
    """Entry point of `secaudit`."""
    from lpo_secaudit.cli.app import run_app

    raise SystemExit(run_app())
