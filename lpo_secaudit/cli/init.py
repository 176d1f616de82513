"""`secaudit init`: write an engagement file to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

__all__ = ["init"]

TEMPLATE = """\
# One provider relationship under audit. Audit it with:  secaudit run {name}
engagement: {id}                      # a short id; findings keep it from audit to audit

client: {{name: {client}}}              # your firm; add country: DE to place it
provider: {{name: {provider}, country: {country}}}

data:
  # What is handed over. Known classes: eu-personal-data, phi, privileged, us-personal-data, financial
  classes: [eu-personal-data, privileged]
  # Where the people in the data live; decides which breach laws run. US states as US-CA.
  subjects_in: [DE]

# Catalogs by name, and files of your own by path. `secaudit plugins --catalogs` lists them.
catalogs: [gdpr, lpo-accountability]

sources:
  # The contract: PDF, DOCX, HTML, Markdown, text or e-mail.
  - {{id: dpa, collector: contract, with: {{files: [contracts/dpa.pdf], kind: dpa}}}}

  # The provider's AWS account, through a read-only role (secaudit permissions writes its policy).
  # - id: aws
  #   collector: aws
  #   with: {{regions: [eu-west-1], role_arn: "arn:aws:iam::111122223333:role/audit", external_id: "..."}}

  # What the provider answered to a questionnaire: XLSX or CSV.
  # - {{id: caiq, collector: questionnaire, with: {{file: evidence/caiq.xlsx}}}}

  # A bundle of evidence that the provider collected on its own side.
  # - {{id: sealed, collector: bundle, with: {{file: evidence/provider.bundle}}}}

# What your firm itself promised its clients; a promise shorter than the provider's is a gap in the chain.
# commitments:
#   - {{to: Client Co, breach_notice_within: 24 h, source: "outside counsel guidelines s. 4"}}

# Evidence older than this is stale, and the next audit is due.
cadence: 90 d

# Accepted findings: with owner, reason and an end. They stay in the report, marked.
# waivers:
#   - check: aws-s3-bucket-secure-transport-policy
#     subject: "*"
#     owner: Jane Roe
#     reason: "the migration ends in March"
#     expires: 2027-03-31T00:00:00Z
"""


def init(
    path: Annotated[Path, typer.Argument(help="File to write; an existing one is never overwritten.")] = Path(
        "engagement.yaml"
    ),
    provider: Annotated[str, typer.Option(help="The provider's name.")] = "Acme Legal Services",
    country: Annotated[str, typer.Option(help="The provider's ISO country code.")] = "IN",
    client: Annotated[str, typer.Option(help="Your firm's name.")] = "Example Law LLP",
) -> None:
    """Write a commented engagement file to start from."""
    import re

    from lpo_secaudit.catalog import parse_engagement
    from lpo_secaudit.errors import InputError

    short = re.sub(r"[^a-z0-9]+", "-", provider.lower()).strip("-") or "provider"
    text = TEMPLATE.format(
        name=path.name,
        id=short[:90],
        client=_scalar(client),
        provider=_scalar(provider),
        country=country.upper(),
    )
    parse_engagement(text.encode(), path.name, path.parent)
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise InputError("the file exists already", where=str(path), hint="name another one") from None
    except OSError as error:
        raise InputError(f"the file cannot be written: {error.strerror}", where=str(path)) from error
    typer.echo(f"Wrote {path}. Fill it in, then: secaudit run {path}", err=True)


def _scalar(text: str) -> str:
    import json

    # A JSON string is a YAML scalar, whatever the name holds.
    return json.dumps(text, ensure_ascii=False)
