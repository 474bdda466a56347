"""The contract of SessionRepository, for Tarantool."""

import asyncio
from collections.abc import AsyncIterator

import pytest

from authorization_service.domain.events import sessions as events_of_sessions
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.infrastructure.db.repositories.tarantool_session_repository import TarantoolSessionRepository
from authorization_service.infrastructure.db.repositories.tarantool_user_repository import TarantoolUserRepository
from shared_kernel.infrastructure.revocations import Revocations
from test_support.authorization.kept_events import read_events
from test_support.authorization.session_repository_contract import SessionRepositoryContract, Store
from test_support.connections import connected
from test_support.processes import Tarantool


def read_events_of_sessions(server: Tarantool) -> list[DomainEvent]:
    return [
        getattr(events_of_sessions, event.type)(user_id=event.user_id, occurred_at=event.occurred_at, **event.data)
        for event in read_events(server)
        if hasattr(events_of_sessions, event.type)
    ]


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
