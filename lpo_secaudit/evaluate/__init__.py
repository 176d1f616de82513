"""Evaluation: observations and waivers to findings, the three legs to conflicts, coverage. Pure."""

from lpo_secaudit.evaluate.coverage import measure_coverage
from lpo_secaudit.evaluate.findings import conclude, without_absent_support
from lpo_secaudit.evaluate.reconcile import Reconciliation, reconcile
from lpo_secaudit.evaluate.waivers import apply_waivers

__all__ = [
    "Reconciliation",
    "apply_waivers",
    "conclude",
    "measure_coverage",
    "reconcile",
    "without_absent_support",
]
