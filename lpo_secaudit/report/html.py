"""The report as one self-contained HTML page: no script, no font, no request to anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from lpo_secaudit.report.excerpt import excerpt

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["render"]

_RANK = {"critical": 0, "high": 1, "medium": 2, "low": 3, "informational": 4}
_OUTCOME_RANK = {
    "not-satisfied": 0,
    "error": 1,
    "unavailable": 2,
    "stale": 3,
    "satisfied": 4,
    "not-applicable": 5,
}
MOST_LETTERS = 140
"""Of a quote in the matrix, before it is opened."""

MOST_OBSERVATIONS = 40
"""Observations shown under one finding; audit.json has all."""


@cache
def _template() -> Template:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    # Everything shown may come from the provider's side: escaping is on for every value.
    environment = Environment(
        loader=PackageLoader("lpo_secaudit.report", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["percent"] = lambda share: "–" if share is None else f"{share:.0%}"
    environment.filters["shown"] = lambda said: excerpt(said["quote"], said.get("telling"), MOST_LETTERS)
    environment.filters["in_full"] = lambda said: excerpt(said["quote"], said.get("telling"))
    environment.filters["words"] = lambda text: str(text).replace("-", " ")
    return environment.get_template("audit.html.j2")


def render(result: Mapping[str, Any], disputes: Mapping[str, Sequence[str]] | None = None) -> str:
    """The page for a result in the form of `audit.json`; equal results give equal pages.

    Args:
        disputes: fingerprint of a finding or conflict to what replies made of it ("disputed",
            "cure-claimed, rejected by the firm"), as `VerificationReport.disputes` has them. They come
            after the audit is signed, so the page in its folder has none.
    """
    observations: dict[str, list[Mapping[str, Any]]] = {}
    for observation in result["observations"]:
        observations.setdefault(observation["fingerprint"], []).append(observation)
    findings = [
        {**finding, "shown": shown[:MOST_OBSERVATIONS], "hidden": max(0, len(shown) - MOST_OBSERVATIONS)}
        for finding in result["findings"]
        for shown in [_ordered([o for f in finding["observations"] for o in observations.get(f, ())])]
    ]
    spoken = [row for row in result["matrix"] if row["verdict"] != "none"]
    return _template().render(
        r=result,
        matrix=sorted(spoken, key=lambda row: row["verdict"] != "conflict"),
        silent=[row["title"] for row in result["matrix"] if row["verdict"] == "none"],
        groups=[
            (status, title, sorted((f for f in findings if f["status"] == status), key=_finding_order))
            for status, title in (
                ("not-satisfied", "Not satisfied"),
                ("undetermined", "Could not be determined"),
                ("satisfied", "Satisfied"),
                ("not-applicable", "Not applicable"),
            )
        ],
        conflicts=sorted(result["conflicts"], key=lambda c: (_RANK[c["severity"]], c["kind"], c["topic"])),
        disputes=disputes or {},
    )


def _ordered(observations: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    def order(o: Mapping[str, Any]) -> tuple[Any, ...]:
        return (
            _OUTCOME_RANK[o["outcome"]],
            _RANK[o["severity"]],
            o["check"],
            o["subject"]["id"],
            o["message"],
        )

    return sorted(observations, key=order)


def _finding_order(finding: Mapping[str, Any]) -> tuple[Any, ...]:
    return (finding["waived"], _RANK[finding["severity"]], finding["catalog"], finding["control"])
