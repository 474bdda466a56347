"""Connections to a Tarantool under test, of the services' own class."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared_kernel.infrastructure.tarantool import TarantoolAddress, TarantoolConnection
from test_support.processes import Tarantool


def make_connection(server: Tarantool) -> TarantoolConnection:
    """Return a connection that is not started."""
    return TarantoolConnection(TarantoolAddress("127.0.0.1", server.port, server.user, server.password_file))


@asynccontextmanager
async def connected(server: Tarantool) -> AsyncIterator[TarantoolConnection]:
    """Connect while the context lasts."""
    connection = make_connection(server)
    connection.start()
    try:
        yield connection
    finally:
        await connection.close()
