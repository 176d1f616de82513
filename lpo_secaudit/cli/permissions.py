"""`secaudit permissions`: the least rights that an engagement's sources need."""

from __future__ import annotations

import sys
from enum import StrEnum
from typing import Annotated

import typer

from lpo_secaudit.cli.options import EngagementFile

__all__ = ["Format", "permissions"]


class Format(StrEnum):
    """Forms of the answer."""

    JSON = "json"
    CLOUDFORMATION = "cloudformation"


def permissions(
    engagement: EngagementFile,
    format_: Annotated[
        Format,
        typer.Option(
            "--format",
            help="json: the policy document, to attach to a role that exists. cloudformation: a template of "
            "a role that may be assumed with an external id.",
        ),
    ] = Format.JSON,
    source: Annotated[
        str | None,
        typer.Option(help="Which source, where several have permissions to give.", show_default=False),
    ] = None,
) -> None:
    """Print the least-privilege policy for what an audit of the engagement would ask.

    The policy holds exactly the operations that the selected checks need, none of which writes.
    Nothing is asked of any source. Sources without permissions to give are named on standard error.
    """
    from datetime import UTC, datetime

    from lpo_secaudit.audit import plan
    from lpo_secaudit.errors import InputError
    from lpo_secaudit.model.engagement import Engagement
    from lpo_secaudit.plugins import CollectRequest

    frame = Engagement.load(engagement)
    documents: dict[str, str] = {}
    for planned in plan(frame).sources:
        collector = planned.collector
        if collector is None or (source is not None and planned.source.id != source):
            continue
        request = CollectRequest(
            planned.source.id, planned.source.options, planned.wanted, frame.base, datetime.now(UTC)
        )
        # A collector whose source has a policy language of its own brings this; see docs on plugins.
        writer = getattr(collector, "permission_document", None)
        if writer is not None:
            documents[planned.source.id] = writer(request, str(format_))
        else:
            for line in collector.permissions(request) or collector.reads:
                typer.echo(f"{planned.source.id}: {line}", err=True)
    if source is not None and source not in documents:
        known = ", ".join(s.id for s in frame.sources)
        raise InputError(
            f"no source {source!r} with permissions to give", where=frame.name, hint=f"sources: {known}"
        )
    if not documents:
        raise InputError("no source of the engagement has permissions to give", where=frame.name)
    if len(documents) > 1:
        raise InputError(
            f"several sources have permissions to give: {', '.join(sorted(documents))}",
            where=frame.name,
            hint="choose one with --source",
        )
    sys.stdout.write(next(iter(documents.values())))
