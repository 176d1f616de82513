"""Check definitions: what a row must say, and the traps of JSON Schema that are closed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lpo_secaudit.check import load_checks
from lpo_secaudit.errors import InputError, PluginError
from lpo_secaudit.model.check import satisfied

ROW: dict[str, Any] = {
    "id": "box-locked",
    "title": "The box is locked",
    "rationale": "open boxes leak",
    "severity": "high",
    "topic": "access-control",
    "method": "TEST",
    "remediation": "Lock it.",
    "evidence": "store.box",
    "expect": {"required": ["locked"], "properties": {"locked": {"const": True}}},
}


def load(tmp_path: Path, *rows: dict[str, Any], functions: Any = None) -> Any:
    path = tmp_path / "checks.yaml"
    path.write_text(yaml.safe_dump({"checks": list(rows)}))
    return load_checks("store", [path], functions)


def test_a_row_becomes_a_check_that_reads_what_its_schema_names(tmp_path: Path) -> None:
    [check] = load(tmp_path, ROW)
    assert check.reads == {"store.box": ("locked",)}
    assert check.plugin == "store"


def test_an_expectation_must_require_what_it_looks_at(tmp_path: Path) -> None:
    loose = ROW | {"expect": {"properties": {"locked": {"const": True}}}}
    with pytest.raises(InputError, match="without requiring it"):
        load(tmp_path, loose)


def test_nested_expectations_must_require_too(tmp_path: Path) -> None:
    inner = {"type": "object", "properties": {"on": {"const": True}}}
    loose = ROW | {"expect": {"required": ["lock"], "properties": {"lock": inner}}}
    with pytest.raises(InputError, match="'on'"):
        load(tmp_path, loose)


@pytest.mark.parametrize("expression", ["[", "(", r"\p{L}", "a{99999999999}", "(" * 3000 + ")" * 3000])
@pytest.mark.parametrize("word", ["pattern", "patternProperties"])
def test_a_pattern_that_python_cannot_search_for_is_refused(
    tmp_path: Path, word: str, expression: str
) -> None:
    where = {"pattern": expression} if word == "pattern" else {"patternProperties": {expression: {}}}
    row = ROW | {"expect": {"required": ["locked"], "properties": {"locked": where}}}
    with pytest.raises(InputError, match="not a valid JSON Schema") as caught:
        load(tmp_path, row)
    assert caught.value.where is not None and "expect" in caught.value.where


def test_what_only_looks_like_a_pattern_is_none(tmp_path: Path) -> None:
    [check] = load(
        tmp_path,
        ROW | {"expect": {"required": ["locked"], "properties": {"locked": {"const": {"pattern": "["}}}}},
    )
    assert check.expect is not None


def test_a_schema_reaches_no_other_document(tmp_path: Path) -> None:
    row = ROW | {"expect": {"required": ["locked"], "properties": {"locked": {"$ref": "http://127.0.0.1/x"}}}}
    with pytest.raises(InputError, match="another document"):
        load(tmp_path, row)


def test_a_row_has_exactly_one_kind_of_logic(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="both"):
        load(tmp_path, ROW, functions={"box-locked": lambda box, world: satisfied("x")})
    with pytest.raises(PluginError, match="neither"):
        load(tmp_path, {k: v for k, v in ROW.items() if k != "expect"})


def test_a_function_without_a_row_is_refused(tmp_path: Path) -> None:
    with pytest.raises(PluginError, match="other"):
        load(tmp_path, ROW, functions={"other": lambda box, world: satisfied("x")})


def test_errors_name_file_line_and_hint(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load(tmp_path, ROW | {"severity": "hihg"})
    assert caught.value.where is not None
    assert caught.value.where.startswith("checks.yaml:")
    assert "severity" in caught.value.where
    assert caught.value.hint == "did you mean 'high'?"
