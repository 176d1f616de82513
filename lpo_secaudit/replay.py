"""Replay: derive an audit's result again from its recorded evidence, catalogs and code.

Where the result differs, it says which verdicts, and whether other code explains it. Differing with
the very code that the statement names means that the result was not derived from this evidence.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lpo_secaudit.errors import SecauditError
from lpo_secaudit.formats.canonical import canonical_json

if TYPE_CHECKING:
    from lpo_secaudit.model.result import AuditResult
    from lpo_secaudit.plugins import PluginSet

__all__ = ["Difference", "Replay", "replay"]

MOST_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Difference:
    """One part of the result that came out otherwise.

    Attributes:
        part: "findings", "observations", "conflicts" ...
        what: which control, check and subject, or member.
        recorded, replayed: the verdict then and now; "" where there is none.
        why: the code that changed; "" where none did.
    """

    part: str
    what: str
    recorded: str
    replayed: str
    why: str


@dataclass(frozen=True)
class Replay:
    """What replay gave.

    Attributes:
        identical: byte for byte.
        differences: at most 200 of them.
        count: how many there are.
        changed_code: code that is not what the statement names, one line each.
        problem: why nothing could be derived; "" where it could.
    """

    identical: bool
    differences: tuple[Difference, ...] = ()
    count: int = 0
    changed_code: tuple[str, ...] = ()
    problem: str = ""

    @property
    def excused(self) -> bool:
        """Other code is installed than made the audit, so that a difference shows no forgery."""
        return bool(self.changed_code)

    @property
    def summary(self) -> str:
        """One line."""
        if self.problem:
            return self.problem
        first = self.differences[0] if self.differences else None
        words = (
            f"{first.part} {first.what}: {first.recorded or 'nothing'}, now {first.replayed or 'nothing'}"
            if first
            else ""
        )
        more = f" (and {self.count - 1} more)" if self.count > 1 else ""
        code = f"; {self.changed_code[0]}" if self.changed_code else ""
        return f"{words}{more}{code}"

    def to_json(self) -> dict[str, Any]:
        return {
            "identical": self.identical,
            "count": self.count,
            "differences": [
                {"part": d.part, "what": d.what, "recorded": d.recorded, "replayed": d.replayed, "why": d.why}
                for d in self.differences
            ],
            "changed_code": list(self.changed_code),
            "problem": self.problem,
        }


def replay(root: Path, predicate: Mapping[str, Any], plugins: PluginSet | None = None) -> Replay:
    """Derive the result of an audit folder again and compare it with audit.json.

    The folder must have been verified: what the predicate says is taken as it is.
    """
    from lpo_secaudit.plugins import load_plugins

    recorded = (root / "audit.json").read_bytes()
    installed = plugins or load_plugins()
    changed = _changed_code(root, predicate, installed)
    try:
        again = canonical_json(_derive(root, predicate, installed, json.loads(recorded)).to_json())
    except (SecauditError, KeyError, TypeError, ValueError) as error:
        problem = error.message if isinstance(error, SecauditError) else f"{type(error).__name__}: {error}"
        return Replay(False, changed_code=changed, problem=f"the result could not be derived: {problem}")
    if again == recorded:
        return Replay(True, changed_code=changed)
    differences = _differences(json.loads(recorded), json.loads(again), changed)
    return Replay(False, tuple(differences[:MOST_SHOWN]), len(differences), changed)


def _derive(
    root: Path, predicate: Mapping[str, Any], installed: PluginSet, recorded: Mapping[str, Any]
) -> AuditResult:
    from lpo_secaudit.audit import judge
    from lpo_secaudit.catalog import load_catalog, parse_engagement
    from lpo_secaudit.catalog.places import load_places
    from lpo_secaudit.catalog.topics import load_topics
    from lpo_secaudit.collect import Bundle
    from lpo_secaudit.plugins import PluginProblem

    inputs = predicate["inputs"]
    files = {name: (root / file).read_bytes() for name, file in inputs["catalogs"].items()}
    engagement = parse_engagement(
        (root / inputs["engagement"]["file"]).read_bytes(), inputs["engagement"]["name"], root
    )
    catalogs = tuple(load_catalog(name, root, files) for name in engagement.catalogs)
    # Plugins that have come since then have no part in what was judged then, and those that were
    # broken then stay so.
    names = {plugin["name"] for plugin in predicate["plugins"]}
    kept = {name: plugin for name, plugin in installed.plugins.items() if name in names}
    then = replace(
        installed,
        plugins=kept,
        checks={id_: c for id_, c in installed.checks.items() if any(c in p.checks for p in kept.values())},
        problems=tuple(PluginProblem(p["plugin"], p["message"]) for p in recorded["plugin_problems"]),
    )
    return judge(
        engagement,
        catalogs,
        then,
        Bundle(root / "bundle"),
        datetime.fromisoformat(predicate["evaluated_at"]),
        date.fromisoformat(predicate["law_as_of"]),
        # Audits of before these were recorded are compared on those of today.
        topics=load_topics((root / inputs["topics"]).read_bytes()) if "topics" in inputs else None,
        places=load_places((root / inputs["places"]).read_bytes()) if "places" in inputs else None,
    )


def _changed_code(root: Path, predicate: Mapping[str, Any], installed: PluginSet) -> tuple[str, ...]:
    import lpo_secaudit
    from lpo_secaudit.catalog.places import load_places
    from lpo_secaudit.catalog.topics import load_topics
    from lpo_secaudit.folder import tool_digest

    lines = []
    for name, now_used in (("topics", load_topics().raw), ("places", load_places().raw)):
        file = predicate["inputs"].get(name)
        if file is not None and (root / file).read_bytes() != now_used:
            # The checks on answers and scans are made from the topics installed, whatever was recorded.
            lines.append(f"controls/{name}.yaml is another than {file}")
    tool = predicate["tool"]
    if tool["version"] != lpo_secaudit.__version__:
        lines.append(f"lpo_secaudit was {tool['version']} and is {lpo_secaudit.__version__}")
    elif tool["digest"] != tool_digest():
        lines.append(f"lpo_secaudit is {tool['version']} with other files")
    for plugin in predicate["plugins"]:
        now = installed.plugins.get(plugin["name"])
        files = dict(installed.file_digests.get(plugin["name"], {}))
        if now is None:
            lines.append(f"plugin {plugin['name']} {plugin['version']} is not installed")
        elif now.version != plugin["version"]:
            lines.append(f"plugin {plugin['name']} was {plugin['version']} and is {now.version}")
        elif files != plugin["files"]:
            changed = sorted(set(files.items()) ^ set(plugin["files"].items()))[0][0]
            lines.append(f"plugin {plugin['name']} is {now.version} with other files, such as {changed}")
    return tuple(lines)


def _key(part: str, value: Any) -> tuple[str, str]:
    """What a row is about, and its verdict."""
    if part == "observations":
        subject = value["subject"]
        return f"{value['check']} on {subject['source']}:{subject['id']}", value["outcome"]
    if part == "findings":
        return f"{value['catalog']}/{value['control']}", value["status"]
    return str(value.get("fingerprint") or value.get("id") or canonical_json(value)[:80]), str(
        value.get("kind", "")
    )


def _differences(
    recorded: Mapping[str, Any], again: Mapping[str, Any], changed: tuple[str, ...]
) -> list[Difference]:
    why = "; ".join(changed)
    found = []
    for part in ("findings", "observations", "conflicts", "obligations", "waivers"):
        rows: list[dict[str, list[tuple[str, Any]]]] = []
        for side in (recorded, again):
            mapping: dict[str, list[tuple[str, Any]]] = {}
            for value in side.get(part, ()):
                name, verdict = _key(part, value)
                mapping.setdefault(name, []).append((verdict, value))
            rows.append(mapping)
        for name in sorted(set(rows[0]) | set(rows[1])):
            then, now = rows[0].get(name, []), rows[1].get(name, [])
            if then != now:
                words = [", ".join(v for v, _ in side) for side in (then, now)]
                if words[0] == words[1]:
                    words = [
                        f"{w or 'there'} (in other words)" if i else w or "there" for i, w in enumerate(words)
                    ]
                found.append(Difference(part, name, words[0], words[1], why))
    for member in sorted(set(recorded) | set(again)):
        if recorded.get(member) != again.get(member) and not any(d.part == member for d in found):
            shown = [canonical_json(side.get(member)).decode()[:120] for side in (recorded, again)]
            found.append(Difference("result", member, shown[0], shown[1], why))
    return found
