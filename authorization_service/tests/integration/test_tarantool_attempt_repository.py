"""The contract of AttemptRepository, kept by Tarantool; and what only a database can promise."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from authorization_service.tests.attempt_repository_contract import AttemptRepositoryContract, Make, count_admitted, new_address
from authorization_service.tests.fake_attempts import Clock
from authorization_service.tests.user_repository_contract import unused_name

from authorization_service.application.auth.attempt_repository import Attempt, AttemptPolicy
from authorization_service.infrastructure.db.repositories.tarantool_attempt_repository import TarantoolAttemptRepository
from shared_kernel.infrastructure.tarantool import TarantoolAddress, TarantoolConnection
from testing.processes import Tarantool


def connect(server: Tarantool) -> TarantoolConnection:
    connection = TarantoolConnection(TarantoolAddress("127.0.0.1", server.port, server.user, server.password_file))
    connection.start()
    return connection


@pytest.fixture
async def connection(authorization_tarantool: Tarantool) -> AsyncIterator[TarantoolConnection]:
    connection = connect(authorization_tarantool)
    yield connection
    await connection.close()


class TestTarantoolAttemptRepository(AttemptRepositoryContract):
    @pytest.fixture
    def clock(self) -> Clock:
        # Ahead of Tarantool's own clock, whose sweeper deletes what has expired by it.
        clock = Clock()
        clock.go_on(timedelta(days=3650))
        return clock

    @pytest.fixture
    def make(self, connection: TarantoolConnection, clock: Clock) -> Make:
        return lambda policy: TarantoolAttemptRepository(connection, policy, clock)


async def test_two_connections_count_as_one(authorization_tarantool: Tarantool) -> None:
    connections = [connect(authorization_tarantool) for _ in range(2)]
    attempt = Attempt.at(unused_name(), new_address())
    workers = [TarantoolAttemptRepository(connection, AttemptPolicy(free=7)) for connection in connections]
    assert sum(await asyncio.gather(*(count_admitted(worker, attempt, 25) for worker in workers))) == 7
    for connection in connections:
        await connection.close()


async def test_failures_survive_a_kill(tmp_path: Path) -> None:
    with Tarantool("authorization", tmp_path) as server:
        connection = connect(server)
        attempts = TarantoolAttemptRepository(connection, AttemptPolicy(free=1, first_delay=timedelta(minutes=10)))
        attempt = Attempt.at(unused_name(), new_address())
        await attempts.reserve(attempt)
        await asyncio.to_thread(server.kill)
        await asyncio.to_thread(server.start)
        assert await count_admitted(attempts, attempt, 1) == 0
        await connection.close()


async def test_where_counters_are_too_many_the_least_valuable_are_forgotten(tmp_path: Path) -> None:
    with Tarantool("authorization", tmp_path, TARANTOOL_WAL_MODE="write") as server:
        connection = connect(server)
        attempts = TarantoolAttemptRepository(connection, AttemptPolicy(free=3, per_address=1_000_000, most_counters=100))
        guesser = Attempt.at("anna", new_address())
        assert await count_admitted(attempts, guesser, 3) == 3
        strangers = [Attempt.at(unused_name(), f"2001:db8:0:{number:x}::1") for number in range(1000)]
        for start in range(0, 1000, 200):
            await asyncio.gather(*map(attempts.reserve, strangers[start : start + 200]))
        assert await count_admitted(attempts, guesser, 1) == 0
        assert await count_admitted(attempts, strangers[-1], 50) == 2
        assert await count_admitted(attempts, strangers[0], 50) == 3
        await connection.close()
