"""Makes the test vectors of docs/formats: python -m tests.vectors.make

Every key, instant and name is fixed, so that a second run gives the same bytes. The private keys are
published here on purpose, and are good for nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ed25519

from lpo_secaudit.attest.dsse import PAYLOAD_TYPE, envelope, pae, statement
from lpo_secaudit.attest.signers import KeySigner
from lpo_secaudit.folder import proof_file
from lpo_secaudit.formats.canonical import canonical_json
from lpo_secaudit.ledger import Proof, tree
from lpo_secaudit.ledger.entries import encode_entry
from lpo_secaudit.ledger.hashing import leaf_hash
from lpo_secaudit.ledger.note import cosignature_line, key_hash, sign_checkpoint
from lpo_secaudit.redaction import Rule, redact

HERE = Path(__file__).parent
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
ORIGIN = "firm.example/audits"


def signer(word: str) -> KeySigner:
    """A key from a word, by SHA-256: published, for vectors alone."""
    return KeySigner(ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(word.encode()).digest()))


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def canonical() -> dict[str, Any]:
    values: list[Any] = [
        {"b": 1, "a": [True, None, ""]},
        {"naïve": "Müller & Søn", "€": "\u2028", "control": '\x07\n"\\'},
        {"😀": 1, "\ufb33": 2, "z": -0.0, "large": 1e21, "small": 1e-7, "whole": 100.0},
    ]
    return {"cases": [{"value": v, "bytes": b64(canonical_json(v))} for v in values]}


def dsse() -> dict[str, Any]:
    auditor = signer("auditor")
    predicate = {"engagement": "boxes-2026", "note": "naïve"}
    payload = statement(
        {"audit.json": "sha256:" + "0" * 64, "inputs/catalogs/Büro.yaml": "sha256:" + "1" * 64},
        "urn:lpo-secaudit:audit:v1",
        predicate,
    )
    sealed = envelope(payload, auditor)
    return {
        "public_key": auditor.public_key_pem.decode(),
        "keyid": auditor.keyid,
        "statement": b64(payload),
        "pae": b64(pae(PAYLOAD_TYPE, payload)),
        "envelope": b64(sealed),
        "pae_non_ascii": {
            "type": "tÿpe",
            "payload": b64("naïve".encode()),
            "pae": b64(pae("tÿpe", "naïve".encode())),
        },
    }


def entries() -> list[bytes]:
    made = [
        encode_entry(
            "audit",
            {
                "engagement": "boxes-2026",
                "envelope": "sha256:" + "2" * 64,
                "statement": "sha256:" + "3" * 64,
                "result": "sha256:" + "4" * 64,
                "keyid": signer("auditor").keyid,
            },
            NOW,
        )
    ]
    made += [encode_entry("incident-event", {"incident": "naïve", "number": i}, NOW) for i in range(10)]
    return made


def ledger() -> dict[str, Any]:
    log, auditor, witness = entries(), signer("auditor"), signer("witness")
    leaves = [leaf_hash(e) for e in log]

    def node(height: int, index: int) -> bytes:
        return tree.fold(leaves[index << height : (index + 1) << height])

    checkpoints = []
    for size in range(len(log) + 1):
        note = sign_checkpoint(ORIGIN, size, tree.root(node, size), auditor)
        checkpoints.append({"size": size, "root": tree.root(node, size).hex(), "note": note.decode()})
    text = checkpoints[-1]["note"].rpartition("\n\n")[0] + "\n"  # type: ignore[attr-defined]
    return {
        "origin": ORIGIN,
        "public_key": auditor.public_key_pem.decode(),
        "key_hash": key_hash(ORIGIN, "ed25519", auditor.public_key_pem).hex(),
        "entries": [b64(e) for e in log],
        "leaves": [h.hex() for h in leaves],
        "checkpoints": checkpoints,
        "inclusion": [
            {"index": i, "size": size, "path": [h.hex() for h in tree.inclusion(node, i, size)]}
            for size in (1, 2, 7, 8, 11)
            for i in range(size)
        ],
        "consistency": [
            {"old": old, "new": new, "path": [h.hex() for h in tree.consistency(node, old, new)]}
            for new in (1, 7, 8, 11)
            for old in range(1, new + 1)
        ],
        "proof_file": b64(
            proof_file(
                Proof(log[0], 0, tuple(tree.inclusion(node, 0, len(log))), checkpoints[-1]["note"].encode())  # type: ignore[attr-defined]
            )
        ),
        "witness": {
            "name": "client.example/witness",
            "public_key": witness.public_key_pem.decode(),
            "seconds": 1795608000,
            "line": cosignature_line("client.example/witness", text.encode(), 1795608000, witness).decode(),
        },
    }


def redaction() -> dict[str, Any]:
    key = hashlib.sha256(b"record key").digest()
    data = {"owner": {"mail": "naïve@client.example"}, "tags": ["a", 1], "locked": True}
    rules = [Rule("store.*", ("owner", "mail")), Rule("store.box", ("tags", "*"))]
    line = canonical_json({"content": {"data": data}})
    return {
        "key": b64(key),
        "type": "store.box",
        "rules": [{"type": r.type, "path": ".".join(r.path)} for r in rules],
        "data": data,
        "redacted": redact("store.box", data, rules, key),
        "line": b64(line),
        "leaf": leaf_hash(key + line).hex(),
    }


def main() -> None:
    for make in (canonical, dsse, ledger, redaction):
        text = json.dumps(make(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
        (HERE / f"{make.__name__}.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
