"""Which controls an audit judges: by data class, by law in force on the day, and why not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from lpo_secaudit.model.catalog import Catalog, Control
from lpo_secaudit.model.engagement import Engagement

__all__ = ["ScopedControl", "scope_controls"]


@dataclass(frozen=True, slots=True)
class ScopedControl:
    """A control, and why it is out of scope ("" where it is in scope)."""

    control: Control
    excluded: str = ""


def scope_controls(
    engagement: Engagement, catalogs: Iterable[Catalog], law_as_of: date
) -> tuple[ScopedControl, ...]:
    """Every control of the catalogs, in order, once; the ones out of scope say why.

    A profile that selects controls of a catalog comes before or after it in the engagement: of
    two controls with one id the later in the list wins, so that a profile can tailor.
    """
    scoped: dict[str, ScopedControl] = {}
    for catalog in catalogs:
        for control in catalog.controls:
            unrelated = control.data_classes and not set(control.data_classes) & set(engagement.data_classes)
            reason = ""
            if control.status == "proposed":
                reason = "proposed law, not in force"
            elif not control.in_force_on(law_as_of):
                reason = f"not in force on {law_as_of.isoformat()}"
            elif unrelated:
                reason = f"the engagement has no data of class {' or '.join(control.data_classes)}"
            scoped[control.id] = ScopedControl(control, reason)
    return tuple(scoped.values())
