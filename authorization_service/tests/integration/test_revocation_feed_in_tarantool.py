"""The feed of revocations in Tarantool: ordered, without gaps for a follower, and crash-safe."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from authorization_service.domain.entities.session import Session, SessionPolicy
from authorization_service.domain.entities.user import User
from authorization_service.domain.exceptions import RefreshTokenReusedError
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from authorization_service.infrastructure.db.repositories.tarantool_session_repository import TarantoolSessionRepository
from authorization_service.infrastructure.db.repositories.tarantool_user_repository import TarantoolUserRepository
from shared_kernel.application.client_info import ClientInfo
from shared_kernel.infrastructure.revocations import Revocations
from shared_kernel.infrastructure.tarantool import TarantoolConnection
from test_support.authorization.fakes import BY_PASSWORD, POLICY, make_user
from test_support.authorization.user_repository_contract import unused_name
from test_support.connections import connected
from test_support.moved_clock import MovedClock
from test_support.processes import Tarantool

ORIGIN = ClientInfo("192.0.2.1", "a browser")


class Database:
    """A Tarantool with a user in it."""

    def __init__(self, server: Tarantool, connection: TarantoolConnection) -> None:
        self.server = server
        self.connection = connection
        self.sessions = TarantoolSessionRepository(self.connection, POLICY, Revocations())
        self.user = make_user(unused_name())

    @classmethod
    @asynccontextmanager
    async def open(cls, server: Tarantool) -> "AsyncIterator[Database]":
        async with connected(server) as connection:
            database = cls(server, connection)
            await TarantoolUserRepository(connection).add(database.user)
            yield database

    async def kill_and_start(self) -> None:
        await asyncio.to_thread(self.server.kill)
        await asyncio.to_thread(self.server.start)
        deadline = time.monotonic() + 30
        while not await self.connection.is_available():
            assert time.monotonic() < deadline
            await asyncio.sleep(0.05)

    async def follow(self, after: int, seconds: float = 0) -> tuple[str, int, list[Any]]:
        feed, last, revocations = await self.connection.call("revocations.follow", [after, seconds])
        return feed, last, revocations

    async def end_a_session(self, policy: SessionPolicy = POLICY) -> Session:
        sessions = TarantoolSessionRepository(self.connection, policy, Revocations())
        session = (await sessions.open(self.user, BY_PASSWORD, RefreshToken.new(), ORIGIN)).session
        await sessions.end(str(self.user.id), str(session.id))
        return session


@pytest.fixture
async def database(authorization_tarantool: Tarantool) -> AsyncIterator[Database]:
    async with Database.open(authorization_tarantool) as database:
        yield database


@pytest.fixture
async def own_database(tmp_path: Path) -> AsyncIterator[Database]:
    with Tarantool("authorization", tmp_path) as server:
        async with Database.open(server) as database:
            yield database


async def test_ended_session_is_in_the_feed_until_its_last_token_has_expired(database: Database) -> None:
    _, before, _ = await database.follow(0)
    session = await database.end_a_session()
    _, last, revocations = await database.follow(before)
    [[number, kind, session_id, _, expires_at]] = revocations
    assert (number, kind, UUID(session_id)) == (last, "session", session.id)
    assert last > before
    assert expires_at == pytest.approx((session.last_used_at + POLICY.access_token).timestamp(), abs=1e-3)


async def end_by_reuse(database: Database, user: User) -> None:
    token = RefreshToken.new()
    await database.sessions.open(user, BY_PASSWORD, token, ORIGIN)
    await database.sessions.refresh(token, ORIGIN)
    with pytest.raises(RefreshTokenReusedError):
        await database.sessions.refresh(token, ORIGIN)


async def end_by_one_too_many(database: Database, user: User) -> None:
    sessions = TarantoolSessionRepository(database.connection, replace(POLICY, max_sessions=1), Revocations())
    await sessions.open(user, BY_PASSWORD, RefreshToken.new(), ORIGIN)
    await sessions.open(user, BY_PASSWORD, RefreshToken.new(), ORIGIN)


async def end_by_all(database: Database, user: User) -> None:
    await database.sessions.open(user, BY_PASSWORD, RefreshToken.new(), ORIGIN)
    await database.sessions.end_all(str(user.id))


@pytest.mark.parametrize("end", [end_by_reuse, end_by_one_too_many, end_by_all])
async def test_session_is_in_the_feed_however_it_ended(database: Database, end: Any) -> None:
    _, before, _ = await database.follow(0)
    await end(database, database.user)
    _, _, revocations = await database.follow(before)
    assert len(revocations) == 1


async def test_waiting_follower_is_woken_when_a_session_ends(database: Database) -> None:
    _, before, _ = await database.follow(0)
    waiting = [asyncio.create_task(database.follow(before, 1)) for _ in range(20)]
    session = await database.end_a_session()
    for _, _, revocations in await asyncio.gather(*waiting):
        assert [UUID(revocation[2]) for revocation in revocations] == [session.id]


async def test_wait_without_revocations_ends_in_time(database: Database) -> None:
    feed, last, _ = await database.follow(0)
    began = time.monotonic()
    assert await database.follow(last, 0.3) == (feed, last, [])
    assert time.monotonic() - began >= 0.3


async def test_numbers_are_in_order_and_unique(database: Database) -> None:
    _, after, _ = await database.follow(0)
    policy = replace(POLICY, max_sessions=1000)
    ending = asyncio.gather(*(database.end_a_session(policy) for _ in range(200)))
    numbers: list[int] = []
    while len(numbers) < 200:
        _, after, revocations = await database.follow(after, 1)
        numbers += [revocation[0] for revocation in revocations]
    ended = {session.id for session in await ending}
    assert numbers == sorted(set(numbers))
    assert len(ended) == 200


async def test_page_has_at_most_a_thousand_revocations(own_database: Database) -> None:
    policy = replace(POLICY, max_sessions=1)
    sessions = TarantoolSessionRepository(own_database.connection, policy, Revocations())
    await asyncio.gather(*(sessions.open(own_database.user, BY_PASSWORD, RefreshToken.new(), ORIGIN) for _ in range(1006)))
    _, last, first_thousand = await own_database.follow(0)
    numbers = [revocation[0] for revocation in first_thousand]
    assert len(numbers) == 1000
    assert last == numbers[-1]
    _, last, rest = await own_database.follow(last)
    numbers += [revocation[0] for revocation in rest]
    assert len(numbers) == 1005
    assert last == numbers[-1]
    assert numbers == sorted(set(numbers))


async def test_follower_ahead_of_the_feed_receives_all(database: Database) -> None:
    await database.end_a_session()
    feed, last, revocations = await database.follow(0)
    assert await database.follow(last + 1_000_000, 1) == (feed, last, revocations)


async def test_expired_revocation_is_swept_and_its_number_not_reused(own_database: Database) -> None:
    await own_database.end_a_session(replace(POLICY, access_token=timedelta(0)))
    deadline = time.monotonic() + 30
    while (await own_database.follow(0))[2]:
        assert time.monotonic() < deadline
        await asyncio.sleep(0.05)
    feed, last, _ = await own_database.follow(0)
    await own_database.kill_and_start()
    same_feed, later, revocations = await own_database.follow(0)
    assert (same_feed, revocations) == (feed, [])
    assert later > last
    await own_database.end_a_session()
    [[number, *_]] = (await own_database.follow(later))[2]
    assert number > later


async def test_feed_and_its_numbers_survive_a_crash(own_database: Database) -> None:
    await own_database.end_a_session()
    feed, last, revocations = await own_database.follow(0)
    await own_database.kill_and_start()
    same_feed, later, same_revocations = await own_database.follow(0)
    assert (same_feed, same_revocations) == (feed, revocations)
    assert later > last


async def test_numbers_follow_the_clock_and_never_go_back(tmp_path: Path) -> None:
    clock = MovedClock(tmp_path / "clock")
    with Tarantool("authorization", tmp_path / "tarantool", **clock.environment) as server:
        async with Database.open(server) as database:
            lasts = []
            for hours in (0, 1, 0, -1, 200_000, 0):  # 200,000 hours: beyond 2048
                clock.move(timedelta(hours=hours))
                await database.end_a_session()
                lasts.append((await database.follow(0))[1])
                await database.kill_and_start()
                lasts.append((await database.follow(0))[1])
    assert lasts == sorted(set(lasts))
    assert lasts[0] / 1e6 == pytest.approx(time.time(), abs=60)
    assert lasts[-1] < 2**53


async def test_clock_of_the_far_future_does_not_use_up_the_numbers(tmp_path: Path) -> None:
    clock = MovedClock(tmp_path / "clock")
    clock.move(timedelta(days=200 * 366))  # the clock of Tarantool 3 ends in 2262
    with Tarantool("authorization", tmp_path / "tarantool", **clock.environment) as server:
        async with Database.open(server) as database:
            await database.end_a_session()
            assert (await database.follow(0))[1] == pytest.approx(2**52, abs=10)


async def test_each_database_has_its_own_feed_id(database: Database, own_database: Database) -> None:
    assert (await database.follow(0))[0] != (await own_database.follow(0))[0]
