"""The contract of SessionRepository, for the fake."""

from datetime import timedelta

import pytest

from authorization_service.domain.entities.session import SessionPolicy
from test_support.authorization.fakes import InMemorySessionRepository, InMemoryUserRepository
from test_support.authorization.session_repository_contract import SessionRepositoryContract, Store


class TestInMemorySessionRepository(SessionRepositoryContract):
    @pytest.fixture
    def store(self) -> Store:
        users = InMemoryUserRepository()
        made: list[InMemorySessionRepository] = []

        def make(policy: SessionPolicy) -> InMemorySessionRepository:
            made.append(InMemorySessionRepository(users, policy))
            return made[-1]

        async def wait(duration: timedelta) -> None:
            for sessions in made:
                sessions.now += duration

        return Store(users, make, lambda: users.events, wait)
