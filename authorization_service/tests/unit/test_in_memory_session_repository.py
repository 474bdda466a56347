"""The contract of SessionRepository, for the fake."""

import pytest

from test_support.authorization.fakes import InMemorySessionRepository, InMemoryUserRepository
from test_support.authorization.session_repository_contract import SessionRepositoryContract, Store


class TestInMemorySessionRepository(SessionRepositoryContract):
    @pytest.fixture
    def store(self) -> Store:
        users = InMemoryUserRepository()
        return Store(users, lambda policy: InMemorySessionRepository(users, policy), lambda: users.events)
