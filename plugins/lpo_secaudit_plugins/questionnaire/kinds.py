"""Kinds of questionnaire: recognising one, and reading it whole."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from lpo_secaudit.errors import InputError

from .._files.json_strict import MISSHAPEN, parse_json, plain_json
from .._files.raw import decode_text
from .._files.tables import Sheet, read_csv, read_markdown, read_xlsx
from .answers import Answer, asks_yes_no, judge, normalise
from .caiq_pdf import CAIQ4_DOMAINS, read_caiq_pdf
from .columns import Columns
from .read import caiq1_answers, find_tables, hecvat_answers, is_hecvat, merge, table_answers

__all__ = ["KINDS", "Questionnaire", "read_questionnaire", "read_sheets"]

KINDS: Mapping[str, str] = {
    "caiq-v4": "CSA Consensus Assessments Initiative Questionnaire 4",
    "caiq-v3": "CSA Consensus Assessments Initiative Questionnaire 3",
    "caiq-v1": "CSA Consensus Assessments Initiative Questionnaire 1",
    "hecvat": "EDUCAUSE Higher Education Community Vendor Assessment Toolkit",
    "vsaq": "Google Vendor Security Assessment Questionnaire",
    "sig": "a questionnaire laid out like Shared Assessments SIG",
    "questionnaire-json": "sections of questions with answers, as trust centres publish them",
    "openssf-best-practices": "OpenSSF Best Practices self-assessment",
    "questionnaire": "a table with a question and an answer column",
}

_CAIQ4 = re.compile(r"[A-Z&]{2,4}-\d{2}\.\d{1,2}[a-z]?\Z")
_CAIQ3_DOMAINS = (
    "AIS", "AAC", "BCR", "CCC", "DSI", "DCS", "EKM", "GRM", "HRS", "IAM", "IVS", "IPY", "MOS", "SEF", "STA",
    "TVM",
)  # fmt: skip
_QUESTION_TYPES = frozenset(("line", "box", "radiogroup", "radio", "checkgroup", "check", "yesno", "upload"))
_FEWEST_CAIQ1 = 20
_TAGS = re.compile(r"<[^>]{0,200}>")


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """A questionnaire as answered.

    Attributes:
        kind: one of KINDS.
        version: as the file states it; "" where it does not.
        answers: one a question, judged.
        answered_on: the day the file says it was filled in; None where it does not.
        problems: of the whole file; those of single answers stand on the answers.
    """

    kind: str
    version: str
    answers: tuple[Answer, ...]
    answered_on: date | None = None
    problems: tuple[str, ...] = ()

    def counts(self) -> dict[str, int]:
        """How many questions have each answer."""
        return dict(sorted(Counter(a.answer for a in self.answers).items()))


def read_sheets(raw: bytes, name: str) -> tuple[Sheet, ...] | None:
    """The tables of a file by its bytes; None for what is no table (JSON, XML, PDF, programs).

    Raises:
        InputError, LimitExceededError: it is a workbook and cannot be read as one.
    """
    if raw[:4] == b"PK\x03\x04" or raw[:8] == b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1":
        return read_xlsx(raw, name)
    if raw[:2] not in (b"\xff\xfe", b"\xfe\xff") and (
        raw[:5] == b"%PDF-" or _start(raw) in (b"{", b"[", b"<") or b"\x00" in raw[:1024]
    ):
        return None
    if re.search(rb"^\s*\|?[\s:|-]*-{3,}[\s:|-]*\|", raw[:200_000], re.MULTILINE):
        return read_markdown(decode_text(raw))
    return (read_csv(raw, name),)


def read_questionnaire(
    raw: bytes, name: str, answers: Mapping[str, Any] | None = None
) -> Questionnaire | None:
    """Recognise and read a questionnaire; None where the file is none.

    Args:
        answers: for VSAQ, whose answers lie in a file of their own: item id to value.

    Raises:
        InputError, LimitExceededError: the file cannot be read as what it evidently is.
    """
    if raw[:5] == b"%PDF-":
        printed = read_caiq_pdf(raw, name)
        return finish("caiq-v4", printed[1], printed[0], None, *printed[2]) if printed else None
    sheets = read_sheets(raw, name)
    if sheets is not None:
        return _from_sheets(sheets)
    if _start(raw) in (b"{", b"["):
        try:
            return from_json(raw, name, answers)
        except MISSHAPEN as error:
            raise InputError(
                f"looks like a questionnaire, but a field is of another type: {error}"[:300],
                where=name,
                hint="ask for the file as the tool wrote it",
            ) from error
    return None


_COMMENT_LINES = re.compile(rb"\A(?:\xef\xbb\xbf)?\s*(?://[^\n]*\n\s*)*")


def _start(raw: bytes) -> bytes:
    """The first byte that means something; VSAQ begins with lines of comment."""
    match = _COMMENT_LINES.match(raw)
    return raw[match.end() :][:1] if match else raw[:1]


def finish(
    kind: str, version: str, answers: list[Answer], on: date | None = None, *notes: str
) -> Questionnaire:
    """Merge repeated questions and judge every answer."""
    merged, problems = merge(answers)
    return Questionnaire(kind, version, judge(merged), on, (*notes, *problems))


def _from_sheets(sheets: tuple[Sheet, ...]) -> Questionnaire | None:
    if is_hecvat(sheets):
        found, version = hecvat_answers(sheets)
        return finish("hecvat", version, found, _stated_day(found))
    tables = find_tables(sheets)
    answers = [a for sheet, columns in tables for a in table_answers(sheet, columns)]
    if not answers:
        first = caiq1_answers(sheets)
        note = "this edition has no column for answers"
        return finish("caiq-v1", "1", first, None, note) if len(first) >= _FEWEST_CAIQ1 else None
    kind = _table_kind(answers, sheets, tables)
    return finish(kind, _version(sheets), answers)


def _table_kind(answers: list[Answer], sheets: tuple[Sheet, ...], tables: list[tuple[Sheet, Columns]]) -> str:
    domains = Counter(a.question_id.split("-")[0] for a in answers if _CAIQ4.match(a.question_id))
    caiq = sum(domains.values())
    if caiq >= 5 and caiq * 2 > len(answers):
        version = _version(sheets)
        only4 = sum(domains[d] for d in {*CAIQ4_DOMAINS} - {*_CAIQ3_DOMAINS})
        only3 = sum(domains[d] for d in {*_CAIQ3_DOMAINS} - {*CAIQ4_DOMAINS})
        if version[:1] == "3" or only3 > only4:
            return "caiq-v3"
        return "caiq-v4"
    titles = " ".join(sheet.name for sheet in sheets)
    head = " ".join(v for s in sheets[:4] for r in s.rows[:4] for v in r.cells.values())[:4000]
    if re.search(r"\bSIG\b|standardi[sz]ed information gathering", f"{titles} {head}", re.IGNORECASE):
        return "sig"
    return "questionnaire"


def _version(sheets: tuple[Sheet, ...]) -> str:
    for sheet in sheets:
        head = " ".join([sheet.name, *(v for row in sheet.rows[:3] for v in row.cells.values())])[:2000]
        match = re.search(r"\bv(?:ersion\s*)?\.?\s?(\d+(?:\.\d+)+)", head, re.IGNORECASE)
        if match:
            return match[1]
    return ""


def _stated_day(answers: list[Answer]) -> date | None:
    for answer in answers:
        if answer.question_id == "DATE-01":
            return parse_day(answer.raw)
    return None


def parse_day(text: str) -> date | None:
    """A day written as 2024-10-04, 10/4/2024 (month first, as HECVAT's home writes it) or October 4, 2024."""
    from datetime import datetime

    plain = " ".join(text.split()).replace(",", "")
    plain = re.sub(r"(\d)(st|nd|rd|th)\b", r"\1", plain)
    for form in (
        "%Y-%m-%d",
        "%m/%d/%Y",
        "%m/%d/%y",
        "%B %d %Y",
        "%b %d %Y",
        "%d %B %Y",
        "%d %b %Y",
        "%d.%m.%Y",
    ):
        try:
            return datetime.strptime(plain[:30], form).date()  # noqa: DTZ007  # a day has no zone
        except ValueError:
            continue
    return None


def from_json(raw: bytes, name: str, given: Mapping[str, Any] | None = None) -> Questionnaire | None:
    """VSAQ, sections of questions, OpenSSF Best Practices; None for other JSON."""
    text = decode_text(raw)
    head = raw[:4_000_000]
    if b'"questionnaire"' in head and b'"items"' in head:
        value = parse_json(plain_json(text), name)
        if isinstance(value, dict) and isinstance(value.get("questionnaire"), list):
            own = value.get("answers")
            return _vsaq(value["questionnaire"], given or (own if isinstance(own, dict) else {}), name)
    value = parse_json(text, name)
    if not isinstance(value, dict):
        return None
    if isinstance(value.get("sections"), list) and b'"question"' in head:
        return _sections(value)
    if isinstance(value.get("questions"), list) and "Consensus Assessments" in str(value.get("name")):
        return _caiq_json(value)
    statuses = [k for k, v in value.items() if k.endswith("_status") and isinstance(v, str)]
    if len(statuses) >= 10 and any(k.endswith("_justification") for k in value):
        return _openssf(value, statuses)
    return None


def _vsaq(items: list[Any], given: Mapping[str, Any], name: str) -> Questionnaire:
    found: list[Answer] = []
    _vsaq_items(items, given, "", "$.questionnaire", found)
    if not found:
        raise InputError("VSAQ questionnaire without a question", where=name)
    note = () if given else ("no answers: VSAQ keeps them in a file of their own (option `answers`)",)
    return finish("vsaq", "", found, None, *note)


def _vsaq_items(
    items: list[Any], given: Mapping[str, Any], section: str, path: str, out: list[Answer]
) -> None:
    for index, item in enumerate(items):
        if not isinstance(item, dict):
            continue
        place = f"{path}[{index}]"
        text = " ".join(_TAGS.sub(" ", str(item.get("text", ""))).split())
        if isinstance(item.get("items"), list):
            _vsaq_items(item["items"], given, text or section, f"{place}.items", out)
        elif item.get("type") in _QUESTION_TYPES:
            answer, raw, comment = _vsaq_answer(item, given)
            cond = item.get("cond")
            problems = (f"asked only where {cond}",) if cond and answer == "unanswered" and given else ()
            out.append(
                Answer(
                    question_id=str(item.get("id") or place),
                    question=text or section,
                    answer=answer,
                    raw=raw,
                    comment=comment,
                    place=place,
                    section=section,
                    closed=item["type"] in ("yesno", "check"),
                    problems=problems,
                )
            )


def _vsaq_answer(item: Mapping[str, Any], given: Mapping[str, Any]) -> tuple[str, str, str]:
    """(answer, as written, comment). A radio group's choice tells by its words or its id."""
    own = given.get(str(item.get("id")))
    choices = {k: str(v) for c in item.get("choices", ()) if isinstance(c, dict) for k, v in c.items()}
    chosen = [k for k in choices if str(given.get(k, "")).lower() in ("checked", "true", "yes", "on", "1")]
    if isinstance(own, str) and own in choices:
        chosen.append(own)
    if choices:
        words = "; ".join(_TAGS.sub(" ", choices[k]).strip() for k in chosen)
        if not chosen:
            return "unanswered", "", ""
        if item["type"] in ("radiogroup", "radio"):
            answer, _ = normalise(words)
            ending = re.search(r"_(yes|no|na|partial)\Z", chosen[0])
            if answer == "text" and ending:
                answer = {"na": "not-applicable"}.get(ending[1], ending[1])
            return answer, chosen[0], words
        return "text", ", ".join(chosen), words
    if own in (None, ""):
        return "unanswered", "", ""
    raw = str(own)
    if item["type"] == "check":
        return ("yes" if raw.lower() in ("checked", "true", "on", "1", "yes") else "no"), raw, ""
    if item["type"] == "yesno":
        return normalise(raw)[0], raw, ""
    return "text", raw, ""


def _sections(value: Mapping[str, Any]) -> Questionnaire | None:
    found = []
    for s, section in enumerate(value["sections"]):
        questions = section.get("questions") if isinstance(section, dict) else None
        for q, item in enumerate(questions if isinstance(questions, list) else ()):
            if not isinstance(item, dict) or not isinstance(item.get("question"), str):
                continue
            raw = "" if item.get("answer") is None else str(item["answer"])
            answer, rest = normalise(raw)
            notes = [str(item[k]) for k in ("explanation", "comment", "notes", "details") if item.get(k)]
            found.append(
                Answer(
                    question_id=str(item.get("id") or f"{s + 1}.{q + 1}"),
                    question=item["question"],
                    answer=answer,
                    raw=raw,
                    comment="\n".join(p for p in (rest, *notes) if p),
                    place=f"$.sections[{s}].questions[{q}].answer",
                    section=str(section.get("name", "")),
                    closed=asks_yes_no(item["question"]),
                )
            )
    if not found:
        return None
    return finish("questionnaire-json", str(value.get("version", "")), found)


def _openssf(value: Mapping[str, Any], statuses: list[str]) -> Questionnaire:
    found = []
    for key in sorted(statuses):
        criterion = key.removesuffix("_status")
        answer, _ = normalise(value[key])
        found.append(
            Answer(
                question_id=criterion,
                question=criterion.replace("_", " "),
                answer=answer,
                raw=value[key],
                comment=str(value.get(f"{criterion}_justification") or ""),
                place=f"$.{key}",
            )
        )
    return finish("openssf-best-practices", "", found)


def _caiq_json(value: Mapping[str, Any]) -> Questionnaire:
    """CSA's machine-readable list of questions; answers, where somebody added them, beside each."""
    found = []
    for index, item in enumerate(value["questions"]):
        if not isinstance(item, dict) or not item.get("id"):
            continue
        raw = str(item.get("answer") or "")
        answer, rest = normalise(raw)
        found.append(
            Answer(
                question_id=str(item["id"]),
                question=" ".join(str(item.get("body", "")).split()),
                answer=answer,
                raw=raw,
                comment=rest,
                place=f"$.questions[{index}]",
                section=str(item.get("control_id", "")),
            )
        )
    version = str(value.get("version", ""))
    return finish("caiq-v3" if version.startswith("3") else "caiq-v4", version, found)
