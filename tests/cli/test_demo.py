"""The demo tells its whole story from bundled files, without a network."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.cli.commands import environment

# Any attempt to reach another machine fails the demo.
OFFLINE = """
import socket
def refuse(*args, **kwargs):
    raise OSError("the demo went to the network")
socket.socket.connect = refuse
socket.getaddrinfo = refuse
from lpo_secaudit.cli import main
main()
"""


# Each of them was traced to its sources: what the DPA or an answer says, and what the account shows.
CONFLICTS = [
    ("critical", "broken-promise", "mfa"),
    ("critical", "misstatement", "mfa"),
    ("high", "broken-promise", "encryption-at-rest"),
    ("high", "contract-conflict", "breach-notice"),
    ("high", "misstatement", "encryption-at-rest"),
    ("high", "place", "data-location"),
    ("medium", "broken-promise", "encryption-in-transit"),
    ("medium", "broken-promise", "incident-response"),
    ("medium", "broken-promise", "logging"),
    ("medium", "misstatement", "encryption-in-transit"),
    ("medium", "misstatement", "logging"),
    # the stronger of the two prevails, by the master agreement's own words
    ("low", "contract-conflict", "breach-notice"),
]


def test_the_demo_runs_offline_and_ends_in_a_verified_report(tmp_path: Path) -> None:
    command = [sys.executable, "-c", OFFLINE, "demo", "--into", str(tmp_path / "demo")]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env=environment())
    assert done.returncode == 0, done.stderr
    for words in (
        "Promise, claim and practice",
        "broken-promise",
        "misstatement",
        "running",
        "VERIFIED",
        "Now try",
    ):
        assert words in done.stdout
    result = json.loads((tmp_path / "demo" / "audit" / "audit.json").read_bytes())
    assert [(c["severity"], c["kind"], c["topic"]) for c in result["conflicts"]] == CONFLICTS
    for conflict in result["conflicts"]:
        assert conflict["first"]["quote"]
        assert conflict["second"]["quote"]
    # The recording holds every facet that today's checks read; tools/make_demo.py renews it.
    assert not [o for o in result["observations"] if "was not collected" in o["message"]]
