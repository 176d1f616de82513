"""From the belief of rules to how often such a verdict is right.

`tools/measure_confidence.py` measures both tables. No labelled contract is both unseen and labelled as
we read: what is measured on the agreements that the rules were written beside is too good, what is
measured on the labels of others too bad, and the tables stand midway (docs/contracts/confidence.md).
"""

from __future__ import annotations

__all__ = ["calibrated", "calibrated_likeness"]

# (belief up to, share right): below 0.5 the verdict is "absent". No verdict fell between 0.5 and 0.7.
_BELIEF = (
    (0.05, 0.98),
    (0.25, 0.78),
    (0.5, 0.73),
    (0.7, 0.5),
    (0.86, 0.7),
    (0.89, 0.83),
    (0.91, 0.93),
    (1.01, 0.99),
)
# (likeness up to, share right): a firm's own clause, told by example; from 0.4 on the verdict is "present".
_LIKENESS = (
    (0.3, 0.86),
    (0.35, 0.7),
    (0.4, 0.66),
    (0.45, 0.5),
    (0.5, 0.73),
    (0.6, 0.86),
    (1.01, 0.94),
)


def calibrated(belief: float) -> float:
    """The share of verdicts right at this belief: of "present" from 0.5 on, of "absent" below."""
    return next(right for bound, right in _BELIEF if belief < bound)


def calibrated_likeness(likeness: float) -> float:
    """The share of verdicts right where the likest sentence is so much like a firm's examples."""
    return next(right for bound, right in _LIKENESS if likeness < bound)
