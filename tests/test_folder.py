"""The audit folder: whole or not there, with everything named in what was signed."""

from __future__ import annotations

import base64
import json
import os
from datetime import timedelta
from pathlib import Path

import pytest

from lpo_secaudit.audit import run
from lpo_secaudit.errors import InputError, IntegrityError
from lpo_secaudit.folder import AuditFolder, tool_digest
from lpo_secaudit.formats.schema import validate_value
from lpo_secaudit.ledger import Ledger
from lpo_secaudit.model.engagement import Engagement
from lpo_secaudit.verification import verify
from tests.audits import firm_key, make_audit, plugin_set
from tests.ledger.test_log import unguarded
from tests.worlds import NOW, box_plugin


def statement_of(folder: Path) -> dict[str, object]:
    envelope = json.loads((folder / "attestation.json").read_bytes())
    value: dict[str, object] = json.loads(base64.b64decode(envelope["payload"]))
    return value


def test_the_statement_names_every_file_and_all_code(tmp_path: Path) -> None:
    signer = firm_key()
    audit = make_audit(tmp_path, signer=signer)
    folder = tmp_path / "audit"
    statement = statement_of(folder)
    names = {s["name"] for s in statement["subject"]}  # type: ignore[index,attr-defined]
    found = {p.relative_to(folder).as_posix() for p in folder.rglob("*") if p.is_file()}
    beside = {"attestation.json", "signer.pub", "ledger/proof.json"}
    assert found - beside - {n for n in found if n.startswith("bundle/")} == names - {"bundle/manifest.json"}
    predicate = statement["predicate"]
    assert isinstance(predicate, dict)
    validate_value(predicate, "audit-predicate", "predicate")
    assert predicate["tool"]["digest"] == tool_digest()
    assert predicate["plugins"][0]["files"] == {"box.py": "sha256:" + "0" * 64}
    assert predicate["valid_until"] == (NOW + timedelta(days=90)).isoformat().replace("+00:00", "Z")
    assert predicate["signers"] == [{"keyid": signer.keyid, "algorithm": "ed25519", "one_time": False}]
    assert (audit.keyid, audit.one_time_key) == (signer.keyid, False)
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        [entry] = ledger.entries(kind="audit")
        assert entry.body["engagement"] == "boxes-2026"
        assert "Acm" not in entry.raw.decode()


def test_active_waivers_are_recorded_beside_the_audit(tmp_path: Path) -> None:
    make_audit(tmp_path, "plain")
    waivers = (
        "waivers:\n"
        "  - {check: box-locked, subject: b, owner: Jane, reason: we are moving offices, "
        "expires: 2027-01-01T00:00:00Z}\n"
        "  - {check: box-locked, subject: b, owner: Jane, reason: it was accepted before, "
        "expires: 2020-01-01T00:00:00Z}\n"
    )
    path = tmp_path / "engagement.yaml"
    path.write_text(path.read_text(encoding="utf-8") + waivers, encoding="utf-8")
    run(Engagement.load(path), output=tmp_path / "waived", evaluated_at=NOW, plugins=plugin_set())
    with Ledger.open(tmp_path / "ledger.sqlite") as ledger:
        assert [e.kind for e in ledger.entries()] == ["audit", "audit", "waiver"]
        [waiver] = ledger.entries(kind="waiver")
        assert (waiver.body["owner"], waiver.body["reason"]) == ("Jane", "we are moving offices")
    report = verify(tmp_path / "waived", ledger=tmp_path / "ledger.sqlite", replay=True, plugins=plugin_set())
    assert report.verdict == "verified", report.problems


def test_two_audits_of_one_bundle_sign_the_same_result(tmp_path: Path) -> None:
    make_audit(tmp_path / "a")
    make_audit(tmp_path / "b")
    one, other = ((tmp_path / x / "audit/audit.json").read_bytes() for x in "ab")
    differing = {k for k, v in json.loads(one).items() if json.loads(other)[k] != v}
    assert differing <= {"bundle"}  # its instants of collection


def test_an_occupied_place_is_refused(tmp_path: Path) -> None:
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit/x").touch()
    with pytest.raises(InputError, match="exists and is not empty"):
        make_audit(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(InputError, match="exists and is not empty"):
        make_audit(tmp_path, "file")
    (tmp_path / "empty").mkdir()
    make_audit(tmp_path, "empty")
    assert verify(tmp_path / "empty")


def test_a_failing_audit_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        AuditFolder, "finish", lambda _: (_ for _ in ()).throw(OSError(28, "No space left on device"))
    )
    with pytest.raises(InputError, match="No space left"):
        make_audit(tmp_path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["boxes.yaml", "engagement.yaml", "ledger.sqlite"]


def test_what_a_killed_audit_left_is_removed_and_what_another_builds_is_not(tmp_path: Path) -> None:
    (tmp_path / ".audit.partial-dead").mkdir()
    with AuditFolder(tmp_path / "audit") as mine:
        with AuditFolder(tmp_path / "audit") as other:
            assert other.bundle.parent.is_dir()
            assert mine.bundle.parent.is_dir()
        assert not (tmp_path / ".audit.partial-dead").exists()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.getuid() == 0, reason="root may write everywhere")
def test_a_folder_that_may_not_be_written(tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    with pytest.raises(InputError, match="cannot be written"):
        AuditFolder(tmp_path / "closed/audit")


def test_signing_comes_after_the_result(tmp_path: Path) -> None:
    with AuditFolder(tmp_path / "audit") as folder, pytest.raises(InputError, match="no result to sign"):
        folder.sign_and_record(None, tmp_path / "l.sqlite", "x")


def test_catalog_names_cannot_leave_the_folder(tmp_path: Path) -> None:
    base = tmp_path / "in/side"
    base.mkdir(parents=True)
    make_audit(base)
    text = (base / "engagement.yaml").read_text().replace("./boxes.yaml", "../boxes.yaml")
    (base / "boxes.yaml").rename(base.parent / "boxes.yaml")
    (base / "engagement.yaml").write_text(text)
    run(
        Engagement.load(base / "engagement.yaml"), output=base / "two", evaluated_at=NOW, plugins=plugin_set()
    )
    assert [p.name.split("-")[0] for p in (base / "two/inputs/catalogs").iterdir()] == ["boxes"]
    assert verify(base / "two", replay=True, plugins=plugin_set()).verdict == "verified"


def test_a_damaged_ledger_takes_nothing_more(tmp_path: Path) -> None:
    make_audit(tmp_path, "one")
    make_audit(tmp_path, "two")
    unguarded(tmp_path / "ledger.sqlite", "DELETE FROM entry WHERE idx = 1")
    with pytest.raises(IntegrityError, match="entries were removed"):
        make_audit(tmp_path, "three")
    assert not (tmp_path / "three").exists()


def test_files_of_plugins_given_by_hand_are_recorded(tmp_path: Path) -> None:
    from dataclasses import replace

    from tests.audits import fill

    source = tmp_path / "plugin.py"
    source.write_text("x = 1\n")
    plugin = replace(box_plugin(fill), files=(source,))
    from lpo_secaudit.plugins import load_plugins

    plugins = load_plugins(extra=[plugin])
    make_audit(tmp_path, plugins=plugins)
    predicate = statement_of(tmp_path / "audit")["predicate"]
    [row] = [p for p in predicate["plugins"] if p["name"] == "store"]  # type: ignore[index,call-overload]
    assert list(row["files"]) == ["plugin.py"]
