"""The dossier of an incident: a page and a JSON file that can stand in a dispute, drafts of notices."""

from __future__ import annotations

from lpo_secaudit.accountability.dossier.build import Dossier, build_dossier
from lpo_secaudit.accountability.dossier.drafts import Draft, drafts

__all__ = ["Dossier", "Draft", "build_dossier", "drafts"]
