"""Who owes whom what, by when, after a breach: deadlines, obligations, assessment of incidents.

    from datetime import UTC, datetime
    from lpo_secaudit.accountability import Incident, assess, deadline, obligations

Everything here is pure and deterministic: the instant of an assessment is an argument.
"""

from __future__ import annotations

from lpo_secaudit.accountability.assess import assess
from lpo_secaudit.accountability.clock.deadline import Deadline, SecondReading, Step, deadline
from lpo_secaudit.accountability.event import Event
from lpo_secaudit.accountability.from_law import ScopeDecision, scope
from lpo_secaudit.accountability.incident import Incident
from lpo_secaudit.accountability.obligation import Obligation
from lpo_secaudit.accountability.obligations import obligations
from lpo_secaudit.accountability.relationship import Commitment, FoundClause, Party, Quote, Relationship
from lpo_secaudit.accountability.rules import BreachRule, RuleBook, builtin_rules, load_rules
from lpo_secaudit.accountability.states import Assessment, DutyState, Status

__all__ = [
    "Assessment",
    "BreachRule",
    "Commitment",
    "Deadline",
    "DutyState",
    "Event",
    "FoundClause",
    "Incident",
    "Obligation",
    "Party",
    "Quote",
    "Relationship",
    "RuleBook",
    "ScopeDecision",
    "SecondReading",
    "Status",
    "Step",
    "assess",
    "builtin_rules",
    "deadline",
    "load_rules",
    "obligations",
    "scope",
]
