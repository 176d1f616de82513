"""All commands under one name, and errors turned into words and exit codes.

Command modules hold plain functions and import what they need when they are called, so that
`secaudit --help` loads neither boto3 nor a parser.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any

import typer

from lpo_secaudit.cli.codes import ExitCode, table
from lpo_secaudit.errors import (
    IntegrityError,
    NothingToAuditError,
    SecauditError,
    UndecidableError,
)

__all__ = ["build_app", "run_app"]

COMMANDS: tuple[tuple[str, str, str], ...] = (
    # name, module in lpo_secaudit.cli, function; in the order of the help
    ("demo", "demo", "demo"),
    ("init", "init", "init"),
    ("run", "run", "run"),
    ("verify", "verify", "verify"),
    ("contract", "contract", "contract"),
    ("evidence", "evidence", "evidence"),
    ("obligations", "obligations", "obligations"),
    ("permissions", "permissions", "permissions"),
    ("plugins", "plugins", "plugins"),
    ("keygen", "keys", "keygen"),
    ("cosign", "cosign", "cosign"),
    ("timestamp", "cosign", "timestamp"),
    ("points", "points", "points"),
    ("reply", "reply", "reply"),
    ("collect", "seal", "collect"),
    ("challenge", "seal", "challenge"),
    ("open", "seal", "open_"),
)
GROUPS: tuple[tuple[str, str], ...] = (
    # name, module that holds `app`
    ("incident", "incident"),
    ("ledger", "ledger"),
)

HELP = """Audit the data security of a legal-process-outsourcing provider, and prove the result.

Begin with [bold]secaudit demo[/bold]: a whole audit of a fictional provider, offline, in under a minute.
Then [bold]secaudit init[/bold] writes an engagement file for a provider of yours, and
[bold]secaudit run engagement.yaml[/bold] audits it.
"""


def build_app() -> typer.Typer:
    """The `secaudit` command with all its parts."""
    app = typer.Typer(
        name="secaudit",
        help=HELP,
        epilog="Exit codes:\n\n" + table(),
        no_args_is_help=True,
        rich_markup_mode="rich",
        pretty_exceptions_enable=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    app.callback(invoke_without_command=True)(_root)
    for name, module, function in COMMANDS:
        app.command(name)(getattr(import_module(f"lpo_secaudit.cli.{module}"), function))
    for name, module in GROUPS:
        app.add_typer(import_module(f"lpo_secaudit.cli.{module}").app, name=name)
    return app


def _root(
    context: typer.Context,
    version: bool = typer.Option(False, "--version", help="Print the version and stop."),
) -> None:
    if version:
        import lpo_secaudit

        typer.echo(f"secaudit {lpo_secaudit.__version__}")
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())
        raise typer.Exit(int(ExitCode.USAGE))


def exit_code_of(error: SecauditError) -> ExitCode:
    """The exit code that an error of the library stands for."""
    match error:
        case IntegrityError():
            return ExitCode.INTEGRITY
        case NothingToAuditError():
            return ExitCode.NOTHING
        case UndecidableError():
            return ExitCode.INCOMPLETE
        case _:
            return ExitCode.USAGE


def run_app(build: Callable[[], Callable[[], Any]] = build_app) -> int:
    """Run the command line of this process and return its exit code."""
    try:
        build()()
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    except SecauditError as error:
        print(f"secaudit: {error}", file=sys.stderr)  # noqa: T201
        return int(exit_code_of(error))
    except KeyboardInterrupt:
        print("secaudit: interrupted", file=sys.stderr)  # noqa: T201
        return 130
    except BrokenPipeError:
        # The reader of our output has gone; keep the interpreter from complaining at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return int(ExitCode.INTERNAL)
    except Exception as error:
        if os.environ.get("SECAUDIT_DEBUG"):
            raise
        print(  # noqa: T201
            f"secaudit: internal error: {type(error).__name__}: {error}\n"
            "  hint: set SECAUDIT_DEBUG=1 to see where, and report it",
            file=sys.stderr,
        )
        return int(ExitCode.INTERNAL)
    return int(ExitCode.CLEAN)
