"""The dossier as one self-contained HTML page: no script, no request to anywhere, fit to print."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from lpo_secaudit.accountability.clock.counting import zone_info
from lpo_secaudit.accountability.clock.results import show
from lpo_secaudit.accountability.dossier.build import Dossier
from lpo_secaudit.accountability.dossier.chart import timeline_svg
from lpo_secaudit.accountability.states import DutyState, Status
from lpo_secaudit.accountability.text import due_words, status_words
from lpo_secaudit.formats.instants import format_instant

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["render_page"]

_GROUPS = (
    (Status.MISSED, "Missed duties"),
    (Status.RUNNING, "Clocks that run"),
    (Status.CANNOT_TELL, "Cannot be told yet"),
    (Status.MET, "Duties met"),
)


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # Contracts, notes and names may come from the other side: every value is escaped.
    environment = Environment(
        loader=PackageLoader("lpo_secaudit.accountability.dossier", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["words"] = lambda text: str(text).replace("-", " ").replace("_", " ")
    return environment.get_template("dossier.html.j2")


def render_page(dossier: Dossier) -> str:
    """The page; equal dossiers give equal bytes."""
    from markupsafe import Markup

    a = dossier.assessment
    return _template().render(
        d=dossier,
        a=a,
        as_of=format_instant(a.as_of),
        counts=a.counts(),
        chart=Markup(timeline_svg(a)),  # noqa: S704  # made here, every text in it escaped
        timeline=dossier.timeline(),
        groups=[(str(status), title, [_duty(s) for s in a.of(status)]) for status, title in _GROUPS],
        quiet=[_duty(s) for s in a.of(Status.NOT_TRIGGERED)],
        questions=a.questions(),
        worksheet=dossier.worksheet.to_json(),
        paths=[p.to_json() for p in dossier.paths],
        notices=dossier.notices,
    )


def _duty(s: DutyState) -> dict[str, Any]:
    """What the page shows of a duty, in words."""
    return {
        "o": s.obligation,
        "status": status_words(s),
        "due": due_words(s.due, s.zone) if s.due is not None else s.obligation.period_text(),
        "target": due_words(s.target, s.zone) if s.target is not None else "",
        "done": f"{s.performed.words}, {show(s.performed.first.astimezone(zone_info(s.zone)))}"
        if s.performed is not None
        else "",
        "missing": s.missing,
        "because": s.because,
        "assumptions": s.assumptions,
        "steps": [str(step) for step in s.steps],
        "others": [
            f"{due_words(r.due, s.zone)}: {r.why}" + (f" [{r.citation}]" if r.citation else "")
            for r in s.second_readings
        ],
    }
