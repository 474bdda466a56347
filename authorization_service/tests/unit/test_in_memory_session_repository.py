"""The repository that the use cases are tested with keeps its port's promises."""

import pytest
from authorization_service.tests.fakes import InMemorySessionRepository, InMemoryUserRepository
from authorization_service.tests.session_repository_contract import SessionRepositoryContract, Store


class TestInMemorySessionRepository(SessionRepositoryContract):
    @pytest.fixture
    def store(self) -> Store:
        users = InMemoryUserRepository()
        return Store(users, lambda policy: InMemorySessionRepository(users, policy), lambda: users.events)
