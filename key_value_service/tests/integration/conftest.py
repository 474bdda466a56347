"""A service of a test's own, for those who end its database or must be alone."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from testing.processes import Service, Tarantool


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Tarantool]:
    with Tarantool("key_value", tmp_path / "tarantool") as tarantool:
        yield tarantool


@pytest.fixture
def service(tmp_path: Path, database: Tarantool, jwks_url: str) -> Iterator[Service]:
    with Service("key_value", tmp_path / "service", database, KEY_VALUE_JWKS_URL=jwks_url) as service:
        yield service.wait_until_ready()
