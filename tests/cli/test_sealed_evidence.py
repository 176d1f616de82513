"""A sealed bundle from the provider's collectors to an opened record, by the commands of the how-to page."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from lpo_secaudit.attest.check import parse_public_key
from lpo_secaudit.challenges import check_seal, records_behind
from lpo_secaudit.collect import Bundle
from lpo_secaudit.errors import InputError
from tests.cli.commands import ENGAGEMENT, Call

PAGE = Path(__file__).resolve().parents[2] / "docs/how-to/sealed-evidence.md"
SOURCE = (
    "{id: sealed, collector: bundle, with: {file: acme.bundle, signed_by: acme-ciso, key: acme.bundle.pub}}"
)
SECRET = "bob@client.example"


def commands() -> Iterator[list[str]]:
    for block in re.findall(r"^```sh\n(.*?)^```", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL):
        yield from (shlex.split(line)[1:] for line in block.splitlines())


def finding() -> dict[str, Any]:
    result = json.loads(Path("audit/audit.json").read_bytes())
    [found] = result["findings"]
    return found | {"result": result}


@pytest.fixture
def opened(call: Call) -> str:
    """Everything on the page, done; gives what the last command printed."""
    Path("provider.yaml").write_text(ENGAGEMENT)
    Path("firm.yaml").write_text(re.sub(r"\{id: caiq.*\}", SOURCE, ENGAGEMENT))
    assert SOURCE in PAGE.read_text(encoding="utf-8")
    Path("rules.yaml").write_text('redact:\n  - {type: "questionnaire.*", path: comment}\n')
    Path("caiq.csv").write_text(
        f"Question ID,Question,Answer,Comment\nQ1,Is data encrypted?,yes,ask {SECRET}\n"
        f"Q2,Is it tested?,no,{SECRET}\nQ3,Is it backed up?,yes,{SECRET}\n"
    )
    out = ""
    for words in commands():
        if "FINGERPRINT" in words:
            words[words.index("FINGERPRINT")] = finding()["violations"][0]
        target = words[words.index(">") + 1] if ">" in words else None
        code, out, err = call(*(words[: words.index(">")] if target else words))
        assert code == (10 if words[0] == "run" else 0), (words, err)
        if target:
            Path(target).write_text(out)
    return out


def test_a_finding_leads_to_the_sealed_record_and_its_opening(opened: str) -> None:
    found = finding()
    [violated] = [o for o in found["result"]["observations"] if o["fingerprint"] in found["violations"]]
    bundle = Bundle(Path("audit/bundle"))
    [record] = [r for r in bundle.records("questionnaire.answer") if r.digest in violated["evidence"]]
    # The audit's evidence names the sealed bundle, the seal and its key, and keeps the seal itself.
    seal = check_seal(Path("acme.bundle"), parse_public_key(Path("acme.bundle.pub").read_bytes(), "key"))
    assert record.provenance["bundle"] == Bundle(Path("acme.bundle")).manifest_digest
    assert (record.provenance["seal"], record.provenance["sealed_by"]) == (seal.envelope, seal.keyid)
    assert bundle.blob(seal.envelope) == Path("acme.bundle.dsse.json").read_bytes()
    # The record behind the finding was challenged, one more was drawn, and both were opened in full.
    challenge = json.loads(Path("challenge.json").read_bytes())
    lines = [json.loads(line) for line in opened.splitlines()]
    assert len(challenge["records"]) == 2
    assert [line["index"] for line in lines] == challenge["records"]
    [number] = records_behind(seal, Path("audit"), found["violations"][0])
    [line] = [x for x in lines if x["index"] == number]
    assert line["content"]["data"]["question_id"] == "Q2"
    assert line["content"]["data"]["comment"] == SECRET
    handed = Path("acme.bundle/records.jsonl").read_bytes().splitlines()[number]
    assert json.loads(handed)["digest"] == record.provenance["digest_in_bundle"]
    # A finding as a whole rests on all that its checks saw.
    assert records_behind(seal, Path("audit"), found["fingerprint"]) == [0, 1, 2]
    with pytest.raises(InputError, match="rests on no record of this bundle"):
        records_behind(seal, Path("audit"), "0" * 32)


def test_nothing_that_was_redacted_reaches_the_firm(opened: str) -> None:
    handed = [p for p in Path().rglob("*") if p.is_file() and p.parts[0] in ("audit", "acme.bundle")]
    assert handed
    assert not [p for p in handed if SECRET.encode() in p.read_bytes()]


def test_an_altered_bundle_leaves_everything_undetermined(opened: str, call: Call) -> None:
    records = Path("acme.bundle/records.jsonl")
    records.write_bytes(records.read_bytes().replace(b'"answer":"no"', b'"answer":"yes"'))
    assert call("run", "firm.yaml", "-o", "later", "-q")[0] == 11
    [found] = json.loads(Path("later/audit.json").read_bytes())["findings"]
    assert found["status"] == "undetermined"
    assert call("challenge", "acme.bundle", "--key", "acme.bundle.pub", "--draw", 1)[0] == 12


def test_a_bundle_that_another_key_sealed_is_refused(opened: str, call: Call) -> None:
    call("keygen", "other.pem")
    collect = ("collect", "provider.yaml", "-o", "forged", "--seal", "--key", "other.pem", "-q")
    assert call(*collect)[0] == 0
    firm = Path("firm.yaml").read_text().replace("file: acme.bundle", "file: forged")
    Path("firm.yaml").write_text(firm)
    assert call("run", "firm.yaml", "-o", "later", "-q")[0] == 11


def test_the_records_behind_a_finding_need_the_audit(opened: str, call: Call) -> None:
    ask = ("challenge", "acme.bundle", "--key", "acme.bundle.pub")
    assert call(*ask, "--finding", "0" * 32)[0] == 2
    assert call(*ask, "--finding", "0" * 32, "--audit", "nowhere")[0] == 2
