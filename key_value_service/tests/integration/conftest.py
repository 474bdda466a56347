"""A service of its own for a test that stops its database or must be alone, and a namespace of its own for one that counts."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from uuid import uuid4

import httpx
import pytest

from shared_kernel.infrastructure.tarantool import TarantoolConnection
from test_support.connections import connected
from test_support.key_value.clients import client_of
from test_support.processes import Service, Tarantool
from test_support.tokens import TokenMaker


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Tarantool]:
    with Tarantool("key_value", tmp_path / "tarantool") as tarantool:
        yield tarantool


@pytest.fixture
def service(tmp_path: Path, database: Tarantool, jwks_url: str) -> Iterator[Service]:
    with Service("key_value", tmp_path / "service", database, KEY_VALUE_JWKS_URL=jwks_url) as service:
        yield service.wait_until_ready()


@pytest.fixture
def everywhere(key_value_service: Service, tokens: TokenMaker) -> Iterator[httpx.Client]:
    """A client with a token for all namespaces."""
    with client_of(key_value_service, tokens.make(scope="admin:*"), timeout=30) as client:
        yield client


@pytest.fixture
def namespace(everywhere: httpx.Client) -> str:
    name = f"n-{uuid4().hex}"
    everywhere.put(f"/namespaces/{name}", json={}).raise_for_status()
    return name


@pytest.fixture
async def connection(key_value_tarantool: Tarantool) -> AsyncIterator[TarantoolConnection]:
    async with connected(key_value_tarantool) as connection:
        yield connection
