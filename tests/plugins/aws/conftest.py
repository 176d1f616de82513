"""One moto server for all of this folder, seeded once; every test reads only."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from tests.plugins.aws.gathering import EVERYTHING
from tests.plugins.aws.servers import Faulty, Namer, moto_server, seed

SETTINGS = {
    "AWS_ACCESS_KEY_ID": "testing",
    "AWS_SECRET_ACCESS_KEY": "testing",
    "AWS_EC2_METADATA_DISABLED": "true",
    "AWS_CONFIG_FILE": "/nonexistent/config",
    "AWS_SHARED_CREDENTIALS_FILE": "/nonexistent/credentials",
    "MOTO_EC2_LOAD_DEFAULT_AMIS": "false",
}


@pytest.fixture(scope="session")
def aws_settings() -> Iterator[None]:
    before = {
        key: os.environ.get(key)
        for key in (*SETTINGS, "AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_SESSION_TOKEN")
    }
    for key in before:
        os.environ.pop(key, None)
    os.environ.update(SETTINGS)
    yield
    for key, value in before.items():
        if value is None:
            os.environ.pop(key, None)
        else:
            os.environ[key] = value


@pytest.fixture(scope="session")
def account(aws_settings: None) -> Iterator[str]:
    """URL of a server with the small account."""
    with moto_server() as url:
        seed(url)
        yield url


@pytest.fixture(scope="session")
def namer() -> Namer:
    return Namer(EVERYTHING)


@pytest.fixture
def faulty(account: str, namer: Namer) -> Iterator[tuple[Faulty, str]]:
    """A proxy to set faults on, and its URL."""
    proxy = Faulty(account, namer)
    with proxy.serve() as url:
        yield proxy, url
