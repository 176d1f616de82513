"""Loading of engagements, catalogs and profiles, and which of their controls are in scope."""

from lpo_secaudit.catalog.catalogs import bundled_catalogs, load_catalog
from lpo_secaudit.catalog.engagements import load_engagement, parse_engagement
from lpo_secaudit.catalog.parameters import parameters_of
from lpo_secaudit.catalog.scope import ScopedControl, scope_controls

__all__ = [
    "ScopedControl",
    "bundled_catalogs",
    "load_catalog",
    "load_engagement",
    "parameters_of",
    "parse_engagement",
    "scope_controls",
]
