"""Who owes whom what, by when, after a breach: deadlines, obligations, assessment of incidents."""

from __future__ import annotations

from lpo_secaudit.accountability.clock.deadline import Deadline, SecondReading, Step, deadline
from lpo_secaudit.accountability.rules import BreachRule, RuleBook, builtin_rules, load_rules

__all__ = [
    "BreachRule",
    "Deadline",
    "RuleBook",
    "SecondReading",
    "Step",
    "builtin_rules",
    "deadline",
    "load_rules",
]
