"""Connections to a Tarantool under test, of the services' own class."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from shared_kernel.infrastructure.background import in_background
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from shared_kernel.infrastructure.tarantool_address import TarantoolAddress, TarantoolLogin
from test_support.processes import Tarantool


def make_connection(*servers: Tarantool) -> TarantoolConnection:
    """Return a connection to one Tarantool, or to the leader of several; it connects as long as its `run` does."""
    addresses = tuple(TarantoolAddress("127.0.0.1", server.port) for server in servers)
    return TarantoolConnection(TarantoolLogin(addresses, servers[0].user, servers[0].password_file))


@asynccontextmanager
async def connected(*servers: Tarantool) -> AsyncIterator[TarantoolConnection]:
    """Connect while the context lasts."""
    connection = make_connection(*servers)
    async with in_background(connection.run()):
        yield connection
