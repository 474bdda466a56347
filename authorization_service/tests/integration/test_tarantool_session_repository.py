"""The contract of SessionRepository, kept by Tarantool."""

import json
from collections.abc import AsyncIterator
from contextlib import closing
from datetime import timedelta

import pytest
import tarantool
from authorization_service.tests.session_repository_contract import SessionRepositoryContract, Store

from authorization_service.domain.events import sessions as events_of_sessions
from authorization_service.domain.events.domain_event import DomainEvent
from authorization_service.infrastructure.db.repositories.stored_events import EPOCH
from authorization_service.infrastructure.db.repositories.tarantool_session_repository import TarantoolSessionRepository
from authorization_service.infrastructure.db.repositories.tarantool_user_repository import TarantoolUserRepository
from shared_kernel.infrastructure.revocations import Revocations
from shared_kernel.infrastructure.tarantool import TarantoolAddress, TarantoolConnection
from testing.processes import Tarantool


def read_events(server: Tarantool) -> list[DomainEvent]:
    with closing(tarantool.connect("127.0.0.1", server.port, user=server.user, password=server.password)) as connection:
        stored = connection.select("events")
    return [
        getattr(events_of_sessions, kind)(
            user_id=user_id, occurred_at=EPOCH + timedelta(microseconds=occurred_at), **json.loads(data)
        )
        for _, kind, user_id, occurred_at, data in stored
    ]


class TestTarantoolSessionRepository(SessionRepositoryContract):
    @pytest.fixture
    async def store(self, telling_tarantool: Tarantool) -> AsyncIterator[Store]:
        server = telling_tarantool
        connection = TarantoolConnection(TarantoolAddress("127.0.0.1", server.port, server.user, server.password_file))
        connection.start()
        yield Store(
            TarantoolUserRepository(connection),
            lambda policy: TarantoolSessionRepository(connection, policy, Revocations()),
            lambda: read_events(server),
        )
        await connection.close()
