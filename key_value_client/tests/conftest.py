"""Both services, and clients of them. Tests are written for the asynchronous client, and run with the blocking one, too."""

import asyncio
import inspect
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import uuid4

import pytest

from key_value_client import AsyncClient, Client
from key_value_client.flows import T, operation, stream
from test_support.store import Store, running_store

SETTINGS = {"AUTHORIZATION_NEW_USER_GRANTS": "admin:*"}


class Awaited:
    """A blocking client or namespace with the methods of the asynchronous one."""

    def __init__(self, blocking: Any) -> None:
        self.blocking = blocking

    def __getattr__(self, name: str) -> Any:
        member = getattr(self.blocking, name)
        if not inspect.ismethod(member):
            return member
        declared = inspect.getattr_static(type(self.blocking).__mro__[1], name, None)
        if isinstance(declared, stream):
            return lambda *args, **options: _iterate(member(*args, **options))
        if isinstance(declared, operation) or name == "close":
            return lambda *args, **options: _await(member, *args, **options)
        return lambda *args, **options: Awaited(member(*args, **options))

    async def __aenter__(self) -> "Awaited":
        self.blocking.__enter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        self.blocking.__exit__(*error)


async def _await(method: Any, *args: Any, **options: Any) -> Any:
    return method(*args, **options)


async def _iterate(items: Iterator[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item


async def aside(namespace: Any, make: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Carry out what may wait for the test itself: with a blocking client in a thread of its own."""
    return await (asyncio.to_thread(asyncio.run, make()) if isinstance(namespace, Awaited) else make())


def as_administrator(store: Store) -> dict[str, Any]:
    """Return the arguments of a client that may do everything."""
    return {
        "url": store.key_value.url,
        "authorization_url": store.authorization.url,
        "username": "admin",
        "password": store.administrator_password,
    }


@asynccontextmanager
async def open_client(kind: str, **options: Any) -> AsyncIterator[Any]:
    """Yield a client, `blocking` or `asynchronous`, with asynchronous methods."""
    if kind == "blocking":
        with Client(**options) as blocking:
            yield Awaited(blocking)
    else:
        async with AsyncClient(**options) as client:
            yield client


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Both services, for tests that do not stop them."""
    with running_store(tmp_path_factory.mktemp("store"), SETTINGS) as store:
        yield store


@pytest.fixture
def own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """Both services, for a test that may stop them."""
    with running_store(tmp_path_factory.mktemp("own_store"), SETTINGS) as store:
        yield store


@pytest.fixture(params=["blocking", "asynchronous"])
def kind(request: pytest.FixtureRequest) -> str:
    """Which client a test uses."""
    kind: str = request.param
    return kind


@pytest.fixture
async def client(store: Store, kind: str) -> AsyncIterator[Any]:
    """A client that may do everything."""
    async with open_client(kind, **as_administrator(store)) as client:
        yield client


@pytest.fixture
async def pairs(client: Any) -> AsyncIterator[Any]:
    """A new namespace."""
    name = f"test-{uuid4().hex}"
    await client.create_namespace(name)
    yield client.namespace(name)
    await client.delete_namespace(name, force=True)
