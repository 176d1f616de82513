"""Sealed bundles: what is hidden, what is committed, what can be opened, and what cannot be forged."""

from __future__ import annotations

import base64
import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lpo_secaudit.attest.check import VerifyingKey, parse_public_key
from lpo_secaudit.challenges import Seal, check_opening, check_seal, make_challenge
from lpo_secaudit.collect import Bundle, BundleWriter
from lpo_secaudit.collect.bundle import SourceNote
from lpo_secaudit.errors import InputError, IntegrityError
from lpo_secaudit.formats.canonical import canonical_json
from lpo_secaudit.formats.schema import validate_value
from lpo_secaudit.redaction import Redaction, Rule, load_redaction, redact
from lpo_secaudit.sealing import open_records, seal
from tests.audits import firm_key
from tests.worlds import NOW, listed, record

RULES = Redaction((Rule("store.*", ("owner", "mail")), Rule("store.box", ("tags", "*"))))
PROVIDER = firm_key()
KEY: VerifyingKey = parse_public_key(PROVIDER.public_key_pem, "key")


def collected(path: Path, count: int = 21) -> Path:
    with BundleWriter(path) as writer:
        for i in range(count):
            data = {"locked": True, "owner": {"mail": f"naïve{i % 3}@client.example"}, "tags": ["secret", i]}
            writer.record(record(f"b{i:03}", data))
        writer.blob(b"raw secret", "text/plain")
        writer.listing(listed(count))
        writer.close((SourceNote("store", "store", "1", {"store.box": ("locked",)}),), NOW, NOW)
    return path


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    base = tmp_path_factory.mktemp("sealed")
    seal(collected(base / "raw"), base / "acme", RULES, PROVIDER)
    return base


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "c")
    return tmp_path / "c"


def test_what_is_handed_over_holds_no_secret(made: Path) -> None:
    handed = b"".join(p.read_bytes() for p in made.rglob("*") if p.is_file() and "acme.secret" not in p.parts)
    assert b"client.example" not in handed
    assert b"secret" not in handed.replace(b"acme.secret", b"")
    payload = json.loads(base64.b64decode(json.loads((made / "acme.dsse.json").read_bytes())["payload"]))
    validate_value(payload["predicate"], "sealed-bundle-predicate", "predicate")
    sealed = check_seal(made / "acme", KEY)
    assert (sealed.records, sealed.keyid) == (21, PROVIDER.keyid)
    [*records] = Bundle(made / "acme").records("store.box")
    assert {r.data["locked"] for r in records} == {True}
    assert len({r.data["owner"]["mail"] for r in records}) == 21  # keyed by record: nothing can be matched up
    assert stat.S_IMODE((made / "acme.secret/master.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((made / "acme.secret").stat().st_mode) == 0o700


def test_challenged_records_are_opened_and_no_others(made: Path) -> None:
    sealed = check_seal(made / "acme", KEY)
    challenge = make_challenge(sealed, [3], draw=2)
    opening = open_records(made / "acme.secret", challenge)
    opened = check_opening(sealed, challenge, opening, "opening")
    assert [o.index for o in opened] == challenge["records"]
    assert len(opened) == 3
    assert all("client.example" in o.record["content"]["data"]["owner"]["mail"] for o in opened)
    assert (made / "acme.secret/master.key").read_bytes() not in base64.b64decode(
        json.loads(opening)["opened"][0]["key"]
    )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda c: (c / "acme/records.jsonl").write_bytes((c / "acme/records.jsonl").read_bytes()[:-2]),
        lambda c: (c / "acme/manifest.json").write_bytes(
            (c / "acme/manifest.json").read_bytes().replace(b"21", b"20")
        ),
        lambda c: (c / "acme/extra").touch(),
        lambda c: (c / "acme.dsse.json").write_bytes((c / "acme.dsse.json").read_bytes()[:-1]),
        lambda c: (c / "acme.dsse.json").write_bytes(b"{}"),
    ],
)
def test_a_changed_bundle_or_seal_is_seen(copy: Path, spoil: Callable[[Path], object]) -> None:
    spoil(copy)
    with pytest.raises(IntegrityError):
        check_seal(copy / "acme", KEY)


def test_another_provider_cannot_seal_in_its_name(copy: Path) -> None:
    with pytest.raises(IntegrityError, match="not signed by the key"):
        check_seal(copy / "acme", parse_public_key(firm_key().public_key_pem, "k"))
    (copy / "acme.dsse.json").unlink()
    with pytest.raises(InputError, match="the seal cannot be read"):
        check_seal(copy / "acme", KEY)


