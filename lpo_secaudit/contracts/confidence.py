"""From the belief of rules to how often such a verdict is right.

The table was measured on the labelled contracts (24 agreements, 51 labels each, read twice): of all
verdicts whose belief fell into a band, the share that was right, drawn a little towards one half
because the contracts to come are not those that were measured.
"""

from __future__ import annotations

__all__ = ["calibrated"]

# (belief up to, share right): below 0.5 the verdict is "absent".
_TABLE = (
    (0.05, 0.97),
    (0.25, 0.93),
    (0.5, 0.85),
    (0.7, 0.75),
    (0.78, 0.84),
    (0.86, 0.9),
    (0.91, 0.95),
    (1.01, 0.97),
)


def calibrated(belief: float) -> float:
    """The share of verdicts right at this belief: of "present" from 0.5 on, of "absent" below."""
    return next(right for bound, right in _TABLE if belief < bound)
