"""The evidence table: every evidence type of the collector, in rows.

`TYPES` maps type name to row. See `model.py` for what the columns mean. In short, for the author
of a check: a facet is a member of what AWS returns for the thing, under AWS's own name
(`aws.ec2.volume` has `Encrypted`, `KmsKeyId`, ...), or one of the row's `facets`, which have lower-case
names and a call of their own. `Subject.id` is the thing's ARN, `Subject.region` where it lies (null
for what belongs to no region).
"""

from __future__ import annotations

from collections.abc import Mapping

from lpo_secaudit_plugins.aws.table import compute, data, edge, identity, storage, watch
from lpo_secaudit_plugins.aws.table.model import Call, Facet, Scope, Type

__all__ = ["TYPES", "Call", "Facet", "Scope", "Type"]

TYPES: Mapping[str, Type] = {
    row.name: row for module in (storage, identity, compute, data, watch, edge) for row in module.TYPES
}
