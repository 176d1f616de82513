"""Audit the data security of legal-process-outsourcing providers, and prove the result.

The names below are the public API; everything loads when first used, so that importing the
package stays light.

    from lpo_secaudit import Engagement, run, verify

    engagement = Engagement.load("engagement.yaml")
    audit = run(engagement, output="audits/acme")
    report = verify("audits/acme")
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

if TYPE_CHECKING:
    from lpo_secaudit.audit import Audit, run
    from lpo_secaudit.errors import SecauditError
    from lpo_secaudit.ledger import Ledger
    from lpo_secaudit.model.catalog import Catalog
    from lpo_secaudit.model.engagement import Engagement
    from lpo_secaudit.verification import verify

_HOME = {
    "Audit": "lpo_secaudit.audit",
    "Catalog": "lpo_secaudit.model.catalog",
    "Engagement": "lpo_secaudit.model.engagement",
    "Ledger": "lpo_secaudit.ledger",
    "SecauditError": "lpo_secaudit.errors",
    "run": "lpo_secaudit.audit",
    "verify": "lpo_secaudit.verification",
}

__all__ = ["Audit", "Catalog", "Engagement", "Ledger", "SecauditError", "__version__", "run", "verify"]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
