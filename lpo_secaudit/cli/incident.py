"""`secaudit incident`: which clocks run, which are missed, what each party must do, and the file of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lpo_secaudit.cli.codes import ExitCode
from lpo_secaudit.cli.incident_options import (
    AsOf,
    AuditOption,
    By,
    ContractOption,
    EngagementOption,
    Format,
    FormatOption,
    Identifier,
    LedgerOption,
    instant,
    optional_instant,
    print_json,
)
from lpo_secaudit.cli.verify import check_dossier
from lpo_secaudit.errors import InputError

if TYPE_CHECKING:
    from lpo_secaudit.accountability.incident import Incident
    from lpo_secaudit.accountability.log import LoggedIncident, Record
    from lpo_secaudit.accountability.states import Assessment

__all__ = ["app"]

app = typer.Typer(help="Record incidents, compute their deadlines, write the dossier.", no_args_is_help=True)

Source = Annotated[
    str,
    typer.Argument(
        metavar="INCIDENT", help="Incident file, or the id of one in the register.", show_default=False
    ),
]
Note = Annotated[
    str, typer.Option(help="Free words. The register cannot forget: no personal data of clients.")
]
Evidence = Annotated[
    list[Path] | None,
    typer.Option(
        "--evidence", help="File that shows it; its digest is recorded. Repeatable.", show_default=False
    ),
]
KnownAt = Annotated[
    str | None, typer.Option(help="Use only what had been recorded by this instant.", show_default=False)
]


@app.command("open")
def open_(
    incident: Source,
    by: By,
    title: Annotated[str, typer.Option(help="One line; default the file's, or the id.")] = "",
    ledger: LedgerOption = "ledger.sqlite",
) -> None:
    """Open an incident in the register: with an id alone, or with everything an incident file says."""
    from lpo_secaudit.accountability.incident import Incident
    from lpo_secaudit.formats.yaml import load_yaml
    from lpo_secaudit.incidents import IncidentRegister

    value: dict[str, Any] = {"incident": incident}
    if Path(incident).suffix in (".yaml", ".yml") or Path(incident).is_file():
        Incident.load(incident)  # says what is wrong in the file, with its line
        value = load_yaml(Path(incident)).value
    if title:
        value["title"] = title
    with IncidentRegister.open(ledger, create=True) as register:
        numbers = register.open_incident(value["incident"], value, by=by)
    typer.echo(
        f"opened {value['incident']}: records {numbers.start} to {numbers.stop - 1} of {ledger}", err=True
    )
    typer.echo(value["incident"])


@app.command()
def event(
    incident: Identifier,
    by: By,
    what: Annotated[
        str, typer.Option(help="occurred, suspected, aware, discovered, determined, confirmed, notified ...")
    ] = "",
    who: Annotated[str, typer.Option(help="provider, firm or client: whose knowledge or act it is.")] = "",
    at: Annotated[
        str, typer.Option(help="Instant with its zone, such as 2026-03-03T10:20:00+01:00, or a day.")
    ] = "",
    not_by: Annotated[str, typer.Option(help="It had not happened by this instant (instead of --at).")] = "",
    to: Annotated[str, typer.Option(help="Who was told, for notified.")] = "",
    under: Annotated[
        list[str] | None,
        typer.Option(help="Rule that a notice to an authority serves. Repeatable.", show_default=False),
    ] = None,
    place: Annotated[
        list[str] | None,
        typer.Option(help="Where the persons told live, or `all`. Repeatable.", show_default=False),
    ] = None,
    facts: Annotated[
        Path | None,
        typer.Option(
            "--set",
            help="YAML file with facts to set: affected, data, encryption, risk, facts, holds, costs ...",
            show_default=False,
        ),
    ] = None,
    corrects: Annotated[
        int | None, typer.Option(help="Number of the record that this one stands for.", show_default=False)
    ] = None,
    withdraw: Annotated[
        int | None, typer.Option(help="Take this record back; say why with --note.", show_default=False)
    ] = None,
    evidence: Evidence = None,
    note: Note = "",
    ledger: LedgerOption = "ledger.sqlite",
) -> None:
    """Record an event, set facts, correct or take back a record. Nothing is ever changed or lost.

    Prints the number of the record.
    """
    from lpo_secaudit.formats.yaml import load_yaml
    from lpo_secaudit.incidents import IncidentRegister, digest_files

    if sum((bool(what), facts is not None, withdraw is not None)) != 1:
        raise InputError("name one of --what, --set and --withdraw")
    shown = digest_files(evidence or ())
    with IncidentRegister.open(ledger) as register:
        if withdraw is not None:
            number = register.withdraw(incident, withdraw, by=by, note=note)
        elif facts is not None:
            value = load_yaml(facts).value
            if not isinstance(value, dict):
                raise InputError("a file of facts is a mapping", where=str(facts))
            number = register.set_facts(incident, value, by=by, evidence=shown, note=note)
        else:
            fields = {
                "what": what,
                "who": who,
                "at": at,
                "not_by": not_by,
                "to": to,
                "under": under,
                "places": place,
            }
            given = {key: value for key, value in fields.items() if value}
            number = register.record(incident, given, by=by, corrects=corrects, evidence=shown, note=note)
    typer.echo(number)


@app.command()
def status(
    incident: Annotated[str, typer.Argument(help="Id; without it, every incident is listed.")] = "",
    known_at: KnownAt = None,
    output_format: FormatOption = Format.TEXT,
    ledger: LedgerOption = "ledger.sqlite",
) -> None:
    """List the incidents of the register, or every record of one."""
    from lpo_secaudit.incidents import IncidentRegister

    with IncidentRegister.open(ledger) as register:
        if not incident:
            found = register.incidents()
            if output_format is Format.JSON:
                print_json([_summary(x) for x in found])
            for logged in found if output_format is Format.TEXT else ():
                state = "open" if logged.is_open else "closed"
                typer.echo(f"{logged.id}  {state}  {len(logged.records)} records  {logged.title}")
            return
        logged = register.load(incident, optional_instant(known_at, "--known-at"))
    if output_format is Format.JSON:
        print_json(
            {
                **_summary(logged),
                "incident": dict(logged.value),
                "records": [_record(r) for r in logged.records],
            }
        )
        return
    typer.echo(f"{logged.id}: {logged.title} ({'open' if logged.is_open else 'closed'})")
    for record in logged.records:
        typer.echo(_line(record, record.number in logged.standing or record.action != "event"))
    for problem in logged.problems:
        typer.echo(f"note: {problem}")


def _summary(logged: LoggedIncident) -> dict[str, Any]:
    return {
        "id": logged.id,
        "title": logged.title,
        "open": logged.is_open,
        "records": len(logged.records),
        "standing": list(logged.standing),
        "problems": list(logged.problems),
    }


def _record(record: Record) -> dict[str, Any]:
    from lpo_secaudit.formats.instants import format_instant

    return {"number": record.number, "recorded_at": format_instant(record.recorded_at), **record.body()}


def _line(record: Record, stands: bool) -> str:
    from lpo_secaudit.accountability.incident_file import read_event
    from lpo_secaudit.formats.instants import format_instant

    words = record.action
    if record.action == "event":
        found = read_event(record.value, f"record {record.number}")
        words = f"{found.words()}, {found.at.isoformat() if found.at else f'not by {found.not_by}'}"
    elif record.action == "facts":
        words = f"facts: {', '.join(record.value)}"
    if record.corrects is not None:
        words += f" ({'takes back' if record.action == 'withdrawn' else 'corrects'} {record.corrects})"
    mark = "" if stands else "  [no longer stands]"
    files = "".join(f"\n        {e['name']} {e['digest']}" for e in record.evidence)
    note = f"\n        {record.note}" if record.note else ""
    return (
        f"  {record.number:>5}  {format_instant(record.recorded_at)}  {record.by}: {words}{mark}{files}{note}"
    )


@app.command()
def assess(
    incident: Source,
    engagement: EngagementOption = None,
    audit: AuditOption = None,
    contract: ContractOption = None,
    as_of: AsOf = None,
    known_at: KnownAt = None,
    output_format: FormatOption = Format.TEXT,
    explain: Annotated[bool, typer.Option("--explain", help="Every step of every count.")] = False,
    ledger: LedgerOption = "ledger.sqlite",
) -> None:
    """Say for every duty whether it is met, missed, running, not triggered, or cannot be told.

    Exit code 10 when a duty is missed, 11 when one cannot be told and none is missed.
    """
    from lpo_secaudit.accountability.assess import assess as assess_incident
    from lpo_secaudit.accountability.obligations import obligations
    from lpo_secaudit.accountability.text import render_text
    from lpo_secaudit.obligations import load_relationship

    found, _ = _find(incident, ledger, known_at)
    owed = obligations(load_relationship(engagement, audit, found, contract or ()))
    assessment = assess_incident(found, owed, instant(as_of))
    if output_format is Format.JSON:
        print_json(assessment.to_json())
    else:
        typer.echo(render_text(assessment, explain=explain), nl=False)
    raise typer.Exit(int(_code_of(assessment)))


def _find(incident: str, ledger: str, known_at: str | None = None) -> tuple[Incident, LoggedIncident | None]:
    """An incident from a file, or from the register where no such file exists."""
    from lpo_secaudit.accountability.incident import Incident

    if Path(incident).suffix in (".yaml", ".yml") or Path(incident).is_file():
        if known_at is not None:
            raise InputError(
                "--known-at asks the register; an incident file has no record of when it was known"
            )
        return Incident.load(incident), None
    from lpo_secaudit.incidents import IncidentRegister

    with IncidentRegister.open(ledger) as register:
        logged = register.load(incident, optional_instant(known_at, "--known-at"))
    return logged.incident(), logged


def _code_of(assessment: Assessment) -> ExitCode:
    counts = assessment.counts()
    if counts["missed"]:
        return ExitCode.FINDINGS
    return ExitCode.INCOMPLETE if counts["cannot-tell"] else ExitCode.CLEAN


@app.command()
def close(
    incident: Identifier,
    by: By,
    reason: Annotated[str, typer.Option(help="Why it can be closed.")],
    reopen: Annotated[bool, typer.Option("--reopen", help="Open a closed incident again instead.")] = False,
    ledger: LedgerOption = "ledger.sqlite",
) -> None:
    """Close an incident. Later corrections are still recorded, and marked as late."""
    from lpo_secaudit.incidents import IncidentRegister

    with IncidentRegister.open(ledger) as register:
        act = register.reopen if reopen else register.close
        typer.echo(act(incident, by=by, reason=reason))


@app.command()
def export(
    incident: Source,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to make.", show_default=False)],
    engagement: EngagementOption = None,
    audit: AuditOption = None,
    contract: ContractOption = None,
    as_of: AsOf = None,
    key: Annotated[
        str | None,
        typer.Option(
            help="Who signs: a key file from `secaudit keygen`. Default: a key made for this dossier alone.",
            show_default=False,
        ),
    ] = None,
    ledger: LedgerOption = "ledger.sqlite",
) -> None:
    """Write the dossier: page, JSON, drafts of the notices owed, tables, calendar, signed as one."""
    from lpo_secaudit.accountability.dossier import build_dossier
    from lpo_secaudit.accountability.obligations import obligations
    from lpo_secaudit.cli.signing import signer_for
    from lpo_secaudit.dossiers import write_dossier
    from lpo_secaudit.obligations import certificates_of_audit, load_relationship

    found, logged = _find(incident, ledger)
    relationship = load_relationship(engagement, audit, found, contract or ())
    dossier = build_dossier(
        found,
        relationship,
        obligations(relationship),
        instant(as_of),
        records=logged.records if logged else (),
        standing=logged.standing if logged else (),
        certificates=certificates_of_audit(audit) if audit is not None else (),
    )
    folder = write_dossier(dossier, output, signer_for(key))
    counts = ", ".join(f"{n} {name.replace('-', ' ')}" for name, n in dossier.assessment.counts().items())
    typer.echo(f"{counts}; {len(dossier.notices)} drafts", err=True)
    typer.echo(folder / "dossier.html")


@app.command()
def verify(
    folder: Annotated[Path, typer.Argument(help="Dossier folder.", show_default=False)],
    key: Annotated[
        Path | None,
        typer.Option(
            help="Public key that has to have signed. Default: the one in the folder.", show_default=False
        ),
    ] = None,
) -> None:
    """Check a dossier: signature, every file against its digest, no file beside them."""
    check_dossier(folder, key, "text")
