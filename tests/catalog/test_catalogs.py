"""Catalogs and profiles: loading, composing, tailoring, and errors that point at the line."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from lpo_secaudit.catalog import load_catalog, parameters_of, parse_engagement, scope_controls
from lpo_secaudit.errors import InputError
from lpo_secaudit.model.catalog import Catalog
from lpo_secaudit.model.check import Check, Method, Severity
from lpo_secaudit.model.engagement import Engagement

CATALOG = """
catalog: own
title: Own rules
version: "1"
source: own
applies_to: {data_classes: [phi]}
controls:
  - id: own-a
    title: First rule
    citation: Own 1
    requirement: Something is required here.
    severity: medium
    checks: [check-a]
  - id: own-b
    title: Second rule
    citation: Own 2
    requirement: Something else is required.
    severity: low
    checks: [check-b]
    supporting_checks: [check-b, check-c]
    in_force: {from: 2020-01-01, to: 2026-06-30}
"""
PROFILE = """
profile: ours
title: Our profile
version: "1"
imports:
  - {catalog: own.yaml, exclude: [own-b]}
set: {check-a: {max_hours: 24}}
severity: {own-a: critical}
add_checks: {own-a: [check-d, check-a]}
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def engagement(folder: Path, classes: str = "[phi]") -> Engagement:
    text = f"""
engagement: acme
client: {{name: Firm}}
provider: {{name: Acme}}
data: {{classes: {classes}}}
catalogs: [own.yaml]
sources: [{{id: aws, collector: aws}}]
"""
    return parse_engagement(text.encode(), "engagement.yaml", folder)


def test_a_catalog_loads_with_its_file_recorded(tmp_path: Path) -> None:
    catalog = load_catalog("own.yaml", write(tmp_path, own=CATALOG))
    assert [c.id for c in catalog.controls] == ["own-a", "own-b"]
    assert catalog.controls[1].supporting_checks == ("check-c",)  # an expected check needs no second part
    assert catalog.files == {"own.yaml": CATALOG.encode()}
    assert load_catalog("own.yaml", Path("/nowhere"), catalog.files) == catalog


def test_a_profile_selects_and_tailors(tmp_path: Path) -> None:
    catalog = load_catalog("ours.yaml", write(tmp_path, own=CATALOG, ours=PROFILE))
    (control,) = catalog.controls
    assert control.severity is Severity.CRITICAL and control.severity_set
    assert control.checks == ("check-a", "check-d")
    assert catalog.parameters == {"check-a": {"max_hours": 24}}
    assert set(catalog.files) == {"own.yaml", "ours.yaml"}


def test_a_profile_keeps_what_data_the_law_applies_to(tmp_path: Path) -> None:
    catalog = load_catalog("ours.yaml", write(tmp_path, own=CATALOG, ours=PROFILE))
    (phi,) = scope_controls(engagement(tmp_path), [catalog], date(2026, 1, 1))
    assert phi.excluded == ""
    (other,) = scope_controls(engagement(tmp_path, "[privileged]"), [catalog], date(2026, 1, 1))
    assert "no data of class phi" in other.excluded


@pytest.mark.parametrize(
    ("day", "excluded"),
    [("2019-12-31", True), ("2020-01-01", False), ("2026-06-30", False), ("2026-07-01", True)],
)
def test_law_counts_from_its_first_to_its_last_day(tmp_path: Path, day: str, excluded: bool) -> None:
    catalog = load_catalog("own.yaml", write(tmp_path, own=CATALOG))
    scoped = scope_controls(engagement(tmp_path), [catalog], date.fromisoformat(day))
    assert bool(scoped[1].excluded) is excluded


def test_proposed_law_never_counts(tmp_path: Path) -> None:
    text = CATALOG.replace("    in_force: {from: 2020-01-01, to: 2026-06-30}", "    status: proposed")
    scoped = scope_controls(
        engagement(tmp_path), [load_catalog("own.yaml", write(tmp_path, own=text))], date.max
    )
    assert scoped[1].excluded == "proposed law, not in force"


@pytest.mark.parametrize(
    ("old", "new", "says", "line"),
    [
        ("id: own-b", "id: own-a", "stands twice", 14),
        ("severity: low", "severity: lowish", "lowish", 18),
        ("to: 2026-06-30", "to: 2019-06-30", "before it begins", 21),
        ("from: 2020-01-01", "from: 2020-02-30", "is no date", 21),
        ("source: own", "source: own\nsorce: own", "sorce", 6),
        ("checks: [check-a]", "check: [check-a]", "check", 8),
        ("    citation: Own 1\n", "", "citation", 8),
    ],
)
def test_an_error_points_at_its_line(tmp_path: Path, old: str, new: str, says: str, line: int) -> None:
    write(tmp_path, own=CATALOG.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        load_catalog("own.yaml", tmp_path)
    assert says in caught.value.message
    assert caught.value.where is not None
    near = int(caught.value.where.split(":")[1])
    assert abs(near - line) <= 1, caught.value.where


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("exclude: [own-b]", "exclude: [own-x]", "matches no control"),
        ("severity: {own-a", "severity: {own-b", "not selected by this profile"),
        ("add_checks: {own-a", "add_checks: {own-z", "not selected by this profile"),
        ("catalog: own.yaml", "catalog: ours.yaml", "in a circle"),
        ("catalog: own.yaml", "catalog: gdpt", "no catalog 'gdpt'"),
        ("catalog: own.yaml", "catalog: gone.yaml", "cannot be read"),
    ],
)
def test_a_profile_says_what_it_cannot_do(tmp_path: Path, old: str, new: str, says: str) -> None:
    write(tmp_path, own=CATALOG, ours=PROFILE.replace(old, new, 1))
    with pytest.raises(InputError, match=says):
        load_catalog("ours.yaml", tmp_path)


def test_a_misspelt_catalog_gets_a_hint(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        load_catalog("hippa", tmp_path)
    assert caught.value.hint == "did you mean 'hipaa'?"


def check(**parameters: Any) -> Check:
    return Check(
        "check-a", "t", "r", Severity.LOW, "mfa", Method.TEST, "fix", "store.box", {}, parameters=parameters
    )


def tailored(name: str, **values: Any) -> Catalog:
    return Catalog(name, name, "1", "own", (), parameters={"check-a": values})


def test_parameters_of_several_profiles_are_merged() -> None:
    checks = {"check-a": check(max_hours=72, min_days=None)}
    merged = parameters_of([tailored("x", max_hours=48), tailored("y", min_days=3)], checks)
    assert merged == {"check-a": {"max_hours": 48, "min_days": 3}}
    assert parameters_of([tailored("x", max_hours=48), tailored("y", max_hours=24)], checks) == {
        "check-a": {"max_hours": 24}
    }


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"max_hour": 24}, "no parameter 'max_hour'"),
        ({"max_hours": "24 h"}, "not of the kind"),
        ({"max_hours": True}, "kind"),
    ],
)
def test_a_parameter_nobody_reads_is_an_error(values: dict[str, Any], says: str) -> None:
    with pytest.raises(InputError, match=says):
        parameters_of([tailored("x", **values)], {"check-a": check(max_hours=72)})


def test_a_parameter_of_an_unknown_check_is_an_error_unless_a_plugin_is_broken() -> None:
    with pytest.raises(InputError, match="no check 'check-a'"):
        parameters_of([tailored("x", max_hours=1)], {"check-b": check()})
    assert parameters_of([tailored("x", max_hours=1)], {}, all_known=False) == {}
