"""The small service that the presentation's tests speak to."""

from collections.abc import AsyncIterator

import httpx
import pytest
from shared_kernel.tests.stub_service import Errand, StubDependency, make_service, run


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
