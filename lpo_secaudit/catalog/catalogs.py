"""Catalog and profile files: parse, validate, resolve a profile into the catalog it stands for."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from fnmatch import fnmatchcase
from importlib.resources import files
from pathlib import Path
from typing import Any

from lpo_secaudit.check.definitions import parse_checks
from lpo_secaudit.errors import InputError, close_to
from lpo_secaudit.formats.schema import validate_file, validate_value
from lpo_secaudit.formats.yaml import YamlFile, load_yaml, parse_yaml
from lpo_secaudit.model.catalog import Catalog, Control
from lpo_secaudit.model.check import Check, Severity

__all__ = ["bundled_catalogs", "load_catalog"]


def bundled_catalogs() -> dict[str, bytes]:
    """Catalogs and profiles that come with the package: name to bytes."""
    root = files("lpo_secaudit.controls")
    found = {}
    for folder in (root, root / "profiles"):
        for entry in folder.iterdir():
            if entry.name.endswith(".yaml") and entry.is_file():
                raw = entry.read_bytes()
                if (
                    raw.lstrip().startswith((b"catalog:", b"profile:"))
                    or b"\ncatalog:" in raw
                    or b"\nprofile:" in raw
                ):
                    found[entry.name.removesuffix(".yaml")] = raw
    return dict(sorted(found.items()))


def load_catalog(name: str, base: Path, recorded: Mapping[str, bytes] | None = None) -> Catalog:
    """Load a catalog or profile by name (bundled) or by path relative to `base`.

    Args:
        name: "gdpr", or a path ending in .yaml.
        base: folder that a path starts from.
        recorded: file name to bytes; where given, only these are read (replay of an audit).

    Raises:
        InputError: unknown name, unreadable or invalid file; with line, path and hint.
    """
    return _resolve(name, base, recorded, ())


def _read(name: str, base: Path, recorded: Mapping[str, bytes] | None) -> YamlFile:
    if recorded is not None:
        if name not in recorded:
            raise InputError(f"catalog {name!r} is not among the recorded files", where=name)
        return parse_yaml(recorded[name], name)
    if name.endswith((".yaml", ".yml")):
        return load_yaml(base / name, name)
    known = bundled_catalogs()
    if name not in known:
        hint = close_to(name, known) or f"known: {', '.join(known)}; or give a path ending in .yaml"
        raise InputError(f"there is no catalog {name!r}", where=name, hint=hint)
    return parse_yaml(known[name], f"{name}.yaml")


def _resolve(name: str, base: Path, recorded: Mapping[str, bytes] | None, within: tuple[str, ...]) -> Catalog:
    if name in within:
        raise InputError(
            f"profiles import one another in a circle: {' -> '.join((*within, name))}", where=name
        )
    file = _read(name, base, recorded)
    if isinstance(file.value, dict) and "profile" in file.value:
        return _profile(name, file, base, recorded, (*within, name))
    validate_file(file, "catalog")
    return _catalog(name, file)


def _checks(file: YamlFile, owner: str) -> tuple[Check, ...]:
    if "checks" not in file.value:
        return ()
    validate_value({"checks": file.value["checks"]}, "checks", file.where(("checks",)))
    return tuple(parse_checks(file, ("checks",), f"catalog:{owner}"))


def _catalog(name: str, file: YamlFile) -> Catalog:
    value = file.value
    classes = tuple(value.get("applies_to", {}).get("data_classes", ()))
    controls: dict[str, Control] = {}
    for index, row in enumerate(value["controls"]):
        if row["id"] in controls:
            raise InputError(
                f"control {row['id']!r} stands twice", where=file.where(("controls", index, "id"))
            )
        control = _control(row, value["catalog"], file, ("controls", index))
        controls[row["id"]] = replace(control, data_classes=classes)
    return Catalog(
        id=value["catalog"],
        title=value["title"],
        version=value["version"],
        source=value["source"],
        controls=tuple(controls.values()),
        data_classes=classes,
        checks=_checks(file, value["catalog"]),
        files={name: file.raw},
    )


def _control(row: Mapping[str, Any], catalog: str, file: YamlFile, path: tuple[str | int, ...]) -> Control:
    in_force = row.get("in_force", {})
    days: dict[str, date | None] = {}
    for end in ("from", "to"):
        text = in_force.get(end)
        try:
            days[end] = date.fromisoformat(text) if text else None
        except ValueError:
            raise InputError(f"{text!r} is no date", where=file.where((*path, "in_force", end))) from None
    if days["from"] and days["to"] and days["from"] > days["to"]:
        raise InputError(
            f"in force until {days['to']}, before it begins on {days['from']}",
            where=file.where((*path, "in_force", "to")),
        )
    return Control(
        id=row["id"],
        catalog=catalog,
        title=row["title"],
        citation=row["citation"],
        requirement=row["requirement"],
        severity=Severity(row["severity"]),
        checks=tuple(row["checks"]),
        duty_holder=row.get("duty_holder", ""),
        evidence_kinds=tuple(row.get("evidence_kinds", ())),
        obligation=row.get("obligation", ""),
        topic=row.get("topic", ""),
        residual=row.get("residual", ""),
        good_terms=row.get("good_terms", ""),
        weak_terms=row.get("weak_terms", ""),
        status=row.get("status", "in-force"),
        in_force_from=days["from"],
        in_force_to=days["to"],
        supporting_checks=tuple(c for c in row.get("supporting_checks", ()) if c not in row["checks"]),
    )


def _matches(control: str, patterns: Iterable[str]) -> bool:
    return any(fnmatchcase(control, pattern) for pattern in patterns)


def _profile(
    name: str, file: YamlFile, base: Path, recorded: Mapping[str, bytes] | None, within: tuple[str, ...]
) -> Catalog:
    validate_file(file, "profile")
    value = file.value
    controls: dict[str, Control] = {}
    checks = list(_checks(file, value["profile"]))
    parameters: dict[str, Mapping[str, Any]] = {}
    recorded_files = {name: file.raw}
    for index, row in enumerate(value["imports"]):
        imported = _resolve(row["catalog"], base, recorded, within)
        include, exclude = row.get("include", ["*"]), row.get("exclude", [])
        chosen = [c for c in imported.controls if _matches(c.id, include) and not _matches(c.id, exclude)]
        for word, patterns in (("include", include), ("exclude", exclude)):
            for position, pattern in enumerate(patterns):
                if not any(fnmatchcase(c.id, pattern) for c in imported.controls):
                    raise InputError(
                        f"{pattern!r} matches no control of {row['catalog']!r}",
                        where=file.where(("imports", index, word, position)),
                        hint=close_to(pattern, (c.id for c in imported.controls)),
                    )
        controls.update((c.id, c) for c in chosen)
        checks.extend(imported.checks)
        parameters.update(imported.parameters)
        recorded_files.update(imported.files)
    for key in ("severity", "add_checks"):
        for control in value.get(key, {}):
            if control not in controls:
                raise InputError(
                    f"control {control!r} is not selected by this profile",
                    where=file.where((key, control)),
                    hint=close_to(control, controls),
                )
    for control, severity in value.get("severity", {}).items():
        controls[control] = replace(controls[control], severity=Severity(severity), severity_set=True)
    for control, more in value.get("add_checks", {}).items():
        controls[control] = replace(
            controls[control], checks=tuple(dict.fromkeys((*controls[control].checks, *more)))
        )
    for check, values in value.get("set", {}).items():
        parameters[check] = {**parameters.get(check, {}), **values}
    return Catalog(
        id=value["profile"],
        title=value["title"],
        version=value["version"],
        source="profile",
        controls=tuple(controls.values()),
        checks=tuple(checks),
        parameters=parameters,
        files=recorded_files,
    )
