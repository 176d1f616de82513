"""Reading one questionnaire into evidence; imported when a source is collected."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

from lpo_secaudit.errors import InputError
from lpo_secaudit.model.evidence import Evidence, Gap, GapReason, Listing, ListingStatus, Subject
from lpo_secaudit.model.survey import FileSurvey
from lpo_secaudit.plugins import CollectRequest, Sink

from .._files.json_strict import parse_json, plain_json
from .._files.raw import decode_text, read_bytes
from .answers import Answer
from .kinds import Questionnaire, read_questionnaire, read_sheets
from .mapping import Mapping_, load_mapping, read_mapped
from .topics import good_answers, topics_of

__all__ = ["collect", "survey"]

ANSWER = "questionnaire.answer"
DOCUMENT = "questionnaire.document"
SHOWN_PROBLEMS = 12


def survey(path: Path) -> FileSurvey | None:
    """What questionnaire a file is; None where it is none."""
    raw = read_bytes(path, path.name)
    found = read_questionnaire(raw, path.name)
    if found is None:
        return None
    return FileSurvey(found.kind, "questionnaire", len(found.answers), found.counts(), _problems(found))


def _problems(found: Questionnaire) -> tuple[str, ...]:
    """Those of the file, then those of its answers: each kind counted, with the first places."""
    groups: dict[str, list[str]] = {}
    for answer in found.answers:
        for problem in answer.problems:
            groups.setdefault(problem, []).append(answer.question_id)
    lines = [
        f"{problem} ({len(ids)}: {', '.join(ids[:5])}{', ...' if len(ids) > 5 else ''})"
        for problem, ids in sorted(groups.items())
    ]
    return (*found.problems[:SHOWN_PROBLEMS], *lines)


def collect(request: CollectRequest, sink: Sink) -> None:
    """Read the source's file and give one record a question and one for the file.

    Raises:
        InputError, LimitExceededError: the file or its mapping cannot be read.
    """
    options = request.options
    path = request.base / options["file"]
    raw = read_bytes(path, str(options["file"]))
    mapping = (
        load_mapping(request.base / options["mapping"], options["mapping"])
        if "mapping" in options
        else Mapping_()
    )
    found = _read(raw, options, mapping, request.base)
    blob = sink.blob(raw, "application/octet-stream")
    stated = date.fromisoformat(options["answered_on"]) if "answered_on" in options else None
    answered_on = stated or found.answered_on
    seen_at = _instant(answered_on, request.now)
    name = mapping.name or options.get("name") or path.name
    answers = [replace(a, topics=topics_of(a, found.kind, found.version, mapping)) for a in found.answers]
    for number, answer in enumerate(answers, 1):
        if ANSWER in request.wanted:
            sink.record(
                _record(
                    answer,
                    good_answers(answer, found.kind, found.version, mapping),
                    found,
                    name,
                    answered_on,
                    request,
                    seen_at,
                    blob,
                )
            )
        if number % 100 == 0:
            sink.progress(number, len(answers), "answers")
    if ANSWER in request.wanted:
        sink.listing(Listing(ANSWER, request.source, "", ListingStatus.COMPLETE, len(answers)))
    if DOCUMENT in request.wanted:
        sink.record(_document(answers, found, name, answered_on, request, seen_at, blob))
        sink.listing(Listing(DOCUMENT, request.source, "", ListingStatus.COMPLETE, 1))


def _read(raw: bytes, options: Mapping[str, Any], mapping: Mapping_, base: Path) -> Questionnaire:
    name = str(options["file"])
    if mapping.columns:
        sheets = read_sheets(raw, name)
        if sheets is None:
            raise InputError("a mapping with columns needs a spreadsheet or CSV file", where=name)
        found = read_mapped(sheets, mapping, name)
    else:
        given: Mapping[str, Any] | None = None
        if "answers" in options:
            text = decode_text(read_bytes(base / options["answers"], options["answers"]))
            value = parse_json(plain_json(text), options["answers"])
            given = value.get("answers", value) if isinstance(value, dict) else None
            if not isinstance(given, dict):
                raise InputError(
                    "answers must be a JSON object of item id to value", where=options["answers"]
                )
        other = read_questionnaire(raw, name, given)
        if other is None:
            raise InputError(
                "no questionnaire is recognised in the file",
                where=name,
                hint="it needs columns headed like Question and Answer; or write a mapping file",
            )
        found = other
    if not found.answers:
        raise InputError("the questionnaire has no question", where=name, hint="check the mapping's columns")
    return found if mapping.answered_on is None else replace(found, answered_on=mapping.answered_on)


def _instant(day: date | None, now: datetime) -> datetime:
    """When the provider said it: the day's last second, since only the day is known."""
    if day is None:
        return now
    # A date ahead of the audit cannot be when it was said; the checks then see it as of now.
    return min(now, datetime.combine(day, time(23, 59, 59), UTC))


def _record(
    answer: Answer,
    good: Mapping[str, str],
    found: Questionnaire,
    name: str,
    answered_on: date | None,
    request: CollectRequest,
    seen_at: datetime,
    blob: str,
) -> Evidence:
    return Evidence(
        subject=Subject(ANSWER, answer.question_id, request.source),
        data={
            "questionnaire": name,
            "kind": found.kind,
            "version": found.version,
            "question_id": answer.question_id,
            "question": answer.question[:4000],
            "answer": answer.answer,
            "as_written": answer.raw[:4000],
            "comment": answer.comment[:16000],
            "topics": list(answer.topics),
            "good_answers": dict(good),
            "place": answer.place,
            "section": answer.section,
            "answered_on": answered_on.isoformat() if answered_on else None,
            "problems": list(answer.problems),
        },
        collector="questionnaire",
        collected_at=seen_at,
        inputs=(blob,),
    )


def _document(
    answers: list[Answer],
    found: Questionnaire,
    name: str,
    answered_on: date | None,
    request: CollectRequest,
    seen_at: datetime,
    blob: str,
) -> Evidence:
    def having(word: str) -> list[str]:
        return [a.question_id for a in answers if any(p.startswith(word) for p in a.problems)]

    data: dict[str, Any] = {
        "questionnaire": name,
        "kind": found.kind,
        "version": found.version,
        "questions": len(answers),
        "counts": found.counts(),
        "unanswered": having("unanswered"),
        "evasive": having("evasive"),
        "contradictions": having("contradiction"),
        "problems": list(found.problems),
    }
    gaps = {}
    if answered_on is None:
        gaps["answered_on"] = Gap(
            GapReason.MISSING, "neither the engagement nor the file says when it was answered"
        )
    else:
        data["answered_on"] = answered_on.isoformat()
    return Evidence(
        subject=Subject(DOCUMENT, name, request.source),
        data=data,
        collector="questionnaire",
        collected_at=seen_at,
        gaps=gaps,
        inputs=(blob,),
    )
