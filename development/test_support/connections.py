"""Connections to a Tarantool under test, of the services' own class."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared_kernel.infrastructure.background import in_background
from shared_kernel.infrastructure.tarantool import TarantoolAddress, TarantoolConnection
from test_support.processes import Tarantool


def make_connection(server: Tarantool) -> TarantoolConnection:
    """Return a connection that connects as long as its `run` does."""
    return TarantoolConnection(TarantoolAddress("127.0.0.1", server.port, server.user, server.password_file))


@asynccontextmanager
async def connected(server: Tarantool) -> AsyncIterator[TarantoolConnection]:
    """Connect while the context lasts."""
    connection = make_connection(server)
    async with in_background(connection.run()):
        yield connection
