"""A connection from its first login to its end."""

import asyncio
from pathlib import Path

import pytest

from shared_kernel.application.availability import StoreUnavailableError
from shared_kernel.infrastructure.background import in_background
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from shared_kernel.infrastructure.tarantool_address import TarantoolAddress, TarantoolLogin
from test_support.connections import make_connection
from test_support.processes import Tarantool


@pytest.fixture
def password_file(tmp_path: Path) -> Path:
    path = tmp_path / "password"
    path.write_text("not this one")
    return path


@pytest.fixture
def connection(key_value_tarantool: Tarantool, password_file: Path) -> TarantoolConnection:
    server = key_value_tarantool
    return TarantoolConnection(TarantoolLogin((TarantoolAddress("127.0.0.1", server.port),), server.user, password_file))


async def read(connection: TarantoolConnection) -> None:
    await connection.call("key_value.read", ["default", ["a"], 1000])


async def test_corrected_password_needs_no_restart(
    connection: TarantoolConnection, password_file: Path, key_value_tarantool: Tarantool
) -> None:
    async with in_background(connection.run()):
        with pytest.raises(StoreUnavailableError):
            await read(connection)
        assert not await connection.is_available()
        password_file.write_text(key_value_tarantool.password)
        await read(connection)
        assert await connection.is_available()


async def test_connection_that_could_not_log_in_ends_without_an_error(connection: TarantoolConnection) -> None:
    async with in_background(connection.run()):
        with pytest.raises(StoreUnavailableError):
            await read(connection)
    assert not await connection.is_available()


async def test_request_that_waits_for_its_response_fails_when_the_connection_ends(key_value_tarantool: Tarantool) -> None:
    connection = make_connection(key_value_tarantool)
    async with in_background(connection.run()):
        await read(connection)
        [namespace_id, revision, _] = await connection.call("changes.attach", ["default"])
        waiting = asyncio.create_task(connection.call("changes.follow", [[[namespace_id, revision]], 10, 1000]))
        await asyncio.sleep(0.1)
        assert not waiting.done()
    with pytest.raises(StoreUnavailableError, match="may or may not have been executed"):
        await waiting
