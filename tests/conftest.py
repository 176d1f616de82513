"""How far property-based tests look, and the audit with everything on it that verification is tested on.

A change must not fail for an example that the state before it would have met as well. Searching is a
run of its own: `pytest --hypothesis-profile=search` draws new examples each time.
"""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from tests.verified import World

settings.register_profile("repeatable", derandomize=True)
settings.register_profile("search", print_blob=True)
settings.load_profile("repeatable")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    """One audit with everything on it."""
    pytest.importorskip("rfc3161_client", reason="the extra timestamp is not installed")
    from tests.verified import World

    return World(tmp_path_factory.mktemp("world"))


@pytest.fixture
def folder(world: World, tmp_path: Path) -> Path:
    """A copy of its folder to spoil."""
    return shutil.copytree(world.folder, tmp_path / "audit")
