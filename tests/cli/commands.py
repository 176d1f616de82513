"""What tests of the command line share: a small engagement, and how a command is run."""

from __future__ import annotations

import os
from collections.abc import Callable

CATALOG = """
catalog: own
title: Own rules
version: "1"
source: house rules
controls:
  - {id: answered, title: Questions are answered, citation: House rule 1, severity: low,
     requirement: Every question is answered with yes., checks: [own-answered]}
checks:
  - id: own-answered
    title: Every question is answered with yes
    rationale: an open question hides a risk
    severity: low
    topic: security-governance
    method: INTERVIEW
    remediation: Answer it.
    evidence: questionnaire.answer
    expect: {required: [answer], properties: {answer: {const: "yes"}}}
"""
ENGAGEMENT = """
engagement: proofs
client: {name: Client}
provider: {name: Provider}
data: {classes: [privileged]}
catalogs: [./own.yaml]
sources: [{id: caiq, collector: questionnaire, with: {file: caiq.csv}}]
"""
Call = Callable[..., tuple[int, str, str]]
"""Runs a command in this process; gives exit code, standard output and standard error."""


def environment() -> dict[str, str]:
    """This process's environment for a command: no credentials, and lines that are not wrapped."""
    return {k: v for k, v in os.environ.items() if not k.startswith("AWS_")} | {"COLUMNS": "200"}
