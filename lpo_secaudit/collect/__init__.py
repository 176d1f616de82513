"""Collection: planned sources are asked concurrently, what they answer streams into a bundle."""

from lpo_secaudit.collect.bundle import Bundle, BundleWriter
from lpo_secaudit.collect.plan import Plan, plan_collection
from lpo_secaudit.collect.run import collect

__all__ = ["Bundle", "BundleWriter", "Plan", "collect", "plan_collection"]
