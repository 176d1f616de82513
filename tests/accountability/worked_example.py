"""The parts of docs/accountability/worked-example.md that the engine writes.

python -m tests.accountability.worked_example     writes them anew
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

from lpo_secaudit.accountability import Incident, assess, obligations
from lpo_secaudit.accountability.chain import Verdict
from lpo_secaudit.accountability.dossier import Dossier, build_dossier
from lpo_secaudit.accountability.text import due_words, render_text
from lpo_secaudit.obligations import load_relationship

FOLDER = Path(__file__).resolve().parents[2] / "docs" / "accountability"
EXAMPLE = FOLDER / "example"
PAGE = FOLDER / "worked-example.md"
AS_OF = datetime(2026, 3, 7, 12, tzinfo=UTC)
_PART = re.compile(r"(<!-- engine:(\w+) -->\n).*?(<!-- /engine -->)", re.DOTALL)


@cache
def dossier() -> Dossier:
    """The example's dossier, from the contract's text on."""
    incident = Incident.load(EXAMPLE / "incident.yaml")
    found = load_relationship(EXAMPLE / "engagement.yaml", None, incident, [EXAMPLE / "contract.md"])
    return build_dossier(incident, found, obligations(found), AS_OF)


def _register() -> str:
    lines = ["| who | tells whom | within | from | by |", "|---|---|---|---|---|"]
    for o in dossier().obligations:
        if o.source != "law":
            lines.append(
                f"| {o.debtor} | {o.creditor} | {o.period_text()} | {o.clock_starts.replace('_', ' ')} "
                f"| {o.citation} |"
            )
    laws = sum(1 for o in dossier().obligations if o.source == "law")
    return "\n".join([*lines, "", f"{laws} further duties come from law."])


def _chain() -> str:
    return "\n".join(f"    {p.verdict}: {p.words}" for p in dossier().paths if p.verdict == Verdict.BROKEN)


def _assess() -> str:
    return "```text\n" + render_text(dossier().assessment) + "```"


def _dates() -> str:
    lines = ["| duty | clock started | due | status |", "|---|---|---|---|"]
    for d in sorted(dossier().assessment.duties, key=lambda d: (d.due_order(), d.obligation.id)):
        if d.due is not None and d.start is not None:
            lines.append(
                f"| `{d.obligation.id}` | {d.start.words} | {due_words(d.due, d.zone)} | {d.status} |"
            )
    return "\n".join(lines)


def _why() -> str:
    [state] = [d for d in dossier().assessment.duties if d.obligation.id == "law/us-hipaa-individuals@client"]
    return state.explain()


def _agent() -> str:
    incident = Incident.load(EXAMPLE / "incident.yaml")
    text = (EXAMPLE / "engagement.yaml").read_text(encoding="utf-8")
    assert "provider_is_agent: false" in text
    found = load_relationship(EXAMPLE / "engagement.yaml", None, incident)
    from dataclasses import replace

    agent = assess(incident, obligations(replace(found, provider_is_agent=True)), AS_OF)
    [state] = [d for d in agent.duties if d.obligation.id == "law/us-hipaa-individuals@client"]
    return f"Were the provider an agent, the same notice would be due {due_words(state.due, state.zone)}."


def _recovery() -> str:
    w = dossier().worksheet
    lines = ["| cost | recoverable before the limit | clause |", "|---|---|---|"]
    lines += [f"| {x.item.item} | {x.low:,} to {x.high:,} | {x.quote or 'none'} |" for x in w.lines]
    limit = f"{w.cap.low:,} to {w.cap.high:,}" if w.cap.low is not None and w.cap.high is not None else "open"
    return "\n".join(
        [
            *lines,
            "",
            f"Limit of liability: {limit} {w.currency} ({w.cap.why}). "
            f"Recoverable: **{w.low:,} to {w.high:,} {w.currency}** of {w.cost_low:,} to {w.cost_high:,}.",
        ]
    )


def _notices() -> str:
    return "\n".join(f"- `{d.name}`: due {d.due}" for d in dossier().notices)


PARTS = {
    "register": _register,
    "chain": _chain,
    "assess": _assess,
    "dates": _dates,
    "why": _why,
    "agent": _agent,
    "recovery": _recovery,
    "notices": _notices,
}


def written(page: str) -> str:
    """The page with every part as the engine writes it."""
    return _PART.sub(lambda m: f"{m[1]}{PARTS[m[2]]()}\n{m[3]}", page)


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
