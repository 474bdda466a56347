"""The repository that the use cases are tested with keeps its port's promises."""

import pytest

from test_support.authorization.fakes import InMemorySessionRepository, InMemoryUserRepository
from test_support.authorization.session_repository_contract import SessionRepositoryContract, Store


class TestInMemorySessionRepository(SessionRepositoryContract):
    @pytest.fixture
    def store(self) -> Store:
        users = InMemoryUserRepository()
        return Store(users, lambda policy: InMemorySessionRepository(users, policy), lambda: users.events)
