"""Where the packages lie: metadata is in pyproject.toml, only the layout needs a line of code.

`controls/` and `examples/` stand at the top of the tree, where a lawyer looks for them, and are
installed inside the package; the first-party plugins are a package of their own under `plugins/`.
"""

from setuptools import find_packages, setup

INSIDE = {"lpo_secaudit.controls": "controls", "lpo_secaudit.examples": "examples"}

setup(
    packages=[
        *find_packages(include=["lpo_secaudit", "lpo_secaudit.*"]),
        *INSIDE,
        *find_packages("plugins"),
    ],
    package_dir={
        "lpo_secaudit": "lpo_secaudit",
        "lpo_secaudit_plugins": "plugins/lpo_secaudit_plugins",
        **INSIDE,
    },
    package_data={
        "": ["py.typed", "**/*.yaml", "**/*.json", "**/*.html", "**/*.j2", "**/*.css", "**/*.gz"],
        "lpo_secaudit.examples": ["**/*"],
    },
)
