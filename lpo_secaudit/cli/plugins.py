"""`secaudit plugins`: what is installed, what collectors take, which checks and catalogs there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lpo_secaudit.cli.codes import ExitCode

if TYPE_CHECKING:
    from lpo_secaudit.plugins import Collector, PluginSet

__all__ = ["plugins"]


def plugins(
    name: Annotated[
        str | None, typer.Argument(help="A plugin, collector or check to show in full.", show_default=False)
    ] = None,
    checks: Annotated[bool, typer.Option("--checks", help="List every check.")] = False,
    catalogs: Annotated[bool, typer.Option("--catalogs", help="List the catalogs and profiles.")] = False,
    format: Annotated[str, typer.Option(help="text or json.")] = "text",
) -> None:
    """Show installed plugins, their collectors and checks, and what could not be loaded."""
    import json

    from lpo_secaudit.errors import InputError
    from lpo_secaudit.plugins import load_plugins

    if format not in ("text", "json"):
        raise InputError(f"there is no format {format!r}", where="--format", hint="text or json")
    if catalogs:
        _catalogs(format)
        return
    found = load_plugins()
    if format == "json":
        typer.echo(json.dumps(_as_json(found), ensure_ascii=False, indent=2))
    elif name is not None:
        _one(name, found)
    else:
        _overview(found, checks)
    if found.problems:
        raise typer.Exit(int(ExitCode.INCOMPLETE))


def _as_json(found: PluginSet) -> dict[str, Any]:
    return {
        "plugins": {
            name: {
                "version": p.version,
                "collectors": [c.name for c in p.collectors],
                "checks": len(p.checks),
            }
            for name, p in found.plugins.items()
        },
        "collectors": {
            name: {
                "version": c.version,
                "produces": dict(c.produces),
                "options": dict(c.options_schema),
                "reads": list(c.reads),
            }
            for name, c in sorted(found.collectors.items())
        },
        "checks": {
            id_: {
                "title": c.title,
                "severity": str(c.severity),
                "topic": c.topic,
                "method": str(c.method),
                "evidence": c.evidence,
                "aliases": list(c.aliases),
                "plugin": c.plugin,
            }
            for id_, c in sorted(found.checks.items())
        },
        "problems": [p.to_json() for p in found.problems],
    }


def _overview(found: PluginSet, checks: bool) -> None:
    for name, plugin in found.plugins.items():
        brings = [c.name for c in plugin.collectors]
        what = f"collector {', '.join(brings)}" if brings else "no collector"
        typer.echo(f"{name} {plugin.version}: {what}; {len(plugin.checks)} checks")
    if checks:
        typer.echo("")
        for id_, check in sorted(found.checks.items()):
            typer.echo(f"{id_}  [{check.severity}, {check.method}]  {check.title}")
    for problem in found.problems:
        typer.echo(f"not usable: {problem.plugin}: {problem.message}")
    typer.echo("\nsecaudit plugins NAME shows a collector's options, or a check in full.", err=True)


def _one(name: str, found: PluginSet) -> None:
    from lpo_secaudit.errors import InputError, close_to

    if name in found.collectors:
        _collector(found.collectors[name])
    elif name in found.checks:
        check = found.checks[name]
        for label, value in (
            ("check", check.id),
            ("title", check.title),
            ("why", check.rationale),
            ("severity", str(check.severity)),
            ("method", str(check.method)),
            ("topic", check.topic),
            ("remedy", check.remediation),
            ("evidence", check.evidence),
            ("reads", "; ".join(f"{t}: {', '.join(f)}" for t, f in check.reads.items())),
            ("elsewhere", ", ".join(check.aliases) or "none"),
            ("plugin", check.plugin),
        ):
            typer.echo(f"{label:>9}  {value}")
    elif name in found.plugins:
        for id_ in sorted(c.id for c in found.plugins[name].checks):
            typer.echo(f"{id_}  {found.checks[id_].title}")
    else:
        known = [*found.collectors, *found.checks, *found.plugins]
        raise InputError(f"there is no plugin, collector or check {name!r}", hint=close_to(name, known))


def _collector(collector: Collector) -> None:
    typer.echo(f"collector {collector.name} {collector.version}\n\nreads")
    for line in collector.reads:
        typer.echo(f"  {line}")
    typer.echo("\noptions (`with:` of the source)")
    required = set(collector.options_schema.get("required", ()))
    for option, schema in collector.options_schema.get("properties", {}).items():
        mark = " (required)" if option in required else ""
        typer.echo(f"  {option}{mark}: {schema.get('description', schema.get('type', ''))}")
    typer.echo("\nevidence")
    for type_, what in collector.produces.items():
        typer.echo(f"  {type_}: {what}")


def _catalogs(format_: str) -> None:
    import json
    from pathlib import Path

    from lpo_secaudit.catalog import bundled_catalogs, load_catalog

    rows = [(name, load_catalog(name, Path())) for name in bundled_catalogs()]
    if format_ == "json":
        shown = {n: {"title": c.title, "version": c.version, "controls": len(c.controls)} for n, c in rows}
        typer.echo(json.dumps(shown, ensure_ascii=False, indent=2))
        return
    for name, catalog in rows:
        typer.echo(f"{name}  {catalog.version}  {len(catalog.controls)} controls  {catalog.title}")
