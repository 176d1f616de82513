"""Evaluation: observations and waivers to findings, conflicts and coverage. Pure."""

from lpo_secaudit.evaluate.conflicts import find_conflicts
from lpo_secaudit.evaluate.coverage import measure_coverage
from lpo_secaudit.evaluate.findings import conclude, without_absent_support
from lpo_secaudit.evaluate.waivers import apply_waivers

__all__ = ["apply_waivers", "conclude", "find_conflicts", "measure_coverage", "without_absent_support"]
