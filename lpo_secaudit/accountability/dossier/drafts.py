"""Drafts of the notices that are owed: what the law or contract asks for, filled with what is known."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from lpo_secaudit.accountability.clock.counting import zone_info
from lpo_secaudit.accountability.clock.results import show
from lpo_secaudit.accountability.incident import Incident
from lpo_secaudit.accountability.recovery import Worksheet
from lpo_secaudit.accountability.relationship import Relationship
from lpo_secaudit.accountability.states import Assessment, DutyState, Status, words_of
from lpo_secaudit.accountability.text import due_words

__all__ = ["Draft", "drafts"]

OPEN = "[to be completed]"
_RECIPIENTS = {
    "authority": "the competent authority",
    "individuals": "the persons affected",
    "consumer_reporting_agencies": "the consumer reporting agencies",
    "media": "the media",
    "clients": "the clients of the firm",
}


@dataclass(frozen=True, slots=True)
class Draft:
    """A notice, ready to be completed and sent by a person.

    Attributes:
        name: file name without ending; letters, digits, hyphens.
        title: heading.
        sender, recipient: in words.
        basis: the provisions that ask for it.
        due: until when, in words.
        sections: heading and text of each thing the notice has to say.
        obligations: ids of the duties that it serves.
    """

    name: str
    title: str
    sender: str
    recipient: str
    basis: tuple[str, ...]
    due: str
    sections: tuple[tuple[str, str], ...]
    obligations: tuple[str, ...]

    def markdown(self) -> str:
        """The draft as Markdown."""
        lines = [
            f"# {self.title}",
            "",
            "*Draft. Check every statement and complete what is marked before sending.*",
            "",
        ]
        lines += [f"From: {self.sender}  ", f"To: {self.recipient}  ", f"Due: {self.due}", ""]
        lines += ["Given under:", "", *(f"- {basis}" for basis in self.basis), ""]
        for heading, text in self.sections:
            lines += [f"## {heading}", "", text, ""]
        return "\n".join(lines)


def drafts(
    assessment: Assessment, relationship: Relationship, worksheet: Worksheet | None = None
) -> tuple[Draft, ...]:
    """One draft for each recipient and law among the duties still owed, and a claim on the provider.

    Duties that cannot be told are drafted too: the notice may be owed, and its clock may be running.
    """
    groups: dict[tuple[str, str, str], list[DutyState]] = {}
    for state in assessment.of(Status.MISSED, Status.RUNNING, Status.CANNOT_TELL):
        o = state.obligation
        if state.performed is None and o.creditor != "firm":
            law = o.law or o.citation
            groups.setdefault((o.debtor, o.creditor, law), []).append(state)
    made = [
        _notice(assessment, relationship, debtor, creditor, law, states)
        for (debtor, creditor, law), states in groups.items()
    ]
    if claim := _claim(assessment, relationship, worksheet):
        made.append(claim)
    return tuple(_with_unique_names(made))


def _with_unique_names(made: Iterable[Draft]) -> Iterable[Draft]:
    used: dict[str, int] = {}
    for draft in made:
        used[draft.name] = used.get(draft.name, 0) + 1
        suffix = f"-{used[draft.name]}" if used[draft.name] > 1 else ""
        yield Draft(
            draft.name + suffix,
            draft.title,
            draft.sender,
            draft.recipient,
            draft.basis,
            draft.due,
            draft.sections,
            draft.obligations,
        )


def _slug(*parts: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", " ".join(parts).lower()).strip("-")[:80]


def _notice(
    a: Assessment,
    relationship: Relationship,
    debtor: str,
    creditor: str,
    law: str,
    states: Sequence[DutyState],
) -> Draft:
    sender = relationship.parties[debtor].name
    recipient = (
        relationship.parties[creditor].name if creditor in relationship.parties else _RECIPIENTS[creditor]
    )
    first = states[0]
    asked = list(dict.fromkeys(item for s in states for item in s.obligation.content)) or list(_CORE)
    late = next((s for s in states if s.status is Status.MISSED), None)
    sections = [(_capital(item), _fill(item, a, late)) for item in asked]
    doubts = list(dict.fromkeys(q for s in states for q in s.missing))
    if doubts:
        sections.append(
            ("To settle before sending (not part of the notice)", "\n".join(f"- {q}" for q in doubts))
        )
    due = due_words(first.due, first.zone) if first.due is not None else first.obligation.period_text()
    return Draft(
        name=_slug("notice", debtor, "to", creditor, law),
        title=f"Notice of {sender} to {recipient}: {law}",
        sender=sender,
        recipient=recipient,
        basis=tuple(dict.fromkeys(s.obligation.citation for s in states)),
        due=due + (f" (missed by {words_of(late.late_by)})" if late is not None and late.late_by else ""),
        sections=tuple(sections),
        obligations=tuple(s.obligation.id for s in states),
    )


_CORE = (
    "what happened, with the dates",
    "the data and the number of persons concerned",
    "measures taken",
    "contact point",
)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _fill(item: str, a: Assessment, late: DutyState | None) -> str:
    """What is known of a required item; several facts where its words ask for several."""
    incident = a.incident
    found: list[str] = []
    text = item.lower()
    if re.search(
        r"nature|what happened|the breach in|\bdates?\b|time window|circumstances|description", text
    ):
        found += [incident.description or OPEN, _dates(incident)]
    if re.search(r"number|how many|persons|individuals|residents|records|affected", text):
        found.append(_numbers(incident))
    if re.search(r"kinds?|types?|categor|information involved|\bdata\b", text):
        found.append("Data concerned: " + (", ".join(incident.data) if incident.data else OPEN))
    if re.search(r"consequence|risk|harm", text):
        found.append(f"Harm is assessed as {incident.risk}." if incident.risk else OPEN)
    if re.search(r"measure|being done|actions|mitigat|remed|safeguard", text):
        found.append(incident.measures or OPEN)
    if re.search(r"contact|toll-free|ask questions|officer", text):
        found.append(incident.contact or OPEN)
    if re.search(r"reasons.*later|later than|delay", text):
        if late is None:
            return "Not late as of this draft; if sent after the deadline, state the reasons."
        return (
            f"The deadline was missed by {words_of(late.late_by)}. Reasons: {OPEN}" if late.late_by else OPEN
        )
    return "\n\n".join(dict.fromkeys(found)) or OPEN


def _dates(incident: Incident) -> str:
    lines = [
        f"{_capital(event.words())}: {_when(event.at)}"
        for event in incident.events
        if event.at is not None and event.what in ("occurred", "ended", "aware", "discovered", "confirmed")
    ]
    return "; ".join(lines) + "." if lines else OPEN


def _when(at: object) -> str:
    return show(at) if isinstance(at, datetime) else str(at)


def _numbers(incident: Incident) -> str:
    hit = incident.affected
    places = ", ".join(f"{count} in {place}" for place, count in hit.places.items())
    total = hit.in_place("total")
    return f"Persons affected: {total}" + (f" ({places})." if places else ".")


def _claim(a: Assessment, relationship: Relationship, worksheet: Worksheet | None) -> Draft | None:
    """A letter to the provider: what it missed, what the firm asks for, evidence to be kept."""
    missed = [s for s in a.of(Status.MISSED) if s.obligation.debtor == "provider"]
    open_ = [
        s for s in a.of(Status.CANNOT_TELL) if s.obligation.debtor == "provider" and s.performed is not None
    ]
    payable = [line for line in worksheet.lines if line.clause] if worksheet else []
    if not missed and not payable:
        return None
    sections: list[tuple[str, str]] = []
    if missed:
        sections.append(("Duties missed", "\n".join(f"- {_breach(s)}" for s in missed)))
    if open_:
        sections.append(
            (
                "To be explained",
                "\n".join(f"- {s.obligation.citation}: {q}" for s in open_ for q in s.missing),
            )
        )
    quotes = list(dict.fromkeys(q.shown() for s in missed for q in s.obligation.quotes))
    if quotes:
        sections.append(("What the contract says", "\n".join(f"- {quote}" for quote in quotes)))
    if payable and worksheet is not None:
        lines = [
            f"- {x.item.item}: {x.low} to {x.high} {worksheet.currency} ({x.clause}: {x.quote})"
            for x in payable
        ]
        sections.append(("Claim", "\n".join([*lines, "", "All rights beyond these items are reserved."])))
    sections += [
        (
            "Preservation",
            "Keep all logs, images, mails and tickets that bear on this incident until released in writing.",
        ),
        (
            "Information asked for",
            "- Timeline with the first suspicion and awareness of any of your staff or subcontractors\n"
            "- Persons and records concerned, by country\n- Forensic findings and measures taken\n"
            "- Your insurer, policy and notice to it",
        ),
    ]
    return Draft(
        name=_slug("claim", "on", relationship.provider.name),
        title=f"Notice of breach and claim to {relationship.provider.name}",
        sender=relationship.firm.name,
        recipient=relationship.provider.name,
        basis=tuple(dict.fromkeys(s.obligation.citation for s in missed)) or ("the contract",),
        due="without delay; notice may be a condition of the claim",
        sections=tuple(sections),
        obligations=tuple(s.obligation.id for s in missed),
    )


def _breach(s: DutyState) -> str:
    late = words_of(s.late_by) if s.late_by is not None else OPEN
    done = (
        f"given {show(s.performed.first.astimezone(zone_info(s.zone)))}"
        if s.performed is not None
        else "not given"
    )
    return f"{s.obligation.citation}: due {due_words(s.due, s.zone)}, {done}, late by {late}"
