"""The contract of SessionRepository, for Tarantool."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from authorization_service.domain.events import sessions as events_of_sessions
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.domain.exceptions import RefreshTokenReusedError
from authorization_service.domain.value_objects.refresh_token import RefreshToken
from authorization_service.infrastructure.db.repositories.tarantool_session_repository import TarantoolSessionRepository
from authorization_service.infrastructure.db.repositories.tarantool_user_repository import TarantoolUserRepository
from shared_kernel.infrastructure.revocations import Revocations
from test_support.authorization.fakes import BY_PASSWORD, POLICY, make_user
from test_support.authorization.kept_events import read_events
from test_support.authorization.session_repository_contract import HOME, SessionRepositoryContract, Store
from test_support.connections import connected
from test_support.moved_clock import MovedClock
from test_support.processes import Tarantool


def read_events_of_sessions(server: Tarantool) -> list[DomainEvent]:
    def to_members(data: dict[str, Any]) -> dict[str, Any]:
        return {name: tuple(value) if isinstance(value, list) else value for name, value in data.items()}

    return [
        getattr(events_of_sessions, event.type)(user_id=event.user_id, occurred_at=event.occurred_at, **to_members(event.data))
        for event in read_events(server)
        if hasattr(events_of_sessions, event.type)
    ]


async def test_latest_session_stays_the_latest_after_the_clock_was_set_back(tmp_path: Path) -> None:
    clock = MovedClock(tmp_path / "clock")
    with Tarantool("authorization", tmp_path / "tarantool", **clock.environment) as server:
        async with connected(server) as connection:
            users, user = TarantoolUserRepository(connection), make_user("anna")
            await users.add(user)
            sessions = TarantoolSessionRepository(connection, replace(POLICY, max_sessions=3), Revocations())
            clock.move(timedelta(hours=1))
            tokens = [RefreshToken.new() for _ in range(6)]
            for token in tokens[:3]:
                await sessions.open(user, BY_PASSWORD, token, HOME)
            clock.move(timedelta(0))
            opened = [await sessions.open(user, BY_PASSWORD, token, HOME) for token in tokens[3:5]]
            refreshed = await sessions.refresh(tokens[2], HOME)
            opened.append(await sessions.open(user, BY_PASSWORD, tokens[5], HOME))
            found = await sessions.find_of_user(str(user.id))
            assert [each.id for each in found] == [opened[2].session.id, refreshed.session.id, opened[1].session.id]
            for used in (*opened, refreshed):
                assert used.read_at.time.timestamp() == pytest.approx(time.time(), abs=60)


async def test_grace_of_a_refresh_token_does_not_follow_the_clock(tmp_path: Path) -> None:
    clock = MovedClock(tmp_path / "clock")
    with Tarantool("authorization", tmp_path / "tarantool", **clock.environment) as server:
        async with connected(server) as connection:
            users, user = TarantoolUserRepository(connection), make_user("anna")
            await users.add(user)
            sessions = TarantoolSessionRepository(connection, replace(POLICY, refresh_grace=timedelta(seconds=2)), Revocations())
            token = RefreshToken.new()
            await sessions.open(user, BY_PASSWORD, token, HOME)
            first = await sessions.refresh(token, HOME)
            for hours in (1, -1):
                clock.move(timedelta(hours=hours))
                assert (await sessions.refresh(token, HOME)).refresh_token == first.refresh_token
            await asyncio.sleep(2.1)
            with pytest.raises(RefreshTokenReusedError):
                await sessions.refresh(token, HOME)


class TestTarantoolSessionRepository(SessionRepositoryContract):
    @pytest.fixture
    async def store(self, authorization_tarantool: Tarantool) -> AsyncIterator[Store]:
        async with connected(authorization_tarantool) as connection:
            yield Store(
                TarantoolUserRepository(connection),
                lambda policy: TarantoolSessionRepository(connection, policy, Revocations()),
                lambda: read_events_of_sessions(authorization_tarantool),
                lambda duration: asyncio.sleep(duration.total_seconds()),
            )
