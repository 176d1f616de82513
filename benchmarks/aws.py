"""An audit of a synthetic AWS account, side by side with Prowler where it is installed.

    python benchmarks/aws.py WORLD_FOLDER --size medium [--latency-ms 40] [--prowler PROWLER_BINARY]
                             [--proxy-python PYTHON] [--single] [--keep FOLDER]

WORLD_FOLDER holds world_server.py, world.py, latency_proxy.py and lower_bound.py. Each tool runs
twice: the first run fills the proxy's replay cache, the second is measured, so that the figures
are the auditor's and not the test server's. --proxy-python names an interpreter with aiohttp and
botocore. Prints one JSON document; without --prowler the ratios are against the figures that the
world's RESULTS.md gives for the same sizes at 40 ms on two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

# Prowler 5.46, both frameworks, two regions, 40 ms: wall s, CPU s, MB, requests.
REFERENCE = {
    "small": (37.3, 19.7, 490, 762),
    "medium": (69.8, 22.6, 534, 2348),
    "large": (415.1, 72.4, 1013, 19465),
}
REGIONS = ("us-east-1", "eu-west-1")


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n")[0])
    parser.add_argument("world", type=Path)
    parser.add_argument("--size", choices=sorted(REFERENCE), default="small")
    parser.add_argument("--latency-ms", type=float, default=40)
    parser.add_argument("--prowler", type=Path)
    parser.add_argument("--proxy-python", default=sys.executable)
    parser.add_argument("--port", type=int, default=5700, help="this and the next port are used")
    parser.add_argument("--single", action="store_true", help="one single check instead of all of the peer's")
    parser.add_argument("--seeded", action="store_true", help="server and proxy run already on these ports")
    parser.add_argument("--manifest", type=Path, help="with --seeded: the world's manifest")
    parser.add_argument("--keep", type=Path, help="folder for the last audit and the manifest")
    args = parser.parse_args()
    with ExitStack() as stack:
        folder = args.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        folder.mkdir(parents=True, exist_ok=True)
        manifest = args.manifest or folder / "manifest.json"
        if not args.seeded:
            stack.enter_context(_world(args, manifest))
        proxy = f"http://127.0.0.1:{args.port + 1}"
        engagement = _engagement(folder, args.world, args.single)
        start = "from lpo_secaudit.cli import main; main()"
        ours = [sys.executable, "-c", start, "run", str(engagement), "--output", "{out}"]
        report: dict[str, Any] = {"size": args.size, "latency_ms": args.latency_ms}
        report["secaudit"] = _measure(ours, proxy, args.latency_ms, folder, {0, 10, 11})
        if manifest.exists():
            report["lower_bound"] = _lower_bound(args.world, manifest)
            report["requests_to_lower_bound"] = round(
                report["secaudit"]["requests"] / report["lower_bound"]["total"], 3
            )
        if args.prowler:
            theirs = [str(args.prowler), "aws", "--region", *REGIONS]
            theirs += ["--check", "iam_password_policy_lowercase"] if args.single else []
            theirs += [] if args.single else ["--compliance", "hipaa_aws", "gdpr_aws"]
            theirs += ["-M", "csv", "-o", "{out}", "-F", "run", "-z", "--no-banner", "--log-level", "ERROR"]
            hooks = {"PYTHONPATH": str(args.world / "hooks")}
            report["prowler"] = _measure(theirs, proxy, args.latency_ms, folder, {0}, hooks)
        elif not args.single:
            wall, cpu, rss, requests = REFERENCE[args.size]
            report["prowler"] = {
                "wall_s": wall,
                "cpu_s": cpu,
                "peak_mb": rss,
                "requests": requests,
                "from": "RESULTS.md",
            }
        if "prowler" in report:
            report["times_faster"] = round(report["prowler"]["wall_s"] / report["secaudit"]["wall_s"], 1)
            report["share_of_cpu"] = round(report["secaudit"]["cpu_s"] / report["prowler"]["cpu_s"], 3)
        print(json.dumps(report, indent=1))


@contextmanager
def _world(args: argparse.Namespace, manifest: Path) -> Iterator[None]:
    """Server, seed and proxy, stopped afterwards."""
    python, port = sys.executable, args.port
    upstream = f"http://127.0.0.1:{port}"
    server = subprocess.Popen(
        [python, str(args.world / "world_server.py"), "--port", str(port)], stderr=subprocess.DEVNULL
    )
    proxy = None
    try:
        _wait(upstream + "/__world/state")
        seed = [
            python,
            str(args.world / "world.py"),
            "--endpoint",
            upstream,
            "--seed",
            "7",
            "--size",
            args.size,
        ]
        subprocess.run([*seed, "--out", str(manifest)], check=True, stdout=subprocess.DEVNULL, timeout=900)
        command = [args.proxy_python, str(args.world / "latency_proxy.py"), "--port", str(port + 1)]
        proxy = subprocess.Popen([*command, "--upstream", upstream, "--cache"], stderr=subprocess.DEVNULL)
        _wait(f"http://127.0.0.1:{port + 1}/__counts")
        yield
    finally:
        for process in (proxy, server):
            if process is not None:
                process.terminate()
                process.wait(20)


def _wait(url: str, seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while True:
        try:
            urllib.request.urlopen(url, timeout=5).close()
            return
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.2)


def _engagement(folder: Path, world: Path, single: bool) -> Path:
    """An engagement whose one control expects every check that the peer has too."""
    import csv

    from lpo_secaudit_plugins.aws import plugin

    with (world / "prowler_checks.csv").open(newline="") as file:
        peers = {f"prowler:{row['check_id']}" for row in csv.DictReader(file)}
    checks = sorted(check.id for check in plugin().checks if peers & set(check.aliases))
    if single:
        checks = ["aws-iam-password-policy-lowercase"]
    control = {
        "id": "peer-1",
        "title": "What the peer asks",
        "citation": "Benchmark",
        "requirement": "Every question that the peer asks of an account.",
        "severity": "high",
        "checks": checks,
    }
    catalog = {
        "catalog": "peer",
        "title": "Peer",
        "version": "1",
        "source": "benchmark",
        "controls": [control],
    }
    (folder / "peer.yaml").write_text(json.dumps(catalog))
    engagement = folder / "engagement.yaml"
    frame = {
        "engagement": "benchmark",
        "client": {"name": "Firm"},
        "provider": {"name": "Provider"},
        "data": {"classes": ["eu-personal-data"]},
        "catalogs": ["./peer.yaml"],
        "sources": [{"id": "aws", "collector": "aws", "with": {"regions": list(REGIONS)}}],
    }
    engagement.write_text(json.dumps(frame))
    return engagement


def _measure(
    command: list[str],
    proxy: str,
    latency_ms: float,
    folder: Path,
    good: set[int],
    more: dict[str, str] | None = None,
) -> dict[str, Any]:
    """Run twice, the second time measured."""
    environment = os.environ | {
        "AWS_ENDPOINT_URL": proxy,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_DEFAULT_REGION": REGIONS[0],
        "AWS_EC2_METADATA_DISABLED": "true",
        **(more or {}),
    }
    figures: dict[str, Any] = {}
    for run in range(2):
        request = urllib.request.Request(f"{proxy}/__reset?latency_ms={latency_ms}&cache=on", method="POST")
        urllib.request.urlopen(request, timeout=10).close()
        out = folder / f"out-{Path(command[0]).name}-{time.time_ns()}-{run}"
        begun = time.perf_counter()
        argv = [part.replace("{out}", str(out)) for part in command]
        process = subprocess.Popen(argv, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        assert process.stderr is not None
        said = process.stderr.read()
        _, status, used = os.wait4(process.pid, 0)
        wall = time.perf_counter() - begun
        code = os.waitstatus_to_exitcode(status)
        process.returncode = code
        if code not in good:
            raise SystemExit(f"{command[0]} ended with {code}: {said.decode(errors='replace')[-2000:]}")
        counts = json.load(urllib.request.urlopen(f"{proxy}/__counts", timeout=10))
        figures = {
            "wall_s": round(wall, 2),
            "cpu_s": round(used.ru_utime + used.ru_stime, 2),
            "peak_mb": used.ru_maxrss // 1024,
            "requests": counts["total"],
            "in_flight_peak": counts["in_flight_peak"],
            "exit_code": code,
        }
    return figures


def _lower_bound(world: Path, manifest: Path) -> dict[str, Any]:
    """The bound, with what the test server costs on top: see RESULTS.md, "moto quirks"."""
    ran = subprocess.run(
        [sys.executable, str(world / "lower_bound.py"), str(manifest)],
        check=True,
        capture_output=True,
        text=True,
    )
    items = json.loads(manifest.read_text())["items"]
    buckets = sum(1 for m in items if m["type"] == "bucket")
    snapshots = sum(
        1
        for m in items
        if m["type"] == "snapshot" and m["service"] == "ec2" and not m["truth"].get("encrypted")
    )
    bound = json.loads(ran.stdout)["total"]
    return {
        "aws": bound,
        "head_bucket": buckets,
        "snapshot_attributes": snapshots,
        "total": bound + buckets + snapshots,
    }


if __name__ == "__main__":
    main()
