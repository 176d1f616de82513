"""A real PostgreSQL server for tests, on a socket of its own, stopped afterwards."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest


def _user() -> str | None:
    """A user that the server may run as: it refuses to run as root."""
    if os.getuid() != 0:
        return None
    import pwd

    for name in ("postgres", "nobody"):
        try:
            return pwd.getpwnam(name).pw_name
        except KeyError:
            continue
    pytest.skip("PostgreSQL does not run as root, and there is no other user")


@contextmanager
def postgres(base: Path) -> Iterator[str]:
    """The URL of an empty database; skips where no server is installed."""
    found = {name: shutil.which(name) for name in ("initdb", "postgres", "pg_ctl")}
    if not all(found.values()):
        for folder in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True):
            found = {name: str(folder / name) for name in found}
            break
        else:
            pytest.skip("no PostgreSQL server is installed")
    user = _user()
    base.mkdir(parents=True, exist_ok=True)
    if user is not None:
        shutil.chown(base, user)
        for parent in base.parents:  # pytest makes its folders for their owner alone
            if parent == Path("/"):
                break
            parent.chmod(parent.stat().st_mode | 0o011)

    def call(*arguments: str) -> None:
        done = subprocess.run(
            arguments, capture_output=True, text=True, timeout=60, user=user, cwd=base, check=False
        )
        if done.returncode:
            pytest.skip(f"PostgreSQL does not start here: {done.stderr[-300:]}")

    data = base / "data"
    call(
        str(found["initdb"]),
        "-D",
        str(data),
        "-A",
        "trust",
        "-U",
        "secaudit",
        "-N",
        "--no-locale",
        "-E",
        "UTF8",
    )
    options = f"-k {base} -c listen_addresses='' -c max_connections=40"
    call(str(found["pg_ctl"]), "-D", str(data), "-o", options, "-w", "-l", str(base / "log"), "start")
    try:
        yield f"postgresql://secaudit@/postgres?host={base}"
    finally:
        subprocess.run(
            [str(found["pg_ctl"]), "-D", str(data), "-m", "immediate", "stop"],
            capture_output=True, timeout=60, user=user, cwd=base, check=False,
        )  # fmt: skip
