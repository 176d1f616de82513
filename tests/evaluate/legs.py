"""Small makers of the three legs for the tests of reconciliation."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from lpo_secaudit.catalog.places import load_places
from lpo_secaudit.catalog.topics import load_topics
from lpo_secaudit.evaluate import Reconciliation, reconcile
from lpo_secaudit.model.catalog import Control
from lpo_secaudit.model.check import Method, Observation, Outcome, Severity
from lpo_secaudit.model.evidence import Evidence, Gap, GapReason, Subject

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


def clause(
    label: str,
    text: str = "",
    *,
    document: str = "dpa.pdf",
    kind: str = "dpa",
    grade: str = "strong",
    bound: str = "provider",
    source: str = "dpa",
    **parameters: Any,
) -> Evidence:
    """A clause of a document; an empty text says that the document holds none."""
    quotes = [{"text": text, "start": 10, "end": 10 + len(text), "page": 2, "section": "5"}] if text else []
    data = {
        "clause": label,
        "document": document,
        "kind": kind,
        "present": bool(text),
        "grade": grade if text else "absent",
        "bound": bound,
        "parameters": parameters,
        "quotes": quotes,
    }
    return Evidence(Subject("contract.clause", f"{document}#{label}", source), data, "contract", NOW)


def answer(
    topic: str,
    said: str,
    question: str = "Do you do this?",
    *,
    comment: str = "",
    days_old: int = 10,
    place: str = "Answers!C2",
    source: str = "answers",
) -> Evidence:
    data = {
        "questionnaire": "security.xlsx",
        "question_id": f"q-{topic}-{place}",
        "question": question,
        "answer": said,
        "comment": comment,
        "topics": [topic],
        "place": place,
        "problems": [],
    }
    subject = Subject("questionnaire.answer", str(data["question_id"]), source)
    return Evidence(subject, data, "questionnaire", NOW - timedelta(days=days_old))


def certificate(kind: str, *, until: str, issuer: str = "Certify GmbH") -> Evidence:
    topics = ["penetration-testing"] if kind == "penetration-test" else ["certification"]
    data = {"kind": kind, "issuer": issuer, "stands_until": until, "file": f"{kind}.pdf", "topics": topics}
    return Evidence(Subject("certificate.document", f"{kind}.pdf", "papers"), data, "certificate", NOW)


def observed(
    topic: str,
    outcome: Outcome,
    subject: str = "arn:thing-1",
    *,
    check: str = "",
    severity: Severity = Severity.HIGH,
    method: Method = Method.TEST,
    region: str | None = None,
    type_: str = "aws.thing",
    evidence: tuple[str, ...] = ("sha256:aa",),
    source: str = "aws",
) -> Observation:
    gap = Gap(GapReason.DENIED, "access denied") if outcome is Outcome.UNAVAILABLE else None
    return Observation(
        check=check or f"test-{topic}",
        outcome=outcome,
        subject=Subject(type_, subject, source, region),
        message=f"{subject} is {outcome}",
        severity=severity,
        topic=topic,
        method=method,
        evidence=evidence,
        gap=gap,
    )


def control(id_: str, topic: str, *checks: str, severity: Severity = Severity.HIGH) -> Control:
    return Control(id_, "own", id_, "Own rule 1", "Something is required.", severity, checks, topic=topic)


def held(
    promised: Iterable[Evidence] = (),
    claimed: Iterable[Evidence] = (),
    seen: Iterable[Observation] = (),
    papers: Iterable[Evidence] = (),
    controls: Iterable[Control] = (),
    data_classes: tuple[str, ...] = (),
    contracts: Iterable[str] = (),
) -> Reconciliation:
    """Reconcile the three legs with the topics and places of the package."""
    return reconcile(
        load_topics(),
        load_places(),
        clauses=promised,
        answers=claimed,
        certificates=papers,
        observations=tuple(seen),
        controls=tuple(controls),
        evaluated_at=NOW,
        data_classes=data_classes,
        contracts=contracts,
    )
