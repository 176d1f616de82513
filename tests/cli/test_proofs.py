"""The commands around proof, one after another, as three parties use them."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from lpo_secaudit.dossiers import write_dossier
from tests.accountability.test_dossier import dossier
from tests.attest.tsa import make_authority, openssl, serving
from tests.cli.commands import ENGAGEMENT, Call


def test_firm_reviewer_provider_and_client(call: Call, tmp_path: Path) -> None:
    for name in ("firm", "reviewer", "provider", "client"):
        code, keyid, _ = call("keygen", f"{name}.pem")
        assert (code, len(keyid.strip())) == (0, 64)
    assert call("keygen", "firm.pem")[0] == 2
    assert call("keygen", "rsa.pem", "--algorithm", "rsa")[0] == 2

    assert call("run", "engagement.yaml", "-o", "audit", "--key", "firm.pem", "-q")[0] in (0, 10, 11)
    assert call("verify", "audit", "--replay", "--key", "firm.pub")[0] == 0
    assert call("verify", "audit", "--key", "provider.pub")[0] == 12

    assert call("cosign", "audit", "--key", "reviewer.pem", "--ledger", "ledger.sqlite")[0] == 0
    result = json.loads(Path("audit/audit.json").read_bytes())
    finding = result["findings"][0]["fingerprint"]
    code, reply, _ = call(
        "reply",
        "audit",
        "--key",
        "provider.pem",
        "--finding",
        finding,
        "--text",
        "No.",
        "--ledger",
        "ledger.sqlite",
    )
    assert code == 0
    words = ("--decision", "rejected", "--text", "Yes.")
    assert call("reply", "audit", "--key", "firm.pem", "--answer", reply.strip(), *words)[0] == 0
    assert call("reply", "audit", "--key", "firm.pem", "--text", "x")[0] == 2

    code, out, err = call("verify", "audit", "--ledger", "ledger.sqlite", "--format", "json")
    assert code == 0, err
    report = json.loads(out)
    assert report["disputes"] == {finding: ["disputed, rejected by the firm"]}
    assert len(report["signatures"]) == 2
    code, _, err = call("verify", "audit", "--page", "later.html")
    assert code == 0
    assert f"({finding}): disputed, rejected by the firm" in err
    assert "disputed, rejected by the firm</span>" in Path("later.html").read_text(encoding="utf-8")
    assert call("verify", "audit", "--page", "no-such-folder/later.html")[0] == 2
    Path("trust.yaml").write_text(
        "trust: t\nkeys:\n"
        "  - {id: a, owner: A, role: auditor, public_key: firm.pub}\n"
        "  - {id: b, owner: B, role: client, public_key: client.pub}\n"
        "require: [{role: auditor}, {role: client}]\n"
    )
    code, _, err = call("verify", "audit", "--trust", "trust.yaml")
    assert code == 11
    assert "1 signature of role client missing (could be: B)" in err

    code, out, _ = call("ledger", "log", "ledger.sqlite", "--format", "jsonl")
    assert [json.loads(line)["kind"] for line in out.splitlines()] == ["audit", "cosignature", "reply"]
    assert len(call("ledger", "log", "ledger.sqlite", "--kind", "reply")[1].splitlines()) == 1
    assert json.loads(call("ledger", "prove", "ledger.sqlite", "--index", 0)[1])["index"] == 0
    assert len(json.loads(call("ledger", "prove", "ledger.sqlite", "--consistency", 1, 3)[1])["path"]) == 2
    assert call("ledger", "prove", "ledger.sqlite")[0] == 2

    assert call("ledger", "publish", "ledger.sqlite", "site", "--key", "firm.pem")[0] == 0
    code, note, _ = call(
        "ledger", "mirror", "site", "copy.sqlite", "--key", "firm.pub", "--witness", "client.example/w",
        "--witness-key", "client.pem",
    )  # fmt: skip
    assert code == 0
    assert "\u2014 client.example/w " in note
    Path("note.txt").write_text(note)
    line = ("--witness", "client.example/w", "--witness-key", "client.pub")
    assert call("ledger", "publish", "ledger.sqlite", "site", "--witnessed", "note.txt")[0] == 2
    assert call("ledger", "publish", "ledger.sqlite", "site", "--witnessed", "none.txt", *line)[0] == 2
    assert call("ledger", "publish", "ledger.sqlite", "site", "--witnessed", "note.txt", *line)[0] == 0
    Path("witnessed.yaml").write_text(
        "trust: t\nkeys:\n  - {id: a, owner: A, role: auditor, public_key: firm.pub}\n"
        "  - {id: client.example/w, owner: C, role: witness, public_key: client.pub}\n"
        "require: [{role: auditor}, {role: witness}]\n"
    )
    assert call("verify", "audit", "--trust", "witnessed.yaml")[0] == 11
    for place in ("site", "copy.sqlite", "ledger.sqlite"):
        assert call("verify", "audit", "--trust", "witnessed.yaml", "--ledger", place)[0] == 0
    assert call("ledger", "mirror", "site", "other.sqlite", "--key", "provider.pub")[0] == 12
    assert call("ledger", "mirror", "site", "other.sqlite")[0] == 2
    assert call("ledger", "check", "ledger.sqlite", "--key", "firm.pub", "--against", "copy.sqlite")[0] == 0
    assert call("verify", "audit", "--ledger", "site")[0] == 0

    keyid = report["signatures"][0]["keyid"]
    revoke = ("ledger", "revoke", "ledger.sqlite", keyid, "--reason", "lost", "--key", "reviewer.pem")
    assert call(*revoke, "--at", "2020-01-01T00:00:00Z")[0] == 0
    assert call("verify", "audit", "--trust", "trust.yaml", "--ledger", "ledger.sqlite")[0] == 12
    assert call("ledger", "revoke", "ledger.sqlite", "abc", "--reason", "x", "--key", "firm.pem")[0] == 2

    raw = bytearray(Path("site/tile/entries/000.p/3").read_bytes())
    raw[40] ^= 1
    Path("site/tile/entries/000.p/3").write_bytes(raw)
    code, _, err = call("ledger", "check", "site")
    assert (code, "do not lead to the checkpoint" in err) == (12, True)


def test_a_provider_seals_and_opens(call: Call, tmp_path: Path) -> None:
    call("keygen", "provider.pem")
    Path("rules.yaml").write_text("redact: [{type: questionnaire.answer, path: comment}]\n")
    seal = ("collect", "engagement.yaml", "-o", "acme", "--seal", "--redact", "rules.yaml", "-q")
    assert call(*seal)[0] == 2
    assert call(*seal, "--key", "provider.pem")[0] == 0
    assert call(*seal, "--key", "provider.pem")[0] == 2
    assert call("collect", "engagement.yaml", "-o", "plain", "-q")[0] == 0
    code, challenge, _ = call("challenge", "acme", "--key", "provider.pub", "--draw", 1)
    assert code == 0
    Path("c.json").write_text(challenge)
    assert call("open", "acme.secret", "c.json", "-o", "o.json")[0] == 0
    check = ("challenge", "acme", "--key", "provider.pub", "--answers", "c.json", "--opening", "o.json")
    code, out, err = call(*check)
    assert (code, len(out.splitlines())) == (0, 1), err
    Path("o.json").write_bytes(Path("o.json").read_bytes().replace(b'"index":', b'"index":1'))
    assert call(*check)[0] == 12
    assert not list(tmp_path.glob(".acme*"))


def test_an_audit_is_timestamped_in_the_same_run(call: Call, tmp_path: Path) -> None:
    authority = make_authority(tmp_path / "tsa")
    call("keygen", "firm.pem")
    Path("trust.yaml").write_text(
        "trust: t\nkeys: [{id: a, owner: A, role: auditor, public_key: firm.pub}]\n"
        "require: [{role: auditor}]\ntimestamp_authorities: [tsa/root.pem]\n"
        "require_trusted_time: true\nrequire_timestamp: true\n"
    )
    with serving(authority) as url:
        named = ("run", "engagement.yaml", "--key", "firm.pem", "-q", "--tsa", url)
        assert call(*named, "-o", "one")[0] == 10
        # Asked for by the engagement; a key for this audit alone can record the token as well.
        Path("engagement.yaml").write_text(ENGAGEMENT + f"timestamp: {{url: '{url}'}}\n")
        assert call("run", "engagement.yaml", "-o", "two", "-q", "--ledger", "other.sqlite")[0] == 10
    code, out, err = call(
        "verify", "one", "--trust", "trust.yaml", "--ledger", "ledger.sqlite", "--format", "json"
    )
    assert code == 0, err
    assert json.loads(out)["signatures"][0]["time"] == "trusted"
    assert "trusted time not later than" in err
    log = call("ledger", "log", "ledger.sqlite", "--format", "jsonl")[1]
    assert [json.loads(line)["kind"] for line in log.splitlines()] == ["audit", "timestamp"]
    assert call("verify", "two", "--ledger", "other.sqlite")[0] == 0
    openssl(
        "ts", "-verify", "-data", "one/attestation.json", "-in", "one/timestamps/0001.tsr",
        "-CAfile", authority.root,
    )  # fmt: skip
    Path("two/timestamps/0001.tsr").unlink()
    assert call("verify", "two")[0] == 12


def test_an_audit_without_its_timestamp_is_kept_and_says_so(call: Call) -> None:
    dead = ("--tsa", "http://127.0.0.1:9/")
    code, _, err = call("run", "engagement.yaml", "-o", "one", "-q", *dead)
    assert code == 10  # the finding weighs more
    assert "the audit is whole and has no timestamp: http://127.0.0.1:9/: the timestamp authority" in err
    assert "secaudit timestamp one --tsa URL" in err
    Path("caiq.csv").write_text("Question ID,Question,Answer\nQ1,Is data encrypted?,yes\n")
    clean = call("run", "engagement.yaml", "-o", "two", "-q")[0]
    assert call("run", "engagement.yaml", "-o", "three", "-q", *dead)[0] == (clean or 11)
    assert clean == 0
    for folder in ("one", "three"):
        assert call("verify", folder, "--ledger", "ledger.sqlite", "--replay")[0] == 0
    code, _, err = call("run", "engagement.yaml", "-o", "four", "--tsa", "ftp://tsa.example")
    assert (code, Path("four").exists(), "not the address" in err) == (2, False, True)


def test_a_dossier_is_verified_as_what_it_is(call: Call, tmp_path: Path) -> None:
    folder = write_dossier(dossier(), tmp_path / "dossier")
    code, _, err = call("verify", folder)
    assert (code, "VERIFIED" in err, "dossier" in err) == (0, True, True)
    assert call("verify", folder / "dossier.json", "--key", folder / "signer.pub")[0] == 0
    assert json.loads(call("verify", folder, "--format", "json")[1])["verdict"] == "verified"
    code, _, err = call("verify", folder, "--ledger", "ledger.sqlite")
    assert (code, "has no ledger, policy, replay or page" in err) == (2, True)
    call("keygen", "firm.pem")
    assert call("verify", folder, "--key", "firm.pub")[0] == 12
    # What is none is not taken for one by a name.
    assert call("run", "engagement.yaml", "-o", "audit", "-q")[0] == 10
    Path("audit/dossier.json").write_text("{}")
    assert call("verify", "audit")[0] == 12
    (folder / "duties.csv").write_bytes(b"")
    code, _, err = call("verify", folder)
    assert (code, "duties.csv" in err) == (12, True)


def test_a_terminal_or_the_environment_gives_the_passphrase(
    call: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SECAUDIT_KEY_PASSPHRASE")
    monkeypatch.setattr(sys.stdin, "isatty", lambda: False, raising=False)
    code, _, err = call("keygen", "k.pem")
    assert code == 2
    assert "set SECAUDIT_KEY_PASSPHRASE" in err
    assert call("keygen", "k.pem", "--unencrypted")[0] == 0