def opened_value(made: Path) -> tuple[Seal, dict[str, Any], dict[str, Any]]:
    sealed = check_seal(made / "acme", KEY)
    challenge = make_challenge(sealed, [3, 4])
    return sealed, challenge, json.loads(open_records(made / "acme.secret", challenge))


def another_record(value: dict[str, Any]) -> None:
    value["opened"][0]["record"] = value["opened"][1]["record"]


def changed_record(value: dict[str, Any]) -> None:
    line = base64.b64decode(value["opened"][0]["record"]).replace(b"true", b"false")
    value["opened"][0]["record"] = base64.b64encode(line).decode()


def swapped(value: dict[str, Any]) -> None:
    a, b = value["opened"]
    a["index"], b["index"] = b["index"], a["index"]


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (another_record, "not the one that was committed"),
        (changed_record, "not the one that was committed"),
        (swapped, "not the one that was committed"),
        (lambda v: v["opened"].pop(), "is not opened"),
        (lambda v: v.update(challenge="other"), "not the answer"),
        (lambda v: v["opened"][0].update(key="AAAA"), "not the one that was committed"),
        (lambda v: v["opened"][0].update(path=[]), "not the one that was committed"),
        (lambda v: v.update(opened=3), "malformed"),
        (lambda v: v["opened"][0].pop("key"), "malformed"),
    ],
)
def test_a_false_opening_is_seen(made: Path, spoil: Callable[[dict[str, Any]], object], message: str) -> None:
    sealed, challenge, value = opened_value(made)
    spoil(value)
    with pytest.raises(IntegrityError, match=message):
        check_opening(sealed, challenge, canonical_json(value), "opening")


def test_a_provider_that_hands_over_something_else_is_found_by_a_challenge(tmp_path: Path) -> None:
    """It commits to the true records, and hands over a bundle in which a box is locked that is not."""
    seal(collected(tmp_path / "raw"), tmp_path / "acme", RULES, PROVIDER)
    original = (tmp_path / "acme.secret/bundle/records.jsonl").read_bytes().splitlines()
    value = json.loads(original[5])
    value["content"]["data"]["locked"] = False
    from lpo_secaudit.collect.bundle import encode_record
    from lpo_secaudit.model.evidence import Evidence, Subject

    content = value["content"]
    false = Evidence(Subject.from_json(content["subject"]), content["data"], content["collector"], NOW)
    original[5] = encode_record(false)
    (tmp_path / "acme.secret/bundle/records.jsonl").write_bytes(b"\n".join(original) + b"\n")
    sealed = check_seal(tmp_path / "acme", KEY)
    with pytest.raises(InputError, match="another bundle"):
        open_records(tmp_path / "acme.secret", make_challenge(sealed, [5]))


def test_challenges_and_targets_have_bounds(made: Path, tmp_path: Path) -> None:
    sealed = check_seal(made / "acme", KEY)
    for arguments in ([21], [-1]):
        with pytest.raises(InputError):
            make_challenge(sealed, arguments)
    with pytest.raises(InputError, match="no record is asked for"):
        make_challenge(sealed)
    with pytest.raises(InputError):
        make_challenge(sealed, draw=22)
    for broken in (
        {},
        {"records": "x", "root": "", "id": 1},
        {"records": [99], "root": sealed.root.hex(), "id": "x"},
    ):
        with pytest.raises(InputError):
            open_records(made / "acme.secret", broken)
    with pytest.raises(InputError, match="is there already"):
        seal(collected(tmp_path / "raw"), made / "acme", RULES, PROVIDER)


def test_rules_are_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(
        'redact: [{type: "store.*", path: owner.mail}, {type: store.box, path: "tags.*"}]\nblobs: drop\n'
    )
    assert load_redaction(path) == RULES
    for text in (
        "redact: [{type: x}]",
        "redactions: []",
        "blobs: maybe",
        "[]",
        "redact: [{type: 1, path: x}]",
    ):
        path.write_text(text)
        with pytest.raises(InputError):
            load_redaction(path)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-100, 100) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.dictionaries(st.sampled_from("abc"), json_values, max_size=3),
    st.lists(st.sampled_from("abc*"), min_size=1, max_size=3),
)
def test_redaction_hides_what_is_named_keeps_the_rest_and_is_stable(
    data: dict[str, Any], path: list[str]
) -> None:
    rules = [Rule("t", tuple(path))]
    once = redact("t", data, rules, b"k" * 32)
    assert once == redact("t", data, rules, b"k" * 32)
    assert redact("t", once, rules, b"k" * 32) == once
    assert redact("other", data, rules, b"k" * 32) == data
    if path[0] not in data and path[0] != "*":
        assert once == data
    if len(path) == 1 and path[0] in data:
        assert once[path[0]].startswith("redacted:hmac-sha256:")
        assert once != redact("t", data, rules, b"j" * 32)
