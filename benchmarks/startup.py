"""Import time, time of `secaudit --help`, time and memory of the demo; medians of several runs.

    python benchmarks/startup.py

The import is also given as a ratio to starting the bare interpreter in the same run.
"""

from __future__ import annotations

import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 7
CLI = "from lpo_secaudit.cli import main; main()"


def seconds(*arguments: str, runs: int = RUNS, cwd: str | None = None) -> float:
    """Median wall time of a Python process."""
    taken = []
    for _ in range(runs):
        started = time.perf_counter()
        subprocess.run([sys.executable, *arguments], check=True, capture_output=True, cwd=cwd)
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def main() -> None:
    bare = seconds("-c", "pass")
    library = seconds("-c", "import lpo_secaudit")
    help_ = seconds("-c", CLI, "--help")
    print(f"bare interpreter      {bare * 1000:8.0f} ms")
    print(f"import lpo_secaudit   {library * 1000:8.0f} ms  ({library / bare:.2f} x the bare interpreter)")
    print(f"secaudit --help       {help_ * 1000:8.0f} ms  ({help_ / bare:.2f} x the bare interpreter)")
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        command = [sys.executable, "-c", CLI, "demo", "--into", str(Path(folder) / "demo")]
        subprocess.run(command, check=True, capture_output=True)
        taken = time.perf_counter() - started
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    print(f"secaudit demo         {taken * 1000:8.0f} ms  peak memory {peak:.0f} MB")


if __name__ == "__main__":
    main()
