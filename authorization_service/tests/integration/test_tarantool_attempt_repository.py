"""The contract of AttemptRepository, for Tarantool, and properties that only a database has."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from authorization_service.domain.attempts import Attempt, AttemptPolicy
from authorization_service.domain.entities.group import Group
from authorization_service.domain.events.people import GroupCreated
from authorization_service.domain.events.sessions import Refusal
from authorization_service.domain.value_objects.group_name import GroupName
from authorization_service.infrastructure.db.repositories import tarantool_attempt_repository
from authorization_service.infrastructure.db.repositories.tarantool_attempt_repository import TarantoolAttemptRepository
from authorization_service.infrastructure.db.repositories.tarantool_group_repository import TarantoolGroupRepository
from shared_kernel.application.availability import BusyError
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from test_support.authorization.attempt_repository_contract import (
    AttemptRepositoryContract,
    Make,
    ReadRecorded,
    count_admitted,
    fail,
    new_address,
)
from test_support.authorization.fake_attempts import Clock
from test_support.authorization.fakes import make_user
from test_support.authorization.kept_events import read_events
from test_support.authorization.user_repository_contract import unused_name
from test_support.connections import connected
from test_support.processes import Tarantool


@pytest.fixture
async def connection(authorization_tarantool: Tarantool) -> AsyncIterator[TarantoolConnection]:
    async with connected(authorization_tarantool) as connection:
        yield connection


class TestTarantoolAttemptRepository(AttemptRepositoryContract):
    @pytest.fixture
    def clock(self) -> Clock:
        # Ahead of Tarantool's clock, by which its sweeper deletes expired tuples.
        clock = Clock()
        clock.go_on(timedelta(days=3650))
        return clock

    @pytest.fixture
    def make(self, connection: TarantoolConnection, clock: Clock) -> Make:
        return lambda policy: TarantoolAttemptRepository(connection, policy, now=clock)

    @pytest.fixture
    def read_recorded(self, authorization_tarantool: Tarantool) -> ReadRecorded:
        return lambda user_id: [
            (event.type, event.data) for event in read_events(authorization_tarantool) if event.user_id == (user_id or "")
        ]


async def test_two_connections_share_the_counters(authorization_tarantool: Tarantool) -> None:
    async with connected(authorization_tarantool) as first, connected(authorization_tarantool) as second:
        attempt = Attempt.at(unused_name(), new_address())
        workers = [TarantoolAttemptRepository(connection, AttemptPolicy(free=7)) for connection in (first, second)]
        assert sum(await asyncio.gather(*(count_admitted(worker, attempt, 25) for worker in workers))) == 7


async def test_failures_survive_a_kill(tmp_path: Path) -> None:
    with Tarantool("authorization", tmp_path) as server:
        async with connected(server) as connection:
            attempts = TarantoolAttemptRepository(connection, AttemptPolicy(free=1, first_delay=timedelta(minutes=10)))
            attempt = Attempt.at(unused_name(), new_address())
            await attempts.reserve(attempt)
            await asyncio.to_thread(server.kill)
            await asyncio.to_thread(server.start)
            assert await count_admitted(attempts, attempt, 1) == 0


async def test_attempt_whose_outcome_is_never_known_keeps_others_waiting_for_a_bounded_time(
    connection: TarantoolConnection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tarantool_attempt_repository, "MAX_CALLS", 1)
    attempts = TarantoolAttemptRepository(connection, AttemptPolicy(free=1), queue=2)
    attempt = Attempt.at(unused_name(), new_address())
    await attempts.reserve(attempt)
    began = time.monotonic()
    results = [asyncio.create_task(attempts.reserve(attempt)) for _ in range(5)]
    refused, waiting = await asyncio.wait(results, timeout=0.5)
    assert len(refused) == 3
    assert len(waiting) == 2
    assert {type(result) for result in await asyncio.gather(*results, return_exceptions=True)} == {BusyError}
    assert time.monotonic() - began < 3


async def test_counters_beyond_the_limit_that_expire_first_are_dropped(tmp_path: Path) -> None:
    with Tarantool("authorization", tmp_path, TARANTOOL_WAL_MODE="write") as server:
        async with connected(server) as connection:
            attempts = TarantoolAttemptRepository(connection, AttemptPolicy(free=3, per_address=1_000_000, max_counters=100))
            guesser = Attempt.at("anna", new_address())
            assert await count_admitted(attempts, guesser, 3) == 3
            strangers = [Attempt.at(unused_name(), f"2001:db8:0:{number:x}::1") for number in range(1000)]
            for start in range(0, 1000, 200):
                await asyncio.gather(*(fail(attempts, stranger) for stranger in strangers[start : start + 200]))
            assert await count_admitted(attempts, guesser, 1) == 0
            assert await count_admitted(attempts, strangers[-1], 50) == 2
            assert await count_admitted(attempts, strangers[0], 50) == 3


async def test_many_refused_logins_do_not_evict_other_events(tmp_path: Path) -> None:
    with Tarantool("authorization", tmp_path, TARANTOOL_EVENTS_KEPT="100", TARANTOOL_WAL_MODE="write") as server:
        async with connected(server) as connection:
            attempts, groups = TarantoolAttemptRepository(connection, AttemptPolicy(free=1)), TarantoolGroupRepository(connection)
            for number in range(3):
                name, now = f"g{number}", datetime.now(UTC)
                created = GroupCreated(user_id=str(make_user().id), occurred_at=now, group=name, by="by")
                assert await groups.add(Group(GroupName(name), now), [created])
            before = read_events(server)
            for _ in range(10):
                strangers = [Attempt.at(unused_name(), new_address()) for _ in range(100)]
                await asyncio.gather(*map(attempts.reserve, strangers))
                await asyncio.gather(*(attempts.fail(stranger, Refusal.UNKNOWN_USER) for stranger in strangers))
                await asyncio.gather(*map(attempts.reserve, strangers), return_exceptions=True)
            events = read_events(server)
            assert events[:3] == before
            assert [event.type for event in events[3:]] == ["LoginRefused"] * 100
