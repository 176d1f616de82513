"""The AWS checks: definitions in `definitions/*.yaml`, functions in one module per field."""

from __future__ import annotations

from lpo_secaudit.model.check import Check

__all__ = ["load"]


def load() -> tuple[Check, ...]:
    """All AWS checks.

    Raises:
        PluginError: a definition without function or `expect`, or a function without definition.
        InputError: a definition file that is not valid.
    """
    from importlib.resources import files

    from lpo_secaudit.check import load_checks
    from lpo_secaudit_plugins.aws.checks import (
        alarms,
        compute,
        data,
        edge,
        iam,
        keys,
        location,
        network,
        s3,
        secrets,
        trails,
        watch,
    )

    functions = {
        check: function
        for module in (alarms, compute, data, edge, iam, keys, location, network, s3, secrets, trails, watch)
        for check, function in module.FUNCTIONS.items()
    }
    folder = files(__name__).joinpath("definitions")
    definitions = sorted((f for f in folder.iterdir() if f.name.endswith(".yaml")), key=lambda f: f.name)
    return load_checks("aws", definitions, functions)
