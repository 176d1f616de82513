"""The published vectors: made by the committed script, accepted by the verifier, and by others."""

from __future__ import annotations

import base64
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from lpo_secaudit.attest.check import open_envelope, parse_public_key, read_statement, strict_json, unbase64
from lpo_secaudit.ledger.proofs import consistent, included, parse_checkpoint, signed_by, witnessed_by
from tests.vectors import make

HERE = Path(__file__).parent


def vector(name: str) -> Any:
    return json.loads((HERE / f"{name}.json").read_bytes())


@pytest.mark.parametrize("name", ["canonical", "dsse", "ledger", "redaction"])
def test_the_script_makes_the_committed_bytes(name: str) -> None:
    text = json.dumps(getattr(make, name)(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"
    assert (HERE / f"{name}.json").read_text(encoding="utf-8") == text


def test_the_envelope_verifies() -> None:
    v = vector("dsse")
    key = parse_public_key(v["public_key"].encode(), "k")
    assert key.keyid == v["keyid"]
    opened = open_envelope(base64.b64decode(v["envelope"]), "e")
    assert opened.signed_by(key)
    assert opened.payload == base64.b64decode(v["statement"])
    subjects, predicate = read_statement(opened, "urn:lpo-secaudit:audit:v1", "e")
    assert "inputs/catalogs/Büro.yaml" in subjects
    assert predicate["note"] == "naïve"
    assert base64.b64decode(v["pae_non_ascii"]["pae"]) == "DSSEv1 5 tÿpe 6 naïve".encode()


def test_checkpoints_and_proofs_verify() -> None:
    v = vector("ledger")
    key = parse_public_key(v["public_key"].encode(), "k")
    entries = [base64.b64decode(e) for e in v["entries"]]
    roots = {}
    for checkpoint in v["checkpoints"]:
        head = parse_checkpoint(checkpoint["note"].encode(), "c")
        assert signed_by(head, key)
        assert (head.origin, head.size, head.root.hex()) == (
            v["origin"],
            checkpoint["size"],
            checkpoint["root"],
        )
        roots[head.size] = head.root
    for entry, leaf in zip(entries, v["leaves"], strict=True):
        assert hashlib.sha256(b"\x00" + entry).hexdigest() == leaf
    for p in v["inclusion"]:
        path = [bytes.fromhex(h) for h in p["path"]]
        assert included(entries[p["index"]], p["index"], p["size"], path, roots[p["size"]])
    for p in v["consistency"]:
        path = [bytes.fromhex(h) for h in p["path"]]
        assert consistent(p["old"], roots[p["old"]], p["new"], roots[p["new"]], path)
    proof = strict_json(base64.b64decode(v["proof_file"]), "p")
    head = parse_checkpoint(proof["checkpoint"].encode(), "p")
    path = [unbase64(h) for h in proof["path"]]
    assert included(unbase64(proof["entry"]), proof["index"], head.size, path, head.root)
    witness = v["witness"]
    both = parse_checkpoint((v["checkpoints"][-1]["note"] + witness["line"]).encode(), "w")
    eye = parse_public_key(witness["public_key"].encode(), "w")
    assert witnessed_by(both, witness["name"], eye) == witness["seconds"]


def test_the_examples_of_the_specifications_verify() -> None:
    """signed-note.md and tlog-cosignature.md publish examples; their form must be readable to us."""
    note = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "\u2014 example.com/behind-the-sofa "
        "Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n"
        "\u2014 witness.example.com/w1 "
        "jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    )
    head = parse_checkpoint(note.encode(), "c")
    assert (head.origin, head.size, len(head.signatures)) == ("example.com/behind-the-sofa", 20852163, 2)
    assert head.signatures[0].key_hash.hex() == "033de0ae"
    assert int.from_bytes(head.signatures[1].signature[:8], "big") == 1679315147
