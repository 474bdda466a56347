"""The stub service for the tests of the HTTP layer."""

from collections.abc import AsyncIterator

import httpx
import pytest

from test_support.http.stub_service import Errand, StubDependency, make_service, run
from test_support.http.wire import Connection, Server


@pytest.fixture
def errand() -> Errand:
    return Errand()


@pytest.fixture
def database() -> StubDependency:
    return StubDependency("database")


@pytest.fixture
async def client(errand: Errand, database: StubDependency) -> AsyncIterator[httpx.AsyncClient]:
    async with run(make_service(errand, database, StubDependency("keys"))) as client:
        yield client


@pytest.fixture
async def server(errand: Errand) -> AsyncIterator[Server]:
    service = make_service(errand)
    async with run(service):
        yield Server(service)


@pytest.fixture
async def connection(server: Server) -> Connection:
    return server.connect()
