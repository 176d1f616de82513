"""Ledger at size: append, prove, full check; each as a ratio to the bare SHA-256 and signatures in it.

    python benchmarks/ledger.py                 1,000,000 entries
    python benchmarks/ledger.py --entries 50000

Bare cost: the same number of SHA-256 over the same bytes, and of signature checks, by hashlib and
cryptography in a plain loop, with nothing read, written or compared. All times are CPU times.
"""

from __future__ import annotations

import argparse
import hashlib
import resource
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from lpo_secaudit.attest.check import parse_public_key
from lpo_secaudit.attest.signers import one_time_signer
from lpo_secaudit.ledger import Ledger
from lpo_secaudit.ledger.check import check_copy
from lpo_secaudit.ledger.entries import encode_entry
from lpo_secaudit.ledger.proofs import consistent, included, parse_checkpoint
from lpo_secaudit.ledger.reader import open_copy

BATCH = 5000
CHECKPOINTS = 100


def timed(work: Callable[[], object]) -> float:
    """CPU seconds of this process: the ratio should not depend on what else the machine does."""
    started = time.process_time()
    work()
    return time.process_time() - started


def bare(entry: bytes, count: int, signatures: int) -> float:
    """Seconds for the hashes of `count` entries and their inner nodes, and for the signature checks."""
    signer = one_time_signer()
    key = parse_public_key(signer.public_key_pem, "key")
    text, left, right = b"x" * 150, b"l" * 32, b"r" * 32
    signed = signer.sign(text)
    sha256 = hashlib.sha256

    def work() -> None:
        for _ in range(count):
            sha256(b"\x00" + entry).digest()
            sha256(b"\x01" + left + right).digest()
        for _ in range(signatures):
            key.verify(signed, text)

    return timed(work)


def memory_mib() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--entries", type=int, default=1_000_000)
    count: int = parser.parse_args().entries
    signer = one_time_signer()
    instant = datetime(2026, 11, 25, tzinfo=UTC)
    body = {"incident": "2026-01", "envelope": "sha256:" + "0" * 64, "number": 0}
    sample = encode_entry("incident-event", body | {"number": count}, instant)
    print(f"{count} entries of {len(sample)} bytes, {CHECKPOINTS} checkpoints")
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "ledger.sqlite"
        with Ledger.open(place, create=True) as ledger:

            def append() -> None:
                for start in range(0, count, BATCH):
                    stop = min(start + BATCH, count)
                    ledger.append_all(
                        [("incident-event", body | {"number": i}) for i in range(start, stop)], instant
                    )
                    if stop * CHECKPOINTS // count != start * CHECKPOINTS // count:
                        ledger.checkpoint(signer)

            took = timed(append)
            base = bare(sample, count, 0)
            print(f"append, {BATCH} at a time   {took:8.1f} s  {took / count * 1e6:6.1f} us an entry   "
                  f"{took / base:5.1f} x bare")  # fmt: skip
            singles = timed(
                lambda: [ledger.append("incident-event", body | {"number": i}, instant) for i in range(200)]
            )
            print(f"append, one at a time    {singles / 200 * 1e3:8.2f} ms an entry, on disk when it returns")
            checkpoint = ledger.checkpoint(signer)
            head = parse_checkpoint(checkpoint.note, "c")
            proofs = 200
            step = count // proofs

            def prove() -> None:
                for i in range(proofs):
                    proof = ledger.prove(i * step, checkpoint)
                    assert included(proof.entry, proof.index, head.size, proof.path, head.root)

            took = timed(prove)
            print(f"prove inclusion, verified {took / proofs * 1e3:7.2f} ms a proof")

            def prove_consistency() -> None:
                for i in range(1, 51):
                    old = i * (count // 51)
                    path = ledger.consistency(old, head.size)
                    assert consistent(old, ledger.root(old), head.size, head.root, path)

            took = timed(prove_consistency)
            print(f"prove consistency         {took / 50 * 1e3:7.2f} ms a proof")
        before = memory_mib()
        copy = open_copy(place)
        results = []
        took = timed(lambda: results.append(check_copy(copy, [], parse_public_key)))
        copy.close()
        assert results[0], results[0].problems
        total, signatures = results[0].size, results[0].signatures
        base = bare(sample, total, signatures)
        print(
            f"full check               {took:8.1f} s  {took / total * 1e6:6.1f} us an entry   "
            f"{took / base:5.2f} x bare ({base:.1f} s), memory {before:.0f} -> {memory_mib():.0f} MiB, "
            f"{signatures} signatures"
        )


if __name__ == "__main__":
    main()
